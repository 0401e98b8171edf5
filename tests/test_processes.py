"""Random state, threads, signals and files."""

import random
import signal
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
import tensorflow as tf

from sknets import DenseNetClassifier, SmallCNNClassifier
from tests.networks import (
    BOTH_WAYS,
    assert_all_equal,
    patch_epochs,
)

pytestmark = pytest.mark.usefixtures("compiled_unless_said_otherwise")


@BOTH_WAYS
@pytest.mark.parametrize("estimator_class", [DenseNetClassifier, SmallCNNClassifier])
def test_same_seed_same_bits(way, quick, blobs, estimator_class):
    est = quick(estimator_class, dropout=0.3, early_stopping=True)
    a = est.fit(*blobs)
    weights, history = a.weights_, a.history_
    est.fit(*blobs)
    assert_all_equal(weights, est.weights_)
    assert est.history_ == history
    est.set_params(random_state=1).fit(*blobs)
    assert np.abs(est.weights_[0] - weights[0]).max() > 1e-2


@BOTH_WAYS
def test_no_seed_differs_from_fit_to_fit(way, quick, blobs):
    est = quick(DenseNetClassifier, random_state=None, epochs=1)
    assert np.abs(est.fit(*blobs).weights_[0] - est.fit(*blobs).weights_[0]).max() > 0


def test_random_state_instance_moves_on(quick, blobs):
    a, b = np.random.RandomState(0), np.random.RandomState(0)
    est = quick(DenseNetClassifier, random_state=a, epochs=1)
    first, second = est.fit(*blobs).weights_, est.fit(*blobs).weights_
    assert np.abs(first[0] - second[0]).max() > 1e-3
    assert_all_equal(est.set_params(random_state=b).fit(*blobs).weights_, first)


@BOTH_WAYS
@pytest.mark.parametrize("estimator_class", [DenseNetClassifier, SmallCNNClassifier])
@pytest.mark.parametrize("random_state", [0, None])
def test_global_random_state_of_the_user_stays(
    way, quick, blobs, estimator_class, random_state
):
    def draws():
        return (
            random.random(),
            np.random.rand(),  # noqa: NPY002
            float(tf.random.uniform(())),
            float(keras.random.uniform(())),
        )

    def seed():
        keras.backend.clear_session()  # for Keras' own generator
        keras.utils.set_random_seed(5)  # those of Python, numpy and TensorFlow
        keras.random.uniform(())

    seed()
    expected = draws()
    seed()
    est = quick(
        estimator_class, random_state=random_state, dropout=0.2, early_stopping=True
    )
    est.fit(*blobs)
    est.predict_proba(blobs[0])
    assert draws() == expected


@BOTH_WAYS
@pytest.mark.parametrize("estimator_class", [DenseNetClassifier, SmallCNNClassifier])
def test_concurrent_fits_equal_serial_ones(way, quick, blobs, estimator_class):
    X, y = blobs

    def fit(seed):
        est = quick(estimator_class, dropout=0.1 * (1 + seed % 3), random_state=seed)
        return est.fit(X, y, X_val=X, y_val=y)

    serial = [fit(seed) for seed in range(6)]
    with ThreadPoolExecutor(4) as pool:
        concurrent = list(pool.map(fit, range(6)))
    for a, b in zip(serial, concurrent, strict=True):
        assert_all_equal(a.weights_, b.weights_)
        assert a.history_ == b.history_


def test_concurrent_predictions_equal_serial_ones(quick, digits):
    X, y = digits
    est = quick(SmallCNNClassifier, epochs=1).fit(X, y)
    expected = est.decision_function(X)
    with ThreadPoolExecutor(4) as pool:
        for scores in pool.map(lambda _: est.decision_function(X), range(20)):
            np.testing.assert_array_equal(scores, expected)


@BOTH_WAYS
@pytest.mark.parametrize("warm_start", [False, True])
def test_interrupt_leaves_the_fitted_state(
    way, quick, blobs, monkeypatch, request, warm_start
):
    # Whoever starts the tests may have told them to ignore it.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, handler))
    X, y = blobs
    est = quick(DenseNetClassifier, warm_start=warm_start).fit(X, y)
    before = dict(vars(est))
    scores = est.decision_function(X)
    epochs = []

    def interrupted(original):
        def run_epoch(self, *args):
            epochs.append(1)
            if len(epochs) == 3:
                signal.raise_signal(signal.SIGINT)
            return original(self, *args)

        return run_epoch

    patch_epochs(monkeypatch, interrupted)
    with pytest.raises(KeyboardInterrupt):
        est.fit(X + 5, y)
    assert len(epochs) == 3
    assert vars(est) == before
    np.testing.assert_array_equal(est.decision_function(X), scores)


def test_nothing_is_written_to_disk(quick, blobs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    quick(DenseNetClassifier).fit(*blobs)
    assert not list(tmp_path.iterdir())

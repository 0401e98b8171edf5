"""Sample weights and class weights in training."""

import numpy as np
import pytest

from sknets import DenseNetClassifier, SmallCNNClassifier
from tests.networks import BOTH_WAYS, assert_all_equal

pytestmark = pytest.mark.usefixtures("compiled_unless_said_otherwise")


@pytest.fixture
def weighted(blobs):
    """Rows with whole weights, zeros among them, and the same rows repeated."""
    X, y = blobs
    counts = np.random.default_rng(0).integers(0, 4, len(y))
    return X, y, counts, np.repeat(X, counts, axis=0), np.repeat(y, counts)


ONE_STEP = {
    "optimizer": "sgd",
    "learning_rate": 0.1,
    "learning_rate_schedule": "constant",
    "epochs": 1,
    "batch_size": 256,
}


@BOTH_WAYS
@pytest.mark.parametrize("class_weight", [None, "balanced", {0: 3.0, 2: 0.5}])
def test_weighted_full_batch_equals_repeated_rows(way, quick, weighted, class_weight):
    X, y, counts, X_repeated, y_repeated = weighted
    est = quick(
        DenseNetClassifier,
        **ONE_STEP,
        input_scaling="standard",
        class_weight=class_weight,
    )
    est.fit(X, y, sample_weight=counts)
    loss, weights = est.history_["loss"][0], est.weights_
    est.fit(X_repeated, y_repeated)
    assert est.history_["loss"][0] == pytest.approx(loss, rel=1e-5)
    for a, b in zip(weights, est.weights_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5 * np.abs(b).max())


@BOTH_WAYS
@pytest.mark.parametrize("input_scaling", ["robust", "standard", None])
def test_rows_of_weight_zero_are_as_good_as_removed(
    way, quick, blobs, multilabel, input_scaling
):
    """They reach neither scaling, validation split, class balance nor loss."""
    X, y = blobs
    X = np.vstack([X, 1e6 + X[:40]])
    w = np.r_[np.linspace(0.5, 2, len(y)), np.zeros(40)]
    y = np.r_[y, np.zeros(40, y.dtype)]
    order = np.random.default_rng(0).permutation(len(y))
    X, y, w = X[order], y[order], w[order]
    est = quick(
        DenseNetClassifier,
        early_stopping=True,
        class_weight="balanced",
        input_scaling=input_scaling,
    )
    est.fit(X, y, sample_weight=w)
    with_zeros = est.weights_
    history = est.history_
    est.fit(X[w > 0], y[w > 0], sample_weight=w[w > 0])
    assert list(est.classes_) == [0, 1, 2]
    assert est.history_ == history
    assert "val_loss" in history
    assert_all_equal(with_zeros, est.weights_)


def test_pixels_of_weight_zero_do_not_set_the_range(quick, digits):
    X, y = digits
    w = np.r_[np.ones(150), np.zeros(50)]
    est = quick(SmallCNNClassifier, epochs=1)
    est.fit(np.vstack([X[:150], 100 * X[150:]]), y, sample_weight=w)
    with_zeros = est.weights_
    assert est.pixel_range_ == (0, 16)
    est.fit(X[:150], y[:150])
    assert_all_equal(with_zeros, est.weights_)


@BOTH_WAYS
def test_only_the_proportions_of_weights_matter(way, quick, weighted):
    X, y, counts, *_ = weighted
    est = quick(DenseNetClassifier, epochs=2)
    expected = est.fit(X, y, sample_weight=counts).weights_
    for a, b in zip(
        est.fit(X, y, sample_weight=64 * counts).weights_, expected, strict=True
    ):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@BOTH_WAYS
def test_class_weight_is_a_sample_weight(way, quick, blobs):
    X, y = blobs
    est = quick(DenseNetClassifier, epochs=2, class_weight={0: 1.0, 1: 4.0, 2: 0.5})
    est.set_params(input_scaling=None)  # which weights of rows have a part in
    by_class = est.fit(X, y).weights_
    est.set_params(class_weight=None)
    est.fit(X, y, sample_weight=np.array([1.0, 4.0, 0.5])[y])
    assert_all_equal(by_class, est.weights_)


@pytest.mark.parametrize("input_scaling", ["robust", "standard"])
def test_a_weight_of_two_is_a_row_that_is_there_twice(input_scaling):
    """Scaling included, of few rows, where each one moves the quantiles."""
    rng = np.random.default_rng(0)
    X, y, times = rng.normal(size=(12, 3)), np.arange(12) % 2, rng.integers(1, 4, 12)
    net = DenseNetClassifier(
        8, dropout=0.0, epochs=20, batch_size=64, learning_rate=0.01,
        weight_decay=None, input_scaling=input_scaling, random_state=0,
    )  # fmt: skip
    by_weight = net.fit(X, y, times).predict_proba(X)
    repeated = net.fit(np.repeat(X, times, axis=0), np.repeat(y, times))
    np.testing.assert_allclose(by_weight, repeated.predict_proba(X), atol=1e-5)

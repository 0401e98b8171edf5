"""Dropout: its rate, and what it is independent of."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from sknets import DenseNetClassifier
from sknets._core.build import dense_layers
from sknets._training.loop import Settings, train
from sknets._training.optimizers import make_optimizer
from sknets._training.tensorflow.randomness import dropout
from tests.networks import BOTH_WAYS, assert_all_equal, chain, training_data

pytestmark = pytest.mark.usefixtures("compiled_unless_said_otherwise")


SHAPE = (200, 50)
N_VALUES = SHAPE[0] * SHAPE[1]


def mask(rate=0.3, key=1, stream=0, shape=SHAPE):
    """Which of the values are kept: 0 or 1."""
    ones = tf.ones(shape)
    out = dropout(ones, tf.constant(rate), tf.constant(key, tf.uint32), stream)
    return (out.numpy() > 0).astype(float)


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9])
def test_dropout_keeps_the_mean(rate):
    x = tf.constant(np.random.default_rng(0).normal(size=SHAPE), tf.float32)
    out = dropout(x, tf.constant(rate), tf.constant(3, tf.uint32), 0).numpy()
    kept = out != 0
    np.testing.assert_allclose(out[kept], x.numpy()[kept] / (1 - rate), rtol=1e-6)
    deviation = np.sqrt(rate * (1 - rate) / N_VALUES)
    assert abs(kept.mean() - (1 - rate)) <= 4 * deviation


@pytest.mark.parametrize("rate", [0.2, 0.5])
@pytest.mark.parametrize("axis", [0, 1])
def test_dropout_hits_all_rows_and_units_alike(rate, axis):
    """Counts of each row and unit, over some steps, follow the binomial law."""
    n_steps = 40
    dropped = sum((1 - mask(rate, key)).sum(axis) for key in range(n_steps))
    n_draws = n_steps * SHAPE[axis]
    z = (dropped - n_draws * rate) / np.sqrt(n_draws * rate * (1 - rate))
    p_value = stats.chi2.sf(np.square(z).sum(), len(z))
    assert 1e-4 < p_value < 1 - 1e-4


@pytest.mark.parametrize(
    "pair",
    [
        lambda: (mask(key=1), mask(key=2)),
        lambda: (mask(key=7), mask(key=7 + 2**31)),
        lambda: (mask(stream=0), mask(stream=1)),
        lambda: (mask(stream=1), mask(stream=2)),
        lambda: (mask()[:-1], mask()[1:]),
        lambda: (mask()[:, :-1], mask()[:, 1:]),
        lambda: (mask().ravel()[:-3], mask().ravel()[3:]),
        lambda: (mask(key=1, stream=1), mask(key=2, stream=0)),
        lambda: (mask(), np.arange(N_VALUES).reshape(SHAPE) % 2.0),
    ],
    ids=[
        "steps",
        "keys far apart",
        "layers",
        "later layers",
        "neighbouring rows",
        "neighbouring units",
        "shifted",
        "step and layer",
        "parity of the position",
    ],
)
def test_dropout_is_independent_between(pair):
    a, b = (values.ravel() for values in pair())
    assert abs(np.corrcoef(a, b)[0, 1]) < 4 / np.sqrt(N_VALUES)


def test_dropout_repeats_for_the_same_key():
    np.testing.assert_array_equal(mask(key=5), mask(key=5))


def outputs_of_dropout(rng_seed, rate=0.5, n_epochs=1):
    """Weights after training on rows that are all the same, in steps of four."""
    X = np.ones((16, 4), np.float32)
    data = training_data(X, np.zeros(16, np.int32), "multiclass")
    network = dense_layers(8, rate, "relu", 3)
    settings = Settings(n_epochs, 4, make_optimizer("sgd", 0.1, None, {}))
    weights = [
        np.full(s, 0.1, np.float32) for s in chain(network, (4,)).weight_shapes()
    ]
    rng = np.random.default_rng(rng_seed)
    return train(chain(network, (4,)), weights, data, settings, rng).weights


@BOTH_WAYS
def test_seeds_differ_in_their_dropout(way):
    a, b = outputs_of_dropout(1), outputs_of_dropout(2)
    assert np.abs(a[2] - b[2]).max() > 1e-3
    assert_all_equal(a, outputs_of_dropout(1))


@BOTH_WAYS
def test_units_of_a_layer_are_dropped_apart(way):
    kernel = outputs_of_dropout(1)[2]
    assert len(np.unique(kernel[:, 0])) == 8
    same = outputs_of_dropout(1, rate=1e-9)[2]
    np.testing.assert_allclose(same[:, 0], same[0, 0], rtol=1e-6)


@BOTH_WAYS
def test_nothing_is_dropped_in_validation(way, quick, blobs):
    X, y = blobs
    est = quick(DenseNetClassifier, dropout=0.5, epochs=2)
    est.fit(X, y, X_val=X, y_val=y)
    p = est.predict_proba(X)[np.arange(len(y)), y]
    assert est.history_["val_loss"][-1] == pytest.approx(-np.log(p).mean(), rel=1e-5)
    assert est.history_["val_accuracy"][-1] == pytest.approx(est.score(X, y))

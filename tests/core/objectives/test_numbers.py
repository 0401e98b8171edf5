"""Losses of numbers, against numerical gradients, Keras and constant answers."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from sklearn.metrics import mean_pinball_loss, mean_poisson_deviance

from sknets._core.objectives import NUMBER_OBJECTIVES, Huber, Poisson, Quantile

OBJECTIVES = [*(make() for make in NUMBER_OBJECTIVES.values()), Quantile(0.1)]


# Those of Keras leave a constant out of the loss, or are not there.
OF_KERAS = [one for one in OBJECTIVES if one.keras_loss not in (None, "poisson")]


pytestmark = pytest.mark.filterwarnings("error")


def by_name(objective):
    return f"{objective.name}-{objective.centre}"


@pytest.fixture
def targets():
    """Logits, targets that are not negative, and weights, of 40 rows and 2 outputs."""
    rng = np.random.default_rng(0)
    z = rng.normal(size=(40, 2)) * 2
    y = rng.gamma(1.0, size=(40, 2)) * (rng.random((40, 2)) < 0.8)
    return z, y, rng.random((40, 2))


@pytest.mark.parametrize("objective", OBJECTIVES, ids=by_name)
def test_gradient_is_the_numerical_one(objective, targets):
    z, y, w = targets
    step = 1e-6

    def mean_loss(z):
        return (objective.losses(z, y) * w).mean()

    numerical = np.empty_like(z)
    for place in np.ndindex(z.shape):
        moved = z.copy()
        moved[place] += step
        high = mean_loss(moved)
        moved[place] -= 2 * step
        numerical[place] = (high - mean_loss(moved)) / (2 * step)
    _, _, gradient = objective.train(z, y, w, 0.0)
    np.testing.assert_allclose(gradient, numerical, atol=1e-8)


@pytest.mark.parametrize("objective", OBJECTIVES, ids=by_name)
def test_graph_has_the_same_losses_and_gradients(objective, targets):
    tf = pytest.importorskip("tensorflow")
    z, y, w = (part.astype(np.float32) for part in targets)
    y[:3] = z[:3] = 0  # where both are equal, quantiles have no slope
    logits = tf.constant(z)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        losses = objective.losses_in_graph(tf, logits, tf.constant(y), 0.0)
        loss = tf.reduce_mean(losses * w)
    np.testing.assert_allclose(losses, objective.losses(z, y), rtol=1e-5, atol=1e-6)
    _, _, gradient = objective.train(z, y, w, 0.0)
    np.testing.assert_allclose(tape.gradient(loss, logits), gradient, atol=1e-6)
    assert (objective.correct_in_graph(tf, logits, y).numpy() == 0).all()


@pytest.mark.parametrize("objective", OF_KERAS, ids=by_name)
def test_loss_is_that_of_keras(objective, targets):
    keras = pytest.importorskip("keras")
    z, y, _ = targets
    expected = keras.losses.get(objective.keras_loss)(y, z)
    np.testing.assert_allclose(objective.losses(z, y).mean(axis=1), expected, rtol=1e-5)


def keras_losses(objective, y, z):
    """Losses of rows from what Keras has; quantiles from its absolute error.

    For them |y - z| / 2 leans by (q - 1/2) (y - z).
    """
    import keras

    if isinstance(objective, Poisson):
        return keras.losses.poisson(y, keras.ops.exp(z))
    if isinstance(objective, Quantile):
        lean = (objective.centre - 0.5) * keras.ops.mean(y - z, axis=-1)
        return keras.losses.mean_absolute_error(y, z) / 2 + lean
    return keras.losses.get(objective.keras_loss)(y, z)


@pytest.mark.parametrize("objective", OBJECTIVES, ids=by_name)
def test_gradient_is_that_of_keras(objective, targets):
    tf = pytest.importorskip("tensorflow")
    pytest.importorskip("keras")
    z, y, _ = targets
    logits = tf.constant(z)
    with tf.GradientTape() as tape:
        tape.watch(logits)
        loss = tf.reduce_mean(keras_losses(objective, tf.constant(y), logits))
    _, _, gradient = objective.train(z, y, np.ones_like(y), 0.0)
    # The loss "poisson" adds 1e-7 to what it takes the logarithm of.
    np.testing.assert_allclose(tape.gradient(loss, logits), gradient, atol=1e-6)


def test_poisson_loss_is_half_the_deviance(targets):
    z, y, w = targets
    objective = Poisson()
    expected = mean_poisson_deviance(y[:, 0], np.exp(z[:, 0]), sample_weight=w[:, 0])
    assert objective.evaluate(z[:, :1], y[:, :1], w[:, :1])[0] == pytest.approx(
        expected / 2
    )


@pytest.mark.parametrize("q", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_quantile_loss_is_the_pinball_loss(q, targets):
    z, y, w = targets
    expected = mean_pinball_loss(y[:, 0], z[:, 0], sample_weight=w[:, 0], alpha=q)
    loss, metric = Quantile(q).evaluate(z[:, :1], y[:, :1], w[:, :1])
    assert loss == pytest.approx(expected)
    assert metric == 0


# That of the Huber loss is the median, which is near the best one, not there.
HAS_BEST_CONSTANT = [one for one in OBJECTIVES if not isinstance(one, Huber)]


@pytest.mark.parametrize("objective", HAS_BEST_CONSTANT, ids=by_name)
def test_no_constant_is_better_than_the_constant_answer(objective, targets):
    _, y, w = targets
    y, w = y[:, :1], w[:, :1]
    found = minimize_scalar(
        lambda z: objective.evaluate(np.full_like(y, z), y, w)[0], bracket=(-1, 1)
    )
    assert objective.constant_answer(y, w)[0] == pytest.approx(found.fun, rel=1e-3)

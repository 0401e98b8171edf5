"""Losses of numbers, against numerical gradients, Keras and constant answers."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp
from sklearn.metrics import mean_pinball_loss, mean_poisson_deviance

from sknets._core.objectives import (
    CLASS_OBJECTIVES,
    NUMBER_OBJECTIVES,
    Huber,
    Poisson,
    Quantile,
    SquaredError,
    log_sigmoid,
    log_softmax,
    row_weights,
    sigmoid,
    softmax,
)

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


def test_objectives_are_keys_of_programs():
    assert Quantile(0.3) == Quantile(0.3)
    assert hash(Quantile(0.3)) == hash(Quantile(0.3))
    assert Quantile(0.3) != Quantile(0.4)
    assert SquaredError() == SquaredError()
    assert SquaredError() != Huber()


# --- Classes -------------------------------------------------------------------------


@pytest.fixture(params=CLASS_OBJECTIVES)
def of_classes(request):
    """An objective, logits, encoded targets and weights of 12 rows."""
    objective, rng = CLASS_OBJECTIVES[request.param], np.random.default_rng(0)
    z = rng.normal(size=(12, 1 if request.param == "binary" else 3))
    if objective.is_exclusive:
        y, w = rng.integers(0, 3, 12), rng.random(12)
    else:
        y, w = rng.integers(0, 2, z.shape).astype(np.float32), rng.random(z.shape)
    return objective, z, y, w


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_gradient_of_classes_is_the_numerical_one(of_classes, smoothing):
    objective, z, y, w = of_classes
    n_classes = z.shape[1]

    def mean_loss(z):
        if not objective.is_exclusive:  # between the label and one half
            straight, other = objective.losses(z, y), objective.losses(z, 1 - y)
            losses = (1 - smoothing / 2) * straight + smoothing / 2 * other
            return (losses * w).mean()
        every = [objective.losses(z, np.full(len(z), k)) for k in range(n_classes)]
        own = (1 - smoothing) * objective.losses(z, y)
        return ((own + smoothing * np.mean(every, axis=0)) * w).mean()

    numerical = np.empty_like(z)
    for place in np.ndindex(z.shape):
        step = np.zeros_like(z)
        step[place] = 1e-5
        numerical[place] = (mean_loss(z + step) - mean_loss(z - step)) / 2e-5
    loss, correct, gradient = objective.train(z.copy(), y, w, smoothing)
    np.testing.assert_allclose(gradient, numerical, atol=1e-7)
    # What is recorded is the loss without smoothing, as in validation.
    found = np.array([loss, correct]) / row_weights(w).sum()
    np.testing.assert_allclose(found, objective.evaluate(z, y, w), rtol=1e-6)


def test_rare_classes_are_shifted_by_the_ratio_of_the_shares():
    y = np.array([0] * 2 + [1] * 40 + [2] * 58, np.int32)
    multiclass, labels = (CLASS_OBJECTIVES[n] for n in ("multiclass", "binary"))
    w = np.ones(100)
    found = multiclass.rare_class_shift(y, w, 0.3, 4)  # 0.075 for each class
    expected = [np.log(0.02 / 0.075), 0, 0, 0]  # nothing known of the last one
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    w[:2] = 20  # two rows of weight 20 are 40 of 138
    assert not multiclass.rare_class_shift(y, w, 0.3, 4).any()
    rare = np.column_stack([y == 0, y != 0, y == 1]).astype(np.float32)
    found = labels.rare_class_shift(rare, np.ones(rare.shape), 0.1, 3)  # 0.05
    expected = [np.log(0.02 / 0.05), -np.log(0.02 / 0.05), 0]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_weights_count_in_loss_and_accuracy(of_classes):
    """A weight of two is the row twice."""
    objective, z, y, _ = of_classes
    twice = np.arange(len(z)) % 3 == 0
    rows = np.repeat(np.arange(len(z)), 1 + twice)
    w = np.ones(y.shape)
    w[twice] = 2
    expected = objective.evaluate(z[rows], y[rows], np.ones(y[rows].shape))
    np.testing.assert_allclose(objective.evaluate(z, y, w), expected)
    assert objective.evaluate(z, y, np.ones(y.shape)) != pytest.approx(expected)


# --- Probabilities, against float64 ---------------------------------------------------

Z = np.array([[-200, 0, 90], [1, 2, 3], [-1e-3, 0, 1e-3], [5, 5, 5]], np.float32)


def test_softmax():
    expected = np.exp(Z - logsumexp(Z.astype(np.float64), axis=1, keepdims=True))
    np.testing.assert_allclose(softmax(Z), expected, rtol=1e-6, atol=1e-37)


def test_log_softmax_keeps_small_probabilities():
    expected = Z - logsumexp(Z.astype(np.float64), axis=1, keepdims=True)
    np.testing.assert_allclose(log_softmax(Z), expected, rtol=1e-6, atol=1e-6)
    assert log_softmax(Z)[0, 0] == pytest.approx(-290)


def test_sigmoid_and_its_logarithm():
    z = np.array([-200, -20, -1, 0, 1, 9], np.float32)
    exact = 1 / (1 + np.exp(-z.astype(np.float64)))
    np.testing.assert_allclose(sigmoid(z), exact, rtol=1e-6, atol=1e-37)
    np.testing.assert_allclose(log_sigmoid(z), np.log(exact), rtol=1e-5)


def test_logarithm_of_a_probability_that_rounds_to_one_is_zero():
    z = np.array([18, 30, 1e4], np.float32)
    np.testing.assert_array_equal(sigmoid(z), 1)
    np.testing.assert_array_equal(log_sigmoid(z), 0)

"""Batch normalisation against the layer of Keras, and in SmallCNNClassifier."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from numpy.testing import assert_allclose
from sklearn.datasets import load_digits

from sknets import SmallCNNClassifier, SmallCNNRegressor, load, save
from sknets._core.layers import BatchNorm
from sknets._estimators.from_keras import estimator
from sknets._keras.reader import read_chain
from sknets._training.tensorflow.forward import Step
from sknets._training.tensorflow.gradients import logit_gradients


def net(**params):
    quick = {"width": (4, 4), "epochs": 3, "random_state": 0}
    return SmallCNNClassifier(**{"normalization": "batch", **quick, **params})


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:150].reshape(-1, 8, 8, 1).astype(np.float32), y[:150]


@pytest.fixture(scope="module")
def fitted(digits):
    return net().fit(*digits)


def images(n_rows):
    rng = np.random.default_rng(0)
    return rng.normal(3, 2, (n_rows, 4, 4, 3)).astype(np.float32)


def one_step(x, n_rows):
    """Output of a training step, and the weights after it."""
    layer = BatchNorm("relu", momentum=0.9)
    rng = np.random.default_rng(1)
    weights = [tf.constant(w.initial(w.shape, rng)) for w in layer.weights((4, 4, 3))]
    step = Step(tf.constant(float(n_rows)), lambda x, n: x)
    z = layer.in_graph(tf, weights, tf.constant(x), step)
    return z.numpy(), [w.numpy() for w in step.after(weights)]


def test_a_step_is_that_of_keras():
    x = images(8)
    layer = keras.layers.BatchNormalization(momentum=0.9)
    expected = keras.ops.relu(layer(x, training=True))
    z, weights = one_step(x, 8)
    assert_allclose(z, expected, atol=1e-5)
    for ours, theirs in zip(weights, layer.get_weights(), strict=True):
        assert_allclose(ours, theirs, atol=1e-5)


def test_filling_rows_count_for_nothing():
    x = images(8)
    expected, expected_weights = one_step(x[:5], 5)
    x[5:] = 100.0
    z, weights = one_step(x, 5)
    assert_allclose(z[:5], expected, atol=1e-5)
    for ours, theirs in zip(weights, expected_weights, strict=True):
        assert_allclose(ours, theirs, atol=1e-5)


def test_gradients_are_the_same_with_filling():
    """A full batch is normalised by another operation than one with filling."""
    layer = BatchNorm("relu", momentum=0.9)
    rng = np.random.default_rng(1)
    gamma, beta = (rng.normal(1, 0.1, 3).astype(np.float32) for _ in range(2))
    weights = [tf.constant(w) for w in (gamma, beta, np.zeros(3), np.ones(3))]
    weights = [tf.cast(w, tf.float32) for w in weights]
    x = images(9)
    slopes = rng.normal(size=x.shape).astype(np.float32)

    @tf.function
    def gradients(x, slopes):
        with tf.GradientTape() as tape:
            tape.watch([x, *weights[:2]])
            step = Step(tf.constant(8.0), lambda x, n: x)
            z = layer.in_graph(tf, weights, x, step)
            total = tf.reduce_sum(z[:8] * slopes[:8])
        return tape.gradient(total, [x, *weights[:2]])

    full = gradients(tf.constant(x[:8]), tf.constant(slopes[:8]))
    filled = gradients(tf.constant(x), tf.constant(slopes))
    assert_allclose(filled[0][:8], full[0], atol=1e-4)
    for ours, theirs in zip(filled[1:], full[1:], strict=True):
        assert_allclose(ours, theirs, rtol=1e-4)


def test_running_averages_leave_their_first_values(fitted):
    kinds = [layer["layer"] for layer in fitted.network_]
    assert kinds[:3] == ["conv", "batch_norm", "max_pool"]
    mean, variance = fitted.weights_[4:6]
    assert (mean != 0).all()
    assert (variance != 1).all()


def test_it_learns(digits):
    assert net(width=(8, 16), epochs=20).fit(*digits).score(*digits) > 0.9


def test_a_regressor_has_it(digits):
    X, y = digits
    params = {"width": (4,), "epochs": 2, "random_state": 0}
    regressor = SmallCNNRegressor(normalization="batch", **params).fit(X, y)
    expected = regressor.model_.predict(X[:9], verbose=0).ravel()
    assert_allclose(regressor.predict(X[:9]), expected, rtol=1e-4, atol=1e-4)


def test_the_model_predicts_the_same(fitted, digits):
    X = digits[0][:20]
    proba = fitted.model_.predict(X, verbose=0)
    assert_allclose(fitted.predict_proba(X), proba, atol=1e-5)


def test_a_file_holds_it_and_training_goes_on(fitted, digits, tmp_path):
    save(fitted, tmp_path / "net")
    loaded = load(tmp_path / "net")
    X, y = digits
    np.testing.assert_array_equal(loaded.predict_proba(X), fitted.predict_proba(X))
    before = loaded.weights_[4].copy()
    loaded.partial_fit(X, y)
    assert loaded.n_iter_ == fitted.n_iter_ + 1
    assert (loaded.weights_[4] != before).all()


def test_saliency_is_the_slope(fitted, digits):
    rows = digits[0][:1].reshape(1, -1).astype(np.float64)
    args = fitted._network, fitted.weights_
    slopes = logit_gradients(*args, rows, fitted.input_scaling_, 2)
    step = 1e-3 * slopes / np.linalg.norm(slopes)
    high, low = (fitted._logits(rows + sign * step)[0, 2] for sign in (1, -1))
    assert_allclose((high - low) / 2e-3, np.linalg.norm(slopes), rtol=0.05)


def keras_layers(fitted, digits):
    """The layers of the model between scaling and probabilities, as Keras has them."""
    model = fitted.model_
    model.predict(digits[0][:1], verbose=0)
    return [x for x in model.layers if type(x).__name__ != "InputLayer"]


def test_a_keras_model_with_it_is_read(fitted, digits):
    reading = read_chain(keras_layers(fitted, digits), (8, 8, 1))
    read = estimator(reading, (8, 8, 1), np.dtype(np.float32))
    assert read.normalization == "batch"
    assert read.activation == "relu"
    assert read.network_ == fitted.network_
    for ours, theirs in zip(read.weights_, fitted.weights_, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("pool_last", [False, True])
def test_pooled_is_behind_the_pooling_of_a_block(digits, pool_last):
    fitted = net(width=(4, (4, 4)), normalization="pooled", pool_last=pool_last)
    kinds = [layer["layer"] for layer in fitted.fit(*digits).network_]
    first, inner = ["conv", "max_pool", "batch_norm"], ["conv", "batch_norm"]
    assert kinds[:8] == first + inner + (first if pool_last else [*inner, "dropout"])
    assert fitted.network_[2]["activation"] == "relu"
    assert fitted.network_[0]["activation"] == "linear"
    read = estimator(read_chain(keras_layers(fitted, digits), (8, 8, 1)), (8, 8, 1),
                     np.dtype(np.float32))  # fmt: skip
    assert read.normalization == "pooled"
    assert read.network_ == fitted.network_
    X = digits[0][:20]
    proba = fitted.model_.predict(X, verbose=0)
    assert_allclose(fitted.predict_proba(X), proba, atol=1e-5)


def test_a_file_says_which_normalization_and_changes(fitted, digits, tmp_path):
    save(fitted, tmp_path / "net")
    loaded = load(tmp_path / "net")
    assert loaded.normalization_ == "batch"
    assert loaded.augment_ == fitted.augment_


def test_unknown_normalization_is_refused(digits):
    with pytest.raises(ValueError, match="'normalization' parameter.*'layer'"):
        net(normalization="layer").fit(*digits)

"""Estimators whose parameters give the network of a Keras model."""

import keras
import numpy as np
import pytest
from keras import layers

from sknets import DenseNetClassifier, SmallCNNClassifier, TextPoolClassifier
from sknets._estimators.from_keras import estimator
from sknets._keras.reader import chain, read_chain

SHAPE = (16,)


@pytest.fixture(scope="module")
def rows():
    """Rows of 16 features on other scales than 0..1."""
    return np.random.default_rng(0).normal(100, 30, (48, *SHAPE))


def model_of(*stack, shape=SHAPE):
    """Model with random weights that gives logits of three classes."""
    model = keras.Sequential([keras.Input(shape), *stack, layers.Dense(3)])
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(0, 0.3, w.shape) for w in model.get_weights()])
    return model


def taken_over(model, dtype=np.float64):
    shape = tuple(model.input_shape[1:])
    reading = read_chain(chain(model), shape)
    fitted = estimator(reading, shape, np.dtype(dtype))
    fitted.target_type_, fitted.classes_ = "multiclass", np.arange(3)
    return fitted


def assert_same_logits(fitted, X, model, model_X):
    expected = model.predict(model_X, verbose=0)
    np.testing.assert_allclose(
        fitted.decision_function(X), expected, rtol=1e-5, atol=1e-4
    )


DENSE_STACKS = {
    "no hidden layer": (lambda: [], {"width": ()}),
    "one": (lambda: [layers.Dense(5, "tanh")], {"width": 5, "activation": "tanh"}),
    "dropout": (
        lambda: [
            layers.Dense(5, "gelu"),
            layers.Dropout(0.2),
            layers.Dense(4, "gelu"),
            layers.Dropout(0.3),
        ],
        {"width": (5, 4), "dropout": (0.2, 0.3), "activation": "gelu"},
    ),
    "dropout after one of two": (
        lambda: [
            layers.Dense(5, "relu"),
            layers.Dropout(0.2),
            layers.Dense(4, "relu"),
        ],
        {"width": (5, 4), "dropout": (0.2, 0.0)},
    ),
    "rescaling": (
        lambda: [layers.Rescaling(1 / 255), layers.Dense(5, "relu")],
        {"width": 5, "input_scaling": "standard"},
    ),
    "smooth clip": (
        lambda: [
            layers.Rescaling(0.01),
            layers.Activation("tanh"),
            layers.Rescaling(3.0),
            layers.Dense(5, "relu"),
        ],
        {"width": 5, "input_scaling": "robust"},
    ),
    "images side by side": (
        lambda: [layers.Reshape((4, 4)), layers.Flatten(), layers.Dense(5, "relu")],
        {"width": 5, "input_scaling": None},
    ),
}


@pytest.mark.parametrize("name", DENSE_STACKS)
def test_dense_networks(name, rows):
    stack, expected = DENSE_STACKS[name]
    model = model_of(*stack())
    clf = taken_over(model)
    assert isinstance(clf, DenseNetClassifier)
    assert {param: getattr(clf, param) for param in expected} == expected
    assert_same_logits(clf, rows, model, rows)


def test_dense_network_of_flattened_images(rows):
    images = rows.reshape(-1, 4, 4)
    model = model_of(layers.Flatten(), layers.Dense(5, "relu"), shape=(4, 4))
    clf = taken_over(model)
    assert isinstance(clf, DenseNetClassifier)
    assert clf.n_features_in_ == 16
    assert_same_logits(clf, images, model, images)
    assert_same_logits(clf, rows, model, images)


CNN_STACKS = {
    "plain": (
        lambda: [layers.Conv2D(3, 3, activation="relu"), layers.Flatten()],
        {"width": (3,), "padding": "valid", "pool_last": False, "dense_width": ()},
    ),
    "blocks": (
        lambda: [
            layers.Rescaling(1 / 255),
            layers.Conv2D(2, 3, padding="same", activation="elu"),
            layers.Conv2D(3, 3, padding="same", activation="elu"),
            layers.MaxPooling2D(),
            layers.Dropout(0.25),
            layers.Conv2D(4, 2, padding="same", activation="elu"),
            layers.MaxPooling2D(),
            layers.Dropout(0.25),
            layers.Flatten(),
            layers.Dense(6, activation="elu"),
            layers.Dropout(0.25),
        ],
        {
            "width": ((2, 3), 4),
            "kernel_size": 3,
            "pool_last": True,
            "dense_width": (6,),
            "dropout": 0.25,
        },
    ),
}


@pytest.mark.parametrize("name", CNN_STACKS)
def test_networks_of_images(name, rows):
    images = rows.reshape(-1, 4, 4, 1)
    stack, expected = CNN_STACKS[name]
    model = model_of(*stack(), shape=(4, 4, 1))
    clf = taken_over(model)
    assert isinstance(clf, SmallCNNClassifier)
    assert {param: getattr(clf, param) for param in expected} == expected
    assert_same_logits(clf, images, model, images)
    assert_same_logits(clf, rows, model, images)


def test_flat_rows_as_images(rows):
    model = model_of(layers.Reshape((2, 8, 1)), layers.Conv2D(3, 2), layers.Flatten())
    clf = taken_over(model)
    assert clf.image_shape == (2, 8, 1)
    assert_same_logits(clf, rows, model, rows)


def test_type_of_the_pixels_is_that_of_the_training_rows(rows):
    images = rows.clip(0, 255).astype(np.uint8).reshape(-1, 4, 4, 1)
    model = model_of(layers.Conv2D(3, 3), layers.Flatten(), shape=(4, 4, 1))
    clf = taken_over(model, np.uint8)
    assert_same_logits(clf, images, model, images)
    with pytest.raises(ValueError, match="pixels of type float32"):
        clf.decision_function(images / np.float32(255))


def test_token_numbers():
    """Embedding with a mask and mean pooling, as in textbooks."""
    rng = np.random.default_rng(0)
    tokens = rng.integers(1, 30, (20, 7))
    X = np.where(np.arange(7) < rng.integers(1, 7, (20, 1)), tokens, 0)
    model = model_of(
        layers.Embedding(30, 4, mask_zero=True),
        layers.GlobalAveragePooling1D(),
        shape=(7,),
    )
    clf = taken_over(model)
    assert isinstance(clf, TextPoolClassifier)
    assert clf.width == 4
    assert_same_logits(clf, X, model, X)
    assert_same_logits(clf, [row[row > 0].tolist() for row in X], model, X)


# --- What no parameters give ---------------------------------------------------------


def image_stack(*inner):
    return [layers.Reshape((4, 4, 1)), *inner, layers.Flatten()]


REFUSED = {
    "batch normalization": (
        lambda: [layers.Dense(5), layers.BatchNormalization(name="bn")],
        r"'bn' \(BatchNormalization\).*DenseNetClassifier has.*Supported are",
    ),
    "mixed activations": (
        lambda: [layers.Dense(5, "relu"), layers.Dense(5, "tanh", name="second")],
        "'second'.*DenseNetClassifier has {'activation': 'relu'} here",
    ),
    "dropout on the input": (
        lambda: [layers.Dropout(0.5, name="first"), layers.Dense(5)],
        "'first'.*DenseNetClassifier has {'layer': 'dense'",
    ),
    "pool of three": (
        lambda: image_stack(layers.Conv2D(2, 1), layers.MaxPooling2D(3, name="pool")),
        r"'pool'.*SmallCNNClassifier has {'size': \(2, 2\)}",
    ),
    "other kernels": (
        lambda: image_stack(
            layers.Conv2D(2, 3, padding="same"), layers.Conv2D(2, 2, padding="same")
        ),
        r"'kernel': \(3, 3\)",
    ),
    "nothing but padding": (
        lambda: [
            layers.Embedding(1, 4, mask_zero=True, name="empty"),
            layers.GlobalAveragePooling1D(),
        ],
        "'empty'.*no row but that of padding",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_first_layer_that_differs_is_named(name):
    stack, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        taken_over(model_of(*stack()))

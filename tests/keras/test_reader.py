"""Keras models read as plain layers, and layers that are refused by name."""

import keras
import numpy as np
import pytest
from keras import layers

from sknets._core.layers import Conv, Dense, Dropout, EmbeddingPool, Flatten, MaxPool
from sknets._core.scaling import apply
from sknets._keras.reader import chain, read_chain, same_structure

SHAPE = (16,)


def read(*stack, shape=SHAPE):
    model = keras.Sequential([keras.Input(shape), *stack])
    return read_chain(chain(model), shape)


def test_layers_and_weights_of_a_dense_network():
    stack = [layers.Dense(5, "tanh"), layers.Dropout(0.2), layers.Dense(3, "softmax")]
    reading = read(*stack)
    assert reading.network == [Dense(5, "tanh"), Dropout(0.2), Dense(3)]
    assert reading.last == "softmax"
    assert reading.keras_layers == stack
    weights = [*stack[0].get_weights(), *stack[2].get_weights()]
    assert len(reading.weights) == 4
    assert all(map(np.array_equal, reading.weights, weights))


def test_layers_of_a_network_of_images():
    reading = read(
        layers.Conv2D(2, (3, 2), padding="same", activation="relu"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(3),
        shape=(4, 6, 1),
    )
    conv = Conv(2, (3, 2), "same", "relu")
    assert reading.network == [conv, MaxPool((2, 2)), Flatten(), Dense(3)]
    assert reading.last == "linear"


def test_embedding_and_mean_are_one_layer():
    reading = read(
        layers.Embedding(9, 4, mask_zero=True),
        layers.GlobalAveragePooling1D(),
        layers.Dense(1, "sigmoid"),
        shape=(7,),
    )
    assert reading.network == [EmbeddingPool(9, 4, "mean"), Dense(1)]


def test_dropout_of_nothing_is_left_out():
    assert read(layers.Dropout(0.0), layers.Dense(3)).network == [Dense(3)]


def test_activation_layers_belong_to_the_layer_before():
    reading = read(
        layers.Dense(5),
        layers.ReLU(),
        layers.Dense(4),
        layers.Activation("tanh"),
        layers.Dense(3),
        layers.Softmax(),
    )
    assert reading.network == [Dense(5, "relu"), Dense(4, "tanh"), Dense(3)]
    assert reading.last == "softmax"


# --- What stands in front ------------------------------------------------------------

FRONTS = {
    "nothing": lambda: [],
    "rescaling": lambda: [layers.Rescaling(1 / 255, offset=-0.5)],
    "normalization": lambda: [
        layers.Normalization(mean=np.arange(16.0), variance=np.arange(1.0, 17))
    ],
    "one offset a feature": lambda: [
        layers.Rescaling(1.0, offset=list(-np.arange(16.0))),
        layers.Rescaling(list(1 / np.arange(10.0, 26))),
    ],
    "smooth clip": lambda: [
        layers.Rescaling(0.1, offset=-9.0),
        layers.Activation("tanh"),
        layers.Rescaling(2.0),
    ],
    "zero by a factor": lambda: [layers.Rescaling([0.0, *np.ones(15)])],
}


@pytest.mark.parametrize("name", FRONTS)
def test_scaling_in_front_is_that_of_keras(name):
    front = FRONTS[name]()
    reading = read(*front, layers.Dense(3))
    assert reading.network == [Dense(3)]
    X = np.random.default_rng(0).normal(100, 30, (20, 16))
    expected = X.astype(np.float32)
    for layer in front:
        expected = layer(expected)
    np.testing.assert_allclose(
        apply(X, reading.scaling), np.asarray(expected), rtol=1e-4, atol=1e-4
    )


def test_shapes_in_front_give_the_shape_of_a_row():
    stack = [layers.Reshape((2, 8, 1)), layers.Conv2D(3, 2), layers.Flatten()]
    assert read(*stack, layers.Dense(3)).input_shape == (2, 8, 1)
    assert read(layers.Flatten(), layers.Dense(3), shape=(4, 4)).input_shape == (16,)


# --- What is refused -----------------------------------------------------------------


def image_stack(*inner):
    return [layers.Reshape((4, 4, 1)), *inner, layers.Flatten(), layers.Dense(3)]


REFUSED = {
    "no bias": (
        lambda: [layers.Dense(5, use_bias=False, name="free"), layers.Dense(3)],
        r"layer 'free' \(Dense\): use_bias=False is not supported, only True.*"
        "Supported are",
    ),
    "unknown activation": (
        lambda: [layers.Dense(5, "hard_sigmoid"), layers.Dense(3)],
        "activation 'hard_sigmoid' is none of relu",
    ),
    "dropout before the activation": (
        lambda: [layers.Dense(5), layers.Dropout(0.5), layers.ReLU(), layers.Dense(3)],
        "an activation must follow",
    ),
    "leaky relu": (
        lambda: [layers.Dense(5), layers.ReLU(negative_slope=0.1), layers.Dense(3)],
        "negative_slope=.* is not supported",
    ),
    "dense on images": (
        lambda: [
            layers.Reshape((4, 4)),
            layers.Dense(2),
            layers.Flatten(),
            layers.Dense(3),
        ],
        "rows of shape .4, 4., which are not flat",
    ),
    "strides": (
        lambda: image_stack(layers.Conv2D(2, 2, strides=2)),
        r"strides=\(2, 2\) is not supported",
    ),
    "global pooling": (
        lambda: [
            layers.Reshape((4, 4, 1)),
            layers.Conv2D(2, 3),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3),
        ],
        "GlobalAveragePooling2D.*no such layer",
    ),
    "no mask": (
        lambda: [
            layers.Embedding(200, 2),
            layers.GlobalAveragePooling1D(),
            layers.Dense(3),
        ],
        "mask_zero=False is not supported, only True",
    ),
    "embedding without pooling": (
        lambda: [
            layers.Embedding(200, 2, mask_zero=True),
            layers.Flatten(),
            layers.Dense(3),
        ],
        "must follow an Embedding directly",
    ),
    "rescaling behind": (
        lambda: [layers.Dense(5), layers.Rescaling(2.0), layers.Dense(3)],
        "Rescaling.*no such layer",
    ),
    "constant": (
        lambda: [layers.Rescaling([0.0] * 16, offset=1.0), layers.Dense(3)],
        "replaces a feature by a constant other than zero",
    ),
    "inverse normalization": (
        lambda: [
            layers.Normalization(mean=[0.0] * 16, variance=[4.0] * 16, invert=True),
            layers.Dense(3),
        ],
        "invert=True is not supported, only False",
    ),
    "no dense layer": (
        lambda: [layers.Activation("softmax")],
        "an activation must follow",
    ),
    "dropout at the end": (
        lambda: [layers.Dense(3), layers.Dropout(0.5, name="last")],
        "'last'.*the last layer with weights must be Dense",
    ),
    "nested model": (
        lambda: [keras.Sequential([layers.Dense(5)], name="inner"), layers.Dense(3)],
        r"'inner' \(Sequential\)",
    ),
}


@pytest.mark.filterwarnings("ignore:.*passed an input with a mask:UserWarning")
@pytest.mark.parametrize("name", REFUSED)
def test_refused_layers_are_named(name):
    stack, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        read(*stack())


def test_branches_are_refused():
    inputs = keras.Input(SHAPE)
    hidden = layers.Dense(16)(inputs)
    outputs = layers.Dense(3)(layers.Add(name="skip")([inputs, hidden]))
    with pytest.raises(ValueError, match="'skip'.*do not form a chain"):
        chain(keras.Model(inputs, outputs))


def test_layers_that_are_used_twice_are_refused():
    inputs = keras.Input(SHAPE)
    twice = layers.Dense(16)
    with pytest.raises(ValueError, match="do not form a chain"):
        chain(keras.Model(inputs, layers.Dense(3)(twice(twice(inputs)))))


def test_models_that_are_only_code_are_refused():
    class Own(keras.Model):
        pass

    with pytest.raises(ValueError, match="'own'.*neither Sequential nor Functional"):
        chain(Own(name="own"))


# --- Comparing models ----------------------------------------------------------------


def two_paths(*, rate=0.1, crossed=False):
    inputs = keras.Input(SHAPE)
    left, right = layers.Dense(4)(inputs), layers.Dropout(rate)(inputs)
    parts = [right, left] if crossed else [left, right]
    return keras.Model(inputs, layers.Concatenate()(parts))


def test_same_structure_leaves_names_and_weights_out():
    model = two_paths()
    assert same_structure(model, two_paths())
    assert not same_structure(model, two_paths(rate=0.2))
    assert not same_structure(model, two_paths(crossed=True))

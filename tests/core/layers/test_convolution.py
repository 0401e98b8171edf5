"""Convolution, max-pooling and flattening as layers, against Keras."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import tensorflow as tf

from sknets._core.layers import Conv, Dense, Flatten, MaxPool, UnreadableError
from tests.networks import assert_equals_keras


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("kernel", [(1, 1), (2, 3), (3, 2), (4, 4), (5, 1), (6, 7)])
def test_every_kernel_size(kernel, padding):
    network = [Conv(3, kernel, padding, "relu"), Flatten(), Dense(2)]
    assert_equals_keras(network, (6, 7, 2))


@pytest.mark.parametrize("kernel", [(3, 3), (4, 5), (9, 2)])
def test_kernel_larger_than_the_image(kernel):
    network = [Conv(3, kernel, "same", "relu"), Flatten(), Dense(2)]
    assert_equals_keras(network, (2, 3, 1))


@pytest.mark.parametrize("size", [(1, 2), (2, 1), (2, 2), (3, 2)])
def test_odd_rest_of_a_pool_is_left_out(size):
    network = [MaxPool(size), Flatten(), Dense(2)]
    assert_equals_keras(network, (7, 5, 2))


@pytest.mark.parametrize("pool", [(2, 2), (3, 1)])
def test_a_convolution_that_pools_is_one_before_a_pooling(pool):
    rng = np.random.default_rng(0)
    convolution = Conv(4, (3, 2), "same", "tanh")
    weights = [rng.normal(size=w.shape) for w in convolution.weights((7, 6, 2))]
    images = rng.normal(size=(5, 7, 6, 2))
    expected = MaxPool(pool).predict([], convolution.predict(weights, images))
    pooling = replace(convolution, pool=pool)
    np.testing.assert_allclose(pooling.predict(weights, images), expected)
    in_graph = pooling.in_graph(tf, weights, images, None)
    np.testing.assert_allclose(in_graph, expected)
    # How it is computed is no part of what the layer is.
    assert pooling.stored() == convolution.stored()


def test_values_of_a_convolution_are_those_of_its_patches():
    valid, same = (Conv(8, (3, 2), padding, "relu") for padding in ("valid", "same"))
    assert valid.n_values((6, 7, 2)) == (4 * 6) * (3 * 2 * 2)
    assert same.n_values((6, 7, 2)) == (6 * 7) * (3 * 2 * 2)


@pytest.mark.parametrize(
    "layer",
    [
        Conv(0, (3, 3), "same", "relu"),
        Conv(2, (3, 0), "same", "relu"),
        Conv(2, [3, 3], "same", "relu"),
        Conv(2, (3, 3), "SAME", "relu"),
        Conv(2, (3, 3), "same", "softmax"),
        MaxPool((2,)),
        MaxPool((2, 2.0)),
    ],
)
def test_values_that_no_layer_has(layer):
    assert not layer.is_valid()


@pytest.mark.parametrize(
    ("layer", "match"),
    [
        (keras.layers.Conv2D(2, 3, strides=2), r"strides=\(2, 2\) is not supported"),
        (keras.layers.Conv2D(2, 3, dilation_rate=2), r"dilation_rate=\(2, 2\) is not"),
        (keras.layers.Conv2D(2, 3, groups=2), "groups=2 is not supported, only 1"),
        (keras.layers.Conv2D(2, 3, use_bias=False), "use_bias=False is not supported"),
        (
            keras.layers.Conv2D(2, 3, data_format="channels_first"),
            "'channels_first' is not supported, only 'channels_last'",
        ),
        (keras.layers.MaxPooling2D(3, strides=2), r"only \(3, 3\)"),
        (keras.layers.MaxPooling2D(2, padding="same"), "padding='same' is not supp"),
    ],
)
def test_keras_layers_of_other_settings_are_refused(layer, match):
    kind = Conv if isinstance(layer, keras.layers.Conv2D) else MaxPool
    with pytest.raises(UnreadableError, match=match):
        kind.from_keras(layer, (8, 8, 2))

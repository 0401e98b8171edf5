"""The forward pass in a program: that of Keras, scaling, and what a step adds."""

import numpy as np
import pytest
import tensorflow as tf

from sknets._core import scaling
from sknets._core.build import cnn_layers, dense_layers
from sknets._training.tensorflow.forward import Step, forward, scaled
from tests.networks import chain, keras_logits, moderate_weights

SHAPE = (7, 6, 2)


@pytest.mark.parametrize(
    ("network", "shape"),
    [
        (dense_layers((5, 4), 0.3, "gelu", 3), (6,)),
        (cnn_layers(SHAPE, ((3, 2), 4), 0.2, "relu", 3, "same", True, (), 2), SHAPE),
        (cnn_layers(SHAPE, (3, 2), 0.0, "silu", 2, "valid", True, 4, 1), SHAPE),
    ],
    ids=["dense", "relu", "silu"],
)
def test_flat_rows_give_the_logits_of_keras(network, shape):
    rng = np.random.default_rng(0)
    weights = moderate_weights(network, shape, rng)
    rows = rng.normal(size=(5, *shape)).astype(np.float32)
    logits = forward(chain(network, shape), weights, rows.reshape(5, -1))
    expected = keras_logits(network, shape, weights, rows)
    np.testing.assert_allclose(logits, expected, rtol=1e-5, atol=3e-6)


@pytest.mark.parametrize("clip", [None, 2.5])
def test_scaling_is_that_of_predictions_in_numpy(clip):
    rows = np.random.default_rng(0).normal(3, 5, (20, 4)).astype(np.float32)
    shift, scale = np.array([1.0, 2, 3, 4]), np.array([0.5, 1, 2, 0])
    expected = scaling.apply(rows, {"shift": shift, "scale": scale, "clip": clip})
    found = scaled(rows, shift.astype(np.float32), scale.astype(np.float32), clip)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


def test_a_step_drops_values_of_each_dropout_layer_by_its_number():
    network = chain(dense_layers((3, 3), (0.1, 0.2), "linear", 1), (2,))
    weights = [np.ones(shape, np.float32) for shape in network.weight_shapes()]
    rows = tf.ones((1, 2))

    def drop(x, number):  # nothing is left of the second layer
        return x * (1.0 - number)

    assert forward(network, weights, rows).numpy() == 31
    assert forward(network, weights, rows, Step(1.0, drop)).numpy() == 1


def test_a_step_may_pool_in_a_way_of_its_own():
    layers = cnn_layers((4, 4, 1), (1,), 0.0, "linear", 1, "same", True, (), 1)
    network = chain(layers, (4, 4, 1))
    weights = [np.ones(shape, np.float32) for shape in network.weight_shapes()]
    rows = tf.reshape(tf.range(16.0), (1, 16))

    def mean_pool(x, size):
        return tf.nn.avg_pool2d(x, size, size, "VALID")

    def total(*pool):
        return forward(network, weights, rows, Step(1.0, lambda x, n: x, *pool)).numpy()

    biases = 4 + 1
    assert total() == 5 + 7 + 13 + 15 + biases
    assert total(mean_pool) == 2.5 + 4.5 + 10.5 + 12.5 + biases

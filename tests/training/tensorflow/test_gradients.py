"""Gradients with respect to the input, by hand and against small differences."""

import numpy as np
import pytest

from sknets._core.build import cnn_layers, dense_layers
from sknets._training.tensorflow.gradients import logit_gradients
from tests.networks import chain, moderate_weights

LINEAR = chain(dense_layers((), 0.0, "relu", 2), (3,))
KERNEL = np.array([[1, 2], [-3, 4], [5, -6]], np.float32)
WEIGHTS = [KERNEL, np.array([7, 8], np.float32)]


def unscaled(clip=None, shift=0.0):
    return {"shift": np.full(3, shift), "scale": np.array([2.0, 0.5, 0]), "clip": clip}


@pytest.mark.parametrize("output", [0, 1])
def test_the_slopes_of_a_linear_network_are_its_kernel_in_units_of_the_input(output):
    rows = np.array([[1.0, 2, 3], [4, 5, 6]])
    found = logit_gradients(LINEAR, WEIGHTS, rows, unscaled(), output)
    assert found.dtype == np.float64
    # The last feature is constant in training, and so has no part in the logits.
    np.testing.assert_allclose(found, [KERNEL[:, output] * [2, 0.5, 0]] * 2)


@pytest.mark.parametrize("shift", [0.0, 1e9])
def test_clipped_features_are_less_steep(shift):
    """The slope of ``c tanh(z / c)`` is ``1 - tanh(z / c) ** 2``."""
    rows = np.array([[0.0, 1, 0], [3, -40, 9]])
    found = logit_gradients(LINEAR, WEIGHTS, rows + shift, unscaled(2.5, shift), 0)
    flatter = 1 - np.tanh(rows * [2, 0.5, 0] / 2.5) ** 2
    expected = flatter * KERNEL[:, 0] * [2, 0.5, 0]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


SHAPE = (4, 5, 1)
NETWORKS = {
    "dense": (dense_layers((6, 4), 0.5, "gelu", 3), (20,)),
    "cnn": (cnn_layers(SHAPE, (3, 2), 0.5, "silu", 3, "same", False, 4, 3), SHAPE),
    "batch": (
        cnn_layers(SHAPE, (3,), 0.0, "tanh", 3, "same", False, (), 3, "batch"),
        SHAPE,
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_are_those_of_small_changes(name):
    network, rng = chain(*NETWORKS[name]), np.random.default_rng(0)
    weights = [np.abs(w) for w in moderate_weights(*NETWORKS[name], rng)]
    rows = rng.normal(3, 2, size=(3, 20))
    learnt = {"shift": np.full(1, 3.0), "scale": np.full(1, 0.5), "clip": None}
    found = logit_gradients(network, weights, rows, learnt, 1)
    wide = [weight.astype(np.float64) for weight in weights]

    def logits(changed):
        z = (changed - 3.0) * 0.5
        return network.predict(wide, z.reshape(-1, *network.input_shape))[:, 1]

    change = 1e-5 * np.eye(20)
    expected = [(logits(row + change) - logits(row - change)) / 2e-5 for row in rows]
    assert np.abs(expected).max() > 1e-2
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5)

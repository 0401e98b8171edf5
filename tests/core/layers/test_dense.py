"""Dense layers: precision, gradients with each activation, what Keras may say."""

import keras
import numpy as np
import pytest

from sknets._core.activations import ACTIVATIONS
from sknets._core.layers import Dense, UnreadableError


def test_predictions_are_summed_in_double_precision():
    layer = Dense(1)
    weights = [np.ones((2, 1), np.float32), np.array([1], np.float32)]
    rows = np.array([[2, 2**-30]], np.float32)
    found = layer.predict(layer.prepared(weights), rows)
    np.testing.assert_array_equal(found, [[3 + 2**-30]])


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_are_those_of_small_changes(activation):
    layer, rng = Dense(3, activation), np.random.default_rng(0)
    x, weights = rng.normal(size=(5, 4)), [rng.normal(size=(4, 3)), rng.normal(size=3)]
    by_output = rng.normal(size=(5, 3))

    def total():
        return (layer.train(weights, x, None)[0] * by_output).sum()

    _, kept = layer.train(weights, x, None)
    gradients = [np.empty_like(weight) for weight in weights]
    by_input = layer.backward(weights, kept, by_output.copy(), gradients)()
    for array, found in zip([x, *weights], [by_input, *gradients], strict=True):
        for place in np.ndindex(array.shape):
            before, ends = array[place], []
            for change in (-1e-6, 1e-6):
                array[place] = before + change
                ends.append(total())
            array[place] = before
            expected = (ends[1] - ends[0]) / 2e-6
            assert found[place] == pytest.approx(expected, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("layer", [Dense(0), Dense(2.0), Dense(3, "softmax")])
def test_values_that_no_layer_has(layer):
    assert not layer.is_valid()


def test_keras_layers_of_other_settings_are_refused():
    with pytest.raises(UnreadableError, match="use_bias=False is not supported"):
        Dense.from_keras(keras.layers.Dense(3, use_bias=False), (4,))
    with pytest.raises(UnreadableError, match=r"rows of shape \(2, 4\), which are not"):
        Dense.from_keras(keras.layers.Dense(3), (2, 4))

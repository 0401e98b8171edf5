"""Every activation against Keras, a compiled program and small differences."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from sknets._core.activations import ACTIVATIONS

each = pytest.mark.parametrize("name", ACTIVATIONS)


@each
def test_value_is_that_of_keras(name):
    x = np.r_[np.linspace(-12, 12, 97), -1e4, -100, 100, 1e4].astype(np.float32)
    expected = np.asarray(keras.activations.get(name)(x.copy()))
    ours = ACTIVATIONS[name].value(x.copy())
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, expected, rtol=2e-5, atol=1e-6)


@each
@pytest.mark.parametrize("by_xla", [False, True])
def test_value_in_a_compiled_program_is_that_of_keras(name, by_xla):
    x = np.linspace(-6, 6, 41, dtype=np.float32)
    in_graph = ACTIVATIONS[name].in_graph
    program = tf.function(lambda z: in_graph(tf, z), jit_compile=by_xla)
    expected = np.asarray(keras.activations.get(name)(tf.constant(x)))
    # GELU by the error function, not by the tanh approximation: they differ by 1e-4.
    np.testing.assert_allclose(program(x), expected, rtol=1e-5, atol=1e-6)


@each
def test_derivative_is_that_of_small_differences(name):
    activation, h = ACTIVATIONS[name], 1e-6
    z = np.linspace(-4, 4, 40)  # without 0, where some have a corner
    values = activation.value(z.copy())
    differences = activation.value(z + h) - activation.value(z - h)
    if activation.derivative is None:
        slope = np.ones_like(z)
    else:
        seen = z if activation.needs_input else np.full_like(z, np.nan)
        slope = activation.derivative(seen, values)
    np.testing.assert_allclose(slope, differences / (2 * h), atol=1e-7)


@pytest.mark.parametrize(
    "name", [name for name, one in ACTIVATIONS.items() if one.needs_input]
)
def test_an_input_that_the_derivative_needs_is_left_as_it_is(name):
    z = np.linspace(-2, 2, 9)
    ACTIVATIONS[name].value(z)
    np.testing.assert_array_equal(z, np.linspace(-2, 2, 9))


@each
def test_increasing_ones_are_known(name):
    values = ACTIVATIONS[name].value(np.linspace(-5, 5, 1001))
    assert (np.diff(values) >= 0).all() == ACTIVATIONS[name].increases

"""Keras models as ONNX graphs: ONNX Runtime gives what Keras predicts."""

import logging
import warnings
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from sknets._core.activations import ACTIVATIONS
from sknets._keras import onnx as graphs

onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("tf2onnx")

X = np.random.default_rng(0).normal(0, 3, (20, 6)).astype(np.float32)


def run(graph, **inputs):
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    return session.run(None, inputs)[0]


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activations(activation, caplog):
    model = keras.Sequential([keras.Input((6,)), layers.Dense(4, activation)])
    found = run(graphs.from_model(model), X=X)
    np.testing.assert_allclose(found, model(X), rtol=1e-4, atol=1e-5)
    assert not caplog.records


def test_lookup_tables_elsewhere_in_the_process(caplog):
    keras.layers.StringLookup(vocabulary=["a", "b"])
    graphs.from_model(keras.Sequential([keras.Input((6,)), layers.Dense(4)]))
    assert not caplog.records


@pytest.mark.parametrize("name", ["tf2onnx.tfonnx", "tensorflow"])
def test_loggers_are_as_they_were(name):
    logger = logging.getLogger(name)
    level = logger.level
    graphs.from_model(keras.Sequential([keras.Input((6,)), layers.Dense(4)]))
    assert logger.level == level


def test_operations_that_onnx_does_not_have():
    inputs = keras.Input((2,))
    outputs = layers.Lambda(lambda x: tf.math.lgamma(x), output_shape=(2,))(inputs)
    with pytest.raises(ValueError, match="cannot convert Lgamma of this model"):
        graphs.from_model(keras.Model(inputs, outputs))


# Keras 3.6 warns where a model with a list of inputs gets them by their names.
@pytest.mark.filterwarnings("ignore:The structure of .inputs. doesn't match")
def test_several_inputs_of_a_keras_model():
    left, right = keras.Input((2,), name="left"), keras.Input((3,), name="right")
    both = layers.Concatenate()([left, right])
    model = keras.Model([left, right], layers.Dense(1)(both))
    parts = {"left": X[:, :2], "right": X[:, 2:5]}
    found = run(graphs.from_model(model), **parts)
    np.testing.assert_allclose(found, model(parts), rtol=1e-4, atol=1e-5)


def test_inputs_in_a_dict_of_a_keras_model():
    left, right = keras.Input((2,), name="z"), keras.Input((2,), name="a")
    last = layers.Dense(1)(layers.Concatenate()([left, 2 * right]))
    model = keras.Model({"z": left, "a": right}, last)
    parts = {"z": X[:, :2], "a": X[:, 2:4]}
    found = run(graphs.from_model(model), **parts)
    np.testing.assert_allclose(found, model(parts), rtol=1e-4, atol=1e-5)


def test_models_without_inputs_are_refused():
    class Own(keras.Model):
        pass

    with pytest.raises(TypeError, match="inputs of a Own, .* neither functional nor"):
        graphs.from_model(Own())


def test_conversions_in_threads_leave_loggers_and_filters():
    models = [keras.Sequential([keras.Input((6,)), layers.Dense(2)]) for _ in range(4)]
    before = list(warnings.filters)
    names = "tensorflow", "tf2onnx.tfonnx"
    levels = [logging.getLogger(name).level for name in names]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(graphs.from_model, models))
    assert [logging.getLogger(name).level for name in names] == levels
    assert [f for f in warnings.filters if f not in before] == []

"""Names of own classes, and code, in the configuration of a model."""

import json
import warnings

import keras
from keras import layers

from sknets._keras.names import custom_names, has_lambda


@keras.saving.register_keras_serializable(package="test_names")
class Doubled(layers.Layer):
    def call(self, inputs):
        return 2 * inputs


class Halved(layers.Layer):
    def call(self, inputs):
        return inputs / 2


def configuration(*stack):
    """Configuration as Keras writes it, which warns of code in it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = keras.Sequential([keras.Input((4,)), *stack])
        return json.dumps(keras.saving.serialize_keras_object(model))


def test_keras_knows_its_own():
    text = configuration(layers.Dense(3, "relu", kernel_initializer="he_normal"))
    assert custom_names(text) == {}
    assert not has_lambda(text)


def test_own_classes_are_named_wherever_they_are():
    inner = keras.Sequential([keras.Input((4,)), Doubled(), Halved()])
    text = configuration(inner, layers.Dense(3))
    assert custom_names(text) == {
        "test_names>Doubled": {"test_names>Doubled", "Doubled"},
        "Halved": {"Halved"},
    }
    assert not has_lambda(text)


def test_classes_of_a_script_have_no_module(monkeypatch):
    monkeypatch.setattr(Halved, "__module__", "__main__")
    text = configuration(layers.Dense(4), Halved())
    assert '"module": null' in text
    assert custom_names(text) == {"Halved": {"Halved"}}


def test_lambdas_are_code():
    doubled = layers.Lambda(lambda x: 2 * x, output_shape=(4,))
    inner = keras.Sequential([keras.Input((4,)), doubled])
    assert has_lambda(configuration(inner, layers.Dense(3)))


def tripled(x):
    return 3 * x


@keras.saving.register_keras_serializable(package="test_names")
def quadrupled(x):
    return 4 * x


def test_own_functions_are_named_and_those_of_keras_are_not():
    text = configuration(
        layers.Dense(3, activation=tripled),
        layers.Dense(3, activation=quadrupled),
        layers.Activation(keras.activations.relu),
        layers.Lambda(keras.activations.relu),
    )
    assert custom_names(text) == {
        "tripled": {"tripled"},
        "test_names>quadrupled": {"test_names>quadrupled", "quadrupled"},
    }

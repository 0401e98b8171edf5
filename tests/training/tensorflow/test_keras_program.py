"""Programs around Keras models: which XLA compiles, and that it changes nothing."""

import gc

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from sknets import KerasClassifier
from sknets._training.tensorflow import keras_program

MANY = keras_program.MIN_XLA_STEPS


def lstm():
    return [layers.Embedding(30, 8), layers.LSTM(8)]


def masked_and_both_ways():
    both_ways = layers.Bidirectional(layers.GRU(6, return_sequences=True))
    return [
        layers.Embedding(30, 8, mask_zero=True),
        both_ways,
        layers.SimpleRNN(8),
        layers.BatchNormalization(),
    ]


def network(parts, n_outputs=2):
    return keras.Sequential(
        [
            keras.Input((9,), dtype="int32"),
            *parts,
            layers.Dense(n_outputs, activation="softmax"),
        ]
    )


@keras.saving.register_keras_serializable("tests")
class Own(layers.Dense):
    """A layer that is not Keras' own."""


@pytest.mark.parametrize("parts", [lstm, masked_and_both_ways])
def test_xla_trains_to_the_same_weights(parts, monkeypatch):
    rng = np.random.default_rng(0)
    X = rng.integers(0, 30, size=(75, 9))  # the last batch is a smaller one
    y = (X[:, 0] > 15).astype(int)
    keras.utils.set_random_seed(0)
    model = network(parts())
    params = {"loss": "sparse_categorical_crossentropy", "epochs": 3, "batch_size": 16}
    fitted = []
    for steps in (np.inf, 1):
        monkeypatch.setattr(keras_program, "MIN_XLA_STEPS", steps)
        clf = KerasClassifier(model, random_state=0, optimizer="sgd", **params)
        fitted.append(clf.fit(X, y))
    plain, by_xla = fitted
    for one, other in zip(
        plain.model_.get_weights(), by_xla.model_.get_weights(), strict=True
    ):
        np.testing.assert_allclose(one, other, atol=1e-4)
    np.testing.assert_allclose(
        plain.history_["loss"], by_xla.history_["loss"], rtol=1e-4
    )


@pytest.mark.parametrize(
    ("parts", "n_steps", "pays"),
    [
        (lstm(), MANY, True),
        (masked_and_both_ways(), MANY, True),
        ([*lstm(), layers.Dropout(0.5)], MANY, True),
        (lstm(), MANY - 1, False),
        ([layers.Embedding(30, 8), layers.Flatten()], MANY, False),
        ([layers.Embedding(30, 8), layers.Conv1D(4, 3), layers.LSTM(8)], MANY, False),
        ([*lstm(), Own(4)], MANY, False),
    ],
)
def test_when_xla_pays(parts, n_steps, pays):
    model = network(parts)
    model.compile("adam", "sparse_categorical_crossentropy")
    assert keras_program.pays_by_xla(model, n_steps) is pays


def graphs_of_training():
    gc.collect()
    found = [g for g in gc.get_objects() if type(g).__name__ == "FuncGraph"]
    return sum(graph.name == "_train" for graph in found)


def test_a_program_that_is_forgotten_frees_its_graph(monkeypatch):
    monkeypatch.setattr(keras_program, "MAX_PROGRAMS", 1)
    X = np.random.default_rng(0).normal(size=(20, 3))
    y = np.arange(20) % 2
    found = []
    for width in (3, 4, 5):
        model = keras.Sequential(
            [
                keras.Input((3,)),
                layers.Dense(width),
                layers.Dropout(0.1),
                layers.Dense(2, activation="softmax"),
            ]
        )
        clf = KerasClassifier(model, loss="sparse_categorical_crossentropy")
        clf.fit(X, y)
        found.append(graphs_of_training())
    assert found[0] == found[1] == found[2] > 0
    clf.fit(X, y)  # those that are kept still run


@tf.function
def shared(x):
    return tf.nn.relu(x) * 2


class Doubled(layers.Layer):
    def call(self, x):
        return shared(x)


def test_functions_of_others_outlive_a_program(monkeypatch):
    monkeypatch.setattr(keras_program, "MAX_PROGRAMS", 1)
    X = np.random.default_rng(0).normal(size=(20, 3))
    y = np.arange(20) % 2
    for width in (3, 4, 3):
        parts = [keras.Input((3,)), layers.Dense(width), Doubled()]
        model = keras.Sequential([*parts, layers.Dense(2, activation="softmax")])
        clf = KerasClassifier(model, loss="sparse_categorical_crossentropy")
        assert clf.fit(X, y).engine_ == "loop"
        gc.collect()
    with tf.GradientTape() as tape:
        x = tf.Variable([[1.0, -1.0, 2.0]])
        twice = shared(x)
    assert twice.numpy().tolist() == [[2, 0, 4]]
    assert tape.gradient(twice, x).numpy().tolist() == [[2, 0, 2]]


def test_a_stateful_network_is_left_alone():
    model = keras.Sequential(
        [keras.Input((9, 3), batch_size=4), layers.LSTM(8, stateful=True)]
    )
    model.compile("adam", "mse")
    assert not keras_program.pays_by_xla(model, MANY)

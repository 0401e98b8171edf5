"""Chains of Keras layers predict without TensorFlow what they predict with it."""

import keras
import numpy as np
import pytest
import scipy.sparse as sp
from keras import layers

from sknets._keras import chains

X = np.random.default_rng(0).normal(size=(20, 8)).astype(np.float32)


def model_of(*stack, shape=(8,)):
    """Model with random weights."""
    model = keras.Sequential([keras.Input(shape), *stack])
    rng = np.random.default_rng(0)
    model.set_weights([rng.uniform(0.1, 0.9, w.shape) for w in model.get_weights()])
    return model


CHAINS = {
    "logits": lambda: model_of(layers.Dense(3, "tanh"), layers.Dense(2)),
    "one probability": lambda: model_of(layers.Dense(1, "sigmoid")),
    "probabilities": lambda: model_of(
        layers.Rescaling(2.0, offset=-1.0),
        layers.Dense(5, "gelu"),
        layers.Dropout(0.5),
        layers.Dense(3),
        layers.Softmax(),
    ),
    "images": lambda: model_of(
        layers.Reshape((4, 2, 1)),
        layers.Conv2D(3, 2, padding="same"),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(3, "softmax"),
    ),
}


@pytest.mark.parametrize("name", CHAINS)
def test_outputs_are_those_of_keras(name):
    model = CHAINS[name]()
    chain = chains.read(model)
    found = chains.outputs(chain, model.get_weights(), X)
    np.testing.assert_allclose(found, model(X), rtol=1e-5, atol=1e-6)


def test_sparse_rows_and_booleans():
    model = CHAINS["logits"]()
    chain, weights = chains.read(model), model.get_weights()
    signs = X > 0
    expected = model(signs.astype(np.float32))
    for rows in (signs, sp.csr_matrix(signs.astype(np.float32))):
        found = chains.outputs(chain, weights, rows)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


class Own(layers.Dense):
    pass


class OwnModel(keras.Sequential):
    pass


def branched():
    inputs = keras.Input((8,))
    hidden = layers.Dense(8)(inputs)
    return keras.Model(inputs, layers.Dense(2)(layers.Add()([inputs, hidden])))


OTHERS = {
    "branches": branched,
    "own layer": lambda: model_of(Own(2)),
    "own model": lambda: OwnModel([keras.Input((8,)), layers.Dense(2)]),
    "another link": lambda: model_of(layers.Dense(2, "relu")),
    "another layer": lambda: model_of(layers.LayerNormalization(), layers.Dense(2)),
    "other numbers": lambda: model_of(layers.Dense(2, dtype="float64")),
    "tokens": lambda: model_of(
        layers.Embedding(9, 4, mask_zero=True),
        layers.GlobalAveragePooling1D(),
        layers.Dense(2),
    ),
    "not built": lambda: keras.Sequential([layers.Dense(2)]),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_models_are_no_chains(name):
    assert chains.read(OTHERS[name]()) is None


def test_a_layer_that_cannot_be_described_is_in_no_chain():
    class Squared(keras.regularizers.Regularizer):
        def __call__(self, weights):
            return keras.ops.sum(weights**2)

    layer = layers.Dense(1, kernel_regularizer=Squared())
    assert chains.read(keras.Sequential([keras.Input((8,)), layer])) is None

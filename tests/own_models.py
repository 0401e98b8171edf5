"""What the tests of Keras estimators share: small models and how to train them."""

import inspect

import keras
import pytest

needs_sorted_ids = pytest.mark.skipif(
    "from_sorted_ids"
    not in inspect.signature(keras.metrics.SparseTopKCategoricalAccuracy).parameters,
    reason="newer than the oldest Keras",
)

QUICK = {
    "loss": "sparse_categorical_crossentropy",
    "optimizer": "adam",
    "optimizer__learning_rate": 0.05,
    "epochs": 12,
    "random_state": 0,
}


def build(meta, width=8, dropout=0.0):
    """A classifier of dense layers."""
    return keras.Sequential(
        [
            keras.Input((meta["n_features_in_"],)),
            keras.layers.Dense(width, activation="relu"),
            keras.layers.Dropout(dropout),
            keras.layers.Dense(meta["n_classes_"], activation="softmax"),
        ]
    )


def build_numbers(meta, width=8):
    """A regressor of dense layers."""
    return keras.Sequential(
        [
            keras.Input((meta["n_features_in_"],)),
            keras.layers.Dense(width, activation="tanh"),
            keras.layers.Dense(meta["n_outputs_"]),
        ]
    )


def sequential(n_features=4, n_classes=3):
    return build({"n_features_in_": n_features, "n_classes_": n_classes})


def one_layer(units=3, activation="softmax", n_features=4):
    """A layer of which all weights are zero at first."""
    last = keras.layers.Dense(units, activation=activation, kernel_initializer="zeros")
    return keras.Sequential([keras.Input((n_features,)), last])

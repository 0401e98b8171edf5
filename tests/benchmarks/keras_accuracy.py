"""Compare accuracies of Keras models in KerasClassifier with those of Keras' own fit.

    python tests/benchmarks/keras_accuracy.py [batch_norm] [dropout] [lstm] ...

Each model is trained ten times by both, with ten seeds. Printed are the mean accuracies
on test rows in percent, their difference, and two standard errors of that: a difference
within them may be chance.
"""

from __future__ import annotations

import os
import statistics
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sknets import KerasClassifier

SEEDS = range(10)
LOSS = "sparse_categorical_crossentropy"


def batch_norm():
    inputs = keras.Input((64,))
    x = layers.Dense(32)(inputs)
    x = layers.Activation("relu")(layers.BatchNormalization()(x))
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))


def dropout():
    inputs = keras.Input((64,))
    x = layers.Dense(64, activation="relu")(inputs)
    x = layers.Dropout(0.4)(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))


def residual():
    inputs = keras.Input((8, 8, 1))
    x = layers.Conv2D(8, 3, padding="same", activation="relu")(inputs)
    y = layers.BatchNormalization()(layers.Conv2D(8, 3, padding="same")(x))
    x = layers.GlobalAveragePooling2D()(layers.Activation("relu")(layers.Add()([x, y])))
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))


def lstm():
    inputs = keras.Input((20,))
    x = layers.LSTM(16)(layers.Embedding(30, 8)(inputs))
    return keras.Model(inputs, layers.Dense(2, activation="softmax")(x))


def attention():
    inputs = keras.Input((20,))
    x = layers.Embedding(30, 16)(inputs)
    x = layers.LayerNormalization()(layers.MultiHeadAttention(2, 8)(x, x) + x)
    x = layers.GlobalAveragePooling1D()(x)
    return keras.Model(inputs, layers.Dense(2, activation="softmax")(x))


def two_inputs():
    upper, lower = keras.Input((32,), name="upper"), keras.Input((32,), name="lower")
    parts = [layers.Dense(16, activation="relu")(part) for part in (upper, lower)]
    x = layers.Concatenate()(parts)
    outputs = layers.Dense(10, activation="softmax")(x)
    return keras.Model({"upper": upper, "lower": lower}, outputs)


def digits(name: str):
    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype(np.float32)
    if name == "residual":
        return X.reshape(-1, 8, 8, 1), y
    return X, y


def sequences():
    """Rows of 20 tokens: whether more are below 10 than are above 19."""
    rng = np.random.default_rng(0)
    X = rng.integers(30, size=(2000, 20))
    return X, ((X < 10).sum(axis=1) > (X > 19).sum(axis=1)).astype(int)


# Build function, epochs and learning rate of Adam.
MODELS = {
    "batch_norm": (batch_norm, 6, 0.001),
    "dropout": (dropout, 6, 0.001),
    "residual": (residual, 10, 0.01),
    "lstm": (lstm, 8, 0.001),
    "attention": (attention, 8, 0.001),
    "two_inputs": (two_inputs, 6, 0.01),
}


def by_keras(build, n_epochs: int, rate: float, seed: int, parts: list) -> float:
    X_train, X_test, y_train, y_test = parts
    keras.utils.set_random_seed(seed)
    model = build()
    model.compile(keras.optimizers.Adam(rate), LOSS, metrics=["accuracy"])
    model.fit(X_train, y_train, epochs=n_epochs, verbose=0)
    return float(model.evaluate(X_test, y_test, verbose=0)[1])


def by_sknets(build, n_epochs: int, rate: float, seed: int, parts: list) -> float:
    X_train, X_test, y_train, y_test = parts
    clf = KerasClassifier(
        build, loss=LOSS, optimizer="adam", optimizer__learning_rate=rate,
        epochs=n_epochs, random_state=seed,
    )  # fmt: skip
    clf.fit(X_train, y_train)
    return float(np.mean(clf.predict(X_test) == y_test))


def parts_of(name: str) -> list:
    X, y = sequences() if name in ("lstm", "attention") else digits(name)
    parts = train_test_split(X, y, test_size=0.4, random_state=0, stratify=y)
    if name == "two_inputs":
        parts[:2] = [{"upper": X[:, :32], "lower": X[:, 32:]} for X in parts[:2]]
    return parts


def compare(name: str) -> None:
    settings = MODELS[name]
    parts = parts_of(name)
    found = [
        [100 * train(*settings, seed, parts) for seed in SEEDS]
        for train in (by_sknets, by_keras)
    ]
    means = [statistics.mean(some) for some in found]
    error = sum(statistics.variance(some) / len(SEEDS) for some in found) ** 0.5
    difference = means[0] - means[1]
    print(
        f"{name:12} sknets {means[0]:6.2f}  Keras {means[1]:6.2f}  "
        f"difference {difference:+5.2f}, two standard errors {2 * error:4.2f}  "
        f"{'equal' if abs(difference) <= 2 * error else 'DIFFERENT'}",
        flush=True,
    )


if __name__ == "__main__":
    for name in sys.argv[1:] or MODELS:
        compare(name)

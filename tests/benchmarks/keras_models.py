"""Time Keras models in sknets' estimators and in scikeras', side by side.

    python tests/benchmarks/keras_models.py [dense] [cnn] [lstm] [search] [row]

Each case is timed in turns, so that a machine that is busy for a while is so for both:
an epoch is the difference of fits of 1 + N and of 1 epochs, over N, the median of the
turns. Printed are seconds of both and their ratio; a smaller one is better for sknets.
"""

from __future__ import annotations

import os
import statistics
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from sklearn.model_selection import GridSearchCV

TURNS = 3


def dense(meta, dropout=0.2, width=64):
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((meta["n_features_in_"],)),
            layers.Dense(width, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(dropout),
            layers.Dense(width, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(dropout),
            layers.Dense(meta["n_classes_"], activation="softmax"),
        ]
    )


def cnn(meta):
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(meta["X_shape_"][1:]),
            layers.Conv2D(16, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(meta["n_classes_"], activation="softmax"),
        ]
    )


def lstm(meta):
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input(meta["X_shape_"][1:]),
            layers.Embedding(1000, 32),
            layers.LSTM(32),
            layers.Dense(meta["n_classes_"], activation="softmax"),
        ]
    )


def data(name: str) -> tuple[np.ndarray, np.ndarray, int]:
    """X, y and batch size of a case."""
    rng = np.random.default_rng(0)
    if name == "cnn":
        X = rng.random((6000, 28, 28, 1), dtype=np.float32)
        return X, rng.integers(10, size=len(X)), 64
    if name == "lstm":
        X = rng.integers(1000, size=(4000, 30))
        return X, rng.integers(2, size=len(X)), 64
    X = rng.normal(size=(20000, 20)).astype(np.float32)
    return X, (X[:, 0] + X[:, 1] > 0).astype(int) + (X[:, 2] > 1), 32


def wrappers() -> dict[str, type]:
    from scikeras.wrappers import KerasClassifier as Theirs

    from sknets import KerasClassifier as Ours

    return {"sknets": Ours, "scikeras": Theirs}


def make(kind: type, build, batch_size: int, **params):
    return kind(
        build,
        loss="sparse_categorical_crossentropy",
        optimizer="adam",
        batch_size=batch_size,
        verbose=0,
        **params,
    )


def seconds(function, *args) -> float:
    start = time.perf_counter()
    function(*args)
    return time.perf_counter() - start


def epoch(name: str, build, n_epochs: int) -> None:
    X, y, batch_size = data(name)
    found: dict[str, list[float]] = {"sknets": [], "scikeras": []}
    for _ in range(TURNS):
        for who, kind in wrappers().items():
            one = seconds(make(kind, build, batch_size, epochs=1).fit, X, y)
            more = make(kind, build, batch_size, epochs=1 + n_epochs)
            found[who].append((seconds(more.fit, X, y) - one) / n_epochs)
    show(f"{name}, an epoch", found)


def search() -> None:
    X, y, batch_size = data("dense")
    X, y = X[:2000], y[:2000]
    grid = {
        "optimizer__learning_rate": [0.001, 0.003, 0.01],
        "model__dropout": [0, 0.2],
    }
    grid |= {"model__width": [32, 64]}
    found = {}
    for who, kind in wrappers().items():
        clf = make(kind, dense, batch_size, epochs=2, model__dropout=0, model__width=64)
        found[who] = [seconds(GridSearchCV(clf, grid, cv=5).fit, X, y)]
    show("search of 12 candidates and 5 folds", found)


def row() -> None:
    X, y, batch_size = data("dense")
    found: dict[str, list[float]] = {}
    for who, kind in wrappers().items():
        clf = make(kind, dense, batch_size, epochs=1).fit(X[:500], y[:500])
        clf.predict(X[:1])
        found[who] = [seconds(clf.predict, X[n : n + 1]) for n in range(20)]
    show("one row", found)


def show(title: str, found: dict[str, list[float]]) -> None:
    ours, theirs = (statistics.median(found[who]) for who in ("sknets", "scikeras"))
    print(
        f"{title}: sknets {ours:.4f} s, scikeras {theirs:.4f} s, "
        f"ratio {ours / theirs:.3f}",
        flush=True,
    )


CASES = {
    "dense": lambda: epoch("dense", dense, 3),
    "cnn": lambda: epoch("cnn", cnn, 2),
    "lstm": lambda: epoch("lstm", lstm, 3),
    "row": row,
    "search": search,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or CASES:
        CASES[name]()

"""DenseNetClassifier where a class is rare, and on small tables with much noise.

Prints the means over four seeds that the user guide shows in "the defaults for
tables": for a class of one row in a thousand, average precision, balanced accuracy,
log-loss and mean probability on other rows; for 280 rows of 30 indicators, three of
which bear on the class, accuracy and log-loss over two folds; and how far probabilities
with integer weights are from those with repeated rows, beside two seeds.

Run as ``python rare_and_noisy_tables.py``; it takes about two minutes on one core.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.special import expit
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    average_precision_score,
    balanced_accuracy_score,
    log_loss,
)
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknets import DenseNetClassifier

SEEDS = range(4)
N_TRAIN = 20_000


def of_a_rare_class(seed: int) -> Iterator[tuple[str, list[float]]]:
    """Name of each classifier, and its figures."""
    X, y = make_classification(
        60_000, 20, n_informative=10, weights=[0.999], flip_y=0, class_sep=0.8,
        random_state=seed,
    )  # fmt: skip
    X = X.astype(np.float32)
    # As many rows have this smoothing by default, which then takes nothing back.
    plain = {"random_state": seed, "label_smoothing": 1 / np.sqrt(N_TRAIN)}
    classifiers = {
        "without the correction": DenseNetClassifier(**plain),
        "DenseNetClassifier()": DenseNetClassifier(random_state=seed),
        "label_smoothing=0": DenseNetClassifier(random_state=seed, label_smoothing=0),
        'class_weight="balanced"': DenseNetClassifier(
            random_state=seed, class_weight="balanced"
        ),
        "LogisticRegression": make_pipeline(StandardScaler(), LogisticRegression()),
        "the same, balanced": make_pipeline(
            StandardScaler(), LogisticRegression(class_weight="balanced")
        ),
    }
    for name, classifier in classifiers.items():
        classifier.fit(X[:N_TRAIN], y[:N_TRAIN])
        p, truth = classifier.predict_proba(X[N_TRAIN:])[:, 1], y[N_TRAIN:]
        yield (
            name,
            [
                average_precision_score(truth, p),
                balanced_accuracy_score(truth, p > 0.5),
                log_loss(truth, p),
                p.mean(),
            ],
        )


def of_noise(seed: int) -> Iterator[tuple[str, list[float]]]:
    """Name of each classifier, accuracy and log-loss."""
    rng = np.random.default_rng(seed)
    X = (rng.random((280, 30)) < 0.3).astype(float)
    y = (rng.random(280) < expit(X[:, :3] @ [1.2, -1, 0.8] - 0.9)).astype(int)
    net = DenseNetClassifier(random_state=0)
    classifiers: dict[str, Any] = {
        # As few rows have this smoothing by default, which then finds no temperature.
        "without temperature": DenseNetClassifier(label_smoothing=0.02, random_state=0),
        "DenseNetClassifier()": net,
        "early_stopping=True": DenseNetClassifier(early_stopping=True, random_state=0),
        "CalibratedClassifierCV": CalibratedClassifierCV(net, cv=3, ensemble=False),
        "LogisticRegression": LogisticRegression(),
        "frequencies": DummyClassifier(),
    }
    for name, classifier in classifiers.items():
        p = cross_val_predict(classifier, X, y, cv=2, method="predict_proba")
        yield name, [np.mean(p.argmax(axis=1) == y), log_loss(y, p)]


def of_weights(seed: int) -> Iterator[tuple[str, list[float]]]:
    """Mean differences of probabilities."""
    X, y = make_classification(1500, 10, n_informative=5, flip_y=0.1, random_state=seed)
    weights = np.random.default_rng(seed).integers(1, 4, 1000)
    rows = np.repeat(np.arange(1000), weights)

    def probabilities(rows: Any, seed: int, weights: Any = None) -> np.ndarray:
        net = DenseNetClassifier(random_state=seed)
        return net.fit(X[rows], y[rows], weights).predict_proba(X[1000:])[:, 1]

    weighted = probabilities(np.arange(1000), 0, weights)
    repeated, other_seed = (probabilities(rows, seed) for seed in (0, 1))
    yield "weights, repeated rows", [np.abs(weighted - repeated).mean()]
    yield "repeated rows, two seeds", [np.abs(repeated - other_seed).mean()]


def main() -> None:
    for measure in (of_a_rare_class, of_noise, of_weights):
        figures: dict[str, list[list[float]]] = {}
        for seed in SEEDS:
            for name, found in measure(seed):
                figures.setdefault(name, []).append(found)
        for name, found_by_seed in figures.items():
            means = np.mean(found_by_seed, axis=0)
            print(f"{name:26}", *(f"{mean:8.4f}" for mean in means), flush=True)


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main()

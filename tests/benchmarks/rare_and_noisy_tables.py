"""DenseNetClassifier where a class is rare, and on small tables with much noise.

Prints the means over four seeds that the user guide shows in "the defaults for
tables": for a class of one row in a thousand, average precision, balanced accuracy,
log-loss and mean probability on other rows; for 280 rows of 30 indicators, three of
which bear on the class, accuracy and log-loss over two folds; and how far probabilities
with integer weights are from those with repeated rows, beside two seeds.

Run as ``python rare_and_noisy_tables.py``; it takes about two minutes on one core.
``python rare_and_noisy_tables.py FOLDER`` prints accuracy and log-loss over two folds,
twice, of three sets of the UCI repository in a folder: breast-cancer.arff and
colic.arff as Weka has them, and adult.data.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.io.arff import loadarff
from scipy.special import expit
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.datasets import make_classification
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    average_precision_score,
    balanced_accuracy_score,
    log_loss,
)
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

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


def tables(folder: Path) -> Iterator[tuple[str, pd.DataFrame, np.ndarray]]:
    """Name, features and target of each."""
    for name in ("breast-cancer", "colic"):
        frame = pd.DataFrame(loadarff(folder / f"{name}.arff")[0])
        for column in frame.select_dtypes(exclude="number"):
            texts = frame[column].str.decode("utf-8")
            frame[column] = texts.where(texts != "?").astype("category")
        yield name, frame, frame.pop(frame.columns[-1]).to_numpy()
    frame = pd.read_csv(
        folder / "adult.data", header=None, skipinitialspace=True, na_values="?"
    ).rename(columns=str)
    for column in frame.select_dtypes(exclude="number"):
        frame[column] = frame[column].astype("category")
    yield "adult", frame, frame.pop("14").to_numpy()


def of_tables(folder: Path) -> None:
    """Print accuracy and log-loss of each classifier on each table."""
    encoded = make_column_transformer(
        (
            OneHotEncoder(handle_unknown="ignore"),
            make_column_selector(dtype_include="category"),
        ),
        remainder=make_pipeline(SimpleImputer(), StandardScaler()),
    )
    classifiers = {
        "without temperature": DenseNetClassifier(label_smoothing=0.02, random_state=0),
        "DenseNetClassifier()": DenseNetClassifier(random_state=0),
        "early_stopping=True": DenseNetClassifier(early_stopping=True, random_state=0),
        "HistGradientBoosting": HistGradientBoostingClassifier(random_state=0),
        "LogisticRegression": make_pipeline(encoded, LogisticRegression(max_iter=1000)),
        "frequencies": DummyClassifier(),
    }
    for name, X, y in tables(folder):
        print(f"{name} {X.shape}")
        classes = np.unique(y)
        for classifier_name, classifier in classifiers.items():
            figures = []
            for seed in range(2):
                folds = StratifiedKFold(2, shuffle=True, random_state=seed)
                p = cross_val_predict(
                    classifier, X, y, cv=folds, method="predict_proba"
                )
                hits = classes[p.argmax(axis=1)] == y
                figures.append([np.mean(hits), log_loss(y, p)])
            accuracy, loss = np.mean(figures, axis=0)
            print(f"{classifier_name:26} {accuracy:8.4f} {loss:8.4f}", flush=True)


def main() -> None:
    if len(sys.argv) > 1:
        of_tables(Path(sys.argv[1]))
        return
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

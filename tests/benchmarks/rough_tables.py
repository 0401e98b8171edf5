"""DenseNetClassifier on targets that are not smooth, alone and behind splines.

A checkerboard of 4 x 4 fields, two spirals, and the glass of `table_sets` on which
trees lead: two folds each, out-of-fold probabilities as in accuracy_tables. Beside the
defaults, which choose soft steps, stand the network without them, the same behind
piecewise linear functions of each feature, and peers of scikit-learn. Prints accuracy
and log-loss.

Run as ``python rough_tables.py``; it takes about a minute on one core.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
from accuracy_tables import log_loss_of, out_of_fold
from sklearn.ensemble import RandomForestClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer, StandardScaler
from table_sets import tables

from sknets import DenseNetClassifier


def rough_sets() -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Name, X and y of each set."""
    rng = np.random.default_rng(0)
    X = rng.random((1000, 2))
    yield "checkerboard", X, np.floor(4 * X).sum(axis=1).astype(int) % 2
    y = np.arange(600) % 2
    radius = 3 * np.pi * np.sqrt(rng.random(600))
    angle = radius + np.pi * y
    X = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    yield "spirals", X + rng.normal(scale=0.3, size=X.shape), y
    yield from tables(["fgl"])


def behind_splines(net: Any) -> Any:
    """The net behind nine piecewise linear functions of each feature."""
    splines = SplineTransformer(
        n_knots=9, degree=1, knots="quantile", extrapolation="constant"
    )
    return make_pipeline(splines, net)


def classifiers(seed: int) -> dict[str, Any]:
    plain = DenseNetClassifier(soft_steps=None, random_state=seed)
    scaled = MLPClassifier(random_state=seed, max_iter=1000)
    return {
        "DenseNetClassifier()": DenseNetClassifier(random_state=seed),
        "soft_steps=None": plain,
        "behind splines": behind_splines(plain),
        "RandomForestClassifier": RandomForestClassifier(random_state=seed),
        "MLPClassifier": make_pipeline(StandardScaler(), scaled),
    }


def main() -> None:
    for name, X, y in rough_sets():
        for which in classifiers(0):
            probabilities, _ = out_of_fold(
                lambda seed, which=which: classifiers(seed)[which], X, y, n_folds=2
            )
            accuracy = np.mean(probabilities.argmax(axis=1) == y)
            loss = log_loss_of(y, probabilities)
            print(f"{name:13} {which:23} {accuracy:.1%} {loss:.3f}", flush=True)


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main()

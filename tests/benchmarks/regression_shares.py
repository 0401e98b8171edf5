"""DenseNetRegressor where little is to be learnt: with its share of the predictions.

Pure noise, a target of three features among 15, and three sets of `number_sets.CHOICE`
that a linear model explains little of; R2 on other rows, means over two draws of rows.
Without soft steps, so that the share alone makes the difference.

Run as ``python regression_shares.py FILE``, which writes the table of the user guide's
page on regression; it takes about half a minute on one core.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from number_sets import tables

from sknets import DenseNetRegressor

N_DRAWS, N_OTHERS = 2, 2000


class WithoutShare(DenseNetRegressor):
    """The network as it is trained."""

    def _may_shrink(self) -> bool:
        return False


def cases() -> Iterator[tuple[str, np.ndarray, np.ndarray, int]]:
    """Name, X, y and number of rows to train on."""
    real = {name: (X, y) for name, X, y in tables(["births14", "CPS1985", "MedExp"])}
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3000, 40))
    y = rng.normal(size=3000)
    yield "noise", X[:, :15], y, 100
    yield "noise", X[:, :15], y, 300
    yield "noise", X, y, 1000
    yield "births14", *real["births14"], 100
    yield "births14", *real["births14"], 300
    yield "CPS1985", *real["CPS1985"], 300
    yield "MedExp", *real["MedExp"], 300
    y = X[:, 0] * X[:, 1] + np.abs(X[:, 2]) + 0.3 * y
    yield "a product and a bend of three features", X[:, :15], y, 300
    yield "a product and a bend of three features", X[:, :15], y, 100


def figures(X: np.ndarray, y: np.ndarray, n_rows: int, seed: int) -> list[float]:
    """The share, and R2 without and with it."""
    order = np.random.default_rng(seed).permutation(len(y))
    rows, others = order[:n_rows], order[n_rows : n_rows + N_OTHERS]
    params: dict[str, Any] = {"random_state": seed, "soft_steps": None}
    plain, drawn = (
        kind(**params).fit(X[rows], y[rows])
        for kind in (WithoutShare, DenseNetRegressor)
    )
    sizes = [np.abs(net.weights_[-2]).sum() for net in (plain, drawn)]
    return [
        sizes[1] / sizes[0],
        *(net.score(X[others], y[others]) for net in (plain, drawn)),
    ]


def main() -> None:
    lines = []
    for name, X, y, n_rows in cases():
        found = np.mean(
            [figures(X, y, n_rows, seed) for seed in range(N_DRAWS)], axis=0
        )
        shown = [f"{value:.2f}" for value in found]
        lines.append((name, n_rows, X.shape[1], *shown))
    columns = ["Target", "Rows", "Features", "Share", "Without", "With"]
    pd.DataFrame(lines, columns=columns).to_csv(sys.argv[1], index=False)


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main()

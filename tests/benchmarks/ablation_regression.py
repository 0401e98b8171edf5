"""DenseNetRegressor's defaults against other values, over the sets `CHOICE`.

Fits the defaults and the defaults with one value changed; writes a CSV with a line for
each. Three folds of each set of `number_sets.CHOICE`, cut to 1500 rows. None of these
sets is in the comparison of accuracy_regression.

Run as ``python ablation_regression.py docs/user_guide/defaults_regression.csv``; it
takes about a quarter of an hour on one core.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from accuracy_regression import measure
from number_sets import CHOICE, tables

from sknets import DenseNetRegressor

MAX_ROWS, N_FOLDS, SEED = 1500, 3, 11

Params = dict[str, Any] | Callable[[int], dict[str, Any]]


def times_as_many_epochs(factor: float) -> Callable[[int], dict[str, Any]]:
    """The epochs of the defaults, changed, for a number of training rows."""

    def params(n_rows: int) -> dict[str, Any]:
        epochs = DenseNetRegressor()._auto_size(n_rows)[1]
        return {"epochs": max(1, round(factor * epochs))}

    return params


VARIANTS: dict[str, Params] = {
    "defaults": {},
    "half as many epochs": times_as_many_epochs(0.5),
    "twice as many epochs": times_as_many_epochs(2),
    "dropout=0": {"dropout": 0.0},
    "dropout=0.1": {"dropout": 0.1},
    "dropout=0.5": {"dropout": 0.5},
    "width=100": {"width": 100},
    "width=(512, 256)": {"width": (512, 256)},
    "learning_rate=0.001": {"learning_rate": 0.001},
    "learning_rate=0.004": {"learning_rate": 0.004},
    "learning_rate_schedule='constant'": {"learning_rate_schedule": "constant"},
    "weight_decay=0": {"weight_decay": 0.0},
    "weight_decay=3": {"weight_decay": 3.0},
    "input_scaling='standard'": {"input_scaling": "standard"},
    "activation='gelu'": {"activation": "gelu"},
    "loss='huber'": {"loss": "huber"},
}


def of_variant(name: str) -> pd.DataFrame:
    """Figures of one variant, a row for each set."""
    given = VARIANTS[name]
    rows = []
    for which, X, y in tables(CHOICE, MAX_ROWS):
        n_training = len(y) * (N_FOLDS - 1) // N_FOLDS
        params = given(n_training) if callable(given) else given
        found = measure(
            lambda fold, params=params: DenseNetRegressor(random_state=fold, **params),
            *(X, y, N_FOLDS, SEED),
        )
        rows.append({"set": which, **found})
    return pd.DataFrame(rows).set_index("set")


def line(name: str, found: pd.DataFrame, defaults: pd.DataFrame) -> dict[str, Any]:
    """What the table says of one variant."""
    difference = found["R2"] - defaults["R2"]
    error = difference.std(ddof=1) / np.sqrt(len(difference))
    return {
        "Regressor": name,
        "Mean R2": f"{found['R2'].mean():.3f}",
        "Difference": f"{difference.mean():+.3f}",
        "Standard error": f"{error:.3f}",
        "Lowest difference": f"{difference.min():+.3f}",
        "Highest difference": f"{difference.max():+.3f}",
        "RMSE / spread": f"{found['NRMSE'].mean():.3f}",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("csv", help="file to write")
    options = parser.parse_args()
    lines: list[dict[str, Any]] = []
    defaults = of_variant("defaults")
    for name in VARIANTS:
        found = defaults if name == "defaults" else of_variant(name)
        lines.append(line(name, found, defaults))
        print(lines[-1], flush=True)
        pd.DataFrame(lines).to_csv(options.csv, index=False)


if __name__ == "__main__":
    main()

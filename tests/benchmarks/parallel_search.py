"""Searches with two workers against one process: ratios of wall-clock time.

    python tests/benchmarks/parallel_search.py            # all, three rounds
    python tests/benchmarks/parallel_search.py --rounds 1 --rows 600

Everything runs on the same two cores. Within a round the searches take turns, and each
ratio is the median over the rounds. The programs of this process are warm; workers are
cold (new processes) or warm (those of the search before).
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from joblib.externals.loky import get_reusable_executor
from sklearn.datasets import load_digits, make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier

from sknets import DenseNetClassifier, SmallCNNClassifier

WIDTHS: list[Any] = [64, (128, 64), (256, 128)]
SIZES: list[Any] = [(64,), (128, 64), (256, 128)]
RATIOS = {  # numerator, denominator, what it may be and what is aimed at
    "dense, warm workers": ("dense, 2 warm", "dense, 1", "0.75 (0.6)"),
    "dense, cold workers": ("dense, 2 cold", "dense, 1", "1.2 (0.9)"),
    "dense against MLPClassifier": ("dense, 2 warm", "mlp, 2 warm", "0.5"),
    "CNN, warm workers": ("cnn, 2 warm", "cnn, 1", "0.8 (0.6)"),
}


def searches(n_rows: int) -> dict[str, Callable[[int], Any]]:
    """Functions that search with a number of workers."""
    X, y = make_classification(
        n_rows, 20, n_informative=10, n_classes=3, random_state=0
    )
    X = X.astype(np.float32)
    images, digits = load_digits(return_X_y=True)
    images = images.reshape(-1, 8, 8)
    dense = DenseNetClassifier(random_state=0)
    mlp = MLPClassifier(random_state=0)
    cnn = SmallCNNClassifier(epochs=5, random_state=0)

    def search(net: Any, grid: dict, X: Any, y: Any, cv: int) -> Callable[[int], Any]:
        def run(n_jobs: int) -> Any:
            own = GridSearchCV(net, grid, cv=cv, n_jobs=n_jobs, error_score="raise")
            return own.fit(X, y)

        return run

    return {
        "dense": search(dense, {"width": WIDTHS}, X, y, 5),
        "mlp": search(mlp, {"hidden_layer_sizes": SIZES}, X, y, 5),
        # 4 candidates x 3 folds: 12 fits.
        "cnn": search(cnn, {"dropout": [0.0, 0.2, 0.35, 0.5]}, images, digits, 3),
    }


def seconds(run: Callable[[int], Any], n_jobs: int) -> float:
    start = time.perf_counter()
    run(n_jobs)
    return time.perf_counter() - start


def end_workers() -> None:
    get_reusable_executor().shutdown(wait=True, kill_workers=True)


def one_round(run: dict[str, Callable[[int], Any]]) -> dict[str, float]:
    """Seconds of each search, taking turns."""
    took = {"dense, 1": seconds(run["dense"], 1)}
    end_workers()
    took["dense, 2 cold"] = seconds(run["dense"], 2)
    took["dense, 2 warm"] = seconds(run["dense"], 2)
    took["mlp, 2 warm"] = seconds(run["mlp"], 2)
    took["cnn, 1"] = seconds(run["cnn"], 1)
    run["cnn"](2)  # its programs come to the workers
    took["cnn, 2 warm"] = seconds(run["cnn"], 2)
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=4000)
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    warnings.simplefilter("error")
    warnings.simplefilter("ignore", ConvergenceWarning)
    run = searches(options.rows)
    for name in ("dense", "cnn"):
        run[name](1)  # compiles what this process needs
    rounds = [one_round(run) for _ in range(options.rounds)]
    for name in rounds[0]:
        print(f"{name:30} {statistics.median(r[name] for r in rounds):7.1f} s")
    for name, (above, below, wanted) in RATIOS.items():
        ratio = statistics.median(r[above] / r[below] for r in rounds)
        print(f"{name:30} {ratio:7.2f}   wanted {wanted}")


if __name__ == "__main__":
    main()

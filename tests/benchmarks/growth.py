"""Time and memory of fit and predict, as the data grow along one axis.

    python tests/benchmarks/growth.py [--axes AXIS ...] [--estimators NAME ...]
        [--smallest SIZE] [--largest SIZE] [--seconds S]

Each point is a process of its own, with default parameters. An axis ends where a fit
took longer than `--seconds`. The exponent is that of the last step: 1 is growth in
proportion, 2 quadratic. What is printed to docs/growth.csv is drawn by
``python docs/make_plots.py --growth``.
"""

import argparse
import math
import time
import warnings
from itertools import groupby

import numpy as np
import scipy.sparse as sp
from timing import in_fresh_process, peak_megabytes, resident_megabytes

COLUMNS = ("axis", "estimator", "size", "fit_s", "predict_s", "memory_mb")
SIZES = {
    "rows": [10**3, 10**4, 10**5, 10**6, 10**7],
    "features": [10, 10**2, 10**3, 10**4, 10**5],
    "sparse features": [10**2, 10**3, 10**4, 10**5, 10**6],
    "classes": [2, 10, 10**2, 10**3, 10**4, 10**5],
    "vocabulary": [10**3, 10**4, 10**5, 10**6, 10**7],
    "candidates": [1, 10, 100, 1000],
    "pixels a side": [8, 16, 32, 64, 128, 224],
}


def numbers(n_rows, n_features, n_classes=5, seed=0):
    """Rows around a centre for each class, with twice the noise."""
    rng = np.random.default_rng(seed)
    y = np.arange(n_rows) % n_classes
    centres = rng.normal(size=(n_classes, n_features)).astype(np.float32)
    X = rng.standard_normal((n_rows, n_features), np.float32)
    X *= 2
    X += centres[y]
    return X, y


def data(axis, size):
    """X and y of one point."""
    rng = np.random.default_rng(0)
    match axis:
        case "rows":
            return numbers(size, 20)
        case "features":
            return numbers(500, size)
        case "sparse features":
            X = sp.random(2000, size, min(0.1, 50 / size), "csr", np.float32, rng=rng)
            return X, (np.asarray(X[:, : size // 2].sum(axis=1)).ravel() > 10).astype(
                int
            )
        case "classes":
            return numbers(max(2000, 3 * size), 20, size)
        case "vocabulary":
            # Some words are frequent; each is there at least once.
            often = (size * rng.random((max(2000, size // 20), 10)) ** 3).astype(int)
            each = rng.permutation(10 * len(often)).reshape(often.shape) % size
            texts = [
                " ".join(f"w{i:x}" for i in row) for row in np.hstack([often, each])
            ]
            return texts, (often.mean(axis=1) > size / 4).astype(int)
        case "candidates":
            return numbers(300, 20)
        case "pixels a side":
            X = rng.random((300, size, size), np.float32)
            y = np.arange(300) % 2
            X[y == 1, : size // 2] += 0.1
            return X, y
    raise ValueError(axis)


def estimators(axis, size):
    """Estimators by name, made only when they are measured."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GridSearchCV
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from sknets import DenseNetClassifier, SmallCNNClassifier, TextPoolClassifier

    dense = DenseNetClassifier(random_state=0)
    mlp = MLPClassifier(random_state=0)
    match axis:
        case "vocabulary":
            linear = make_pipeline(TfidfVectorizer(), LogisticRegression())
            found = [TextPoolClassifier(random_state=0), linear]
        case "pixels a side":
            found = [SmallCNNClassifier(random_state=0)]
        case "sparse features":
            found = [dense, mlp]
        case "candidates":
            grid = np.linspace(0, 0.5, size)
            found = [
                GridSearchCV(dense, {"dropout": grid}, cv=2),
                GridSearchCV(mlp, {"alpha": grid}, cv=2),
            ]
        case _:
            trees = HistGradientBoostingClassifier(random_state=0)
            found = [dense, make_pipeline(StandardScaler(), mlp), trees]
    return {_name(estimator): estimator for estimator in found}


def _name(estimator):
    """Class of an estimator, of the last step of a pipeline, of what is searched."""
    last = getattr(estimator, "steps", [("", estimator)])[-1][1]
    return type(getattr(last, "estimator", last)).__name__


def measure(axis, size, name):
    """Seconds of `fit` and of `predict`, and megabytes beyond those before."""
    warnings.simplefilter("ignore")
    estimator = estimators(axis, size)[name]
    X, y = data(axis, size)
    before = resident_megabytes()
    start = time.perf_counter()
    estimator.fit(X, y)
    fitted = time.perf_counter()
    estimator.predict(X)
    done = time.perf_counter()
    return fitted - start, done - fitted, peak_megabytes() - before


def exponents(points):
    """Exponent of the time of `fit` over the last step of each axis and estimator."""
    for key, group in groupby(points, key=lambda point: point[:2]):
        *_, before, last = [None, *group]
        if before is not None:
            step = math.log(last[2] / before[2])
            yield (*key, last[2], math.log(last[3] / before[3]) / step)


def run(axes, names, smallest, largest, seconds):
    """Points of some axes and estimators (None: all), printed as they come."""
    print(",".join(COLUMNS), flush=True)
    for axis in axes:
        for name in estimators(axis, 1):
            sizes = [size for size in SIZES[axis] if smallest <= size <= largest]
            for size in sizes if names is None or name in names else []:
                values = in_fresh_process(measure, axis, size, name)
                point = (axis, name, size, *(round(value, 3) for value in values))
                print(",".join(map(str, point)), flush=True)
                yield point
                if values[0] > seconds:
                    break


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--axes", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--estimators", nargs="+", metavar="NAME")
    parser.add_argument("--smallest", type=float, default=0)
    parser.add_argument("--largest", type=float, default=math.inf)
    parser.add_argument("--seconds", type=float, default=60.0)
    asked = parser.parse_args()
    limits = asked.smallest, asked.largest, asked.seconds
    points = list(run(asked.axes, asked.estimators, *limits))
    for axis, name, size, exponent in exponents(points):
        print(f"# {axis}: {name} grows as size^{exponent:.2f} up to {size}")


if __name__ == "__main__":
    main()

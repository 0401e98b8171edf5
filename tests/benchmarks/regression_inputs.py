"""TextPoolRegressor and SmallCNNRegressor with no arguments, beside ridge regressions.

Texts are sentences about films and film reviews with the label, 0 or 1, taken for a
number, once with normal noise added; R2 is that of 2000 other texts. Images are
scikit-learn's digits, twice as large, and spots that are drawn here; R2 is that of 200
images after training on 500. Each seed draws rows and noise anew, and all regressors of
a line have the same. Means over the seeds are written to ``regression_texts.csv`` and
``regression_images.csv``, as the user guide shows them.

Run as ``python regression_inputs.py --data FOLDER [--seeds N ...] [--folder OUT]``,
where the folder has ``rt_polarity.tsv.xz`` and ``imdb_train.tsv.xz``. With three seeds
it takes about ten minutes on two cores.
"""

from __future__ import annotations

import argparse
import lzma
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import ndimage
from sklearn.datasets import load_digits
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sknets import SmallCNNRegressor, TextPoolRegressor

Task = tuple[str, Any, np.ndarray, int]  # name, X, y, number of rows to train on

N_TEST_TEXTS = 2000
TEXTS = (
    ("sentences", "rt_polarity", 300, 0.0),
    ("sentences", "rt_polarity", 8000, 0.0),
    ("sentences, with noise", "rt_polarity", 8000, 0.25),
    ("reviews", "imdb_train", 1000, 0.0),
    ("reviews", "imdb_train", 6000, 0.0),
)
N_IMAGES, N_TRAIN_IMAGES, SIZE = 700, 500, 16
LOOPS = {0: 1, 6: 1, 8: 2, 9: 1}


def texts_of(path: Path) -> tuple[list[str], np.ndarray]:
    """Texts of a file, and their labels as 0.0 and 1.0."""
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        pairs = [line.rstrip("\n").split("\t", 1) for line in lines]
    labels = np.array([label for label, _ in pairs])
    return [text for _, text in pairs], (labels == max(labels)).astype(float)


def text_tasks(data: Path, rng: np.random.Generator) -> Iterator[Task]:
    names = {file for _, file, *_ in TEXTS}
    files = {name: texts_of(data / f"{name}.tsv.xz") for name in names}
    for name, file, n_train, noise in TEXTS:
        texts, labels = files[file]
        rows = rng.permutation(len(texts))[: n_train + N_TEST_TEXTS]
        y = labels[rows] + noise * rng.normal(size=len(rows))
        yield f"{n_train} {name}", [texts[row] for row in rows], y, n_train


def image_tasks(rng: np.random.Generator) -> Iterator[Task]:
    for name, X, y in (*digit_tasks(rng), *spot_tasks(rng)):
        yield name, X.astype(np.float32), y.astype(float), N_TRAIN_IMAGES


def digit_tasks(rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray, Any]]:
    X, digits = load_digits(return_X_y=True)
    rows = rng.permutation(len(X))[:N_IMAGES]
    small, digits = X[rows].reshape(-1, 8, 8) / 16, digits[rows]
    images = np.stack([ndimage.zoom(image, 2, order=1) for image in small])
    angles = rng.uniform(-60, 60, N_IMAGES)
    turned = [
        ndimage.rotate(image, angle, reshape=False, order=1)
        for image, angle in zip(images, angles, strict=True)
    ]
    yield "angle of turned digits", np.stack(turned), angles
    yield "value of the digit", images, digits
    yield "loops in the digit", images, np.array([LOOPS.get(d, 0) for d in digits])
    yield "bright pixels of the digit", images, (images > 0.5).sum(axis=(1, 2))


def spot_tasks(rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray, Any]]:
    noise = rng.normal(scale=0.1, size=(N_IMAGES, SIZE, SIZE))
    places = rng.uniform(3, SIZE - 3, (N_IMAGES, 2))
    yield "place of a spot", spots(places, np.full(N_IMAGES, 1.4)) + noise, places[:, 1]
    near_the_middle = SIZE / 2 + rng.normal(size=(N_IMAGES, 2))
    sizes = rng.uniform(1, 4, N_IMAGES)
    yield "size of a spot", spots(near_the_middle, sizes) + noise, sizes
    numbers = rng.integers(1, 7, N_IMAGES)
    dots = np.zeros((N_IMAGES, SIZE, SIZE))
    for image, number in zip(dots, numbers, strict=True):
        for row, column in rng.integers(1, SIZE - 1, (number, 2)):
            image[row, column] += 1
    smooth = ndimage.gaussian_filter(dots, (0, 0.8, 0.8))
    yield "number of spots", smooth + 0.2 * noise, numbers


def spots(centres: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """Images of one bell each, of shape (n, SIZE, SIZE)."""
    grid = np.mgrid[:SIZE, :SIZE].transpose(1, 2, 0)
    distances = np.square(grid - centres[:, np.newaxis, np.newaxis]).sum(axis=-1)
    return np.exp(-distances / (2 * widths[:, np.newaxis, np.newaxis] ** 2))


def text_regressors(seed: int) -> dict[str, Any]:
    words = TfidfVectorizer(ngram_range=(1, 2))
    return {
        "TextPoolRegressor()": TextPoolRegressor(random_state=seed),
        "tf-idf, Ridge()": make_pipeline(words, Ridge()),
    }


def image_regressors(seed: int) -> dict[str, Any]:
    as_rows = FunctionTransformer(lambda X: X.reshape(len(X), -1))
    return {
        "SmallCNNRegressor()": SmallCNNRegressor(random_state=seed),
        "augment=None": SmallCNNRegressor(augment=None, random_state=seed),
        "augment=True": SmallCNNRegressor(augment=True, random_state=seed),
        "pixels, RidgeCV": make_pipeline(as_rows, RidgeCV(np.logspace(-3, 3, 7))),
    }


def scores(data: Path, seed: int) -> Iterator[dict[str, Any]]:
    """R2 of each regressor on each task."""
    rng = np.random.default_rng(seed)
    for kind, tasks, regressors in (
        ("Texts", text_tasks(data, rng), text_regressors),
        ("Number", image_tasks(rng), image_regressors),
    ):
        for task, X, y, n in tasks:
            for name, regressor in regressors(seed).items():
                score = regressor.fit(X[:n], y[:n]).score(X[n:], y[n:])
                yield {"kind": kind, "task": task, "regressor": name, "R2": score}


def table(results: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Means over the seeds, a line for each task."""
    own = results[results.kind == kind]
    means = own.groupby(["task", "regressor"], sort=False).R2.mean().unstack()
    order = list(dict.fromkeys(own.regressor))
    lines = means.loc[list(dict.fromkeys(own.task)), order]
    return lines.map("{:.3f}".format).rename_axis(kind)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--folder", type=Path, default=Path())
    options = parser.parse_args()
    rows = []
    for seed in options.seeds:
        for row in scores(options.data, seed):
            rows.append(row)
            print(f"{seed} {row['task']:28} {row['regressor']:20} {row['R2']:.3f}")
    results = pd.DataFrame(rows)
    for kind, name in (("Texts", "texts"), ("Number", "images")):
        table(results, kind).to_csv(options.folder / f"regression_{name}.csv")


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main()

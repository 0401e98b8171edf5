"""Draw the pictures of the front page and of docs/user_guide/plots.rst.

    python docs/make_plots.py --data FOLDER
    python docs/make_plots.py --growth

FOLDER holds mnist.npz (the keys of ``keras.datasets.mnist``) and orl_faces.npz
(``x``, ``y``). The PNG files go to docs/images. Takes a minute or two. The picture of
docs/growth.csv, which tests/benchmarks/growth.py measures, is drawn by itself.
"""

import argparse
import csv
import os
from pathlib import Path

import numpy as np
from picture_style import STYLE

from sknets import DenseNetClassifier, SmallCNNClassifier
from sknets.display import (
    FeatureMapsDisplay,
    FiltersDisplay,
    ImageGridDisplay,
    SaliencyDisplay,
    TrainingCurvesDisplay,
)

IMAGES = Path(__file__).parent / "images"


def save(figure, name, few_colours=True, dpi=90):
    """Write a figure as a small file; a palette would show in a colour bar."""
    import matplotlib.pyplot as plt
    from PIL import Image

    path = IMAGES / f"{name}.png"
    figure.savefig(path, dpi=dpi)
    plt.close(figure)
    with Image.open(path) as image:
        small = image.convert("RGBA")
    if few_colours:
        small = small.quantize(128, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    small.save(path, optimize=True)
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


def draw_curves(X, y, X_test, y_test):
    """Curves of one fit, and of three fits overlaid."""

    def fit(dropout, **params):
        net = DenseNetClassifier(
            (128, 64),
            dropout,
            learning_rate=1e-3,
            learning_rate_schedule="constant",
            label_smoothing=0.0,
            batch_size=64,
            random_state=0,
            **params,
        )
        return net.fit(X, y, X_val=X_test, y_val=y_test)

    net = fit(0.0, epochs=40, early_stopping=True, patience=5)
    save(TrainingCurvesDisplay.from_estimator(net).figure_, "curves")

    nets = {f"dropout {rate}": fit(rate, epochs=20) for rate in (0.0, 0.3, 0.6)}
    display = TrainingCurvesDisplay.from_estimator(nets)
    display.axes_[0].set_ylim(0, 0.8)
    display.axes_[1].set_ylim(0.85, 1)
    save(display.figure_, "curves_overlaid")


def draw_digits(net, X_test, y_test):
    """Samples, predictions, misclassified images; filters and feature maps."""
    from matplotlib import pyplot as plt

    display = ImageGridDisplay.from_samples(X_test, y_test, n_images=16, n_cols=8)
    save(display.figure_, "samples")
    display = ImageGridDisplay.from_estimator(net, X_test, y_test, n_images=10)
    save(display.figure_, "predictions")
    display = ImageGridDisplay.from_estimator(
        net, X_test, y_test, misclassified_only=True, n_images=10
    )
    save(display.figure_, "misclassified")
    figure, axes = plt.subplots(1, 2, figsize=(7, 2.8), layout="compressed")
    FiltersDisplay.from_estimator(net, n_cols=4, ax=axes[0])
    axes[0].set_title("filters")
    FeatureMapsDisplay.from_estimator(net, X_test[0], n_cols=4, ax=axes[1])
    axes[1].set_title("feature maps")
    save(figure, "filters", few_colours=False)
    display = SaliencyDisplay.from_estimator(net, X_test[0])
    save(display.figure_, "saliency", few_colours=False)


def draw_landing(net, X_test, y_test):
    """Eight predictions for the front page, which shows them at half this size."""
    from matplotlib import pyplot as plt

    _, axes = plt.subplots(2, 4, figsize=(5.6, 2.5), layout="constrained")
    display = ImageGridDisplay.from_estimator(
        net, X_test[2:], y_test[2:], n_images=8, ax=axes, text_kw={"fontsize": 8}
    )
    save(display.figure_, "landing", dpi=180)


def draw_faces(X, y):
    """Five people whom a network knows from five other images of each."""
    training = np.arange(len(y)) % 10 < 5
    net = SmallCNNClassifier((16, 32), epochs=15, random_state=0)
    net.fit(X[training], y[training])
    X_test, y_test = X[~training], y[~training]
    print(f"faces: accuracy {net.score(X_test, y_test):.3f}")
    names = [f"person {number}" for number in range(1, 41)]
    display = ImageGridDisplay.from_estimator(
        net, X_test[::5], y_test[::5], n_images=5, display_labels=names
    )
    save(display.figure_, "faces")


def draw_growth(source):
    """Seconds of `fit` against size, a panel for each axis of growth."""
    import matplotlib.pyplot as plt

    with open(source) as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    axes = list(dict.fromkeys(row["axis"] for row in rows))
    names = list(dict.fromkeys(row["estimator"] for row in rows))
    figure, panels = plt.subplots(
        -(-(len(axes) + 1) // 2), 2, figsize=(9, 10), layout="constrained"
    )
    for panel, axis in zip(panels.flat, axes, strict=False):
        for number, name in enumerate(names):
            points = [
                (float(row["size"]), float(row["fit_s"]))
                for row in rows
                if (row["axis"], row["estimator"]) == (axis, name)
            ]
            panel.loglog(
                *np.transpose(points or [(np.nan, np.nan)]),
                marker="o",
                color=f"C{number}",
                label=name,
            )
        panel.set(xlabel=axis, ylabel="seconds of fit")
        sizes = sorted({int(row["size"]) for row in rows if row["axis"] == axis})
        if any(size % 10 for size in sizes[1:]):  # no powers of ten
            panel.set_xticks(sizes, labels=sizes)
            panel.set_xticks([], minor=True)
    *_, last = panels.flat
    last.axis("off")
    last.legend(*panels.flat[0].get_legend_handles_labels(), loc="center")
    save(figure, "growth")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=os.environ.get("SKNETS_DATA"), type=Path)
    parser.add_argument("--growth", action="store_true")
    options = parser.parse_args()
    folder = options.data
    if folder is None and not options.growth:
        parser.error("give the folder of the data with --data or SKNETS_DATA")
    import matplotlib.pyplot as plt

    plt.rcParams.update({name: STYLE[name] for name in STYLE if "figsize" not in name})
    IMAGES.mkdir(exist_ok=True)
    if options.growth:
        draw_growth(IMAGES.parent / "growth.csv")
        return
    with np.load(folder / "mnist.npz") as mnist:
        X, y = mnist["x_train"][:12000], mnist["y_train"][:12000]
        X_test, y_test = mnist["x_test"][:2000], mnist["y_test"][:2000]
    draw_curves(X[:6000], y[:6000], X_test, y_test)
    net = SmallCNNClassifier((16, 32, 64), epochs=8, random_state=0).fit(X, y)
    print(f"digits: accuracy {net.score(X_test, y_test):.3f}")
    draw_digits(net, X_test, y_test)
    draw_landing(net, X_test, y_test)
    with np.load(folder / "orl_faces.npz") as faces:
        draw_faces(faces["x"], faces["y"])


if __name__ == "__main__":
    main()

"""What the examples share: command line, data, and the steps after training."""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import tempfile
from itertools import pairwise, permutations
from pathlib import Path

import joblib
import numpy as np
from scipy.ndimage import zoom
from sklearn.datasets import load_digits

import sknets
from sknets.datasets import load_faces, load_imdb, load_mnist

os.environ.setdefault("MPLBACKEND", "agg")  # pictures go to files, not to a screen

# Training as plain as in the sources: what sknets does by default for more accuracy is
# left out.
PLAIN = {
    "learning_rate": 0.001,
    "learning_rate_schedule": "constant",
    "warmup": 0.0,
    "weight_decay": 0.0,
    "label_smoothing": 0.0,
}
PLAIN_DENSE = {**PLAIN, "soft_steps": None}
PLAIN_CNN = {
    **PLAIN,
    "optimizer": "adam",
    "input_scaling": "range",
    "augment": None,
    "normalization": None,
}


def parse_options(description, systems):
    """Read the command line; `systems` are those that --system can choose from."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data",
        type=Path,
        default=os.environ.get("SKNETS_DATA"),
        help="folder of the data set (default: $SKNETS_DATA); without it, a small "
        "stand-in takes its place",
    )
    parser.add_argument(
        "--output", type=Path, help="folder for pictures, history and trained network"
    )
    parser.add_argument("--system", choices=list(systems), default=next(iter(systems)))
    options = parser.parse_args()
    if options.output:
        options.output.mkdir(parents=True, exist_ok=True)
    return options


# --- Data: X, y to train on, X, y to test on -----------------------------------------


def mnist(options, size=28):
    """MNIST, or scikit-learn's digits of 8 x 8 pixels, enlarged to size x size."""
    if options.data:
        train, test = (
            load_mnist(subset=part, data_home=options.data)
            for part in ("train", "test")
        )
        print(f"Data: MNIST, {len(train.images)} images; {len(test.images)} to test")
        return train.images, train.target, test.images, test.target
    images, y = enlarged_digits(size, size)
    print("Data: NOT MNIST, but a small stand-in, 300 digits that scikit-learn ships,")
    print(
        f"      {size} x {size} pixels; the accuracy cannot be compared. Give --data."
    )
    return images[:300], y[:300], images[300:500], y[300:500]


def faces(options, name):
    """Faces, the first of each person to train on, or digits in their place."""
    if options.data:
        train, test = (
            load_faces(name, subset=part, data_home=options.data)
            for part in ("train", "test")
        )
        print(f"Data: {name} faces, {len(train.images)}; {len(test.images)} to test")
        return train.images, train.target, test.images, test.target
    images, y = enlarged_digits(40, 32)
    print("Data: NO FACES, but a small stand-in, 100 digits that scikit-learn ships,")
    print("      40 x 32 pixels; the accuracy cannot be compared. Give --data.")
    return images[:100], y[:100], images[100:200], y[100:200]


def imdb(options):
    """IMDB reviews, or sentences made of a few words."""
    if options.data:
        train, test = (
            load_imdb(subset=part, data_home=options.data) for part in ("train", "test")
        )
        print(f"Data: IMDB, {len(train.data)} reviews; {len(test.data)} to test")
        return train.data, train.target, test.data, test.target
    texts, y = made_up_reviews()
    print("Data: NOT IMDB, but a small stand-in, 400 made-up sentences;")
    print("      the accuracy cannot be compared. Give --data.")
    return texts[:400], y[:400], texts[400:], y[400:]


def enlarged_digits(height, width):
    """scikit-learn's digits as bytes, of shape (1797, height, width)."""
    digits = load_digits()
    larger = zoom(digits.images, (1, height / 8, width / 8), order=1)
    return (larger * (255 / 16)).astype(np.uint8), digits.target


THINGS = ("film", "story", "cast", "music", "ending", "camera", "script", "director")
WORDS = (
    ("dull", "poor", "boring", "awful", "weak", "tedious", "bad", "lifeless"),
    ("lovely", "great", "moving", "superb", "strong", "witty", "good", "brilliant"),
)


def made_up_reviews():
    """Short reviews, in mixed order, and whether they praise the film."""
    rows = [
        (f"The {thing} was {first}, and the {other} {second}.", label)
        for label in (0, 1)
        for thing, other in permutations(THINGS, 2)
        for first, second in pairwise(WORDS[label])
    ]
    chosen = np.random.default_rng(0).permutation(len(rows))
    return [rows[row][0] for row in chosen], np.array([rows[row][1] for row in chosen])


# --- After training ------------------------------------------------------------------


def write_history(net, options):
    """Write `history_` as a CSV file with a line for each epoch."""
    path = options.output / f"{options.system}-history.csv"
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["epoch", *net.history_])
        for epoch, values in enumerate(zip(*net.history_.values(), strict=True), 1):
            writer.writerow([epoch, *values])
    print(f"Written: {path}")


def save_pictures(options, **displays):
    """Write each display to a PNG file of its name."""
    import matplotlib.pyplot as plt  # an extra of sknets, not needed without --output

    for name, display in displays.items():
        path = options.output / f"{options.system}-{name}.png"
        display.figure_.savefig(path, bbox_inches="tight")
        plt.close(display.figure_)
        print(f"Written: {path}")


IN_A_FRESH_PROCESS = """
import sys, joblib, numpy, sknets
net, X = sknets.load(sys.argv[1]), joblib.load(sys.argv[2])
numpy.save(sys.argv[3], net.predict_proba(X))
"""


def save_and_reload(net, X, options):
    """Save the network, load it in a fresh process, and compare the scores."""
    X = X[:500]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        path = (options.output or folder) / f"{options.system}.sknets"
        sknets.save(net, path)
        joblib.dump(X, folder / "X.joblib")
        code = [sys.executable, "-c", IN_A_FRESH_PROCESS]
        subprocess.run(
            [*code, path, folder / "X.joblib", folder / "scores.npy"], check=True
        )
        scores = np.load(folder / "scores.npy")
    if not np.array_equal(scores, net.predict_proba(X)):
        raise AssertionError("The loaded network gives other scores.")
    print("Saved, loaded in a fresh process: the same scores to the last bit")


def conclude(net, X_test, y_test, options, source):
    """Print the line that every example ends with."""
    n_parameters = sum(weight.size for weight in net.weights_)
    accuracy = net.score(X_test, y_test)
    print(
        f"{options.system}: {n_parameters:,} parameters, test accuracy "
        f"{accuracy:.2%} (source: {source[options.system]})"
    )

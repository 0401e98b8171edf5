"""What each part of SmallCNNClassifier's recipe adds, on small sets of images.

Run from a checkout::

    python tests/benchmarks/ablation_images.py --data FOLDER --output RUNS.csv
    python tests/benchmarks/ablation_images.py --table RUNS.csv TABLE.csv

The first appends one line a fit to RUNS.csv and leaves out the fits that are there;
it takes about 8 minutes a seed on one quiet core. The second turns them into the
table of the user guide. FOLDER holds mnist.npz, orl_faces.npz, yale_faces.npz,
fashion_mnist_train.npz and cifar10_20k.npz; scikit-image and Pillow are needed for some
of the sets.
"""

from __future__ import annotations

import argparse
import csv
import os
import time
from collections import defaultdict
from pathlib import Path
from statistics import mean
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from image_sets import SETS
from sklearn.metrics import log_loss

from sknets import SmallCNNClassifier
from sknets._images.augment import AUTO
from sknets._images.shapes import settle_image_shape
from sknets.metrics import expected_calibration_error


def auto_without(*names: str) -> dict[str, float]:
    """The changes of augment="auto", but for some of them."""
    return {name: r for name, r in AUTO.items() if name not in names}


# A factor on the number of epochs stands under "epochs".
VARIANTS: dict[str, dict[str, Any]] = {
    "default": {},
    "augment=None": {"augment": None},
    "augment, not elastic": {"augment": auto_without("elastic")},
    "augment, light unchanged": {
        "augment": auto_without("brightness", "illumination")
    },
    "augment, with flip": {"augment": {**AUTO, "flip": True}},
    "augment, twice as far": {
        "augment": {name: 2 * r for name, r in AUTO.items()}
    },
    'input_scaling="range"': {"input_scaling": "range"},
    "dropout=0.0": {"dropout": 0.0},
    "learning_rate=None, warmup=0.0": {"learning_rate": None, "warmup": 0.0},
    "half the epochs": {"epochs": 0.5},
    "weight_decay=0.05": {"weight_decay": 0.05},
    "label_smoothing=0.0": {"label_smoothing": 0.0},
    "label_smoothing=0.05": {"label_smoothing": 0.05},
    "none of the recipe": {
        "augment": None, "input_scaling": "range", "dropout": 0.2,
        "learning_rate": None, "warmup": 0.0, "epochs": 0.5, "label_smoothing": 0.0,
    },
}  # fmt: skip
COLUMNS = ("variant", "set", "seed", "accuracy", "log_loss", "ece", "cpu_seconds")


def figures(variant: str, set_name: str, seed: int, folder: Path) -> dict[str, float]:
    """Train on one split of a set, and measure on its validation rows."""
    X, y, X_val, y_val = SETS[set_name](folder, seed)
    params = dict(VARIANTS[variant])
    if "epochs" in params:
        plain = SmallCNNClassifier()
        plain.image_shape_ = settle_image_shape(X.shape[1:], None, "last")
        _, epochs = plain._auto_size(len(X))
        params["epochs"] = round(epochs * params["epochs"])
    net = SmallCNNClassifier(random_state=seed, **params)
    start = time.process_time()
    net.fit(X, y)
    seconds = time.process_time() - start
    proba, labels = net.predict_proba(X_val), net.classes_
    return {
        "accuracy": float((labels[proba.argmax(axis=1)] == y_val).mean()),
        "log_loss": log_loss(y_val, proba, labels=labels),
        "ece": expected_calibration_error(y_val, proba, labels=labels),
        "cpu_seconds": seconds,
    }


def run(options: argparse.Namespace) -> None:
    """Append the fits that are not yet in the file."""
    path = Path(options.output)
    done = {(r["variant"], r["set"], int(r["seed"])) for r in read(path)}
    if not path.exists():
        path.write_text(",".join(COLUMNS) + "\n")
    for seed in range(options.seeds):
        for name in options.sets:
            for variant in VARIANTS:
                if (variant, name, seed) in done:
                    continue
                found = figures(variant, name, seed, Path(options.data))
                row = {"variant": variant, "set": name, "seed": seed}
                row |= {key: f"{value:.5f}" for key, value in found.items()}
                with path.open("a", newline="") as file:
                    csv.DictWriter(file, COLUMNS).writerow(row)
                print(*row.values(), flush=True)


def read(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def table(runs: Path, output: Path) -> None:
    """Write the accuracy in percent of each variant and set, and the means.

    Sets on which some variant has not been run are left out.
    """
    found: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    for row in read(runs):
        found[row["variant"], row["set"]].append(row)
    sets = [name for name in SETS if all((each, name) in found for each in VARIANTS)]
    with output.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Variant", *sets, "mean", "log-loss", "ECE"])
        for variant in VARIANTS:
            rows = [found[variant, name] for name in sets]
            means = {
                column: [mean(float(row[column]) for row in of_set) for of_set in rows]
                for column in ("accuracy", "log_loss", "ece")
            }
            percent = 100 * np.array([*means["accuracy"], mean(means["accuracy"])])
            writer.writerow([
                f"``{variant}``" if "=" in variant else variant,
                *(f"{value:.1f}" for value in percent),
                f"{mean(means['log_loss']):.3f}", f"{100 * mean(means['ece']):.1f}",
            ])  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=os.environ.get("SKNETS_DATA"))
    parser.add_argument("--output", help="file that the fits are appended to")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--table", nargs=2, metavar=("RUNS", "TABLE"), type=Path)
    options = parser.parse_args()
    if options.table:
        table(*options.table)
    elif options.data and options.output:
        run(options)
    else:
        parser.error("give --data and --output, or --table")


if __name__ == "__main__":
    main()

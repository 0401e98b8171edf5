"""What SmallCNNClassifier scores by default and with augmentation, and its price.

Run from a checkout::

    python tests/benchmarks/accuracy_images.py --data FOLDER

FOLDER holds mnist.npz, orl_faces.npz and yale_faces.npz, for the rows fashion and cifar
also fashion_mnist_train.npz and cifar10_20k.npz, of which the last 10 000 and 4000 rows
are tested on. The time of a fit is given as a ratio to Keras training on the same rows,
measured in the same run: two convolutions of 32 and 64 filters for 15 epochs at batch
128. On two quiet cores the whole table takes about an hour, of which the rows with
stronger changes take 40 minutes; faces take 3.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import mean, median, stdev
from typing import Any

import numpy as np
import peers
import timing
from sklearn.metrics import log_loss

from sknets import SmallCNNClassifier
from sknets.metrics import expected_calibration_error

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

Options = argparse.Namespace
Split = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]

DIGITS = {
    "augment": {"shift": 0.08, "rotation": 0.03, "zoom": 0.12, "elastic": 0.05},
    "epochs": 20,
}
GARMENTS = {"augment": {"flip": True, "shift": 0.06}, "epochs": 24}
# Chosen on the training images: faces are lit from anywhere, and not elastic.
FACES = {
    "augment": {
        "shift": 0.06, "rotation": 0.02, "zoom": 0.08, "flip": True,
        "brightness": 0.7, "illumination": 0.3, "erase": 0.2,
    }
}  # fmt: skip

HEADER = """\
| what | measure | mean | spread | bar | aim | reached |
|---|---|--:|--:|--:|--:|---|"""


def line(
    what: str, measure: str, values: list[float], bar: float | None = None,
    aim: float | None = None, *, less: bool = False, percent: bool = True,
) -> str:  # fmt: skip
    """Line of the table; the spread is the standard deviation over the seeds."""
    shown = "{:.2%}" if percent else "{:.3g}"
    middle = mean(values)
    spread = shown.format(stdev(values)) if len(values) > 1 else ""
    limits = ["" if limit is None else shown.format(limit) for limit in (bar, aim)]
    reached = ""
    if bar is not None and aim is not None:
        sign = -1 if less else 1
        reached = "bar" if sign * middle >= sign * bar else "missed"
        reached = "aim" if sign * middle >= sign * aim else reached
    cells = (what, measure, shown.format(middle), spread, *limits, reached)
    return "| " + " | ".join(cells) + " |"


def mnist(options: Options) -> Split:
    with np.load(Path(options.data) / "mnist.npz") as file:
        names = ("x_train", "y_train", "x_test", "y_test")
        split = tuple(file[name] for name in names)
    return tuple(part[:1000] for part in split) if options.trial else split


def faces(options: Options, name: str, per_person: int, n_train: int) -> Split:
    """First `n_train` images of each person to train on, the last five to test on."""
    with np.load(Path(options.data) / f"{name}_faces.npz") as file:
        X, y = file["x"], file["y"]
    number = np.arange(len(y)) % per_person
    train, test = number < n_train, number >= per_person - 5
    return X[train], y[train], X[test], y[test]


def fits(options: Options, split: Split, **params: Any) -> Iterator[dict[str, float]]:
    """Seconds of a whole fit, and the figures of each seed on the test rows."""
    X, y, X_test, y_test = split
    for seed in range(options.seeds):
        net = SmallCNNClassifier(random_state=seed, **params)
        if options.trial:
            net.set_params(epochs=2)
        start, cpu = time.perf_counter(), time.process_time()
        net.fit(X, y)
        seconds = time.perf_counter() - start
        cpu = time.process_time() - cpu
        proba = net.predict_proba(X_test)
        labels = net.classes_
        yield {
            "seconds": seconds,
            "cpu": cpu,
            "accuracy": float((labels[proba.argmax(axis=1)] == y_test).mean()),
            "ECE": expected_calibration_error(y_test, proba, labels=labels),
            "log-loss": log_loss(y_test, proba, labels=labels),
        }


def last_rows(options: Options, name: str, n_test: int) -> Split:
    """All rows of a file but the last `n_test` to train on, and these to test on."""
    with np.load(Path(options.data) / f"{name}.npz") as file:
        X, y = file["x"], file["y"]
    n_train = 1000 if options.trial else len(X) - n_test
    return X[:n_train], y[:n_train], X[-n_test:], y[-n_test:]


def plain_keras_seconds(split: Split) -> float:
    """Processor time of 15 epochs of a textbook network, from that of the second."""
    import keras

    X, y, *_ = split
    X = (X / 255).astype(np.float32).reshape(*X.shape[:3], -1)
    convolution = {"kernel_size": 3, "activation": "relu"}
    model = keras.Sequential([
        keras.layers.Conv2D(32, **convolution), keras.layers.MaxPooling2D(),
        keras.layers.Conv2D(64, **convolution), keras.layers.MaxPooling2D(),
        keras.layers.Flatten(), keras.layers.Dropout(0.5),
        keras.layers.Dense(10, activation="softmax"),
    ])  # fmt: skip
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    seconds = []
    for _ in range(2):
        start = time.process_time()
        model.fit(X, y, batch_size=128, verbose=0)
        seconds.append(time.process_time() - start)
    return 15 * seconds[1]


def lines(
    options: Options, what: str, split: Split, bar: float, aim: float, ratio: float,
    **params: Any,
) -> Iterator[str]:  # fmt: skip
    done = list(fits(options, split, **params))
    keras = plain_keras_seconds(split)
    name = f"{what}, {_shown(params) or 'no arguments'}"
    yield line(name, "accuracy", [fit["accuracy"] for fit in done], bar, aim)
    yield line(name, "fit time / plain Keras", [fit["cpu"] / keras for fit in done],
               ratio, ratio, less=True, percent=False)  # fmt: skip
    yield line(name, "ECE", [fit["ECE"] for fit in done])
    yield line(name, "log-loss", [fit["log-loss"] for fit in done], percent=False)


def fashion(options: Options) -> Iterator[str]:
    """Fashion-MNIST, no arguments."""
    split = last_rows(options, "fashion_mnist_train", 10_000)
    return lines(options, "Fashion-MNIST", split, 0.925, 0.935, 1.0)


def fashion_augment(options: Options) -> Iterator[str]:
    """Fashion-MNIST mirrored and moved, for more epochs."""
    split = last_rows(options, "fashion_mnist_train", 10_000)
    return lines(options, "Fashion-MNIST", split, 0.938, 0.947, 4.0, **GARMENTS)


def cifar(options: Options) -> Iterator[str]:
    """16 000 images of CIFAR-10, no arguments."""
    split = last_rows(options, "cifar10_20k", 4000)
    return lines(options, "CIFAR-10, 16 000", split, 0.76, 0.82, 1.5)


def mnist_default(options: Options) -> Iterator[str]:
    """MNIST, no arguments."""
    return lines(options, "MNIST", mnist(options), 0.995, 0.996, 0.8)


def mnist_augment(options: Options) -> Iterator[str]:
    """MNIST with strong augmentation, for 20 epochs."""
    return lines(options, "MNIST", mnist(options), 0.9962, 0.997, 3.0, **DIGITS)


def _shown(params: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in params.items())


def face_lines(
    options: Options, what: str, split: Split, bar: float, aim: float
) -> Iterator[str]:
    for params in ({}, FACES):
        done = list(fits(options, split, **params))
        name = f"{what}, {_shown(params) or 'no arguments'}"
        limits = (bar, aim) if params else ()
        yield line(name, "accuracy", [fit["accuracy"] for fit in done], *limits)
        yield line(name, "ECE", [fit["ECE"] for fit in done])
        yield line(name, "log-loss", [fit["log-loss"] for fit in done], percent=False)
        yield line(name, "fit, s", [fit["seconds"] for fit in done], percent=False)


def orl(options: Options) -> Iterator[str]:
    """ORL faces, first 5 / last 5 of each person."""
    split = faces(options, "orl", 10, 5)
    return face_lines(options, "ORL", split, 0.94, 0.97)


def yale(options: Options) -> Iterator[str]:
    """Yale faces, first 6 / last 5 of each person."""
    split = faces(options, "yale", 11, 6)
    return face_lines(options, "Yale", split, 0.93, 0.96)


def cost(options: Options) -> Iterator[str]:
    """Time of an epoch with all changes against none, in turns."""
    X, y, *_ = mnist(options)
    X, y = X[:12_000], y[:12_000]
    every = {**FACES["augment"], "elastic": 0.04}

    def epochs(augment: Any) -> list[float]:
        fit = peers.Fit()
        SmallCNNClassifier(
            augment=augment, epochs=4, callbacks=[peers._timer(fit)]
        ).fit(X, y)
        return fit.seconds[1:]

    work: dict[str, Callable[[], list[float]]] = {
        "without": lambda: epochs(None),
        "with": lambda: epochs(every),
    }
    done = timing.alternate(work, options.seeds)
    ratios = [
        median(changed) / median(plain)
        for (_, changed), (_, plain) in zip(done["with"], done["without"], strict=True)
    ]
    yield line("augmentation", "epoch with / without", ratios, 1.35, 1.15,
               less=True, percent=False)  # fmt: skip


ROWS: dict[str, Callable[[Options], Iterator[str]]] = {
    "mnist": mnist_default,
    "mnist-augment": mnist_augment,
    "orl": orl,
    "yale": yale,
    "cost": cost,
    "fashion": fashion,
    "fashion-augment": fashion_augment,
    "cifar": cifar,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    folder = os.environ.get("SKNETS_DATA")
    parser.add_argument("--data", default=folder, required=not folder,
                        help="folder of the files; default: $SKNETS_DATA")  # fmt: skip
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=list(ROWS))
    parser.add_argument("--seeds", type=int, help="default: 3 for MNIST, 5 for faces")
    parser.add_argument("--trial", action="store_true",
                        help="two epochs, few rows, to see that all works")  # fmt: skip
    options = parser.parse_args()
    seeds = options.seeds
    print(timing.machine(), HEADER, sep="\n\n", flush=True)
    for name in options.rows:
        options.seeds = seeds or (5 if name in ("orl", "yale") else 3)
        for text in ROWS[name](options):
            print(text, flush=True)


if __name__ == "__main__":
    main()

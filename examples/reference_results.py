"""Train the reference systems on the full data and write the table of the results.

Each run is kept as a file in the folder --runs and is not repeated, so that the table
can be made piecewise; every call prints the table of what is there.

python examples/reference_results.py --data FOLDER --runs FOLDER --systems D1 D2
python examples/reference_results.py --data FOLDER --runs FOLDER --speed
python examples/reference_results.py --data FOLDER --runs FOLDER --seeds \
    --table docs/reference_systems.csv
"""

from __future__ import annotations

import argparse
import csv
import importlib
import inspect
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any

import numpy as np
from sklearn.base import clone

from sknets import DenseNetClassifier
from sknets.datasets import load_faces, load_imdb, load_mnist


@dataclass(frozen=True)
class System:
    """A reference system: the example that has it, its data, its network in words.

    `at_least` is what the mean accuracy has to reach, in percent, if anything.
    """

    example: str
    data: str
    network: str
    at_least: float | None = None

    @property
    def described(self) -> str:
        return self.network + ("" if self.data == "MNIST" else f", {self.data}")

    def module(self) -> Any:
        return importlib.import_module(self.example)


SYSTEMS = {
    "D1": System("d1_dense", "MNIST", "dense 512", 97.8),
    "D2": System("d2_d3_dense", "MNIST", "dense 128-32", 97.75),
    "D3": System("d2_d3_dense", "MNIST", "dense 256-128-64", 98),
    "D4": System("d4_d5_dropout", "MNIST", "dense 128-64, dropout", 97.9),
    "D5": System("d4_d5_dropout", "MNIST", "dense 256-128-64, dropout", 98.2),
    "C1": System("c1_cnn", "MNIST", "conv 32-64-128", 99),
    "C2": System("c2_validation", "MNIST", "conv 16-32, dense 128", 98.7),
    "C3": System("c3_dropout", "MNIST", "conv 5x5 16-32-(64, 128), dense 128", 99),
    "C4": System("c4_early_stopping", "MNIST", "conv 32-64, dense 128", 98.75),
    "C5": System("c5_one_filter", "MNIST", "conv 1"),
    "ORL": System("c5_faces", "ORL faces", "conv 64", 87.5),
    "Yale": System("c5_faces", "Yale faces", "conv 16", 90),
    "T1": System("t1_reviews", "IMDB", "embedding 16, mean", 87.5),
}


def load(data: str, folder: Path) -> tuple:
    """X and y to train on, X and y to test on."""
    parts = []
    for subset in ("train", "test"):
        where: dict[str, Any] = {"subset": subset, "data_home": folder}
        if data == "IMDB":
            parts += load_imdb(**where, return_X_y=True)
        else:
            name = data.split()[0].lower()
            part = load_mnist(**where) if name == "mnist" else load_faces(name, **where)
            parts += [part.images, part.target]
    return tuple(parts)


def train(name: str, X: Any, y: np.ndarray, **params: Any) -> Any:
    """Fit a system as its example does."""
    module = SYSTEMS[name].module()
    net = clone(module.SYSTEMS[name]).set_params(verbose=0, **params)
    fit = getattr(module, "train", lambda net, X, y: net.fit(X, y))
    return fit(net, X, y)


# --- Runs ----------------------------------------------------------------------------


def accuracy_run(name: str, seed: int, data: tuple) -> dict[str, Any]:
    X, y, X_test, y_test = data
    net = train(name, X, y, random_state=seed)
    return {
        "accuracy": float(net.score(X_test, y_test)),
        "parameters": sum(weight.size for weight in net.weights_),
        "epochs": net.n_iter_,
    }


def speed_run(name: str, data: tuple) -> dict[str, Any]:
    """Median seconds of an epoch after the first, in sknets and in Keras' `fit`."""
    epochs = 2 if name in ("C1", "C3", "C4") else 4
    X, y = data[:2]
    seconds: dict[str, list[float]] = {"sknets": [], "keras": []}
    callbacks = [_timer(seconds["sknets"])]
    net = train(name, X, y, epochs=epochs, random_state=0, callbacks=callbacks)
    _fit_keras(name, net, X, y, epochs, _timer(seconds["keras"]))
    return {peer: median(all_epochs[1:]) for peer, all_epochs in seconds.items()}


def _timer(seconds: list[float]) -> Any:
    """Keras callback that appends the seconds of each epoch to a list."""
    import keras

    class Timer(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.start = time.perf_counter()

        def on_epoch_end(self, epoch, logs=None):
            seconds.append(time.perf_counter() - self.start)

    return Timer()


def _fit_keras(name: str, net: Any, X: Any, y: Any, epochs: int, timer: Any) -> None:
    """Train a plain Keras model of the same layers on rows that are scaled before."""
    import keras

    if SYSTEMS[name].data == "IMDB":
        model, rows = _keras_text_model(net, X)
        loss = "binary_crossentropy"
    else:
        rows = (X / 255).astype(np.float32)
        model = _keras_image_model(net, rows)
        loss = "sparse_categorical_crossentropy"
        if isinstance(net, DenseNetClassifier):
            rows = rows.reshape(len(rows), -1)
    model.compile(keras.optimizers.Adam(0.001), loss, metrics=["accuracy"])
    held_out = len(rows) // 5 if "val_loss" in net.history_ else 0
    n = len(rows) - held_out
    model.fit(
        rows[:n], y[:n], net.batch_size, epochs, verbose=0, callbacks=[timer],
        validation_data=(rows[n:], y[n:]) if held_out else None,
    )  # fmt: skip


def _keras_image_model(net: Any, rows: np.ndarray) -> Any:
    from sknets.architectures import dense_net, small_cnn

    build = dense_net if isinstance(net, DenseNetClassifier) else small_cnn
    wanted = inspect.signature(build).parameters
    params = {key: value for key, value in net.get_params().items() if key in wanted}
    params.pop("average_mirrored", None)  # both train on images one way round
    meta = {
        "n_features_in_": net.n_features_in_,
        "X_shape_": rows.shape,
        "n_classes_": len(net.classes_),
        "target_type_": net.target_type_,
    }
    return build(meta, **params)


def _keras_text_model(net: Any, texts: list[str]) -> tuple[Any, np.ndarray]:
    """Model and word numbers as in Keras' tutorials: the first 250 words of a text."""
    import keras

    layers = keras.layers
    n_rows, width = net.weights_[0].shape
    split = layers.TextVectorization(n_rows, output_sequence_length=250)
    split.adapt(texts)
    model = keras.Sequential(
        [
            layers.Embedding(n_rows, width),
            layers.GlobalAveragePooling1D(),
            layers.Dense(1, "sigmoid"),
        ]
    )
    return model, np.asarray(split(texts))


# --- The table -----------------------------------------------------------------------

COLUMNS = (
    "System", "Network", "Parameters", "Source, %", "At least, %", "sknets, %",
    "Range", "Seeds", "sknets, s", "Keras, s",
)  # fmt: skip


def table_row(name: str, runs: Path) -> list[str]:
    """Row of the table from the runs that are there."""
    system = SYSTEMS[name]
    done = [json.loads(path.read_text()) for path in runs.glob(f"{name}-seed*.json")]
    scores = [100 * run["accuracy"] for run in done]
    enough = len(scores) >= 3  # the mean of fewer tells little
    source = system.module().SOURCE[name]
    speed: dict[str, Any] = {}
    if (runs / f"{name}-speed.json").exists():
        speed = json.loads((runs / f"{name}-speed.json").read_text())
    return [
        name,
        system.described,
        f"{done[0]['parameters']:,}" if done else "",
        source.removesuffix(" %") if source.endswith("%") else "",
        f"{system.at_least:g}" if system.at_least else "",
        f"{mean(scores):.2f}" if enough else "",
        f"{min(scores):.2f} to {max(scores):.2f}" if enough else "",
        str(len(scores)),
        *(f"{speed[peer]:.2g}" if speed else "" for peer in ("sknets", "keras")),
    ]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--data", type=Path, default=os.environ.get("SKNETS_DATA"), help="data sets")
    add("--runs", type=Path, required=True, help="folder of the finished runs")
    add("--systems", nargs="+", choices=SYSTEMS, default=list(SYSTEMS), metavar="ID")
    add("--seeds", nargs="*", type=int, default=[0, 1, 2], help="none: only the table")
    add("--speed", action="store_true", help="measure seconds per epoch instead")
    add("--table", type=Path, help="CSV file to write the table to")
    options = parser.parse_args()
    options.runs.mkdir(parents=True, exist_ok=True)

    for name in options.systems:
        tasks = ["speed"] if options.speed else [f"seed{s}" for s in options.seeds]
        for task in tasks:
            path = options.runs / f"{name}-{task}.json"
            if path.exists():
                continue
            data = load(SYSTEMS[name].data, options.data)
            if options.speed:
                result = speed_run(name, data)
            else:
                result = accuracy_run(name, int(task.removeprefix("seed")), data)
            path.write_text(json.dumps(result))
            print(f"{name} {task}: {result}", flush=True)

    rows = [table_row(name, options.runs) for name in SYSTEMS]
    for row in [COLUMNS, *rows]:
        print(" | ".join(row))
    if options.table:
        with open(options.table, "w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([COLUMNS, *rows])


if __name__ == "__main__":
    main()

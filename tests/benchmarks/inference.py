"""Loading and predicting with sknets and its peers, side by side.

Run from a checkout with ``pip install -e ".[benchmarks]"``::

    python tests/benchmarks/inference.py --data FOLDER

See docs/benchmarks.rst for what each row measures.
"""

from __future__ import annotations

import argparse
import os
import pickle
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import peers
import timing
from peers import C1, D3, Net
from timing import Row

import sknets

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

Options = argparse.Namespace

# What a prediction costs does not depend on how good it is: a short fit will do.
TRAINING_ROWS = 2_000

COLD_START = """
import pickle, sys, numpy as np
model = pickle.load(open(sys.argv[1], "rb"))
model.predict(np.load(sys.argv[2]))
"""


def images(options: Options) -> peers.Data:
    return timing.load_images(options.data, options.trial)


def rows_for(peer: str, net: Net, pixels: np.ndarray) -> np.ndarray:
    """The same pixels as a peer takes them: images for a CNN, else flat rows."""
    return pixels if net.is_cnn and peer != "MLPClassifier" else _flat(pixels)


def _flat(pixels: np.ndarray) -> np.ndarray:
    return pixels.reshape(len(pixels), -1)


def fitted(peer: str, net: Net, options: Options) -> Any:
    """Classifier of `net` by a peer, fitted shortly."""
    X, y = (part[:TRAINING_ROWS] for part in images(options)[:2])
    X = rows_for(peer, net, X)
    if peer == "sknets":
        return peers.sknets_estimator(net, 128, 2).fit(X, y)
    if peer == "scikeras":
        from scikeras.wrappers import KerasClassifier

        from sknets.architectures import dense_net, small_cnn

        build = small_cnn if net.is_cnn else dense_net
        routed = {f"model__{name}": value for name, value in net.parameters.items()}
        return KerasClassifier(
            build, **routed, loss="sparse_categorical_crossentropy", optimizer="adam",
            batch_size=128, epochs=2, verbose=0,
        ).fit(X, y)  # fmt: skip
    from sklearn.neural_network import MLPClassifier

    return MLPClassifier(
        net.parameters["width"], max_iter=2, n_iter_no_change=2
    ).partial_fit(X, y, classes=np.unique(y))


def cold_start(net: Net, others: dict[str, tuple], options: Options) -> list[Row]:
    """Import, load and predict one row in fresh processes: time and peak memory."""
    with tempfile.TemporaryDirectory() as folder:
        files = {}
        for peer in ("sknets", *others):
            own_net = D3 if peer == "MLPClassifier" else net
            model, row = Path(folder, f"{peer}.pkl"), Path(folder, f"{peer}.npy")
            model.write_bytes(pickle.dumps(fitted(peer, own_net, options)))
            np.save(row, rows_for(peer, own_net, images(options)[2][:1]))
            files[peer] = str(model), str(row)
        work = {
            peer: lambda paths=paths: timing.script(COLD_START, *paths)
            for peer, paths in files.items()
        }
        timing.alternate(work, 1)  # files are in the system's cache from here on
        done = timing.alternate(work, options.runs)
    medians = {
        peer: np.median([result for _, result in runs], axis=0)
        for peer, runs in done.items()
    }
    rows = []
    for peer, limits in others.items():
        for place, unit in enumerate(("s", "MB")):
            if limits[place]:
                work_name = f"fresh process, {net.name}, one row"
                if peer == "MLPClassifier" and net.is_cnn:
                    peer = "MLPClassifier (D3)"
                rows.append(
                    Row(work_name, peer, medians["sknets"][place],
                        medians[peer.split()[0]][place], unit, *limits[place])
                )  # fmt: skip
    return rows


COLD_LIMITS = {
    "scikeras": ((0.2, 0.1), (0.3, 0.15)),
    "MLPClassifier": ((1.3, 1.05), None),
}


def cold_dense(options: Options) -> list[Row]:
    return cold_start(D3, COLD_LIMITS, options)


def cold_cnn(options: Options) -> list[Row]:
    return cold_start(C1, COLD_LIMITS, options)


def row_dense(options: Options) -> list[Row]:
    """Latency of `predict` on one row, 200 calls a run."""
    return one_row(D3, "MLPClassifier", 200, (1.0, 0.7), options)


def row_cnn(options: Options) -> list[Row]:
    return one_row(C1, "scikeras", 20, (0.01, 0.006), options)


def one_row(
    net: Net, peer: str, calls: int, limits: tuple, options: Options
) -> list[Row]:
    def calls_of(name: str) -> Any:
        model = fitted(name, net, options)
        row = rows_for(name, net, images(options)[2][:1])
        return lambda: [model.predict(row) for _ in range(calls)]

    work = {name: calls_of(name) for name in ("sknets", peer)}
    seconds = timing.median_seconds(work, max(5, options.runs))
    ours, theirs = (1000 * seconds[name] / calls for name in ("sknets", peer))
    return [Row(f"one row, {net.name}, predict", peer, ours, theirs, "ms", *limits)]


def bulk_dense(options: Options) -> list[Row]:
    """Bulk prediction of the 60 000 training rows with D3."""
    X = _flat(images(options)[0])
    ours = fitted("sknets", D3, options)
    model, mlp = ours.model_, fitted("MLPClassifier", D3, options)
    work = {
        "sknets": lambda: ours.predict(X),
        "Keras predict, batch 1024": lambda: model.predict(X, 1024, verbose=0),
        "MLPClassifier": lambda: mlp.predict(X),
    }
    seconds = timing.median_seconds(work, max(5, options.runs))
    agree = (model.predict(X, 1024, verbose=0).argmax(1) == ours.predict(X)).mean()
    limits = {"Keras predict, batch 1024": (0.5, 0.3), "MLPClassifier": (1.0, 0.7)}
    return [
        Row(f"{len(X):,} rows, D3, predict", peer, seconds["sknets"], seconds[peer],
            "s", *limits[peer], f"{agree:.2%} equal" if "Keras" in peer else "")
        for peer in limits
    ]  # fmt: skip


def bulk_cnn(options: Options) -> list[Row]:
    """Bulk prediction of 10 000 images with C1, by numpy and by a compiled program."""
    X = images(options)[2][:10_000]
    ours = fitted("sknets", C1, options)
    model = ours.model_
    work = {
        "numpy": lambda: ours.predict(X),
        "compiled program": lambda: compiled_predict(ours, X),
        "Keras": lambda: model.predict(X, 512, verbose=0),
    }
    seconds = timing.median_seconds(work, max(5, options.runs))
    labels = model.predict(X, 512, verbose=0).argmax(1)
    limits = {"numpy": (2.5, 1.2), "compiled program": (0.8, 0.6)}
    return [
        Row(f"{len(X):,} images, C1, {way}", "Keras predict, batch 512", seconds[way],
            seconds["Keras"], "s", *limits[way],
            f"{(labels == work[way]()).mean():.2%} equal")
        for way in limits
    ]  # fmt: skip


def compiled_predict(estimator: Any, X: np.ndarray) -> np.ndarray:
    with sknets.compiled_prediction():
        return estimator.predict(X)


def size(options: Options) -> list[Row]:
    """Size of the pickle of a fitted D3 against its parameters in float32."""
    ours = fitted("sknets", D3, options)
    n_parameters = sum(weight.size for weight in ours.weights_)
    pickled = len(pickle.dumps(ours))
    return [Row("pickle of D3", f"4 bytes x {n_parameters:,} parameters",
                pickled / 1000, 4 * n_parameters / 1000, "kB", 1.1, 1.02)]  # fmt: skip


MEASURE = {
    "cold-dense": cold_dense,
    "cold-cnn": cold_cnn,
    "row-dense": row_dense,
    "row-cnn": row_cnn,
    "bulk-dense": bulk_dense,
    "bulk-cnn": bulk_cnn,
    "size": size,
}

if __name__ == "__main__":
    timing.report(MEASURE, __doc__.splitlines()[0])

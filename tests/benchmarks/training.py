"""Training time of sknets and its peers on the same work, side by side.

Run from a checkout with ``pip install -e ".[benchmarks]"``::

    python tests/benchmarks/training.py --data FOLDER

See docs/benchmarks.rst for what each row measures.
"""

from __future__ import annotations

import argparse
import gc
import os
import time
from itertools import pairwise
from statistics import median

import numpy as np
import peers
import timing
from peers import C1, C2, D3, D5, Fit, Net
from timing import Row

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

Options = argparse.Namespace

# Epochs of one fit; the first holds tracing and compiling and does not count.
EPOCHS = {"dense": 4, "cnn": 4}
CNN_ROWS = 12_000


# --- Steady epochs -------------------------------------------------------------------


def steady_epochs(
    net: Net, batch_size: int, data: peers.Data, runs: int
) -> dict[str, tuple[float, float] | None]:
    """Median seconds of an epoch, and median accuracy, by peer; None: not installed."""
    trainers = peers.trainers(net)
    epochs = EPOCHS["cnn" if net.is_cnn else "dense"]
    work = {
        name: lambda train=train: train(net, data, batch_size, epochs)
        for name, train in trainers.items()
        if train is not None
    }
    measured: dict[str, tuple[float, float] | None] = dict.fromkeys(trainers)
    for name, done in timing.alternate(work, runs).items():
        fits: list[Fit] = [fit for _, fit in done]
        measured[name] = (
            median(seconds for fit in fits for seconds in fit.seconds[1:]),
            median(fit.accuracy for fit in fits),
        )
    return measured


def epoch_rows(
    net: Net,
    batch_size: int,
    options: Options,
    limits: dict[str, tuple[float, float]],
) -> list[Row]:
    """Rows of the table for one network and batch size, one for each peer."""
    data = timing.load_images(options.data, options.trial)
    if net.is_cnn:
        data = (data[0][:CNN_ROWS], data[1][:CNN_ROWS], *data[2:])
    measured = steady_epochs(net, batch_size, data, options.runs)
    ours = measured.pop("sknets")
    assert ours is not None
    # Keras is held to the better of its two ways.
    slower = max(
        ("Keras fit", "Keras fit, jit_compile"), key=lambda name: measured[name]
    )
    rows = []
    for peer, theirs in measured.items():
        bar, aim = limits.get(peer.split(",")[0], (None, None))
        if peer == slower or "fused" in peer:
            bar = aim = None
        work = f"{net.name}, {len(data[0]):,} rows, epoch, batch {batch_size}"
        row = Row(work, peer, ours[0], None, "s", bar, aim, "not installed")
        if theirs is not None:
            row.peer_value = theirs[0]
            row.note = f"{ours[1]:.2%} / {theirs[1]:.2%}"
        rows.append(row)
    return rows


def d3_128(options: Options) -> list[Row]:
    limits = {
        "Keras fit": (0.33, 0.2),
        "PyTorch loop": (0.6, 0.45),
        "MLPClassifier": (0.4, 0.3),
    }
    return epoch_rows(D3, 128, options, limits)


def d3_32(options: Options) -> list[Row]:
    limits = {
        "Keras fit": (0.27, 0.2),
        "PyTorch loop": (0.33, 0.25),
        "MLPClassifier": (0.2, 0.13),
    }
    return epoch_rows(D3, 32, options, limits)


def c1(options: Options) -> list[Row]:
    limits = {"Keras fit": (0.8, 0.5), "PyTorch loop": (0.85, 0.5)}
    return epoch_rows(C1, 64, options, limits)


def c2(options: Options) -> list[Row]:
    limits = {"Keras fit": (0.8, 0.5), "PyTorch loop": (0.85, 0.5)}
    return epoch_rows(C2, 64, options, limits)


def d5_128(options: Options) -> list[Row]:
    """What dropout costs: D5 against D3, both in sknets."""
    data = timing.load_images(options.data, options.trial)
    work = {
        net.name: lambda net=net: peers.train_sknets(net, data, 128, EPOCHS["dense"])
        for net in (D5, D3)
    }
    done = timing.alternate(work, options.runs)
    with_dropout, without = (
        median(s for _, fit in done[net.name] for s in fit.seconds[1:])
        for net in (D5, D3)
    )
    reached = [median(fit.accuracy for _, fit in done[n.name]) for n in (D5, D3)]
    note = f"{reached[0]:.2%} / {reached[1]:.2%}"
    work_name = f"D5 (dropout), {len(data[0]):,} rows, epoch, batch 128"
    return [Row(work_name, "D3 in sknets", with_dropout, without, "s", 1.25, 1.1, note)]


def sgemm(options: Options) -> list[Row]:
    """D3's arithmetic a second as a share of what a large matrix product reaches."""
    data = timing.load_images(options.data, options.trial)
    done = timing.alternate(
        {"fit": lambda: peers.train_sknets(D3, data, 128, EPOCHS["dense"])},
        options.runs,
    )
    seconds = median(s for _, fit in done["fit"] for s in fit.seconds[1:])
    sizes = [int(np.prod(data[0].shape[1:])), *D3.parameters["width"], 10]
    kernels = [a * b for a, b in pairwise(sizes)]
    # Forward, gradient of the kernels, and, but for the first layer, of the input.
    operations = 2 * len(data[0]) * (3 * sum(kernels) - kernels[0])
    rate = operations / seconds / 1e9
    work = "D3, epoch, batch 128, floating-point operations"
    return [
        Row(f"{work} (more is better: bar 0.55, aim 0.75)", f"sgemm, {library}", rate,
            best, "GFLOP/s")
        for library, best in sgemm_rates(options.runs).items()
    ]  # fmt: skip


def sgemm_rates(runs: int, size: int = 2048) -> dict[str, float]:
    """Best GFLOP/s of a square matrix product, in numpy and in TensorFlow."""
    import tensorflow as tf

    a = np.random.default_rng(0).random((size, size), np.float32)
    b = tf.constant(a)
    work = {"numpy": lambda: a @ a, "TensorFlow": lambda: (b @ b).numpy()}
    done = timing.alternate(work, runs + 3)
    return {
        name: 2 * size**3 / min(seconds for seconds, _ in runs_done) / 1e9
        for name, runs_done in done.items()
    }


# --- Whole fits and searches on small data -------------------------------------------


def _digits() -> peers.Data:
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype(np.float32)
    return X[:1437], y[:1437].astype(np.int64), X[1437:], y[1437:].astype(np.int64)


def fits_in_this_process(peer: str, n_fits: int, epochs: int) -> tuple[list, float]:
    """Seconds of the first fit on digits and of the next ones, and the accuracy."""
    X, y, X_test, y_test = _digits()
    peers.import_frameworks(peer)
    seconds = []
    for _ in range(n_fits):
        estimator = peers.estimator(peer, epochs, 32, X.shape[1])
        start = time.perf_counter()
        estimator.fit(X, y)
        seconds.append(time.perf_counter() - start)
    return seconds, float(estimator.score(X_test, y_test))


def digits(options: Options) -> list[Row]:
    """Whole `fit` on digits, first in a process and later."""
    epochs = 2 if options.trial else 20
    figures = {}
    for peer in ("sknets", "scikeras", "skorch", "MLPClassifier"):
        if peer != "sknets" and not peers.installed(peers.PACKAGES[peer]):
            figures[peer] = (None, None, "not installed")
            continue
        done = [
            timing.in_fresh_process(fits_in_this_process, peer, 4, epochs)
            for _ in range(options.runs)
        ]
        first = median(seconds[0] for seconds, _ in done)
        later = median(s for seconds, _ in done for s in seconds[1:])
        figures[peer] = (first, later, f"{median(a for _, a in done):.2%}")
    ours = figures.pop("sknets")
    limits = {"scikeras": ((0.5, 0.3), (0.06, 0.025))}
    rows = []
    for place, when in enumerate(("first in the process", "later")):
        for peer, theirs in figures.items():
            bar, aim = limits.get(peer, ((None, None),) * 2)[place]
            work = f"digits, 64 units, {epochs} epochs, batch 32, whole fit, {when}"
            note = f"{ours[2]} / {theirs[2]}"
            rows.append(
                Row(work, peer, ours[place], theirs[place], "s", bar, aim, note)
            )
    return rows


def search_in_this_process(peer: str, epochs: int) -> tuple[float, float]:
    """Seconds of a grid search on digits, and its best accuracy."""
    from sklearn.model_selection import GridSearchCV, StratifiedKFold

    X, y, _, _ = _digits()
    peers.import_frameworks(peer)
    search = GridSearchCV(
        peers.estimator(peer, epochs, 32, X.shape[1]), peers.GRIDS[peer],
        # Given, because scikeras is no classifier to GridSearchCV.
        cv=StratifiedKFold(5), scoring="accuracy", refit=False, n_jobs=1,
        error_score="raise",
    )  # fmt: skip
    start = time.perf_counter()
    search.fit(X, y)
    seconds = time.perf_counter() - start
    return seconds, float(search.cv_results_["mean_test_score"].max())


def grid(options: Options) -> list[Row]:
    """Grid search on digits in a fresh process: 6 candidates x 5 folds."""
    epochs = 2 if options.trial else 20
    limits = {
        "scikeras": (0.08, 0.03), "skorch": (0.2, 0.08), "MLPClassifier": (1.0, 0.4),
    }  # fmt: skip
    figures: dict[str, list] = {
        peer: []
        for peer in ("sknets", *limits)
        if peer == "sknets" or peers.installed(peers.PACKAGES[peer])
    }
    for _ in range(options.runs):
        for peer, done in figures.items():
            done.append(timing.in_fresh_process(search_in_this_process, peer, epochs))
    medians = {peer: np.median(done, axis=0) for peer, done in figures.items()}
    seconds, score = medians["sknets"]
    rows = []
    for peer, (bar, aim) in limits.items():
        work = f"GridSearchCV, digits, 30 fits x {epochs} epochs, batch 32"
        row = Row(work, peer, seconds, None, "s", bar, aim, "not installed")
        if peer in medians:
            row.peer_value = medians[peer][0]
            row.note = f"{score:.2%} / {medians[peer][1]:.2%}"
        rows.append(row)
    return rows


def growth_in_this_process(n_fits: int, epochs: int) -> float:
    """Growth of resident memory, in MB, over further fits of a grid search."""
    from sklearn.model_selection import ParameterGrid

    X, y, _, _ = _digits()
    peers.import_frameworks("sknets")

    def fit(params: dict) -> None:
        peers.estimator("sknets", epochs, 32, X.shape[1]).set_params(**params).fit(X, y)

    candidates = list(ParameterGrid(peers.GRIDS["sknets"]))
    for params in candidates * 5:
        fit(params)
    gc.collect()
    before = timing.resident_megabytes()
    for number in range(n_fits):
        fit(candidates[number % len(candidates)])
    gc.collect()
    return timing.resident_megabytes() - before


def memory(options: Options) -> list[Row]:
    """Growth of resident memory over 200 fits after the search's 30."""
    n_fits, epochs = (12, 2) if options.trial else (200, 20)
    growth = timing.in_fresh_process(growth_in_this_process, n_fits, epochs)
    return [Row(f"memory after {n_fits} further fits", "bar 20, aim 0", growth, None,
                "MB")]  # fmt: skip


MEASURE = {
    "d3-128": d3_128,
    "d3-32": d3_32,
    "d5-128": d5_128,
    "c1": c1,
    "c2": c2,
    "digits": digits,
    "grid": grid,
    "memory": memory,
    "sgemm": sgemm,
}

if __name__ == "__main__":
    if peers.installed("torch"):
        # Triton, which PyTorch's optimisers import, crashes once TensorFlow is loaded.
        import torch._dynamo  # noqa: F401
    timing.report(MEASURE, __doc__.splitlines()[0])

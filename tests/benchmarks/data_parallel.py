"""One fit on several machines: local steps, and weights averaged between rounds.

`accuracy` trains networks with simulated workers, each on its share of the rows, and
compares them with one worker that has seen as many rows. `model` puts this and what
`data_parallel_costs.py` measures together into times of up to 1,000 machines, and
writes them as a table.

    python tests/benchmarks/data_parallel.py accuracy --width 128 64 --csv accuracy.csv
    python tests/benchmarks/data_parallel.py model --csv model.csv
"""

from __future__ import annotations

import argparse
import copy
import csv
import math
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import log_loss
from streams import N_CLASSES, N_FEATURES, N_TEST, made_up

from sknets import DenseNetClassifier

BATCH, N_SETTLING = 256, 10_000
# Networks of about 15,000, 300,000 and 5 million parameters.
WIDTHS = {"15k": (128, 64), "300k": (512, 512), "5M": (2200, 2200)}

# --- Accuracy -------------------------------------------------------------------------


def mean(weights: list[Any], n_rows: list[int]) -> list[np.ndarray]:
    """Weights of several networks, averaged by their rows."""
    return [
        np.average(own, axis=0, weights=n_rows).astype(np.float32)
        for own in zip(*weights, strict=True)
    ]


def simulated(
    width: tuple[int, ...],
    n_workers: int,
    X: np.ndarray,
    y: np.ndarray,
    *,
    epochs: int,
    rounds: int,
    seed: int,
    factor: float = 1.0,
) -> tuple[Any, int]:
    """Train with `rounds` averages an epoch; return the network, and steps of a round.

    The learning rate falls along half a cosine over the rounds, from twice Adam's own
    times `factor`. Each worker keeps its own moments.
    """
    start = DenseNetClassifier(width, batch_size=BATCH, random_state=seed)
    start.partial_fit(X[:N_SETTLING], y[:N_SETTLING], classes=range(N_CLASSES))
    nets = [copy.deepcopy(start) for _ in range(n_workers)]
    for number, net in enumerate(nets):
        net.set_params(random_state=1000 * seed + number)
    weights = start.weights_
    rng = np.random.default_rng(seed)
    shares = np.array_split(rng.permutation(len(X)), n_workers)
    for number in range(epochs * rounds):
        if number % rounds == 0:
            pieces = [np.array_split(rng.permutation(s), rounds) for s in shares]
        done = number / (epochs * rounds)
        rate = 0.001 * factor * (1 + math.cos(math.pi * done))
        for net, own in zip(nets, pieces, strict=True):
            net.weights_ = weights
            rows = own[number % rounds]
            net.set_params(learning_rate=rate).partial_fit(X[rows], y[rows])
        n_rows = [len(own[number % rounds]) for own in pieces]
        weights = mean([net.weights_ for net in nets], n_rows)
    start.weights_ = weights
    return start, -(-len(pieces[0][0]) // BATCH)


def accuracy(options: argparse.Namespace) -> list[list[Any]]:
    test = made_up(N_TEST, 10**6)
    header = "width workers rounds_an_epoch epochs rate_factor seed local_steps rounds"
    table: list[list[Any]] = [[*header.split(), "accuracy", "log_loss"]]
    for seed in range(options.seeds):
        X, y = made_up(options.rows, seed)
        for n_workers in options.workers:
            net, steps = simulated(
                tuple(options.width),
                n_workers,
                X,
                y,
                epochs=options.epochs,
                rounds=options.rounds,
                seed=seed,
                factor=options.rate_factor,
            )
            proba = net.predict_proba(test[0])
            loss = log_loss(test[1], proba, labels=range(N_CLASSES))
            figures = [net.score(*test), loss]
            row = ["-".join(map(str, options.width)), n_workers, options.rounds]
            row += [options.epochs, options.rate_factor, seed]
            row += [steps, options.epochs * options.rounds]
            row += [f"{value:.4f}" for value in figures]
            print(*row, flush=True)
            table.append(row)
    return table


# --- The model ------------------------------------------------------------------------

# What `data_parallel_costs.py` measured: rows a second on a machine with two cores, and
# seconds of one of Dask's tasks.
RATES = {"15k": 407_000.0, "300k": 48_000.0, "5M": 2140.0}
TASK, LATENCY, PASSES = 0.004, 0.0005, 3
# Steps between two averages; of each pass, a machine makes at least so many.
LOCAL_STEPS = 100
MACHINES = sorted({round(1.05**power) for power in range(142)} | {1000})


def seconds(name: str, n_rows: float, n_machines: int, bandwidth: float) -> float:
    """Time of a fit on several machines, with bandwidth in bytes a second.

    Each machine sends and receives all weights about once in a round, as in a ring.
    One scheduler hands out two tasks for each machine.
    """
    sizes = [N_FEATURES, *WIDTHS[name], N_CLASSES]
    n_bytes = 4 * sum(a * b + b for a, b in pairwise(sizes))
    work = PASSES * n_rows / (n_machines * RATES[name])
    if n_machines == 1:
        return work
    steps = PASSES * n_rows / n_machines / BATCH
    n_rounds = max(PASSES, math.ceil(steps / LOCAL_STEPS))
    a_round = 2 * n_bytes * (n_machines - 1) / n_machines / bandwidth
    a_round += LATENCY * math.log2(n_machines) + 2 * n_machines * TASK
    return work + n_rounds * a_round


def model(options: argparse.Namespace) -> list[list[Any]]:
    """From how many machines on rows are seen 1.5 times as fast, and up to how many.

    That is the most machines that each do half as much as one alone, or more.
    """
    header = ["Parameters", "Rows", "Seconds on one machine"]
    for gigabits in (1, 10):
        header += [f"Pays from, {gigabits} Gbit/s", "Useful up to", "Times as fast"]
    table: list[list[Any]] = [header]
    for name, exponent in product(WIDTHS, range(5, 10)):
        n_rows = 10**exponent
        most = n_rows / BATCH / LOCAL_STEPS
        alone = seconds(name, n_rows, 1, np.inf)
        row: list[Any] = [name, f"{n_rows:,}", f"{alone:,.0f}"]
        for gigabits in (1, 10):
            times = {n: seconds(name, n_rows, n, 1.25e8 * gigabits) for n in MACHINES}
            gains = {n: alone / times[n] for n in MACHINES if n <= most}
            pays = [n for n, gain in gains.items() if gain >= 1.5]
            useful = max((n for n in pays if gains[n] >= n / 2), default=None)
            if useful is None:
                row += ["never", "1", "1"]
            else:
                row += [pays[0], useful, f"{gains[useful]:.1f}"]
        table.append(row)
    return table


# --- Commands -------------------------------------------------------------------------


def write(table: list[list[Any]], path: Path | None) -> None:
    """Print a table, and write it if there is a path."""
    for row in table:
        print(*row)
    if path:
        with path.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", choices=["accuracy", "model"])
    parser.add_argument("--width", type=int, nargs="+", default=[128, 64])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4, 8, 16])
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=4, help="averages an epoch")
    parser.add_argument("--rate-factor", type=float, default=1.0)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--csv", type=Path)
    options = parser.parse_args()
    study = {"accuracy": accuracy, "model": model}[options.study]
    write(study(options), options.csv)


if __name__ == "__main__":
    main()

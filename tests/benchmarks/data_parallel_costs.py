"""What a fit on several workers costs: compute, rounds of Dask, and counts of texts.

`compute` measures rows a second with one thread, with two, and in two processes;
`rounds` what a round takes on Dask's tasks without any training; `texts` which share of
a fit of texts is counting. `data_parallel.py` computes with these figures.

    python tests/benchmarks/data_parallel_costs.py compute
    python tests/benchmarks/data_parallel_costs.py rounds
    python tests/benchmarks/data_parallel_costs.py texts --data FOLDER
"""

from __future__ import annotations

import argparse
import contextlib
import lzma
import os
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from data_parallel import BATCH, WIDTHS, mean, write
from streams import N_CLASSES, N_FEATURES, made_up

from sknets import DenseNetClassifier, TextPoolClassifier

# --- Compute --------------------------------------------------------------------------


def train_timed(width: tuple[int, ...], n_rows: int, cores: list[int]) -> None:
    """Train an epoch on some cores when told to, three times; print rows a second."""
    os.sched_setaffinity(0, cores)  # before TensorFlow starts its threads
    X, y = made_up(n_rows, 0)
    net = DenseNetClassifier(width, batch_size=BATCH, epochs=1, random_state=0)
    net.fit(X, y)
    print("ready", flush=True)
    for _ in range(3):
        sys.stdin.readline()
        begin = time.perf_counter()
        net.fit(X, y)
        print(n_rows / (time.perf_counter() - begin), flush=True)


def rates(width: tuple[int, ...], n_rows: int, cores: list[list[int]]) -> float:
    """Rows a second of one process for each list of cores, all together; the best."""
    command = [sys.executable, __file__, "child", "--rows", str(n_rows)]
    command += ["--width", *map(str, width)]
    processes = [
        subprocess.Popen(
            [*command, "--cores", *map(str, own)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for own in cores
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    sums = []
    for _ in range(3):
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        sums.append(sum(float(process.stdout.readline()) for process in processes))
    for process in processes:
        process.communicate()
    return max(sums)


def compute(options: argparse.Namespace) -> list[list[Any]]:
    header = "parameters one_thread two_threads two_processes"
    table: list[list[Any]] = [header.split()]
    for name in options.networks:
        n_rows = {"15k": 200_000, "300k": 25_000, "5M": 4_000}[name]
        ways = ([[0]], [[0, 1]], [[0], [1]])
        table.append([name, *(round(rates(WIDTHS[name], n_rows, way)) for way in ways)])
        print(*table[-1], flush=True)
    return table


# --- Rounds ---------------------------------------------------------------------------


def handed_on(weights: list[np.ndarray], number: int) -> list[np.ndarray]:
    """The weights as a new value: what a task of training leaves, untrained."""
    return [weight + np.float32(number) for weight in weights]


def rounds(options: argparse.Namespace) -> list[list[Any]]:
    from dask.distributed import Client, LocalCluster, wait

    table: list[list[Any]] = [["parameters", "bytes", "seconds_of_a_round"]]
    settings = {"threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(n_workers=2, **settings) as cluster, Client(cluster) as client:
        workers = list(client.scheduler_info()["workers"])
        begin = time.perf_counter()
        client.gather(client.map(abs, range(1000), pure=False))
        table.append(["a task", 0, f"{(time.perf_counter() - begin) / 1000:.5f}"])
        for name, width in WIDTHS.items():
            sizes = pairwise([N_FEATURES, *width, N_CLASSES])
            kernels = [np.zeros(shape, np.float32) for shape in sizes]
            weights, taken = client.scatter(kernels, hash=False), []
            for number in range(20):
                begin = time.perf_counter()
                trained = [
                    client.submit(handed_on, weights, number, workers=own, pure=False)
                    for own in workers
                ]
                weights = client.submit(mean, trained, [1, 1], pure=False)
                wait(weights)
                taken.append(time.perf_counter() - begin)
            n_bytes = sum(kernel.nbytes for kernel in kernels)
            table.append([name, n_bytes, f"{np.median(taken):.5f}"])
    return table


# --- Texts ----------------------------------------------------------------------------


def texts(options: argparse.Namespace) -> list[list[Any]]:
    """Seconds of the steps of a fit of film reviews, once and three times over."""
    from sknets._estimators.text_input import TextInput
    from sknets._texts import naive_bayes
    from sknets._training import loop

    steps = {
        "n-grams": (TextInput, "_learn_input"),
        "counts by class": (naive_bayes, "count"),
        "fine-tuning": (loop, "train"),
    }
    with lzma.open(options.data / "imdb_train.tsv.xz", "rt", encoding="utf-8") as file:
        labels, reviews = zip(*(line.split("\t", 1) for line in file), strict=True)
    table: list[list[Any]] = [["texts", *steps, "whole fit"]]
    for times in (1, 3):
        taken = dict.fromkeys(steps, 0.0)

        def timed(name: str, taken: Any = taken) -> Any:
            own = getattr(*steps[name])

            def run(*args: Any, **named: Any) -> Any:
                begin = time.perf_counter()
                try:
                    return own(*args, **named)
                finally:
                    taken[name] += time.perf_counter() - begin

            return patch.object(*steps[name], run)

        with contextlib.ExitStack() as patches:
            for name in steps:
                patches.enter_context(timed(name))
            begin = time.perf_counter()
            TextPoolClassifier(random_state=0).fit(reviews * times, labels * times)
            whole = time.perf_counter() - begin
        figures = [f"{value:.2f}" for value in (*taken.values(), whole)]
        table.append([len(reviews) * times, *figures])
    return table


def main() -> None:
    studies = {"compute": compute, "rounds": rounds, "texts": texts}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", choices=[*studies, "child"])
    parser.add_argument("--networks", nargs="+", choices=WIDTHS, default=list(WIDTHS))
    parser.add_argument("--data", type=Path)
    parser.add_argument("--csv", type=Path)
    child = parser.add_argument_group("child")
    child.add_argument("--width", type=int, nargs="+")
    child.add_argument("--rows", type=int)
    child.add_argument("--cores", type=int, nargs="+")
    options = parser.parse_args()
    if options.study == "child":
        train_timed(tuple(options.width), options.rows, options.cores)
    else:
        write(studies[options.study](options), options.csv)


if __name__ == "__main__":
    main()

"""Clocks, memory, fresh processes, and the table that the benchmarks print."""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info


@dataclass
class Row:
    """One line of the table: sknets against one peer.

    `value` and `peer_value` are in `unit`. The bar and the aim are the greatest ratios
    that count as met; None where there is none.
    """

    work: str
    peer: str
    value: float | None
    peer_value: float | None
    unit: str = "s"
    bar: float | None = None
    aim: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        if self.value is None or not self.peer_value:
            return None
        return self.value / self.peer_value

    @property
    def verdict(self) -> str:
        if self.ratio is None or self.bar is None:
            return ""
        if self.aim is not None and self.ratio <= self.aim:
            return "aim met"
        return "bar met" if self.ratio <= self.bar else "missed"


HEADER = """\
| work | against | sknets | peer | unit | ratio | bar | aim | | reached |
|---|---|--:|--:|---|--:|--:|--:|---|---|"""


def line(row: Row) -> str:
    """Line of the markdown table."""
    cells = (
        row.work, row.peer, _figure(row.value), _figure(row.peer_value), row.unit,
        _figure(row.ratio), _figure(row.bar), _figure(row.aim), row.verdict, row.note,
    )  # fmt: skip
    return "| " + " | ".join(cells) + " |"


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def alternate(
    work: Mapping[str, Callable[[], Any]], runs: int
) -> dict[str, list[tuple[float, Any]]]:
    """Run each function `runs` times, taking turns.

    What else the machine does meanwhile then hits all of them alike.

    Returns
    -------
    dict
        For each name the seconds and the result of each run.
    """
    done: dict[str, list[tuple[float, Any]]] = {name: [] for name in work}
    for _ in range(runs):
        for name, function in work.items():
            start = time.perf_counter()
            result = function()
            done[name].append((time.perf_counter() - start, result))
    return done


def median_seconds(
    work: Mapping[str, Callable[[], Any]], runs: int
) -> dict[str, float]:
    """Median time of each function, after one call of each that does not count."""
    alternate(work, 1)
    return {
        name: median(seconds for seconds, _ in done)
        for name, done in alternate(work, runs).items()
    }


def in_fresh_process(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function of a module in a process of its own, and return its result."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        return executor.submit(function, *arguments).result()


def script(code: str, *arguments: str) -> tuple[float, float]:
    """Run code in a fresh interpreter.

    Returns
    -------
    seconds : float
        From the start of the process to its end.
    megabytes : float
        Greatest resident memory.
    """
    code += "\nprint(open('/proc/self/status').read())"
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, *arguments],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    return time.perf_counter() - start, _kilobytes(done.stdout, "VmHWM") / 1024


def resident_megabytes() -> float:
    """Resident memory of this process."""
    return _kilobytes(Path("/proc/self/status").read_text(), "VmRSS") / 1024


def peak_megabytes() -> float:
    """Greatest resident memory of this process so far."""
    return _kilobytes(Path("/proc/self/status").read_text(), "VmHWM") / 1024


def _kilobytes(status: str, name: str) -> int:
    """Entry of Linux' /proc/self/status.

    Not getrusage: a process that was just started inherits its parent's peak there.
    """
    (line,) = [line for line in status.splitlines() if line.startswith(name)]
    return int(line.split()[1])


def machine() -> str:
    """What was measured with: versions, cores, the kernel of numpy's matrix product."""
    packages = ("sknets", "numpy", "scikit-learn", "tensorflow", "keras", "scikeras",
                "torch", "skorch", "fasttext-numpy2")  # fmt: skip
    blas = {
        f"{lib['internal_api']} {lib.get('version')} ({lib.get('architecture', '?')}, "
        f"{lib['num_threads']} threads)"
        for lib in threadpool_info()
        if lib["user_api"] == "blas" and "numpy" in lib["filepath"]
    }
    lines = [
        f"Python {platform.python_version()}, {os.cpu_count()} cores, load average "
        f"{os.getloadavg()[0]:.1f} before the first run",
        ", ".join(f"{name} {_version(name)}" for name in packages),
        f"numpy's matrix product: {', '.join(sorted(blas)) or 'unknown'}",
    ]
    return "\n".join(lines)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(from source)" if find_spec(package) else "(not installed)"


def arguments(description: str, rows: Sequence[str]) -> argparse.Namespace:
    """Command line that the benchmark programs share."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--rows", nargs="+", choices=rows, default=list(rows), metavar="ROW",
        help=f"which rows of the table to measure, of: {', '.join(rows)}",
    )  # fmt: skip
    parser.add_argument("--runs", type=int, default=3, help="runs to take medians of")
    parser.add_argument(
        "--data",
        default=os.environ.get("SKNETS_DATA"),
        help="folder that holds mnist.npz (text.py: imdb_*.tsv.xz); default: "
        "$SKNETS_DATA, else the small digits of scikit-learn take the place of MNIST",
    )
    parser.add_argument(
        "--texts",
        help="folder for the row of text.py with several classes, one folder a class",
    )
    parser.add_argument(
        "--trial",
        action="store_true",
        help="a few rows only, to see that everything works; the ratios mean nothing",
    )
    return parser.parse_args()


def report(
    measure: Mapping[str, Callable[[argparse.Namespace], list[Row]]], description: str
) -> None:
    """Measure the chosen rows and print each as soon as it is there."""
    options = arguments(description, list(measure))
    print(machine(), HEADER, sep="\n\n", flush=True)
    for name in options.rows:
        for row in measure[name](options):
            print(line(row), flush=True)


def load_images(folder: str | None, trial: bool) -> tuple[np.ndarray, ...]:
    """Return images float32 in 0..1 and labels: X, y to train on, X, y to test on."""
    if folder is None:
        from sklearn.datasets import load_digits

        print("(no data folder: scikit-learn's digits instead of MNIST)")
        digits = load_digits()
        images, labels = (digits.images / 16).astype(np.float32), digits.target
        split = images[:1500], labels[:1500], images[1500:], labels[1500:]
    else:
        with np.load(Path(folder) / "mnist.npz") as file:
            names = ("x_train", "y_train", "x_test", "y_test")
            split = tuple(file[name] for name in names)
        split = tuple(
            (part / 255).astype(np.float32) if part.ndim == 3 else part.astype(int)
            for part in split
        )
    return tuple(part[:1000] for part in split) if trial else split

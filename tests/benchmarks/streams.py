"""Rows that are read in parts against rows in memory: speed, memory and accuracy.

Makes up a table of rows on disk, learnable and sorted by class, and fits
`DenseNetClassifier` for one epoch and for several, once on the memory map part by part
and once on rows in memory. Each fit is a process of its own, so that its peak of
memory is its own.

    python tests/benchmarks/streams.py --gigabytes 2 --folder /tmp/streams
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np

N_FEATURES, N_CLASSES, N_TEST = 50, 10, 20_000
BLOCK = 100_000


def made_up(n_rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows whose class follows from products of features."""
    rng = np.random.default_rng([0, seed])
    X = rng.standard_normal((n_rows, N_FEATURES), dtype=np.float32)
    directions = np.random.default_rng(1).normal(size=(2, N_FEATURES, N_CLASSES))
    logits = (X @ directions[0]) * (X @ directions[1]) / N_FEATURES
    return X, logits.argmax(axis=1).astype(np.int8)


def write(folder: Path, n_rows: int) -> None:
    """Write the rows sorted by class, block by block."""
    folder.mkdir(parents=True, exist_ok=True)
    n_blocks = n_rows // BLOCK
    counts = np.zeros(N_CLASSES, int)
    for block in range(n_blocks):
        counts += np.bincount(made_up(BLOCK, block)[1], minlength=N_CLASSES)
    ends = np.cumsum(counts) - counts
    shape = (n_rows, N_FEATURES)
    X = np.memmap(folder / "X", np.float32, "w+", shape=shape)
    y = np.memmap(folder / "y", np.int8, "w+", shape=(n_rows,))
    for block in range(n_blocks):
        rows, labels = made_up(BLOCK, block)
        for label in range(N_CLASSES):
            own = rows[labels == label]
            X[ends[label] : ends[label] + len(own)] = own
            y[ends[label] : ends[label] + len(own)] = label
            ends[label] += len(own)
    X.flush(), y.flush()


class PeakMemory:
    """Highest memory of this process that no file stands behind, in MB."""

    def __enter__(self) -> PeakMemory:
        self.start = self.peak = self._now()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()

    @staticmethod
    def _now() -> float:
        status = Path("/proc/self/status").read_text()
        [line] = [x for x in status.splitlines() if x.startswith("RssAnon")]
        return int(line.split()[1]) / 1024

    def _watch(self) -> None:
        while not self._ended.wait(0.02):
            self.peak = max(self.peak, self._now())


def fit(folder: Path, n_rows: int, kind: str, epochs: int) -> dict[str, float]:
    """Fit in this process; return what was measured."""
    from sknets import DenseNetClassifier
    from sknets._parts import arrays

    X = np.memmap(folder / "X", np.float32, "r", shape=(n_rows, N_FEATURES))
    y = np.array(np.memmap(folder / "y", np.int8, "r", shape=(n_rows,)))
    if kind == "memory":
        order = np.random.default_rng(0).permutation(n_rows)
        X, y = np.array(X)[order], y[order]
    else:
        arrays.MAPPED_BYTES = 0
    net = DenseNetClassifier(epochs=epochs, batch_size=256, random_state=0)
    warm_up = made_up(20_000, 0)  # imports, and the compiled program
    DenseNetClassifier(epochs=1, batch_size=256, random_state=0).fit(*warm_up)
    start = time.perf_counter()
    with PeakMemory() as memory:
        net.fit(X, y)
    seconds = time.perf_counter() - start
    test = made_up(N_TEST, 10**6)
    return {
        "seconds": seconds,
        "rows_per_second": n_rows * epochs / seconds,
        "peak_MB_beyond_start": memory.peak - memory.start,
        "accuracy": net.score(*test),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=2.0)
    parser.add_argument("--folder", type=Path, default=Path("streams-data"))
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--kind", choices=["parts", "memory"])
    options = parser.parse_args()
    row_bytes = 4 * N_FEATURES
    n_rows = max(1, round(options.gigabytes * 1e9 / row_bytes / BLOCK)) * BLOCK
    if options.kind:
        measured = fit(options.folder, n_rows, options.kind, options.epochs)
        print(json.dumps(measured))
        return
    path = options.folder / "X"
    if not path.exists() or path.stat().st_size != n_rows * row_bytes:
        write(options.folder, n_rows)
    for kind in ("parts", "memory"):
        command = [sys.executable, __file__, *sys.argv[1:], "--kind", kind]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        print(kind, n_rows, "rows:", done.stdout.splitlines()[-1], flush=True)


if __name__ == "__main__":
    main()

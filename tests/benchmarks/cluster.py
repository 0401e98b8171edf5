"""Two workers of a Dask cluster against one: searches, killed workers, predictions,
counts of texts.

    export OMP_NUM_THREADS=1
    python tests/benchmarks/cluster.py --only search kill
    python tests/benchmarks/cluster.py --only predict --rows 10_000_000 --folder DIR
    python tests/benchmarks/cluster.py --only count --texts 200_000 --data DIR

Each ratio is the median over `--rounds`, in which both take turns, after a round that
does not count (of texts, only 50,000): it compiles programs and brings files to memory.
`predict` needs a folder that streams.py has written, `count` one with
imdb_train.tsv.xz. With ``--keep-memory`` workers do not give freed memory back at once,
as Dask has them do.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import itertools
import lzma
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import dask
import dask.array as da
import dask.bag as db
import numpy as np
from distributed import Client, LocalCluster
from joblib import parallel_config
from sklearn.datasets import make_classification
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from streams import N_FEATURES, made_up
from timing import alternate

from sknets import DenseNetClassifier, TextPoolClassifier
from sknets._parts import Part, as_parts
from sknets._texts import naive_bayes
from sknets._training.tensorflow.program import training_program

GRID = {
    "dropout": [0.0, 0.1, 0.2, 0.3],
    "learning_rate": [0.001, 0.002, 0.004, 0.008],
}
CHUNK = 500_000  # of 100 MB, as Dask advises
# As glibc does by itself, but for what Dask sets in its workers.
KEEPING = {"MALLOC_TRIM_THRESHOLD_": 2**28, "MALLOC_MMAP_THRESHOLD_": 2**25}


@contextlib.contextmanager
def cluster(n_workers: int) -> Iterator[Client]:
    with (
        LocalCluster(
            n_workers=n_workers, threads_per_worker=1, dashboard_address=":0"
        ) as workers,
        Client(workers) as client,
    ):
        client.wait_for_workers(n_workers)
        yield client


def report(
    name: str, work: dict[str, Callable[[], Any]], rounds: int
) -> dict[str, list[tuple[float, Any]]]:
    """Print the time of the last function over that of the first."""
    done = alternate(work, rounds)
    (first, *_, last) = ([seconds for seconds, _ in runs] for runs in done.values())
    ratio = median(b / a for a, b in zip(first, last, strict=True))
    seconds = {which: f"{median(s for s, _ in done[which]):.1f} s" for which in done}
    print(f"{name}: {seconds}, ratio {ratio:.2f}", flush=True)
    return done


# --- Searches ------------------------------------------------------------------------


def search_of_48() -> tuple[GridSearchCV, np.ndarray, np.ndarray]:
    X, y = make_classification(4000, 20, n_informative=10, n_classes=3, random_state=0)
    net = DenseNetClassifier((128, 64), random_state=0)
    splits = list(StratifiedKFold(3).split(X, y))
    return GridSearchCV(net, GRID, cv=splits, refit=False), X.astype(np.float32), y


def on_cluster(search: GridSearchCV, X: np.ndarray, y: np.ndarray) -> GridSearchCV:
    scatter = [X, y, *itertools.chain.from_iterable(search.cv)]
    with parallel_config(backend="dask", scatter=scatter):
        return search.fit(X, y)


def n_compiled() -> int:
    return training_program.cache_info().misses


def searches(options: argparse.Namespace) -> None:
    with cluster(2) as client:
        search, X, y = search_of_48()
        on_cluster(search, X, y)
        before = client.run(n_compiled)
        work = {
            "one process": lambda: search.fit(X, y),
            "two workers": lambda: on_cluster(search, X, y),
        }
        alternate(work, 1)
        report("search of 48 fits", work, options.rounds)
        compiled = sum(client.run(n_compiled).values()) - sum(before.values())
        print(f"programs compiled in the later searches: {compiled}")


def kills(options: argparse.Namespace) -> None:
    """Kill a worker at random moments of a search; print how many scores changed."""
    rng = np.random.default_rng(0)
    with cluster(2) as client:
        client.amm.stop()
        search, X, y = search_of_48()
        on_cluster(search, X, y)
        start = time.perf_counter()
        expected = on_cluster(search, X, y).cv_results_["mean_test_score"].copy()
        seconds = time.perf_counter() - start
        n_same = 0
        for _ in range(5):
            client.wait_for_workers(2)
            pid = rng.choice(list(client.run(os.getpid).values()))
            wait = seconds * rng.uniform(0.1, 0.9)
            timer = threading.Timer(wait, os.kill, (int(pid), signal.SIGKILL))
            timer.start()
            found = on_cluster(search, X, y).cv_results_["mean_test_score"]
            timer.join()
            n_same += np.array_equal(found, expected)
            print(f"killed after {wait:.1f} of about {seconds:.1f} s", flush=True)
        print(f"the same scores after a kill: {n_same} of 5")


# --- Predictions ---------------------------------------------------------------------


def rows_of(path: str, first: int, n_rows: int) -> np.ndarray:
    offset = first * N_FEATURES * 4
    return np.array(np.memmap(path, np.float32, "r", offset, (n_rows, N_FEATURES)))


def chunk_of(path: str, block_info: Any = None) -> np.ndarray:
    return rows_of(path, block_info[None]["array-location"][0][0], CHUNK)


def predictions(options: argparse.Namespace) -> None:
    path, n_rows = str(options.folder / "X"), options.rows // CHUNK * CHUNK
    net = DenseNetClassifier((128, 64), epochs=1, random_state=0)
    net.fit(*made_up(20_000, 0))

    def alone() -> np.ndarray:
        starts = range(0, n_rows, CHUNK)
        chunks = (net.predict_proba(rows_of(path, s, CHUNK)) for s in starts)
        return sum(chunk.sum(axis=0) for chunk in chunks)

    chunks = ((CHUNK,) * (n_rows // CHUNK), (N_FEATURES,))
    rows = da.map_blocks(chunk_of, path, chunks=chunks, dtype=np.float32)
    sums = net.predict_proba(rows).sum(axis=0)
    with cluster(2):
        np.testing.assert_allclose(sums.compute(), alone())
        work = {"one process": alone, "two workers": sums.compute}
        alternate(work, 1)
        report(f"predict_proba of {n_rows:,} rows", work, options.rounds)


# --- Texts ---------------------------------------------------------------------------


@functools.cache
def reviews(path: str) -> list[tuple[int, str]]:
    with lzma.open(path, "rt", encoding="utf-8") as file:
        lines = (line.rstrip("\n").split("\t", 1) for line in file)
        return [(int(label), text) for label, text in lines]


def with_noise(path: str, part: int, size: int) -> list[str]:
    """Reviews of one part, each with a few words of others."""
    rng = np.random.default_rng([part])
    known = reviews(path)
    found = []
    for number in range(part * size, (part + 1) * size):
        words = known[rng.integers(len(known))][1].split(maxsplit=4)[:4]
        found.append(f"{known[number % len(known)][1]} {' '.join(words)}")
    return found


def counts(options: argparse.Namespace) -> None:
    path = str(options.data / "imdb_train.tsv.xz")
    size = 5000
    n_parts = options.texts // size
    known = reviews(path)
    y = np.array([known[i % len(known)][0] for i in range(n_parts * size)])
    net = TextPoolClassifier(epochs=1, random_state=0)
    net.fit([text for _, text in known], [label for label, _ in known])
    prepare = net._prepares_parts()

    def summed(number: int, part: Part) -> naive_bayes.Sums:
        y = np.asarray(part.y)[:, None]
        w = np.ones(len(y), np.float32)
        X = prepare(part.X)
        return naive_bayes.sums_of_rows(X, y, w, is_exclusive=False, n_outputs=1)

    def counted(client: Client, n_parts: int) -> np.ndarray:
        with client.as_current():
            bag = db.from_sequence(range(n_parts), npartitions=n_parts)
            bag = bag.map_partitions(
                lambda part: with_noise(path, next(iter(part)), size)
            )
            labels = da.from_array(y[: n_parts * size], chunks=size)
            read = as_parts(bag, labels, None).read(prepare=summed)
            inside, everywhere, _ = naive_bayes.total(sums for _, sums in read)
        return np.hstack([inside, everywhere])

    with cluster(1) as one, cluster(2) as two:
        work = {
            "one worker": lambda: counted(one, n_parts),
            "two workers": lambda: counted(two, n_parts),
        }
        few = min(n_parts, 10)  # so that files are in memory, plugins in the workers
        np.testing.assert_array_equal(counted(one, few), counted(two, few))
        done = report(f"counts of {n_parts * size:,} texts", work, options.rounds)
        np.testing.assert_array_equal(*(runs[0][1] for runs in done.values()))


MEASURED = {"search": searches, "kill": kills, "predict": predictions, "count": counts}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--only", nargs="+", choices=MEASURED, default=list(MEASURED))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--texts", type=int, default=200_000)
    parser.add_argument("--folder", type=Path, default=Path("streams-data"))
    parser.add_argument("--data", type=Path, default=os.environ.get("SKNETS_DATA"))
    parser.add_argument("--keep-memory", action="store_true")
    options = parser.parse_args()
    if options.keep_memory:
        dask.config.set({"distributed.nanny.pre-spawn-environ": KEEPING})
    if os.environ.get("OMP_NUM_THREADS") != "1":
        raise SystemExit("Set OMP_NUM_THREADS=1: a worker shall have one thread.")
    for name in options.only:
        MEASURED[name](options)


if __name__ == "__main__":
    main()

"""Searches in joblib's workers: they live, are quiet, and share the cores."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import sknets

pytest.importorskip("psutil")  # without it joblib does not look at workers' memory

PROGRAM = """
import json, os, sys, time, warnings
import numpy as np
from joblib import Parallel, delayed, parallel_config
from sklearn.model_selection import GridSearchCV
from sknets import DenseNetClassifier, SmallCNNClassifier

# Not "error": raised in joblib's own thread, a warning would leave the search waiting.
warnings.simplefilter("always")
# What TensorFlow reads functions with uses what Python 3.13 deprecates.
warnings.filterwarnings("ignore", module="gast")


def report():
    time.sleep(1.1)  # joblib looks at a worker's memory once in a second
    threads = None
    if "tensorflow" in sys.modules:
        threading = sys.modules["tensorflow"].config.threading
        threads = (
            threading.get_intra_op_parallelism_threads(),
            threading.get_inter_op_parallelism_threads(),
        )
    return os.getpid(), threads


def workers():
    return sorted(set(Parallel(n_jobs=2)(delayed(report)() for _ in range(6))))


X, y = np.random.default_rng(0).random((24, 8, 8)), np.arange(24) % 2


def search(net, grid):
    GridSearchCV(net, grid, cv=2, n_jobs=2, refit=False, error_score="raise").fit(X, y)
    return workers()


dense = DenseNetClassifier(3, epochs=1, random_state=0)
cnn = SmallCNNClassifier((2,), epochs=1, random_state=0)
with parallel_config(backend="loky", inner_max_num_threads=1):
    found = {
        "small": search(dense, {"dropout": [0.0, 0.1, 0.2]}),
        "cnn": search(cnn, {"dropout": [0.0, 0.1]}),
        "again": search(cnn, {"dropout": [0.0, 0.1]}),
    }
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def done():
    package = str(Path(sknets.__file__).parents[1])
    # As in a process that has not imported TensorFlow, nor was started by one.
    own = {k: v for k, v in os.environ.items() if "TF_" not in k}
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={**own, "PYTHONPATH": os.pathsep.join([package, *sys.path])},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.fixture(scope="module")
def workers(done):
    assert done.returncode == 0, done.stderr
    return {name: dict(found) for name, found in json.loads(done.stdout).items()}


def test_a_search_writes_nothing(done):
    assert done.stderr == ""


def test_workers_live_through_the_import_of_tensorflow(workers):
    assert len(workers["small"]) == 2
    assert workers["small"].keys() == workers["cnn"].keys() == workers["again"].keys()


def test_small_fits_do_not_import_tensorflow_in_workers(workers):
    assert set(workers["small"].values()) == {None}


def test_tensorflow_takes_the_share_of_cores_that_joblib_gives(workers):
    threads = [shares for shares in workers["again"].values() if shares]
    assert threads
    assert all(shares == [1, 1] for shares in threads)

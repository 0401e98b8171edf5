"""The program of the page on several machines, on two worker processes over TCP."""

import re
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import make_classification

from tests.clusters import two_workers
from tests.networks import assert_all_equal

distributed = pytest.importorskip("distributed")

GUIDE = Path(__file__).parents[1] / "docs" / "user_guide"
PAGE = (GUIDE / "several_machines.rst").read_text(encoding="utf-8")
[BLOCK] = re.findall(r"\.\. code-block:: python\n\n((?:   .*\n|\n)+)", PAGE)
PROGRAM = re.sub(r"^   ", "", BLOCK, flags=re.MULTILINE)

X, Y = make_classification(
    2600, 10, n_informative=6, n_classes=3, class_sep=2.0, random_state=0
)
X, Y, X_TEST, Y_TEST = X[:2000], Y[:2000], X[2000:], Y[2000:]


@pytest.fixture
def cluster():
    with two_workers() as cluster:
        yield cluster


@pytest.fixture
def runs(cluster, tmp_path):
    """Names of the program after each of two runs.

    Each has a client of its own: Dask does not compute again what a client holds.
    """
    paths = [str(tmp_path / f"{number}.npz") for number in range(4)]
    for path, rows in zip(
        paths, np.split(np.arange(2000), [300, 900, 1400]), strict=True
    ):
        np.savez(path, X=X[rows], y=Y[rows])
    found = []
    for _ in range(2):
        with distributed.Client(cluster) as client, pytest.MonkeyPatch.context() as m:
            client.wait_for_workers(2)
            m.setattr("dask.distributed.Client", lambda address, own=client: own)
            names = {"__name__": "__main__", "paths": paths}
            exec(compile(PROGRAM, "several_machines.rst", "exec"), names)
            found.append(names)
    return found


def test_the_program_trains_and_repeats_its_bits(runs):
    """One test, so that processes of pytest-xdist do not start a cluster each."""
    first, second = runs
    assert first["net"].score(X_TEST, Y_TEST) > 0.9
    assert_all_equal(first["net"].weights_, second["net"].weights_)
    assert first["n_rows"] == [300, 600, 500, 600]
    weights = [[np.float32([1, 2])], [np.float32([4, 8])]]
    [found] = first["mean"](weights, [200, 100])
    np.testing.assert_array_equal(found, np.float32([2, 4]))
    assert found.dtype == np.float32

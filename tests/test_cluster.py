"""A cluster of two worker processes over TCP: searches, predictions, data in parts.

Started once for the file, since a worker takes seconds to start.
"""

import itertools
import os
import time

import numpy as np
import pytest
from joblib import parallel_config
from sklearn.base import BaseEstimator, clone
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_predict

from sknets import DenseNetClassifier, TextPoolClassifier
from sknets._estimators import parts_fit
from tests.clusters import two_workers

distributed = pytest.importorskip("distributed")
da = pytest.importorskip("dask.array")
db = pytest.importorskip("dask.bag")

X = np.random.default_rng(0).normal(size=(240, 4))
Y = (X[:, 0] > 0).astype(int)
STARTS = range(0, len(X), 60)
GRID = {"dropout": [0.0, 0.2], "learning_rate": [0.01, 0.03, 0.1]}
NET = DenseNetClassifier((8,), epochs=3, random_state=0)


@pytest.fixture(scope="module")
def cluster():
    with two_workers() as cluster:
        yield cluster


@pytest.fixture
def client(cluster):
    with distributed.Client(cluster) as client:
        client.wait_for_workers(2)
        yield client


def pids(client):
    return set(client.run(os.getpid).values())


def search(net=NET, cv=3):
    return GridSearchCV(net, GRID, cv=cv, refit=False)


def check_same_scores(found, expected):
    for name in ("params", "mean_test_score", "split0_test_score"):
        np.testing.assert_array_equal(
            found.cv_results_[name], expected.cv_results_[name]
        )


def test_a_search_gives_the_scores_of_one_process(client):
    expected = search().fit(X, Y)
    with parallel_config(backend="dask"):
        found = search().fit(X, Y)
        proba = cross_val_predict(NET, X, Y, cv=3, method="predict_proba")
    check_same_scores(found, expected)
    np.testing.assert_array_equal(
        proba, cross_val_predict(NET, X, Y, cv=3, method="predict_proba")
    )


# More steps than NumPy would be taken for.
COMPILED = DenseNetClassifier((1024, 1024), epochs=90, batch_size=8, random_state=0)


def programs_after(net=None):
    """Fit in this process; return how many programs it has compiled and used again."""
    from sknets._training.tensorflow.program import training_program

    if net is not None:
        net.fit(X[:120], Y[:120])
    found = training_program.cache_info()
    return found.misses, found.hits


def test_a_worker_keeps_its_programs_over_tasks(client):
    before = client.run(programs_after, COMPILED)
    assert [misses for misses, _ in before.values()] == [1, 1]
    with parallel_config(backend="dask"):
        GridSearchCV(COMPILED, {"dropout": [0.1, 0.2]}, cv=2, refit=False).fit(X, Y)
    after = client.run(programs_after)
    assert [misses for misses, _ in after.values()] == [1, 1]
    n_fits = sum(hits for _, hits in after.values()) - sum(
        h for _, h in before.values()
    )
    assert n_fits == 4


class Mortal(BaseEstimator):
    """Kills the process of the first fit with one of the candidates."""

    def __init__(self, net=NET, marker=None, learning_rate=None, dropout=None):
        self.net, self.marker = net, marker
        self.learning_rate, self.dropout = learning_rate, dropout

    def fit(self, X, y):
        doomed = (self.learning_rate, self.dropout) == (0.03, 0.2)
        if doomed and self.marker and not os.path.exists(self.marker):
            open(self.marker, "w").close()
            os._exit(1)
        params = {"learning_rate": self.learning_rate, "dropout": self.dropout}
        self.net_ = clone(self.net).set_params(**params).fit(X, y)
        return self

    def score(self, X, y):
        return self.net_.score(X, y)


def test_a_worker_that_dies_in_a_search_is_survived(client, tmp_path):
    before = pids(client)
    # What joblib scatters by itself is on one worker, and lost with it; and Dask drops
    # copies that no task waits for.
    client.amm.stop()
    splits = list(StratifiedKFold(3).split(X, Y))
    scatter = [X, Y, *itertools.chain.from_iterable(splits)]
    expected = search(Mortal(), splits).fit(X, Y)
    with parallel_config(backend="dask", scatter=scatter):
        found = search(Mortal(marker=str(tmp_path / "died")), splits).fit(X, Y)
    check_same_scores(found, expected)
    assert (tmp_path / "died").exists()
    client.amm.start()
    client.wait_for_workers(2)
    assert pids(client) != before


class Counted(DenseNetClassifier):
    """Notes in a folder each process that it is unpickled in."""

    def __setstate__(self, state):
        super().__setstate__(state)
        path = os.path.join(self.folder_, f"{os.getpid()}-{time.monotonic_ns()}")
        open(path, "w").close()


def test_each_worker_gets_a_model_once(client, tmp_path):
    net = Counted((8,), epochs=1, random_state=0).fit(X, Y)
    net.folder_ = str(tmp_path)
    rows = da.from_array(X, chunks=(10, -1))
    np.testing.assert_array_equal(
        net.predict_proba(rows).compute(), net.predict_proba(X)
    )
    processes = [int(name.split("-")[0]) for name in os.listdir(tmp_path)]
    assert all(processes.count(pid) == 1 for pid in pids(client) & set(processes))


def test_parts_are_read_through_the_cluster(client):
    rows, labels = da.from_array(X, chunks=(60, -1)), da.from_array(Y, chunks=60)
    found = clone(NET).fit(rows, labels)
    expected = clone(NET).fit(X, Y)
    np.testing.assert_array_equal(found.predict_proba(X), expected.predict_proba(X))


def test_parts_go_to_the_client_that_is_current(client, tmp_path):
    def note(block):
        open(tmp_path / str(os.getpid()), "w").close()
        return block

    rows = da.from_array(X, chunks=(60, -1)).map_blocks(note, dtype=float, meta=X[:0])
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0"
        ) as other,
        distributed.Client(other),  # the last one is the default
        client.as_current(),
    ):
        clone(NET).fit(rows, Y)
    computed_by = {int(name) for name in os.listdir(tmp_path)}
    assert computed_by
    assert computed_by <= pids(client)


def test_what_a_closed_client_held(cluster):
    with distributed.Client(cluster) as client:
        rows = client.persist(da.from_array(X, chunks=(60, -1)))
    with pytest.raises(Exception) as caught:  # noqa: PT011
        NET.fit(rows, Y)
    assert "that client is closed, it is gone" in "".join(caught.value.__notes__)


def test_a_search_of_texts(client):
    texts = [f"{'good' if y else 'bad'} film {i}" for i, y in enumerate(Y)]
    net = TextPoolClassifier(epochs=1, random_state=0)
    grid = {"dropout": [0.0, 0.1]}
    expected = GridSearchCV(net, grid, cv=2, refit=False).fit(texts, Y)
    with parallel_config(backend="dask"):
        found = GridSearchCV(net, grid, cv=2, refit=False).fit(texts, Y)
    check_same_scores(found, expected)


class Noted:
    """A tokenizer that notes in a folder each process that it splits texts in."""

    def __init__(self, folder):
        self.folder = folder

    def __call__(self, text):
        open(os.path.join(self.folder, str(os.getpid())), "w").close()
        return text.split()


def test_texts_in_parts_are_counted_by_the_workers(client, tmp_path, monkeypatch):
    monkeypatch.setattr(parts_fit, "IN_MEMORY_BYTES", 0)
    texts = [f"{'good' if y else 'bad'} film {i % 7}" for i, y in enumerate(Y)]
    net = TextPoolClassifier(tokenizer=Noted(str(tmp_path)), epochs=2, random_state=0)
    expected = clone(net).fit([(texts[i : i + 60], Y[i : i + 60]) for i in STARTS])
    assert os.listdir(tmp_path) == [str(os.getpid())]
    bag = db.from_sequence(texts, partition_size=60)
    found = clone(net).fit(bag, da.from_array(Y, chunks=60))
    np.testing.assert_array_equal(
        found.predict_proba(texts), expected.predict_proba(texts)
    )
    workers = {int(name) for name in os.listdir(tmp_path)} - {os.getpid()}
    assert workers
    assert workers <= pids(client)

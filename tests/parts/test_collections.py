"""Collections of Dask: each chunk or partition with its rows of y and weights."""

import threading
import time

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from sknets._parts import as_parts
from tests.parts.rows import N, X, Y, check

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
dd = pytest.importorskip("dask.dataframe")
db = pytest.importorskip("dask.bag")


@pytest.fixture(autouse=True)
def in_one_thread():
    with dask.config.set(scheduler="synchronous"):
        yield


def test_arrays():
    lazy = da.from_array(X, chunks=(15, 2))
    check(as_parts(lazy, Y, None), 4)
    check(as_parts(lazy, da.from_array(Y, chunks=7), da.from_array(Y)), 4, Y)
    assert as_parts(lazy, Y, 2.0).columns[2][0] == 2.0


def test_arrays_of_unknown_chunks():
    lazy = da.from_array(X, chunks=(15, -1))
    unknown = lazy[da.from_array(np.ones(N, bool), chunks=15)]
    y = da.from_array(Y, chunks=15)
    check(as_parts(unknown, y, None), 4)
    with pytest.raises(TypeError, match=r"y must be a collection.*got ndarray: .*unkn"):
        as_parts(unknown, Y, None)
    with pytest.raises(ValueError, match=r"X has 4 parts, but y has 2.*compute_chunk"):
        as_parts(unknown, y.rechunk(25), None)


def test_targets_of_another_length():
    lazy = da.from_array(X, chunks=(15, -1))
    for y in (Y[:-1], da.from_array(Y[:-1], chunks=15)):
        with pytest.raises(ValueError, match="X has 50 rows, but y has 49"):
            as_parts(lazy, y, None)


def test_frames():
    frame = dd.from_pandas(pd.DataFrame(X, columns=list("abc")), npartitions=3)
    y = dd.from_pandas(pd.Series(Y), npartitions=3)
    parts = as_parts(frame, y, None)
    check(parts, 3)
    assert list(next(parts.read())[1].X.columns) == ["a", "b", "c"]
    with pytest.raises(ValueError, match="X has 3 parts, but y has 2"):
        as_parts(frame, y.repartition(npartitions=2), None)


def test_bags_whose_partitions_are_generators():
    texts = [f"text {i}" for i in range(8)]
    bag = db.from_sequence(texts, npartitions=2)
    made = bag.map_partitions(lambda part: (text.upper() for text in part))
    labels = db.from_sequence(range(8), npartitions=2).map_partitions(iter)
    read = [part for _, part in as_parts(made, labels, None).read()]
    assert all(type(part.X) is type(part.y) is list for part in read)
    assert [text for part in read for text in part.X] == [t.upper() for t in texts]
    assert [label for part in read for label in part.y] == [*range(8)]


def test_a_sparse_target_in_memory():
    lazy = da.from_array(X, chunks=(15, -1))
    target = sparse.csr_array(np.eye(N)[:, :3])
    parts = [part for _, part in as_parts(lazy, target, None).read()]
    assert [part.y.shape for part in parts] == [(15, 3), (15, 3), (15, 3), (5, 3)]
    with pytest.raises(ValueError, match="X has 50 rows, but y has 49"):
        as_parts(lazy, target[:-1], None)


def test_bags():
    texts = [f"text {i}" for i in range(9)]
    parts = as_parts(
        db.from_sequence(texts, npartitions=3),
        db.from_sequence(list(range(9)), npartitions=3),
        None,
    )
    assert [part.X for _, part in parts.read([1])] == [texts[3:6]]
    assert [part.y for _, part in parts.read([1])] == [[3, 4, 5]]


def test_parts_are_computed_when_they_are_asked_for():
    def read(block, block_info):
        computed.append(block_info[0]["chunk-location"][0])
        return block

    computed = []
    lazy = da.from_array(X, chunks=(2, -1)).map_blocks(read, dtype=float, meta=X[:0])
    order = [7, 2, 9, 0, 4, 21, 1, 3, 5, 6, 8, 10]
    reading = as_parts(lazy, Y, None).read(order)
    number, part = next(reading)
    assert number == 7
    np.testing.assert_array_equal(part.X, X[14:16])
    np.testing.assert_array_equal(part.y, Y[14:16])
    reading.close()
    # As many as go side by side, and as many more meanwhile.
    assert set(order[:4]) <= set(computed) <= set(order[:8])


def test_parts_come_in_the_order_that_is_asked_for():
    order = [7, 2, 9, 0, 4]
    read = list(as_parts(da.from_array(X, chunks=(5, -1)), Y, None).read(order))
    assert [number for number, _ in read] == order
    for number, part in read:
        np.testing.assert_array_equal(part.X, X[5 * number : 5 * number + 5])
        np.testing.assert_array_equal(part.y, Y[5 * number : 5 * number + 5])


@pytest.mark.parametrize("n_parts", [1, 2, 5, 10])
def test_all_parts_come_in_their_order(n_parts):
    parts = as_parts(da.from_array(X, chunks=(N // n_parts, -1)), Y, None)
    read = list(parts.read())
    assert [number for number, _ in read] == list(range(n_parts))
    np.testing.assert_array_equal(np.concatenate([part.X for _, part in read]), X)
    assert list(parts.read([])) == []


def test_something_is_made_of_parts_where_they_are():
    lazy = da.from_array(X, chunks=(15, -1))
    chosen = lazy[da.from_array(np.arange(N) >= 15, chunks=15)]  # an empty one
    y = da.from_array(Y, chunks=15)
    kept = y[da.from_array(np.arange(N) >= 15, chunks=15)]
    read = dict(as_parts(chosen, kept, None).read(prepare=sums))
    assert read[0].X.shape == (0, 3)
    assert read[1] == (1, X[15:30].sum(), Y[15:30].sum())


def test_partitions_of_bags_are_prepared_as_lists():
    texts = [f"text {i}" for i in range(9)]
    bag = db.from_sequence(texts, npartitions=3).map(str.upper)
    parts = as_parts(bag, db.from_sequence(list(range(9)), npartitions=3), None)
    assert list(parts.read([1], lists)) == [
        (1, (["TEXT 3", "TEXT 4", "TEXT 5"], [3, 4, 5]))
    ]


def sums(number, part):
    return number, part.X.sum(), part.y.sum()


def lists(number, part):
    assert type(part.X) is type(part.y) is list
    return part.X, part.y


def test_parts_are_computed_one_after_the_other_where_that_is_asked_for():
    """Loaders that cannot be in two threads at once have this scheduler."""

    def read(block):
        assert is_free.acquire(blocking=False)
        time.sleep(0.01)
        is_free.release()
        return block

    is_free = threading.Lock()
    lazy = da.from_array(X, chunks=(5, -1)).map_blocks(read, dtype=float, meta=X[:0])
    parts = list(as_parts(lazy, Y, None).read())
    assert len(parts) == N // 5


def test_nothing_is_computed_after_a_part_that_fails():
    def read(block, block_info):
        computed.append(block_info[0]["chunk-location"][0])
        raise OSError("no such file")

    computed = []
    lazy = da.from_array(X, chunks=(2, -1)).map_blocks(read, dtype=float, meta=X[:0])
    with pytest.raises(OSError, match="no such file"):
        list(as_parts(lazy, Y, None).read())
    assert set(computed) <= set(range(4))


def test_an_error_of_a_part_says_which():
    def fail(block):
        raise OSError("no such file")

    lazy = da.from_array(X, chunks=(15, -1)).map_blocks(fail, dtype=float, meta=X[:0])
    with pytest.raises(OSError, match="no such file") as caught:
        list(as_parts(lazy, Y, None).read())
    assert "parts [0, 1, 2, 3] of X were computed" in caught.value.__notes__[0]
    assert "No Dask client is connected" in caught.value.__notes__[0]

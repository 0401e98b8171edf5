"""What is read in parts, and that each reader gives the rows as they are."""

import numpy as np
import pandas as pd
import pytest

from sknets._parts import arrays, as_parts

N = 50
X = np.arange(N * 3, dtype=np.float64).reshape(N, 3)
Y = np.arange(N) % 4


def gathered(parts, numbers=None):
    """All rows, joined."""
    found = [part for _, part in parts.read(numbers)]
    joined = [
        None if column[0] is None else np.concatenate([np.asarray(c) for c in column])
        for column in zip(*found, strict=True)
    ]
    return len(found), *joined


def check(parts, n_parts, weight=None):
    n, found_X, found_y, found_weight = gathered(parts)
    assert n == n_parts == parts.n_parts
    np.testing.assert_array_equal(found_X, X)
    np.testing.assert_array_equal(np.ravel(found_y), Y)
    assert (found_weight is None) == (weight is None)
    if weight is not None:
        np.testing.assert_array_equal(found_weight, weight)


@pytest.fixture
def small_slices(monkeypatch):
    monkeypatch.setattr(arrays, "SLICE_BYTES", 20 * X[0].nbytes)
    monkeypatch.setattr(arrays, "MAPPED_BYTES", 0)


# --- What is in memory ---------------------------------------------------------------


@pytest.mark.parametrize(
    "rows", [X, X.tolist(), pd.DataFrame(X), X.tolist()[0], "text", ["a", "b"], None, 3]
)
def test_rows_in_memory_are_no_parts(rows):
    assert as_parts(rows, Y, None) is None
    assert as_parts(rows, None, None) is None


def test_small_memory_maps_are_rows_in_memory(tmp_path):
    mapped = np.memmap(tmp_path / "x", X.dtype, "w+", shape=X.shape)
    assert as_parts(mapped, Y, None) is None


# --- Arrays on disk ------------------------------------------------------------------


def test_memory_maps(tmp_path, small_slices):
    mapped = np.memmap(tmp_path / "x", X.dtype, "w+", shape=X.shape)
    mapped[:] = X
    check(as_parts(mapped, Y, None), 3)
    check(as_parts(mapped, pd.Series(Y), Y + 0.5), 3, Y + 0.5)
    numbers = [number for number, _ in as_parts(mapped, Y, None).read([2, 0])]
    assert numbers == [2, 0]


def test_hdf5(tmp_path, small_slices):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "x.h5", "w") as file:
        check(as_parts(file.create_dataset("x", data=X), Y, None), 3)
        chunked = file.create_dataset("chunked", data=X, chunks=(8, 3))
        y = file.create_dataset("y", data=Y)
        parts = as_parts(chunked, y, None)
        assert len(next(parts.read())[1].X) == 16  # whole chunks
        check(parts, 4)


def test_zarr(tmp_path, small_slices):
    zarr = pytest.importorskip("zarr")
    store = zarr.open(str(tmp_path / "x"), mode="w", shape=X.shape, chunks=(25, 3))
    store[:] = X
    check(as_parts(store, Y, None), 2)


def test_arrays_of_other_lengths(tmp_path, small_slices):
    mapped = np.memmap(tmp_path / "x", X.dtype, "w+", shape=X.shape)
    with pytest.raises(ValueError, match="X has 50 rows, but y has 49"):
        as_parts(mapped, Y[1:], None)
    with pytest.raises(ValueError, match="X has 50 rows, but sample_weight has 3"):
        as_parts(mapped, Y, np.ones(3))
    with pytest.raises(ValueError, match=r"shape \(150,\): it must have rows and col"):
        as_parts(np.memmap(tmp_path / "x", X.dtype, "r"), Y, None)


# --- Dask ----------------------------------------------------------------------------

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
dd = pytest.importorskip("dask.dataframe")
db = pytest.importorskip("dask.bag")


@pytest.fixture
def in_one_thread():
    with dask.config.set(scheduler="synchronous"):
        yield


def test_dask_arrays(in_one_thread):
    lazy = da.from_array(X, chunks=(15, 2))
    check(as_parts(lazy, Y, None), 4)
    check(as_parts(lazy, da.from_array(Y, chunks=7), da.from_array(Y)), 4, Y)
    assert as_parts(lazy, Y, 2.0).columns[2][0] == 2.0


def test_dask_arrays_of_unknown_chunks(in_one_thread):
    lazy = da.from_array(X, chunks=(15, -1))
    unknown = lazy[da.from_array(np.ones(N, bool), chunks=15)]
    y = da.from_array(Y, chunks=15)
    check(as_parts(unknown, y, None), 4)
    with pytest.raises(TypeError, match=r"y must be a collection.*got ndarray: .*unkn"):
        as_parts(unknown, Y, None)
    with pytest.raises(ValueError, match=r"X has 4 parts, but y has 2.*compute_chunk"):
        as_parts(unknown, y.rechunk(25), None)


def test_dask_frames(in_one_thread):
    frame = dd.from_pandas(pd.DataFrame(X, columns=list("abc")), npartitions=3)
    y = dd.from_pandas(pd.Series(Y), npartitions=3)
    parts = as_parts(frame, y, None)
    check(parts, 3)
    assert list(next(parts.read())[1].X.columns) == ["a", "b", "c"]
    with pytest.raises(ValueError, match="X has 3 parts, but y has 2"):
        as_parts(frame, y.repartition(npartitions=2), None)


def test_dask_bags(in_one_thread):
    texts = [f"text {i}" for i in range(9)]
    parts = as_parts(
        db.from_sequence(texts, npartitions=3),
        db.from_sequence(list(range(9)), npartitions=3),
        None,
    )
    assert [part.X for _, part in parts.read([1])] == [texts[3:6]]
    assert [part.y for _, part in parts.read([1])] == [[3, 4, 5]]


def test_an_error_of_a_part_says_which(in_one_thread):
    def fail(block):
        raise OSError("no such file")

    lazy = da.from_array(X, chunks=(15, -1)).map_blocks(fail, dtype=float, meta=X[:0])
    with pytest.raises(OSError, match="no such file") as caught:
        list(as_parts(lazy, Y, None).read())
    assert "parts [0, 1, 2, 3] of X were computed" in caught.value.__notes__[0]
    assert "No Dask client is connected" in caught.value.__notes__[0]


# --- Parquet -------------------------------------------------------------------------


@pytest.fixture
def parquet(tmp_path):
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame(X, columns=list("abc")).assign(y=Y, w=Y + 1.0)
    (tmp_path / "rows").mkdir()
    for i, start in enumerate((0, 25)):
        path = tmp_path / "rows" / f"{i}.parquet"
        frame[start : start + 25].to_parquet(path, row_group_size=10, index=False)
    return tmp_path / "rows"


def test_parquet_files(parquet):
    from pyarrow import dataset

    for given in (parquet, str(parquet), dataset.dataset(parquet)):
        parts = as_parts(given, "y", "w")
        check(parts, 6, Y + 1.0)
        assert list(next(parts.read())[1].X.columns) == ["a", "b", "c"]


def test_names_of_columns(parquet):
    match = r"columns \['a', 'b', 'c', 'y', 'w'\], of which y must name one or several"
    for y in (None, "z", ["y", "z"]):
        with pytest.raises(ValueError, match=match):
            as_parts(parquet, y, None)
    with pytest.raises(ValueError, match="sample_weight must name one; got 'z'"):
        as_parts(parquet, "y", "z")
    assert list(next(as_parts(parquet, ["y", "w"], None).read())[1].y) == ["y", "w"]


# --- Iterables of parts --------------------------------------------------------------


class Again:
    """An iterable that starts anew each time."""

    def __iter__(self):
        for start in range(0, N, 20):
            yield X[start : start + 20], Y[start : start + 20]


def test_iterables():
    listed = list(Again())
    check(as_parts(listed, None, None), 3)
    assert [n for n, _ in as_parts(listed, None, None).read([2, 0])] == [2, 0]
    parts = as_parts(Again(), None, None)
    assert (parts.n_parts, parts.can_choose) == (None, False)
    for _ in range(2):
        np.testing.assert_array_equal(gathered(parts)[1], X)
    weighted = [(*part, part[1] + 1.0) for part in listed]
    check(as_parts(weighted, None, None), 3, Y + 1.0)


def test_items_by_number():
    class Items:
        def __len__(self):
            return 2

        def __getitem__(self, number):
            return X[number::2], Y[number::2]

    parts = as_parts(Items(), None, None)
    assert (parts.n_parts, parts.can_choose) == (2, True)
    assert [n for n, _ in parts.read([1])] == [1]
    assert as_parts([], None, None) is None


def test_iterators_say_how_to_start_anew():
    with pytest.raises(TypeError, match="gone through but once.*__iter__ starts anew"):
        as_parts(iter(Again()), None, None)


def test_parts_that_are_none():
    parts = [*Again(), X]
    with pytest.raises(ValueError, match=r"Part 3 of X must be a tuple.*got ndarray"):
        list(as_parts(parts, None, None).read())
    with pytest.raises(ValueError, match="parts .X, y, sample_weight. in place of"):
        as_parts(parts, None, np.ones(N))

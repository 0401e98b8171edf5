"""Arrays on disk: each slice of rows as it is, along the chunks of the file."""

import numpy as np
import pandas as pd
import pytest

from sknets._parts import arrays, as_parts
from tests.parts.rows import X, Y, check


@pytest.fixture
def small_slices(monkeypatch):
    monkeypatch.setattr(arrays, "SLICE_BYTES", 20 * X[0].nbytes)
    monkeypatch.setattr(arrays, "MAPPED_BYTES", 0)


def test_memory_maps(tmp_path, small_slices):
    mapped = np.memmap(tmp_path / "x", X.dtype, "w+", shape=X.shape)
    mapped[:] = X
    check(as_parts(mapped, Y, None), 3)
    check(as_parts(mapped, pd.Series(Y), Y + 0.5), 3, Y + 0.5)
    numbers = [number for number, _ in as_parts(mapped, Y, None).read([2, 0])]
    assert numbers == [2, 0]


def test_small_memory_maps_are_rows_in_memory(tmp_path):
    mapped = np.memmap(tmp_path / "x", X.dtype, "w+", shape=X.shape)
    assert as_parts(mapped, Y, None) is None


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


def test_one_weight_for_all_rows_is_that_of_each_slice(tmp_path, small_slices):
    mapped = np.memmap(tmp_path / "x", X.dtype, "w+", shape=X.shape)
    parts = [part for _, part in as_parts(mapped, Y, 2.0).read()]
    assert [part.sample_weight for part in parts] == [2.0] * 3


def test_a_row_larger_than_a_slice_is_a_slice_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(arrays, "SLICE_BYTES", 1)
    mapped = np.memmap(tmp_path / "x", X.dtype, "w+", shape=X.shape)
    mapped[:] = X
    found = list(arrays.slices(mapped))
    assert [len(rows) for rows in found] == [1] * len(X)
    np.testing.assert_array_equal(np.concatenate(found), X)

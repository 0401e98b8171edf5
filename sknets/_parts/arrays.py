"""Arrays on disk: memory maps, HDF5 and zarr, read in slices of rows."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from .._sklearn import num_samples
from .base import Part, Parts

# Smaller slices mix better, larger ones are read faster: at this size a disk that has
# to seek loses a tenth.
SLICE_BYTES = 2**20
# Memory maps up to this size are taken for arrays in memory. joblib makes some for its
# workers, where results shall be those of one process.
MAPPED_BYTES = 2**30

_ON_DISK = (("h5py", "Dataset"), ("zarr", "Array"))


def is_on_disk(X: Any) -> bool:
    if isinstance(X, np.memmap):
        return X.nbytes > MAPPED_BYTES
    return any(
        module in sys.modules and isinstance(X, getattr(sys.modules[module], name))
        for module, name in _ON_DISK
    )


def slices(X: Any) -> Iterator[np.ndarray]:
    """Yield slices of the rows of an array on disk, one after the other."""
    return (part.X for _, part in ArrayParts(X, None, None).read())


class ArrayParts(Parts):
    """Slices of rows of an array on disk, along its chunks where it has some.

    `y` and `sample_weight` may be on disk or in memory.
    """

    def __init__(self, X: Any, y: Any, sample_weight: Any) -> None:
        if X.ndim < 2:
            raise ValueError(
                f"X is an array on disk of shape {X.shape}: it must have rows and "
                "columns."
            )
        self.X, self.y, self.sample_weight = X, y, sample_weight
        n_rows = X.shape[0]
        for name, values in (("y", y), ("sample_weight", sample_weight)):
            if values is not None and np.ndim(values) and num_samples(values) != n_rows:
                raise ValueError(
                    f"X has {n_rows} rows, but {name} has {num_samples(values)}."
                )
        self.size = _rows_of_slice(X)
        self.n_parts = -(-n_rows // self.size)

    def read_one(self, number: int) -> Part:
        rows = slice(number * self.size, (number + 1) * self.size)
        return Part(
            np.asarray(self.X[rows]),
            some_rows(self.y, rows),
            some_rows(self.sample_weight, rows),
        )


def _rows_of_slice(X: Any) -> int:
    row_bytes = max(1, int(np.prod(X.shape[1:])) * X.dtype.itemsize)
    wanted = max(1, SLICE_BYTES // row_bytes)
    in_chunk = (getattr(X, "chunks", None) or (1,))[0]
    return int(in_chunk * max(1, round(wanted / in_chunk)))


def some_rows(values: Any, rows: slice) -> Any:
    """Some rows of a target or weights; one number for all rows stays as it is."""
    if values is None or np.ndim(values) == 0:
        return values
    return values.iloc[rows] if hasattr(values, "iloc") else values[rows]

"""Which reader reads what."""

from __future__ import annotations

from typing import Any

from .._dask import kind_of
from .arrays import ArrayParts, is_on_disk
from .base import Parts
from .collections import DaskParts
from .iterables import IterableParts, gives_parts
from .parquet import DatasetParts, is_dataset


def as_parts(X: Any, y: Any, sample_weight: Any) -> Parts | None:
    """Return a reader of X, y and the weights; None if X is in memory.

    Parameters
    ----------
    X : object
        Read in parts are collections of Dask, arrays on disk (of h5py, zarr, and large
        memory maps), data sets of Parquet files, and iterables of parts.
    y, sample_weight : object
        Of a data set names of columns, of an iterable of parts None.
    """
    if kind_of(X):
        return DaskParts(X, y, sample_weight)
    if is_on_disk(X):
        return ArrayParts(X, y, sample_weight)
    if is_dataset(X):
        return DatasetParts(X, y, sample_weight)
    if y is None and gives_parts(X):
        if sample_weight is not None:
            raise ValueError(
                "X is an iterable of parts, which have their weights with them: give "
                "parts (X, y, sample_weight) in place of sample_weight."
            )
        return IterableParts(X)
    return None

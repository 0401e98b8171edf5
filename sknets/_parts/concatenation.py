"""Rows of several parts one behind the other, in the form that the parts have."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp


def concatenated(parts: Sequence[Any]) -> Any:
    """Frames, columns, tables, sparse matrices, lists or arrays as one.

    Frames keep the names and types of their columns, a type that has room for those of
    all parts where they differ.

    Parameters
    ----------
    parts : sequence of array-like
        All of one kind.
    """
    first, *others = parts
    if not others:
        return first
    library = type(first).__module__.partition(".")[0]
    if library == "pandas":
        return _of_pandas(parts)
    if library == "polars":
        import polars as pl

        is_frame = hasattr(first, "columns")
        return pl.concat(parts, how="vertical_relaxed" if is_frame else "vertical")
    if library == "pyarrow":
        return _of_arrow(parts)
    if hasattr(first, "tocsr"):
        return sp.vstack([part.tocsr() for part in parts], format="csr")
    if isinstance(first, list | tuple):
        return list(itertools.chain.from_iterable(parts))
    return np.concatenate([np.asarray(part) for part in parts])


def _of_pandas(parts: Sequence[Any]) -> Any:
    import pandas as pd

    # Categories that differ between the parts, as numbers would come out as such.
    of_categories = {
        name: "category"
        for part in parts
        if hasattr(part, "columns")
        for name, dtype in part.dtypes.items()
        if dtype == "category"
    }
    if not of_categories:
        return pd.concat(parts)
    as_objects = dict.fromkeys(of_categories, object)
    return pd.concat([part.astype(as_objects) for part in parts]).astype(of_categories)


def _of_arrow(parts: Sequence[Any]) -> Any:
    import pyarrow as pa

    if isinstance(parts[0], pa.RecordBatch):
        parts = [pa.Table.from_batches([part]) for part in parts]
    if isinstance(parts[0], pa.Table):
        return pa.concat_tables(parts, promote_options="permissive")
    chunks = [getattr(part, "chunks", [part]) for part in parts]
    return pa.chunked_array(itertools.chain.from_iterable(chunks))

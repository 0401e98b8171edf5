"""Rows of several parts one behind the other, in the form that the parts have."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp


def concatenated(parts: Sequence[Any]) -> Any:
    """Frames, columns, tables, sparse matrices, lists or arrays as one.

    Frames keep the names and types of their columns.

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
        import pandas as pd

        return pd.concat(parts)
    if library == "polars":
        import polars as pl

        return pl.concat(parts)
    if library == "pyarrow":
        return _of_arrow(parts)
    if hasattr(first, "tocsr"):
        return sp.vstack([part.tocsr() for part in parts], format="csr")
    if isinstance(first, list | tuple):
        return list(itertools.chain.from_iterable(parts))
    return np.concatenate([np.asarray(part) for part in parts])


def _of_arrow(parts: Sequence[Any]) -> Any:
    import pyarrow as pa

    if isinstance(parts[0], pa.RecordBatch):
        return pa.Table.from_batches(parts)
    if isinstance(parts[0], pa.Table):
        return pa.concat_tables(parts)
    chunks = [getattr(part, "chunks", [part]) for part in parts]
    return pa.chunked_array(itertools.chain.from_iterable(chunks))

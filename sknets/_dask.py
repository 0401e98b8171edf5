"""Predictions of Dask's collections: lazy, with the chunks and the index of the input.

Dask is not imported here: whoever passes one of its collections has done that.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from ._memory import freed_blocks_kept
from ._sklearn import num_samples

_COLLECTIONS = (
    ("dask.array", "Array"),
    ("dask.dataframe", "DataFrame"),
    ("dask.dataframe", "Series"),
    ("dask.bag", "Bag"),
)


def kind_of(X: Any) -> str | None:
    """Return "Array", "DataFrame", "Series" or "Bag" for one of Dask, None else."""
    if not hasattr(X, "__dask_graph__"):
        return None
    for module, name in _COLLECTIONS:
        if module in sys.modules and isinstance(X, getattr(sys.modules[module], name)):
            return name
    return None


def lazily(estimator: Any, method: str, X: Any, **arguments: Any) -> Any:
    """Call a method of a fitted estimator on each chunk of X, when that is computed.

    Parameters
    ----------
    estimator : estimator
        Fitted; nobody may change it afterwards. It is one value in the graph, so that
        each worker gets it once.
    method : str
        Takes rows and returns as many.
    X : dask.array, dask.dataframe, Series or Bag
    **arguments : dict
        Further arguments of the method.

    Returns
    -------
    dask.array, dask.dataframe or Series
        An array has the chunks of X, a frame its divisions and index. A Bag gives an
        array with a chunk of unknown length for each partition.
    """
    import dask

    kind = kind_of(X)
    # What the method makes of a row tells type and shape, and finds errors.
    call = _Call(method, arguments)
    row = _example(X, kind)
    if kind == "DataFrame" and hasattr(estimator, "encode_columns"):
        row = _without_unknown(row)
    example = call.result(estimator, row)
    if not isinstance(example, np.ndarray):
        raise ValueError(
            f"{method} gives a {type(example).__name__} for each chunk of X, as "
            "set_output asks for, and those make no collection of Dask: call "
            "set_output(transform='default')."
        )
    call.nothing = example[:0]
    model = dask.delayed(estimator, traverse=False)
    if kind == "Array":
        return _of_array(X, call, model)
    if kind == "Bag":
        return _of_bag(X, call, model)
    if example.ndim > 2:
        return X.map_partitions(call, estimator=model, meta=call.nothing)
    call.columns = _columns(estimator, method, example)
    meta = call.framed(call.nothing, X._meta.index[:0])
    return X.map_partitions(call, estimator=model, meta=meta)


class _Call:
    """What is done to one chunk."""

    nothing: np.ndarray
    columns: Any = None

    def __init__(self, method: str, arguments: dict[str, Any]) -> None:
        self.method, self.arguments = method, arguments

    def __call__(self, chunk: Any, estimator: Any) -> Any:
        if not hasattr(chunk, "shape"):  # of a Bag
            chunk = list(chunk)
        with freed_blocks_kept:
            rows = self.result(estimator, chunk) if num_samples(chunk) else self.nothing
        return rows if self.columns is None else self.framed(rows, chunk.index)

    def result(self, estimator: Any, chunk: Any) -> Any:
        return getattr(estimator, self.method)(chunk, **self.arguments)

    def framed(self, rows: np.ndarray, index: Any) -> Any:
        import pandas as pd

        if rows.ndim == 1:
            return pd.Series(rows, index=index)
        return pd.DataFrame(rows, index=index, columns=self.columns)


def _example(X: Any, kind: str | None) -> Any:
    """A row such as those of X."""
    if kind == "Bag":
        return ["text"]
    if kind != "Array":
        return X._meta_nonempty.iloc[:1]  # the second one may be missing
    if X.ndim == 0:
        raise ValueError("X is a Dask array without rows: its shape is ().")
    if any(np.isnan(size) for size in X.shape[1:]):
        raise ValueError(
            f"X has the shape {X.shape}, but all axes but the first must be known: "
            "call X.compute_chunk_sizes() before."
        )
    if any(len(chunks) > 1 for chunks in X.chunks[1:]):
        raise ValueError(
            f"X has chunks of {X.chunksize} of its shape {X.shape}, but each chunk "
            "must hold whole rows: pass X.rechunk({"
            + ", ".join(["0: 'auto'", *(f"{axis}: -1" for axis in range(1, X.ndim))])
            + "})."
        )
    if X.dtype == object and X.ndim == 1:
        return np.array(["text"], object)
    return np.zeros((1, *X.shape[1:]), X.dtype)


def _without_unknown(row: Any) -> Any:
    """A row with gaps where Dask has strings, but does not know what there is.

    These are columns of objects and of categories that are not known.
    """
    from dask.dataframe.utils import UNKNOWN_CATEGORIES

    unknown = [
        name
        for name, dtype in row.dtypes.items()
        if str(dtype) == "object"
        or UNKNOWN_CATEGORIES in getattr(dtype, "categories", ())
    ]
    return row.drop(columns=unknown).reindex(columns=row.columns)


def _of_array(X: Any, call: _Call, model: Any) -> Any:
    shape = call.nothing.shape[1:]
    return X.map_blocks(
        call,
        model,
        dtype=call.nothing.dtype,
        chunks=(X.chunks[0], *((size,) for size in shape)),
        drop_axis=list(range(1, X.ndim)),
        new_axis=list(range(1, call.nothing.ndim)),
        meta=call.nothing,
    )


def _of_bag(X: Any, call: _Call, model: Any) -> Any:
    import dask.array as da

    shape = (np.nan, *call.nothing.shape[1:])
    parts = X.map_partitions(call, model).to_delayed()
    return da.concatenate(
        [da.from_delayed(p, shape, meta=call.nothing) for p in parts],
        allow_unknown_chunksizes=True,
    )


def _columns(estimator: Any, method: str, example: np.ndarray) -> Any:
    """Names of the columns of a result: classes, features, or numbers."""
    if example.ndim == 1:
        return [None]
    names: Any = None
    if method == "transform":
        names = estimator.get_feature_names_out()
    elif method == "inverse_transform":
        names = getattr(estimator, "feature_names_in_", None)
    else:
        names = getattr(estimator, "classes_", None)
    is_one_each = isinstance(names, np.ndarray) and len(names) == example.shape[1]
    return names if is_one_each else np.arange(example.shape[1])

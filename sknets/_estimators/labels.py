"""Labels as an array of one type, the one they came in, and the names of columns.

Pandas, polars, pyarrow and lists have more types than numpy: nullable ones, categories,
objects. A label keeps its own: an integer stays one, and is what `predict` returns.
"""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
import scipy.sparse as sp

from .._containers import refuse_masked

TAGS_HINT = (
    "For several labels a row, make an indicator matrix: "
    "sklearn.preprocessing.MultiLabelBinarizer().fit_transform({name})."
)


def as_array(labels: Any, name: str) -> np.ndarray:
    """Return labels as an array whose type is that of the labels.

    Parameters
    ----------
    labels : array-like or sparse matrix
    name : str
        Name of the argument, for errors.

    Returns
    -------
    ndarray
        Objects are strings; all else has a type of numpy.

    Raises
    ------
    ValueError
        For missing values, labels of several types, and lists of labels.
    """
    if sp.issparse(labels):
        return labels.toarray()
    refuse_masked(labels, name)
    own_type = _numpy_type(getattr(labels, "dtype", None))
    try:
        values = np.asarray(labels, object if _is_of_python(labels) else None)
    except ValueError as error:  # rows of several lengths
        raise ValueError(
            f"{name} has rows of several lengths. {TAGS_HINT.format(name=name)}"
        ) from error
    _refuse_scalar(values, name, labels)
    if values.dtype.kind == "T":  # strings of variable width
        values = values.astype(object)
    if values.dtype.kind in "mM":
        _refuse_missing(np.isnat(values), name)
    if values.dtype != object:
        return values
    return _typed(values, own_type, name)


def check_form(values: np.ndarray, name: str, given: Any) -> None:
    """Raise unless an array has real values or labels, of one row for each sample.

    Parameters
    ----------
    values : ndarray
    name : str
        Name of the argument, for errors.
    given : object
        What the caller passed, which may have been no array.
    """
    _refuse_scalar(values, name, given)
    if values.ndim > 2 or not values.size:
        raise ValueError(
            f"{name} must have shape (n_samples,) or (n_samples, n_columns), with at "
            f"least one row and one column; its shape is {values.shape}."
        )
    if values.dtype.kind == "c":
        raise ValueError(
            f"{name} has complex numbers. Complex data not supported: pass its real "
            f"part, {name}.real, or strings as labels."
        )


def _refuse_scalar(values: np.ndarray, name: str, given: Any) -> None:
    if values.ndim == 0:
        raise ValueError(
            f"{name} must be a list or array; got {given!r:.60} of type "
            f"{type(given).__name__}."
        )


def column_names(labels: Any, name: str) -> np.ndarray | None:
    """Names of the columns of a data frame; None for anything else.

    Column numbers, and columns of mixed types, are no names.
    """
    columns = getattr(labels, "columns", None)
    if columns is None or getattr(labels, "ndim", 2) != 2:
        return None
    names = list(columns)
    if not all(isinstance(column, str) for column in names):
        return None
    if len(set(names)) < len(names):
        raise ValueError(f"The columns of {name} must have different names: {names!r}.")
    return np.array(names)


def is_text(labels: np.ndarray) -> bool:
    """Whether an array that `as_array` returned holds strings."""
    return labels.dtype.kind in "OU"


def _numpy_type(dtype: Any) -> np.dtype | None:
    """Numpy's type for pandas' nullable types, those of pyarrow, and categories."""
    if hasattr(dtype, "categories") and hasattr(dtype.categories, "dtype"):
        dtype = dtype.categories.dtype
    found = getattr(dtype, "numpy_dtype", dtype)
    return found if isinstance(found, np.dtype) and found.kind != "O" else None


def _is_of_python(labels: Any) -> bool:
    """Whether numpy would turn the labels of a list into those of another type."""
    if not isinstance(labels, list | tuple) or len(set(map(type, labels))) < 2:
        return False
    kinds = {_kind(label) for label in labels}
    return len(kinds) > 1 and not kinds <= {"integer", "number"}


def _typed(values: np.ndarray, own_type: np.dtype | None, name: str) -> np.ndarray:
    """Objects as an array of their own type."""
    flat = values.ravel().tolist()
    if set(map(type, flat)) == {str}:
        return values
    kinds = [_kind(value) for value in flat]
    _refuse_missing(np.array(kinds).reshape(values.shape) == "missing", name)
    if "collection" in kinds:
        example = flat[kinds.index("collection")]
        raise ValueError(
            f"{name} has lists or sets of labels, such as {example!r}. "
            f"{TAGS_HINT.format(name=name)}"
        )
    if set(kinds) == {"string"}:
        return values
    if not (set(kinds) <= {"integer", "number"} or set(kinds) == {"boolean"}):
        types = sorted({type(value).__name__ for value in flat})
        raise ValueError(
            "Labels must be strings, numbers or booleans, all of one of these types; "
            f"{name} has {' and '.join(types)}. Turn them into one type, such as str."
        )
    typed = np.array(values.tolist(), own_type)
    if typed.dtype.kind not in "iu" and set(kinds) == {"integer"}:
        raise ValueError(f"{name} has integers beyond 64 bits. Turn them into strings.")
    return typed


def _refuse_missing(is_missing: np.ndarray, name: str) -> None:
    rows = np.unique(np.nonzero(is_missing)[0])
    if len(rows):
        shown = ", ".join(map(str, rows[:5])) + (", ..." if len(rows) > 5 else "")
        raise ValueError(
            f"Input {name} contains NaN or other missing values, in "
            f"{'row' if len(rows) == 1 else 'rows'} {shown}. Leave these rows out, or "
            "give them a label of their own."
        )


def _kind(value: Any) -> str:
    match value:
        case str():
            return "string"
        case bool() | np.bool_():
            return "boolean"
        case Integral():
            return "integer"
        case None:
            return "missing"
        case Real() | np.floating():
            return "missing" if value != value else "number"
        case list() | tuple() | set() | frozenset() | np.ndarray():
            return "collection"
    # pandas' marks of missing values, without importing pandas.
    is_mark = type(value).__name__ in ("NAType", "NaTType")
    return "missing" if is_mark else "other"

"""Tables as they come: frames of pandas, polars and pyarrow, arrays of objects.

None of these libraries is imported: a frame is recognised by its attributes.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._containers import refuse_same_names
from . import values
from .values import CATEGORIES, FEATURES, Column

# Which columns are categories: those whose types say so, or a mask.
FROM_DTYPE = "from_dtype"


@dataclass
class Table:
    """Columns, each read as what it holds.

    Attributes
    ----------
    shape : tuple of int
        Number of rows and of columns, as given.
    labels : list of str
        Names or numbers of the columns, as errors show them.
    kinds : list of str
        See `values`.
    numbers : ndarray of float64 of shape (n_rows, n_numbers)
        The features of all columns that are no categories, NaN where one is missing.
    categories : list of list
        Values of each column of categories, None where one is missing.
    """

    shape: tuple[int, int]
    labels: list[str]
    kinds: list[str]
    numbers: np.ndarray
    categories: list[list]

    @property
    def is_matrix(self) -> bool:
        """Whether there is nothing but numbers, and no gap in them."""
        has_numbers_alone = all(kind == "number" for kind in self.kinds)
        return has_numbers_alone and not np.isnan(self.numbers).any()


# --- What is a table -----------------------------------------------------------------


def as_container(X: Any, has_categories: bool = False) -> Any:
    """Rows in a list as an array; numpy would make strings of numbers beside them.

    With `has_categories` whole numbers stay such, as in `mixed_columns`. A batch of
    pyarrow becomes a table, whose names scikit-learn knows.
    """
    if _is_arrow(X) and hasattr(X, "to_struct_array"):
        import pyarrow as pa

        return X if isinstance(X, pa.Table) else pa.Table.from_batches([X])
    if not isinstance(X, list | tuple) or not len(X):
        return X
    if not isinstance(X[0], list | tuple) and not _is_row_of_objects(X[0]):
        return X
    kept = "biu" if has_categories else "biuf"
    try:
        found = np.asarray(X)
        return found if found.dtype.kind in kept else np.array(X, object)
    except (ValueError, TypeError):  # of several lengths, which is refused later
        return X


def _is_row_of_objects(row: Any) -> bool:
    """Whether a row is an array or a Series of what may be no numbers."""
    dtype = getattr(row, "dtype", None)
    return getattr(row, "ndim", 0) == 1 and getattr(dtype, "kind", "f") in "OUSTmM"


def mixed_columns(X: Any, has_categories: bool = False) -> Any:
    """X as a frame or an array of objects if not all of its columns are numbers.

    Parameters
    ----------
    X : object
    has_categories : bool
        Whether there are categories although the types of the columns may not say so:
        as an array of floats, large whole numbers among them would become the same.

    Returns
    -------
    frame, ndarray of objects or of dates, or None
        None for everything that is checked as an array of numbers.
    """
    if _is_arrow(X):
        refuse_same_names(list(X.column_names))
        return X
    if hasattr(X, "columns") and hasattr(X, "dtypes"):
        refuse_same_names(list(X.columns))
        is_plain = not has_categories and all(map(_is_numeric, X.dtypes))
        return None if is_plain or _is_one_of_images(X) else X
    is_array = isinstance(X, np.ndarray) and X.ndim == 2 and X.size > 0
    if is_array and X.dtype.kind in "OUSTmM":
        if (_are_numbers(X) and not has_categories) or _are_images(X):
            return None
        return X.astype(object) if X.dtype.kind in "UST" else X
    return None


def _is_arrow(X: Any) -> bool:
    return hasattr(X, "schema") and hasattr(X, "column_names") and hasattr(X, "column")


def _is_numeric(dtype: Any) -> bool:
    if hasattr(dtype, "kind"):
        return dtype.kind in "biuf"
    # Decimals of polars would come out as objects.
    return (
        hasattr(dtype, "is_numeric")
        and dtype.is_numeric()
        and not (dtype.is_decimal() or _is_int128(dtype))
    )


def _is_int128(dtype: Any) -> bool:
    """Whether a type of polars is one that it makes no array of NumPy from."""
    return str(dtype) in ("Int128", "UInt128")


def _are_numbers(X: np.ndarray) -> bool:
    """Whether an array of objects is one of numbers alone, none of them missing."""
    kinds = set(map(type, X.flat)) if X.dtype.kind == "O" else {X.dtype.type}
    return all(
        issubclass(kind, int | float | np.number | np.bool_)
        and not issubclass(kind, np.timedelta64)  # an integer to NumPy
        for kind in kinds
    )


def _are_images(X: np.ndarray) -> bool:
    return X.shape[1] == 1 and _is_image(X.flat[0])


def _is_one_of_images(frame: Any) -> bool:
    if len(frame.columns) != 1 or not len(frame):
        return False
    [column] = (frame[name] for name in frame.columns)
    return any(_is_image(value) for value in itertools.islice(column, 1))


def _is_image(value: Any) -> bool:
    return isinstance(value, np.ndarray | list | tuple) or hasattr(value, "getbands")


# --- Reading -------------------------------------------------------------------------


def read(
    X: Any,
    categorical: Any,
    expected: list[str] | None = None,
    names: list[str] | None = None,
) -> Table:
    """Read a table, or an array of numbers.

    Parameters
    ----------
    X : frame, or ndarray of shape (n_rows, n_columns)
    categorical : "from_dtype" or list of bool
        Which columns are categories.
    expected : list of str, optional
        Kinds of the columns in `fit`, which take the place of `categorical`.
    names : list of str, optional
        Names of the columns of an array that was a frame, for errors.

    Raises
    ------
    TypeError, ValueError
        With the name of the column, if it holds several kinds, none that is known, or
        another one than is expected.
    """
    if isinstance(X, np.ndarray) and X.dtype.kind in "biuf":
        are_numbers = expected and all(kind == "number" for kind in expected)
        is_new = expected is None and not _has_any(categorical)
        if are_numbers or (is_new and not _has_empty_column(X)):
            labels = _labels(X, names)
            kinds = ["number"] * X.shape[1]
            return Table(X.shape, labels, kinds, X.astype(np.float64), [])
    if expected is None:
        by_type = categorical == FROM_DTYPE
        chosen = [False] * X.shape[1] if by_type else categorical
        columns = list(_columns(X, chosen, names))
        kinds = [
            _settled_kind(column, categorical, number)
            for number, column in enumerate(columns)
        ]
    else:
        kinds = expected
        chosen = [kind in CATEGORIES for kind in kinds]
        columns = list(_columns(X, chosen, names))
        for column, kind in zip(columns, kinds, strict=True):
            _check_kind(column, kind)
    n_rows = len(columns[0].values) if columns else 0
    parts = [np.empty((n_rows, 0))] + [
        values.numbers(column, kind)
        for column, kind in zip(columns, kinds, strict=True)
        if kind in FEATURES
    ]
    found = [
        values.categories(column, kind)
        for column, kind in zip(columns, kinds, strict=True)
        if kind in CATEGORIES
    ]
    labels = [column.label for column in columns]
    shape = n_rows, len(columns)
    return Table(shape, labels, kinds, np.concatenate(parts, axis=1), found)


def _has_empty_column(X: np.ndarray) -> bool:
    return X.dtype.kind == "f" and bool(np.isnan(X).all(axis=0).any())


def _has_any(categorical: Any) -> bool:
    return categorical != FROM_DTYPE and any(categorical)


def _settled_kind(column: Column, categorical: Any, number: int) -> str:
    """Kind of a column in `fit`."""
    by_type = categorical == FROM_DTYPE
    if column.is_category if by_type else categorical[number]:
        return values.category_kind(column)
    kind = values.kind_of(column)
    if kind == "text" and not by_type:
        value = next(v for v in column.values if not values.is_missing(v))
        raise ValueError(
            f"Column {column.label} of X (dtype {column.dtype}) holds {value!r:.40} "
            "and is not among categorical_features. Add it, or take "
            "categorical_features='from_dtype', for which strings are categories; "
            "pd.to_numeric converts numbers."
        )
    return kind


def _check_kind(column: Column, expected: str) -> None:
    """Raise if a column holds something else than in `fit`; gaps are of any kind."""
    is_category = expected in CATEGORIES
    found = values.category_kind(column) if is_category else values.kind_of(column)
    if found != expected and "empty" not in (found, expected):
        raise TypeError(
            f"Column {column.label} of X (dtype {column.dtype}) holds "
            f"{_in_words(found)}, but in fit it held {_in_words(expected)}: convert it "
            "as then."
        )


def _in_words(kind: str) -> str:
    return values.IN_WORDS[kind]


# --- Columns -------------------------------------------------------------------------


def _labels(X: np.ndarray, names: list[str] | None) -> list[str]:
    return (
        [repr(name) for name in names] if names else list(map(str, range(X.shape[1])))
    )


def _columns(
    X: Any, chosen: list[bool], names: list[str] | None = None
) -> Iterator[Column]:
    """Columns; those that are `chosen` for categories have whole numbers as they are.

    Gaps would make floats of them, of which large ones become the same.
    """
    if _is_arrow(X):
        for name, chunked, own in zip(X.column_names, X.columns, chosen, strict=True):
            yield _arrow_column(name, chunked, own)
    elif isinstance(X, np.ndarray):
        for label, values in zip(_labels(X, names), X.T, strict=True):
            yield Column(label, values, str(X.dtype))
    else:
        for name, dtype, own in zip(X.columns, X.dtypes, chosen, strict=True):
            yield _frame_column(name, X[name], dtype, own)


def _arrow_column(name: str, chunked: Any, is_chosen: bool) -> Column:
    kind, is_category = chunked.type, hasattr(chunked.type, "index_type")
    chunked = _as_times_of_python(chunked)
    found = _objects(chunked) if is_category else chunked.to_numpy()
    if is_chosen and found.dtype.kind == "f":
        found = _objects(chunked)
    if found.dtype.kind in "UST":
        found = found.astype(object)
    has_zone = getattr(kind, "tz", None) is not None
    return Column(repr(name), found, str(kind), is_category, has_zone)


def _as_times_of_python(chunked: Any) -> Any:
    """Times of the day of pyarrow without nanoseconds, which those of Python lack."""
    if str(chunked.type) == "time64[ns]":
        return chunked.cast("time64[us]", safe=False)
    return chunked


def _objects(column: Any) -> np.ndarray:
    if hasattr(column, "astype"):
        return np.asarray(column.astype(object))
    as_list = column.to_pylist if hasattr(column, "to_pylist") else column.to_list
    return np.array(as_list(), object)


def _frame_column(name: Any, column: Any, dtype: Any, is_chosen: bool) -> Column:
    is_category = str(dtype) == "category"
    has_zone = bool(getattr(dtype, "tz", None) or getattr(dtype, "time_zone", None))
    if has_zone and hasattr(column, "dt") and hasattr(column.dt, "tz_convert"):
        column = column.dt.tz_convert("UTC").dt.tz_localize(None)
    if str(dtype) == "time64[ns][pyarrow]":
        column = _as_times_of_python(column.array.__arrow_array__())
    as_objects = is_category or _is_int128(dtype)
    found = _objects(column) if as_objects else np.asarray(column)
    if is_chosen and found.dtype.kind == "f":
        found = _objects(column)
    if found.ndim != 1:  # of arrays, which an error about the column will name
        found, rows = np.empty(len(found), object), found
        found[:] = list(rows)
    if found.dtype.kind in "UST":
        found = found.astype(object)
    shown = "category" if is_category else str(dtype)
    return Column(repr(name), found, shown, is_category, has_zone)

"""What a user passes as X: read where it is clear, refused with the remedy else.

Nothing is recognised by its class, so that none of these libraries is imported: an
iterator has `__next__`, a lazy collection of Dask `__dask_graph__`, and so on.
"""

from __future__ import annotations

import array
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence, Set
from numbers import Number
from typing import Any

import numpy as np

# Values of these types in an array of objects are numbers to numpy.
_NUMBERS = "biuf"
LARGEST = np.finfo(np.float64).max


def refuse_streams(X: Any, example: str) -> None:
    """Raise a TypeError if X gives its rows one by one or only on demand.

    Such a thing may be endless or larger than the memory, so it is never read here.

    Parameters
    ----------
    X : object
    example : str
        What to pass in its place, such as "a list of strings".
    """
    remedy = _remedy_for_streams(X)
    if remedy:
        raise TypeError(
            f"X must be {example}, got {_type_name(X)}, which is not read here since "
            f"it may be endless or larger than the memory: {remedy}."
        )


def _remedy_for_streams(X: Any) -> str:
    if _is_dask(X):
        return (
            "pass X.compute(), which reads it into memory, or its blocks one after the "
            "other to partial_fit"
        )
    if hasattr(X, "element_spec"):  # tf.data.Dataset
        return (
            "join its batches, np.concatenate([x for x, y in "
            "dataset.as_numpy_iterator()]), or pass the arrays it was made of"
        )
    batched = hasattr(X, "num_batches") or (
        hasattr(X, "dataset") and hasattr(X, "batch_size")
    )
    if batched or (isinstance(X, Iterator) and hasattr(X, "__getitem__")):
        return (
            "pass the arrays it was made of, or join its batches, np.concatenate("
            "[batch[0] for batch in batches]); training images are changed at random "
            "with the parameter augment of SmallCNNClassifier"
        )
    if isinstance(X, Iterator):
        return "collect its rows first, list(X) or np.stack(list(X))"
    if hasattr(X, "collect") and not hasattr(X, "__array__"):  # polars, Spark
        return "pass X.collect(), which reads it into memory"
    return ""


def _is_dask(X: Any) -> bool:
    graph = getattr(X, "__dask_graph__", None)
    return callable(graph) and graph() is not None


def _type_name(X: Any) -> str:
    kind = type(X)
    return (
        kind.__name__
        if kind.__module__ == "builtins"
        else f"{kind.__module__.partition('.')[0]} {kind.__name__}"
    )


def as_numbers(X: Any) -> Any:
    """Return X in a form that scikit-learn checks: its rows as numbers.

    Lists become arrays, images in a list, a Series, an array of objects or the only
    column of a frame are stacked; everything else is returned as it is.

    Parameters
    ----------
    X : array-like, sparse matrix, frame, or container of images of one shape

    Raises
    ------
    TypeError
        If X cannot be read as a whole, or holds what is no number.
    ValueError
        If images differ in shape or scale, or a column is not numeric.
    """
    refuse_streams(X, "an array, a sparse matrix or a frame of numbers")
    if hasattr(X, "tocsr"):
        _refuse_too_large(X.tocsr().data if _is_wide(X) else X)
        return X
    if not _is_array_like(X):
        raise TypeError(
            "X must be an array, a sparse matrix or a frame of numbers, got "
            f"{_type_name(X)}."
            + (" Pass pandas.DataFrame(X)." if isinstance(X, Mapping) else "")
        )
    refuse_masked(X, "X")
    if isinstance(X, list | tuple | deque):
        return _from_list(list(X))
    if hasattr(X, "columns") and hasattr(X, "dtypes"):
        return _from_frame(X)
    if getattr(X, "mode", None) is not None and hasattr(X, "getbands"):
        return _pixels(X, 0)
    if isinstance(X, np.ndarray) and X.dtype.kind == "T":  # strings of variable width
        X = X.astype(object)
    if str(getattr(X, "dtype", "")).lower() == "object" or _is_series_of_objects(X):
        return _from_objects(X)
    _refuse_too_large(X)
    return X


def _is_wide(values: Any) -> bool:
    """Whether values may be beyond float64, as those of ``np.longdouble``."""
    dtype = getattr(values, "dtype", None)
    return isinstance(dtype, np.dtype) and dtype.kind == "f" and dtype.itemsize > 8


def _refuse_too_large(values: Any, where: str = "") -> None:
    """Raise for numbers that are finite, but would be infinite in float64."""
    if not _is_wide(values):
        return
    found = np.abs(np.asarray(values))
    if ((found > LARGEST) & np.isfinite(found)).any():
        raise _too_large(where)


def _too_large(where: str = "") -> ValueError:
    return ValueError(
        f"Input X contains infinity or a value too large for dtype('float64'){where}."
    )


def _is_series_of_objects(X: Any) -> bool:
    """Whether X is a Series of strings or categories that are no numbers."""
    is_series = hasattr(X, "to_frame") and getattr(X.dtype, "kind", "O") == "O"
    return is_series and np.asarray(X).dtype.kind in "OUS"


def _is_array_like(X: Any) -> bool:
    if isinstance(X, str | bytes | bytearray | Mapping | Set | type) or X is None:
        return False
    readable = (Sequence, Number, np.generic, deque, array.array, memoryview)
    # A sequence class of batches has a length and items, too, and is no array.
    protocols = ("__array__", "__array_interface__", "__dataframe__", "__dlpack__")
    return isinstance(X, readable) or any(hasattr(X, name) for name in protocols)


def refuse_masked(values: Any, name: str) -> None:
    """Raise if any value is masked: NumPy would take what is under the mask.

    Parameters
    ----------
    values : object
    name : str
        Name of the argument, for the error.
    """
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise ValueError(
            f"{name} is a masked array with {int(np.ma.count_masked(values))} masked "
            "values, which are no values to train on or predict from: fill them with "
            f"{name}.filled(...), or leave their rows out."
        )


def _from_list(rows: list) -> Any:
    if any(hasattr(row, "getbands") for row in rows[:1]):  # images of PIL
        return stack_images(rows)
    try:
        values = np.asarray(rows)
    except ValueError:  # inhomogeneous
        return stack_images(rows)
    return _from_objects(values) if values.dtype == object else values


def _from_objects(X: Any) -> Any:
    """Stack the images in an array of objects or a Series, else convert its numbers."""
    values = np.asarray(X)
    is_column = values.ndim == 1 or values.shape[1:] == (1,)
    present = (value for value in values.flat if not _is_missing(value))
    if is_column and _holds_arrays(next(present, None)):
        return stack_images(list(values.ravel()))
    _refuse_strings(values, "X")
    try:
        numbers = values.astype(np.float64)
    except OverflowError:
        raise _too_large() from None
    except (TypeError, ValueError) as error:
        raise type(error)(
            f"X must hold numbers, but one of its values has another type: {error}."
        ) from None
    # A Series keeps what scikit-learn says about it.
    return numbers if isinstance(X, np.ndarray) else X


def _holds_arrays(value: Any) -> bool:
    return isinstance(value, np.ndarray | list | tuple) or hasattr(value, "getbands")


def _refuse_strings(values: np.ndarray, where: str) -> None:
    found = next((v for v in values.flat if isinstance(v, str | bytes)), None)
    if found is not None:
        raise _not_numeric(f"{where} holds {found!r:.40}")


def _not_numeric(found: str) -> ValueError:
    return ValueError(
        "dtype='numeric' is not compatible with arrays of bytes/strings. Convert your "
        f"data to numeric values explicitly instead: {found}."
    )


def _from_frame(frame: Any) -> Any:
    """Check the columns of a pandas or polars frame; stack the images of a single one.

    A frame of numbers is returned as it is, for its names.
    """
    names = list(frame.columns)
    refuse_same_names(names)
    for position, dtype in enumerate(frame.dtypes):
        name = names[position]
        if getattr(dtype, "kind", " ") in _NUMBERS:
            if isinstance(dtype, np.dtype) and dtype.itemsize > 8:
                _refuse_too_large(frame.iloc[:, position], f", in column {name!r}")
            continue
        column = frame.iloc[:, position] if hasattr(frame, "iloc") else frame[name]
        values = np.asarray(column)
        if values.dtype.kind in _NUMBERS:
            continue
        present = [v for v in values.flat if not _is_missing(v)]
        if present and _holds_arrays(present[0]):
            if len(names) == 1:
                return stack_images(list(values))
            raise ValueError(
                f"Column {name!r} of X holds arrays, beside {len(names) - 1} other "
                "columns: pass images alone, as X[column] or np.stack(X[column])."
            )
        _check_column(name, dtype, values.dtype, present)
    return frame


def refuse_same_names(names: list) -> None:
    """Raise if two columns have the same name."""
    twice = next((name for name, n in Counter(names).items() if n > 1), None)
    if twice is not None:
        raise ValueError(
            f"X has {names.count(twice)} columns of the name {twice!r}: names must "
            "differ, so that those in predict can be compared with those in fit."
        )


def _is_missing(value: Any) -> bool:
    return (
        value is None
        or (isinstance(value, float) and value != value)
        or type(value).__name__ in ("NAType", "NaTType")
    )


def _check_column(name: Any, shown: Any, dtype: np.dtype, present: list) -> None:
    """Raise, with the name of the column, unless its values are numbers or missing."""
    if dtype.kind in "mM" or (present and hasattr(present[0], "isoformat")):
        raise TypeError(
            f"Column {name!r} of X holds dates or times (dtype {shown}), which are no "
            "numbers: turn them into some, such as the year, the weekday, or seconds "
            "since a date, or leave the column out."
        )
    text = next((v for v in present if isinstance(v, str | bytes)), None)
    if text is not None:
        raise _not_numeric(
            f"column {name!r} of X (dtype {shown}) holds {text!r:.40}; pd.to_numeric "
            "converts numbers, OneHotEncoder or OrdinalEncoder categories"
        )
    other = next((v for v in present if not isinstance(v, Number)), None)
    if other is not None:
        raise TypeError(
            f"Column {name!r} of X (dtype {shown}) holds {other!r:.40}, a "
            f"{type(other).__name__}: the argument must be a string or a number."
        )
    if any(isinstance(v, complex | np.complexfloating) for v in present):
        raise ValueError(
            f"Complex data not supported: column {name!r} of X (dtype {shown})."
        )
    try:
        np.array(present, dtype=np.float64)
    except OverflowError:
        raise _too_large(f", in column {name!r}") from None


def stack_images(images: list) -> np.ndarray:
    """Return images (or rows) of one shape as one array.

    Raises
    ------
    ValueError
        If their shapes differ, or some are bytes and others numbers of another scale.
    """
    missing = next((i for i, image in enumerate(images) if _is_missing(image)), None)
    if missing is not None:
        raise ValueError(
            f"Row {missing} of X is {images[missing]}, as where a file could not be "
            "read: read it anew, or leave it out, of y too."
        )
    arrays = [_pixels(image, number) for number, image in enumerate(images)]
    shapes = [a.shape for a in arrays]
    is_mixed = len({shape[2:] for shape in shapes}) > 1
    remedy = "mode, as PIL's image.convert('RGB') does" if is_mixed else "size"
    _check_same("shapes", shapes, f"bring them to one {remedy}")
    kinds = ["numbers" if a.dtype.kind == "f" else str(a.dtype) for a in arrays]
    if len(set(kinds)) > 1 and "uint8" in kinds:
        _check_same("types", kinds, "their scales differ, bring them to one")
    return np.stack(arrays)


def _pixels(image: Any, number: int) -> np.ndarray:
    if getattr(image, "mode", None) in ("P", "PA"):
        raise ValueError(
            f"Image {number} of X has a palette (mode {image.mode!r}): its pixels are "
            "numbers of colours, not colours. Convert it, image.convert('RGB')."
        )
    try:
        return np.asarray(image)
    except ValueError:
        raise ValueError(
            f"Row {number} of X is a sequence whose parts differ in length: all rows "
            "must have the same shape."
        ) from None


def _check_same(what: str, found: list, remedy: str) -> None:
    other = next((i for i, value in enumerate(found) if value != found[0]), None)
    if other is not None:
        raise ValueError(
            f"The rows of X must have one shape and type, but their {what} differ: "
            f"{found[0]} in row 0, {found[other]} in row {other}; {remedy}."
        )

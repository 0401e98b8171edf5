"""What a column holds, and its values as numbers or as categories.

A column is of one of these kinds:

- "number": numbers and truth values
- "text", "number category": categories that are strings or numbers
- "datetime", "zoned datetime": dates, with or without a time, and a time zone
- "time", "duration": times of the day, and spans
- "empty": no value at all
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from numbers import Integral, Number
from typing import Any

import numpy as np

EPOCH = datetime.datetime(1970, 1, 1)
DAY = 86400.0

IN_WORDS = {
    "number": "numbers",
    "text": "strings",
    "number category": "numbers",
    "datetime": "dates without a time zone",
    "zoned datetime": "dates with a time zone",
    "time": "times of the day",
    "duration": "spans of time",
}
# Numbers that a column of this kind is for the network, by the ends of their names.
FEATURES = {
    "number": ("",),
    "duration": ("",),
    "time": ("", "_day_sin", "_day_cos"),
    "datetime": (
        *("_days", "_year_sin", "_year_cos"),
        *("_week_sin", "_week_cos", "_day_sin", "_day_cos"),
    ),
}
FEATURES["zoned datetime"] = FEATURES["datetime"]
CATEGORIES = ("text", "number category")

# Periods of the angles in those, in days.
_PERIODS = {"time": (1.0,), "datetime": (365.2425, 7.0, 1.0)}
_PERIODS["zoned datetime"] = _PERIODS["datetime"]


@dataclass(frozen=True)
class Column:
    """A column as it was given.

    Attributes
    ----------
    label : str
        Name or number, as errors show it.
    values : ndarray of shape (n_rows,)
        Numbers, datetime64, timedelta64 or objects.
    dtype : str
        As its owner knows it.
    is_category : bool
        Whether its type says so.
    has_zone : bool
        Whether datetime64 are of UTC, else of no zone.
    """

    label: str
    values: np.ndarray
    dtype: str
    is_category: bool = False
    has_zone: bool = False


def is_missing(value: Any) -> bool:
    return (
        value is None
        or (isinstance(value, float | np.floating) and value != value)
        or (isinstance(value, Decimal) and value.is_nan())
        or type(value).__name__ in ("NAType", "NaTType")
        or (isinstance(value, np.datetime64 | np.timedelta64) and np.isnat(value))
    )


# --- Kinds ---------------------------------------------------------------------------


def kind_of(column: Column) -> str:
    """Kind of a column by its values, where it is not a category.

    Raises
    ------
    TypeError, ValueError
        If it holds several kinds, or what is of none.
    """
    kind = column.values.dtype.kind
    if kind == "f" and np.isnan(column.values).all():
        return "empty"  # of strings or dates, too: frames make floats where all lack
    if kind in "mM" and np.isnat(column.values).all():
        return "empty"  # of dates with a zone and durations, too
    if kind in "biuf":
        return "number"
    if kind == "M":
        return "zoned datetime" if column.has_zone else "datetime"
    if kind == "m":
        return "duration"
    if kind == "c":
        raise _complex(column)
    return _kind_of_objects(column)


def _kind_of_objects(column: Column) -> str:
    # The types first: they are few, and found fast.
    types = set(map(type, column.values))
    found = {_kind_of_type(t) for t in types} - {"missing"}
    if len(found) > 1 or found & {"float", "zone or none", "other"}:
        found = _kinds_of_values(column)
    if not found:
        return "empty"
    return next(iter(found))


def _kind_of_type(kind: type) -> str:
    """Kind of all values of a type; "float" may be missing ones."""
    if kind.__name__ in ("NoneType", "NAType", "NaTType"):
        return "missing"
    if issubclass(kind, float | np.floating):
        return "float"
    if issubclass(kind, str | bytes):
        return "text"
    if issubclass(kind, np.timedelta64 | datetime.timedelta):
        return "duration"
    if issubclass(kind, datetime.datetime):
        return "zone or none"
    if issubclass(kind, np.datetime64 | datetime.date) or kind.__name__ == "Period":
        return "datetime"
    if issubclass(kind, datetime.time):
        return "time"
    # A number of decimal.Decimal is none that may be real or complex.
    is_real = issubclass(kind, Number) and not issubclass(kind, complex)
    return "number" if is_real or issubclass(kind, np.bool_) else "other"


def _kinds_of_values(column: Column) -> set[str]:
    """The one kind of the values that are there, as a set; none where there is none."""
    found: dict[str, tuple[int, Any]] = {}
    for row, value in enumerate(column.values):
        if is_missing(value):
            continue
        kind = _kind_of_type(type(value))
        if kind == "other":
            raise _other(column, value)
        if kind == "zone or none":
            kind = "datetime" if value.tzinfo is None else "zoned datetime"
        found.setdefault("number" if kind == "float" else kind, (row, value))
        if len(found) > 1:
            raise _mixed(column, *found.items())
    return set(found)


def _mixed(column: Column, one: Any, other: Any) -> TypeError:
    (kind, (row, value)), (other_kind, (other_row, other_value)) = one, other
    return TypeError(
        f"Column {column.label} of X (dtype {column.dtype}) holds {IN_WORDS[kind]} and "
        f"{IN_WORDS[other_kind]}: {value!r:.40} in row {row}, {other_value!r:.40} in "
        f"row {other_row}. Bring them to one type: .astype(str) makes categories, "
        "pd.to_numeric(..., errors='coerce') numbers and gaps."
    )


def _other(column: Column, value: Any) -> Exception:
    if isinstance(value, complex | np.complexfloating):
        return _complex(column)
    return TypeError(
        f"Column {column.label} of X (dtype {column.dtype}) holds {value!r:.40}, a "
        f"{type(value).__name__}: the argument must be a string or a number, or a date "
        "or time."
    )


def _complex(column: Column) -> ValueError:
    return ValueError(
        f"Complex data not supported: column {column.label} of X (dtype "
        f"{column.dtype})."
    )


# --- Categories ----------------------------------------------------------------------


def category_kind(column: Column) -> str:
    """Kind of a column that is to be taken for categories."""
    kind = column.values.dtype.kind
    if kind == "O" and column.is_category and not _are_scalars(column):
        return "text"
    if kind in "US":
        return "text"
    found = kind_of(column)
    return found if found in ("text", "empty") else "number category"


def _are_scalars(column: Column) -> bool:
    """Whether no value is of another kind, such as the intervals of `pandas.cut`."""
    return not any(
        _kind_of_type(kind) == "other" for kind in set(map(type, column.values))
    )


def categories(column: Column, kind: str) -> list:
    """Values as they are looked up: strings, numbers, and None where one is missing.

    Raises
    ------
    ValueError
        For infinity.
    """
    values, dtype_kind = column.values, column.values.dtype.kind
    if kind == "text":
        return [None if is_missing(value) else _text(value) for value in values]
    if dtype_kind == "O" and kind_of(column) != "number":  # dates
        values = _each(column, _seconds)
    elif dtype_kind in "mM":
        values = _seconds_of_array(values)
    found = [None if is_missing(value) else _plain_number(value) for value in values]
    if np.inf in found or -np.inf in found:
        raise _infinite(column)
    return found


def _plain_number(value: Any) -> int | float:
    """A number that is the same whether gaps made floats of whole numbers or not."""
    number = int(value) if isinstance(value, Integral | np.bool_) else float(value)
    return int(number) if number == number // 1 else number


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return value if type(value) is str else str(value)


# --- Numbers -------------------------------------------------------------------------


def numbers(column: Column, kind: str) -> np.ndarray:
    """Values as numbers, NaN where one is missing.

    Returns
    -------
    ndarray of float64 of shape (n_rows, len(FEATURES[kind]))

    Raises
    ------
    ValueError
        For infinity and numbers beyond float64.
    """
    if column.values.dtype.kind == "O" and kind == "number":
        found = _each(column, float)
    elif kind == "number":
        with np.errstate(over="ignore"):  # of np.longdouble, refused below
            found = column.values.astype(np.float64)
    elif column.values.dtype.kind in "mM":
        found = _seconds_of_array(column.values)
    else:
        found = _each(column, _seconds)
    if np.isinf(found).any():
        raise _infinite(column)
    return _with_angles(found, kind)


def _infinite(column: Column) -> ValueError:
    return ValueError(
        "Input X contains infinity or a value too large for dtype('float64'), in "
        f"column {column.label}."
    )


def _each(column: Column, convert: Callable[[Any], float]) -> np.ndarray:
    try:
        return np.array(
            [np.nan if is_missing(v) else convert(v) for v in column.values], np.float64
        )
    except OverflowError:
        raise _infinite(column) from None


def _seconds_of_array(values: np.ndarray) -> np.ndarray:
    """Seconds of datetime64 since 1970 or of timedelta64, whatever their unit."""
    unit: Any
    unit, step = np.datetime_data(values.dtype)
    if unit in ("Y", "M", "generic"):  # of no fixed length, or of none
        values = values.astype(f"{values.dtype.kind}8[D]")
        unit, step = "D", 1
    # Through integers: a conversion of units wraps around where it overflows. Either
    # factor is one, and both are whole: their product with an inverse would not be.
    in_seconds = np.timedelta64(1, unit) / np.timedelta64(1, "s")
    in_a_second = np.timedelta64(1, "s") / np.timedelta64(1, unit)
    seconds = values.astype(np.int64) * np.float64(step * max(in_seconds, 1))
    seconds /= max(in_a_second, 1)
    seconds[np.isnat(values)] = np.nan
    return seconds


def _seconds(value: Any) -> float:
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, datetime.datetime):
        zone = value.tzinfo and datetime.UTC
        return (value - EPOCH.replace(tzinfo=zone)).total_seconds()
    if isinstance(value, datetime.date):
        return (value - EPOCH.date()).days * DAY
    if isinstance(value, datetime.time):
        return (
            value.hour * 3600
            + value.minute * 60
            + value.second
            + (value.microsecond / 1e6)
        )
    if hasattr(value, "to_timestamp"):  # a Period of pandas
        return _seconds(value.to_timestamp())
    return float(_seconds_of_array(np.array([value]))[0])


def _with_angles(found: np.ndarray, kind: str) -> np.ndarray:
    """The numbers, of dates in days, with the hands of clocks of several periods."""
    if kind not in _PERIODS:
        return found[:, None]
    days = found / DAY
    parts = [days if kind != "time" else found]
    for period in _PERIODS[kind]:
        angle = 2 * np.pi * (days % period) / period
        # Without the last digits, in which full turns differ.
        parts += np.sin(angle).round(12), np.cos(angle).round(12)
    return np.stack(parts, axis=1)

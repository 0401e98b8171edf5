"""Kinds of columns by what they hold, and their values as numbers or categories."""

import datetime
from decimal import Decimal

import numpy as np
import pytest

from sknets._tables import values
from sknets._tables.values import FEATURES, Column

DAY = datetime.date(1970, 1, 11)
NOON = datetime.datetime(1970, 1, 11, 12)
ZONE = datetime.timezone(datetime.timedelta(hours=2))


def column(*content, dtype=object, **about):
    array = np.empty(len(content), dtype)
    array[:] = content
    return Column("'x'", array, str(dtype), **about)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ((1, None, 2.5), "number"),
        ((True, np.nan), "number"),
        (("a", None, b"b"), "text"),
        ((DAY, NOON), "datetime"),
        ((NOON.replace(tzinfo=ZONE), None), "zoned datetime"),
        ((datetime.time(6), None), "time"),
        ((datetime.timedelta(1), np.timedelta64("NaT")), "duration"),
        ((None, np.nan, np.datetime64("NaT")), "empty"),
    ],
)
def test_kind_of_objects_is_that_of_the_values_that_are_there(content, kind):
    assert values.kind_of(column(*content)) == kind


@pytest.mark.parametrize(
    ("content", "dtype", "kind"),
    [
        ((1, 2), np.int8, "number"),
        ((np.nan, 1), float, "number"),
        ((np.nan, np.nan), float, "empty"),
        (("1970-01-01", "NaT"), "datetime64[D]", "datetime"),
        (("NaT", "NaT"), "datetime64[ns]", "empty"),
        (("NaT",), "timedelta64[s]", "empty"),
        ((1, 2), "timedelta64[s]", "duration"),
    ],
)
def test_kind_of_an_array_is_that_of_its_type(content, dtype, kind):
    assert values.kind_of(column(*content, dtype=dtype)) == kind


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ((1, None, "a"), "holds numbers and strings: 1 in row 0, 'a' in row 2"),
        ((NOON, NOON.replace(tzinfo=ZONE)), "without a time zone and dates with"),
        (([1], "a"), r"holds \[1\], a list"),
    ],
)
def test_several_kinds_are_named_with_their_rows(content, message):
    with pytest.raises(TypeError, match=f"Column 'x' of X .*{message}"):
        values.kind_of(column(*content))


def test_categories_are_the_same_with_and_without_gaps():
    whole = values.categories(column(1, 2, dtype=int), "number category")
    with_gap = values.categories(column(1.0, np.nan, 2.0, dtype=float), "number")
    assert whole == [1, 2]
    assert with_gap == [1, None, 2]
    assert values.categories(column("a", None, b"\xff"), "text") == ["a", None, "\\xff"]


def test_dates_are_days_and_the_hands_of_clocks():
    [found] = values.numbers(column(NOON), "datetime")
    assert len(found) == len(FEATURES["datetime"])
    days, turn = 10.5, 2 * np.pi * 10.5
    angles = [turn / 365.2425, turn / 7, turn]
    expected = [days, *(f(angle) for angle in angles for f in (np.sin, np.cos))]
    np.testing.assert_allclose(found, expected, atol=1e-11)


@pytest.mark.parametrize("unit", ["h", "m", "s", "ms", "us", "ns"])
def test_dates_are_the_same_in_each_unit(unit):
    expected = values.numbers(column(NOON), "datetime")
    stored = column(NOON, dtype=f"datetime64[{unit}]")
    np.testing.assert_array_equal(values.numbers(stored, "datetime"), expected)


def test_times_of_the_day_and_spans_are_seconds():
    times = values.numbers(column(datetime.time(6, 0, 1), None), "time")
    np.testing.assert_array_equal(times[:, 0], [6 * 3600 + 1, np.nan])
    np.testing.assert_allclose(times[0, 1:], [1, 0], atol=1e-3)  # a quarter of a turn
    spans = values.numbers(column(datetime.timedelta(hours=1)), "duration")
    np.testing.assert_array_equal(spans, [[3600]])


@pytest.mark.parametrize("content", [10**400, np.inf])
def test_numbers_beyond_float64_name_the_column(content):
    with pytest.raises(ValueError, match="infinity or a value too large.*column 'x'"):
        values.numbers(column(1, content), "number")


def test_infinity_is_no_category():
    with pytest.raises(ValueError, match="infinity or a value too large.*column 'x'"):
        values.categories(column(1.0, -np.inf, dtype=float), "number category")


@pytest.mark.parametrize("text", ["NaN", "sNaN"])
def test_decimals_that_are_no_numbers_are_missing(text):
    gap = Decimal(text)
    assert values.categories(column(gap, Decimal(1)), "number") == [None, 1]
    found = values.numbers(column(gap, Decimal("1.5")), "number")
    np.testing.assert_array_equal(found.ravel(), [np.nan, 1.5])

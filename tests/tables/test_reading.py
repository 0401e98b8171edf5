"""Tables as they come: what is one, and what its columns are read as."""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_array_equal
from PIL import Image

from sknets import DenseNetClassifier
from sknets._tables.reading import FROM_DTYPE, as_container, mixed_columns, read

Y = np.arange(40) % 2
DAYS = [datetime.datetime(2020, 1, 1), None, datetime.datetime(2020, 1, 3)]
# A column of each kind, with gaps.
COLUMNS = {
    "size": [1.5, None, 3.0],
    "flag": [True, False, True],
    "colour": ["red", None, "blue"],
    "when": DAYS,
    "empty": [None, None, None],
}
KINDS = ["number", "number", "text", "datetime", "empty"]


def net(**params):
    return DenseNetClassifier(4, epochs=2, batch_size=8, random_state=0, **params)


def names(fitted):
    return list(fitted.get_feature_names_out())


def of_pyarrow():
    return pytest.importorskip("pyarrow").table(COLUMNS)


def of_rows():
    rows = list(zip(*COLUMNS.values(), strict=True))
    return np.array(rows, object)


# --- What is a table -----------------------------------------------------------------


@pytest.mark.parametrize(
    "X",
    [
        np.eye(3),
        np.array([[1, 2.5], [True, 3]], object),
        pd.DataFrame({"a": [1, 2], "b": [0.5, np.nan]}),
        pl.DataFrame({"a": [1, 2], "b": [0.5, None]}),
        pd.DataFrame({"image": [np.zeros((2, 2)), np.ones((2, 2))]}),
        np.array([[Image.new("L", (2, 2))]], object),
        [[1, 2], [3, 4]],
        np.empty((0, 2), object),
    ],
    ids=str,
)
def test_numbers_and_images_are_no_mixed_columns(X):
    assert mixed_columns(X) is None


@pytest.mark.parametrize(
    "X",
    [
        pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}),
        pl.DataFrame({"a": [1, 2], "b": ["x", "y"]}),
        np.array([[1, None]], object),
        np.array([[1, "x"]], object),
        np.array([["2020-01-01"]], "M8[D]"),
        np.array([[np.timedelta64(1, "D"), 1]], object),
        pl.DataFrame({"a": [Decimal("1.5")]}),
    ],
    ids=str,
)
def test_anything_else_is_left_as_it_is(X):
    assert mixed_columns(X) is X


def test_strings_of_fixed_length_become_objects():
    found = mixed_columns(np.array([["x", "yy"]]))
    assert found.dtype == object
    assert found.tolist() == [["x", "yy"]]


def test_rows_in_a_list_keep_numbers_beside_strings():
    found = as_container([[1, "x"], [2.5, None]])
    assert found.dtype == object
    assert found.tolist() == [[1, "x"], [2.5, None]]
    assert as_container([(1, 2), (3, 4)]).dtype.kind == "i"


@pytest.mark.parametrize("X", [[[1, 2], [3]], [], [1, 2], ["a", "b"], "ab", None])
def test_what_are_no_rows_is_left_for_others_to_refuse(X):
    assert as_container(X) is X


def test_a_batch_of_pyarrow_becomes_a_table():
    table = of_pyarrow()
    [batch] = table.to_batches()
    assert as_container(batch).equals(table)
    assert as_container(table) is table


def test_columns_of_one_name_are_refused():
    pa = pytest.importorskip("pyarrow")
    twice = pa.table([[1], ["x"]], names=["a", "a"])
    with pytest.raises(ValueError, match="X has 2 columns of the name 'a'"):
        mixed_columns(twice)


# --- Reading -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [lambda: pd.DataFrame(COLUMNS), lambda: pl.DataFrame(COLUMNS), of_pyarrow, of_rows],
    ids=["pandas", "polars", "pyarrow", "rows"],
)
def test_each_container_is_read_as_the_same(make):
    table = read(make(), FROM_DTYPE)
    assert table.shape == (3, 5)
    assert table.kinds == KINDS
    assert table.categories == [["red", None, "blue"]]
    assert_array_equal(table.numbers[:, 0], [1.5, np.nan, 3.0])
    assert_array_equal(table.numbers[:, 1], [1, 0, 1])
    # Days since 1970, then the angles of year, week and day.
    assert_array_equal(table.numbers[:, 2], [18262, np.nan, 18264])
    assert not table.is_matrix


def test_labels_are_names_or_places():
    assert read(pd.DataFrame({"a": ["x"], 3: [1]}), FROM_DTYPE).labels == ["'a'", "3"]
    assert read(np.array([["x", 1]], object), FROM_DTYPE).labels == ["0", "1"]


@pytest.mark.parametrize(
    ("X", "is_matrix"),
    [
        (np.eye(2, dtype=np.int8), True),
        (pd.DataFrame({"a": [1, 2], "b": [True, False]}), True),
        (np.array([[1.0, np.nan], [2.0, 3.0]]), False),
        (pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}), False),
    ],
)
def test_numbers_without_gaps_are_a_matrix(X, is_matrix):
    table = read(X, FROM_DTYPE)
    assert table.is_matrix == is_matrix
    assert table.numbers.dtype == np.float64
    if is_matrix:
        assert_array_equal(table.numbers, np.asarray(X, float))


def test_a_mask_says_which_numbers_are_categories():
    X = np.array([[1, 5], [2, 5], [1, 6]])
    table = read(X, [True, False])
    assert table.kinds == ["number category", "number"]
    assert table.categories == [[1, 2, 1]]
    assert_array_equal(table.numbers, [[5], [5], [6]])
    with pytest.raises(ValueError, match="Column 'b' of X .* holds 'x' and is not amo"):
        read(pd.DataFrame({"a": [1], "b": ["x"]}), [True, False])


def test_later_tables_are_read_as_that_of_fit():
    fitted = read(pd.DataFrame(COLUMNS), FROM_DTYPE)
    row = pd.DataFrame(COLUMNS).iloc[[1]].astype(object)  # gaps, and one truth value
    table = read(row, FROM_DTYPE, fitted.kinds)
    assert table.kinds == KINDS
    assert table.categories == [[None]]
    other = pd.DataFrame({**COLUMNS, "when": ["today"] * 3})
    message = "'when' of X .* holds strings, but in fit it held dates.*: convert it as"
    with pytest.raises(TypeError, match=message):
        read(other, FROM_DTYPE, fitted.kinds)


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow"])
def test_times_with_a_zone_are_read_in_utc(library):
    noon = datetime.datetime(2020, 1, 1, 12, tzinfo=datetime.UTC)
    frame = pd.DataFrame({"when": [noon, noon]})
    frame["when"] = frame["when"].dt.tz_convert("Asia/Tokyo")
    if library == "polars":
        frame = pl.from_pandas(frame)
    elif library == "pyarrow":
        frame = pytest.importorskip("pyarrow").Table.from_pandas(frame)
    table = read(frame, FROM_DTYPE)
    assert table.kinds == ["zoned datetime"]
    assert table.numbers[0, 0] == 18262.5


@pytest.mark.parametrize("as_arrow", [False, True])
def test_large_whole_numbers_beside_gaps_are_told_apart(as_arrow):
    large = 2**60
    categories, codes = [large, large + 1], [0, 1, -1, 1] * 10
    frame = pd.DataFrame({"a": pd.Categorical.from_codes(codes, categories)})
    if as_arrow:
        pa = pytest.importorskip("pyarrow")
        frame = pa.table(frame)
    assert names(net().fit(frame, Y)) == [f"a_{large}", f"a_{large + 1}", "a_missing"]


LARGE = [2**60, 2**60 + 1]


@pytest.mark.parametrize(
    ("make", "gap"),
    [
        (lambda ids, sizes: pd.DataFrame({"id": ids, "size": sizes}), LARGE[0]),
        (lambda ids, sizes: pd.DataFrame({"id": pd.array(ids), "size": sizes}), pd.NA),
        (lambda ids, sizes: pl.DataFrame({"id": ids, "size": sizes}), None),
        (lambda ids, sizes: pl.DataFrame({"id": ids, "size": sizes}), LARGE[0]),
        (lambda ids, sizes: list(zip(ids, sizes, strict=True)), LARGE[0]),
        (lambda ids, sizes: np.array([ids, sizes], object).T, None),
    ],
    ids=["pandas", "nullable", "polars", "polars without gaps", "list", "objects"],
)
def test_large_whole_numbers_that_are_named_as_categories(make, gap):
    ids = [*LARGE, gap, LARGE[1]] * 10
    X = make(ids, np.linspace(-1, 1, 40).tolist())
    found = net(categorical_features=[0]).fit(X, Y)
    parts = found.columns_["categories"]
    assert parts[0]["values"] == LARGE
    indicators = found.encode_columns(X)[:, 1:3]
    assert_array_equal(indicators, [[i is value for value in LARGE] for i in ids])


def test_large_whole_numbers_of_pyarrow_that_are_named_as_categories():
    pa = pytest.importorskip("pyarrow")
    table = pa.table({"id": [*LARGE, None, LARGE[1]] * 10})
    found = net(categorical_features=["id"]).fit(table, Y)
    assert found.columns_["categories"][0]["values"] == LARGE


@pytest.mark.parametrize("as_row", [np.array, pd.Series])
def test_rows_that_are_arrays_of_objects(as_row):
    rows = [["x", 1.5], ["y", 2.5]] * 20
    found = net().fit([as_row(row, dtype=object) for row in rows], Y)
    assert names(found) == names(net().fit(rows, Y)) == ["x1", "x0_x", "x0_y"]


@pytest.mark.skipif(
    not hasattr(np.dtypes, "StringDType"), reason="NumPy 2 brought StringDType"
)
def test_strings_of_any_length():
    strings = np.array([["a", "x"], ["b", None]] * 20, dtype=object)
    own = strings.astype(np.dtypes.StringDType(na_object=None))
    fitted = net().fit(own, Y)
    assert names(fitted) == ["x0_a", "x0_b", "x1_x", "x1_missing"]
    np.testing.assert_array_equal(
        fitted.predict_proba(own), net().fit(strings, Y).predict_proba(strings)
    )


@pytest.mark.parametrize(
    "content",
    [
        pl.Series([[1.0, 2.0]] * 4, dtype=pl.Array(pl.Float64, 2)),
        pl.Series([[1.0, 2.0]] * 4),
        [{"x": 1, "y": 2}] * 4,
    ],
)
def test_nested_columns_of_polars_are_named(content):
    for others in ({}, {"size": [1.0, 2.0, 3.0, 4.0]}):
        frame = pl.DataFrame({**others, "where": content})
        if others or isinstance(content, list):
            with pytest.raises(TypeError, match=r"Column 'where' of X \(dtype"):
                net().fit(frame, [0, 1, 0, 1])


@pytest.mark.skipif(not hasattr(pl, "Int128"), reason="newer versions have it")
def test_whole_numbers_of_128_bits():
    frame = pl.DataFrame({"a": [1, None, 3, 4] * 10})
    wide = frame.cast(pl.Int128)
    fitted = net().fit(frame, Y)
    assert_array_equal(fitted.predict_proba(wide), fitted.predict_proba(frame))
    ids = pl.DataFrame({"a": pl.Series([2**100, 2**100 + 1] * 20, dtype=pl.Int128)})
    found = net(categorical_features=["a"]).fit(ids, Y)
    assert names(found) == [f"a_{2**100}", f"a_{2**100 + 1}"]


def test_times_of_the_day_with_nanoseconds():
    pa = pytest.importorskip("pyarrow")
    times = pa.array([3600 * 10**9 + 1, None] * 20, pa.time64("ns"))
    frame = pd.DataFrame({"a": pd.Series(times, dtype=pd.ArrowDtype(times.type))})
    for X in (pa.table({"a": times}), frame, pl.from_arrow(pa.table({"a": times}))):
        table = read(X, FROM_DTYPE)
        assert table.kinds == ["time"]
        assert_array_equal(table.numbers[:2, 0], [3600, np.nan])


@pytest.mark.parametrize("start", ["2026-01-01T00:00+00:00", None])
def test_a_gap_of_the_type_of_dates_is_a_gap_of_any_kind(start):
    values = pd.to_timedelta(range(20), unit="D")
    values = values if start is None else pd.Timestamp(start) + values
    net = DenseNetClassifier(2, epochs=1).fit(pd.DataFrame({"t": values}), [0, 1] * 10)
    for gap in (pd.NaT, None):
        rows = pd.DataFrame({"t": [gap]})
        assert net.predict_proba(rows).shape == (1, 2)

"""Parquet files and data sets of pyarrow: a part for each row group."""

import sys

import numpy as np
import pandas as pd
import pytest

from sknets import DenseNetClassifier, TextPoolClassifier
from sknets._parts import as_parts
from tests.parts.rows import N, X, Y, check


@pytest.fixture
def parquet(tmp_path):
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame(X, columns=list("abc")).assign(y=Y, w=Y + 1.0)
    (tmp_path / "rows").mkdir()
    for i, start in enumerate((0, 25)):
        path = tmp_path / "rows" / f"{i}.parquet"
        frame[start : start + 25].to_parquet(path, row_group_size=10, index=False)
    return tmp_path / "rows"


def test_parquet_files(parquet):
    from pyarrow import dataset

    for given in (parquet, str(parquet), dataset.dataset(parquet)):
        parts = as_parts(given, "y", "w")
        check(parts, 6, Y + 1.0)
        assert list(next(parts.read())[1].X.columns) == ["a", "b", "c"]


def test_one_file(parquet):
    parts = as_parts(parquet / "1.parquet", "y", None)
    assert parts.n_parts == 3
    [(_, last)] = parts.read([2])
    np.testing.assert_array_equal(last.X[["a", "b", "c"]], X[45:])


@pytest.mark.parametrize("name", [None, "id"])
def test_the_index_of_a_frame_is_no_feature(tmp_path, name):
    pytest.importorskip("pyarrow")
    frame = pd.DataFrame(X, columns=list("abc")).assign(y=Y)
    frame.index = pd.Index(np.arange(N)[::-1], name=name)
    frame.to_parquet(tmp_path / "rows.parquet", row_group_size=20)
    check(as_parts(tmp_path / "rows.parquet", "y", None), 3)
    if name is not None:
        [(_, first), *_] = as_parts(tmp_path / "rows.parquet", "id", None).read()
        assert first.y.tolist() == frame.index[: len(first.y)].tolist()
        assert list(first.X.columns) == ["a", "b", "c", "y"]


def test_names_of_folders_are_columns(tmp_path):
    pytest.importorskip("pyarrow")
    base = tmp_path / "run=3"  # no part of the data
    frame = pd.DataFrame(X, columns=list("abc")).assign(y=Y, year=2020 + Y)
    frame.to_parquet(base, partition_cols=["year"], index=False)
    [first, *_] = as_parts(base, "y", None).read()
    assert list(first[1].X.columns) == ["a", "b", "c", "year"]
    assert (first[1].X["year"] == 2020 + first[1].y).all()
    labels = [part.y.iloc[0] for _, part in as_parts(base, "year", None).read()]
    assert labels == sorted(set(frame["year"]))


def test_names_of_columns(parquet):
    match = r"columns \['a', 'b', 'c', 'y', 'w'\], of which y must name one or several"
    for y in (None, "z", ["y", "z"]):
        with pytest.raises(ValueError, match=match):
            as_parts(parquet, y, None)
    with pytest.raises(ValueError, match="sample_weight must name one; got 'z'"):
        as_parts(parquet, "y", "z")
    assert list(next(as_parts(parquet, ["y", "w"], None).read())[1].y) == ["y", "w"]


def test_a_single_column_is_one_of_texts_categories_or_numbers(tmp_path):
    dataset = pytest.importorskip("pyarrow.dataset")
    path = tmp_path / "rows.parquet"
    for column in ([0.5, 1.5] * 20, ["a film", "a book"] * 20):
        pd.DataFrame({"x": column, "y": [0, 1] * 20}).to_parquet(path, index=False)
        [(_, part)] = as_parts(dataset.dataset(path), "y", None).read()
        assert part.X.to_numpy().ravel().tolist() == column
        net = DenseNetClassifier(32, epochs=30, random_state=0).fit(path, "y")
        assert net.score(part.X, part.y) == 1
    net = TextPoolClassifier(epochs=2, random_state=0).fit(path, "y")
    assert net.score(column, part.y) == 1


def test_paths_of_other_things_are_no_data_sets(tmp_path):
    (tmp_path / "rows.csv").write_text("a,y\n1,2\n")
    for path in (tmp_path / "rows.csv", tmp_path / "absent.parquet", "x" * 10_000):
        assert as_parts(path, "y", None) is None


@pytest.mark.parametrize(
    ("y", "weight", "name"),
    [
        (np.arange(50), None, "y"),
        (pd.Series([1, 2]), None, "y"),
        (["y", 3], None, "y"),
        ([], None, "y"),
        ("y", np.ones(50), "sample_weight"),
    ],
)
def test_values_where_columns_have_to_be_named(y, weight, name, parquet):
    with pytest.raises(ValueError, match=f"of which {name} must name"):
        as_parts(parquet, y, weight)


def test_without_pyarrow_it_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match="X is the path .*needs pyarrow: pip install"):
        as_parts(tmp_path, "y", None)


def test_a_column_has_to_be_left_for_X(parquet):
    names = [*"abc", "y", "w"]
    with pytest.raises(ValueError, match="none is left for X"):
        as_parts(parquet, names, None)

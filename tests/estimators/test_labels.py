"""What y may be, and that its type is what comes out."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from sknets import DenseNetClassifier
from sknets._estimators import labels


@pytest.fixture
def net(quick):
    return quick(DenseNetClassifier, epochs=1)


X = np.eye(6)
INTEGERS = [2**60, 2**60 + 1, 5] * 2
BOOLEANS = [True, False] * 3


@pytest.mark.parametrize(
    ("y", "dtype"),
    [
        (pd.Series(INTEGERS, dtype="Int64"), np.int64),
        (pd.Series([0, 1] * 3, dtype="UInt8"), np.uint8),
        (pd.Series([0.0, 1.0] * 3, dtype="Float32"), np.float32),
        (pd.Series(INTEGERS, dtype="Int64").astype("category"), np.int64),
        (pd.Series(BOOLEANS, dtype="boolean"), np.bool_),
        (pd.Series(BOOLEANS, dtype="boolean").astype("category"), np.bool_),
        (pd.Series(BOOLEANS, dtype="category"), np.bool_),
        (np.array(INTEGERS, dtype=object), np.int64),
        (np.array([2.0, 3, 2, 3, 2, 3], dtype=object), np.float64),
        (np.array(BOOLEANS, dtype=object), np.bool_),
        ([*map(np.int8, [1, 2] * 3)], np.int8),
        (pl.Series(INTEGERS), np.int64),
        (pl.Series(BOOLEANS), np.bool_),
        (pd.Series(["a", "b"] * 3), np.object_),
        (pd.Series(["a", "b"] * 3, dtype="string"), np.object_),
        (pd.Series(["a", "b"] * 3, dtype="category"), np.object_),
        (["a", "b"] * 3, np.dtype("U1")),
    ],
    ids=lambda value: str(getattr(value, "dtype", "")),
)
def test_the_type_of_labels_comes_out(net, y, dtype):
    values = list(y)
    net.fit(X, y)
    assert net.classes_.dtype == dtype
    assert net.classes_.tolist() == sorted(set(values))
    assert net.predict(X).dtype == dtype
    net.partial_fit(X, y, classes=values)
    assert 0 <= net.score(X, values) <= 1


@pytest.mark.parametrize(
    "dtype", ["int64[pyarrow]", "bool[pyarrow]", "string[pyarrow]"]
)
def test_types_of_pyarrow(net, dtype):
    pytest.importorskip("pyarrow")
    y = pd.Series([0, 1] * 3).astype(dtype)
    assert net.fit(X, y).classes_.tolist() == sorted(set(y))


@pytest.mark.parametrize(
    ("y", "match"),
    [
        (
            [None, "a", "b", None, "a", "b"],
            "Input y contains NaN or .* in rows 0, 3",
        ),
        (["a", np.nan, "b", "a", "b", "a"], "contains NaN or other .* in row 1. Leave"),
        (pd.Series([1, None, 2] * 2, dtype="Int64"), "Input y contains NaN"),
        (
            pd.Series(["a", None, "b"] * 2, dtype="category"),
            "missing values, in rows 1",
        ),
        (pl.Series(["a", None] * 3), "missing values, in rows 1, 3, 5"),
        (pd.Series(pd.to_datetime(["2020", None] * 3)), "missing values, in rows 1, 3"),
        ([1.0, np.nan] * 3, "Input y contains NaN"),
        ([["a"], ["a", "b"]] * 3, "several lengths.*MultiLabelBinarizer"),
        ([["a", "b"], ["b", "c"]] * 3, "2 columns of strings.*MultiLabelBinarizer"),
        ([{"a"}, {"b"}] * 3, "lists or sets of labels, such as {'a'}.*MultiLabelBin"),
        (pd.Series([["a"], ["b", "c"]] * 3), r"such as \['a'\].*MultiLabelBinarizer"),
        ([1, "a"] * 3, "y has int and str. Turn them into one type, such as str"),
        ([1, True] * 3, "y has bool and int"),
        ([b"a", "b"] * 3, "y has bytes and str"),
        ([2**70, 1] * 3, "integers beyond 64 bits. Turn them into strings"),
    ],
    ids=str,
)
def test_bad_labels(net, y, match):
    with pytest.raises(ValueError, match=match):
        net.fit(X, y)


def test_label_names_of_an_indicator_frame(net):
    rows = [[0, 1], [1, 0], [1, 1]] * 2
    for frame in (
        pd.DataFrame(rows, columns=["rain", "cold"]),
        pd.DataFrame(rows, columns=["rain", "cold"], dtype="Int64"),
        pl.DataFrame(rows, schema=["rain", "cold"], orient="row"),
    ):
        net.fit(X, frame, X_val=X, y_val=frame)
        assert net.classes_.tolist() == ["rain", "cold"]
        assert set(np.unique(net.predict(X))) <= {0, 1}
    net.partial_fit(X, rows, classes=["cold", "rain"])
    swapped = frame.select(["cold", "rain"])
    with pytest.raises(ValueError, match=r"columns of y are \['cold', 'rain'\], but"):
        net.partial_fit(X, swapped)
    with pytest.raises(ValueError, match=r"columns of y_val are \['cold', 'rain'\]"):
        net.fit(X, frame, X_val=X, y_val=swapped)
    twice = pd.DataFrame(rows, columns=["a", "a"])
    with pytest.raises(ValueError, match=r"columns of y must have different names"):
        net.fit(X, twice)
    assert net.fit(X, pd.DataFrame(rows)).classes_.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("classes", "match"),
    [
        ([], r"at least one and none missing; got \[\]"),
        ([0, 1, np.nan], "Input classes contains NaN .* in row 2"),
        (np.array([0, 1, np.nan]), "none missing; got"),
        ([[0, 1]], r"classes must be a list of all labels.*got \[\[0, 1\]\]"),
        (3, "classes must be a list of all labels that will come.*got 3"),
        ([0, "a"], "classes has int and str"),
        ([0, None], "Input classes contains NaN or other missing values, in row 1"),
        (["0", "1"], "y has numbers, .* but the classes are strings"),
        ([0, 2], r"not among the classes \[0, 2\]: \[1\]"),
    ],
)
def test_bad_classes(net, classes, match):
    with pytest.raises(ValueError, match=match):
        net.partial_fit(X, [0, 1] * 3, classes=classes)


def test_classes_of_an_indicator_matrix(net):
    Y = np.eye(3, dtype=int)[[0, 1, 2] * 2] | np.eye(3, dtype=int)[[1, 1, 2] * 2]
    with pytest.raises(ValueError, match=r"classes=\[0, 1\] is not the same as the"):
        net.partial_fit(X, Y, classes=[0, 1])
    assert net.partial_fit(X, Y, classes=range(3)).classes_.tolist() == [0, 1, 2]


def test_strings_are_not_the_numbers_they_spell(net):
    net.fit(X, [0, 1] * 3)
    with pytest.raises(ValueError, match="y has strings, .* the classes are numbers"):
        net.partial_fit(X, ["0", "1"] * 3)


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"X_val": X[:, :2]}, "^X_val has 2 features, but DenseNet"),
        ({"X_val": np.full_like(X, np.inf)}, "^Input X_val contains infinity"),
        (
            {"X_val": X[:4]},
            "^X_val and y_val must have the same number of rows; .* 4",
        ),
        ({"y_val": [0, 1, np.nan] * 2}, "^Input y_val contains NaN"),
        ({"y_val": ["y", "X"] * 3}, r"^y_val has strings, '?.*y'"),
        ({"y_val": [0, 7] * 3}, r"^y_val contains labels .*: \[7\]"),
        ({"sample_weight_val": [-1] * 6}, "Negative values in .*`sample_weight_val`"),
        ({"sample_weight_val": [1] * 5}, "^sample_weight_val.shape == "),
        ({"sample_weight_val": [np.nan] * 6}, "^Input sample_weight_val contains NaN"),
    ],
    ids=str,
)
def test_errors_about_validation_rows_name_them(net, given, match):
    given = {"X_val": X, "y_val": [0, 1] * 3, **given}
    with pytest.raises(ValueError, match=match):
        net.fit(X, [0, 1] * 3, **given)


def test_names_are_strings_only():
    frame = pd.DataFrame([[0, 1]], columns=["a", 1])
    assert labels.column_names(frame, "y") is None
    assert labels.column_names(pd.Series([0, 1]), "y") is None


def test_masked_labels_are_refused():
    y = np.ma.masked_array([0, 1, 99], [False, False, True])
    with pytest.raises(ValueError, match=r"y is a masked array with 1 masked values"):
        DenseNetClassifier(4, epochs=1).fit(np.eye(3), y)

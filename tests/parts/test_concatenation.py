"""Parts one behind the other."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from sknets import DenseNetClassifier
from sknets._parts.concatenation import concatenated

FRAME = pd.DataFrame(
    {
        "size": np.linspace(-1, 1, 60),
        "colour": pd.Categorical(["red", "blue", "green"] * 20),
        "day": pd.date_range("2026-01-01", periods=60),
    }
)
Y = (FRAME["size"] > 0).to_numpy()


def as_pandas(frame):
    return frame


def as_polars(frame):
    return pytest.importorskip("polars").from_pandas(frame)


def as_arrow(frame):
    return pytest.importorskip("pyarrow").Table.from_pandas(frame)


def as_batch(frame):
    return pytest.importorskip("pyarrow").RecordBatch.from_pandas(frame)


def test_lists_arrays_and_sparse_matrices():
    rows = np.eye(3)
    assert concatenated([["a"], ["b", "c"]]) == ["a", "b", "c"]
    np.testing.assert_array_equal(concatenated([rows[:1], rows[1:]]), rows)
    sparse = concatenated([sp.csc_array(rows[:1]), sp.csr_array(rows[1:])])
    assert sparse.format == "csr"
    np.testing.assert_array_equal(sparse.toarray(), rows)


def test_one_part_is_not_copied():
    rows = np.eye(3)
    assert concatenated([rows]) is rows


def test_columns_of_pyarrow():
    pa = pytest.importorskip("pyarrow")
    parts = [pa.array(["a"]), pa.chunked_array([["b"], ["c"]])]
    assert concatenated(parts).to_pylist() == ["a", "b", "c"]


@pytest.mark.parametrize("convert", [as_pandas, as_polars, as_arrow, as_batch])
def test_small_frames_in_parts_train_as_one(convert):
    net = DenseNetClassifier(
        8, epochs=2, categorical_features=["colour"], random_state=0
    )
    parts = [(convert(FRAME[:25]), Y[:25]), (convert(FRAME[25:]), Y[25:])]
    fitted = net.fit(parts)
    assert list(fitted.feature_names_in_) == ["size", "colour", "day"]
    found = [weight.copy() for weight in fitted.weights_]
    expected = net.fit(FRAME, Y).weights_
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("n_first", [20, 30])
def test_categories_that_are_numbers_stay_categories(n_first):
    large = 2**60
    codes = [large, large + 1, None] * 10 + [large + 2] * 30
    frame = pd.DataFrame({"code": codes}, dtype=object)
    parts = [frame[:n_first].astype("category"), frame[n_first:].astype("category")]
    found = concatenated(parts)["code"]
    assert found.cat.categories.tolist() == [large, large + 1, large + 2]
    assert found.isna().sum() == 10


def test_frames_whose_types_differ_get_one_for_both():
    polars, pa = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    first, second = {"a": [1], "b": [None]}, {"a": [1.5], "b": ["x"]}
    found = concatenated([polars.DataFrame(first), polars.DataFrame(second)])
    assert found.to_dict(as_series=False) == {"a": [1.0, 1.5], "b": [None, "x"]}
    for kind in (pa.table, pa.RecordBatch.from_pydict):
        found = concatenated([kind(first), kind(second)])
        assert found.to_pydict() == {"a": [1.0, 1.5], "b": [None, "x"]}

"""What is learnt of columns: fills, names, and values that look alike."""

import datetime

import numpy as np
import pandas as pd
import pytest

from sknets import DenseNetClassifier
from sknets._tables import encoder

Y = np.arange(40) % 2


def net():
    return DenseNetClassifier(4, epochs=2, batch_size=8, random_state=0)


def names(fitted):
    return list(fitted.get_feature_names_out())


def test_a_gap_is_filled_by_the_weighted_median():
    frame = pd.DataFrame({"a": [1.0, 2.0, 3.0, np.nan] * 10})
    weight = np.tile([1.0, 1.0, 3.0, 1.0], 10)
    assert net().fit(frame, Y).columns_["fill"].tolist() == [2.0]
    assert net().fit(frame, Y, weight).columns_["fill"].tolist() == [3.0]


def test_fills_of_the_largest_numbers_are_finite():
    frame = pd.DataFrame({"a": [1.7e308, 1.6e308, np.nan, np.nan] * 10})
    assert net().fit(frame, Y).columns_["fill"][0] == pytest.approx(1.65e308)


@pytest.mark.parametrize("later", [1.0, "text", pd.Timestamp("2020-01-01")])
def test_a_column_without_values_in_fit_may_hold_anything_later(later):
    frame = pd.DataFrame({"a": np.arange(40.0), "b": np.full(40, np.nan)})
    fitted = net().fit(frame, Y)
    other = frame.assign(b=later)
    np.testing.assert_array_equal(
        fitted.predict_proba(other), fitted.predict_proba(frame)
    )
    of_array = net().fit(frame.to_numpy(), Y)
    np.testing.assert_array_equal(
        of_array.predict_proba(frame.to_numpy()), fitted.predict_proba(frame)
    )


def test_names_are_distinct():
    values = ["missing", "others", None, "x", "y"] * 8
    frame = pd.DataFrame({"a": values, "a_missing": [1.0, np.nan] * 20})
    frame.loc[39, "a"] = "rare"
    frame = frame.rename(columns={"a_missing": "a_x"})
    found = names(net().fit(frame, Y))
    assert found == [
        *("a_x", "a_x_missing"),
        *("a_missing", "a_others", "a_x_2", "a_y", "a_others_2", "a_missing_2"),
    ]


def test_rare_and_missing_categories_have_an_indicator_each():
    frame = pd.DataFrame({"a": ["x", "y", None, "x", "y"] * 8})
    frame.loc[0, "a"] = "rare"
    fitted = net().fit(frame, Y)
    assert names(fitted) == ["a_x", "a_y", "a_others", "a_missing"]
    rows = pd.DataFrame({"a": ["x", "rare", "new", None]})
    expected = [[1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0], [0, 0, 0, 1]]
    np.testing.assert_array_equal(fitted.encode_columns(rows), expected)


def test_the_most_frequent_of_very_many_categories_have_an_indicator(monkeypatch):
    monkeypatch.setattr(encoder, "MAX_CATEGORIES", 2)
    values = ["a"] * 5 + ["b"] * 10 + ["c"] * 5 + ["d"] * 20
    fitted = net().fit(pd.DataFrame({"a": values}), Y)
    assert names(fitted) == ["a_b", "a_d", "a_others"]


def test_times_are_seconds_of_the_day():
    times = [datetime.time(1, 2, 3, 500_000), datetime.time(23, 59, 59)] * 20
    frame = pd.DataFrame({"a": times})
    encoded = net().fit(frame, Y).encode_columns(frame)
    np.testing.assert_array_equal(encoded[:2, 0], [3723.5, 86399.0])

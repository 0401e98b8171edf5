"""The stored columns of a table: each kind with what belongs to it, or an error."""

import numpy as np
import pytest

from sknets._persistence.column_checks import check_columns
from sknets._persistence.requirements import StateError

KINDS = ["number", "text", "empty", "number category", "time"]


def stored(**changed):
    """As `fit` leaves it for five columns."""
    columns = {
        "kinds": KINDS,
        # Of the number, and the three features of the time.
        "fill": np.array([2.0, 0.5, 0.0, 1.0]),
        "has_values": np.ones(4, bool),
        "has_gaps": np.array([True, False, False, False]),
        "categories": categories(),
    }
    return {**columns, **changed}


def categories(**changed):
    text = {"values": ["blue", "red"], "has_others": True, "has_missing": False}
    number = {"values": [2, 3.5], "has_others": False, "has_missing": True}
    return [{**text, **changed}, {**number, **changed}]


def test_encoded_columns_are_counted():
    # Four numbers and a gap's indicator; blue, red and others; 2, 3.5 and missing.
    assert check_columns(stored(), 5) == 4 + 1 + 3 + 3
    without_time = stored(has_values=np.array([True, False, False, False]))
    assert check_columns(without_time, 5) == 1 + 1 + 3 + 3


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({}, "columns_ must be a dict of"),
        (stored(kinds=KINDS[1:]), "has the kinds of 4 columns for 5 features"),
        (stored(kinds=["odd"] * 5), "must be a list of known kinds"),
        (stored(kinds=[["text"]] * 5), "must be a list of known kinds"),
        (stored(fill=np.zeros(3)), r"columns_\['fill'\] must have shape \(4,\)"),
        (stored(fill=np.full(4, np.nan)), "values that are not finite"),
        (stored(has_gaps=[True] * 4), r"'has_gaps'\] must be an array"),
        (stored(has_values=np.zeros(4, bool)), "gaps in columns without values"),
        (stored(categories=[]), "must be a list of 2 dicts"),
        (stored(categories=[{}, {}]), r"columns_\['categories'\] must be a dict of"),
        (stored(categories=categories()[::-1]), "has values that are no text"),
        (
            stored(categories=categories()[:1] * 2),
            "has values that are no number category",
        ),
        (stored(categories=categories(values="ab")), "has values that are no text"),
        (stored(categories=categories(values=["a", "a"])), "has a value twice"),
        (stored(categories=categories(has_others=1)), "has no bool has_others"),
    ],
)
def test_states_that_no_fit_leaves(columns, message):
    with pytest.raises(StateError, match=message):
        check_columns(columns, 5)


@pytest.mark.parametrize("value", [float("nan"), np.float64(1), None, "1"])
def test_number_categories_are_plain_numbers(value):
    text, number = categories()
    changed = [text, {**number, "values": [value]}]
    with pytest.raises(StateError, match="values that are no number category"):
        check_columns(stored(categories=changed), 5)

"""What the checks of a state are made of: sizes, numbers, dicts and arrays."""

from fractions import Fraction

import numpy as np
import pytest

from sknets._persistence.requirements import (
    StateError,
    is_count,
    is_number,
    is_size,
    is_tuple_of,
    require_array,
    require_dict,
)

NO_NUMBERS = [True, None, "1", [1], np.ones(1), 1j, float("nan"), float("-inf")]


@pytest.mark.parametrize("value", [1, 2**70, np.int8(3)])
def test_sizes(value):
    assert is_size(value)
    assert is_count(value)
    assert is_number(value)


@pytest.mark.parametrize("value", [-1, 0.0, 1.0, 1.5, *NO_NUMBERS])
def test_what_is_no_size(value):
    assert not is_size(value)
    assert not is_count(value)


def test_nothing_is_a_count_but_no_size():
    assert is_count(0)
    assert not is_size(0)


def test_numbers_are_finite_and_real():
    assert all(map(is_number, [0, -1.5, np.float32(0.1), Fraction(1, 3)]))
    assert not any(map(is_number, NO_NUMBERS))


def test_tuples():
    is_pair = is_tuple_of(is_size, 2)
    assert is_pair((1, 2))
    assert not any(map(is_pair, [(1,), (1, 2, 3), [1, 2], (1, 0), (1, "2"), None, 3]))


def test_dicts_have_just_the_keys():
    require_dict({"a": 1, "b": 2}, {"a", "b"}, "it")
    wanted = r"it must be a dict of \['a', 'b'\]; got "
    for value, found in [
        ({"a": 1}, r"\['a'\]"),
        ({"a": 1, "b": 2, 3: 4}, r"\['3', 'a', 'b'\]"),
        (["a", "b"], "list"),
    ]:
        with pytest.raises(StateError, match=f"^{wanted}{found}$"):
            require_dict(value, {"a", "b"}, "it")


def test_arrays_of_a_type_and_shape():
    require_array(np.zeros((2, 5), np.float32), np.float32, (2, None), "it")
    require_array(np.array(["a"], object), np.object_, (1,), "it")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([0.0, 1.0], "it must be an array; got a list"),
        (np.zeros(2), "it must have dtype float32; got float64"),
        (np.zeros(2, ">f4"), "it must have dtype float32; got >f4"),
        (np.zeros(3, np.float32), r"it must have shape \(2,\); got \(3,\)"),
        (np.zeros((2, 1), np.float32), r"it must have shape \(2,\); got \(2, 1\)"),
        (np.array([0, np.nan], np.float32), "it has values that are not finite"),
        (np.array([0, np.inf], np.float32), "it has values that are not finite"),
    ],
)
def test_other_arrays_are_refused(value, message):
    with pytest.raises(StateError, match=f"^{message}"):
        require_array(value, np.float32, (2,), "it")

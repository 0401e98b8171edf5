"""Iterables of parts: gone through again and again, and checked one by one."""

import numpy as np
import pytest

from sknets._parts import as_parts
from tests.parts.rows import N, X, Y, check, gathered


class Again:
    """An iterable that starts anew each time."""

    def __iter__(self):
        for start in range(0, N, 20):
            yield X[start : start + 20], Y[start : start + 20]


def test_iterables():
    listed = list(Again())
    check(as_parts(listed, None, None), 3)
    assert [n for n, _ in as_parts(listed, None, None).read([2, 0])] == [2, 0]
    parts = as_parts(Again(), None, None)
    assert (parts.n_parts, parts.can_choose) == (None, False)
    for _ in range(2):
        np.testing.assert_array_equal(gathered(parts)[1], X)
    weighted = [(*part, part[1] + 1.0) for part in listed]
    check(as_parts(weighted, None, None), 3, Y + 1.0)


def test_items_by_number():
    class Items:
        def __len__(self):
            return 2

        def __getitem__(self, number):
            return X[number::2], Y[number::2]

    parts = as_parts(Items(), None, None)
    assert (parts.n_parts, parts.can_choose) == (2, True)
    assert [n for n, _ in parts.read([1])] == [1]
    assert as_parts([], None, None) is None


def test_iterators_say_how_to_start_anew():
    with pytest.raises(TypeError, match="gone through but once.*__iter__ starts anew"):
        as_parts(iter(Again()), None, None)


def test_parts_that_are_none():
    parts = [*Again(), X]
    with pytest.raises(ValueError, match=r"Part 3 of X must be a tuple.*got ndarray"):
        list(as_parts(parts, None, None).read())


@pytest.mark.parametrize(
    "rows",
    [
        [["good", "film"], ["bad", "book"]],
        ([1, 2], [3, 4]),
        [(0.0, 1.0), (2.0, 3.0)],
        [("a", "b", "c", "d")],
    ],
)
def test_rows_are_no_parts(rows):
    assert as_parts(rows, None, None) is None

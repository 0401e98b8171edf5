"""Some of many rows: in order, always the same ones, and of all parts alike."""

import numpy as np
import pytest

from sknets._core.sampling import some_rows


@pytest.mark.parametrize("n_rows", [0, 1, 50])
def test_few_rows_are_all_taken(n_rows):
    np.testing.assert_array_equal(some_rows(n_rows, 50), np.arange(n_rows))


def test_many_rows_are_cut_to_some_in_order():
    rows = some_rows(10_000, 300)
    assert len(rows) == 300
    assert (np.diff(rows) > 0).all()
    assert 0 <= rows[0] < rows[-1] < 10_000
    np.testing.assert_array_equal(some_rows(10_000, 300), rows)


@pytest.mark.parametrize("period", [2, 7, 24])
def test_rows_that_repeat_themselves_are_all_there(period):
    rows = some_rows(240_000, 10_000)
    counts = np.bincount(rows % period, minlength=period)
    expected = len(rows) / period
    assert np.abs(counts - expected).max() < 4 * np.sqrt(expected)


def test_all_parts_are_looked_at():
    counts, _ = np.histogram(some_rows(100_000, 5_000), 10, (0, 100_000))
    assert np.abs(counts - 500).max() < 4 * np.sqrt(500)


def test_the_random_state_of_the_process_stays():
    np.random.seed(3)  # noqa: NPY002
    expected = np.random.random()  # noqa: NPY002
    np.random.seed(3)  # noqa: NPY002
    some_rows(100, 5)
    assert np.random.random() == expected  # noqa: NPY002

"""Quantiles of weighted numbers."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sknets._core.quantiles import weighted_quantile, weighted_quantiles

SHARES = (0.0, 0.02, 0.25, 0.5, 0.75, 0.98, 1.0)


def expected(values, share):
    return np.quantile(values, share, axis=0, method="averaged_inverted_cdf")


def test_a_weight_is_how_often_a_number_is_there():
    y = np.array([3.0, 1.0, 2.0, 10.0, 4.0])
    times = np.array([1, 3, 2, 1, 1])
    for share in SHARES:
        found = weighted_quantile(y, times, share)
        assert found == expected(np.repeat(y, times), share)


@pytest.mark.parametrize("n_rows", [1, 2, 3, 4, 7, 50, 100, 350])
def test_columns(n_rows):
    rng = np.random.default_rng(n_rows)
    values = rng.normal(size=(n_rows, 3))
    values[:, 1] = rng.integers(0, 3, n_rows)
    alike = weighted_quantiles(values, np.full(n_rows, 0.3), SHARES)
    assert_allclose(alike, expected(values, SHARES), rtol=1e-12)
    times = rng.integers(1, 5, n_rows)
    found = weighted_quantiles(values, 0.37 * times, SHARES)
    repeated = np.repeat(values, times, axis=0)
    assert_allclose(found, expected(repeated, SHARES), rtol=1e-12)

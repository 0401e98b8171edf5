"""Errors of simple models for rows that they have not seen."""

import numpy as np
import pytest
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import LeaveOneOut, cross_val_predict
from sklearn.neighbors import KNeighborsRegressor

from sknets._core import left_out


def rows(n, n_features):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n, n_features))
    return x, np.c_[x[:, 0] > 0, np.sin(3 * x[:, 1])].astype(float)


@pytest.mark.parametrize("shape", [(60, 5), (30, 40)])
def test_those_of_ridge_regression(shape):
    x, y = rows(*shape)
    ridge = RidgeCV(alphas=left_out.PENALTIES).fit(x, y)
    assert left_out.of_ridge(x, y).mean() == pytest.approx(-ridge.best_score_)


@pytest.mark.parametrize("n", [60, 8, 2])
def test_those_of_neighbours(n):
    x, y = rows(n, 3)
    means = [
        np.square(
            cross_val_predict(KNeighborsRegressor(k), x, y, cv=LeaveOneOut()) - y
        ).mean(axis=0)
        for k in left_out.NEIGHBOURS
        if k < n
    ]
    best = min(means, key=np.mean)
    np.testing.assert_allclose(left_out.of_neighbours(x, y), best)

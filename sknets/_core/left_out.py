"""Errors of two simple models for rows that they have not seen, in closed form.

They tell what kind of target a table has before a network is trained: what a linear
model explains, and what the nearest rows do.
"""

from __future__ import annotations

import numpy as np

PENALTIES = (1.0, 10.0, 100.0, 1000.0)
NEIGHBOURS = (1, 3, 10)


def target_columns(y: np.ndarray) -> np.ndarray:
    """Targets as columns of numbers: an indicator for each of the classes of labels."""
    if y.ndim > 1:
        return y.astype(np.float64)
    return (y[:, None] == np.unique(y)).astype(np.float64)


def of_ridge(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Mean squared errors of ridge regression, each row by a model of the others.

    As ``RidgeCV``, whose import would take longer than many a fit: the error of a row
    is its residual over one less its leverage.

    Parameters
    ----------
    x : ndarray of shape (n_rows, n_features)
    y : ndarray of shape (n_rows, n_outputs)

    Returns
    -------
    ndarray of shape (n_outputs,)
        Of the penalty with the smallest mean error, of `PENALTIES`.
    """
    u, s, _ = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    centred = y - y.mean(axis=0)
    found = []
    for penalty in PENALTIES:
        kept = s**2 / (s**2 + penalty)
        leverage = u**2 @ kept + 1 / len(x)
        residuals = centred - u @ (kept[:, None] * (u.T @ centred))
        found.append(np.square(residuals / (1 - leverage)[:, None]).mean(axis=0))
    return min(found, key=np.mean)


def of_neighbours(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Mean squared errors of means over the nearest other rows.

    Parameters
    ----------
    x : ndarray of shape (n_rows, n_features)
    y : ndarray of shape (n_rows, n_outputs)

    Returns
    -------
    ndarray of shape (n_outputs,)
        Of the number of neighbours with the smallest mean error, of `NEIGHBOURS`.
    """
    lengths = np.square(x).sum(axis=1)
    distances = lengths - 2 * (x @ x.T)  # but for a constant of each row
    np.fill_diagonal(distances, np.inf)
    n_most = min(max(NEIGHBOURS), len(x) - 1)
    nearest = np.argpartition(distances, n_most - 1, axis=1)[:, :n_most]
    order = np.take_along_axis(distances, nearest, axis=1).argsort(axis=1)
    sums = y[np.take_along_axis(nearest, order, axis=1)].cumsum(axis=1)
    found = [
        np.square(sums[:, k - 1] / k - y).mean(axis=0)
        for k in NEIGHBOURS
        if k <= n_most
    ]
    return min(found, key=np.mean)

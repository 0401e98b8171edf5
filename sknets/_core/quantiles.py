"""Quantiles of weighted numbers, where a weight of two is a number that is there twice.

An interpolation between neighbours, as ``numpy.quantile`` has by default, would not be
that. These are where the weights of the numbers up to there reach the share, and half
the way to the next one if they are that share (its method "averaged_inverted_cdf").
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# Sums of weights that are equal but for rounding count as equal.
SLACK = 1e-9


def weighted_quantile(values: np.ndarray, weights: np.ndarray, share: float) -> float:
    """One quantile of some numbers, as the median is that of one half."""
    return float(weighted_quantiles(values[:, None], weights, (share,))[0, 0])


def weighted_quantiles(
    values: np.ndarray, weights: np.ndarray, shares: Sequence[float]
) -> np.ndarray:
    """Quantiles of each column.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
    weights : ndarray of shape (n_rows,)
        Not negative, and not all zero.
    shares : sequence of float
        Between 0 and 1.

    Returns
    -------
    ndarray of shape (len(shares), n_columns)
    """
    if (weights == weights[0]).all():
        reached = np.arange(1.0, len(values) + 1)[:, None]
        ends = _ends(reached, shares)
        ordered = np.partition(values, np.unique(ends), axis=0)
        ends = np.broadcast_to(ends, (*ends.shape[:2], values.shape[1]))
    else:
        order = np.argsort(values, axis=0)
        ends = _ends(np.cumsum(weights[order], axis=0, dtype=np.float64), shares)
        ordered = np.take_along_axis(values, order, axis=0)
    low, high = (np.take_along_axis(ordered, end, axis=0) for end in ends)
    return low / 2 + high / 2


def _ends(reached: np.ndarray, shares: Sequence[float]) -> np.ndarray:
    """The places between which each share is, in numbers that are sorted.

    `reached` are sums of their weights; returned is an ndarray of shape (2,
    len(shares), n_columns).
    """
    slack = SLACK * reached[-1]
    wanted = np.multiply.outer(shares, reached[-1])
    first = [(reached < one - slack).sum(axis=0) for one in wanted]
    after = [(reached <= one + slack).sum(axis=0) for one in wanted]
    return np.minimum([first, after], len(reached) - 1)

"""Some of many rows, to look at."""

from __future__ import annotations

import numpy as np


def some_rows(n_rows: int, most: int) -> np.ndarray:
    """Numbers of up to `most` rows, in order: drawn at random, always the same ones.

    Every k-th row would be the same hour of each day, or of the same class, where rows
    repeat themselves.

    Examples
    --------
    >>> from sknets._core.sampling import some_rows
    >>> some_rows(3, 5)
    array([0, 1, 2])
    >>> len(some_rows(100, 5))
    5
    """
    if n_rows <= most:
        return np.arange(n_rows)
    rng = np.random.default_rng(0)
    return np.sort(rng.choice(n_rows, most, replace=False, shuffle=False))

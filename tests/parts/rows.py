"""What the tests of readers share: the rows that are read, and the check of them."""

import numpy as np

N = 50
X = np.arange(N * 3, dtype=np.float64).reshape(N, 3)
Y = np.arange(N) % 4


def gathered(parts, numbers=None):
    """All rows, joined."""
    found = [part for _, part in parts.read(numbers)]
    joined = [
        None if column[0] is None else np.concatenate([np.asarray(c) for c in column])
        for column in zip(*found, strict=True)
    ]
    return len(found), *joined


def check(parts, n_parts, weight=None):
    n, found_X, found_y, found_weight = gathered(parts)
    assert n == n_parts == parts.n_parts
    np.testing.assert_array_equal(found_X, X)
    np.testing.assert_array_equal(np.ravel(found_y), Y)
    assert (found_weight is None) == (weight is None)
    if weight is not None:
        np.testing.assert_array_equal(found_weight, weight)

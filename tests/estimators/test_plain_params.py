"""Numbers of numpy as parameters."""

from fractions import Fraction

import numpy as np
import pytest
from sklearn.base import clone

from sknets import DenseNetClassifier
from sknets._estimators.plain_params import plain


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (np.uint8(3), 3),
        (np.float64(0.5), 0.5),
        (Fraction(1, 2), 0.5),
        (np.True_, True),
        (np.str_("adam"), "adam"),
        (np.array([3, 4], np.uint8), [3, 4]),
        ((np.int8(3), (np.int8(4),)), (3, (4,))),
        ({"a": np.float32(0.5), "b": (np.uint8(1), 2)}, {"a": 0.5, "b": (1, 2)}),
        (True, True),
        (None, None),
    ],
)
def test_plain(given, expected):
    result = plain(given)
    assert result == expected
    assert type(result) is type(expected)


def test_other_objects_stay():
    for value in (np.random.RandomState(0), object(), "auto"):
        assert plain(value) is value


# So high a rate need not learn anything.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_small_integers_train_as_large_ones(quick, blobs):
    X, y = blobs
    plain_numbers = {
        "width": (200, 8),
        "epochs": 100,
        "batch_size": 8,
        "patience": 3,
        "random_state": 7,
        "learning_rate": 0.25,
    }
    small = {
        name: np.float16(value) if isinstance(value, float) else np.uint8(value)
        for name, value in plain_numbers.items()
    }
    expected = quick(DenseNetClassifier, **plain_numbers).fit(X, y)
    est = quick(DenseNetClassifier, **small)
    given = clone(est).get_params()
    assert type(given["epochs"]) is np.uint8
    est.fit(X, y)
    assert est.n_iter_ == 100
    for a, b in zip(est.weights_, expected.weights_, strict=True):
        np.testing.assert_array_equal(a, b)
    assert type(est.get_params()["batch_size"]) is np.uint8
    assert est.network_ == expected.network_

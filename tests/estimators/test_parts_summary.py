"""What one pass over the parts adds up."""

import numpy as np
import pytest

from sknets._core import scaling
from sknets._estimators.parts_summary import Extremes, Labels, Standard

rng = np.random.default_rng(0)
X, WEIGHTS = rng.normal(5, 2, (40, 3)), rng.uniform(0.1, 3, 40)
PARTS = [slice(0, 13), slice(13, 40)]


@pytest.mark.parametrize("block_values", [2**19, 12])
def test_moments_of_parts_and_blocks_are_those_of_all_rows(monkeypatch, block_values):
    monkeypatch.setattr(scaling, "BLOCK_VALUES", block_values)
    moments = Standard()
    for part in PARTS:
        moments.add(X[part], WEIGHTS[part])
    learnt = moments.scaling()
    mean = np.average(X, axis=0, weights=WEIGHTS)
    variance = np.average((X - mean) ** 2, axis=0, weights=WEIGHTS)
    np.testing.assert_allclose(learnt["shift"], mean, rtol=1e-12)
    np.testing.assert_allclose(learnt["scale"], variance**-0.5, rtol=1e-12)


def test_squares_that_are_infinite_or_zero_are_those_of_a_sample():
    rows = X * [1e200, 1, 1e-200]
    moments = Standard()
    for part in PARTS:
        moments.add(rows[part], WEIGHTS[part])
    found = moments.beside(rows, WEIGHTS)
    expected = scaling.learn_standard(X, np.arange(40), WEIGHTS)
    np.testing.assert_allclose(found["shift"], expected["shift"] * [1e200, 1, 1e-200])
    np.testing.assert_allclose(found["scale"], expected["scale"] / [1e200, 1, 1e-200])


@pytest.mark.parametrize("parts", [PARTS, PARTS[::-1]])
def test_extremes_are_those_of_all_parts(parts):
    extremes = Extremes()
    for part in parts:
        extremes.add(X[part], WEIGHTS[part])
    np.testing.assert_array_equal(extremes.beside(X[:1])[1:], [X.min(0), X.max(0)])
    assert extremes.n_rows == 40


def test_weights_of_labels_add_up():
    y = np.array(["b", "c"])[np.arange(40) % 2]
    y[30:33] = "a"
    labels = Labels()
    for part in PARTS:
        labels.add(y[part], WEIGHTS[part])
    assert labels.values.tolist() == ["a", "b", "c"]
    expected = [WEIGHTS[y == label].sum() for label in "abc"]
    np.testing.assert_allclose(labels.totals, expected)

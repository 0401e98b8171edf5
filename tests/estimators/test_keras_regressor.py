"""KerasRegressor: numbers in the shape of y, and their score."""

import numpy as np
import pytest
from sklearn.metrics import r2_score

from sknets import KerasRegressor
from tests.own_models import one_layer


def test_numbers_are_predicted_in_the_shape_of_y(reg, numbers):
    X, y = numbers
    assert reg.fit(X, y).score(X, y) > 0.9
    assert reg.predict(X).shape == y.shape
    two = np.column_stack([y, -y])
    assert reg.fit(X, two).predict(X).shape == two.shape


@pytest.fixture
def constant(numbers):
    """A regressor that predicts 0 for each row."""
    return KerasRegressor(one_layer(1, None, n_features=3)).initialize(*numbers)


def test_the_score_is_that_of_scikit_learn(constant, numbers):
    X, y = numbers
    weight = np.arange(len(y))
    expected = r2_score(y, np.zeros(len(y)), sample_weight=weight)
    assert constant.score(X, y, weight) == pytest.approx(expected)
    assert constant.score(X, y) == pytest.approx(r2_score(y, np.zeros(len(y))))


def test_predictions_are_float64(constant, numbers):
    X, _ = numbers
    assert constant.predict(X).dtype == np.float64
    assert (constant.predict(X) == 0).all()


def test_numbers_given_as_texts_or_objects(reg, numbers):
    X, y = numbers
    y = y.astype(np.float32)
    expected = reg.set_params(epochs=2).fit(X, y).predict(X)
    for given in (y.astype(object), y.astype(str)):
        np.testing.assert_allclose(reg.fit(X, given).predict(X), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("y", "match"),
    [
        (np.ones((120, 1, 1)), "Found array with dim 3"),
        (np.full(120, np.nan), "Input y contains NaN"),
        (np.full(120, "one"), "could not convert string to float"),
    ],
)
def test_targets_that_are_no_numbers(y, match, reg, numbers):
    with pytest.raises(ValueError, match=match):
        reg.fit(numbers[0], y)

"""Numbers to be predicted: what is refused, and how they are scaled."""

import datetime

import numpy as np
import pandas as pd
import pytest

from sknets import DenseNetRegressor
from sknets._core.objectives import AbsoluteError, Poisson, Quantile, SquaredError
from sknets._estimators import number_targets

X = np.random.default_rng(0).normal(size=(60, 3))
Y = X[:, 0] + X[:, 1] ** 2
ONES = np.ones(60)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (["a"] * 60, "y holds strings such as 'a'. To predict classes take DenseNetCl"),
        (["1.5"] * 60, "y holds strings such as '1.5'.*y.astype(float)"),
        (np.array([1.0, "b"] * 30, object), "y holds strings such as 'b'"),
        (Y > 0, "y holds booleans"),
        ([datetime.datetime(2020, 1, 1)] * 60, "dates|datetime|real number"),
        (np.full(60, np.datetime64("2020-01-01")), "y holds dates or times"),
        (np.where(Y > 1, np.nan, Y), "Input y contains NaN"),
        ([None, *Y[1:]], "Input y contains NaN"),
        ([pd.NA, *Y[1:]], "y must consist of finite numbers: .*NAType"),
        ([10**400, *Y[1:]], "y must consist of finite numbers: int too large"),
        (np.where(Y > 1, np.inf, Y), "Input y contains infinity"),
        (Y + 1j, "Complex data not supported"),
        (Y[:50], "inconsistent numbers of samples"),
        (np.zeros((60, 2, 2)), "y must have shape"),
        (None, "requires y to be passed"),
    ],
)
def test_what_is_no_number_is_refused(y, message):
    pattern = message.replace("(", r"\(").replace(")", r"\)")
    with pytest.raises((ValueError, TypeError), match=pattern):
        DenseNetRegressor(4, epochs=1).fit(X, y)


def test_negative_counts_are_refused():
    net = DenseNetRegressor(4, epochs=1, loss="poisson")
    with pytest.raises(ValueError, match="loss='poisson' is for counts and rates"):
        net.fit(X, Y - 5)
    with pytest.raises(ValueError, match="needs some y above zero"):
        net.fit(X, np.zeros(60))


@pytest.mark.parametrize("factor", [1e-300, 1e-9, 1.0, 1e9, 1e300])
@pytest.mark.parametrize(
    "objective", [SquaredError(), AbsoluteError(), Poisson(), Quantile(0.9)]
)
def test_scaled_targets_do_not_depend_on_the_unit(objective, factor):
    y = np.abs(Y)[:, None]
    expected = number_targets.learn_scaling(y, ONES, objective)
    scaling = number_targets.learn_scaling(y * factor, ONES, objective)
    values = number_targets.scaled(y * factor, scaling)
    np.testing.assert_allclose(values, number_targets.scaled(y, expected), rtol=1e-5)
    back = number_targets.unscaled(values.astype(np.float64), scaling)
    np.testing.assert_allclose(back / factor, y, rtol=1e-4)


def test_weights_count_as_repeated_rows():
    times = np.arange(60) % 4 + 1
    repeated = np.repeat(Y, times)[:, None]
    for objective in (SquaredError(), AbsoluteError(), Quantile(0.2)):
        weighted = number_targets.learn_scaling(Y[:, None], times, objective)
        expected = number_targets.learn_scaling(
            repeated, np.ones(len(repeated)), objective
        )
        for name in ("shift", "scale"):
            np.testing.assert_allclose(weighted[name], expected[name])


def test_outliers_have_no_part_in_a_robust_spread():
    with_outliers = np.r_[Y, [1e12, -1e12]][:, None]
    scaling = number_targets.learn_scaling(with_outliers, np.ones(62), AbsoluteError())
    expected = number_targets.learn_scaling(Y[:, None], ONES, AbsoluteError())
    np.testing.assert_allclose(scaling["scale"], expected["scale"], rtol=0.2)


def test_numbers_far_beyond_the_first_ones_are_refused():
    net = DenseNetRegressor(4).partial_fit(X, Y * 1e-30)
    with pytest.raises(ValueError, match="too far from those that the scale"):
        net.partial_fit(X, Y * 1e30)


def test_a_robust_spread_is_the_deviation_of_normal_targets():
    y = np.random.default_rng(0).normal(3, 5, (20_000, 1))
    scaling = number_targets.learn_scaling(y, np.ones(len(y)), AbsoluteError())
    np.testing.assert_allclose(scaling["scale"], 5, rtol=0.03)


def test_masked_numbers_are_refused():
    y = np.ma.masked_array([1.0, 2.0, 1e6], [False, False, True])
    with pytest.raises(ValueError, match=r"y is a masked array .* 1 masked.*y.filled"):
        DenseNetRegressor(4, epochs=1).fit(np.eye(3), y)
    nothing = np.ma.masked_array([1.0, 2.0, 3.0], False)
    assert DenseNetRegressor(4, epochs=1).fit(np.eye(3), nothing)


def test_the_column_of_counts_that_are_all_zero_is_named():
    y = np.column_stack([[1, 2, 3], [0, 0, 0]])
    with pytest.raises(ValueError, match="all are 0 in column 1"):
        DenseNetRegressor(4, epochs=1, loss="poisson").fit(np.eye(3), y)


@pytest.mark.skipif(
    np.finfo(np.longdouble).max == np.finfo(np.float64).max,
    reason="np.longdouble is float64 here",
)
def test_numbers_beyond_float64_are_refused():
    with pytest.raises(ValueError, match="Input y contains .* too large for dtype"):
        DenseNetRegressor(4).fit(X, Y * np.longdouble("1e1000"))


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber"])
@pytest.mark.parametrize("values", [(0.3, 0.1 + 0.2), (1e16, 1e16 + 4), (3.0, 3.0)])
def test_a_constant_that_is_rounded_is_predicted_as_one(values, loss):
    y = np.tile(values, 30)
    found = DenseNetRegressor(16, epochs=20, loss=loss, random_state=0).fit(X, y)
    np.testing.assert_allclose(found.predict(X), values[0], rtol=1e-15)

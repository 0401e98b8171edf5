"""DenseNetRegressor: numbers from tables, with its defaults."""

import inspect

import numpy as np
import pandas as pd
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LinearRegression
from sklearn.utils.estimator_checks import check_param_validation

from sknets import DenseNetRegressor


def test_arguments_reach_the_parameters_of_their_names():
    names = list(inspect.signature(DenseNetRegressor).parameters)
    given = {name: object() for name in names if name != "optimizer__"}
    assert DenseNetRegressor(**given).get_params() == given


def test_parameters_are_validated():
    check_param_validation("DenseNetRegressor", DenseNetRegressor())


def test_a_curve_is_learnt_that_no_line_fits():
    rng = np.random.default_rng(0)
    X = rng.uniform(-2, 2, (600, 2))
    y = np.sin(3 * X[:, 0]) + X[:, 1] ** 2
    net = DenseNetRegressor((64, 64), dropout=0.0, random_state=0)
    assert net.fit(X[:400], y[:400]).score(X[400:], y[400:]) > 0.85
    assert LinearRegression().fit(X[:400], y[:400]).score(X[400:], y[400:]) < 0.3


def test_few_noisy_rows_are_learnt_as_well_as_by_a_line():
    X, y = load_diabetes(return_X_y=True)
    net = DenseNetRegressor(random_state=0).fit(X[:300], y[:300])
    linear = LinearRegression().fit(X[:300], y[:300])
    assert net.score(X[300:], y[300:]) > linear.score(X[300:], y[300:]) - 0.05


def test_columns_of_any_type():
    colours = np.array(["red", "green", "blue", None], object)[np.arange(60) % 4]
    frame = pd.DataFrame({"size": np.arange(60) % 7 / 7, "colour": colours})
    frame.loc[::9, "size"] = np.nan
    y = np.where(frame["colour"] == "red", 5.0, -5.0)
    found = DenseNetRegressor(16, random_state=0, epochs=60).fit(frame, y)
    assert found.score(frame, y) > 0.9

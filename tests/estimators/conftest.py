"""The Keras estimators that the tests of several modules train."""

import numpy as np
import pytest

from sknets import KerasClassifier, KerasRegressor
from tests.own_models import QUICK, build, build_numbers


@pytest.fixture
def clf():
    return KerasClassifier(build, **QUICK)


@pytest.fixture
def reg():
    params = {"optimizer__learning_rate": 0.05, "epochs": 40, "random_state": 0}
    return KerasRegressor(build_numbers, loss="mse", optimizer="adam", **params)


@pytest.fixture(scope="session")
def numbers():
    """Three features, 120 rows, and a linear function of them."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 3))
    return X, X @ [1.0, -2.0, 0.5] + 0.3

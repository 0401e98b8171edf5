"""Settings and small data that the test files share."""

import os

# Before scikit-learn is imported: without it the array API check is skipped.
os.environ["SCIPY_ARRAY_API"] = "1"
# The banner of TensorFlow's C++ side is no part of what the tests look at.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import pytest
from sklearn.datasets import load_digits, make_blobs

from sknets._training import dense_trainer

# Constructor arguments that make a fit quick. One width, one batch size: the tests
# then share compiled programs.
QUICK = {
    "DenseNetClassifier": {"width": 8, "dropout": 0.0, "batch_size": 16},
    "SmallCNNClassifier": {"width": (4,), "dropout": 0.0, "batch_size": 16},
    "DenseNetRegressor": {"width": 8, "dropout": 0.0, "batch_size": 16},
    "SmallCNNRegressor": {"width": (4,), "dropout": 0.0, "batch_size": 16},
}


@pytest.fixture
def way(request, monkeypatch):
    """Way to train dense layers whatever their size: "numpy" or "compiled"."""
    seconds = {"numpy": np.inf, "compiled": 0.0}[request.param]
    monkeypatch.setattr(dense_trainer, "MAX_SECONDS", seconds)
    return request.param


@pytest.fixture
def compiled_unless_said_otherwise(request, monkeypatch):
    """Train dense layers of any size in a compiled program, without a `way`."""
    if "way" not in request.fixturenames:
        monkeypatch.setattr(dense_trainer, "MAX_SECONDS", 0.0)


@pytest.fixture
def quick():
    """Function that makes an estimator with quick arguments, any of them replaced."""

    def make(estimator_class, **params):
        defaults = {"epochs": 5, "learning_rate": 0.05, "random_state": 0}
        return estimator_class(
            **{**defaults, **QUICK[estimator_class.__name__], **params}
        )

    return make


@pytest.fixture(scope="session")
def blobs():
    """Three classes in four features, 90 rows, well apart; float64."""
    X, y = make_blobs(90, 4, centers=3, cluster_std=0.5, random_state=1)
    X.flags.writeable = False
    y.flags.writeable = False
    return X, y


@pytest.fixture(scope="session")
def binary(blobs):
    """The first two classes of `blobs`."""
    X, y = blobs
    return X[y < 2], y[y < 2]


@pytest.fixture(scope="session")
def multilabel(blobs):
    """Three labels of which a row has any number, from the signs of features."""
    X, _ = blobs
    return X, (X[:, :3] > np.median(X[:, :3], axis=0)).astype(int)


@pytest.fixture(scope="session")
def digits():
    """Images of digits, 200 rows of 64 pixels in 0..16, float64."""
    X, y = load_digits(return_X_y=True)
    X, y = X[:200], y[:200]
    X.flags.writeable = False
    return X, y

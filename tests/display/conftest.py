"""Figures are closed again, and fitted networks that several displays show."""

import matplotlib as mpl

mpl.use("Agg")

import pytest
from matplotlib import pyplot as plt

from sknets import DenseNetClassifier, SmallCNNClassifier, TextPoolClassifier


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="session")
def cnn(digits):
    """Two convolutions on 8 x 8 images."""
    X, y = digits
    return SmallCNNClassifier(
        (4, 6), 0.0, epochs=3, batch_size=16, learning_rate=0.05, random_state=0
    ).fit(X, y)


@pytest.fixture(scope="session")
def dense(digits):
    """Dense layers on rows of 64 pixels, with validation losses and a clip."""
    X, y = digits
    net = DenseNetClassifier(
        8, 0.0, epochs=6, batch_size=16, learning_rate=0.05, random_state=0
    )
    return net.fit(X[:150], y[:150], X_val=X[150:], y_val=y[150:])


@pytest.fixture(scope="session")
def text():
    """A network for texts."""
    return TextPoolClassifier(epochs=1, random_state=0).fit(
        ["good film", "bad film"] * 4, [1, 0] * 4
    )

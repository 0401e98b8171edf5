"""Probabilities where little is to be learnt."""

import warnings

import numpy as np
import pytest
from scipy.special import expit
from sklearn.datasets import make_classification
from sklearn.linear_model import RidgeCV
from sklearn.metrics import log_loss

from sknets import DenseNetClassifier
from sknets._estimators import temperature
from tests.networks import assert_all_equal

QUICK = {"width": (64, 32), "random_state": 0}


def noise(n_classes=2, n=200, seed=0):
    """Indicators of which one bears a little on the class."""
    rng = np.random.default_rng(seed)
    X = (rng.random((n, 20)) < 0.3).astype(float)
    y = (rng.random(n) < expit(X[:, 0] - 0.8)).astype(int)
    return X, y + (rng.random(n) < 0.3) * (n_classes - 2)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_noise_is_not_believed(n_classes):
    X, y = noise(n_classes)
    others, truth = noise(n_classes, n=2000, seed=1)
    auto = DenseNetClassifier(random_state=0).fit(X, y)
    given = DenseNetClassifier(random_state=0, label_smoothing=0.02).fit(X, y)
    frequencies = np.tile(np.bincount(y) / len(y), (2000, 1))
    by_frequency = log_loss(truth, frequencies)
    assert log_loss(truth, auto.predict_proba(others)) < by_frequency + 0.1
    assert log_loss(truth, given.predict_proba(others)) > by_frequency + 0.3
    # The layers before are those of the same training.
    assert_all_equal(auto.weights_[:-2], given.weights_[:-2])
    assert auto.history_ == given.history_


@pytest.mark.parametrize(
    "params", [{"early_stopping": True}, {"warm_start": True}, {"label_smoothing": 0}]
)
def test_only_where_fit_decides(params, monkeypatch):
    monkeypatch.setattr(temperature, "may_be_noise", None)  # would fail if called
    DenseNetClassifier(**QUICK, **params).fit(*noise())


def test_what_a_linear_model_explains_is_believed():
    X, y = make_classification(200, 12, class_sep=1.5, random_state=0)
    auto, given = (
        DenseNetClassifier(**QUICK, label_smoothing=s).fit(X, y) for s in ("auto", 0.02)
    )
    assert_all_equal(auto.weights_, given.weights_)


def test_a_checkerboard_is_learnt():
    """Nothing for a linear model, and no noise."""
    rng = np.random.default_rng(0)
    X = np.tile(rng.uniform(-1, 1, size=(600, 2)), 6)
    y = (X[:, :2] > 0).sum(axis=1) % 2
    p = DenseNetClassifier(random_state=0).fit(X[:400], y[:400]).predict_proba(X[400:])
    assert log_loss(y[400:], p) < 0.2


def test_an_interrupt_of_the_second_network_keeps_the_first(monkeypatch):
    X, y = noise()

    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(temperature, "with_temperature", interrupt)
    auto = DenseNetClassifier(**QUICK).fit(X, y)
    given = DenseNetClassifier(**QUICK, label_smoothing=0.02).fit(X, y)
    assert_all_equal(auto.weights_, given.weights_)


@pytest.mark.parametrize("shape", [(60, 5), (30, 40)])
def test_errors_left_out_are_those_of_ridge_regression(shape):
    X, y = np.random.default_rng(0).normal(size=shape), noise(3, shape[0])[1]
    Y = (y[:, None] == np.unique(y)).astype(float)
    ridge = RidgeCV(alphas=(1.0, 10.0, 100.0, 1000.0)).fit(X, Y)
    found = temperature.squared_errors_left_out(X, Y)
    assert found == pytest.approx(-ridge.best_score_)


def test_every_fourth_row_of_each_class():
    labels = np.repeat([0, 1, 2, 3], [3, 4, 8, 41])
    mask = temperature.every_fourth(labels, np.random.default_rng(0))
    assert np.bincount(labels[mask], minlength=4).tolist() == [0, 1, 2, 10]


@pytest.mark.parametrize("scale", [0.0, 1e30])
def test_features_that_a_linear_model_cannot_take(scale):
    X, y = noise()
    net = DenseNetClassifier(**QUICK, input_scaling=None, epochs=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # too large
        net.fit(scale * X, y)
    assert np.isfinite(net.predict_proba(scale * X)).all()


def test_one_class():
    X, _ = noise()
    with pytest.warns(UserWarning, match="only one class"):
        net = DenseNetClassifier(**QUICK).fit(X, np.zeros(200))
    assert set(net.predict(X)) == {0}

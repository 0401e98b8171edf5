"""Predictions where little is to be learnt."""

import warnings

import numpy as np
import pytest
from scipy.special import expit
from sklearn.datasets import make_classification
from sklearn.metrics import log_loss, r2_score

from sknets import DenseNetClassifier, DenseNetRegressor
from sknets._estimators import shrinkage
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
    monkeypatch.setattr(shrinkage, "noisy_outputs", None)  # would fail if called
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

    monkeypatch.setattr(shrinkage, "with_shrinkage", interrupt)
    auto = DenseNetClassifier(**QUICK).fit(X, y)
    given = DenseNetClassifier(**QUICK, label_smoothing=0.02).fit(X, y)
    assert_all_equal(auto.weights_, given.weights_)


def test_every_fourth_row_of_each_class():
    labels = np.repeat([0, 1, 2, 3], [3, 4, 8, 41])
    mask = shrinkage.every_fourth(labels, np.random.default_rng(0))
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


def numbers(n, seed=0):
    """Pure noise, and a column that the first features make."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 20))
    return X, np.c_[rng.normal(size=n), X[:, 0] - 2 * X[:, 1]]


@pytest.mark.parametrize("loss", ["squared_error", "huber", "absolute_error"])
def test_numbers_that_are_noise_are_not_learnt_by_heart(loss):
    (X, y), (others, truth) = numbers(150), numbers(2000, seed=1)
    auto, given = (
        DenseNetRegressor(random_state=0, loss=loss, weight_decay=d).fit(X, y[:, 0])
        for d in ("auto", 0.03)
    )
    assert auto.score(others, truth[:, 0]) > -0.12
    assert given.score(others, truth[:, 0]) < -0.2


def test_each_output_by_itself():
    (X, y), (others, truth) = numbers(300), numbers(2000, seed=1)
    net = DenseNetRegressor(random_state=0).fit(X, y)
    noise, learnt = r2_score(truth, net.predict(others), multioutput="raw_values")
    assert noise > -0.1
    assert learnt > 0.9


def test_labels_that_are_noise_are_not_believed():
    X, y = noise(n=300)
    Y = np.c_[y, np.random.default_rng(2).integers(0, 2, 300)]
    others, truth = noise(n=2000, seed=1)
    auto, given = (
        DenseNetClassifier(random_state=0, label_smoothing=s)
        .fit(X, Y)
        .predict_proba(others)[:, 0]
        for s in ("auto", 0.02)
    )
    assert log_loss(truth, auto) < log_loss(truth, given) - 0.08


def test_one_product_of_two_features_is_learnt():
    """Nothing for a linear model, and no noise."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 6))
    y = X[:, 0] * X[:, 1]
    assert (
        DenseNetRegressor(random_state=0).fit(X[:400], y[:400]).score(X[400:], y[400:])
        > 0.8
    )

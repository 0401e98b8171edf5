"""What early stopping watches, and how long it waits."""

import math

import numpy as np
import pytest

from sknets import DenseNetClassifier
from sknets._training import optimizers
from sknets._training.monitor import Monitor
from sknets._training.settings import Settings


def follow(values, prefix="", **settings):
    """Best epoch and number of epochs where a figure takes these values."""
    optimizer = optimizers.make_optimizer("sgd", None, None, {})
    settings = Settings(99, 1, optimizer, early_stopping=True, **settings)
    monitor = Monitor(settings, prefix)
    best = 0
    for epoch, value in enumerate(values, 1):
        if monitor.is_best({prefix + settings.monitor: value}):
            best = epoch
        if monitor.is_exhausted:
            break
    return best, epoch


def test_lowest_loss_and_highest_score():
    values = [0.5, 0.2, 0.4, 0.9, 0.1, 0.3]
    assert follow(values, patience=6) == (5, 6)
    assert follow(values, patience=6, monitor="accuracy") == (4, 6)
    assert follow(values, "val_", patience=6, monitor="f1") == (4, 6)


def test_patience_counts_from_the_best_epoch():
    assert follow([5, 4, 6, 7, 3], patience=2) == (2, 4)
    assert follow([5, 4, 6, 7, 3], patience=3) == (5, 5)
    assert follow(np.arange(50.0), patience=np.inf) == (1, 50)


def test_equal_values_are_no_improvement():
    assert follow([1.0] * 9, patience=3) == (1, 4)


def test_tol_concerns_patience_and_not_the_best_epoch():
    # Each step is too small, two of them together are not.
    values = [1.0, 0.95, 0.9, 0.85, 0.8, 0.79, 0.78, 0.5]
    assert follow(values, tol=0.06, patience=2) == (7, 7)
    assert follow(values, tol=0.0, patience=2) == (8, 8)


def test_undefined_scores():
    nan = math.nan
    assert follow([nan, nan, 0.5, nan, 0.7], patience=9, monitor="f1") == (5, 5)
    assert follow([nan] * 9, patience=2, monitor="f1") == (1, 3)


def test_stops_on_a_score(quick, blobs):
    X, y = blobs
    est = quick(
        DenseNetClassifier, epochs=40, early_stopping=True, patience=3,
        scoring="balanced_accuracy", monitor="balanced_accuracy",
    ).fit(X, y, X_val=X[:30], y_val=y[:30])  # fmt: skip
    scores = est.history_["val_balanced_accuracy"]
    assert est.best_epoch_ == np.argmax(scores) + 1
    assert est.n_iter_ == est.best_epoch_ + 3 < 40


def test_stops_on_the_accuracy_of_training_rows(quick, blobs):
    est = quick(
        DenseNetClassifier, epochs=40, early_stopping=True, patience=2,
        validation_fraction=None, monitor="accuracy",
    ).fit(*blobs)  # fmt: skip
    assert est.best_epoch_ == np.argmax(est.history_["accuracy"]) + 1
    assert est.n_iter_ == est.best_epoch_ + 2 < 40


def test_tol_ends_a_fit_sooner(quick, blobs):
    params = {"early_stopping": True, "epochs": 30, "validation_fraction": None}
    long = quick(DenseNetClassifier, **params, patience=2).fit(*blobs)
    short = quick(DenseNetClassifier, **params, patience=2, tol=0.1).fit(*blobs)
    assert short.n_iter_ < long.n_iter_
    steps = -np.diff(short.history_["loss"])
    assert steps[-2:].sum() <= 0.1
    assert short.best_epoch_ == short.n_iter_


def test_endless_patience(quick, blobs):
    est = quick(DenseNetClassifier, early_stopping=True, patience=np.inf, epochs=30)
    assert est.fit(*blobs).n_iter_ == 30
    assert est.best_epoch_ == np.argmin(est.history_["val_loss"]) + 1


@pytest.mark.parametrize("monitor", ["val_loss", "f1"])
def test_unknown_monitor(quick, blobs, monitor):
    est = quick(DenseNetClassifier, monitor=monitor, scoring={"mine": "f1_macro"})
    with pytest.raises(
        ValueError, match=r"monitor must be one of \['loss', 'accuracy', 'mine'\], of"
    ):
        est.fit(*blobs)

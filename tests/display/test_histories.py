"""Histories of estimators and searches, of Keras, and from CSV files."""

import keras
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sknets import DenseNetClassifier
from sknets.display import TrainingCurvesDisplay


def test_best_epoch_is_none_whose_loss_is_no_number():
    losses = [np.nan, 0.5, 0.7, np.nan]
    display = TrainingCurvesDisplay.from_history({"val_loss": losses})
    assert display.best_epochs == {"": 2}


@pytest.mark.parametrize("epochs", [2, 40])
def test_best_epoch_of_early_stopping(epochs, blobs):
    X, y = blobs
    net = DenseNetClassifier(
        8, 0.5, epochs=epochs, learning_rate=0.1, early_stopping=True, patience=1,
        validation_fraction=None, random_state=0,
    ).fit(X, y)  # fmt: skip
    assert (net.best_epoch_ < net.n_iter_) == (epochs == 40)
    # Without validation rows there is no other way to know it.
    display = TrainingCurvesDisplay.from_estimator(net)
    (x,) = display.best_epoch_lines_[""]["loss"].get_xdata()
    assert x == net.best_epoch_


@pytest.mark.parametrize("wrap", ["pipeline", "search"])
def test_estimator_inside(wrap, dense, digits):
    if wrap == "pipeline":
        estimator = make_pipeline(FunctionTransformer(), dense)
    else:
        grid = {"width": [8]}
        estimator = GridSearchCV(DenseNetClassifier(epochs=2), grid, cv=2)
        estimator.fit(digits[0][:40], digits[1][:40] % 2)
        dense = estimator.best_estimator_
    display = TrainingCurvesDisplay.from_estimator(estimator)
    assert_array_equal(display.lines_[""]["loss"].get_ydata(), dense.history_["loss"])


def test_keras_history_and_csv(tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    path = tmp_path / "log.csv"
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(8, 2)), rng.normal(size=8)
    history = model.fit(
        X, y, epochs=3, verbose=0, validation_data=(X, y),
        callbacks=[keras.callbacks.CSVLogger(path)],
    )  # fmt: skip
    display = TrainingCurvesDisplay.from_history({"object": history, "file": path})
    assert [ax.get_ylabel() for ax in display.axes_] == ["loss", "mae"]
    for key, values in history.history.items():
        for name in ("object", "file"):
            drawn = display.lines_[name][key].get_ydata()
            assert_allclose(drawn, values, rtol=1e-12)


def test_csv_gaps_and_learning_rate(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("epoch;accuracy;learning_rate;loss\n0;0.5;0.1;NA\n1;0.6;0.1;0.25\n")
    display = TrainingCurvesDisplay.from_history(str(path))
    assert [ax.get_ylabel() for ax in display.axes_] == ["loss", "accuracy"]
    assert_array_equal(display.lines_[""]["loss"].get_ydata(), [np.nan, 0.25])
    display = display.plot(metrics="learning_rate")
    assert [ax.get_ylabel() for ax in display.axes_] == ["learning rate"]


@pytest.mark.parametrize(
    ("history", "error", "match"),
    [
        ({}, ValueError, "has no epochs"),
        ({"loss": []}, ValueError, "has no epochs"),
        ({"loss": [1.0, 2.0], "accuracy": [1.0]}, ValueError, "different lengths"),
        ({"loss": ["low", "high"]}, ValueError, "one number an epoch under 'loss'"),
        ([0.5, 0.4], TypeError, "must be a dict of lists.*got list"),
    ],
)
def test_bad_history(history, error, match):
    with pytest.raises(error, match=match):
        TrainingCurvesDisplay.from_history(history)


def test_bad_csv(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("epoch,loss\n0,low\n")
    with pytest.raises(ValueError, match=r"log.csv' must hold numbers.*'low'"):
        TrainingCurvesDisplay.from_history(path)
    path.write_text("")
    with pytest.raises(ValueError, match=r"log.csv' has no epochs"):
        TrainingCurvesDisplay.from_history(path)


def test_bad_estimator(digits):
    with pytest.raises(NotFittedError):
        TrainingCurvesDisplay.from_estimator(DenseNetClassifier())
    other = LogisticRegression(max_iter=5000).fit(*digits)
    with pytest.raises(TypeError, match="LogisticRegression has no history_"):
        TrainingCurvesDisplay.from_estimator(other)
    with pytest.raises(ValueError, match="empty dict"):
        TrainingCurvesDisplay.from_estimator({})


def test_a_row_that_is_too_long_is_no_log(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("epoch,loss\n0,1,5\n")
    with pytest.raises(ValueError, match=r"must hold numbers .* found \['5'\]"):
        TrainingCurvesDisplay.from_history(path)

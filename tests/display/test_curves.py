"""Curves of loss and accuracy, from estimators, histories and logs of Keras."""

import keras
import numpy as np
import pytest
from matplotlib import pyplot as plt
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sknets import DenseNetClassifier
from sknets.display import TrainingCurvesDisplay

HISTORY = {
    "loss": [0.9, 0.5, 0.3, 0.2],
    "accuracy": [0.6, 0.7, 0.9, 0.95],
    "val_loss": [0.8, 0.6, 0.5, 0.7],
    "val_accuracy": [0.5, 0.7, 0.8, 0.75],
}


def test_lines_and_labels():
    display = TrainingCurvesDisplay.from_history(HISTORY)
    assert [ax.get_ylabel() for ax in display.axes_] == ["loss", "accuracy"]
    assert [ax.get_xlabel() for ax in display.axes_] == ["epoch", "epoch"]
    assert set(display.lines_[""]) == set(HISTORY)
    for key, values in HISTORY.items():
        line = display.lines_[""][key]
        assert_array_equal(line.get_xdata(), [1, 2, 3, 4])
        assert_array_equal(line.get_ydata(), values)
        assert line.axes is display.axes_[int("accuracy" in key)]
    texts = [text.get_text() for text in display.axes_[0].get_legend().get_texts()]
    assert texts == ["training", "validation", "best epoch (3)"]


def test_best_epoch_is_on_the_validation_curve():
    display = TrainingCurvesDisplay.from_history(HISTORY)
    marks = display.best_epoch_lines_[""]
    assert marks["loss"].get_xydata().tolist() == [[3, 0.5]]
    assert marks["accuracy"].get_xydata().tolist() == [[3, 0.8]]


def test_best_epoch_is_none_whose_loss_is_no_number():
    losses = [np.nan, 0.5, 0.7, np.nan]
    display = TrainingCurvesDisplay.from_history({"val_loss": losses})
    assert display.best_epochs == {"": 2}


@pytest.mark.parametrize(
    ("history", "params"),
    [
        (HISTORY, {"mark_best": False}),
        ({"loss": [0.5, 0.2]}, {}),
        ({"loss": [0.5, 0.2], "val_loss": [np.nan, np.nan]}, {}),
    ],
)
def test_no_best_epoch(history, params):
    display = TrainingCurvesDisplay.from_history(history, **params)
    assert display.best_epoch_lines_ == {"": {}}


def test_estimator(dense):
    display = TrainingCurvesDisplay.from_estimator(dense)
    for key in ("loss", "val_loss", "accuracy", "val_accuracy"):
        line = display.lines_[""][key]
        assert_array_equal(line.get_ydata(), dense.history_[key])
    lowest = int(np.argmin(dense.history_["val_loss"])) + 1
    assert display.best_epochs == {"": lowest}


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


def test_several_fits(dense, cnn):
    display = TrainingCurvesDisplay.from_estimator({"dense": dense, "CNN": cnn})
    a, b = display.lines_["dense"], display.lines_["CNN"]
    assert_array_equal(a["loss"].get_ydata(), dense.history_["loss"])
    assert_array_equal(b["loss"].get_ydata(), cnn.history_["loss"])
    assert a["loss"].get_color() == a["val_loss"].get_color()
    assert a["loss"].get_color() != b["loss"].get_color()
    assert a["loss"].get_linestyle() == "--"
    assert a["val_loss"].get_linestyle() == "-"
    texts = [text.get_text() for text in display.axes_[0].get_legend().get_texts()]
    assert texts == ["dense", "CNN", "training", "validation", "best epoch"]


def test_several_fits_without_validation():
    display = TrainingCurvesDisplay.from_history(
        {"a": {"loss": [2.0, 1.0]}, "b": {"loss": [3.0, 1.0]}}
    )
    assert display.lines_["b"]["loss"].get_linestyle() == "-"
    texts = [text.get_text() for text in display.axes_[0].get_legend().get_texts()]
    assert texts == ["a", "b"]


def test_one_epoch_is_visible():
    display = TrainingCurvesDisplay.from_history({"loss": [0.4]})
    assert display.lines_[""]["loss"].get_marker() == "."


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


def test_axes_given():
    figure, (first, second) = plt.subplots(1, 2)
    display = TrainingCurvesDisplay.from_history(HISTORY, ax=[first, second])
    assert list(display.axes_) == [first, second]
    assert display.figure_ is figure
    again = display.plot(metrics=["accuracy"], ax=second, line_kw={"color": "red"})
    assert again is display
    assert len(display.axes_) == 1
    assert display.lines_[""]["accuracy"].get_color() == "red"
    assert not second.axison


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


def test_bad_plot_parameters():
    display = TrainingCurvesDisplay({"a": HISTORY})
    with pytest.raises(ValueError, match=r"some of \['loss'.*got \['auc'\]"):
        display.plot(metrics="auc")
    _, axes = plt.subplots(1, 3)
    with pytest.raises(ValueError, match="to have 2 axes, got 3"):
        display.plot(ax=axes)


def test_a_history_without_metrics_says_what_it_has():
    with pytest.raises(ValueError, match=r"no metric to draw; it has \['lr'\]"):
        TrainingCurvesDisplay.from_history({"lr": [1.0, 2.0]})


def test_a_row_that_is_too_long_is_no_log(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("epoch,loss\n0,1,5\n")
    with pytest.raises(ValueError, match=r"must hold numbers .* found \['5'\]"):
        TrainingCurvesDisplay.from_history(path)

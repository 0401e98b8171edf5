"""Curves of loss and accuracy, from estimators, histories and logs of Keras."""

import numpy as np
import pytest
from matplotlib import pyplot as plt
from numpy.testing import assert_array_equal

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

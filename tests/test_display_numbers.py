"""Grids of images with numbers instead of labels."""

import matplotlib as mpl

mpl.use("Agg")

import numpy as np
import pytest
from matplotlib import pyplot as plt
from sklearn.linear_model import Ridge

from sknets import SmallCNNRegressor
from sknets.display import ImageGridDisplay

TRUE = np.array([0.5, 2.0, 12345.678])
PREDICTED = np.array([0.25, 2.0, 12300.0])
IMAGES = np.arange(27.0).reshape(3, 3, 3)
CAPTIONS = [
    "true 0.5\npredicted 0.25",
    "true 2\npredicted 2",
    "true 1.235e+04\npredicted 1.23e+04",
]


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def captions(display):
    return [title.get_text() for title in display.titles_]


def test_predictions_are_numbers_of_four_digits_and_none_is_wrong():
    display = ImageGridDisplay.from_predictions(IMAGES, TRUE, PREDICTED)
    assert captions(display) == CAPTIONS
    assert {title.get_color() for title in display.titles_} == {"black"}
    assert display.y_pred.tolist() == PREDICTED.tolist()


def test_the_class_itself_takes_numbers():
    display = ImageGridDisplay(IMAGES, y_true=TRUE, y_pred=PREDICTED).plot()
    assert captions(display) == CAPTIONS


def test_whole_numbers_with_fractions_predicted():
    display = ImageGridDisplay.from_predictions(IMAGES, [1, 2, 3], [1.04, 2.5, 3.0])
    assert captions(display)[0] == "true 1\npredicted 1.04"


def test_samples():
    display = ImageGridDisplay.from_samples(IMAGES, TRUE)
    assert captions(display) == ["0.5", "2", "1.235e+04"]


@pytest.mark.parametrize(
    "net", [Ridge(), SmallCNNRegressor((2,), epochs=1, random_state=0)]
)
def test_regressors(net):
    X = np.random.default_rng(0).random((20, 64))
    y = X.sum(axis=1)
    net.fit(X, y)
    display = ImageGridDisplay.from_estimator(net, X, y, n_images=2)
    predicted = net.predict(X[:2])
    assert captions(display) == [
        f"true {y[i]:.4g}\npredicted {predicted[i]:.4g}" for i in range(2)
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("misclassified_only", True),
        ("display_labels", ["low", "high"]),
        ("labels", [0, 1]),
        ("y_proba", np.ones((3, 2)) / 2),
    ],
)
def test_what_is_for_classes_is_refused(name, value):
    with pytest.raises(ValueError, match=f"{name} is for classes.*Leave {name} out"):
        ImageGridDisplay.from_predictions(IMAGES, TRUE, PREDICTED, **{name: value})


def test_floats_without_fractions_are_labels_as_before():
    display = ImageGridDisplay.from_predictions(IMAGES, [0.0, 1, 1], [0.0, 1, 0])
    assert captions(display)[2] == "true 1.0\npredicted 0.0"
    colours = [title.get_color() for title in display.titles_]
    assert colours == ["black", "black", "firebrick"]

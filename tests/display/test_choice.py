"""Which images a grid shows, and the names of their classes."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sknets.display import ImageGridDisplay
from sknets.display._choice import choose_rows
from tests.display.grids import IMAGES, Y_PRED, Y_PROBA, Y_TRUE, captions


def test_names_of_classes():
    X = np.zeros((3, 4))
    names = ["zero", "one", "two", "three"]
    display = ImageGridDisplay.from_samples(X, [3, 0, 3], display_labels=names)
    assert captions(display) == ["three", "zero", "three"]
    display = ImageGridDisplay.from_samples(
        X, ["b", "a", "b"], display_labels=["first", "second"]
    )
    assert captions(display) == ["second", "first", "second"]
    display = ImageGridDisplay.from_samples(
        X, ["b", "a", "b"], labels=["c", "b", "a"], display_labels=["C", "B", "A"]
    )
    assert captions(display) == ["B", "A", "B"]
    with pytest.raises(ValueError, match=r"is for 3 classes.*2: \['a', 'b'\].*labe"):
        ImageGridDisplay.from_samples(X, list("bab"), display_labels=list("ABC"))


def test_misclassified_worst_first():
    display = ImageGridDisplay.from_predictions(
        IMAGES, Y_TRUE, Y_PRED, y_proba=Y_PROBA, misclassified_only=True
    )
    # 1 and 5 have the same probability and keep their order.
    assert display.indices.tolist() == [4, 1, 5, 3]
    assert captions(display)[0] == "true 1\npredicted 0, 90 %"
    for index, image in zip(display.indices, display.images_, strict=True):
        assert_array_equal(image.get_array(), IMAGES[index])
    assert display.figure_.get_suptitle() == "4 of 6 misclassified"


def test_title_says_what_is_left_out():
    draw = ImageGridDisplay.from_predictions
    params = {"misclassified_only": True, "n_images": 2}
    display = draw(IMAGES, Y_TRUE, Y_PRED, y_proba=Y_PROBA, **params)
    assert display.indices.tolist() == [4, 1]
    assert display.title == "4 of 6 misclassified, the most confident 2"
    display = draw(IMAGES, Y_TRUE, Y_PRED, **params)
    assert display.indices.tolist() == [1, 3]
    assert display.title == "4 of 6 misclassified, the first 2"
    assert captions(display)[0] == "true 1\npredicted 2"


def test_probabilities_are_asked_for_the_misclassified_rows_alone():
    asked = []

    def probability(rows):
        asked.extend(rows)
        return Y_PROBA.max(axis=1)[rows]

    rows, shown, title = choose_rows(Y_TRUE, Y_PRED, probability, True, 1)
    assert (rows.tolist(), shown.tolist(), asked) == ([4], [0.9], [1, 3, 4, 5])
    assert title == "4 of 6 misclassified, the most confident 1"
    rows, shown, title = choose_rows(Y_TRUE, Y_TRUE, probability, True, 1)
    assert (rows.tolist(), shown, title) == ([], None, "none of 6 misclassified")
    assert asked == [1, 3, 4, 5]


def test_columns_stand_for_whole_numbers_that_are_not_all_there():
    display = ImageGridDisplay.from_predictions(
        IMAGES[:2], [0, 2], [2, 2], y_proba=Y_PROBA[:2]
    )
    assert_allclose(display.probability, Y_PROBA[:2, 2])


def test_labels_of_the_columns():
    y_true, y_pred = np.array(["b", "a", "b"]), np.array(["a", "a", "b"])
    y_proba = [[0.7, 0.3, 0.0], [0.8, 0.2, 0.0], [0.4, 0.6, 0.0]]
    draw = ImageGridDisplay.from_predictions
    with pytest.raises(ValueError, match="y_proba is for 3 classes.*there are 2"):
        draw(IMAGES[:3], y_true, y_pred, y_proba=y_proba)
    display = draw(IMAGES[:3], y_true, y_pred, y_proba=y_proba, labels=["b", "a", "c"])
    assert_allclose(display.probability, [0.3, 0.2, 0.4])
    with pytest.raises(ValueError, match="the label 'b', which is none of"):
        draw(IMAGES[:3], y_true, y_pred, y_proba=y_proba, labels=["a", "c", "d"])


def test_label_unknown_to_the_estimator(cnn, digits):
    names = [f"digit {label}" for label in range(10)]
    y = np.array([0, 42])
    display = ImageGridDisplay.from_estimator(
        cnn, digits[0][:2], y, display_labels=names
    )
    assert display.y_true.tolist() == ["digit 0", "42"]


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
        ImageGridDisplay.from_predictions(
            IMAGES[:3], [0.5, 2, 3], [0.2, 2, 3], **{name: value}
        )

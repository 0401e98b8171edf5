"""The calibration error, against worked examples and a plain loop."""

from itertools import pairwise

import numpy as np
import pytest

from sknets.metrics import expected_calibration_error


def by_loop(y, proba, n_bins):
    """The definition, bin by bin."""
    confidence, right = proba.max(axis=1), proba.argmax(axis=1) == y
    edges = np.linspace(0, 1, n_bins + 1)
    total = 0.0
    for low, high in pairwise(edges):
        inside = (confidence >= low) & (confidence < high)
        if high == 1:
            inside |= confidence == 1
        if inside.any():
            gap = abs(right[inside].mean() - confidence[inside].mean())
            total += inside.mean() * gap
    return total


def random_predictions(n_rows=300, n_classes=4):
    rng = np.random.default_rng(0)
    proba = rng.dirichlet(np.full(n_classes, 0.5), n_rows)
    return rng.integers(n_classes, size=n_rows), proba


@pytest.mark.parametrize("n_bins", [1, 2, 15])
def test_equals_the_definition(n_bins):
    y, proba = random_predictions()
    found = expected_calibration_error(y, proba, n_bins=n_bins)
    assert found == pytest.approx(by_loop(y, proba, n_bins))
    assert found > 0.05


def test_certain_and_right_is_zero_and_certain_and_wrong_is_one():
    proba = np.eye(3)[[0, 1, 2, 1]]
    assert expected_calibration_error([0, 1, 2, 1], proba) == 0
    assert expected_calibration_error([1, 2, 0, 2], proba, labels=[0, 1, 2]) == 1


def test_labels_of_any_type_in_the_order_of_the_columns():
    proba = [[0.8, 0.2], [0.3, 0.7]]
    y = np.array(["ant", "bee"])
    expected = (0.2 + 0.3) / 2
    assert expected_calibration_error(y, proba) == pytest.approx(expected)
    wrong = expected_calibration_error(y, proba, labels=["bee", "ant"])
    assert wrong == pytest.approx((0.8 + 0.7) / 2)


def test_probabilities_of_the_second_class_alone():
    y, p = np.array([0, 1, 1, 0]), np.array([0.1, 0.6, 0.9, 0.7])
    assert expected_calibration_error(y, p) == pytest.approx(
        expected_calibration_error(y, np.column_stack([1 - p, p]))
    )


def test_a_weight_of_two_is_the_row_twice():
    y, proba = random_predictions(20)
    weights = np.arange(20) % 3
    weighted = expected_calibration_error(
        y, proba, labels=range(4), sample_weight=weights
    )
    y, proba = np.repeat(y, weights), np.repeat(proba, weights, axis=0)
    repeated = expected_calibration_error(y, proba, labels=range(4))
    assert weighted == pytest.approx(repeated)


def test_weights_are_not_negative():
    with pytest.raises(ValueError, match="Negative values in data passed to `sample_w"):
        expected_calibration_error([0, 1], [0.2, 0.8], sample_weight=[2, -1])


def test_float32_probabilities_just_above_one_count_as_one():
    proba = np.array([[1.0000001, 0], [0, 1]], np.float32)
    assert expected_calibration_error([0, 1], proba) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0, 1], [[0.5, 1.5], [0.5, 0.5]]), "must lie between 0 and 1; found"),
        (
            ([0, 0], [[0.5, 0.5], [0.5, 0.5]]),
            "2 columns for 1 classes; say with",
        ),
        (([0, 1, 1], [[0.5, 0.5], [0.5, 0.5]]), "inconsistent numbers of samples"),
    ],
)
def test_what_is_no_probability_is_an_error(arguments, message):
    with pytest.raises(ValueError, match=message):
        expected_calibration_error(*arguments)


@pytest.mark.parametrize("n_bins", [0, 2.5, True, "auto", None])
def test_bins_that_are_no_number_of_them(n_bins):
    message = f"n_bins must be an integer of at least 1; got {n_bins!r}"
    with pytest.raises(ValueError, match=message):
        expected_calibration_error([0, 1], [0.2, 0.8], n_bins=n_bins)


def test_bins_as_numpy_has_numbers():
    y, proba = random_predictions()
    assert expected_calibration_error(
        y, proba, n_bins=np.uint8(200)
    ) == expected_calibration_error(y, proba, n_bins=200)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 1], r"values that are not among labels=\[0, 1\]: \[7\]"),
        ([1, 1], r"labels must differ from each other; got \[1, 1\]"),
        (["0", "7"], "Mix of label input types"),
    ],
)
def test_labels_that_do_not_fit(labels, message):
    with pytest.raises(ValueError, match=message):
        expected_calibration_error([0, 7], [[0.5, 0.5], [0.5, 0.5]], labels=labels)


def test_rows_that_do_not_sum_to_one():
    with pytest.raises(ValueError, match="must sum to one.*row 1 sums to 0.6"):
        expected_calibration_error([0, 1], [[0.5, 0.5], [0.3, 0.3]])


@pytest.mark.skipif(
    not hasattr(np.dtypes, "StringDType"), reason="NumPy 2 brought StringDType"
)
def test_labels_of_variable_width():
    y = np.array(["a", "b", "b", "a"])
    own = y.astype(np.dtypes.StringDType())
    proba = [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.7, 0.3]]
    expected = expected_calibration_error(y, proba)
    assert expected_calibration_error(own, proba) == expected
    assert expected_calibration_error(own, proba, labels=own[:2]) == expected


def test_full_confidence_is_in_the_last_bin():
    """Its errors and those of the other confident rows make up for each other."""
    y_proba = [[1.0, 0.0], [0.2, 0.8], [0.2, 0.8], [0.2, 0.8]]
    # Mean confidence (1 + 3 x 0.8) / 4, accuracy 3 / 4.
    found = expected_calibration_error([1, 1, 1, 1], y_proba, n_bins=2, labels=[0, 1])
    assert found == pytest.approx(0.1)

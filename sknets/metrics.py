"""Calibration error of probabilities; loss and accuracy from logits; in numpy."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils.multiclass import unique_labels
from sklearn.utils.validation import (
    check_array,
    check_consistent_length,
    column_or_1d,
)

from ._sklearn import check_sample_weight

# What the sum of a row of probabilities may be off by: a thousand classes of float32.
MAX_SUM_ERROR = 1e-3


def expected_calibration_error(
    y_true: Any,
    y_proba: Any,
    *,
    n_bins: int = 15,
    labels: Any = None,
    sample_weight: Any = None,
) -> float:
    """How far the confidence of predictions is from their accuracy.

    The confidence of a row is the probability of the class that is predicted. Rows
    are sorted into bins of equal width by it; the result is the mean over the bins,
    weighted by their rows, of the distance between mean confidence and accuracy [1]_.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Class labels.
    y_proba : array-like of shape (n_samples, n_classes) or (n_samples,)
        Probabilities, as `predict_proba` gives them, with the classes in sorted
        order; of shape (n_samples,), those of the second of two classes.
    n_bins : int, default=15
        Number of bins between 0 and 1.
    labels : array-like of shape (n_classes,), default=None
        The classes of the columns, such as `classes_`; needed where y_true lacks
        some. None takes those in y_true, sorted.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the rows.

    Returns
    -------
    float
        0 for perfect calibration, at most 1.

    Raises
    ------
    ValueError
        If the probabilities are not between 0 and 1 or do not sum to one, their
        columns are not as many as there are classes, y_true has other classes, a weight
        is negative, or n_bins is no positive integer.

    References
    ----------
    .. [1] Guo et al., "On calibration of modern neural networks", ICML 2017.

    Examples
    --------
    Four rows at 90 % confidence, of which three are right:

    >>> from sknets.metrics import expected_calibration_error
    >>> y_proba = [[0.9, 0.1], [0.9, 0.1], [0.1, 0.9], [0.1, 0.9]]
    >>> round(expected_calibration_error([0, 0, 1, 0], y_proba), 3)
    0.15
    """
    n_bins = _check_n_bins(n_bins)
    proba = _check_proba(y_proba)
    y = _labels(y_true)
    check_consistent_length(y, proba)
    classes = _check_classes(y, labels, proba.shape[1])
    w = check_sample_weight(sample_weight, proba, ensure_non_negative=True)
    confidence = np.minimum(proba.max(axis=1), 1.0)
    correct = classes[proba.argmax(axis=1)] == y
    bins = np.minimum((confidence * n_bins).astype(int), n_bins - 1)
    # Of each bin: its weight times the distance of its means.
    gaps = np.bincount(bins, w * (confidence - correct), minlength=n_bins)
    return float(np.abs(gaps).sum() / w.sum())


def _check_n_bins(n_bins: Any) -> int:
    if isinstance(n_bins, bool) or not isinstance(n_bins, Integral) or n_bins < 1:
        raise ValueError(f"n_bins must be an integer of at least 1; got {n_bins!r}.")
    return int(n_bins)


def _check_proba(y_proba: Any) -> np.ndarray:
    """Return probabilities of shape (n_samples, n_classes) whose rows sum to one."""
    proba = check_array(
        y_proba, ensure_2d=False, dtype=np.float64, input_name="y_proba"
    )
    # Probabilities of float32 sum to one but for its rounding.
    if proba.min() < 0 or proba.max() > 1 + 1e-6:
        raise ValueError(
            "y_proba must lie between 0 and 1; found values between "
            f"{proba.min():g} and {proba.max():g}."
        )
    if proba.ndim == 1:
        return np.column_stack([1 - proba, proba])
    sums = proba.sum(axis=1)
    farthest = int(np.abs(sums - 1).argmax())
    if abs(sums[farthest] - 1) > MAX_SUM_ERROR:
        raise ValueError(
            "The rows of y_proba must sum to one, as those of predict_proba do for "
            f"one label; row {farthest} sums to {sums[farthest]:g}. Of an indicator "
            "matrix, pass the column of one label."
        )
    return proba


def _labels(values: Any) -> np.ndarray:
    labels = column_or_1d(values)
    # Strings of variable width, which scikit-learn does not sort.
    return labels.astype(object) if labels.dtype.kind == "T" else labels


def _check_classes(y: np.ndarray, labels: Any, n_columns: int) -> np.ndarray:
    """Return the classes of the columns of y_proba."""
    classes = unique_labels(y) if labels is None else _labels(labels)
    if len(classes) != n_columns:
        raise ValueError(
            f"y_proba has {n_columns} columns for {len(classes)} classes; say "
            "with labels= which classes the columns are."
        )
    if len(np.unique(classes)) != len(classes):
        raise ValueError(f"labels must differ from each other; got {labels!r}.")
    unique_labels(classes, y)  # raises where one holds strings, the other numbers
    unknown = np.setdiff1d(y, classes)
    if len(unknown):
        raise ValueError(
            f"y_true has values that are not among labels={classes[:10].tolist()}: "
            f"{unknown[:10].tolist()}."
        )
    return classes

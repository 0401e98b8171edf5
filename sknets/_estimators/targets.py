"""Class labels as training takes them, and the weight of each row in the loss."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
from sklearn.utils import check_array, column_or_1d
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import type_of_target

from .. import _sklearn
from .._containers import refuse_masked
from .._core.objectives import ClassObjective
from .._warnings import warn_user
from . import labels

MULTILABEL = "multilabel-indicator"


def check_target(y: Any, estimator: Any) -> tuple[np.ndarray, np.ndarray | None]:
    """Check y.

    Returns
    -------
    y : ndarray of shape (n,) or (n, n_labels)
        Labels in the type they came in, or an indicator matrix.
    names : ndarray of str, shape (n_labels,), or None
        Names of the columns of an indicator matrix that is a data frame.
    """
    if y is None:
        raise ValueError(
            f"This {type(estimator).__name__} estimator requires y to be passed, but "
            "the target y is None."
        )
    names = labels.column_names(y, "y")
    values = labels.as_array(y, "y")
    labels.check_form(values, "y", y)
    y = check_array(
        values,
        ensure_2d=False,
        dtype=None,
        input_name="y",
        estimator=estimator,
    )
    kind = type_of_target(y, input_name="y", raise_unknown=True)
    if kind == MULTILABEL:
        if not np.isin(y, (0, 1)).all():
            raise ValueError(
                "An indicator matrix must consist of 0 and 1; y has the values "
                f"{np.unique(y).tolist()}."
            )
        return y, names
    if y.ndim == 2 and y.shape[1] > 1 and labels.is_text(y):
        hint = labels.TAGS_HINT.format(name="y")
        raise ValueError(f"y has {y.shape[1]} columns of strings. {hint}")
    if kind not in ("binary", "multiclass"):
        raise ValueError(
            f"Unknown label type: {kind}. Maybe you are trying to fit a classifier, "
            "which expects discrete classes on a regression target with continuous "
            "values, or several multiclass targets at once. Expected labels of shape "
            "(n_samples,) or an indicator matrix of shape (n_samples, n_labels)."
        )
    return column_or_1d(y, warn=True), None


def learn_classes(
    y: np.ndarray, names: np.ndarray | None = None, classes: Any = None
) -> tuple[str, np.ndarray]:
    """Settle the target type and the classes.

    Parameters
    ----------
    y, names
        What `check_target` returned.
    classes : array-like, optional
        All classes, where y may not show them all.

    Returns
    -------
    target_type : {"binary", "multiclass", "multilabel-indicator"}
        One class alone is "multiclass": a softmax over one logit is always one.
    classes : ndarray
        The sorted labels; the columns of an indicator matrix, by name or number.
    """
    if y.ndim == 2:
        found = np.arange(y.shape[1]) if names is None else names
        if classes is not None:
            check_same_classes(classes, found)
        return MULTILABEL, found
    found = np.unique(y) if classes is None else check_classes(classes)
    return ("binary" if len(found) == 2 else "multiclass"), found


def check_classes(classes: Any) -> np.ndarray:
    """Return the classes named in a call of partial_fit, sorted.

    Raises
    ------
    ValueError
        If they are none, missing, or no list of labels.
    """
    is_list = hasattr(classes, "__len__")
    found = labels.as_array(classes, "classes") if is_list else np.asarray(classes)
    is_number = found.dtype.kind == "f"
    if found.ndim != 1 or not len(found) or (is_number and np.isnan(found).any()):
        raise ValueError(
            "classes must be a list of all labels that will come, at least one and "
            f"none missing; got {classes!r}."
        )
    return np.unique(found)


def check_same_classes(classes: Any, learned: np.ndarray) -> None:
    """Raise if a call of partial_fit names other classes than those learned."""
    if not np.array_equal(check_classes(classes), np.unique(learned)):
        raise ValueError(
            f"classes={classes!r} is not the same as the classes that were learned: "
            f"{learned.tolist()!r}."
        )


def refuse_one_class(classes: np.ndarray) -> None:
    """Raise where the first call of partial_fit shows one class and names no others."""
    if len(classes) == 1:
        raise ValueError(
            "The first call of partial_fit settles the classes, but its y has only one "
            f"class: {classes.tolist()[0]!r}. Name all that will come: classes=[...]."
        )


def warn_if_one_class(classes: np.ndarray) -> None:
    """Warn where there is nothing to tell apart."""
    if len(classes) == 1:
        warn_user(
            f"y has only one class, {classes.tolist()[0]!r}: it will be predicted for "
            "every row, with probability one.",
        )


def warn_if_one_hot(y: np.ndarray) -> None:
    """Warn where an indicator matrix looks like one-hot encoded classes."""
    if y.ndim == 2 and y.shape[1] > 1 and len(y) > 1 and (y.sum(axis=1) == 1).all():
        warn_user(
            "y is an indicator matrix, so each column becomes a label of its own "
            "(multilabel classification), but every row sums to one. If the columns "
            "are the classes of one label, pass y.argmax(axis=1) instead.",
        )


def encode(
    y: np.ndarray,
    names: np.ndarray | None,
    objective: ClassObjective,
    classes: np.ndarray,
) -> np.ndarray:
    """Return y as the loss takes it; `y` and `names` are from `check_target`.

    Raises
    ------
    ValueError
        For a label that is not among the classes, or another target type.
    """
    if (y.ndim == 2) != (objective.name == MULTILABEL):
        expected = "an indicator matrix" if y.ndim == 1 else "labels of shape (n,)"
        raise ValueError(
            f"y has shape {y.shape}, but the classes were learned from {expected}."
        )
    if y.ndim == 2:
        _check_columns(y, names, classes)
    else:
        _check_known(y, classes)
    return objective.encode(y, classes)


def _check_columns(
    y: np.ndarray, names: np.ndarray | None, classes: np.ndarray
) -> None:
    if y.shape[1] != len(classes):
        raise ValueError(f"y has {y.shape[1]} labels, but {len(classes)} were learned.")
    if names is None or not labels.is_text(classes):
        return
    if not np.array_equal(names, classes):
        raise ValueError(
            f"The columns of y are {names.tolist()}, but those that were learned are "
            f"{classes.tolist()}, in this order."
        )


def _check_known(y: np.ndarray, classes: np.ndarray) -> None:
    if labels.is_text(y) != labels.is_text(classes):
        kinds = ["strings" if labels.is_text(a) else "numbers" for a in (y, classes)]
        raise ValueError(
            f"y has {kinds[0]}, {y[0]!r} and the like, but the classes are {kinds[1]}: "
            f"{classes[:10].tolist()}."
        )
    unknown = np.setdiff1d(y, classes)
    if len(unknown):
        raise ValueError(
            "y contains labels that are not among the classes "
            f"{classes[:10].tolist()}{'...' if len(classes) > 10 else ''}: "
            f"{unknown[:10].tolist()}."
        )


def check_sample_weight(sample_weight: Any, X: Any) -> np.ndarray:
    """Return float64 weights of shape (n,); negative ones are refused."""
    refuse_masked(sample_weight, "sample_weight")
    if sample_weight is not None and not isinstance(sample_weight, Real):
        values = np.asarray(sample_weight)
        if values.dtype.kind in "USO":
            sample_weight = values = _as_numbers(sample_weight)
        if not values.ndim or not values.size:
            raise ValueError(
                "sample_weight must have one number for each row, shape (n_samples,); "
                f"its shape is {values.shape}."
            )
    return _sklearn.check_sample_weight(
        sample_weight, X, dtype=np.float64, ensure_non_negative=True
    )


def _as_numbers(sample_weight: Any) -> np.ndarray:
    """Weights that are objects; strings are refused, even if they spell numbers."""
    values = np.asarray(sample_weight, object)
    wrong = [w for w in values.ravel() if not isinstance(w, Real)]
    if wrong:
        raise ValueError(f"sample_weight must consist of numbers; found {wrong[0]!r}.")
    return values.astype(np.float64)


def near_one(weights: np.ndarray) -> np.ndarray:
    """Weights times a power of two, which rounds nothing: the highest is 0.5 to 1.

    Sums and products of very large and very small weights then stay finite.
    """
    _, exponent = np.frexp(weights.max())
    return np.ldexp(weights, -exponent)


def class_tables(
    encoded: np.ndarray,
    sample_weight: np.ndarray,
    class_weight: Any,
    classes: np.ndarray,
    target_type: str,
) -> list[np.ndarray]:
    """Weight of each class, for each label of an indicator matrix or for the one.

    "balanced" is ``sum(w) / (n_classes * sum(w of the class))``, so that a weight of
    two counts like a row that is there twice.
    """
    if target_type != MULTILABEL:
        numbers = encoded.ravel().astype(int)
        return [_class_table(class_weight, classes, numbers, sample_weight)]
    return [
        _class_table(
            _for_label(class_weight, label, encoded.shape[1]),
            np.array([0, 1]),
            encoded[:, label].astype(int),
            sample_weight,
        )
        for label in range(encoded.shape[1])
    ]


def class_weighted(
    encoded: np.ndarray, sample_weight: np.ndarray, tables: list[np.ndarray]
) -> np.ndarray:
    """Sample weights times class weights, of the shape of `encoded`."""
    numbers = encoded.astype(int)
    with np.errstate(over="ignore", invalid="ignore"):
        if encoded.ndim == 1:
            return sample_weight * tables[0][numbers]
        columns = [table[numbers[:, label]] for label, table in enumerate(tables)]
        return sample_weight[:, None] * np.stack(columns, axis=1)


def loss_weights(w: np.ndarray, *, normalise: bool) -> np.ndarray:
    """Weights in the loss, float32.

    With `normalise` their mean is one, so that only their proportions matter.

    Raises
    ------
    ValueError
        If all are zero, or too large or small for float32.
    """
    if not w.any():
        raise ValueError(
            "All rows to train or validate on have weight zero, through "
            "sample_weight or class_weight."
        )
    with np.errstate(over="ignore", invalid="ignore"):
        if normalise:
            w = near_one(w)
            w = w / w.mean()
        as_float32 = w.astype(np.float32)
    if not as_float32.any() or not np.isfinite(as_float32).all():
        raise ValueError(
            f"The weights of the rows, sample_weight times class_weight, go up to "
            f"{w.max():.3g}, which is beyond float32 (1e-38 to 3e38). Divide them by "
            "their mean."
        )
    return as_float32


def _for_label(class_weight: Any, label: int, n_labels: int) -> Any:
    if class_weight is None or isinstance(class_weight, str):
        return class_weight
    if not isinstance(class_weight, list | tuple) or len(class_weight) != n_labels:
        raise ValueError(
            "For an indicator matrix, class_weight must be None, 'balanced' or a list "
            f"of {n_labels} dicts with the weights of 0 and 1; got {class_weight!r}."
        )
    return class_weight[label]


def _class_table(
    class_weight: Any,
    classes: np.ndarray,
    numbers: np.ndarray,
    sample_weight: np.ndarray,
) -> np.ndarray:
    """Weight of each class, of shape (n_classes,)."""
    if class_weight is None:
        return np.ones(len(classes))
    if isinstance(class_weight, str):
        totals = np.bincount(numbers, sample_weight, minlength=len(classes))
        present = np.count_nonzero(totals)
        return np.divide(
            totals.sum(), present * totals, out=np.ones(len(classes)), where=totals > 0
        )
    if not isinstance(class_weight, dict):
        raise ValueError(
            "class_weight must be None, 'balanced' or a dict from label to weight; "
            f"got {class_weight!r}."
        )
    wrong = {label: w for label, w in class_weight.items() if not _is_weight(w)}
    if wrong:
        raise ValueError(
            "Weights in class_weight must be finite numbers and must not be negative; "
            f"got {wrong!r}."
        )
    labels = classes.tolist()
    n_known = sum(label in class_weight for label in labels)
    if n_known in (len(labels), len(class_weight)):
        # scikit-learn looks for numbers where labels are strings of digits.
        return np.array([class_weight.get(label, 1.0) for label in labels], float)
    return compute_class_weight(class_weight, classes=classes, y=classes)


def _is_weight(value: Any) -> bool:
    return isinstance(value, Real) and 0 <= float(value) < np.inf

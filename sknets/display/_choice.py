"""Which images a grid shows, with what probabilities and names of classes."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import unique_labels

from .._estimators.labels import as_array


def check_n_images(n_images: Any) -> int:
    if not isinstance(n_images, Integral) or n_images < 1:
        raise ValueError(f"n_images must be a positive integer; got {n_images!r}.")
    return int(n_images)


def choose_rows(
    y_true: np.ndarray,
    y_pred: np.ndarray,
    probability: Callable[[np.ndarray], np.ndarray] | None,
    misclassified_only: bool,
    n_images: int,
) -> tuple[np.ndarray, np.ndarray | None, str | None]:
    """Rows to show, the probabilities of their predictions, and a title.

    `probability` gives those of some rows. Misclassified rows are sorted by it, from
    the highest to the lowest; rows that are equal in it keep their order.
    """
    n_images, n_rows, title = check_n_images(n_images), len(y_true), None
    rows = np.arange(min(n_images, n_rows))
    if misclassified_only:
        rows = np.flatnonzero(y_true != y_pred)
        title = f"{len(rows) or 'none'} of {n_rows} misclassified"
    shown = probability(rows) if probability is not None and len(rows) else None
    if len(rows) > n_images:
        which = "first" if shown is None else "most confident"
        title = f"{title}, the {which} {n_images}"
    if misclassified_only and shown is not None:
        order = np.argsort(-shown, kind="stable")
        rows, shown = rows[order], shown[order]
    return rows[:n_images], None if shown is None else shown[:n_images], title


def probability_of(
    y_pred: np.ndarray, y_proba: np.ndarray, classes: np.ndarray
) -> np.ndarray:
    """Probability of each predicted label, of shape (n_samples,)."""
    columns = {label: column for column, label in enumerate(classes.tolist())}
    try:
        picked = [columns[label] for label in y_pred.tolist()]
    except KeyError as error:
        raise ValueError(
            f"y_pred has the label {error.args[0]!r}, which is none of the classes "
            f"{classes.tolist()} of the probabilities."
        ) from error
    return np.asarray(y_proba)[np.arange(len(picked)), picked]


def settle_classes(
    found: np.ndarray, labels: Any, n_classes: int, what: str
) -> np.ndarray:
    """Classes in the order of the columns or names in `what`, of which there are n."""
    if labels is not None:
        classes = np.asarray(labels)
    elif found.dtype.kind in "iu" and found[0] >= 0 and found[-1] < n_classes:
        classes = np.arange(n_classes)
    else:
        classes = found
    if len(classes) != n_classes:
        raise ValueError(
            f"{what} is for {n_classes} classes, but there are {len(classes)}: "
            f"{classes.tolist()}. Give labels= with the class of each column or name."
        )
    return classes


def target_column(y: Any, name: str) -> np.ndarray:
    """Labels or numbers in the type that the estimators learn them in."""
    return column_or_1d(as_array(y, name))


def has_fractions(*targets: Any) -> bool:
    """Whether one of `targets`, which may be None, has numbers that no class is."""
    arrays = [np.asarray(y) for y in targets if y is not None]
    return any(y.dtype.kind == "f" and (y != np.floor(y)).any() for y in arrays)


def labels_of(*targets: np.ndarray, **of_classes: Any) -> np.ndarray:
    """Sorted labels of `targets`, none for numbers, which `of_classes` do not suit."""
    if not has_fractions(*targets):
        return unique_labels(*targets)
    for name, value in of_classes.items():
        if value is not None and value is not False:
            raise ValueError(
                f"{name} is for classes, but there are numbers with fractions among "
                f"the true or predicted values. Leave {name} out."
            )
    return np.empty(0)


def shown_names(
    y: np.ndarray, found: np.ndarray, labels: Any, display_labels: Any
) -> np.ndarray:
    """Labels as they are shown: their `display_labels`, if there are any."""
    if display_labels is None:
        return y
    n_names = len(display_labels)
    classes = settle_classes(found, labels, n_names, "display_labels").tolist()
    names = dict(zip(classes, display_labels, strict=True))
    # A label that the classifier has not learned keeps its own name.
    return np.array([str(names.get(label, label)) for label in y.tolist()])

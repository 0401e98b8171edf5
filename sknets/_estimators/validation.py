"""Checks of X that the estimators share, in scikit-learn's words."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.utils.validation import validate_data

from .._containers import as_numbers
from .._images.shapes import (
    as_pixels,
    check_finite_pixels,
    check_n_features,
    check_numeric,
    check_pixels,
    refuse_single_image,
)


def check_rows(
    estimator: Any,
    X: Any,
    *,
    reset: bool,
    pixels: bool = False,
    gaps: bool = False,
) -> Any:
    """Check numeric input and return it uncopied where that is possible.

    Parameters
    ----------
    estimator : estimator
        Gets `n_features_in_` and `feature_names_in_` if `reset`, else must have them.
    X : array-like or sparse matrix of shape (n_samples, n_features), or images
        Images have shape (n_samples, height, width) or (n_samples, height, width,
        channels).
    reset : bool
    pixels : bool
        Whether rows are images, which is what an error then speaks of.
    gaps : bool
        Whether there may be NaN in flat rows.

    Returns
    -------
    ndarray or CSR matrix
        In the type that X has.
    """
    if not reset and _is_as_fitted(estimator, X):
        return X
    X = as_pixels(X) if pixels else as_numbers(X)
    if not reset:
        refuse_single_image(estimator, X)
    if getattr(X, "ndim", 2) > 2:
        return _check_images(estimator, X, reset)
    # The sum with which scikit-learn looks for NaN may overflow.
    with np.errstate(over="ignore", invalid="ignore"), naming_reordered(estimator, X):
        rows = validate_data(
            estimator,
            X,
            accept_sparse="csr",
            dtype="numeric",
            reset=reset,
            ensure_all_finite="allow-nan" if gaps else not pixels,
        )
    if pixels:
        check_finite_pixels(estimator, rows)
    return check_numeric(rows)


def _is_as_fitted(estimator: Any, X: Any) -> bool:
    """Whether X is a plain, finite array with the columns of the fit.

    Most predictions of one row are: scikit-learn's checks would take longer than they.
    """
    if type(X) is not np.ndarray or X.ndim != 2 or not len(X):
        return False
    if X.shape[1] != estimator.n_features_in_ or hasattr(
        estimator, "feature_names_in_"
    ):
        return False
    if X.dtype.kind in "iu":
        return True
    if X.dtype not in (np.float32, np.float64):
        return False
    with np.errstate(over="ignore", invalid="ignore"):
        return math.isfinite(X.sum())


@contextlib.contextmanager
def naming_reordered(estimator: Any, X: Any) -> Iterator[None]:
    """Let scikit-learn's error about columns in another order name one of them."""
    try:
        yield
    except ValueError as error:
        if "names must be in the same order" not in str(error):
            raise
        found = getattr(X, "column_names", None) or list(X.columns)
        pairs = zip(found, estimator.feature_names_in_, strict=True)
        number, (now, then) = next(
            (n, names) for n, names in enumerate(pairs) if names[0] != names[1]
        )
        raise ValueError(
            f"{error}Column {number} of X is {now!r}, in fit it was {then!r}: pass "
            "X[list(estimator.feature_names_in_)]."
        ) from None


def _check_images(estimator: Any, X: Any, reset: bool) -> np.ndarray:
    images = check_pixels(estimator, X)
    if reset:
        estimator.n_features_in_ = math.prod(images.shape[1:])
        vars(estimator).pop("feature_names_in_", None)
    else:
        check_n_features(estimator, images)
    return images

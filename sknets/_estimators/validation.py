"""Checks of X that the estimators share, in scikit-learn's words."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from sklearn.utils.validation import validate_data

from .._images.shapes import check_n_features, check_pixels


def check_rows(estimator: Any, X: Any, *, reset: bool) -> Any:
    """Check numeric input and return it uncopied where that is possible.

    Parameters
    ----------
    estimator : estimator
        Gets `n_features_in_` and `feature_names_in_` if `reset`, else must have them.
    X : array-like or sparse matrix of shape (n_samples, n_features), or images
        Images have shape (n_samples, height, width) or (n_samples, height, width,
        channels).
    reset : bool

    Returns
    -------
    ndarray or CSR matrix
        In the type that X has.
    """
    if isinstance(X, list | tuple):
        X = _from_list(X)
    if getattr(X, "ndim", 2) <= 2:
        return validate_data(
            estimator, X, accept_sparse="csr", dtype="numeric", reset=reset
        )
    return _check_images(estimator, X, reset)


def _from_list(X: list | tuple) -> Any:
    """Lists of images become an array; other lists are left to scikit-learn."""
    if X and np.ndim(X[0]) > 1:
        return np.asarray(X)
    return X


def _check_images(estimator: Any, X: Any, reset: bool) -> np.ndarray:
    images = check_pixels(estimator, X)
    if reset:
        estimator.n_features_in_ = math.prod(images.shape[1:])
        vars(estimator).pop("feature_names_in_", None)
    else:
        check_n_features(estimator, images)
    return images

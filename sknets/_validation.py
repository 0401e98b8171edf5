"""Checks of X that the estimators share, in scikit-learn's words."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data


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
    name = type(estimator).__name__
    if X.ndim > 4:
        raise ValueError(
            f"Found array with dim {X.ndim}, while dim <= 4 is required by {name}: "
            "flat rows (n_samples, n_features), or images (n_samples, height, width) "
            "or (n_samples, height, width, channels)."
        )
    X = check_array(X, allow_nd=True, estimator=estimator, input_name="X")
    n_features = math.prod(X.shape[1:])
    if n_features == 0:
        raise ValueError(
            f"Found array with 0 feature(s) (shape={X.shape}) while a minimum of 1 is "
            f"required by {name}."
        )
    if reset:
        estimator.n_features_in_ = n_features
        vars(estimator).pop("feature_names_in_", None)
    elif n_features != estimator.n_features_in_:
        raise ValueError(
            f"X has {n_features} features, but {name} is expecting "
            f"{estimator.n_features_in_} features as input."
        )
    return X


@contextlib.contextmanager
def needs_tensorflow(what: str) -> Iterator[None]:
    """Say what an import of TensorFlow or Keras is for, where it fails."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"{what} needs TensorFlow, which is not installed ({error}). Install it "
            "with 'pip install tensorflow'; predicting does without.",
            name=error.name,
        ) from error

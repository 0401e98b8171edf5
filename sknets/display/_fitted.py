"""The estimators that displays look into: their networks, and what these get."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from .._core import scaling


def fitted_estimator(estimator: Any) -> Any:
    """The best estimator of a search, or what is given; checked to be fitted."""
    check_is_fitted(estimator)
    return getattr(estimator, "best_estimator_", estimator)


def last_step(estimator: Any) -> Any:
    """The last step of a Pipeline or of the best one of a search."""
    estimator = fitted_estimator(estimator)
    return last_step(estimator[-1]) if isinstance(estimator, Pipeline) else estimator


def image_network(estimator: Any, caller: str) -> Any:
    """The fitted network of sknets in `estimator`, checked not to be one for text."""
    net = last_step(estimator)
    if not hasattr(net, "network_"):
        raise TypeError(
            f"{caller} needs a DenseNetClassifier or SmallCNNClassifier, or a Pipeline "
            f"or search of one; got {type(net).__name__}."
        )
    if net._network.takes_tokens:
        raise TypeError(
            f"{caller} needs a network whose input is images; {type(net).__name__} "
            "takes texts."
        )
    return net


def network_rows(estimator: Any, X: Any, net: Any) -> np.ndarray:
    """One image as `net` gets it: one unscaled row, after the steps before `net`.

    `X` is one image of any layout that the estimator takes, alone or as a batch of
    one. Returns an array whose first axis has length one.
    """
    estimator = fitted_estimator(estimator)
    rows = _batch_of_one(X, estimator.n_features_in_)
    if isinstance(estimator, Pipeline) and len(estimator) > 1:
        rows = estimator[:-1].transform(rows)
    rows = net._check_X(rows, reset=False)
    return rows.toarray() if hasattr(rows, "toarray") else rows


def _batch_of_one(X: Any, n_features: int) -> Any:
    if not hasattr(X, "shape"):
        X = np.asarray(X)
    if math.prod(X.shape) != n_features:
        raise ValueError(
            f"X must be one image of {n_features} pixels; found an array of shape "
            f"{tuple(X.shape)}."
        )
    is_batch = X.ndim > 1 and X.shape[0] == 1
    return X if is_batch else np.asarray(X)[np.newaxis]


def scaled_rows(net: Any, rows: np.ndarray) -> np.ndarray:
    """Rows as the first layer of `net` gets them."""
    flat = scaling.apply(scaling.dense_rows(rows, slice(None)), net.input_scaling_)
    return flat.reshape(len(flat), *net._input_shape())


def fitted_layout(fitted: Any, X: Any) -> tuple[Any, str]:
    """Image shape and place of the channels that a step of `fitted` has settled."""
    steps = [s for _, s in fitted.steps] if isinstance(fitted, Pipeline) else [fitted]
    n_features = math.prod(np.shape(X)[1:])
    for step in steps:
        shape = getattr(step, "image_shape_", (1,))
        # A height of 1 is what rows get that are not known to be images.
        if shape[0] > 1 and math.prod(shape) == n_features:
            return shape, getattr(step, "input_channels", "last")
    return None, "last"

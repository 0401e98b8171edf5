"""The predict family: labels, probabilities and logits from the fitted state."""

from __future__ import annotations

from typing import Any, Never

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._core import forward
from .._core.network import Layer, Shape, Weights
from .._core.scaling import Scaling
from .._optional import needs_tensorflow
from . import compiled, targets
from .keywords import refuse_keywords
from .state import snapshot


class Predictions:
    """Public prediction methods; a subclass computes the logits.

    Each takes one snapshot of the fitted state, which a refit in another thread does
    not change.
    """

    target_type_: str
    classes_: np.ndarray
    network_: list[Layer]
    weights_: Weights
    input_scaling_: Scaling

    def _check_X(self, X: Any, *, reset: bool) -> Any:
        """Subclass: check X."""
        raise NotImplementedError

    def _logits(self, X: Any) -> np.ndarray:
        """Logits of shape (n_samples, n_outputs) of checked X."""
        raise NotImplementedError

    def _input_shape(self) -> Shape:
        """Subclass: shape of one row as the first layer takes it."""
        raise NotImplementedError

    def _check_and_run(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        X = self._check_X(X, reset=False)
        if compiled.is_wanted() and self.network_[0]["layer"] != "embedding_pool":
            logits = self._compiled_logits(X)
            overflowed = ~(np.abs(logits) < forward.MAX_LOGIT).all(axis=1)
            if overflowed.any():
                logits[overflowed] = self._logits(X[overflowed])
            return logits
        return self._logits(X)

    def _compiled_logits(self, X: Any) -> np.ndarray:
        with needs_tensorflow("compiled_prediction"):
            from .._training.tensorflow.prediction import compiled_logits

        return compiled_logits(
            self.network_,
            self.weights_,
            X,
            np.arange(X.shape[0]),
            self.input_scaling_,
            self._input_shape(),
        )

    def decision_function(self, X: Any, **others: Never) -> np.ndarray:
        """Logits: what sigmoid or softmax turns into probabilities.

        Parameters
        ----------
        X : array-like
            Input, see the class.
        **others : dict
            Keywords of other libraries: an error that says what has them here.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            One float32 column for each class or label; for two classes the logit of
            ``classes_[1]`` alone, and for one class a logit without a meaning.
        """
        refuse_keywords(self, "decision_function", others)
        fitted = snapshot(self)
        logits = fitted._check_and_run(X)
        is_single = logits.shape[1] == 1 and fitted.target_type_ != targets.MULTILABEL
        return logits[:, 0] if is_single else logits

    def predict(self, X: Any, **others: Never) -> np.ndarray:
        """Predict class labels.

        Parameters
        ----------
        X : array-like
            Input, see the class.
        **others : dict
            Keywords of other libraries: an error that says what has them here.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
            The class with the highest of `predict_proba`, the first one of several; or
            an indicator matrix of the labels above one half.
        """
        refuse_keywords(self, "predict", others)
        fitted = snapshot(self)
        proba = _probabilities(fitted._check_and_run(X), fitted.target_type_)
        return targets.decode(proba, fitted.target_type_, fitted.classes_)

    def predict_proba(self, X: Any, **others: Never) -> np.ndarray:
        """Predict probabilities.

        Parameters
        ----------
        X : array-like
            Input, see the class.
        **others : dict
            Keywords of other libraries: an error that says what has them here.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Columns of float64 in the order of `classes_`. Rows sum to one, unless the
            target was an indicator matrix: then each column is a label's own.
        """
        refuse_keywords(self, "predict_proba", others)
        fitted = snapshot(self)
        return _probabilities(fitted._check_and_run(X), fitted.target_type_)

    def predict_log_proba(self, X: Any, **others: Never) -> np.ndarray:
        """Predict logarithms of probabilities, without losing small ones.

        Parameters
        ----------
        X : array-like
            Input, see the class.
        **others : dict
            Keywords of other libraries: an error that says what has them here.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Natural logarithm of `predict_proba`, float64.
        """
        refuse_keywords(self, "predict_log_proba", others)
        fitted = snapshot(self)
        logits = fitted._check_and_run(X).astype(np.float64)
        if fitted.target_type_ == "multiclass":
            return forward.log_softmax(logits)
        positive = forward.log_sigmoid(logits)
        if fitted.target_type_ == "binary":
            return np.hstack([forward.log_sigmoid(-logits), positive])
        return positive


def _probabilities(logits: np.ndarray, target_type: str) -> np.ndarray:
    """Probabilities whose rows sum to one in float64, as numpy's generators want it."""
    logits = logits.astype(np.float64)
    if target_type == "multiclass":
        return forward.softmax(logits)
    positive = forward.sigmoid(logits)
    if target_type == "binary":
        return np.hstack([forward.sigmoid(-logits), positive])
    return positive

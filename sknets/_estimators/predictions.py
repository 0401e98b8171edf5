"""Logits from the fitted state, and the predict family of the classifiers."""

from __future__ import annotations

from typing import Any, Never

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._core import prediction, scaling
from .._core.layers.base import Shape, Weights
from .._core.network import Network, StoredNetwork
from .._core.objectives import CLASS_OBJECTIVES, ClassObjective
from .._core.prediction import MAX_LOGIT
from .._core.scaling import Scaling
from .._dask import kind_of, lazily
from .._optional import needs_tensorflow
from .._parts.arrays import is_on_disk, slices
from . import compiled, targets
from .keywords import refuse_keywords
from .state import snapshot

# Logits whose probabilities `predict` looks at together: thousands of classes for many
# rows would take gigabytes.
DECODED_VALUES = 2**20


class Logits:
    """Logits of rows, in NumPy or by a compiled program."""

    network_: StoredNetwork
    weights_: Weights
    input_scaling_: Scaling

    def _check_X(self, X: Any, *, reset: bool) -> Any:
        """Subclass: check X."""
        raise NotImplementedError

    def _logits(self, X: Any) -> np.ndarray:
        """Logits of shape (n_samples, n_outputs) of checked X."""

        def scaled(rows: slice) -> np.ndarray:
            return scaling.apply(scaling.dense_rows(X, rows), self.input_scaling_)

        return prediction.logits(self._network, self.weights_, scaled, X.shape[0])

    @property
    def _network(self) -> Network:
        """The fitted network."""
        return Network.from_stored(self.network_, self._input_shape())

    def _input_shape(self) -> Shape:
        """Subclass: shape of one row as the first layer takes it."""
        raise NotImplementedError

    def _check_and_run(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        if is_on_disk(X) and X.ndim > 1 and X.shape[0]:
            return np.concatenate([self._run(rows) for rows in slices(X)])
        return self._run(X)

    def _run(self, X: Any) -> np.ndarray:
        X = self._check_X(X, reset=False)
        if compiled.is_wanted() and not self._network.takes_tokens:
            logits = self._compiled_logits(X)
            overflowed = ~(np.abs(logits) < MAX_LOGIT).all(axis=1)
            if overflowed.any():
                logits[overflowed] = self._logits(X[overflowed])
            return logits
        return self._logits(X)

    def _compiled_logits(self, X: Any) -> np.ndarray:
        with needs_tensorflow("compiled_prediction"):
            from .._training.tensorflow.prediction import compiled_logits

        return compiled_logits(
            self._network,
            self.weights_,
            X,
            np.arange(X.shape[0]),
            self.input_scaling_,
        )


class ClassPredictions(Logits):
    """Public prediction methods of classifiers.

    Each takes one snapshot of the fitted state, which a refit in another thread does
    not change.
    """

    target_type_: str
    classes_: np.ndarray

    @property
    def _objective(self) -> ClassObjective:
        return CLASS_OBJECTIVES[self.target_type_]

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
            One column of logits for each class or label; for two classes the logit of
            ``classes_[1]`` alone, and for one class a logit without a meaning. float64,
            of the precision of float32.
        """
        refuse_keywords(self, "decision_function", others)
        fitted = snapshot(self)
        if kind_of(X):
            return lazily(fitted, "decision_function", X)
        logits = fitted._check_and_run(X).astype(np.float64)
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
        if kind_of(X):
            return lazily(fitted, "predict", X)
        logits = fitted._check_and_run(X)
        n_at_once = max(1, DECODED_VALUES // logits.shape[1])
        if len(logits) <= n_at_once:
            return fitted._labels(logits)
        parts = np.split(logits, range(n_at_once, len(logits), n_at_once))
        return np.concatenate([fitted._labels(part) for part in parts])

    def _labels(self, logits: np.ndarray) -> np.ndarray:
        proba = self._objective.probabilities(logits)
        return self._objective.decode(proba, self.classes_)

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
        if kind_of(X):
            return lazily(fitted, "predict_proba", X)
        logits = fitted._check_and_run(X)
        return fitted._objective.probabilities(logits)

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
        if kind_of(X):
            return lazily(fitted, "predict_log_proba", X)
        logits = fitted._check_and_run(X)
        return fitted._objective.log_probabilities(logits)

"""A Keras model of one's own, as a regressor."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils.validation import check_array

from .keras_model import BaseWrapper
from .keras_targets import RegressorTargetEncoder


class KerasRegressor(RegressorMixin, BaseWrapper):
    """A Keras model of one's own, as a regressor.

    Parameters and attributes are those of :class:`KerasClassifier`, but for
    `class_weight`, `label_smoothing` and the classes. y has one column or several, and
    the model one unit for each.

    Parameters
    ----------
    model, build_fn, warm_start, random_state, optimizer, loss, metrics, batch_size
    validation_batch_size, verbose, callbacks, validation_split, shuffle, run_eagerly
    epochs, inputs, early_stopping, validation_fraction, patience
    learning_rate_schedule, warmup, custom_objects, **kwargs
        See :class:`KerasClassifier`.

    See Also
    --------
    KerasClassifier : The same for classes.

    Examples
    --------
    >>> import keras
    >>> from sklearn.datasets import load_diabetes
    >>> from sknets import KerasRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = keras.Sequential([
    ...     keras.Input((10,)),
    ...     keras.layers.Dense(16, activation="relu"),
    ...     keras.layers.Dense(1),
    ... ])
    >>> reg = KerasRegressor(
    ...     model,
    ...     loss="mse",
    ...     optimizer="adam",
    ...     optimizer__learning_rate=0.05,
    ...     epochs=60,
    ...     random_state=0,
    ... )
    >>> reg.fit(X, y).score(X, y) > 0.4
    True
    """

    __module__ = "sknets"

    @property
    def target_encoder(self) -> Any:
        """Transformer of y; a fit fits it and keeps it as `target_encoder_`."""
        return RegressorTargetEncoder()

    def _check_y(self, y: Any) -> np.ndarray:
        y = np.asarray(y)
        dtype = np.float32 if y.dtype.kind in "OUS" else None
        return check_array(
            y, ensure_2d=False, allow_nd=False, dtype=dtype, input_name="y"
        )

    def _check_model(self, y: Any) -> None:
        from . import keras_checks

        keras_checks.check_numbers(self.model_, self.n_outputs_)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """R2 of the predictions, or what `scorer` says.

        Parameters
        ----------
        X : array-like, sparse matrix, data frame, or dict or list of arrays
            Input.
        y : array-like
            Numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        float
            Coefficient of determination.
        """
        return BaseWrapper.score(self, X, y, sample_weight)

    @staticmethod
    def scorer(y_true: Any, y_pred: Any, **kwargs: Any) -> float:
        """R2; a subclass may bring another score."""
        return r2_score(y_true, y_pred, **kwargs)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

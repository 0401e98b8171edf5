"""A Keras model of one's own, as a regressor."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_array

from .._sklearn import DocumentationLink
from .keras_model import BaseWrapper
from .keras_targets import RegressorTargetEncoder
from .scored import ScoredRegressor


class KerasRegressor(DocumentationLink, ScoredRegressor, BaseWrapper):
    """A Keras model of one's own, as a regressor.

    y has one column or several, and the model one unit for each. The rest is as with
    :class:`KerasClassifier`.

    Parameters
    ----------
    model : callable or keras.Model, default=None
        A function that builds the model, compiled or not, or such a model. The function
        may take `meta`, a dict of the fitted attributes (``n_features_in_``,
        ``X_shape_``, ``n_outputs_``, ...), `compile_kwargs`, the
        arguments for ``Model.compile`` that the parameters give, `params`, all
        parameters, and hyperparameters of its own, given as ``model__*``. A model is
        copied by each fit, with its weights, and never changed. None asks for a
        subclass with a method ``_keras_build_fn``.
    build_fn : callable, default=None
        Former name of `model`.
    warm_start : bool, default=False
        Whether `fit` goes on from the fitted weights. As in `partial_fit`, another
        learning rate takes effect then; other parameters of the model, the optimizer,
        the loss or the metrics are an error.
    random_state : int, RandomState instance or None, default=None
        Decides first weights, order of rows, dropout and augmentation layers. The
        random states of the process stay as they are, but for that of `random`, from
        which None draws a number.
    optimizer : str, class or keras.optimizers.Optimizer, default="rmsprop"
        With arguments given as ``optimizer__*``. It counts, like `loss` and `metrics`,
        if the model is not compiled already.
    loss : str, class, function or keras.losses.Loss, default=None
        With arguments given as ``loss__*``. A list or dict for several outputs.
    metrics : list or dict of str, class, function or keras.metrics.Metric, default=None
        With arguments given as ``metrics__*``.
    batch_size : int, default=None
        Rows of a step; None is 32, and -1 all of them.
    validation_batch_size : int, default=None
        Validation rows that are evaluated together; None is `batch_size`.
    verbose : int, default=0
        Whether a line is printed for each epoch.
    callbacks : keras.callbacks.Callback, class, list or dict, default=None
        They are called as Keras does. Classes get arguments given as ``callbacks__*``.
    validation_split : float, default=0.0
        Share of the rows, the last ones, that is held out and recorded as ``val_*``.
    shuffle : bool, default=True
        Whether each epoch has an order of its own.
    run_eagerly : bool, default=False
        Whether Keras runs without a compiled program.
    epochs : int, default=1
        Passes over the rows.
    inputs : dict, default=None
        For a model with several inputs, the columns of X that each takes, by its name:
        a slice, or a list of numbers or names of columns.
    early_stopping : bool, default=False
        Whether training stops when the validation loss has not fallen for `patience`
        epochs, and the weights of the best epoch are restored.
    validation_fraction : float or None, default=0.1
        Share of the rows that early stopping holds out, unless validation
        rows are given. None monitors the training loss.
    patience : int, default=10
        Epochs without improvement before early stopping.
    learning_rate_schedule : {"constant", "cosine", "one_cycle"}, default="constant"
        How the learning rate changes over the steps.
    warmup : float, default=0.0
        Share of the steps in which the learning rate rises.
    custom_objects : dict, default=None
        Classes and functions of the model by their names, for an estimator loaded where
        they are not registered in Keras.
    **kwargs : dict
        Arguments of the build function (also as ``model__*``), and any
        ``optimizer__*``, ``loss__*``, ``metrics__*``, ``callbacks__*``,
        ``compile__*``, ``fit__*``, ``predict__*`` and ``score__*``.

    Attributes
    ----------
    model_ : keras.Model
        The fitted model. Changing it changes no prediction.
    history_ : dict
        Loss and metrics of each epoch, of validation rows with ``val_`` in front, and
        numbers that callbacks add to their logs, such as ``learning_rate``.
    engine_ : {"loop", "keras"}
        What trained: the compiled loop, or Keras' own.
    weights_ : list of ndarray
        Weights, those that are not trained among them.
    n_iter_, best_epoch_ : int
        Epochs in `history_`, and the one whose weights are kept.
    target_type_ : str
        Kind of y as scikit-learn names it.
    target_encoder_, feature_encoder_ : transformer
        What turns y and X into what the model takes.
    n_features_in_ : int
        Size of the second axis of X.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, if X was a data frame.
    X_shape_, X_dtype_, y_dtype_, y_ndim_ : tuple, dtype, dtype, int
        Shapes and types of the first fit.
    n_outputs_, n_outputs_expected_ : int
        Outputs that the model should have.

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

        super()._check_model(y)
        n_outputs = getattr(self, "n_outputs_", None)
        keras_checks.check_numbers(self.model_, n_outputs)

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
        """Score predictions; `score` calls it, and a subclass may bring another.

        Parameters
        ----------
        y_true, y_pred : array-like
            True and predicted numbers.
        **kwargs : dict
            Sample weights, and parameters given as ``score__*``.

        Returns
        -------
        float
            Coefficient of determination.
        """
        # Imported here, as it is half of the time of `import sknets`.
        from sklearn.metrics import r2_score

        return r2_score(y_true, y_pred, **kwargs)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.regressor_tags.poor_score = True  # how good it is, is up to the model
        return tags

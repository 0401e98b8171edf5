"""A Keras model of one's own, as a classifier."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_array, column_or_1d

from .._core import probabilities
from .._dask import kind_of, lazily
from .._sklearn import DocumentationLink, Interval
from .keras_model import BaseWrapper
from .keras_targets import ONE_HOT, ClassifierLabelEncoder, name_of, takes_numbers
from .labels import as_array
from .state import snapshot

# Kinds of targets of which a row has one class.
_ONE_CLASS = ("binary", "multiclass", ONE_HOT)
# Of sums of probabilities, also those of 16 bits.
ROUNDING = 1e-3


class KerasClassifier(DocumentationLink, ClassifierMixin, BaseWrapper):
    """A Keras model of one's own, as a classifier.

    The constructor is that of scikeras' ``KerasClassifier``, with more parameters at
    its end. Models are trained in a compiled loop around Keras' own training step,
    which fits of equal models (folds and candidates of a search) share. Where a model
    has a ``train_step`` or ``fit`` of its own, where callbacks listen to batches, and
    with ``run_eagerly=True``, Keras' own loop trains; `engine_` says which did.

    Parameters
    ----------
    model : callable or keras.Model, default=None
        A function that builds the model, compiled or not, or such a model. The function
        may take `meta`, a dict of the fitted attributes (``n_features_in_``,
        ``X_shape_``, ``n_classes_``, ``target_type_``, ...), `compile_kwargs`, the
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
    class_weight : dict, "balanced" or None, default=None
        Weights of the classes in the loss.
    inputs : dict, default=None
        For a model with several inputs, the columns of X that each takes, by its name:
        a slice, or a list of numbers or names of columns.
    early_stopping : bool, default=False
        Whether training stops when the validation loss has not fallen for `patience`
        epochs, and the weights of the best epoch are restored.
    validation_fraction : float or None, default=0.1
        Share of the rows that early stopping holds out, stratified by class, unless
        validation rows are given. None monitors the training loss.
    patience : int, default=10
        Epochs without improvement before early stopping.
    learning_rate_schedule : {"constant", "cosine", "one_cycle"}, default="constant"
        How the learning rate changes over the steps.
    warmup : float, default=0.0
        Share of the steps in which the learning rate rises.
    label_smoothing : float, default=0.0
        Given to a loss that has it, such as ``"CategoricalCrossentropy"``.
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
    classes_ : ndarray of shape (n_classes,)
        Labels; the column numbers of an indicator matrix.
    n_classes_ : int
        Number of classes.
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
    KerasRegressor : The same for numbers.

    Examples
    --------
    >>> import keras
    >>> from sklearn.datasets import load_iris
    >>> from sknets import KerasClassifier
    >>> def build(meta, width=16):
    ...     return keras.Sequential([
    ...         keras.Input((meta["n_features_in_"],)),
    ...         keras.layers.Dense(width, activation="relu"),
    ...         keras.layers.Dense(meta["n_classes_"], activation="softmax"),
    ...     ])
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = KerasClassifier(
    ...     build,
    ...     loss="sparse_categorical_crossentropy",
    ...     optimizer="adam",
    ...     optimizer__learning_rate=0.02,
    ...     epochs=60,
    ...     random_state=0,
    ...     model__width=8,
    ... )
    >>> clf.fit(X, y).score(X, y) > 0.9
    True
    """

    __module__ = "sknets"

    _parameter_constraints = {
        **BaseWrapper._parameter_constraints,
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
    }

    def __init__(
        self,
        model: Any = None,
        *,
        build_fn: Any = None,
        warm_start: bool = False,
        random_state: Any = None,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        metrics: Any = None,
        batch_size: int | None = None,
        validation_batch_size: int | None = None,
        verbose: int = 0,
        callbacks: Any = None,
        validation_split: float = 0.0,
        shuffle: bool = True,
        run_eagerly: bool = False,
        epochs: int = 1,
        class_weight: Mapping[Any, float] | str | None = None,
        inputs: Mapping[str, Any] | None = None,
        early_stopping: bool = False,
        validation_fraction: float | None = 0.1,
        patience: int = 10,
        learning_rate_schedule: str = "constant",
        warmup: float = 0.0,
        label_smoothing: float = 0.0,
        custom_objects: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            model,
            build_fn=build_fn,
            warm_start=warm_start,
            random_state=random_state,
            optimizer=optimizer,
            loss=loss,
            metrics=metrics,
            batch_size=batch_size,
            validation_batch_size=validation_batch_size,
            verbose=verbose,
            callbacks=callbacks,
            validation_split=validation_split,
            shuffle=shuffle,
            run_eagerly=run_eagerly,
            epochs=epochs,
            inputs=inputs,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            patience=patience,
            learning_rate_schedule=learning_rate_schedule,
            warmup=warmup,
            custom_objects=custom_objects,
            **kwargs,
        )
        self.class_weight = class_weight
        self.label_smoothing = label_smoothing

    @property
    def target_encoder(self) -> Any:
        """Transformer of y; a fit fits it and keeps it as `target_encoder_`."""
        classes = getattr(self, "_classes", None)
        categories = "auto" if classes is None else [np.asarray(classes)]
        return ClassifierLabelEncoder(name_of(self.loss), categories)

    def _type_of_target(self, y: np.ndarray) -> str:
        kind = type_of_target(y)
        classes = getattr(self, "_classes", None)
        if kind == "binary" and classes is not None:
            return type_of_target(classes)
        return kind

    def _class_weights(
        self, y: np.ndarray, arguments: dict[str, Any]
    ) -> np.ndarray | None:
        class_weight = arguments.pop("class_weight", self.class_weight)
        if class_weight is None:
            return None
        if vars(self.target_encoder_).get("_target_type") == ONE_HOT:
            y = y.argmax(axis=1)
        if isinstance(class_weight, Mapping) and y.ndim == 1:
            classes = np.unique(y).tolist()
            missing = [label for label in classes if label not in class_weight]
            if missing and len(classes) - len(missing) != len(class_weight):
                raise ValueError(
                    f"class_weight has the keys {list(class_weight)[:10]}, but the "
                    f"classes of y are {classes[:10]}. Give a weight for each "
                    "class by its label (in one-hot rows, by its column)."
                )
            of_rows = [class_weight.get(label, 1.0) for label in y.tolist()]
            return np.array(of_rows, float)
        return compute_sample_weight(class_weight, y)

    def _strata(self, y: np.ndarray) -> np.ndarray | None:
        if vars(self.target_encoder_).get("_target_type") == ONE_HOT:
            return y.argmax(axis=1)
        return y if y.ndim == 1 or y.shape[1] == 1 else None

    def _check_y(self, y: Any) -> np.ndarray:
        y = as_array(y, "y")
        y = check_array(y, ensure_2d=False, allow_nd=False, dtype=None, input_name="y")
        if takes_numbers(self.loss):
            y = column_or_1d(y, warn=True) if y.shape[1:] == (1,) else y
        return y.astype(str) if y.dtype.kind == "O" else y

    def _check_model(self, y: Any) -> None:
        from . import keras_checks

        super()._check_model(y)
        kind = getattr(self.target_encoder_, "_target_type", self.target_type_)
        n_classes = getattr(self, "n_classes_", None)
        keras_checks.check_output(self.model_, kind, n_classes)
        keras_checks.check_class_numbers(self.model_, y)

    def _settle_output(self) -> None:
        from . import keras_build, keras_checks

        model = self.model_
        if model.compiled:
            loss = model.loss
        else:  # after `initialize`; the fit that goes on from there compiles it
            loss = keras_build.compile_kwargs(self).get("loss")
        self.link_ = keras_checks.link(model, loss)

    def _predict_raw(self, X: Any, **kwargs: Any) -> Any:
        raw = super()._predict_raw(X, **kwargs)
        link = vars(self).get("link_")
        return raw if link is None else getattr(probabilities, link)(raw)

    def partial_fit(  # type: ignore[override]
        self,
        X: Any,
        y: Any,
        classes: Any = None,
        sample_weight: Any = None,
        **kwargs: Any,
    ) -> KerasClassifier:
        """Train one epoch, going on from the present weights.

        Parameters
        ----------
        X : array-like, sparse matrix, data frame, or dict or list of arrays
            Training input.
        y : array-like
            Labels.
        classes : array-like of shape (n_classes,), default=None
            All classes that will come; needed in the first call unless y has them all.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights in the loss.
        **kwargs : dict
            Arguments of Keras' ``Model.fit``, for this call.

        Returns
        -------
        self : estimator
            The fitted estimator.
        """
        known = getattr(self, "classes_", classes) if self.initialized_ else classes
        if classes is not None and not np.array_equal(
            np.unique(classes), np.unique(known)
        ):
            raise ValueError(
                f"classes={classes!r} is not the same as in an earlier call of "
                f"partial_fit: {known!r}."
            )
        self._classes = classes
        try:
            super().partial_fit(X, y, sample_weight, **kwargs)
        finally:
            self._classes = None
        return self

    def predict_proba(self, X: Any, **kwargs: Any) -> Any:
        """Predict probabilities.

        Parameters
        ----------
        X : array-like, sparse matrix, data frame, or dict or list of arrays
            Input.
        **kwargs : dict
            Arguments of Keras' ``Model.predict``, for this call.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Columns in the order of `classes_`.
        """
        if kind_of(X):
            return lazily(snapshot(self), "predict_proba", X, **kwargs)
        raw = self._predict_raw(X, **kwargs)
        found = self.target_encoder_.inverse_transform(raw, return_proba=True)
        kind = vars(self.target_encoder_).get("_target_type")
        return _summing_to_one(found) if kind in _ONE_CLASS else found

    def predict_log_proba(self, X: Any, **kwargs: Any) -> Any:
        """Predict logarithms of probabilities.

        Parameters
        ----------
        X : array-like, sparse matrix, data frame, or dict or list of arrays
            Input.
        **kwargs : dict
            Arguments of Keras' ``Model.predict``, for this call.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            Natural logarithm of `predict_proba`; a list of them where that is a list.
        """
        if kind_of(X):
            return lazily(snapshot(self), "predict_log_proba", X, **kwargs)
        probabilities = self.predict_proba(X, **kwargs)
        if isinstance(probabilities, list):  # of several outputs
            return [_log(part) for part in probabilities]
        return _log(probabilities)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Accuracy of the predicted labels, or what `scorer` says.

        Parameters
        ----------
        X : array-like, sparse matrix, data frame, or dict or list of arrays
            Input.
        y : array-like
            Labels.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        float
            Accuracy.
        """
        return BaseWrapper.score(self, X, y, sample_weight)

    @staticmethod
    def scorer(y_true: Any, y_pred: Any, **kwargs: Any) -> float:
        """Score predictions; `score` calls it, and a subclass may bring another.

        Parameters
        ----------
        y_true, y_pred : array-like
            True and predicted labels.
        **kwargs : dict
            Sample weights, and parameters given as ``score__*``.

        Returns
        -------
        float
            Accuracy.
        """
        # Imported here, as it is half of the time of `import sknets`.
        from sklearn.metrics import accuracy_score

        return accuracy_score(y_true, y_pred, **kwargs)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        several = not takes_numbers(self.loss)
        tags.target_tags.multi_output = several
        tags.classifier_tags.multi_label = several
        tags.classifier_tags.poor_score = True  # how good it is, is up to the model
        return tags


def _summing_to_one(probabilities: np.ndarray) -> np.ndarray:
    """Rows that sum to one but for the rounding of Keras, which they do exactly then.

    scikit-learn's log_loss warns of sums that differ by more than rounding in double.
    """
    sums = probabilities.sum(axis=1, keepdims=True)
    return np.where(np.abs(sums - 1) < ROUNDING, probabilities / sums, probabilities)


def _log(probabilities: Any) -> np.ndarray:
    probabilities = np.asarray(probabilities)
    return np.log(np.maximum(probabilities, np.finfo(probabilities.dtype).tiny))

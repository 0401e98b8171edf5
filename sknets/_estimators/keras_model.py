"""The template of the Keras estimators: check, encode, build, train, predict.

Data flows one way. The model that a fit builds is trained, and read into arrays; the
estimator keeps those, and the model only for `model_` and for going on.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np
import sklearn

from .._containers import refuse_streams
from .._optional import needs_tensorflow
from .._sklearn import (
    Interval,
    Options,
    StrOptions,
    validate_parameter_constraints,
)
from . import keras_inputs
from .held_out import named_as_validation
from .keras_data import KerasData
from .keras_state import LIVE, PRIVATE
from .keras_targets import PassThrough
from .settings import CONSTRAINTS
from .state import fitted_names, forget, joined, snapshot, stamp
from .targets import check_sample_weight

# Arguments of Model.compile, fit and predict that are parameters of their own, or may
# be given without a prefix.
COMPILE = (
    *("optimizer", "loss", "metrics", "loss_weights", "weighted_metrics"),
    "run_eagerly",
)
FIT = (
    *("batch_size", "epochs", "verbose", "validation_split", "shuffle"),
    *("sample_weight", "initial_epoch", "validation_steps"),
    *("validation_batch_size", "validation_freq"),
)
PREDICT = ("batch_size", "verbose", "steps")
# Arguments of Model.fit that a method has itself.
ROWS = {"x", "y", "sample_weight"}

# Parameters that may be what they may be in a neural net.
LIKE_NETS = (
    *("learning_rate_schedule", "warmup", "early_stopping", "patience", "shuffle"),
    *("warm_start", "random_state"),
)
# -1 is all rows.
BATCH_SIZE = [Interval(Integral, 1, None, closed="left"), Options(Integral, {-1}), None]


class BaseWrapper(KerasData):
    """Base of the Keras estimators, for models that neither classify nor regress.

    See `sknets.KerasRegressor` for its parameters and attributes. The target is given
    to the model, and predictions are returned, as they are; a subclass may bring other
    transformers in the properties `target_encoder` and `feature_encoder`, and build its
    model in a method `_keras_build_fn`.
    """

    __module__ = "sknets.wrappers"

    _parameter_constraints: dict[str, list] = {
        **{name: CONSTRAINTS[name] for name in LIKE_NETS},
        "epochs": [Interval(Integral, 1, None, closed="left")],
        "initial_epoch": [Interval(Integral, 0, None, closed="left")],
        "batch_size": BATCH_SIZE,
        "validation_batch_size": BATCH_SIZE,
        "validation_split": [Interval(Real, 0, 1, closed="left")],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither"), None],
        "verbose": [*CONSTRAINTS["verbose"], StrOptions({"auto"})],
        "run_eagerly": ["boolean"],
    }
    _compile_kwargs = set(COMPILE)
    _fit_kwargs = set(FIT)
    _predict_kwargs = set(PREDICT)

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
        inputs: Mapping[str, Any] | None = None,
        early_stopping: bool = False,
        validation_fraction: float | None = 0.1,
        patience: int = 10,
        learning_rate_schedule: str = "constant",
        warmup: float = 0.0,
        custom_objects: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        self.model = model
        self.build_fn = build_fn
        self.warm_start = warm_start
        self.random_state = random_state
        self.optimizer = optimizer
        self.loss = loss
        self.metrics = metrics
        self.batch_size = batch_size
        self.validation_batch_size = validation_batch_size
        self.verbose = verbose
        self.callbacks = callbacks
        self.validation_split = validation_split
        self.shuffle = shuffle
        self.run_eagerly = run_eagerly
        self.epochs = epochs
        self.inputs = inputs
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.learning_rate_schedule = learning_rate_schedule
        self.warmup = warmup
        self.custom_objects = custom_objects
        self._extra = kwargs

    # --- What a subclass may bring ---------------------------------------------------

    @property
    def target_encoder(self) -> Any:
        """Transformer of y; a fit fits it and keeps it as `target_encoder_`."""
        return PassThrough()

    @property
    def feature_encoder(self) -> Any:
        """Transformer of X; a fit fits it and keeps it as `feature_encoder_`."""
        if self.inputs is None:
            return PassThrough()
        names = getattr(self, "feature_names_in_", None)
        return keras_inputs.InputCutter(
            self.inputs, None if names is None else [str(name) for name in names]
        )

    def _class_weights(
        self, y: np.ndarray, arguments: dict[str, Any]
    ) -> np.ndarray | None:
        """Weight of each row by its class; what says so is taken out of `arguments`."""
        return None

    def _strata(self, y: np.ndarray) -> np.ndarray | None:
        """Of which early stopping holds out the same share each."""
        return None

    def _check_model(self, y: Any) -> None:
        """Raise if the built and compiled model does not fit the encoded target."""
        from . import keras_checks

        # A target_encoder of one's own may know neither outputs nor classes.
        expected = getattr(self, "n_outputs_expected_", None)
        keras_checks.check_n_outputs(self.model_, expected, type(self).__name__)

    def _settle_output(self) -> None:
        """Subclass: settle from the model what predictions make of its output."""

    # --- Fitting ---------------------------------------------------------------------

    def fit(
        self,
        X: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
        **kwargs: Any,
    ) -> BaseWrapper:
        """Build the model and train it.

        If training fails or is interrupted, the estimator is as it was before.

        Parameters
        ----------
        X : array-like, sparse matrix, data frame, or dict or list of arrays
            Training input: the first axis of each array is that of the samples.
        y : array-like
            Target.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights in the loss; rows of weight zero are left out.
        X_val, y_val : array-like, default=None
            Validation rows, whose loss and metrics `history_` records and
            `early_stopping` monitors.
        sample_weight_val : array-like of shape (n_val_samples,), default=None
            Weights in the validation loss.
        **kwargs : dict
            Arguments of Keras' ``Model.fit``, for this call: epochs, batch_size, ...

        Returns
        -------
        self : estimator
            The fitted estimator.
        """
        arguments, validation = self._fit_arguments(
            kwargs, X_val, y_val, sample_weight_val
        )
        arguments.setdefault("initial_epoch", 0)
        arguments["epochs"] += arguments["initial_epoch"]
        goes_on = self.warm_start and self.initialized_
        with self._working_copy() as twin:
            twin._fit(X, y, sample_weight, arguments, validation, goes_on=goes_on)
        return self

    def partial_fit(
        self, X: Any, y: Any, sample_weight: Any = None, **kwargs: Any
    ) -> BaseWrapper:
        """Train one epoch, going on from the present weights.

        Parameters
        ----------
        X : array-like, sparse matrix, data frame, or dict or list of arrays
            Training input.
        y : array-like
            Target.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights in the loss.
        **kwargs : dict
            Arguments of Keras' ``Model.fit``, for this call.

        Returns
        -------
        self : estimator
            The fitted estimator.
        """
        for name in ("epochs", "initial_epoch"):
            if name in kwargs:
                raise TypeError(
                    f"Invalid argument {name}={kwargs[name]!r}: partial_fit always "
                    "trains one epoch, from the present one on."
                )
        epoch = self.current_epoch
        arguments, validation = self._fit_arguments(kwargs)
        arguments |= {"initial_epoch": epoch, "epochs": epoch + 1}
        goes_on = self.initialized_
        with self._working_copy() as twin:
            twin._fit(
                *(X, y, sample_weight, arguments, validation),
                goes_on=goes_on,
                one_pass=True,
            )
        return self

    def _fit_arguments(
        self,
        given: dict[str, Any],
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> tuple[dict[str, Any], tuple[Any, Any, Any]]:
        """Arguments of Keras' fit, from parameters and this call; validation rows."""
        arguments = self._given(self._fit_kwargs, "fit")
        own = {k: v for k, v in arguments.items() if not k.startswith("callbacks")}
        arguments = {**own, **given}
        for name in ROWS & arguments.keys():
            where = name if name in {**self._extra, **given} else f"fit__{name}"
            raise TypeError(
                f"{where} cannot be set: rows and their weights are given to each call,"
                " fit(X, y, sample_weight=...)."
            )
        self._check_parameters(arguments)
        validation = X_val, y_val, sample_weight_val
        data = arguments.pop("validation_data", None)
        if data is not None and all(part is None for part in validation):
            validation = _validation_rows(data)
        X_val, y_val, sample_weight_val = validation
        if (X_val is None) != (y_val is None) or (
            X_val is None and sample_weight_val is not None
        ):
            raise ValueError(
                "X_val and y_val must be given together, and sample_weight_val only "
                "with them."
            )
        return arguments, validation

    def initialize(self, X: Any, y: Any = None) -> BaseWrapper:
        """Build the model without training it, to predict with the weights it has.

        Parameters
        ----------
        X : array-like, sparse matrix, data frame, or dict or list of arrays
            Input, from which the build function learns shapes.
        y : array-like, default=None
            Target, from which classes are learned.

        Returns
        -------
        self : estimator
            The estimator, which can predict.
        """
        with self._working_copy() as twin:
            twin._start(X, y)
            twin._settle_output()
            twin._keep_state(kept_optimizer=False)
        return self

    @contextlib.contextmanager
    def _working_copy(self) -> Iterator[Any]:
        """A twin to fit, whose state this estimator takes over at the end, in one go.

        So other threads predict from one state, and a failure leaves the former one.
        """
        self._check_parameters()
        twin = snapshot(self)
        yield twin
        old = fitted_names(self).union(PRIVATE)
        new = fitted_names(twin).union(PRIVATE)
        kept = {name: value for name, value in vars(self).items() if name not in old}
        taken = {name: value for name, value in vars(twin).items() if name in new}
        self.__dict__ = {**kept, **taken}

    def _check_parameters(self, arguments: Mapping[str, Any] | None = None) -> None:
        """Check the parameters, or arguments of a call, among which they are."""
        if sklearn.get_config()["skip_parameter_validation"]:
            return
        given = self.get_params(deep=False) if arguments is None else arguments
        name = type(self).__name__
        validate_parameter_constraints(self._parameter_constraints, given, name)

    def _start(self, X: Any, y: Any) -> tuple[Any, Any]:
        """Forget an earlier fit, learn the data and build the model."""
        with needs_tensorflow("Building a Keras model"):
            from . import keras_build

        self._restore_params(strict=True)
        forget(self)
        for name in LIVE:
            self.__dict__.pop(name, None)
        X, y = self._check(X, y, reset=True)
        self.target_encoder_ = self.target_encoder
        if y is not None:
            self._learn_target(y)
        self.feature_encoder_ = self.feature_encoder.fit(X)
        self._take_metadata(self.feature_encoder_)
        inputs = self.feature_encoder_.transform(X)
        self._model = keras_build.build(self, inputs, self._seed())
        stamp(self)
        return X, y

    def _learn_target(self, y: Any) -> None:
        self.target_encoder_ = self.target_encoder.fit(y)
        self._take_metadata(self.target_encoder_)

    def _take_metadata(self, encoder: Any) -> None:
        self.__dict__.update(getattr(encoder, "get_metadata", dict)())

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        arguments: dict[str, Any],
        validation: tuple[Any, Any, Any] = (None, None, None),
        *,
        goes_on: bool,
        one_pass: bool = False,
    ) -> None:
        refuse_streams(X, keras_inputs.EXAMPLE)
        if y is None:
            raise ValueError(
                f"This {type(self).__name__} estimator requires y to be passed, but "
                "the target y is None."
            )
        if goes_on:
            self._restore_params(strict=True, unneeded=("model", "build_fn"))
            initialized_alone = "target_type_" not in vars(self)
            X, y = self._check(X, y, reset=False)
            if initialized_alone:  # by X, without y
                self._learn_target(y)
        else:
            X, y = self._start(X, y)
        with needs_tensorflow("Training a Keras model"):
            from .._training.keras_training import unchanged_on_failure
            from . import keras_build, keras_changes, keras_fit

        rate = None
        if goes_on:
            self.built_from_, rate = keras_changes.compared(self)
        keras_build.compile_model(self, self.model_, is_new=not goes_on)
        rows, y = self._rows(X, y, sample_weight, arguments)
        self._check_model(rows.y)
        self._settle_output()
        val = None
        if validation[0] is not None:
            with named_as_validation():
                X_val, y_val = self._check(*validation[:2], reset=False)
                val, _ = self._rows(X_val, y_val, validation[2])
        job = keras_fit.Job(self, arguments, self._generator(), one_pass=one_pass)
        with unchanged_on_failure(self.model_):
            if rate is not None:
                self.model_.optimizer.learning_rate = rate
            exploded = self._train(job, rows, val, self._strata(y))
            goes_on_later = (self.warm_start or one_pass) and not exploded
            self._keep_state(kept_optimizer=goes_on_later)
        if self.engine_ == "loop":  # that trains a copy, not the model itself
            self._first = rows.dense(np.arange(1))

    def _train(self, job: Any, rows: Any, val: Any, strata: Any) -> bool:
        """Train the model, and take over what that records; whether it exploded."""
        from . import keras_build

        callbacks = keras_build.callbacks(self, "callbacks", "fit__callbacks")
        outcome = job.run(self.model_, rows, val, strata, callbacks)
        before = vars(self).get("history_", {}) if job.one_pass else {}
        self.history_ = joined(before, outcome.history)
        self.n_iter_ = self.current_epoch
        # As `history_` and `n_iter_`, which `fit` begins anew, count.
        first = 0 if job.one_pass else job.arguments["initial_epoch"]
        self.best_epoch_ = outcome.best_epoch - first
        self.engine_ = outcome.engine
        return outcome.exploded

    def _rows(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        arguments: dict[str, Any] | None = None,
    ) -> tuple[Any, np.ndarray]:
        """Rows as the model takes them, without those of weight zero, and their y.

        The arguments of fit, of rows to train on, may weight the classes.
        """
        from .._training.keras_training import Rows, take

        class_weights = None
        if arguments is not None:
            class_weights = self._class_weights(y, arguments)
        w = None
        if sample_weight is not None:
            if not np.asarray(sample_weight).any():
                raise ValueError(
                    "No row had any weight; only zeros were passed in sample_weight."
                )
            w = check_sample_weight(sample_weight, np.zeros((len(y), 1)))
        if class_weights is not None:
            w = class_weights if w is None else w * class_weights
            if not w.any():
                raise ValueError(
                    "No row has any weight: class_weight is 0 for the class of each "
                    "row that has a sample_weight."
                )
        if w is not None and not w.all():
            index = np.flatnonzero(w)
            X, y, w = take(X, index), y[index], w[index]
        target = self.target_encoder_.transform(y)
        return Rows(self.feature_encoder_.transform(X), target, w), y

    def _keep_state(self, *, kept_optimizer: bool) -> None:
        from .._keras import chains, copies
        from .._training.tensorflow.seeds import seeded
        from . import keras_build, keras_changes, keras_predict

        model = self.model_
        if not kept_optimizer:
            keras_build.reset_optimizer(model)
        self.built_from_ = keras_changes.record(self, model)
        self.weights_ = copies.read(model.weights)
        self.seed_states_ = copies.read(copies.seed_states(model))
        self.optimizer_state_ = None
        if kept_optimizer and getattr(model, "optimizer", None) is not None:
            self.optimizer_state_ = copies.read(model.optimizer.variables)
        self.constants_ = copies.constants(model)
        self.chain_ = chains.read(model)
        self.predict_hooks_ = keras_predict.has_own_way(self, check_callbacks=True)
        self._custom = copies.custom_objects(model)
        with seeded(0):  # a copy, to try, draws first weights
            self.keras_config_, self.compile_config_ = copies.tried_configs(model)

    # --- Fitted attributes -----------------------------------------------------------

    @property
    def model_(self) -> Any:
        """The fitted ``keras.Model``, compiled; changing it changes no prediction."""
        if vars(self).get("_model") is None:
            if not self.initialized_:
                raise AttributeError(f"This {type(self).__name__} is not fitted yet.")
            with needs_tensorflow("Building the Keras model"):
                from . import keras_build

            self._restore_params()
            self._model = keras_build.rebuild(self)
        first = self.__dict__.pop("_first", None)
        if first is not None:
            from .._training.tensorflow.keras_program import build_variables

            build_variables(self._model, first)
        return self._model

    def _get_metadata(self) -> dict[str, Any]:
        """Fitted attributes, which a build function gets as `meta`."""
        return {
            name: value
            for name, value in vars(self).items()
            if name.endswith("_") and not name.startswith("_")
        }

    # --- scikit-learn's protocols ----------------------------------------------------

    def __sklearn_is_fitted__(self) -> bool:
        return self.initialized_

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.three_d_array = True
        return tags


def _validation_rows(data: Any) -> tuple[Any, Any, Any]:
    """X, y and weights of what Keras calls `validation_data`."""
    match data:
        case (X, y):
            return X, y, None
        case (X, y, sample_weight):
            return X, y, sample_weight
    found = f"an object of type {type(data).__name__}"
    if isinstance(data, tuple | list):
        found = f"a {type(data).__name__} of {len(data)}"
    raise ValueError(
        "validation_data must be (X_val, y_val) or (X_val, y_val, sample_weight_val), "
        f"got {found}."
    )

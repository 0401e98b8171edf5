"""One fit of a Keras estimator: which loop trains, on which rows, told what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._keras import copies
from .._keras.compilation import metric_name
from .._keras.routing import accepts
from .._tensorflow import keras
from .._training.history import read
from .._training.keras_callbacks import restored_epoch
from .._training.keras_training import (
    Outcome,
    Plan,
    Recorder,
    Rows,
    has_batch_hooks,
    is_finite,
    learning_rate,
    to_keras,
    train,
)
from .._training.loop import warn_not_finite
from .._training.tensorflow.seeds import seeded
from . import keras_build
from .held_out import split, split_seed
from .progress import Progress, candidate_name

# Methods that a model may bring; then its own are called.
OWN_WAYS = (
    *("fit", "train_step", "test_step", "make_train_function", "make_test_function"),
    "evaluate",
)
# Arguments of Model.fit that the compiled loop has as well.
LOOP_ARGUMENTS = {
    *("batch_size", "epochs", "initial_epoch", "verbose", "validation_split"),
    *("validation_batch_size", "shuffle"),
}


@dataclass
class Fitted(Outcome):
    """What a fit leaves, and which engine did it."""

    engine: str = "loop"


def trains_itself(model: Any) -> bool:
    """Whether a model has a loop or a step of its own."""
    return any(
        name in vars(model)
        or getattr(type(model), name, None) is not getattr(keras.Model, name, None)
        for name in OWN_WAYS
    )


class Job:
    """The settings of one fit, taken from the parameters and the arguments of it."""

    def __init__(
        self,
        estimator: Any,
        arguments: dict[str, Any],
        rng: np.random.Generator,
        *,
        one_pass: bool,
    ) -> None:
        self.estimator, self.rng, self.one_pass = estimator, rng, one_pass
        self.arguments = {
            name: value
            for name, value in arguments.items()
            if name != "callbacks" and value is not None
        }
        given = arguments.get("callbacks")
        self.more_callbacks = keras_build.callbacks_of_call("fit", given)

    def run(
        self,
        model: Any,
        rows: Rows,
        validation: Rows | None,
        strata: np.ndarray | None,
        callbacks: list[Any],
    ) -> Fitted:
        """Train the model; return history, best epoch and engine."""
        self._resolve_batch_sizes(rows)
        callbacks = [*callbacks, *self.more_callbacks]
        engine = self._engine(model, callbacks)
        if engine == "keras":
            return self._run_keras(model, rows, validation, strata, callbacks)
        rows, validation = self._split(rows, validation, strata)
        rows, validation = _same_weights(rows, validation)
        plan = self._plan(rows)
        if plan.scheduled:
            _check_rates(callbacks)
        outcome = train(
            model,
            rows,
            plan,
            self.rng,
            validation=validation,
            callbacks=callbacks,
            observers=[self._progress()] if self.arguments.get("verbose") else (),
        )
        history = _renamed(outcome.history)
        return Fitted(history, outcome.best_epoch, outcome.exploded, engine)

    def _progress(self) -> Progress:
        name, before = candidate_name(self.estimator), self.arguments["initial_epoch"]
        return Progress(name, before, header=not self.one_pass)

    def _engine(self, model: Any, callbacks: list[Any]) -> str:
        others = set(self.arguments) - LOOP_ARGUMENTS
        layers = copies.all_layers(model)
        own = (
            trains_itself(model)
            or bool(others)
            or getattr(model, "run_eagerly", False)
            or has_batch_hooks(callbacks)
            or any(getattr(layer, "stateful", False) is True for layer in layers)
        )
        return "keras" if own else "loop"

    def _resolve_batch_sizes(self, rows: Rows) -> None:
        for name in ("batch_size", "validation_batch_size"):
            if self.arguments.get(name) == -1:
                if not hasattr(rows.x, "shape"):
                    raise ValueError(
                        f"`{name}=-1` requires that `X` implement `shape`, but the "
                        "model has several inputs. Give a number."
                    )
                self.arguments[name] = rows.x.shape[0]

    def _plan(self, rows: Rows) -> Plan:
        estimator, given = self.estimator, self.arguments
        batch_size = int(given.get("batch_size", 32))
        own = not self.one_pass
        return Plan(
            epochs=given["epochs"],
            initial_epoch=given["initial_epoch"],
            batch_size=min(batch_size, len(rows)),
            validation_batch_size=int(given.get("validation_batch_size", batch_size)),
            shuffle=bool(given.get("shuffle", True)),
            early_stopping=estimator.early_stopping and own,
            patience=estimator.patience,
            learning_rate_schedule=(
                estimator.learning_rate_schedule if own else "constant"
            ),
            warmup=estimator.warmup if own else 0.0,
        )

    def _split(
        self, rows: Rows, validation: Rows | None, strata: np.ndarray | None
    ) -> tuple[Rows, Rows | None]:
        """Hold rows out: the last ones as Keras does, or a draw for early stopping."""
        fraction = self.arguments.get("validation_split", 0.0)
        if validation is not None or (self.one_pass and not fraction):
            return rows, validation
        n_rows = len(rows)
        if fraction:
            n_kept = int(np.floor(n_rows * (1 - fraction)))
            if not 0 < n_kept < n_rows:
                raise ValueError(
                    f"validation_split={fraction:g} of {n_rows} rows leaves none to "
                    "train or to validate on. Give more rows or another fraction."
                )
            return rows.take(np.arange(n_kept)), rows.take(np.arange(n_kept, n_rows))
        estimator = self.estimator
        if not estimator.early_stopping or estimator.validation_fraction is None:
            return rows, None
        kept, held_out = split(
            np.zeros(n_rows) if strata is None else strata,
            None,
            estimator.validation_fraction,
            split_seed(self.rng, estimator._seed()),
            stratify=strata is not None,
        )
        return rows.take(kept), rows.take(held_out)

    # --- Keras' own loop -------------------------------------------------------------

    def _run_keras(
        self,
        model: Any,
        rows: Rows,
        validation: Rows | None,
        strata: np.ndarray | None,
        callbacks: list[Any],
    ) -> Fitted:
        arguments, estimator = dict(self.arguments), self.estimator
        if estimator.early_stopping and not self.one_pass:
            rows, validation = self._split(rows, validation, strata)
            arguments.pop("validation_split", None)
            stopper = keras.callbacks.EarlyStopping(
                monitor="loss" if validation is None else "val_loss",
                patience=estimator.patience,
                restore_best_weights=True,
            )
            callbacks = [*callbacks, stopper]
        if self._plan(rows).scheduled:
            raise ValueError(
                "learning_rate_schedule and warmup have no effect in Keras' own loop, "
                "which this model or a callback of it needs. Give the optimizer a "
                "schedule: optimizer__learning_rate=keras.optimizers.schedules...."
            )
        if validation is not None:
            arguments.pop("validation_split", None)
            parts = (_dense(validation.x), validation.y, validation.w)
            arguments["validation_data"] = parts if parts[2] is not None else parts[:2]
        _check_arguments(model, arguments)
        outcome = Fitted(engine="keras")
        callbacks = [keeper := LastFinite(), *callbacks, Recorder(outcome)]
        with seeded(estimator._seed()):
            history = model.fit(
                x=_dense(rows.x),
                y=rows.y,
                sample_weight=rows.w,
                callbacks=callbacks,
                **arguments,
            )
        if not outcome.history:  # a fit of the model's own calls no callbacks
            outcome.history = read(history.history)
        last = arguments["initial_epoch"] + len(outcome.history.get("loss", []))
        if keeper.stopped is not None:
            last -= 1
            warn_not_finite(*keeper.stopped, "optimizer__learning_rate")
        outcome.history = _renamed(outcome.history)
        outcome.best_epoch = restored_epoch(callbacks, last)
        outcome.exploded = bool(keeper.stopped)
        return outcome


class LastFinite(keras.callbacks.Callback):
    """Ends training when the loss or a weight is infinite or NaN, as the loop does.

    The model gets back the weights that it had before that epoch.
    """

    stopped: tuple[int, float] | None = None  # epoch and learning rate

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._weights = self.model.get_weights()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if is_finite(self.model, (logs or {}).get("loss", 0.0)):
            return
        self.stopped = epoch, learning_rate(self.model)
        self.model.set_weights(self._weights)
        self.model.stop_training = True


def _check_rates(callbacks: list[Any]) -> None:
    """Refuse callbacks whose learning rate a schedule would replace at each step."""
    known = keras.callbacks
    for callback in callbacks:
        if isinstance(callback, known.LearningRateScheduler | known.ReduceLROnPlateau):
            raise ValueError(
                f"{type(callback).__name__} sets the learning rate, and so do "
                "learning_rate_schedule and warmup. Set learning_rate_schedule="
                "'constant' and warmup=0.0, or leave the callback out."
            )


def _check_arguments(model: Any, arguments: dict[str, Any]) -> None:
    unknown = [name for name in arguments if not accepts(model.fit, name)]
    if unknown:
        raise TypeError(
            f"Model.fit got an unexpected keyword argument {unknown[0]!r}, given as "
            f"fit__{unknown[0]} or to fit."
        )


def _dense(x: Any) -> Any:
    """Arrays in their own type, which Keras' loop converts."""
    import scipy.sparse

    return to_keras(x) if scipy.sparse.issparse(x) else x


def _same_weights(rows: Rows, validation: Rows | None) -> tuple[Rows, Rows | None]:
    """Give both weights if one has some, as they go through one program."""
    if validation is None or (rows.w is None) == (validation.w is None):
        return rows, validation
    for part in (rows, validation):
        if part.w is None:
            part.w = np.ones(len(part))
    return rows, validation


def _renamed(history: dict[str, list[float]]) -> dict[str, list[float]]:
    """History with the long names of metrics, "mean_squared_error" for "mse"."""
    found = {}
    for name, run in history.items():
        metric = name.removeprefix("val_")
        prefix = name.removesuffix(metric)
        found[prefix + (metric if metric == "loss" else metric_name(metric))] = run
    return found

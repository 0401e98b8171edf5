"""Epochs of a Keras model: validation, early stopping, callbacks, history."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import scipy.sparse

from .._keras import copies
from .._tensorflow import keras
from . import schedule
from .history import History, numbers, record
from .keras_callbacks import restored_epoch
from .loop import warn_not_finite
from .monitor import Monitor
from .tensorflow.keras_program import KerasProgram, pays_by_xla, program_for

# Bytes of the rows that are handed to a program at a time.
CHUNK_BYTES = 1 << 25

# Hooks that are called in the middle of an epoch.
BATCH_HOOKS = (
    *("on_batch_begin", "on_batch_end", "on_train_batch_begin", "on_train_batch_end"),
    *("on_test_batch_begin", "on_test_batch_end"),
)


@dataclass
class Rows:
    """Arrays of one length: input and target (nested as the model takes them)."""

    x: Any
    y: Any
    w: np.ndarray | None = None

    def __len__(self) -> int:
        return _leaf(self.x).shape[0]

    def take(self, index: np.ndarray) -> Rows:
        w = None if self.w is None else self.w[index]
        return Rows(take(self.x, index), take(self.y, index), w)

    def dense(self, index: np.ndarray) -> tuple:
        """x, y and any weights, not sparse and in the types that Keras has."""
        part = self.take(index)
        weights = () if part.w is None else (to_keras(part.w),)
        return to_keras(part.x), to_keras(part.y), *weights


@dataclass
class Plan:
    """How to train."""

    epochs: int
    batch_size: int
    validation_batch_size: int
    initial_epoch: int = 0
    shuffle: bool = True
    early_stopping: bool = False
    patience: float = 10
    learning_rate_schedule: str = "constant"
    warmup: float = 0.0

    # Of early stopping, as for the nets, of which these are parameters.
    monitor = "loss"
    tol = 0.0

    @property
    def scheduled(self) -> bool:
        return self.learning_rate_schedule != "constant" or self.warmup > 0

    def n_steps(self, n_rows: int) -> int:
        return (self.epochs - self.initial_epoch) * -(-n_rows // self.batch_size)


@dataclass
class Outcome:
    """What training leaves beside the weights of the model."""

    history: History = field(default_factory=dict)
    best_epoch: int = 0
    exploded: bool = False
    """Whether it became infinite or NaN, so that nobody goes on from the optimizer."""


def take(arrays: Any, index: np.ndarray) -> Any:
    """The same rows of all arrays of a structure."""
    if isinstance(arrays, dict):
        return {name: take(part, index) for name, part in arrays.items()}
    if isinstance(arrays, list | tuple):
        return type(arrays)(take(part, index) for part in arrays)
    return arrays[index]


def to_keras(arrays: Any) -> Any:
    """Arrays without sparse ones, floating point numbers in Keras' type."""
    if isinstance(arrays, dict):
        return {name: to_keras(part) for name, part in arrays.items()}
    if isinstance(arrays, list | tuple):
        return type(arrays)(to_keras(part) for part in arrays)
    if scipy.sparse.issparse(arrays):
        arrays = arrays.toarray()
    if arrays.dtype.kind == "f":
        return np.asarray(arrays, keras.config.floatx())
    if arrays.dtype.kind in "OUS":
        return arrays.astype(str).astype(object)
    return np.asarray(arrays, np.int8) if arrays.dtype.kind == "b" else arrays


def _leaf(arrays: Any) -> Any:
    while isinstance(arrays, dict | list | tuple):
        arrays = next(iter(arrays.values() if isinstance(arrays, dict) else arrays))
    return arrays


def has_batch_hooks(callbacks: Sequence[Any]) -> bool:
    """Whether a callback has to be called in the middle of an epoch."""
    return any(_needs_batches(callback) for callback in callbacks)


def _needs_batches(callback: Any) -> bool:
    known = keras.callbacks
    if isinstance(callback, known.ModelCheckpoint):
        return callback.save_freq != "epoch"
    if isinstance(callback, known.BackupAndRestore):
        return True
    if isinstance(callback, known.TensorBoard):
        return True
    ignored = (known.EarlyStopping, known.ReduceLROnPlateau, known.CSVLogger)
    if type(callback) in ignored:
        return False
    return any(
        getattr(getattr(callback, hook), "__func__", None)
        is not getattr(keras.callbacks.Callback, hook)
        for hook in BATCH_HOOKS
    )


def learning_rate(model: Any) -> float:
    """Learning rate of now; a schedule of a user's own may give a plain number."""
    rate = model.optimizer.learning_rate
    return float(rate.numpy() if hasattr(rate, "numpy") else rate)


def is_finite(model: Any, loss: float) -> bool:
    """Whether a model can go on: its loss and all of its weights are finite."""
    return math.isfinite(loss) and all(
        np.isfinite(weight).all() for weight in model.get_weights()
    )


def train(
    model: Any,
    rows: Rows,
    plan: Plan,
    rng: np.random.Generator,
    *,
    validation: Rows | None = None,
    callbacks: Sequence[Any] = (),
    observers: Sequence[Any] = (),
) -> Outcome:
    """Train a compiled model; if that fails, it is as it was before.

    Parameters
    ----------
    model : keras.Model
        Gets the weights, the optimizer state and the seeds that training leaves.
    rows, validation : Rows
    plan : Plan
    rng : numpy.random.Generator
        Decides the order of the rows.
    callbacks : sequence of keras.callbacks.Callback
        Hooks of epochs, of training and of tests are called.
    observers : sequence of Observer
        See :mod:`sknets._training.loop`; they look at a `Watched`.
    """
    first = rows.dense(np.arange(1))
    by_xla = pays_by_xla(model, plan.n_steps(len(rows)))
    used = program_for(model, first, scheduled=plan.scheduled, by_xla=by_xla)
    with used as program, _attributes_of(model, program.model):
        hooks = keras.callbacks.CallbackList(
            list(callbacks),
            add_history=True,  # some look for model.history
            add_progbar=False,
            model=program.model,
            verbose=0,
            epochs=plan.epochs,
            steps=-(-len(rows) // plan.batch_size),
        )
        try:
            with unchanged_on_failure(program.model):
                run = _Run(program, rows, plan, rng, validation, hooks, observers)
                outcome = run.run()
                program.store(model)
        finally:
            for callback in hooks.callbacks:
                callback.set_model(model)
    return outcome


@contextlib.contextmanager
def _attributes_of(model: Any, twin: Any) -> Iterator[None]:
    """Let callbacks find and set attributes of a model on the twin that is trained.

    Others share that twin, so it keeps none of them.
    """
    if model is twin:
        yield
        return
    own = set(vars(twin))
    vars(twin).update(
        (name, value)
        for name, value in vars(model).items()
        if name not in own and not name.startswith("_")
    )
    try:
        yield
    finally:
        for name in vars(twin).keys() - own:
            value = vars(twin).pop(name)
            if not name.startswith("_"):
                vars(model)[name] = value


@contextlib.contextmanager
def unchanged_on_failure(model: Any) -> Iterator[None]:
    """Put a compiled model back to its state of before if what is done fails.

    That is its weights, the states of its random layers, and its optimizer.
    """
    variables = [*model.variables, *model.optimizer.variables]
    before = copies.read(variables)
    try:
        yield
    except BaseException:
        copies.write(variables, before)
        raise


class Recorder(keras.callbacks.Callback):
    """Records what an epoch gave, and what the callbacks before this one added."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self._outcome = outcome

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        record(self._outcome.history, numbers(logs or {}))


@dataclass
class Watched:
    """What observers may look at while training runs: epochs of this run."""

    settings: Plan
    steps_per_epoch: int
    n_epochs: int = 0
    best_epoch: int = 0


class _Run:
    """One training run: its epochs, one after the other."""

    def __init__(
        self,
        program: KerasProgram,
        rows: Rows,
        plan: Plan,
        rng: np.random.Generator,
        validation: Rows | None,
        hooks: Any,
        observers: Sequence[Any],
    ) -> None:
        self.program, self.model = program, program.model
        self.rows, self.plan, self.rng = rows, plan, rng
        self.validation, self.hooks, self.observers = validation, hooks, observers
        self.rate = learning_rate(self.model)
        own = replace(plan, epochs=plan.epochs - plan.initial_epoch, initial_epoch=0)
        self.watched = Watched(own, -(-len(rows) // plan.batch_size))

    def run(self) -> Outcome:
        plan, outcome = self.plan, Outcome()
        monitor = Monitor(plan, "" if self.validation is None else "val_")
        best_weights = None
        self.hooks.callbacks.append(Recorder(outcome))
        self.model.stop_training = False
        self.hooks.on_train_begin()
        self._tell("on_train_begin", self.watched)
        logs: dict[str, Any] = {}
        for epoch in range(plan.initial_epoch, plan.epochs):
            last_good = self.model.get_weights()
            self.hooks.on_epoch_begin(epoch)
            self._tell("on_epoch_begin", epoch - plan.initial_epoch)
            logs = self._epoch(epoch)
            outcome.exploded = not is_finite(self.model, logs["loss"])
            if outcome.exploded:
                self.model.set_weights(last_good)
                self.model.stop_training = True
                warn_not_finite(epoch, self.rate, "optimizer__learning_rate")
            elif not plan.early_stopping or monitor.is_best(logs):
                outcome.best_epoch = epoch + 1
                if plan.early_stopping:
                    best_weights = self.model.get_weights()
            self.hooks.on_epoch_end(epoch, logs)
            self.watched.n_epochs += 1
            self.watched.best_epoch = outcome.best_epoch - plan.initial_epoch
            self._tell("on_epoch_end", epoch - plan.initial_epoch, logs)
            exhausted = plan.early_stopping and monitor.is_exhausted
            if self.model.stop_training or exhausted:
                break
        if not outcome.exploded:  # Keras puts moving averages in the weights' place
            self.model.optimizer.finalize_variable_values(self.model.trainable_weights)
        if best_weights is not None:
            self.model.set_weights(best_weights)
        self.hooks.on_train_end(logs)
        outcome.best_epoch = restored_epoch(self.hooks.callbacks, outcome.best_epoch)
        self.watched.best_epoch = outcome.best_epoch - plan.initial_epoch
        self._tell("on_train_end")
        if plan.scheduled:
            self.model.optimizer.learning_rate.assign(self.rate)
        return outcome

    def _tell(self, hook: str, *arguments: Any) -> None:
        for observer in self.observers:
            getattr(observer, hook)(*arguments)

    def _epoch(self, epoch: int) -> dict[str, Any]:
        plan = self.plan
        self.model.reset_metrics()
        n_rows = len(self.rows)
        order = self.rng.permutation(n_rows) if plan.shuffle else np.arange(n_rows)
        rates = self._rates(epoch - plan.initial_epoch)
        done = 0
        for part in self._chunks(order, plan.batch_size):
            steps = -(-len(part) // plan.batch_size)
            self.program.train(
                self.rows.dense(part),
                np.int32(plan.batch_size),
                rates[done : done + steps],
            )
            done += steps
            self._tell("on_steps", epoch - plan.initial_epoch, done)
        logs = self.program.figures()
        if self.validation is not None:
            logs |= self._validate(self.validation)
        return logs

    def _validate(self, rows: Rows) -> dict[str, float]:
        self.hooks.on_test_begin()
        self.model.reset_metrics()
        size = self.plan.validation_batch_size
        for part in self._chunks(np.arange(len(rows)), size):
            self.program.evaluate(rows.dense(part), np.int32(size))
        figures = self.program.figures()
        self.hooks.on_test_end(figures)
        return {f"val_{name}": value for name, value in figures.items()}

    def _chunks(self, order: np.ndarray, batch_size: int) -> list[np.ndarray]:
        """Cut an order of rows into parts of whole batches."""
        one = self.rows.dense(np.arange(1))
        row_bytes = sum(a.nbytes for a in keras.tree.flatten(one))
        batches = max(1, CHUNK_BYTES // (row_bytes * batch_size))
        size = batches * batch_size
        return [order[start : start + size] for start in range(0, len(order), size)]

    def _rates(self, epoch: int) -> np.ndarray:
        plan = self.plan
        per_epoch = -(-len(self.rows) // plan.batch_size)
        if not plan.scheduled:
            return np.zeros(per_epoch, np.float32)
        steps = np.arange(epoch * per_epoch, (epoch + 1) * per_epoch)
        factors = schedule.factors(
            plan.learning_rate_schedule,
            plan.warmup,
            steps,
            plan.n_steps(len(self.rows)),
        )
        return factors * np.float32(self.rate)

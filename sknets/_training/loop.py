"""Epochs, validation, early stopping and history: one loop for all networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from .._core.layers.base import Weights
from .._core.network import Network
from .._core.objectives import Objective
from .._optional import has_tensorflow, needs_tensorflow
from .._warnings import warn_user
from . import schedule
from .data import TrainingData
from .dense_trainer import DenseTrainer, fits_numpy, trains_in_numpy
from .history import History, n_epochs, record
from .monitor import Monitor
from .settings import Settings, Slots
from .text_trainer import TextTrainer


@dataclass
class Trained:
    """What training leaves: numpy arrays and plain values.

    `slots` is None where the training exploded: nobody should go on from those.
    """

    weights: Weights
    slots: Slots | None
    n_steps: int
    history: History
    n_epochs: int
    best_epoch: int
    exploded: bool = False


class Trainer(Protocol):
    """One way to run an epoch: arrays of features, or counts of tokens."""

    data: TrainingData
    """Rows in memory that `run_epoch` trains on."""

    report: Callable[[int], None] | None
    """What `run_epoch` tells how many of its steps are done, now and then."""

    def run_epoch(
        self, order: np.ndarray, learning_rates: np.ndarray, keys: np.ndarray
    ) -> tuple[float, float]:
        """Train on rows in this order; return summed loss and metric."""

    def read_weights(self) -> Weights: ...

    def write_weights(self, weights: Weights) -> None: ...

    def read_slots(self) -> Slots: ...

    def logits(self, data: TrainingData) -> np.ndarray: ...


class Observer(Protocol):
    """Whoever watches or steers the epochs; `control` reaches the training."""

    def on_train_begin(self, control: Control) -> None: ...

    def on_epoch_begin(self, epoch: int) -> None: ...

    def on_steps(self, epoch: int, n_done: int) -> None:
        """Look at an epoch in which so many steps are done."""

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> bool:
        """Return whether to stop."""

    def on_train_end(self) -> None: ...


class Scores(Protocol):
    """Further figures of an epoch, from weights and logits of the rows."""

    names: list[str]

    def __call__(
        self, weights: Weights, logits: Mapping[str, np.ndarray]
    ) -> dict[str, float]:
        """The figures; logits are under "" for training, "val_" for validation."""


@dataclass
class Control:
    """What observers may look at and change while training runs.

    `n_steps` is the number of steps before this run; `best_epoch`, counted from 1, is
    the epoch whose weights are to be kept, and `best_weights` are those: 0 and the
    first weights before there is one.
    """

    trainer: Trainer
    settings: Settings
    learning_rate: float
    steps_per_epoch: int
    best_weights: Weights
    n_steps: int = 0
    best_epoch: int = 0
    exploded: bool = False
    history: History = field(default_factory=dict)

    @property
    def n_epochs(self) -> int:
        """Number of epochs that this run has recorded."""
        return n_epochs(self.history)

    def keep_whole_epochs(self) -> None:
        """Forget the figures of an epoch that was interrupted while recorded."""
        n_whole = min(map(len, self.history.values()))
        self.history = {name: run[:n_whole] for name, run in self.history.items()}

    def trained(self) -> Trained:
        """What training leaves if it ends here, as copies."""
        return Trained(
            weights=self.trainer.read_weights(),
            slots=None if self.exploded else self.trainer.read_slots(),
            n_steps=self.n_steps + self.n_epochs * self.steps_per_epoch,
            history={name: list(values) for name, values in self.history.items()},
            n_epochs=self.n_epochs,
            best_epoch=self.best_epoch,
            exploded=self.exploded,
        )


@dataclass(frozen=True)
class _Run:
    """One training: where it stands, what it takes and who watches."""

    control: Control
    data: TrainingData
    validation: TrainingData | None
    scores: Scores | None
    observers: Sequence[Observer]
    rng: np.random.Generator


def train(
    network: Network,
    weights: Weights,
    data: TrainingData,
    settings: Settings,
    rng: np.random.Generator,
    *,
    validation: TrainingData | None = None,
    scores: Scores | None = None,
    observers: Sequence[Observer] = (),
    slots: Slots | None = None,
    n_steps: int = 0,
    is_trial: bool = False,
) -> Trained:
    """Train a network.

    Parameters
    ----------
    network : Network
    weights : list of ndarray
        First weights; they are not changed.
    data : TrainingData
    settings : Settings
    rng : numpy.random.Generator
        Decides the order of the rows and the dropout.
    validation : TrainingData, optional
        Rows whose loss and accuracy are recorded after each epoch, and monitored by
        early stopping. Without them it monitors the training rows.
    scores : Scores, optional
        What else is recorded after each epoch.
    observers : sequence of Observer
    slots, n_steps : optional
        Optimizer state, and the number of steps that made it, of an earlier run that
        this one continues.
    is_trial : bool
        Whether it only tells about another training. Else Ctrl-C ends training with
        the last whole epoch, if there is one, and a warning says where a loss or a
        weight became infinite or NaN.

    Returns
    -------
    Trained
    """
    if slots is None:
        slots = settings.optimizer.first_slots(weights)
    make = _kind_of_trainer(network, len(data), settings)
    trainer = make(network, weights, slots, data, settings, n_steps)
    per_epoch = -(-len(data) // settings.batch_size)
    rate = settings.optimizer.learning_rate
    control = Control(trainer, settings, rate, per_epoch, weights, n_steps)
    run = _Run(control, data, validation, scores, observers, rng)
    for observer in observers:
        observer.on_train_begin(control)
    try:
        ends_early = _run_epochs(run)
    except KeyboardInterrupt as interrupt:
        if is_trial:
            raise
        _warn_interrupted(control, interrupt)
        ends_early = True
    if control.exploded and not is_trial:
        warn_not_finite(control.n_epochs - 1, control.learning_rate)
    if settings.early_stopping or ends_early:
        trainer.write_weights(control.best_weights)
    for observer in observers:
        observer.on_train_end()
    return control.trained()


def _kind_of_trainer(
    network: Network, n_rows: int, settings: Settings
) -> Callable[..., Trainer]:
    """The trainer for a network and size; only what is needed is imported."""
    if network.takes_tokens:
        return TextTrainer
    if fits_numpy(network, n_rows, settings):
        return DenseTrainer
    if trains_in_numpy(network) and not has_tensorflow():  # slower, but the same
        return DenseTrainer
    with needs_tensorflow("Training a network of this kind or size"):
        from .tensorflow.trainer import TensorFlowTrainer

        return TensorFlowTrainer


def _run_epochs(run: _Run) -> bool:
    """Train to the end; return whether that is too early."""
    control, observers = run.control, run.observers
    trainer, settings = control.trainer, control.settings
    monitor = Monitor(settings, "" if run.validation is None else "val_")
    for epoch in range(settings.epochs):
        for observer in observers:
            observer.on_epoch_begin(epoch)
        logs, latest_weights = _run_epoch(run, epoch)
        if control.exploded:
            trainer.write_weights(control.best_weights)
        elif not settings.early_stopping or monitor.is_best(logs):
            control.best_epoch, control.best_weights = epoch + 1, latest_weights
        stops = [observer.on_epoch_end(epoch, logs) for observer in observers]
        if control.exploded:
            return True
        if observers and not settings.early_stopping:  # they may change the weights
            control.best_weights = trainer.read_weights()
        if (settings.early_stopping and monitor.is_exhausted) or any(stops):
            break
    return False


def _run_epoch(run: _Run, epoch: int) -> tuple[dict[str, float], Weights]:
    """Train and validate; record and return the logs, and the weights."""
    control = run.control
    logs = _train_epoch(run, epoch)
    weights = control.trainer.read_weights()
    control.exploded = not _all_finite(logs["loss"], *weights)
    logs |= _measured(run, weights)
    record(control.history, logs)
    return logs, weights


def _train_epoch(run: _Run, epoch: int) -> dict[str, float]:
    control, data, rng = run.control, run.data, run.rng
    settings, per_epoch = control.settings, control.steps_per_epoch
    factors = schedule.factors(
        settings.learning_rate_schedule,
        settings.warmup,
        np.arange(epoch * per_epoch, (epoch + 1) * per_epoch),
        settings.epochs * per_epoch,
    )
    order = data.order(rng, settings.shuffle)
    keys = rng.integers(2**32, size=per_epoch, dtype=np.uint32)
    rates = factors * np.float32(control.learning_rate)
    loss = correct = total = 0.0
    done = 0

    def report(n_steps: int) -> None:
        for observer in run.observers:
            observer.on_steps(epoch, done + n_steps)

    control.trainer.report = report if run.observers else None
    for rows, own_order in data.buffers(order, settings.batch_size):
        steps = slice(done, done - (-len(own_order) // settings.batch_size))
        control.trainer.data = rows
        sums = control.trainer.run_epoch(own_order, rates[steps], keys[steps])
        loss, correct = loss + sums[0], correct + sums[1]
        total += float(rows.row_weights.sum(dtype=np.float64))
        done = steps.stop
    return _named(data.objective, loss / total, correct / total)


def _measured(run: _Run, weights: Weights) -> dict[str, float]:
    """What is measured after an epoch; NaN where its weights are infinite or NaN."""
    data, validation, scores = run.data, run.validation, run.scores
    if run.control.exploded:
        unknown = _named(data.objective, np.nan, np.nan)
        names = [] if validation is None else list(_of_validation(unknown))
        return dict.fromkeys(names + (scores.names if scores else []), np.nan)
    measured: dict[str, float] = {}
    logits: dict[str, np.ndarray] = {}
    if validation is not None:
        z = logits["val_"] = run.control.trainer.logits(validation)
        values = data.objective.evaluate(z, validation.y, validation.w)
        measured |= _of_validation(_named(data.objective, *values))
    if scores is not None:
        logits[""] = run.control.trainer.logits(data)
        measured |= scores(weights, logits)
    return measured


def _named(objective: Objective, loss: float, metric: float) -> dict[str, float]:
    """Loss and metric under the names of `history_`."""
    named = {"loss": loss}
    return named if objective.metric is None else {**named, objective.metric: metric}


def _of_validation(logs: dict[str, float]) -> dict[str, float]:
    return {f"val_{name}": value for name, value in logs.items()}


def _all_finite(*values: Any) -> bool:
    # The loss is measured before a step, so that it tells nothing of the last one.
    return all(np.isfinite(value).all() for value in values)


def warn_not_finite(
    epoch: int, learning_rate: float, name: str = "learning_rate"
) -> None:
    """Warn of an explosion; `name` is the parameter that has the learning rate."""
    warn_user(
        f"The loss or a weight became infinite or NaN in epoch {epoch + 1}; training "
        "stopped, and the weights of the last good epoch, or with early_stopping of "
        "the best one, are kept. A smaller "
        f"{name} (now {learning_rate:g}), optimizer__clipnorm=1.0 or scaled "
        "features usually mend this.",
        ConvergenceWarning,
    )


def _warn_interrupted(control: Control, interrupt: KeyboardInterrupt) -> None:
    """Say what is kept; let the interrupt go on where nothing is, or none is wanted.

    A filter that makes the warning an error says that none is wanted.
    """
    if control.best_epoch == 0:
        raise interrupt
    control.keep_whole_epochs()
    try:
        warn_user(
            f"Training was interrupted after epoch {control.n_epochs} of "
            f"{control.settings.epochs}; the estimator is fitted, with the weights of "
            f"epoch {control.best_epoch}.",
            ConvergenceWarning,
        )
    except ConvergenceWarning:
        raise interrupt from None

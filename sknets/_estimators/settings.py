"""What the engine is told: settings from the parameters, where "auto" from the data."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import replace
from numbers import Integral, Real
from typing import Any

import numpy as np

from .._core.network import Shape
from .._sklearn import HasMethods, Hidden, Interval, Options, StrOptions
from .._training import schedule
from .._training.settings import Settings
from .held_out import AUTO_FRACTION
from .optimizer_params import OptimizerParams


def check_memory(shapes: Sequence[Shape], optimizer: Any) -> None:
    """Raise if weights of these shapes cannot be trained in this machine's memory.

    Parameters
    ----------
    shapes : list of tuple of int
    optimizer : Optimizer
    """
    n_weights = sum(math.prod(shape) for shape in shapes)
    # First and current weights, gradients, and what the optimizer keeps.
    n_copies = 3 + len(optimizer.rule.first_slots)
    needed, there = 4 * n_copies * n_weights, _memory()
    if needed <= there:
        return
    raise ValueError(
        f"The network would have {n_weights:.3g} weights: to train it takes about "
        f"{needed / 2**30:.3g} GB, and this machine has {there / 2**30:.3g} GB. Lower "
        "the width of its layers, or the number of features."
    )


def _memory() -> int:
    """Bytes of physical memory; 1 TB where the system does not say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # not on Windows
        return 2**40


# Of the parameters of training, for `_parameter_constraints`.
CONSTRAINTS: dict[str, list] = {
    "epochs": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
    "batch_size": [
        Interval(Integral, 1, None, closed="left"),
        StrOptions({"auto"}),
    ],
    "optimizer": [str, HasMethods("get_config")],
    "learning_rate": [
        Interval(Real, 0, None, closed="neither"),
        None,
        Hidden(HasMethods("get_config")),  # a schedule, refused with what to do instead
    ],
    "learning_rate_schedule": [StrOptions({"constant", "cosine", "one_cycle"})],
    "warmup": [Interval(Real, 0, 1, closed="left")],
    "weight_decay": [Interval(Real, 0, None, closed="left"), None],
    "l1": [Interval(Real, 0, None, closed="left")],
    "l2": [Interval(Real, 0, None, closed="left")],
    "shuffle": ["boolean"],
    "early_stopping": ["boolean"],
    "validation_fraction": [
        Interval(Real, 0, 1, closed="neither"),
        HasMethods(["split", "get_n_splits"]),
        StrOptions({"auto"}),
        None,
    ],
    "monitor": [str],
    "tol": [Interval(Real, 0, None, closed="left")],
    "patience": [
        Interval(Integral, 1, None, closed="left"),
        Options(Real, {np.inf}),
    ],
    "scoring": [str, callable, list, tuple, dict, None],
    "warm_start": ["boolean"],
    "callbacks": [list, tuple, None],
    "random_state": ["random_state"],
    "verbose": ["verbose"],
}


class TrainingSettings(OptimizerParams):
    """Mixin that settles the parameters of training for a number of rows."""

    epochs: Any
    batch_size: Any
    learning_rate_schedule: str
    warmup: float
    l1: float
    l2: float
    shuffle: bool
    early_stopping: bool
    validation_fraction: Any
    monitor: str
    tol: float
    patience: float

    # Of "auto": number of steps to aim at, fewest epochs, largest batch, fewest steps.
    _auto_steps, _auto_epochs, _auto_batch = 6000, 10, 256
    _least_steps = 600

    def _held_out_share(self) -> Any:
        """Which rows `fit` holds out where it is given none: a share or a splitter."""
        share = self.validation_fraction
        if isinstance(share, str | bytes):  # strings have a method `split`, too
            if share == "auto":
                return AUTO_FRACTION if self.early_stopping else None
            raise ValueError(
                "validation_fraction must be a number between 0 and 1, a "
                f"cross-validation splitter, 'auto' or None; got {share!r}."
            )
        return share

    def _check_monitor(self, known: list[str]) -> None:
        if self.monitor not in known:
            raise ValueError(
                f"monitor must be one of {known}, of which early_stopping takes that "
                "of the validation rows where there are some; got "
                f"{self.monitor!r}. Other scores are named in scoring."
            )

    def _label_smoothing(self, n_rows: int) -> float:
        """Share of each target that is spread over the classes; subclass: if any."""
        return 0.0

    def _settings(self, n_rows: int, one_pass: bool) -> Any:
        batch_size, epochs = self._auto_size(n_rows)
        settings = Settings(
            epochs=1 if one_pass else epochs,
            # Folds that differ by a row then still share a program.
            batch_size=min(batch_size, 1 << (n_rows - 1).bit_length()),
            optimizer=self._settled_optimizer(),
            learning_rate_schedule=(
                "constant" if one_pass else self.learning_rate_schedule
            ),
            warmup=0.0 if one_pass else self.warmup,
            label_smoothing=self._label_smoothing(n_rows),
            l1=float(self.l1),
            l2=float(self.l2),
            early_stopping=self.early_stopping and not one_pass,
            monitor=self.monitor,
            tol=self.tol,
            patience=self.patience,
            shuffle=self.shuffle,
        )
        if not self._is_auto("learning_rate"):
            return settings
        n_steps = settings.epochs * -(-n_rows // settings.batch_size)
        mean = schedule.mean_factor(
            settings.learning_rate_schedule, settings.warmup, n_steps
        )
        rate = settings.optimizer.learning_rate / mean
        return replace(
            settings, optimizer=replace(settings.optimizer, learning_rate=rate)
        )

    def _auto_size(self, n_rows: int) -> tuple[int, int]:
        """Batch size and epochs, following the number of rows where "auto"."""
        batch_size, epochs = self.batch_size, self.epochs
        if batch_size == "auto":
            batch_size = self._auto_batch_size(n_rows)
        if epochs == "auto":
            steps = -(-n_rows // batch_size)
            wanted = np.clip(round(self._auto_steps / steps), self._auto_epochs, 30)
            epochs = max(int(wanted), round(self._least_steps / steps))
        return batch_size, epochs

    def _auto_batch_size(self, n_rows: int) -> int:
        nearest = 2 ** round(np.log2(np.sqrt(n_rows)))
        return int(np.clip(nearest, 8, self._auto_batch))

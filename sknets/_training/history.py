"""What is recorded of each epoch: numbers under names, each a list of all epochs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

History = dict[str, list[float]]


def record(history: History, logs: Mapping[str, float]) -> None:
    """Add the numbers of an epoch; where others have one that it lacks, NaN."""
    _write(history, logs, n_epochs(history) + 1)


def record_more(history: History, logs: Mapping[str, Any]) -> None:
    """Record the numbers that callbacks have left in the logs of the latest epoch."""
    _write(history, numbers(logs), n_epochs(history))


def read(runs: Mapping[str, Sequence[Any]]) -> History:
    """The history that Keras has recorded, as one of numbers."""
    history: History = {}
    for values in zip(*runs.values(), strict=True):
        record(history, numbers(dict(zip(runs, values, strict=True))))
    return history


def n_epochs(history: History) -> int:
    """Number of epochs that are recorded."""
    return len(next(iter(history.values()), []))


def _write(history: History, logs: Mapping[str, float], n: int) -> None:
    for name, value in logs.items():
        run = history.setdefault(name, [])
        run[:] = [*_filled(run, n - 1), value]
    for run in history.values():
        run[:] = _filled(run, n)


def _filled(run: list[float], n: int) -> list[float]:
    """The first `n` numbers, with NaN for those that lack."""
    return run[:n] + [math.nan] * (n - len(run))


def numbers(logs: Mapping[str, Any]) -> dict[str, float]:
    """Those of logs, losses first; of a metric with several values each by itself."""
    found: dict[str, float] = {}
    for name in sorted(logs, key=_place):
        values = np.asarray(logs[name])
        if values.dtype.kind in "biuf":  # callbacks may add anything
            found |= scalars(name, values)
    return found


def _place(name: str) -> tuple[bool, bool]:
    return name.startswith("val_"), name not in ("loss", "val_loss")


def scalars(name: str, values: np.ndarray) -> dict[str, float]:
    """Value of a metric; those of one that has several with numbers at their names."""
    if values.size == 1:
        return {name: float(values.item())}
    flat = values.ravel().tolist()
    return {f"{name}_{number}": float(value) for number, value in enumerate(flat)}

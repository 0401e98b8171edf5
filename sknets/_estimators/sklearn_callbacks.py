"""scikit-learn's callbacks (1.9 and newer): one sub-task an epoch of `fit`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from numbers import Number
from typing import Any

import numpy as np

from .._sklearn import callback_context, num_samples, safe_indexing


def training_rows(given: dict[str, Any], rows: np.ndarray) -> dict[str, Any]:
    """Cut the caller's data to the rows trained on, but not before they are asked for.

    Scorers take X and y as the caller has them (labels, data frames, texts), without
    the rows that early stopping holds out.

    Parameters
    ----------
    given : dict
        X, y and sample_weight as given to `fit`.
    rows : ndarray of int

    Returns
    -------
    dict
        Each value a function that returns the rows, or None.
    """
    return {
        name: functools.cache(functools.partial(_cut, values, rows))
        for name, values in given.items()
    }


def _cut(values: Any, rows: np.ndarray) -> Any:
    if values is None or isinstance(values, Number):  # one weight for all
        return None
    if len(rows) == num_samples(values):
        return values
    # Not every sparse format has rows to take.
    return safe_indexing(values.tocsr() if hasattr(values, "tocsr") else values, rows)


class EpochTasks:
    """Tell scikit-learn's callbacks of each epoch of one `fit`.

    Parameters
    ----------
    estimator : estimator
        It must have callbacks, see `_sklearn.has_callbacks`.
    given : dict
        Functions that return X, y and sample_weight, see `training_rows`.
    n_epochs : int
    state : callable
        Takes what training has left so far and returns it as a dict of fitted
        attributes. Called only if a callback asks for the fitted estimator.
    task_name : str
    """

    def __init__(
        self,
        estimator: Any,
        given: dict[str, Callable[[], Any]],
        n_epochs: int,
        state: Callable[[Any], dict[str, Any]],
        task_name: str = "fit",
    ) -> None:
        self.data = {
            "estimator": estimator,
            "X": given["X"],
            "y": given["y"],
            "metadata": functools.partial(_metadata, given["sample_weight"]),
        }
        self.state = state
        self.root = callback_context(estimator, task_name, n_epochs)

    def on_train_begin(self, control: Any) -> None:
        self.control = control
        self.root.call_on_fit_task_begin(**self.data)

    def on_epoch_begin(self, epoch: int) -> None:
        self.task = self.root.subcontext(task_name="epoch")
        self.task.call_on_fit_task_begin(**self.data)

    def on_steps(self, epoch: int, n_done: int) -> None:
        """Callbacks see whole epochs."""

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> bool:
        return self._end(self.task)

    def on_train_end(self) -> None:
        self._end(self.root)

    def _end(self, task: Any) -> bool:
        """End a task; return whether a callback wants to stop."""
        return bool(
            task.call_on_fit_task_end(
                **self.data,
                reconstruction_attributes=lambda: self.state(self.control.trained()),
            )
        )


def _metadata(sample_weight: Callable[[], Any]) -> dict[str, Any] | None:
    """What scorers take beside X and y: weights if the caller gave some."""
    weights = sample_weight()
    return None if weights is None else {"sample_weight": weights}

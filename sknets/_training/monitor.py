"""Early stopping: which epoch is the best, and how long to wait for a better one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Protocol


class Monitored(Protocol):
    """Settings of early stopping."""

    @property
    def monitor(self) -> str: ...

    @property
    def tol(self) -> float: ...

    @property
    def patience(self) -> float: ...


class Monitor:
    """Follows one of the recorded figures from epoch to epoch.

    Patience counts from the last epoch that was better by more than `tol`, so that
    small steps count once they add up. The best epoch is the best all the same.

    Parameters
    ----------
    settings : Monitored
    prefix : {"", "val_"}
        Which rows the figure is of: the training or the validation rows.
    """

    def __init__(self, settings: Monitored, prefix: str) -> None:
        self._name = prefix + settings.monitor
        self._sign = 1 if settings.monitor == "loss" else -1  # of all others, more
        self._tol, self._patience = settings.tol, settings.patience
        self._best = self._reference = math.inf
        self._n_seen = self._n_waited = 0

    def is_best(self, logs: Mapping[str, float]) -> bool:
        """Take the figures of the next epoch; return whether it is the best so far."""
        value = self._sign * logs[self._name]
        self._n_seen += 1
        # A first value that is NaN is the best one until there is a number.
        best = value < self._best or self._n_seen == 1
        if best:
            self._best = value if not math.isnan(value) else math.inf
        if value < self._reference - self._tol or self._n_seen == 1:
            self._reference, self._n_waited = self._best, 0
        else:
            self._n_waited += 1
        return best

    @property
    def is_exhausted(self) -> bool:
        """Whether `patience` epochs have passed without a better one."""
        return self._n_waited >= self._patience

"""What the trainers are told, and the optimizer state that they hand on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._images.augment import Changes
from .optimizers import Optimizer

Slots = list[tuple[np.ndarray, ...]]
"""For each weight array, the arrays that the optimizer keeps of it."""


@dataclass(frozen=True)
class Settings:
    """How to train; see the parameters of the estimators.

    `l1` and `l2` times the sums of all kernels' absolute and squared values are part
    of the loss. `early_stopping` restores the weights of the epoch where `monitor` is
    best; `patience` counts epochs without one that is better by more than `tol`. With
    `relative_steps` an embedding learns in proportion to its first value, and all else
    at a small share of the rate. `augment` holds the random changes of images, or is
    None where there are none.
    """

    epochs: int
    batch_size: int
    optimizer: Optimizer
    learning_rate_schedule: str = "constant"
    warmup: float = 0.0
    label_smoothing: float = 0.0
    l1: float = 0.0
    l2: float = 0.0
    early_stopping: bool = False
    monitor: str = "loss"
    tol: float = 0.0
    patience: float = 10
    shuffle: bool = True
    relative_steps: bool = False
    augment: Changes | None = None

    @property
    def has_penalty(self) -> bool:
        return self.l1 > 0 or self.l2 > 0

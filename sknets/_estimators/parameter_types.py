"""Types of the parameters, for type checkers; `fit` checks the values themselves.

Names that others may be added to (activations, optimizers, poolings) are plain strings
here, so that each of those stands in its own place alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Protocol, TypeAlias, TypedDict

import numpy as np

Auto: TypeAlias = Literal["auto"]
Schedule: TypeAlias = Literal["constant", "cosine", "one_cycle"]
Weights: TypeAlias = dict[Any, Any]  # of labels
ClassWeight: TypeAlias = Weights | list[Weights] | Literal["balanced"] | None
Callbacks: TypeAlias = list[Any] | tuple[Any, ...] | None  # keras.callbacks.Callback
Scoring: TypeAlias = (
    str | Callable[..., float] | list[str] | tuple[str, ...] | dict[str, Any] | None
)
RandomState: TypeAlias = int | np.random.RandomState | None


class Splitter(Protocol):
    """A cross-validation splitter."""

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Any: ...


ValidationFraction: TypeAlias = float | Auto | Splitter | None


class KerasOptimizer(Protocol):
    """An instance of ``keras.optimizers.Optimizer``."""

    def get_config(self) -> dict[str, Any]: ...


class OptimizerSettings(TypedDict, total=False):
    """All settings of all optimizers, as the estimators take them."""

    optimizer__amsgrad: bool
    optimizer__beta_1: float
    optimizer__beta_2: float
    optimizer__centered: bool
    optimizer__clipnorm: float | None
    optimizer__clipvalue: float | None
    optimizer__epsilon: float
    optimizer__global_clipnorm: float | None
    optimizer__initial_accumulator_value: float
    optimizer__learning_rate: float | None
    optimizer__momentum: float
    optimizer__nesterov: bool
    optimizer__rho: float
    optimizer__weight_decay: float | None

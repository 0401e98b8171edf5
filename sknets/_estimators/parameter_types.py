"""Types of the parameters, for type checkers; `fit` checks the values themselves.

Names that others may be added to (activations, optimizers, poolings) are plain strings
here, so that each of those stands in its own place alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol, TypeAlias, TypedDict

import numpy as np

Auto: TypeAlias = Literal["auto"]
Schedule: TypeAlias = Literal["constant", "cosine", "one_cycle"]
Loss: TypeAlias = Literal[
    "squared_error", "absolute_error", "huber", "poisson", "quantile"
]
Weights: TypeAlias = dict[Any, Any]  # of labels
ClassWeight: TypeAlias = Weights | list[Weights] | Literal["balanced"] | None
Callbacks: TypeAlias = list[Any] | tuple[Any, ...] | None  # keras.callbacks.Callback
Scoring: TypeAlias = (
    str | Callable[..., float] | list[str] | tuple[str, ...] | dict[str, Any] | None
)
CategoricalFeatures: TypeAlias = (
    Literal["from_dtype"] | Sequence[bool] | Sequence[int] | Sequence[str] | None
)
RandomState: TypeAlias = int | np.random.RandomState | None


class Splitter(Protocol):
    """A cross-validation splitter."""

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Any: ...


ValidationFraction: TypeAlias = float | Auto | Splitter | None


class KerasOptimizer(Protocol):
    """An instance of ``keras.optimizers.Optimizer``."""

    def get_config(self) -> dict[str, Any]: ...


Optimizer: TypeAlias = str | KerasOptimizer | type[KerasOptimizer]


class OptimizerSettings(TypedDict, total=False):
    """All settings of all optimizers, as the estimators take them."""

    optimizer__adam_beta_1: float | None
    optimizer__adam_beta_2: float | None
    optimizer__adam_lr_ratio: float | None
    optimizer__amsgrad: bool | None
    optimizer__beta_1: float | None
    optimizer__beta_2: float | None
    optimizer__centered: bool | None
    optimizer__clipnorm: float | None
    optimizer__clipvalue: float | None
    optimizer__epsilon: float | None
    optimizer__global_clipnorm: float | None
    optimizer__initial_accumulator_value: float | None
    optimizer__learning_rate: float | None
    optimizer__momentum: float | None
    optimizer__nesterov: bool | None
    optimizer__rho: float | None
    optimizer__rms_rate: float | None
    optimizer__weight_decay: float | None


Analyzer: TypeAlias = (
    Literal["auto", "word", "char", "char_wb"]
    | tuple[str, ...]
    | list[str]
    | Callable[[str], Sequence[str]]
)

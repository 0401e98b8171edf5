"""What the checks of a loaded state are made of."""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Integral, Real
from typing import Any

import numpy as np


class StateError(ValueError):
    """The state of an estimator is none that fitting could have left."""


def require(condition: Any, message: str) -> None:
    if not condition:
        raise StateError(message)


def is_size(value: Any) -> bool:
    is_whole = isinstance(value, Integral) and type(value) is not bool
    return is_whole and int(value) >= 1


def is_count(value: Any) -> bool:
    return is_size(value) or (type(value) is int and value == 0)


def is_number(value: Any) -> bool:
    """Whether `value` is one finite number."""
    is_real = isinstance(value, Real) and type(value) is not bool
    return is_real and math.isfinite(value)


def is_tuple_of(check: Callable[[Any], bool], length: int) -> Callable[[Any], bool]:
    return lambda value: (
        isinstance(value, tuple) and len(value) == length and all(map(check, value))
    )


def require_dict(value: Any, keys: set[str], name: str) -> None:
    """Require a dict with just these keys."""
    found = sorted(map(str, value)) if isinstance(value, dict) else type(value).__name__
    require(
        isinstance(value, dict) and set(value) == keys,
        f"{name} must be a dict of {sorted(keys)}; got {found}",
    )


def require_array(
    value: Any, dtype: type, shape: tuple[int | None, ...], name: str
) -> None:
    """Require a finite array of this type and shape; None stands for any size."""
    if not isinstance(value, np.ndarray):
        raise StateError(f"{name} must be an array; got a {type(value).__name__}")
    require(
        value.dtype == dtype,
        f"{name} must have dtype {np.dtype(dtype)}; got {value.dtype}",
    )
    fits = value.ndim == len(shape) and all(
        wanted in (None, size) for wanted, size in zip(shape, value.shape, strict=True)
    )
    require(fits, f"{name} must have shape {shape}; got {value.shape}")
    require(
        value.dtype.kind != "f" or np.isfinite(value).all(),
        f"{name} has values that are not finite",
    )

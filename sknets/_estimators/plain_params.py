"""Parameters as numbers of Python, whatever type of number the caller has."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np


def plain_params(estimator: Any) -> dict[str, Any]:
    """Parameters of an estimator with Python's own numbers in them.

    `get_params` returns what was given; this is what training computes with.
    """
    params = estimator.get_params(deep=False)
    return {name: plain(value) for name, value in params.items()}


def plain(value: Any) -> Any:
    """A number, or numbers in lists, tuples, arrays and dicts; all else as it is."""
    match value:
        case bool():
            return value
        case Integral():
            return int(value)
        case Real():
            return float(value)
        case np.ndarray():
            return plain(value.tolist())
        case np.generic():
            return value.item()
    if type(value) is dict:
        return {key: plain(entry) for key, entry in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(plain, value))
    return value

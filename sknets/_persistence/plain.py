"""Values of a fitted state as JSON text and arrays, and back again.

JSON knows None, bool, int, float, str and lists; what else a state may contain becomes
an object with one key that says its kind. Arrays are not put into the text but beside
it, by number. Reading never runs code from a file: classes come from a table.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Arrays = list[np.ndarray]
Classes = Mapping[str, type]

# Kinds of NumPy types that are saved: truth values, numbers, text, times.
ARRAY_KINDS = "biufSUmM"

# Python's own limit of recursion is ten times as far away.
MAX_DEPTH = 50


def encode(value: Any, name: str, arrays: Arrays, classes: Classes) -> Any:
    """Return what `json.dumps` takes.

    Parameters
    ----------
    value : object
    name : str
        What the value is to the user, for the error.
    arrays : list of ndarray
        Gets the arrays and NumPy scalars that are in the value.
    classes : mapping of str to type
        Classes whose instances may be in the value.

    Raises
    ------
    TypeError
        For anything that is neither plain nor an array nor of one of the classes; it
        names the place in the value.
    """
    return _encode(value, (name,), arrays, classes)


def _encode(value: Any, place: tuple, arrays: Arrays, classes: Classes) -> Any:
    if len(place) > MAX_DEPTH:
        raise TypeError(f"{place[0]} is nested too deeply, or contains itself")

    def inner(part: Any, step: str) -> Any:
        return _encode(part, (*place, step), arrays, classes)

    kind = type(value)
    if value is None or kind in (bool, int, str):
        return value
    if kind is float:
        return value if math.isfinite(value) else {"float": repr(value)}
    if kind is bytes:
        return {"bytes": value.hex()}
    if kind is list:
        return [inner(part, f"[{i}]") for i, part in enumerate(value)]
    if kind is tuple:
        return {"tuple": [inner(part, f"[{i}]") for i, part in enumerate(value)]}
    if kind in (set, frozenset):  # sorted: the same set makes the same file
        parts = sorted(value, key=repr)
        return {kind.__name__: [inner(part, f"[{part!r:.40}]") for part in parts]}
    if kind is dict:
        pairs = value.items()
        return {"dict": [[inner(k, " keys"), inner(v, f"[{k!r}]")] for k, v in pairs]}
    if kind is slice:
        ends = [value.start, value.stop, value.step]
        return {"slice": [inner(end, " ends") for end in ends]}
    if isinstance(value, np.dtype):
        return {"dtype": _text_of(value, place)}
    if isinstance(value, np.generic | np.ndarray):
        return _encode_array(value, place, arrays, classes)
    if classes.get(kind.__name__) is kind:
        state = value.__getstate__() or {}
        return {kind.__name__: {k: inner(v, f".{k}") for k, v in state.items()}}
    raise TypeError(f"{''.join(place)} is an object of type {kind.__name__}")


def _encode_array(value: Any, place: tuple, arrays: Arrays, classes: Classes) -> dict:
    plain = isinstance(value, np.generic) or type(value) in (np.ndarray, np.memmap)
    if plain and value.dtype == object:
        items = [
            _encode(item, (*place, f"[{i}]"), arrays, classes)
            for i, item in enumerate(value.ravel().tolist())
        ]
        return {"objects": [list(value.shape), items]}
    if not plain or value.dtype.kind not in ARRAY_KINDS:
        raise TypeError(
            f"{''.join(place)} is a {type(value).__name__} of dtype {value.dtype}"
        )
    arrays.append(np.asarray(value))
    return {"scalar" if isinstance(value, np.generic) else "array": len(arrays) - 1}


def _text_of(dtype: np.dtype, place: tuple) -> str:
    if dtype.kind not in (*ARRAY_KINDS, "O"):
        raise TypeError(f"{''.join(place)} is the dtype {dtype}")
    return dtype.str


def _dtype(text: Any) -> np.dtype:
    dtype = np.dtype(text) if isinstance(text, str) else None
    if dtype is None or dtype.kind not in (*ARRAY_KINDS, "O"):
        raise ValueError(f"{text!r} is no type of an array")
    return dtype


class Decoder:
    """Turns back what `encode` returned, with the arrays that it put beside it."""

    def __init__(self, arrays: Arrays) -> None:
        self._arrays = dict(enumerate(arrays))

    def decode(self, value: Any, classes: Classes) -> Any:
        """Return the value that `encode` was given.

        Raises
        ------
        ValueError, TypeError, LookupError
            If `value` is not what `encode` returns for these arrays and classes.
        """

        def inner(part: Any) -> Any:
            return self.decode(part, classes)

        if isinstance(value, list):
            return [inner(part) for part in value]
        if not isinstance(value, dict):
            return value
        if len(value) != 1:
            raise ValueError(f"a value has the {len(value)} kinds {sorted(value)}")
        ((kind, content),) = value.items()
        if kind in classes:
            return _restore(classes[kind], {k: inner(v) for k, v in content.items()})
        return _KINDS[kind](content, inner, self._take)

    def _take(self, number: Any) -> np.ndarray:
        """Array with this number; each is in one place, so that none are shared."""
        if type(number) is not int or number not in self._arrays:
            raise LookupError(f"array {number!r} is absent, or there twice")
        return self._arrays.pop(number)

    def check_all_used(self) -> None:
        if self._arrays:
            raise ValueError(f"{len(self._arrays)} arrays belong to nothing")


def _restore(cls: type, state: dict[str, Any]) -> Any:
    instance: Any = object.__new__(cls)
    if hasattr(cls, "__setstate__"):
        instance.__setstate__(state)
    else:
        instance.__dict__.update(state)
    return instance


def _objects(content: list, inner: Callable, take: Callable) -> np.ndarray:
    shape, items = content
    array = np.empty(len(items), object)
    for i, item in enumerate(items):  # one by one: an item may itself be a sequence
        array[i] = inner(item)
    return array.reshape(shape)


_KINDS: dict[str, Callable[[Any, Callable, Callable], Any]] = {
    "float": lambda content, inner, take: float(content),
    "bytes": lambda content, inner, take: bytes.fromhex(content),
    "tuple": lambda content, inner, take: tuple(map(inner, content)),
    "set": lambda content, inner, take: set(map(inner, content)),
    "frozenset": lambda content, inner, take: frozenset(map(inner, content)),
    "dict": lambda content, inner, take: {inner(k): inner(v) for k, v in content},
    "array": lambda content, inner, take: take(content),
    "scalar": lambda content, inner, take: take(content)[()],
    "objects": _objects,
    "slice": lambda content, inner, take: slice(*map(inner, content)),
    "dtype": lambda content, inner, take: _dtype(content),
}

"""Parts that the user makes: an iterable of ``(X, y)`` or ``(X, y, sample_weight)``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .base import Part, Parts


class IterableParts(Parts):
    """An iterable that can be gone through again, in an order of its own.

    Where it has a length and items, these are chosen.
    """

    def __init__(self, parts: Any) -> None:
        self.parts = parts
        self.can_choose = _has_items(parts)
        self.n_parts = len(parts) if self.can_choose else None

    def _read(self, numbers: Sequence[int] | None) -> Iterator[tuple[int, Part]]:
        if self.can_choose:
            yield from super()._read(numbers)
            return
        for number, part in enumerate(self.parts):
            yield number, _checked(part, number)

    def read_one(self, number: int) -> Part:
        return _checked(self.parts[number], number)


def _has_items(X: Any) -> bool:
    return hasattr(X, "__getitem__") and hasattr(X, "__len__")


def _checked(part: Any, number: int) -> Part:
    if not isinstance(part, tuple | list) or len(part) not in (2, 3):
        raise ValueError(
            f"Part {number} of X must be a tuple (X, y) or (X, y, sample_weight), got "
            f"{type(part).__name__}."
        )
    return Part(*part)


def gives_parts(X: Any) -> bool:
    """Whether X, given without y, is an iterable of parts.

    Raises
    ------
    TypeError
        If it can be gone through but once.
    """
    if isinstance(X, str | bytes | dict | set) or hasattr(X, "__array__"):
        return False
    if hasattr(X, "shape") or hasattr(X, "columns"):
        return False
    if not (hasattr(X, "__iter__") or _has_items(X)):
        return False
    if hasattr(X, "__next__"):
        raise TypeError(
            f"X is an iterator ({type(X).__name__}), which can be gone through but "
            "once, and training goes through the parts in each epoch. Pass a list of "
            "parts, or an object whose __iter__ starts anew: class Parts: def "
            "__iter__(self): yield X, y for each part. With __len__ and __getitem__ in "
            "place of __iter__, parts are shuffled, too."
        )
    first: Any = X[0] if _has_items(X) and len(X) else next(iter(X), None)
    is_pair = isinstance(first, tuple) or (
        isinstance(first, list) and not isinstance(X, list | tuple)
    )
    return is_pair and len(first) in (2, 3) and hasattr(first[0], "__len__")

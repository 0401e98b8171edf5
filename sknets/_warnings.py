"""Warnings that point at the line of the user, however many calls lie between."""

from __future__ import annotations

import contextlib
import inspect
import warnings
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

Rename = Callable[[str], str]

_rename: ContextVar[Rename | None] = ContextVar("rename", default=None)

# Whose calls lie between: what warns, and what calls it for the user.
_BETWEEN = ("sknets", "sklearn", "joblib")


def warn_user(message: str | Warning, category: type[Warning] = UserWarning) -> None:
    """Warn, at the innermost line that is neither ours nor scikit-learn's.

    Parameters
    ----------
    message : str or Warning
        The latter has a category of its own.
    category : type, default=UserWarning
    """
    rename = _rename.get()
    if rename is not None and isinstance(message, str):
        message = rename(message)
    level, frame = 1, inspect.currentframe()
    while frame is not None and _package(frame) in _BETWEEN:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


@contextlib.contextmanager
def renamed(rename: Rename) -> Iterator[None]:
    """Let `rename` change the messages of warnings within a ``with`` block."""
    token = _rename.set(rename)
    try:
        yield
    finally:
        _rename.reset(token)


def _package(frame: Any) -> str:
    return str(frame.f_globals.get("__name__")).partition(".")[0]

"""Memory that is free, given back to the operating system."""

from __future__ import annotations

import ctypes
import functools
import sys
from collections.abc import Callable


def give_back() -> None:
    """Let the C library give back what it keeps of freed blocks, where it can.

    glibc keeps freed blocks of some megabytes in its heap, where later ones of other
    sizes do not fit: a process that works through many of them grows for ever.
    """
    trim = _trim()
    if trim is not None:
        trim(0)


@functools.cache
def _trim() -> Callable[[int], int] | None:
    """``malloc_trim`` of glibc; None of other C libraries."""
    if sys.platform != "linux":
        return None
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError):  # musl
        return None

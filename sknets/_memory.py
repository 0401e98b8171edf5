"""How the C library takes memory from the operating system."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import sys
from collections.abc import Callable, Iterator

from ._shared_context import SharedContext

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of malloc.h
_MAPPED_BYTES = 2**20
# Where glibc's own threshold ends up once larger blocks have been freed.
_USUAL_BYTES = 2**25
_SETTINGS = ("MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES")
# What Dask sets in its workers, and the threshold that glibc then never raises.
_TRIM_SETTING, _FIRST_BYTES = "MALLOC_TRIM_THRESHOLD_", 2**17
_KEPT_BYTES = 2**28


@contextlib.contextmanager
def large_blocks_mapped() -> Iterator[None]:
    """Let glibc take each block of a megabyte from the system, and give it back.

    By itself it takes blocks of up to 32 MB from its heap, once some have been freed,
    and keeps them there, where later ones of other sizes do not fit: a process that
    works through many grows for ever. Settings of the user are left alone, and so are
    other C libraries. The threshold is that of the whole process.
    """
    mallopt = _mallopt()
    if mallopt is None or any(name in os.environ for name in _SETTINGS):
        yield
        return
    mallopt(_M_MMAP_THRESHOLD, _MAPPED_BYTES)
    try:
        yield
    finally:
        mallopt(_M_MMAP_THRESHOLD, _USUAL_BYTES)


@contextlib.contextmanager
def _keeping_freed_blocks() -> Iterator[None]:
    """Let glibc keep freed blocks for the next ones of a task in a worker of Dask.

    Dask sets MALLOC_TRIM_THRESHOLD_ for its workers. glibc then takes every block of
    128 kB from the system and gives it back at once, and filling its pages with zeros
    takes as long as what is computed in them. Afterwards all is as Dask has set it.
    """
    mallopt = _mallopt()
    given = os.environ.get(_TRIM_SETTING, "")
    if not given.isdecimal() or mallopt is None or any(map(os.environ.get, _SETTINGS)):
        yield
        return
    mallopt(_M_MMAP_THRESHOLD, _USUAL_BYTES)
    mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
    try:
        yield
    finally:
        mallopt(_M_MMAP_THRESHOLD, _FIRST_BYTES)
        mallopt(_M_TRIM_THRESHOLD, int(given))


freed_blocks_kept = SharedContext(_keeping_freed_blocks)


@functools.cache
def _mallopt() -> Callable[[int, int], int] | None:
    """``mallopt`` of glibc; None of other C libraries."""
    if sys.platform != "linux":
        return None
    try:
        return ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):  # musl
        return None

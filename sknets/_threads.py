"""How many threads are ours, and work that is divided among them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from threading import RLock
from typing import Any, TypeVar

import joblib

Result = TypeVar("Result")
# Each needs memory for what it works on.
_MOST_THREADS = 8


def given_threads() -> int | None:
    """The number in OMP_NUM_THREADS, None without one.

    joblib and Dask tell their workers their share of the cores through it.
    """
    threads = os.environ.get("OMP_NUM_THREADS", "")
    return int(threads) if threads.isdecimal() and int(threads) > 0 else None


def mapped(function: Callable[..., Result], *columns: Iterable[Any]) -> list[Result]:
    """Call a function with each row of some columns, in all threads that are ours.

    It pays where numpy does nearly all of the work: it lets other threads run.

    Examples
    --------
    >>> from sknets._threads import mapped
    >>> mapped(pow, [2, 3], [10, 2])
    [1024, 9]
    """
    rows = list(zip(*columns, strict=True))
    n_threads = 1 if len(rows) < 2 else given_threads() or joblib.cpu_count()
    if n_threads == 1:
        return [function(*row) for row in rows]
    with ThreadPoolExecutor(min(n_threads, len(rows), _MOST_THREADS)) as pool:
        try:
            results = pool.map(lambda row: function(*row), rows)
        except RuntimeError:  # Python is ending, and starts no thread
            return [function(*row) for row in rows]
        return list(results)


class property_made_once(cached_property):
    """A `cached_property` that other threads wait for while one makes it.

    Examples
    --------
    >>> from sknets._threads import property_made_once
    >>> class Text:
    ...     @property_made_once
    ...     def words(self):
    ...         return ["good", "film"]
    >>> text = Text()
    >>> text.words is text.words
    True
    """

    def __init__(self, function: Callable[[Any], Any]) -> None:
        super().__init__(function)
        self._made = RLock()

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        with self._made:
            return super().__get__(instance, owner)

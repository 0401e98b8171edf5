"""Contexts that change what belongs to the whole process, from several threads."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager


class SharedContext:
    """Blocks that may overlap: the first one in enters, the last one out leaves.

    Two threads that each changed a setting and put back what they had found could
    leave the process with the change.

    Parameters
    ----------
    make : callable
        Returns the context manager that changes the process.

    Examples
    --------
    >>> import contextlib
    >>> from sknets._shared_context import SharedContext
    >>> @contextlib.contextmanager
    ... def told():
    ...     print("in")
    ...     yield
    ...     print("out")
    >>> shared = SharedContext(told)
    >>> with shared, shared:
    ...     print("within")
    in
    within
    out
    """

    def __init__(self, make: Callable[[], AbstractContextManager[None]]) -> None:
        self.make = make
        self.lock, self.n_inside = threading.Lock(), 0
        self.entered = contextlib.ExitStack()

    def __enter__(self) -> None:
        with self.lock:
            if self.n_inside == 0:
                self.entered.enter_context(self.make())
            self.n_inside += 1

    def __exit__(self, *error: object) -> None:
        with self.lock:
            self.n_inside -= 1
            if self.n_inside == 0:
                self.entered.close()

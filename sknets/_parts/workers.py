"""A function that the workers of a Dask cluster hold while parts are read.

As an argument of the tasks it would make any worker that has it as good a place for a
task as the one that has the rows, and Dask would send rows about.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator
from typing import Any, cast

from distributed import Client, WorkerPlugin, get_worker


@contextlib.contextmanager
def held_by_workers(client: Client, function: Callable) -> Iterator[Callable]:
    """Send a function to each worker once, to those that come later, too.

    What is given back takes its place in tasks, and is a few bytes.
    """
    name = f"sknets-{uuid.uuid4().hex}"
    try:
        client.register_plugin(_Holder(function), name)
    except Exception as error:
        error.add_note(
            "This was while the workers were sent what prepares parts of X. A function "
            "given as tokenizer, preprocessor or analyzer goes with it, so pickle must "
            "be able to copy it, without locks, open files and connections."
        )
        raise
    try:
        yield _Held(name)
    finally:
        if client.status == "running":
            client.unregister_worker_plugin(name)


class _Holder(WorkerPlugin):
    def __init__(self, function: Callable) -> None:
        self.function = function


class _Held:
    """Calls the function of this name that the worker holds."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, *values: Any) -> Any:
        holder = cast(_Holder, get_worker().plugins[self.name])
        return holder.function(*values)

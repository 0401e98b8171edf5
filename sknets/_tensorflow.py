"""TensorFlow and Keras, imported so that a user sees none of their log lines.

TensorFlow's own setting, TF_CPP_MIN_LOG_LEVEL, wins where a user has made it, and
errors are shown. Some lines come before TensorFlow looks at that setting; they are
taken out of what is written to standard error meanwhile.

joblib's workers are told that TensorFlow's memory is no leak (`_make_room_in_worker`).
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ._shared_context import SharedContext

_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
# Processes that this one starts see by it that the level is not their user's own.
_MARK = "SKNETS_TF_LOG_LEVEL"
_users_own = _LEVEL in os.environ and os.environ.get(_MARK) != os.environ[_LEVEL]
# Information and warnings of the C++ side, which numbers its processes, and the failed
# search for a GPU where there is none, or for its libraries before that.
_CHATTER = re.compile(
    rb"(WARNING: All log messages before absl|[IW]\d{4} .*\.(cc|h):\d+\])"
)
_NO_GPU = re.compile(
    rb"(E\d{4} |\d{4}-\d\d-\d\d [\d:.]+: E ).*"
    rb"(failed call to cuInit|Unable to register cu\w+ factory)"
)
_GPU_DRIVER = Path("/dev/nvidiactl")


@contextlib.contextmanager
def _without_chatter() -> Iterator[None]:
    if _users_own:
        yield
        return
    try:
        saved = os.dup(2)
    except OSError:  # there is no standard error
        yield
        return
    with tempfile.TemporaryFile() as written:
        if sys.stderr is not None:
            sys.stderr.flush()
        os.dup2(written.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            written.seek(0)
            for line in written:
                if not is_chatter(line):
                    os.write(2, line)


# Leaves TensorFlow's chatter out of standard error, which is that of the whole process.
quiet = SharedContext(_without_chatter)


def is_chatter(line: bytes) -> bool:
    """Whether a line on standard error tells a user nothing."""
    without_gpu = _NO_GPU.match(line) and not _GPU_DRIVER.exists()
    return bool(_CHATTER.match(line) or without_gpu)


# Bytes that stay in the process: importing TensorFlow takes 580 MB, its first compiled
# program 160 MB, and each of the few dozen programs that are kept some 16 MB.
_STAYS = 1_300_000_000
_WORKERS = ("joblib.externals.loky.process_executor", "loky.process_executor")


def _make_room_in_worker() -> None:
    """In a process that joblib started as a worker, allow for TensorFlow's memory.

    loky, joblib's backend, takes the memory of a worker after its first task for what
    it needs. It ends a worker that has 300 MB more after a later task, and warns of a
    leak. A worker that imports TensorFlow after its first task would be ended by that,
    and with it the import and all programs. Only the process of the worker reads this
    limit, so that the user's own is left as it is.
    """
    for name in _WORKERS:
        loky = sys.modules.get(name)
        if getattr(loky, "_CURRENT_DEPTH", 0) > 0:
            limit = getattr(loky, "_MAX_MEMORY_LEAK_SIZE", None)
            if limit is not None:
                loky._MAX_MEMORY_LEAK_SIZE = limit + _STAYS  # type: ignore[union-attr]


_CONTROL_FLOW = {"WhileBodyFuncGraph", "WhileCondFuncGraph", "CondBranchFuncGraph"}


@functools.cache
def start_xla() -> None:
    """Let XLA tell about itself now, where that is left out; once for a process."""
    with quiet:
        tf.function(lambda: tf.zeros([]), jit_compile=True)()


def dismantle(graph: Any) -> None:
    """Free a graph of TensorFlow that nothing runs any more.

    The loops and branches in it and it refer to each other, by objects into which
    Python's garbage collector does not see. Other functions in it may be anybody's.
    """
    from tensorflow.python.framework import func_graph

    inner = [function.graph for function in graph._functions.values()]
    func_graph.dismantle_func_graph(graph)
    graph.inputs = graph.outputs = []
    graph.structured_outputs = graph._function_captures = None
    for part in inner:
        if type(part).__name__ in _CONTROL_FLOW and part._function_captures:
            dismantle(part)


if not _users_own:
    os.environ[_LEVEL] = os.environ[_MARK] = "2"  # errors alone
with quiet:
    import keras
    import tensorflow as tf
_make_room_in_worker()

__all__ = ["dismantle", "keras", "quiet", "start_xla", "tf"]

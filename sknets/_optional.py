"""Packages that only a part of sknets needs."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def needs_tensorflow(what: str) -> Iterator[None]:
    """Say what an import of TensorFlow or Keras is for, where it fails."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"{what} needs TensorFlow, which is not installed ({error}). Install it "
            "with 'pip install tensorflow'; predicting does without.",
            name=error.name,
        ) from error


def has_tensorflow() -> bool:
    """Whether TensorFlow is installed."""
    return importlib.util.find_spec("tensorflow") is not None


_forked_after_tensorflow = False


def forked_after_tensorflow() -> bool:
    """Whether TensorFlow had run in the process that this one was forked from."""
    return _forked_after_tensorflow


def _note_fork() -> None:
    global _forked_after_tensorflow
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is None or _forked_after_tensorflow:
        return
    try:
        threading = tensorflow.config.threading
        n_threads = threading.get_intra_op_parallelism_threads()
        # TensorFlow refuses another number of threads once it has run.
        threading.set_intra_op_parallelism_threads(n_threads + 1)
        threading.set_intra_op_parallelism_threads(n_threads)
    except RuntimeError:
        _forked_after_tensorflow = True
    except AttributeError:  # in the middle of its import
        pass


if hasattr(os, "register_at_fork"):
    # Here, since nobody can tell later, and the first use may be the user's own.
    os.register_at_fork(after_in_child=_note_fork)

"""Random state of Python, NumPy, Keras and TensorFlow, set and then put back."""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf
from keras.src.backend.common import global_state

# The states are those of the whole process.
_lock = threading.RLock()


@contextlib.contextmanager
def seeded(seed: int | None) -> Iterator[None]:
    """Let all that draws at random draw from `seed`; afterwards all is as before.

    With None, nothing is done: Keras draws from Python's generator.
    """
    if seed is None:
        yield
        return
    with _lock:
        yield from _seeded(seed)


def _seeded(seed: int) -> Iterator[None]:
    python, legacy = random.getstate(), np.random.get_state()  # noqa: NPY002
    context, keras_state = _tensorflow_context(), _keras_state()
    of_context = (context._seed, context._rng) if context is not None else None
    try:
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        tf.random.set_seed(seed)
        _set_keras_state(None)
        yield
    finally:
        random.setstate(python)
        np.random.set_state(legacy)  # noqa: NPY002
        _set_keras_state(keras_state)
        if of_context is not None:
            context._seed, context._rng = of_context


def _tensorflow_context() -> Any:
    """Where TensorFlow keeps its seed, which has no public getter."""
    try:
        from tensorflow.python.eager import context

        found = context.context()
        return found if hasattr(found, "_rng") and hasattr(found, "_seed") else None
    except ImportError:
        return None


_KEY = "global_seed_generator"


def _keras_state() -> Any:
    """The generator that keras.random uses where no seed is given."""
    return global_state.get_global_attribute(_KEY)


def _set_keras_state(value: Any) -> None:
    global_state.set_global_attribute(_KEY, value)

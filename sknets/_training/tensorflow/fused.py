"""Parts of a training step that XLA compiles for all networks alike.

In a plain graph each operation passes over memory, and XLA makes one loop of many.
What it compiled stays in the process for good, a few MB a function, also when the
program that used it is gone. So nothing here depends on the shapes of a network: values
are computed in long vectors of few lengths, of which a program takes what it needs.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import tensorflow as tf

from ..._core.layers.base import Shape
from .augmentation import augmented
from .randomness import factors_at, key_of_stream

# Shortest vector; longer ones have eight lengths for each power of two.
MIN_LENGTH = 256


def traced(function: Callable[..., Any], *, by_xla: bool) -> Callable[..., Any]:
    """Compile a function when it is first called."""
    compiled = tf.function(function, jit_compile=by_xla, autograph=False)
    # TensorFlow counts by the line in the file, so that programs of networks that
    # differ seem to be one that is traced again and again.
    compiled._omit_frequent_tracing_warning = True
    return compiled


def padded_length(n: int) -> int:
    """Length of the vector for n values: at most an eighth longer."""
    step = 2 ** max(n.bit_length() - 4, 0)
    return max(-(-n // step) * step, MIN_LENGTH)


@cache
def augmentation(shape: Shape) -> Callable[..., Any]:
    """Compiled `augmented` for images of a shape."""
    return traced(partial(augmented, shape=shape), by_xla=True)


@cache
def _compiled_factors() -> Callable[..., Any]:
    return traced(factors_at, by_xla=True)


def dropout_factors(shape: Any, rate: Any, key: Any, stream: int) -> Any:
    """Compiled `sknets._training.tensorflow.randomness.dropout_factors`."""
    n = math.prod(shape)
    own_key = key_of_stream(key, stream)
    vector = _compiled_factors()((padded_length(n),), rate, own_key)
    return tf.reshape(vector[:n], shape)

"""Parts of a training step that XLA compiles for all networks alike.

In a plain graph each operation passes over memory, and XLA makes one loop of many.
What it compiled stays in the process for good, a few MB a function, also when the
program that used it is gone. So what is random depends on no shape of a network: values
are computed in long vectors of few lengths, of which a program takes what it needs.
Poolings do depend on it, and are compiled for long trainings alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import tensorflow as tf

from ..._core.layers.base import Shape
from ..._core.layers.convolution import max_pool_in_graph
from ..._tensorflow import start_xla
from .augmentation import augmented
from .randomness import factors_at, key_of_stream

# Shortest vector; longer ones have eight lengths for each power of two.
MIN_LENGTH = 256


def traced(function: Callable[..., Any], *, by_xla: bool) -> Callable[..., Any]:
    """Compile a function when it is first called."""
    if by_xla:
        start_xla()
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


def max_pool_of_long_training(x: Any, size: Shape) -> Any:
    """Maximum over windows, whose gradient is compiled.

    TensorFlow's own gradient finds the highest value of each window anew, one after the
    other, and takes a sixth of a training step.
    """

    @tf.custom_gradient
    def pooled(x: Any) -> Any:
        highest = max_pool_in_graph(tf, x, size)
        return highest, lambda d: _compiled_pool_gradient(size)(x, highest, d)

    return pooled(x)


@cache
def _compiled_pool_gradient(size: Shape) -> Callable[..., Any]:
    return traced(partial(max_pool_gradient, size=size), by_xla=True)


def max_pool_gradient(x: Any, highest: Any, d: Any, size: Shape) -> Any:
    """Gradient of the maximum over windows: it goes to the first highest value of each.

    Parameters
    ----------
    x : tensor of shape (n_rows, height, width, channels)
        Values.
    highest, d : tensors of shape (n_rows, n_windows_down, n_windows_across, channels)
        Maxima of the windows, and the gradient by those.
    size : pair of int
        Height and width of a window.

    Returns
    -------
    tensor of the shape of x
    """
    n_rows, height, width, channels = d.shape
    inside = x[:, : height * size[0], : width * size[1]]
    shape = (n_rows, height, size[0], width, size[1], channels)
    windows = tf.reshape(inside, shape)
    is_found = tf.zeros_like(d, tf.bool)
    lines = []
    for row in range(size[0]):
        line = []
        for column in range(size[1]):
            is_highest = windows[:, :, row, :, column] >= highest
            line.append(tf.where(is_highest & ~is_found, d, tf.zeros_like(d)))
            is_found |= is_highest
        lines.append(tf.stack(line, axis=3))
    gradient = tf.reshape(tf.stack(lines, axis=2), inside.shape)
    missing = [
        [0, full - part] for full, part in zip(x.shape, inside.shape, strict=True)
    ]
    return tf.pad(gradient, missing)

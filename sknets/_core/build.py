"""The three architectures: parameters of the estimators to chains of layers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np

from .layers import (
    BatchNorm,
    Conv,
    Dense,
    Dropout,
    EmbeddingPool,
    Flatten,
    Layer,
    MaxPool,
)
from .layers.base import Shape


def dense_layers(
    width: int | Sequence[int],
    dropout_rate: float | Sequence[float],
    activation: str,
    n_outputs: int,
    n_soft_steps: int = 0,
) -> list[Layer]:
    """Hidden layers of `width` units, dropout after each, then the logits.

    Before them, if `n_soft_steps` is not 0, that of :mod:`sknets._core.soft_steps`.
    """
    widths = _positive("width", as_tuple(width))
    rates = _per_layer(dropout_rate, len(widths), "hidden layers")
    network: list[Layer] = []
    if n_soft_steps:
        network.append(Dense(n_soft_steps, "tanh", trained=False))
    for units, rate in zip(widths, rates, strict=True):
        network += [Dense(units, activation), *_dropout_if(rate)]
    return [*network, Dense(n_outputs)]


# Share of the running mean and variance that a step keeps: a fit of a few hundred steps
# has to forget where they began.
NORM_MOMENTUM = 0.9
# Dropout before the output of a convolutional network, where it is "auto".
AUTO_DROPOUT = 0.5


# Filters of the blocks of a convolutional network, where they are "auto": as many of
# the last ones are taken as the size of images asks for.
FEW_ROWS_WIDTH = (16, 16, 16, 32, 64, 128)
MANY_ROWS_WIDTH = (16, 16, 16, 24, 64, 128, 128)
SIGNAL_WIDTH = (16, *FEW_ROWS_WIDTH)
# From so many rows on, images need not keep as much of where things are in them.
SOME_ROWS = 500
# Most lines and fewest values in each of what is a signal, not an image.
SIGNAL_LINES, SIGNAL_LENGTH = 7, 32


def is_signal(image_shape: Shape) -> bool:
    """Whether an image is one long line, or a few of them beside each other."""
    short, long = sorted(image_shape[:2])
    return short <= SIGNAL_LINES and long >= SIGNAL_LENGTH


def auto_width(image_shape: Shape, n_rows: int, *, is_deep: bool) -> Shape:
    """Filters of each block for images of a shape and a number of them.

    Few blocks leave large images, in which a few rows are told apart by where things
    are: three up to 63 pixels (in the mean of height and width), or to 127 for few
    rows, and one more for each doubling. A deep network halves images to four pixels;
    signals, in which a few rows may have the same thing anywhere, are halved to less
    than twelve values.
    """
    height, width, *_ = image_shape
    if is_deep:
        halvings = round(math.log2(max(height, width, 4))) - 1
        return _last(MANY_ROWS_WIDTH, max(halvings, 2))
    if is_signal(image_shape):
        return _last(SIGNAL_WIDTH, max(round(math.log2(max(height, width))) - 2, 3))
    side = math.sqrt(height * width) / (32 if n_rows >= SOME_ROWS else 64)
    return _last(FEW_ROWS_WIDTH, 3 + math.floor(math.log2(max(side, 1))))


def _last(widths: Shape, n_blocks: int) -> Shape:
    return widths[-min(n_blocks, len(widths)) :]


def cnn_layers(
    image_shape: Shape,
    width: int | Sequence[int | Sequence[int]],
    dropout_rate: float | Sequence[float] | str,
    activation: str,
    kernel_size: int | Sequence[int],
    padding: str,
    pool_last: bool,
    dense_width: int | Sequence[int],
    n_outputs: int,
    normalization: str | None = None,
) -> list[Layer]:
    """Blocks of convolutions and max-pooling, dense layers, then the logits.

    With `normalization` "batch", each convolution is normalised before its activation;
    with "pooled", the last one of a block behind its pooling.
    Kernels and pools shrink to the image where it is smaller than they are.
    """
    blocks = [_positive("width", as_tuple(block)) for block in as_tuple(width)]
    hidden = _positive("dense_width", as_tuple(dense_width))
    n_layers = len(blocks) + len(hidden)
    if isinstance(dropout_rate, str):  # "auto"
        last = (AUTO_DROPOUT,) if n_layers else ()
        dropout_rate = (0.0,) * (n_layers - 1) + last
    rates = _per_layer(dropout_rate, n_layers, "blocks and dense layers")
    kernel = _kernel(kernel_size)
    network: list[Layer] = []
    shape = image_shape

    def append(layer: Layer) -> None:
        nonlocal shape
        network.append(layer)
        shape = layer.output_shape(shape)

    for number, (filters, rate) in enumerate(zip(blocks, rates, strict=False), start=1):
        is_pooled = pool_last or number < len(blocks)
        for position, n_filters in enumerate(filters, start=1):
            convolution, *normalised = _convolution(
                n_filters, _fitting(kernel, shape), padding, activation, normalization
            )
            append(convolution)
            ends = is_pooled and position == len(filters)
            pool = [MaxPool(_fitting((2, 2), shape))] if ends else []
            is_behind = normalization == "pooled"
            for layer in [*pool, *normalised] if is_behind else [*normalised, *pool]:
                append(layer)
        network += _dropout_if(rate)
    network.append(Flatten())
    for units, rate in zip(hidden, rates[len(blocks) :], strict=True):
        network += [Dense(units, activation), *_dropout_if(rate)]
    return [*network, Dense(n_outputs)]


def _fitting(size: Shape, shape: Shape) -> Shape:
    """A kernel or pool, no larger than the image."""
    return (min(size[0], shape[0]), min(size[1], shape[1]))


def _convolution(
    n_filters: int,
    kernel: Shape,
    padding: str,
    activation: str,
    normalization: str | None,
) -> list[Layer]:
    if normalization is None:
        return [Conv(n_filters, kernel, padding, activation)]
    return [
        Conv(n_filters, kernel, padding, "linear"),
        BatchNorm(activation, momentum=NORM_MOMENTUM),
    ]


def text_layers(
    n_rows: int,
    width: int,
    dropout_rate: float | Sequence[float],
    activation: str,
    pooling: str,
    dense_width: int | Sequence[int],
    n_outputs: int,
) -> list[Layer]:
    """Embedding and pooling, dropout on the pooled vector, dense layers, the logits."""
    hidden = _positive("dense_width", as_tuple(dense_width))
    rates = _per_layer(dropout_rate, 1 + len(hidden), "pooled vector and dense layers")
    network = [EmbeddingPool(n_rows, width, pooling), *_dropout_if(rates[0])]
    for units, rate in zip(hidden, rates[1:], strict=True):
        network += [Dense(units, activation), *_dropout_if(rate)]
    return [*network, Dense(n_outputs)]


def as_tuple(value: Any) -> tuple:
    """Return a tuple of an int, a float or a sequence of them."""
    return tuple(value) if isinstance(value, Sequence | np.ndarray) else (value,)


def _positive(name: str, sizes: tuple) -> Shape:
    for size in sizes:
        if not isinstance(size, Integral) or size < 1:
            raise ValueError(
                f"{name} must consist of positive integers; got {size!r} in it."
            )
    return tuple(int(size) for size in sizes)


def _kernel(kernel_size: Any) -> Shape:
    sizes = _positive("kernel_size", as_tuple(kernel_size))
    if len(sizes) not in (1, 2):
        raise ValueError(
            f"kernel_size must be an int or a pair of them; got {kernel_size!r}."
        )
    return sizes * 2 if len(sizes) == 1 else sizes


def _dropout_if(rate: float) -> list[Layer]:
    # A rate of zero is no layer: the mask costs about 15 % of a dense step.
    return [Dropout(float(rate))] if rate > 0 else []


def _per_layer(rate: Any, n_layers: int, what: str) -> tuple:
    rates = as_tuple(rate)
    for value in rates:
        if not isinstance(value, Real) or not 0 <= float(value) < 1:
            raise ValueError(
                f"dropout must be at least 0 and less than 1; got {value!r}."
            )
    if not isinstance(rate, Sequence | np.ndarray):
        return rates * n_layers
    if len(rates) != n_layers:
        raise ValueError(
            f"dropout must be a float or have one entry for each of the {n_layers} "
            f"{what}; got {rate!r}, which has {len(rates)}."
        )
    return rates

"""Estimators whose parameters give a network that is there already."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from .._core.layers import (
    BatchNorm,
    Conv,
    Dense,
    Dropout,
    EmbeddingPool,
    Layer,
    MaxPool,
)
from .._core.layers.base import Shape
from .._core.network import Network
from .._core.scaling import type_range
from .._images.shapes import pixel_scale, settle_image_shape
from .._keras.reader import Reading, refuse
from .._texts.ngrams import NgramCounter
from .classifier import NeuralNetClassifier
from .cnn import SmallCNNClassifier
from .dense import DenseNetClassifier
from .text import TextPoolClassifier


def estimator(
    reading: Reading, sample_shape: Shape, dtype: np.dtype
) -> NeuralNetClassifier:
    """Return an estimator with this network, its parameters and its input.

    Parameters
    ----------
    reading : Reading
        Network, weights and input scaling.
    sample_shape : tuple of int
        Shape of one row as users pass it.
    dtype : numpy.dtype
        Type of the rows that the network was trained on.

    Raises
    ------
    ValueError
        If no parameters give this network, with the first layer that differs.
    """
    reading.network = _trained_but_for_soft_steps(reading.network)
    network = Network(tuple(reading.network), reading.input_shape)
    fitted: Any
    if network.takes_tokens:
        fitted = _text(reading)
    elif network.has_convolution:
        fitted = _cnn(reading, sample_shape, dtype)
    else:
        fitted = _dense(reading)
    _check_same(fitted, reading)
    fitted.network_, fitted.weights_ = network.stored(), reading.weights
    fitted.input_scaling_ = reading.scaling
    if isinstance(fitted, SmallCNNClassifier):
        scaled_by = fitted._scaled_by()
        fitted.set_params(input_scaling=scaled_by or fitted.input_scaling)
    return fitted


def _trained_but_for_soft_steps(layers: Sequence[Layer]) -> list[Layer]:
    """Layers of which only a first one of soft steps is not trained."""
    first, *others = layers
    is_steps = isinstance(first, Dense) and first.activation == "tanh" and others
    kept = [first] if is_steps else []
    return kept + [
        replace(layer, trained=True) if isinstance(layer, Dense) else layer
        for layer in layers[len(kept) :]
    ]


def _dense(reading: Reading) -> DenseNetClassifier:
    first = reading.network[0]
    has_steps = isinstance(first, Dense) and not first.trained
    width, rates = _widths(reading.network[has_steps:-1])
    learned = reading.scaling["clip"], *reading.scaling["scale"]
    input_scaling: Literal["standard", "robust"] | None = None
    if learned[0] is not None:
        input_scaling = "robust"
    elif learned != (None, 1.0):
        input_scaling = "standard"
    fitted = DenseNetClassifier(
        _single(width),
        _same_or_all(rates) or 0.0,
        activation=_activation(reading.network[has_steps:]),
        input_scaling=input_scaling,
    )
    kernel = reading.weights[0]
    fitted.n_soft_steps_ = kernel.shape[1] if has_steps else 0
    most = int(np.count_nonzero(kernel, axis=1).max())
    fitted.soft_steps_ = most if has_steps else None
    fitted.n_features_in_ = reading.input_shape[0]
    return fitted


def _cnn(reading: Reading, sample_shape: Shape, dtype: np.dtype) -> SmallCNNClassifier:
    layers = [layer.kind for layer in reading.network]
    first_dense = layers.index("flatten") if "flatten" in layers else len(layers)
    convolutional = reading.network[:first_dense]
    blocks, rates = _blocks(convolutional)
    dense_width, dense_rates = _widths(reading.network[first_dense:-1])
    convolutions: list[Any] = [
        layer for layer in convolutional if isinstance(layer, Conv)
    ]
    kernels = np.array([layer.kernel for layer in convolutions])
    shape = reading.input_shape
    fitted = SmallCNNClassifier(
        tuple(_single(block) for block in blocks),
        _same_or_all(rates + dense_rates),
        activation=_activation(reading.network),
        kernel_size=_same_or_all(kernels.max(axis=0).tolist()),
        padding=convolutions[0].padding,
        pool_last="max_pool" in layers[_last_index(layers, "conv") :],
        dense_width=dense_width,
        normalization=_normalization(layers),
        average_mirrored=reading.averages_mirrored or "auto",
        image_shape=_image_shape_parameter(sample_shape, shape),
    )
    height, width, n_channels = shape
    fitted.image_shape_ = height, width, n_channels
    fitted.n_features_in_ = math.prod(shape)
    fitted.average_mirrored_ = reading.averages_mirrored
    fitted.pixel_type_ = pixel_scale(dtype) or "any"
    fitted.pixel_range_ = type_range(dtype) or (-math.inf, math.inf)  # unknown
    return fitted


def _text(reading: Reading) -> TextPoolClassifier:
    first = reading.network[0]
    assert isinstance(first, EmbeddingPool)
    if first.rows < 2:
        refuse(reading.keras_layers[0], "it has no row but that of padding.")
    width, rates = _widths([Dense(0), *reading.network[1:-1]])
    fitted = TextPoolClassifier(
        first.width,
        _same_or_all(rates) or 0.0,
        pooling=first.pooling,
        dense_width=width[1:],
        activation=_activation(reading.network),
        ngram_range=(1, 1),
        min_df=1,
        binary=False,
        sublinear_tf=False,
        embedding_init="random",
    )
    # As the parameters have it, or training could not go on.
    fitted.counter_ = NgramCounter(token_pattern=fitted.token_pattern)
    fitted.counter_.fit([np.arange(1, first.rows)])
    # The counter has its own order of the token numbers.
    names = fitted.counter_.get_feature_names_out().astype(np.int64)
    reading.weights[0] = reading.weights[0][np.append(0, names)]
    return fitted


def _widths(layers: Sequence[Layer]) -> tuple[tuple, list[float]]:
    """Units of dense layers, and the dropout after each."""
    widths, rates = [], []
    for layer in layers:
        if isinstance(layer, Dense):
            widths.append(layer.units)
            rates.append(0.0)
        elif isinstance(layer, Dropout) and rates:
            rates[-1] = layer.rate
    return tuple(widths), rates


def _blocks(layers: Sequence[Layer]) -> tuple[list[tuple], list[float]]:
    """Filters of the convolutions between poolings, and the dropout of each block."""
    blocks: list[tuple] = []
    rates: list[float] = []
    closed = True
    for layer in layers:
        if isinstance(layer, Conv):
            if closed:
                blocks.append(())
                rates.append(0.0)
            blocks[-1] += (layer.filters,)
            closed = False
        elif isinstance(layer, MaxPool):
            closed = True
        elif isinstance(layer, Dropout) and rates:
            rates[-1] = layer.rate
    return blocks, rates


def _normalization(kinds: Sequence[str]) -> Literal["batch", "pooled"] | None:
    if "batch_norm" not in kinds:
        return None
    pairs = itertools.pairwise(kinds)
    return "pooled" if ("max_pool", "batch_norm") in pairs else "batch"


def _single(width: tuple) -> Any:
    return width[0] if len(width) == 1 else width


def _same_or_all(values: list) -> Any:
    """One value where all are equal, as a user would write it."""
    return values[0] if len(set(values)) == 1 else tuple(values)


def _last_index(names: list[str], name: str) -> int:
    return len(names) - 1 - names[::-1].index(name)


def _activation(network: Sequence[Layer]) -> str:
    layers = network[:-1]
    # A convolution that is normalised has its activation behind that.
    normalised = [layer for layer in layers if isinstance(layer, BatchNorm)]
    activations = [getattr(layer, "activation", None) for layer in normalised or layers]
    return next((name for name in activations if name is not None), "relu")


def _image_shape_parameter(sample_shape: Shape, image_shape: Shape) -> Shape | None:
    try:
        found = settle_image_shape(sample_shape, None, "last")
    except ValueError:
        return image_shape
    return None if found == image_shape else image_shape


def _check_same(fitted: NeuralNetClassifier, reading: Reading) -> None:
    """Raise for the first layer that the estimator would not have in its place."""
    expected = fitted._layers(len(reading.weights[-1]))
    name = type(fitted).__name__
    for position, owner in enumerate(reading.keras_layers):
        found = reading.network[position].stored()
        wanted = {"layer": "none"}
        if position < len(expected):
            wanted = expected[position].stored()
        if found["layer"] == wanted["layer"] == "batch_norm":
            # How fast running averages follow is no matter of predicting.
            wanted |= {"momentum": found["momentum"]}
        differing = {k: v for k, v in wanted.items() if v != found.get(k)}
        if differing or len(wanted) != len(found):
            refuse(owner, f"with the layers before it, {name} has {differing} here.")

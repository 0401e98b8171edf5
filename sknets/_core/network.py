"""A network as plain data: a list of layers, their shapes and first weights.

Training (:mod:`sknets.engine`), prediction (:mod:`sknets._core.forward`) and the Keras
model (:mod:`sknets.architectures`) all read the same list, so that there is one
definition of each network. A layer is a dict of plain values; it pickles, and a copy
of it without the dropout rates names the compiled program that trains it.

Weights are a flat list of arrays in the order of the layers, kernel before bias, in
the shapes that Keras uses.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np

Layer = dict[str, Any]
Shape = tuple[int, ...]
Weights = list[np.ndarray]

ACTIVATIONS = ("relu", "elu", "selu", "gelu", "silu", "tanh", "sigmoid", "linear")
POOLINGS = ("mean", "max", "mean_max")


def dense(units: int, activation: str = "linear") -> Layer:
    return {"layer": "dense", "units": units, "activation": activation}


def conv(filters: int, kernel: Shape, padding: str, activation: str) -> Layer:
    return {
        "layer": "conv",
        "filters": filters,
        "kernel": kernel,
        "padding": padding,
        "activation": activation,
    }


def max_pool(size: Shape) -> Layer:
    return {"layer": "max_pool", "size": size}


def dropout(rate: float) -> Layer:
    return {"layer": "dropout", "rate": float(rate)}


def flatten() -> Layer:
    return {"layer": "flatten"}


def embedding_pool(rows: int, width: int, pooling: str) -> Layer:
    """Embedding of token numbers, then pooling over the tokens of a text."""
    return {"layer": "embedding_pool", "rows": rows, "width": width, "pooling": pooling}


def output_shape(layer: Layer, shape: Shape) -> Shape:
    """Shape of one row after `layer`, where it entered with `shape`."""
    match layer["layer"]:
        case "dense":
            return (layer["units"],)
        case "conv":
            height, width = shape[:2]
            if layer["padding"] == "valid":
                height -= layer["kernel"][0] - 1
                width -= layer["kernel"][1] - 1
            return (height, width, layer["filters"])
        case "max_pool":
            size = layer["size"]
            return (shape[0] // size[0], shape[1] // size[1], shape[2])
        case "flatten":
            return (math.prod(shape),)
        case "embedding_pool":
            return (layer["width"] * (2 if layer["pooling"] == "mean_max" else 1),)
        case _:
            return shape


def weight_shapes(network: Sequence[Layer], input_shape: Shape) -> list[Shape]:
    """Shapes of all weights of the network, in order."""
    shapes: list[Shape] = []
    shape = input_shape
    for layer in network:
        match layer["layer"]:
            case "dense":
                shapes += [(shape[0], layer["units"]), (layer["units"],)]
            case "conv":
                filters = layer["filters"]
                shapes += [(*layer["kernel"], shape[2], filters), (filters,)]
            case "embedding_pool":
                shapes += [(layer["rows"], layer["width"])]
        shape = output_shape(layer, shape)
    return shapes


def initial_weights(
    network: Sequence[Layer], input_shape: Shape, rng: np.random.Generator
) -> Weights:
    """Draw first weights: kernels Glorot uniform [1]_, biases zero.

    Embeddings are uniform in +-0.05, as in Keras.

    References
    ----------
    .. [1] Glorot and Bengio, "Understanding the difficulty of training deep
       feedforward neural networks", AISTATS 2010.
    """
    weights: Weights = []
    for layer, shape in _weight_owners(network, input_shape):
        if len(shape) == 1:
            weights.append(np.zeros(shape, np.float32))
            continue
        if layer["layer"] == "embedding_pool":
            limit = 0.05
        else:
            receptive = math.prod(shape[:-2])
            limit = math.sqrt(6 / (receptive * (shape[-2] + shape[-1])))
        draw = rng.random(shape, np.float32)
        weights.append((draw * np.float32(2) - np.float32(1)) * np.float32(limit))
    return weights


def _weight_owners(network: Sequence[Layer], input_shape: Shape):
    owners = [
        layer for layer in network for _ in range(N_WEIGHTS.get(layer["layer"], 0))
    ]
    return zip(owners, weight_shapes(network, input_shape), strict=True)


N_WEIGHTS = {"dense": 2, "conv": 2, "embedding_pool": 1}
"""How many weight arrays a layer of each kind owns; the others own none."""


def dropout_rates(network: Sequence[Layer]) -> list[float]:
    """Rates of the dropout layers, in order."""
    return [layer["rate"] for layer in network if layer["layer"] == "dropout"]


def has_convolution(network: Sequence[Layer]) -> bool:
    return any(layer["layer"] == "conv" for layer in network)


def is_linear_text(network: Sequence[Layer]) -> bool:
    """Whether the logits are a mean over the tokens (dropout does not matter)."""
    kinds = [layer["layer"] for layer in network if layer["layer"] != "dropout"]
    return kinds == ["embedding_pool", "dense"] and network[0]["pooling"] == "mean"


def structure(network: Sequence[Layer]) -> tuple:
    """Return a hashable name of the network that leaves out the dropout rates."""
    return tuple(
        tuple((key, value) for key, value in layer.items() if key != "rate")
        for layer in network
    )


_INCREASING = {"relu", "elu", "selu", "tanh", "sigmoid", "linear"}


def pooled_early(network: Sequence[Layer]) -> list[Layer]:
    """Return an equal network whose convolutions pool before bias and activation.

    The maximum of an increasing function is the function of the maximum, and the
    bias is the same for all pixels: a quarter of the values then remain for both. A
    convolution that pools has the size of the pool under "pool".
    """
    layers: list[Layer] = []
    for layer in network:
        last = layers[-1] if layers else {}
        if (
            layer["layer"] == "max_pool"
            and last.get("layer") == "conv"
            and last["activation"] in _INCREASING
        ):
            layers[-1] = {**last, "pool": layer["size"]}
        else:
            layers.append(layer)
    return layers


def layer_table(network: Sequence[Layer], input_shape: Shape, name: str) -> str:
    """Table of the layers with their output shapes and numbers of parameters."""
    counts = iter([math.prod(shape) for shape in weight_shapes(network, input_shape)])
    rows = [("Layer", "Output shape", "Parameters")]
    shape, total = input_shape, 0
    for layer in network:
        shape = output_shape(layer, shape)
        n_own = sum(next(counts) for _ in range(N_WEIGHTS.get(layer["layer"], 0)))
        total += n_own
        rows.append(
            (_describe(layer), str(("n", *shape)).replace("'", ""), f"{n_own:,}")
        )
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:>{widths[2]}}"
        for row in rows
    ]
    rule = "-" * len(lines[0])
    return "\n".join(
        [name, rule, lines[0], rule, *lines[1:], rule, f"Total parameters: {total:,}"]
    )


def _describe(layer: Layer) -> str:
    match layer["layer"]:
        case "dense":
            return f"dense {layer['units']}, {layer['activation']}"
        case "conv":
            kernel = "x".join(map(str, layer["kernel"]))
            return (
                f"conv {kernel} {layer['padding']} {layer['filters']}, "
                f"{layer['activation']}"
            )
        case "max_pool":
            return f"max pool {'x'.join(map(str, layer['size']))}"
        case "dropout":
            return f"dropout {layer['rate']:g}"
        case "embedding_pool":
            return f"embedding {layer['width']}, {layer['pooling']} pooling"
        case kind:
            return kind


# --- The three architectures ---------------------------------------------------------


def dense_layers(
    width: int | Sequence[int],
    dropout_rate: float | Sequence[float],
    activation: str,
    n_outputs: int,
) -> list[Layer]:
    """Hidden layers of `width` units, dropout after each, then the logits."""
    widths = _positive("width", as_tuple(width))
    rates = _per_layer(dropout_rate, len(widths), "hidden layers")
    network: list[Layer] = []
    for units, rate in zip(widths, rates, strict=True):
        network += [dense(units, activation), *_dropout_if(rate)]
    return [*network, dense(n_outputs)]


# Dropout before the output of a convolutional network, where it is "auto".
AUTO_DROPOUT = 0.5


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
) -> list[Layer]:
    """Blocks of convolutions and max-pooling, dense layers, then the logits.

    Kernels and pools shrink to the image where it is smaller than they are.
    """
    blocks = [_positive("width", as_tuple(block)) for block in as_tuple(width)]
    hidden = _positive("dense_width", as_tuple(dense_width))
    n_layers = len(blocks) + len(hidden)
    if isinstance(dropout_rate, str):  # "auto"
        dropout_rate = (0.0,) * (n_layers - 1) + (AUTO_DROPOUT,)
    rates = _per_layer(dropout_rate, n_layers, "blocks and dense layers")
    kernel = _kernel(kernel_size)
    network: list[Layer] = []
    shape = image_shape

    def append(layer: Layer) -> None:
        nonlocal shape
        network.append(layer)
        shape = output_shape(layer, shape)

    for number, (filters, rate) in enumerate(zip(blocks, rates, strict=False), start=1):
        for n_filters in filters:
            fitted = (min(kernel[0], shape[0]), min(kernel[1], shape[1]))
            append(conv(n_filters, fitted, padding, activation))
        if pool_last or number < len(blocks):
            append(max_pool((min(2, shape[0]), min(2, shape[1]))))
        network += _dropout_if(rate)
    network.append(flatten())
    for units, rate in zip(hidden, rates[len(blocks) :], strict=True):
        network += [dense(units, activation), *_dropout_if(rate)]
    return [*network, dense(n_outputs)]


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
    network = [embedding_pool(n_rows, width, pooling), *_dropout_if(rates[0])]
    for units, rate in zip(hidden, rates[1:], strict=True):
        network += [dense(units, activation), *_dropout_if(rate)]
    return [*network, dense(n_outputs)]


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
    return [dropout(rate)] if rate > 0 else []


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

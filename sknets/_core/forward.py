"""The forward pass in numpy: what a fitted estimator needs to predict.

Nothing else of sknets is used while predicting but the layers and the input scaling.
TensorFlow is never imported, so that a prediction does not depend on what happens to be
installed or loaded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from scipy.special import erf, expit, log_expit

from .network import (
    N_WEIGHTS,
    Layer,
    Shape,
    Weights,
    has_convolution,
    output_shape,
    pooled_early,
)

# Bytes of the widest layer's values in one block of rows. The patches of a convolution
# are written and read once more, which costs 15 % where they leave the cache; in blocks
# of a quarter of this size the matrix products are too small to share between cores.
# Dense layers have no patches, and fewer and larger products are better for them.
CONVOLUTION_BYTES, DENSE_BYTES = 2**22, 2**23
MAX_BLOCK_ROWS = 8192
# A quarter of the largest float32: differences of logits are finite as well.
MAX_LOGIT = float(np.finfo(np.float32).max) / 4


def logits(
    network: Sequence[Layer],
    weights: Weights,
    rows: Callable[[slice], Any],
    n_rows: int,
    input_shape: Shape,
) -> np.ndarray:
    """Run the network over all rows, block by block.

    Parameters
    ----------
    network : list of layers
    weights : list of ndarray of float32
    rows : callable
        Returns the scaled input of a slice of rows: ndarray of shape
        ``(n, *input_shape)``, or a CSR matrix of token weights for a text network.
    n_rows : int
    input_shape : tuple of int
        Shape of one row.

    Returns
    -------
    ndarray of shape (n_rows, n_outputs), float32
    """
    size = 1 if n_rows == 1 else block_rows(network, input_shape)
    blocks = [
        _finite_logits(network, weights, rows(slice(start, start + size)))
        for start in range(0, n_rows, size)
    ]
    return blocks[0] if len(blocks) == 1 else np.concatenate(blocks)


def _finite_logits(
    network: Sequence[Layer], weights: Weights, values: Any
) -> np.ndarray:
    """Logits of one block; where float32 overflows, computed in float64 and cut."""
    with np.errstate(over="ignore", invalid="ignore"):
        out = forward(network, weights, values)
    fits = (np.abs(out) < MAX_LOGIT).all(axis=1)
    if fits.all():
        return out
    wide = [w.astype(np.float64) for w in weights]
    huge = values[~fits].astype(np.float64)
    out[~fits] = np.clip(forward(network, wide, huge), -MAX_LOGIT, MAX_LOGIT)
    return out


def block_rows(network: Sequence[Layer], input_shape: Shape) -> int:
    """How many rows to run at once, so that working memory stays small."""
    widest = max(values_per_row(network, input_shape))
    bytes_ = CONVOLUTION_BYTES if has_convolution(network) else DENSE_BYTES
    return max(1, min(MAX_BLOCK_ROWS, bytes_ // (4 * widest)))


def values_per_row(network: Sequence[Layer], shape: Shape) -> Iterator[int]:
    """Yield the number of values that each layer works on for one row."""
    yield 1
    for layer in network:
        out = output_shape(layer, shape)
        if layer["layer"] == "conv":
            yield out[0] * out[1] * math.prod(layer["kernel"]) * shape[2]
        elif layer["layer"] != "embedding_pool":
            yield math.prod(shape)
        yield math.prod(out)
        shape = out


def forward(network: Sequence[Layer], weights: Weights, values: Any) -> np.ndarray:
    """Logits of one block of rows; dropout does nothing here."""
    remaining = iter(weights)
    for layer in pooled_early(network):
        own = [next(remaining) for _ in range(N_WEIGHTS.get(layer["layer"], 0))]
        match layer["layer"]:
            case "dense":
                values = _dense(layer, own, values)
            case "conv":
                values = _conv(layer, own, values)
            case "max_pool":
                values = _max_pool(values, layer["size"])
            case "flatten":
                values = values.reshape(len(values), -1)
            case "embedding_pool":
                values = _embedding_pool(layer, own[0], values)
    return values


def _dense(layer: Layer, own: Weights, values: np.ndarray) -> np.ndarray:
    kernel, bias = own
    out = values @ kernel
    out += bias
    return ACTIVATIONS[layer["activation"]](out)


# --- Convolution ---------------------------------------------------------------------


def _conv(layer: Layer, own: Weights, images: np.ndarray) -> np.ndarray:
    """Convolution as a matrix of patches times the matrix of kernels."""
    kernel, bias = own
    if layer["padding"] == "same":
        images = _pad_same(images, kernel.shape[:2])
    patches = _patches(images, kernel.shape[:2])
    # One product of two matrices: of an array of four dimensions numpy makes a product
    # for each row of pixels, which takes two to five times as long.
    out = patches.reshape(-1, patches.shape[-1]) @ kernel.reshape(-1, kernel.shape[-1])
    out = out.reshape(*patches.shape[:3], -1)
    if "pool" in layer:
        out = _max_pool(out, layer["pool"])
    out += bias
    return ACTIVATIONS[layer["activation"]](out)


def _pad_same(images: np.ndarray, kernel: Shape) -> np.ndarray:
    """Zeros around the images, the odd one at the end, as TensorFlow has it."""
    before = [(k - 1) // 2 for k in kernel]
    n, height, width, channels = images.shape
    padded = np.zeros(
        (n, height + kernel[0] - 1, width + kernel[1] - 1, channels), images.dtype
    )
    padded[:, before[0] : before[0] + height, before[1] : before[1] + width] = images
    return padded


def _patches(images: np.ndarray, kernel: Shape) -> np.ndarray:
    """All patches: (n, out_height, out_width, kernel_height x kernel_width x channels).

    The pixels of one kernel row lie side by side in memory, so one copy moves
    ``kernel_width x channels`` values at a time.
    """
    images = np.ascontiguousarray(images)
    n, height, width, channels = images.shape
    out_height, out_width = height - kernel[0] + 1, width - kernel[1] + 1
    per_image, per_row, per_pixel, per_value = images.strides
    windows = as_strided(
        images,
        (n, out_height, out_width, kernel[0], kernel[1] * channels),
        (per_image, per_row, per_pixel, per_row, per_value),
        writeable=False,
    )
    return windows.reshape(n, out_height, out_width, -1)


def _max_pool(images: np.ndarray, size: Shape) -> np.ndarray:
    """Maximum over windows that do not overlap; an odd last row or column is left."""
    height = images.shape[1] // size[0] * size[0]
    width = images.shape[2] // size[1] * size[1]
    rows = images[:, 0 : height : size[0]]
    for i in range(1, size[0]):
        rows = np.maximum(rows, images[:, i : height : size[0]])
    out = rows[:, :, 0 : width : size[1]]
    for j in range(1, size[1]):
        out = np.maximum(out, rows[:, :, j : width : size[1]])
    return out if out.base is None else out.copy()


# --- Text ----------------------------------------------------------------------------


def _embedding_pool(layer: Layer, table: np.ndarray, tokens: Any) -> np.ndarray:
    """Pool the embeddings of each text's tokens; an empty text is all zeros."""
    parts = []
    if layer["pooling"] in ("mean", "mean_max"):
        total = np.asarray(tokens.sum(axis=1), np.float32).reshape(-1, 1)
        summed = np.asarray(tokens @ table, np.float32)
        parts.append(summed / np.where(total > 0, total, np.float32(1)))
    if layer["pooling"] in ("max", "mean_max"):
        parts.append(max_over_tokens(table, tokens))
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)


def max_over_tokens(table: np.ndarray, tokens: Any) -> np.ndarray:
    """Highest value of each text's tokens in each column; 0 for an empty text."""
    lengths = np.diff(tokens.indptr)
    out = np.zeros((len(lengths), table.shape[1]), np.float32)
    if tokens.nnz:
        starts = tokens.indptr[:-1][lengths > 0]
        out[lengths > 0] = np.maximum.reduceat(table[tokens.indices], starts, axis=0)
    return out


# --- Activations and probabilities ---------------------------------------------------


def _relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, np.float32(0), out=x)


def _elu(x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, np.expm1(np.minimum(x, np.float32(0))))


def _selu(x: np.ndarray) -> np.ndarray:
    # Constants of Klambauer et al., "Self-normalizing neural networks", 2017.
    alpha, scale = np.float32(1.6732632423543772), np.float32(1.0507009873554805)
    return scale * np.where(x > 0, x, alpha * np.expm1(np.minimum(x, np.float32(0))))


def _gelu(x: np.ndarray) -> np.ndarray:
    return np.float32(0.5) * x * (1 + erf(x * np.float32(math.sqrt(0.5))))


ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "relu": _relu,
    "elu": _elu,
    "selu": _selu,
    "gelu": _gelu,
    "silu": lambda x: x * expit(x),
    "tanh": np.tanh,
    "sigmoid": expit,
    "linear": lambda x: x,
}


def softmax(z: np.ndarray) -> np.ndarray:
    """Probabilities from logits of shape (n_rows, n_classes); rows sum to one."""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    e /= e.sum(axis=1, keepdims=True)
    return e


def sigmoid(z: np.ndarray) -> np.ndarray:
    """``1 / (1 + exp(-z))``, without overflow."""
    return expit(z)


def log_softmax(z: np.ndarray) -> np.ndarray:
    """Logarithm of `softmax`, exact for small probabilities."""
    shifted = z - z.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def log_sigmoid(z: np.ndarray) -> np.ndarray:
    """Logarithm of `sigmoid`, exact for small ones; 0 where that rounds to one."""
    return np.where(expit(z) == 1, np.float32(0), log_expit(z))

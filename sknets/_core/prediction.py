"""Logits of many rows in NumPy: what a fitted estimator needs to predict.

TensorFlow is never imported, so that a prediction does not depend on what happens to be
installed or loaded. Nor does it depend on the other rows: dense layers compute in
double precision, images are convolved one by one, and the logits are rounded at the
end.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .layers.base import Weights
from .network import Network, Workspaces

# Bytes of the widest layer's values in one block of rows. The patches of a convolution
# are written and read once more, which costs 15 % where they leave the cache; in blocks
# of a quarter of this size the matrix products are too small to share between cores.
# Products of dense layers gain nothing from a thousand rows on, while the scaled input,
# which is new memory for each block, would grow.
BLOCK_BYTES = 2**22
MAX_BLOCK_ROWS = 1024
# A quarter of the largest float32: differences of logits are finite as well.
MAX_LOGIT = float(np.finfo(np.float32).max) / 4


def logits(
    network: Network, weights: Weights, rows: Callable[[slice], Any], n_rows: int
) -> np.ndarray:
    """Run the network over all rows, block by block.

    Parameters
    ----------
    network : Network
    weights : list of ndarray of float32
    rows : callable
        Returns the scaled input of a slice of rows: ndarray of shape
        ``(n, *input_shape)`` or ``(n, n_features)``, or a CSR matrix of token weights
        for a text network.
    n_rows : int

    Returns
    -------
    ndarray of shape (n_rows, n_outputs), float32
    """
    prepared = network.prepared(weights)
    size = 1 if n_rows == 1 else block_rows(network)
    workspaces = network.workspaces() if n_rows > size else None
    out = np.empty((n_rows, network.n_outputs), np.float32)
    for start in range(0, n_rows, size):
        block = slice(start, start + size)
        values = rows(block)
        if not network.takes_tokens:
            values = values.reshape(len(values), *network.input_shape)
        out[block] = _finite_logits(network, prepared, values, workspaces)
    return out


def _finite_logits(
    network: Network, prepared: Weights, values: Any, workspaces: Workspaces | None
) -> np.ndarray:
    """Logits of one block; where float32 overflows, computed in float64 and cut."""
    with np.errstate(over="ignore", invalid="ignore"):
        out = network.predict(prepared, values, workspaces)
        if not (out.min() > -MAX_LOGIT and out.max() < MAX_LOGIT):  # or NaN
            fits = (np.abs(out) < MAX_LOGIT).all(axis=1)
            wide = [weight.astype(np.float64, copy=False) for weight in prepared]
            huge = network.predict(wide, values[~fits].astype(np.float64))
            out[~fits] = np.clip(huge, -MAX_LOGIT, MAX_LOGIT)
    return out


def block_rows(network: Network) -> int:
    """How many rows to run at once, so that working memory stays small."""
    widest = max(values_per_row(network))
    value_bytes = 4 if network.has_convolution else 8
    return max(1, min(MAX_BLOCK_ROWS, BLOCK_BYTES // (value_bytes * widest)))


def values_per_row(network: Network) -> Iterator[int]:
    """Yield the number of values that each layer works on for one row."""
    yield 1
    shapes = network.shapes()
    for layer, shape, out in zip(network.layers, shapes, shapes[1:], strict=False):
        yield layer.n_values(shape)
        yield math.prod(out)


def frozen(weights: Weights) -> Weights:
    """The arrays, which can no longer be written to.

    What is computed from them once, such as their copies in double precision, then
    stays right.
    """
    for weight in weights:
        weight.flags.writeable = False
    return weights

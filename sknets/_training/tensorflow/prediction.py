"""Logits of many rows by a compiled TensorFlow program."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from ..._core.layers.base import Weights
from ..._core.network import Network
from ..._core.objectives import Multiclass
from ..._core.scaling import Scaling
from ..data import TrainingData
from .program import prediction_program
from .runtime import prepare

# Rows in one call, for few and for many rows; a program is traced once for each. Large
# blocks are a fifth faster, and a waste where they are filled with a few rows.
SMALL_BLOCK, LARGE_BLOCK = 128, 1024


def compiled_logits(
    network: Network,
    weights: Weights,
    X: Any,
    index: np.ndarray,
    scaling: Scaling,
) -> np.ndarray:
    """Return the logits of the rows `index` of X, float32 of shape (n, n_outputs).

    The last block is filled up with other rows, so no number of rows retraces.
    """
    prepare()
    none = np.empty(len(index), np.int8)
    data = TrainingData(X, index, none, none, Multiclass(), scaling)
    program = prediction_program(network.structure, scaling["clip"])
    tensors = [tf.constant(w) for w in weights]
    shift, scale = map(tf.constant, data.remaining_scaling)
    size = LARGE_BLOCK if len(index) > LARGE_BLOCK // 2 else SMALL_BLOCK
    block: np.ndarray = np.zeros((size, data.n_features), data.dtype)
    parts = []
    for start in range(0, len(index), size):
        rows = data.rows(slice(start, start + size))
        block[: len(rows)] = rows
        logits = program(tensors, tf.constant(block), shift, scale).numpy()
        parts.append(logits[: len(rows)])
    return np.concatenate(parts)

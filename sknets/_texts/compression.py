"""Small embeddings: few rows of 8 bits, chosen by what they contribute."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from .._core.layers.base import Weights
from .._core.network import Network


def most_contributing(
    network: Network, weights: Weights, shares: sp.csr_array, n_kept: int
) -> np.ndarray:
    """Mask of the rows of the embedding that contribute most to the training texts.

    Row 0, the padding, is always kept. What a row contributes is its largest absolute
    value (on the logits, where they are linear) times the norm of its shares of the
    texts: what is dropped changes texts by different n-grams, whose squares add up.
    Their sum would prefer common words, and drop what decides for a rare label.
    """
    table = weights[0] @ weights[1] if network.is_linear_text else weights[0]
    squares = np.bincount(shares.indices, shares.data**2, minlength=len(table))
    contribution = np.abs(table).max(axis=1) * np.sqrt(squares)
    kept = np.ones(len(table), bool)
    kept[1 + np.argsort(-contribution[1:], kind="stable")[n_kept:]] = False
    return kept


def rounded(table: np.ndarray) -> tuple[np.ndarray, np.float32]:
    """Return the table in multiples of a step, -127 to 127, and the step."""
    step = np.float32(max(np.abs(table).max(initial=0) / 127, 1e-30))
    return np.rint(table / step).astype(np.int8), step


def line(found: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slope and shift of each output that bring logits nearest to others.

    Least squares over the rows, of shape (n_rows, n_outputs). Rows that are dropped
    would else take along what they share with those that are kept.
    """
    mean, wanted_mean = found.mean(axis=0), wanted.mean(axis=0)
    centred = found - mean
    variance = np.square(centred).sum(axis=0)
    covariance = (centred * (wanted - wanted_mean)).sum(axis=0)
    slope = np.where(variance > 0, covariance / np.where(variance > 0, variance, 1), 1)
    return slope, wanted_mean - slope * mean


def pack(state: dict[str, Any]) -> dict[str, Any]:
    """State of an estimator with a rounded embedding as 8-bit integers.

    Weights that somebody has put in their place may be none; they stay as they are.
    """
    step = state.get("embedding_step_")
    if step is None:
        return state
    table, *others = state["weights_"]
    small = np.clip(np.rint(table / step), -127, 127).astype(np.int8)
    if not np.array_equal(small * np.float32(step), table):
        return {name: state[name] for name in state if name != "embedding_step_"}
    return {**state, "weights_": [small, *others]}


def unpack(state: dict[str, Any]) -> dict[str, Any]:
    """State as it was before `pack`, to the bit."""
    step = state.get("embedding_step_")
    if step is None:
        return state
    table, *others = state["weights_"]
    return {**state, "weights_": [table * np.float32(step), *others]}

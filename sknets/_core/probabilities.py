"""Probabilities from logits, and their logarithms."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, log_expit


def softmax(z: np.ndarray) -> np.ndarray:
    """Probabilities from logits of shape (n_rows, n_classes); rows sum to one."""
    e = z - z.max(axis=1, keepdims=True)
    np.exp(e, out=e)
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

"""Loss and accuracy from logits, in numpy."""

from __future__ import annotations

import numpy as np
from scipy.special import log_expit, logsumexp


def loss_and_accuracy(
    logits: np.ndarray, y: np.ndarray, w: np.ndarray, kind: str
) -> tuple[float, float]:
    """Weighted mean cross-entropy and accuracy.

    Parameters
    ----------
    logits : ndarray of shape (n_rows, n_outputs)
    y : ndarray
        Class numbers of shape (n_rows,) for kind "multiclass"; 0 and 1 of shape
        (n_rows, n_outputs) otherwise.
    w : ndarray of the shape of y
        Weights.
    kind : {"multiclass", "binary", "multilabel"}
        A multilabel row is right if all its labels are.
    """
    z = logits.astype(np.float64)
    if kind == "multiclass":
        losses = logsumexp(z, axis=1) - np.take_along_axis(z, y[:, None], 1)[:, 0]
        right = z.argmax(axis=1) == y
        row_weights = w
        total_loss = (losses * w).sum()
    else:
        losses = -np.where(y > 0.5, log_expit(z), log_expit(-z))
        right = ((z > 0) == (y > 0.5)).all(axis=1)
        row_weights = w.mean(axis=1)
        total_loss = (losses * w).mean(axis=1).sum()
    total = row_weights.sum(dtype=np.float64)
    return float(total_loss / total), float((right * row_weights).sum() / total)

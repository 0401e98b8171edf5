"""The start of an embedding for numbers: ridge regression on the n-grams.

The mean of the embeddings of a text is linear in the shares that its n-grams have of
it, so that a regression on these shares is a network already, which has only to be
corrected. As in tf-idf, rare n-grams are weighted up: the same penalty then leaves them
more of what they say [1]_.

References
----------
.. [1] Sparck Jones, "A statistical interpretation of term specificity and its
   application in retrieval", Journal of Documentation 1972.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from .._core.layers.base import Weights

# Penalty of the squared coefficients, where rows have a length near one.
PENALTY = 1.0
MAX_ITERATIONS = 50


def first_weights(
    weights: Weights,
    tokens: sp.csr_array,
    y: np.ndarray,
    w: np.ndarray,
    *,
    is_linear: bool,
) -> Weights:
    """Put the coefficients into the embedding of `weights`.

    Where the output follows the mean directly (`is_linear`), its kernel is set to
    read the predictions back.

    Parameters
    ----------
    weights : list of ndarray
        Of the network as it would start else.
    tokens : csr_array of shape (n_texts, n_rows)
    y : ndarray of shape (n_texts, n_outputs)
    w : ndarray of shape (n_texts,)
        Weights of the texts.
    is_linear : bool
    """
    table, *others, kernel, bias = weights
    coefficients, intercept = fit(tokens, y, w)
    n_outputs = y.shape[1]
    table = np.zeros_like(table)
    table[:, :n_outputs] = coefficients
    if is_linear:
        kernel = np.eye(*kernel.shape, dtype=np.float32)
        bias = intercept
    return [table, *others, kernel, bias]


def fit(
    tokens: sp.csr_array, y: np.ndarray, w: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients of the shares of n-grams in a text, and intercepts, float32."""
    from scipy.sparse.linalg import lsqr

    shares = tokens.astype(np.float64)
    totals = np.asarray(shares.sum(axis=1)).ravel()
    shares.data /= np.repeat(np.where(totals > 0, totals, 1), np.diff(shares.indptr))
    n_texts = shares.shape[0]
    frequency = np.bincount(shares.indices, minlength=shares.shape[1])
    rarity = 1 + np.log((1 + n_texts) / (1 + frequency))
    shares.data *= rarity[shares.indices]
    length = np.sqrt(np.square(shares.data).sum() / n_texts) or 1.0
    shares.data /= length
    root = np.sqrt(w.astype(np.float64))
    mean = np.average(y.astype(np.float64), axis=0, weights=w)
    features = sp.hstack([shares, np.ones((n_texts, 1))], format="csr")
    features.data *= np.repeat(root, np.diff(features.indptr))
    solved = np.stack(
        [
            lsqr(
                features,
                root * column,
                damp=np.sqrt(PENALTY),
                iter_lim=MAX_ITERATIONS,
            )[0]
            for column in (y - mean).T
        ],
        axis=1,
    )
    coefficients = solved[:-1] * (rarity / length)[:, None]
    return (
        coefficients.astype(np.float32),
        (mean + solved[-1]).astype(np.float32),
    )

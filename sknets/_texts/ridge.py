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

import functools

import numpy as np
import scipy.sparse as sp

from .._core.layers.base import Weights

# Penalties of the squared coefficients, where rows have a length near one. Where y is
# clear from many n-grams the least is best, where it is mostly noise the greatest.
PENALTIES = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
MIDDLE = 3
# One of so many texts is held out to choose, of up to so many, if that makes enough.
HELD_OUT, MOST_TEXTS, LEAST_HELD_OUT = 5, 5000, 20
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
    features, factor = _features(_shares(tokens))
    penalty = _chosen_penalty(tokens, y, w)
    coefficients, intercept = _solve(features, y, w, penalty)
    coefficients *= factor[:, None]
    return coefficients.astype(np.float32), intercept.astype(np.float32)


def _shares(tokens: sp.csr_array) -> sp.csr_array:
    """Shares that n-grams have of their texts."""
    shares = tokens.astype(np.float64)
    totals = np.asarray(shares.sum(axis=1)).ravel()
    shares.data /= np.repeat(np.where(totals > 0, totals, 1), np.diff(shares.indptr))
    return shares


def _features(shares: sp.csr_array) -> tuple[sp.csr_array, np.ndarray]:
    """Shares weighted by rarity, rows of length one in the mean; factor of each."""
    n_texts = shares.shape[0]
    frequency = np.bincount(shares.indices, minlength=shares.shape[1])
    factor = 1 + np.log((1 + n_texts) / (1 + frequency))
    features = shares.copy()
    features.data *= factor[features.indices]
    length = np.sqrt(np.square(features.data).sum() / n_texts) or 1.0
    features.data /= length
    return features, factor / length


def _chosen_penalty(tokens: sp.csr_array, y: np.ndarray, w: np.ndarray) -> float:
    """The penalty that predicts some of the texts best from others.

    From that in the middle it goes down, or else up, as long as that is better.
    """
    drawn = np.random.default_rng(0).permutation(len(y))[:MOST_TEXTS]
    held_out, others = np.split(drawn, [len(drawn) // HELD_OUT])
    if len(held_out) < LEAST_HELD_OUT:
        return PENALTIES[MIDDLE]
    # As in `predict`, n-grams that are new have no share of their text.
    known = np.unique(tokens[others].indices)
    features, factor = _features(_shares(tokens[others][:, known]))
    shares = _shares(tokens[held_out][:, known])

    @functools.cache
    def error(place: int) -> float:
        coefficients, intercept = _solve(
            features, y[others], w[others], PENALTIES[place]
        )
        predicted = shares @ (coefficients * factor[:, None]) + intercept
        squares = np.square(predicted - y[held_out]).mean(axis=1)
        return float(np.average(squares, weights=w[held_out]))

    place = MIDDLE
    for step in (-1, 1):
        while 0 <= place + step < len(PENALTIES) and error(place + step) < error(place):
            place += step
    return PENALTIES[place]


def _solve(
    features: sp.csr_array, y: np.ndarray, w: np.ndarray, penalty: float
) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients of shape (n_ngrams, n_outputs), and intercepts."""
    from scipy.sparse.linalg import lsqr

    root = np.sqrt(w.astype(np.float64))
    mean = np.average(y.astype(np.float64), axis=0, weights=w)
    columns = sp.hstack([features, np.ones((len(y), 1))], format="csr")
    columns.data *= np.repeat(root, np.diff(columns.indptr))
    damp = np.sqrt(penalty)
    solved = [
        lsqr(columns, root * column, damp=damp, iter_lim=MAX_ITERATIONS)[0]
        for column in (y - mean).T
    ]
    coefficients = np.stack(solved, axis=1)
    return coefficients[:-1], mean + coefficients[-1]

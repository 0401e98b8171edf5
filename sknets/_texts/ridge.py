"""The start of an embedding for numbers: ridge regression on the n-grams.

A sum of the embeddings of a text is linear in the shares that its n-grams have of it,
so that a regression on these shares is a network already, which has only to be
corrected. As in tf-idf, rare n-grams are weighted up: the same penalty then leaves them
more of what they say [1]_. All penalties are solved in one Krylov space, that of the
products of the texts' rows [2]_, so that the choice of one costs little.

For classes it is half of the start where words and parts of words are counted, beside
naive Bayes: that takes each n-gram for itself, and counts several times what a word and
its parts say together.

References
----------
.. [1] Sparck Jones, "A statistical interpretation of term specificity and its
   application in retrieval", Journal of Documentation 1972.
.. [2] Frommer and Maass, "Fast CG-based methods for Tikhonov-Phillips regularization",
   SIAM Journal on Scientific Computing 1999.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from .._core.layers.base import Weights
from .._core.poolings import POOLINGS
from .naive_bayes import Texts, first_bias, likeliest_factors

# Penalties of the squared coefficients, where rows have a length near one. Where y is
# clear from many n-grams the least is best, where it is mostly noise the greatest.
PENALTIES = tuple(np.geomspace(0.03, 30, 13).tolist())
MIDDLE_PENALTY = 1.0
# One of so many texts is held out to choose, of up to so many, if that makes enough.
HELD_OUT, MOST_TEXTS, LEAST_HELD_OUT = 5, 5000, 20
# Texts of classes: fewer do not tell how large the logits may be, and more take longer
# than the rest of a fit.
LEAST_CLASS_TEXTS, MOST_CLASS_TEXTS = 500, 20_000
CLASS_PENALTY = 6.0
# Products of one class with each n-gram of each text: some seconds.
MOST_CLASS_PRODUCTS = 1e8
# Of the Krylov space, and the residual at which it is large enough.
MOST_DIRECTIONS, RESIDUAL = 50, 1e-2


class Choice(NamedTuple):
    """What predicts some of the texts best from the others."""

    pooling: str
    penalty: float


def chosen(
    tokens: sp.csr_array, y: np.ndarray, w: np.ndarray, poolings: Sequence[str]
) -> Choice:
    """Choose among some poolings, of the kind that is a sum, and all penalties.

    Parameters
    ----------
    tokens : csr_array of shape (n_texts, n_rows)
    y : ndarray of shape (n_texts, n_outputs)
    w : ndarray of shape (n_texts,)
        Weights of the texts.
    poolings : sequence of str
        The first one is taken where there are too few texts to choose.
    """
    drawn = np.random.default_rng(0).permutation(len(y))[:MOST_TEXTS]
    held_out, others = np.split(drawn, [len(drawn) // HELD_OUT])
    if len(held_out) < LEAST_HELD_OUT:
        return Choice(poolings[0], MIDDLE_PENALTY)
    # As in `predict`, n-grams that are new have no share of their text.
    known = np.unique(tokens[others].indices)
    train, test = tokens[others][:, known], tokens[held_out][:, known]
    errors = {}
    for name in poolings:
        solved = _solve(POOLINGS[name].shares(train), y[others], w[others], PENALTIES)
        shares = POOLINGS[name].shares(test)
        errors[name] = sum(
            w[held_out] @ np.square(shares @ coefficients + intercepts - y_[:, None])
            for coefficients, intercepts, y_ in zip(*solved, y[held_out].T, strict=True)
        )
    best = min(poolings, key=lambda name: errors[name].min())
    return Choice(best, PENALTIES[errors[best].argmin()])


def first_weights(
    weights: Weights,
    shares: sp.csr_array,
    y: np.ndarray,
    w: np.ndarray,
    penalty: float,
    *,
    is_linear: bool,
) -> Weights:
    """Put the coefficients into the embedding of `weights`.

    Where the output follows the sum directly (`is_linear`), its kernel is set to
    read the predictions back.

    Parameters
    ----------
    weights : list of ndarray
        Of the network as it would start else.
    shares : csr_array of shape (n_texts, n_rows)
        Of the pooling.
    y : ndarray of shape (n_texts, n_outputs)
    w : ndarray of shape (n_texts,)
        Weights of the texts.
    penalty : float
    is_linear : bool
    """
    table, *others, kernel, bias = weights
    coefficients, intercepts = fit(shares, y, w, penalty)
    table = np.zeros_like(table)
    table[:, : y.shape[1]] = coefficients.T
    if is_linear:
        kernel = np.eye(*kernel.shape, dtype=np.float32)
        bias = intercepts
    return [table, *others, kernel, bias]


def fit(
    shares: sp.csr_array,
    y: np.ndarray,
    w: np.ndarray,
    penalty: float,
    kinds: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients of each output and n-gram, and intercepts of the outputs.

    With `kinds`, the number of its kind for each n-gram, all kinds weigh the same.
    """
    coefficients, intercepts = _solve(shares, y, w, (penalty,), kinds)
    return coefficients[..., 0], intercepts[..., 0]


def cross_validated(
    shares: sp.csr_array, y: np.ndarray, w: np.ndarray, penalty: float
) -> tuple[np.ndarray, np.ndarray]:
    """Predictions of texts by regressions that were not fitted to them.

    Returns
    -------
    drawn : ndarray of int
        Numbers of the texts: all, some of many, none of fewer than there are parts.
    predictions : ndarray of shape (n_drawn, n_outputs)
    """
    drawn = np.random.default_rng(0).permutation(len(y))[:MOST_TEXTS]
    if len(drawn) < HELD_OUT:
        drawn = drawn[:0]
    predictions = np.empty((len(drawn), y.shape[1]), np.float32)
    for number in range(HELD_OUT if len(drawn) else 0):
        held_out = np.arange(len(drawn)) % HELD_OUT == number
        others = drawn[~held_out]
        coefficients, intercepts = fit(shares[others], y[others], w[others], penalty)
        predictions[held_out] = shares[drawn[held_out]] @ coefficients.T + intercepts
    return drawn, predictions


def suits_classes(texts: Texts) -> bool:
    """Whether `class_coefficients` are worth their time, and can be scaled."""
    products = texts.tokens.nnz * texts.targets.shape[1]
    return (
        LEAST_CLASS_TEXTS <= len(texts) <= MOST_CLASS_TEXTS
        and products <= MOST_CLASS_PRODUCTS
        and (texts.is_exclusive or texts.targets.shape[1] == 1)
    )


def class_coefficients(
    texts: Texts, held_out: np.ndarray, kinds: np.ndarray | None
) -> np.ndarray:
    """What each n-gram adds to the logits of the classes, for mean pooling.

    Regressions of the class indicators, times the factor that makes logits of texts
    that they were not fitted to likeliest: those numbered `held_out`.

    Returns
    -------
    ndarray of shape (n_rows, n_outputs), float32
    """
    shares = POOLINGS["mean"].shares(texts.tokens)

    def fitted(rows: np.ndarray) -> np.ndarray:
        targets, weights = texts.targets[rows], texts.weights[rows, 0]
        return fit(shares[rows], targets, weights, CLASS_PENALTY, kinds)[0].T

    everything = np.arange(len(texts))
    scores = shares[held_out] @ fitted(np.delete(everything, held_out))
    [factor] = likeliest_factors(scores[None], texts[held_out], first_bias(texts))
    return fitted(everything) * np.float32(max(factor, 0))


def _solve(
    shares: sp.csr_array,
    y: np.ndarray,
    w: np.ndarray,
    penalties: Sequence[float],
    kinds: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients for each output, n-gram and penalty; intercepts without n-gram."""
    features, factor = _features(shares, kinds)
    root = np.sqrt(w).astype(np.float32)
    weighted = w.any()  # else, as of texts of classes whose weight is 0, all is zero
    mean = np.average(y.astype(np.float64), axis=0, weights=w if weighted else None)
    ones = np.ones((len(y), 1), np.float32)
    rows = sp.hstack([features, ones], format="csr")
    rows.data *= np.repeat(root, np.diff(rows.indptr))
    solved = np.stack([_ridge(rows, root * y, penalties) for y in (y - mean).T])
    coefficients = solved[:, :-1] * factor[:, None]
    return coefficients, (mean[:, None] + solved[:, -1]).astype(np.float32)


def _features(
    shares: sp.csr_array, kinds: np.ndarray | None
) -> tuple[sp.csr_array, np.ndarray]:
    """Shares weighted by rarity, and the factor of each n-gram.

    Rows have the length one in the mean, of each kind.
    """
    n_texts = shares.shape[0]
    frequency = np.bincount(shares.indices, minlength=shares.shape[1])
    factor = 1 + np.log((1 + n_texts) / (1 + frequency))
    squares = np.square(shares.data * factor[shares.indices])
    if kinds is None:
        factor = factor / _root(squares.sum() / n_texts)
    else:
        by_kind = np.bincount(kinds[shares.indices], squares, minlength=kinds.max() + 1)
        factor = factor / _root(by_kind / n_texts)[kinds]
    data = (shares.data * factor[shares.indices]).astype(np.float32)
    features = sp.csr_array((data, shares.indices, shares.indptr), shares.shape)
    return features, factor.astype(np.float32)


def _root(mean_square: np.ndarray) -> np.ndarray:
    return np.where(mean_square > 0, np.sqrt(mean_square), 1.0)


def _ridge(
    rows: sp.csr_array, target: np.ndarray, penalties: Sequence[float]
) -> np.ndarray:
    """Coefficients of the columns of `rows`, one column of them for each penalty.

    They are sums of the rows, times ``(rows @ rows.T + penalty)^-1 @ target``. Lanczos'
    method finds a few directions in which these are, the same for all penalties.
    """
    length = np.linalg.norm(target)
    if length == 0:
        return np.zeros((rows.shape[1], len(penalties)), np.float32)
    directions = np.empty((MOST_DIRECTIONS, len(target)), np.float32)
    directions[0] = target / length
    products = np.zeros((MOST_DIRECTIONS, MOST_DIRECTIONS))  # tridiagonal
    for n in range(1, MOST_DIRECTIONS + 1):
        found = directions[:n]
        image = rows @ (rows.T @ found[-1])
        products[n - 1, n - 1] = found[-1] @ image
        for _ in range(2):  # rounding makes the first time not quite orthogonal
            image -= (found @ image) @ found
        beside = np.linalg.norm(image)
        values, vectors = np.linalg.eigh(products[:n, :n])
        parts = vectors @ (vectors[0][:, None] / np.add.outer(values, penalties))
        if beside * np.abs(parts[-1]).max() <= RESIDUAL or n == MOST_DIRECTIONS:
            break
        products[n - 1, n] = products[n, n - 1] = beside
        directions[n] = image / beside
    return rows.T @ (found.T @ (length * parts).astype(np.float32))

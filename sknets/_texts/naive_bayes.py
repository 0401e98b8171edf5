"""The start of an embedding: naive-Bayes log-count ratios of its n-grams.

How much more often an n-gram occurs in a class than elsewhere says most of what a
linear model will learn about it [1]_. A network that starts there has only to correct
it, and is trained after two or three epochs. Of many classes each has few texts, and
how rare an n-gram is in all the others says more than how frequent it is inside [2]_.
There, rare n-grams say more about a topic than frequent ones: each ratio is weighted by
the inverse document frequency. Of two classes it is not: rare n-grams are names, which
tell the films of training reviews and nothing of others.

References
----------
.. [1] Wang and Manning, "Baselines and bigrams: simple, good sentiment and topic
   classification", ACL 2012.
.. [2] Rennie, Shih, Teevan and Karger, "Tackling the poor assumptions of naive Bayes
   text classifiers", ICML 2003.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict

import numpy as np
import scipy.fft
import scipy.sparse as sp

from .._core.layers.base import Weights
from .._core.objectives import sigmoid, softmax

# Added to the counts, in both classes together per n-gram.
SMOOTHING = 8.0
# The network starts at this share of the naive-Bayes classifier of two classes: n-grams
# of a text depend on each other, and the rest is learnt faster than unlearnt.
SHARE = 0.5
# Texts and values that the slope is estimated from: it needs no more.
SLOPE_TEXTS, SLOPE_VALUES = 2000, 2**22


class ClassCounts(TypedDict):
    """Weighted counts of each n-gram inside and outside each class, and the slope.

    Two arrays of shape (n_rows, n_outputs), float32. With one output, for two
    classes, inside is the second class. `n_texts` is the weight of all texts; a file
    of version 0.1 does not have it.
    """

    inside: np.ndarray
    outside: np.ndarray
    slope: float
    n_texts: NotRequired[float]


@dataclass
class Texts:
    """Counts of n-grams with targets and loss weights, one column an output."""

    tokens: sp.csr_array
    targets: np.ndarray
    weights: np.ndarray
    is_exclusive: bool

    def __getitem__(self, rows: np.ndarray) -> Texts:
        return Texts(
            self.tokens[rows], self.targets[rows], self.weights[rows], self.is_exclusive
        )

    def __len__(self) -> int:
        return len(self.targets)


def texts_with_targets(data: Any, n_outputs: int) -> Texts:
    """The texts of `data`, a TrainingData."""
    targets = data.y
    if data.objective.is_exclusive:
        targets = np.eye(n_outputs, dtype=np.float32)[targets]
    weights = data.w if data.w.ndim == 2 else data.w[:, None]
    weights = np.broadcast_to(weights, targets.shape)
    return Texts(data.X[data.index], targets, weights, data.objective.is_exclusive)


def count(
    texts: Texts,
    rng: np.random.Generator,
    before: ClassCounts | None = None,
    parts: Iterable[Texts] | None = None,
) -> ClassCounts:
    """Count the n-grams by class, and estimate the slope on texts that `rng` draws.

    With the counts `before` of earlier texts, the sum of both; the slope then is a
    running mean. With `parts`, the texts in these are counted, of which `texts` are
    but a sample.
    """
    inside: Any = np.float32(0)
    outside: Any = np.float32(0)
    n_texts = 0.0
    for part in parts or [texts]:
        inside = inside + part.tokens.T @ (part.targets * part.weights)
        outside = outside + part.tokens.T @ ((1 - part.targets) * part.weights)
        n_texts += float(part.weights[:, 0].sum())
    if before is not None:
        n_texts += _n_texts(before)
        inside, outside = inside + before["inside"], outside + before["outside"]
    counts = ClassCounts(inside=inside, outside=outside, slope=1.0, n_texts=n_texts)
    n_values = max(1.0, texts.tokens.nnz / len(texts) * texts.targets.shape[1])
    n_drawn = int(min(SLOPE_TEXTS, max(200, SLOPE_VALUES / n_values)))
    chosen = rng.permutation(len(texts))[:n_drawn]
    slope = _slope(counts, texts[chosen], first_bias(texts))
    if before is not None:
        slope = 0.9 * before["slope"] + 0.1 * slope
    return ClassCounts(inside=inside, outside=outside, slope=slope, n_texts=n_texts)


def first_weights(
    weights: Weights, counts: ClassCounts, texts: Texts, *, is_linear: bool
) -> Weights:
    """Put the ratios into the embedding of `weights`, the frequencies into its bias.

    Where the output follows the mean directly (`is_linear`), its kernel is set to
    read the ratios back.
    """
    table, *others, kernel, bias = weights
    table = ratios_as_embedding(counts, table.shape[1], texts.is_exclusive)
    bias = first_bias(texts)
    if is_linear:
        kernel = _directions(kernel.shape[1], kernel.shape[0]).T.copy()
    return [table, *others, kernel, bias]


def ratios_as_embedding(
    counts: ClassCounts, width: int, is_exclusive: bool
) -> np.ndarray:
    """Calibrated log-count ratios of each n-gram, of shape (n_rows, width)."""
    inside, outside = counts["inside"], counts["outside"]
    ratio = _log_ratio(
        inside, outside, inside.sum(axis=0), outside.sum(axis=0), is_exclusive
    )
    share = 1.0 if is_exclusive else SHARE
    ratio *= (
        np.float32(share * counts["slope"]) * _rarity(counts, is_exclusive)[:, None]
    )
    if ratio.shape[1] != width:
        ratio = ratio @ _directions(ratio.shape[1], width)
    return ratio.astype(np.float32, copy=False)


def updated(
    table: np.ndarray, before: ClassCounts, now: ClassCounts, is_exclusive: bool
) -> np.ndarray:
    """The embedding as it would be, had training started from the counts of now.

    What was learnt is kept as a factor of each value.
    """
    old, new = (
        ratios_as_embedding(c, table.shape[1], is_exclusive) for c in (before, now)
    )
    factor = np.divide(table, old, out=np.ones_like(table), where=old != 0)
    return new * factor


def restricted(counts: ClassCounts, kept: np.ndarray) -> ClassCounts:
    """The counts of some n-grams, a mask."""
    return ClassCounts(
        inside=counts["inside"][kept],
        outside=counts["outside"][kept],
        slope=counts["slope"],
        n_texts=_n_texts(counts),
    )


def _directions(n: int, width: int) -> np.ndarray:
    """Orthonormal rows of shape (n, width), all of whose columns differ."""
    if n == width:
        return np.eye(n, dtype=np.float32)
    return scipy.fft.dct(np.eye(width), norm="ortho", axis=0)[:n].astype(np.float32)


def first_bias(texts: Texts) -> np.ndarray:
    """Logits of the class frequencies."""
    inside = (texts.targets * texts.weights).sum(axis=0) + 1
    outside = ((1 - texts.targets) * texts.weights).sum(axis=0) + 1
    odds = inside / (inside.sum() if texts.is_exclusive else outside)
    return np.log(odds).astype(np.float32)


def _log_ratio(
    inside: Any, outside: Any, n_inside: Any, n_outside: Any, is_exclusive: bool
) -> Any:
    """log(P(n-gram inside) / P(n-gram outside)); 0 for an n-gram without counts.

    Of several classes, log(P(n-gram) / P(n-gram outside)), which the few counts
    inside one class do not make unsteady.
    """
    share = (n_inside + 1) / (n_inside + n_outside + 2)
    smooth_in, smooth_out = SMOOTHING * share, SMOOTHING * (1 - share)
    numerator = inside + smooth_in
    expected = smooth_in / smooth_out
    if is_exclusive:
        numerator = numerator + (outside + smooth_out)
        expected = 1 / (1 - share)
    return np.log(numerator / (outside + smooth_out)) - np.log(expected)


def _rarity(counts: ClassCounts, is_exclusive: bool) -> np.ndarray:
    """Inverse document frequency of each n-gram, as scikit-learn has it, or ones."""
    n_texts = _n_texts(counts)
    if not is_exclusive:
        return np.ones(len(counts["inside"]), np.float32)
    frequency = counts["inside"][:, 0] + counts["outside"][:, 0]
    return 1 + np.log((1 + n_texts) / (1 + np.minimum(frequency, n_texts)))


def _n_texts(counts: ClassCounts) -> float:
    frequency = counts["inside"][:, 0] + counts["outside"][:, 0]
    return counts.get("n_texts", float(frequency.max(initial=0)))


def _slope(counts: ClassCounts, texts: Texts, bias: np.ndarray) -> float:
    """Factor that makes mean ratios of a text into logits, by logistic regression.

    It is at most what naive Bayes has, which sums the ratios: the number of n-grams in
    a text.
    """
    scores = scores_without_themselves(counts, texts)
    longest = max(1.0, texts.tokens.sum() / len(texts))
    return float(np.clip(_best_factor(scores, texts, bias), 0.5, longest))


def scores_without_themselves(counts: ClassCounts, texts: Texts) -> np.ndarray:
    """Mean ratio of each text as if it were new: from the counts of all the others.

    An n-gram that no other text has is unknown then, and has no part in the mean.
    """
    tokens = texts.tokens
    text_of = np.repeat(np.arange(len(texts)), np.diff(tokens.indptr))
    own_total = np.asarray(tokens.sum(axis=1)).ravel()[text_of]
    rarity = _rarity(counts, texts.is_exclusive)[tokens.indices]
    scores = np.zeros(texts.targets.shape, np.float32)
    for k in range(texts.targets.shape[1]):
        inside, outside = counts["inside"][:, k], counts["outside"][:, k]
        weight = texts.weights[text_of, k]
        weight_in = weight * (texts.targets[text_of, k] == 1)
        weight_out = weight - weight_in
        own = tokens.data
        others_in = inside[tokens.indices] - weight_in * own
        others_out = outside[tokens.indices] - weight_out * own
        # Differences of float32 counts: what is left of zero is far below one text.
        known = others_in + others_out > 1e-3 * weight * own
        ratio = _log_ratio(
            np.maximum(others_in, 0),
            np.maximum(others_out, 0),
            inside.sum() - weight_in * own_total,
            outside.sum() - weight_out * own_total,
            texts.is_exclusive,
        )
        summed = np.bincount(
            text_of, ratio * rarity * own * known, minlength=len(texts)
        )
        length = np.bincount(text_of, own * known, minlength=len(texts))
        scores[:, k] = summed / np.where(length > 0, length, 1)
    return scores


def _best_factor(m: np.ndarray, texts: Texts, bias: np.ndarray) -> float:
    """The `a` with the highest likelihood of the targets for logits ``a m + bias``."""
    a, targets, weights = 0.0, texts.targets, texts.weights
    for _ in range(50):
        if texts.is_exclusive:
            p = softmax(a * m + bias)
            spread = (m - (p * m).sum(axis=1, keepdims=True)) ** 2
        else:
            p = sigmoid(a * m + bias)
            spread = (1 - p) * m**2
        curvature = (weights * p * spread).sum() + 1e-6
        step = np.clip((weights * (targets - p) * m).sum() / curvature, -5, 5)
        a += step
        if abs(step) < 1e-4:
            break
    return a

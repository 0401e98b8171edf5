"""The start of an embedding: naive-Bayes log-count ratios of its n-grams.

How much more often an n-gram occurs in a class than elsewhere says most of what a
linear model will learn about it [1]_. A network that starts there has only to correct
it, and is trained after two or three epochs.

References
----------
.. [1] Wang and Manning, "Baselines and bigrams: simple, good sentiment and topic
   classification", ACL 2012.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np
import scipy.fft
import scipy.sparse as sp

from .._core import forward
from .._core.network import Weights

# Added to the counts, in both classes together per n-gram.
SMOOTHING = 8.0
# The network starts at this share of the naive-Bayes classifier: n-grams of a text
# depend on each other, and the rest is learnt faster than unlearnt.
SHARE = 0.5
# Texts and values that the slope is estimated from: it needs no more.
SLOPE_TEXTS, SLOPE_VALUES = 2000, 2**22


class ClassCounts(TypedDict):
    """Weighted counts of each n-gram inside and outside each class, and the slope.

    Two arrays of shape (n_rows, n_outputs), float32. With one output, for two
    classes, inside is the second class.
    """

    inside: np.ndarray
    outside: np.ndarray
    slope: float


@dataclass
class Texts:
    """Counts of n-grams with targets and loss weights, one column an output."""

    tokens: sp.csr_array
    targets: np.ndarray
    weights: np.ndarray
    kind: str

    def __getitem__(self, rows: np.ndarray) -> Texts:
        return Texts(
            self.tokens[rows], self.targets[rows], self.weights[rows], self.kind
        )

    def __len__(self) -> int:
        return len(self.targets)


def texts_with_targets(data: Any, n_outputs: int) -> Texts:
    """The texts of `data`, a TrainingData."""
    targets = data.y
    if data.kind == "multiclass":
        targets = np.eye(n_outputs, dtype=np.float32)[targets]
    weights = data.w if data.w.ndim == 2 else data.w[:, None]
    weights = np.broadcast_to(weights, targets.shape)
    return Texts(data.X[data.index], targets, weights, data.kind)


def count(
    texts: Texts, rng: np.random.Generator, before: ClassCounts | None = None
) -> ClassCounts:
    """Count the n-grams by class, and estimate the slope on texts that `rng` draws.

    With the counts `before` of earlier texts, the sum of both; the slope then is a
    running mean.
    """
    inside = texts.tokens.T @ (texts.targets * texts.weights)
    outside = texts.tokens.T @ ((1 - texts.targets) * texts.weights)
    if before is not None:
        inside, outside = inside + before["inside"], outside + before["outside"]
    counts = ClassCounts(inside=inside, outside=outside, slope=1.0)
    n_values = max(1.0, texts.tokens.nnz / len(texts) * texts.targets.shape[1])
    n_texts = int(min(SLOPE_TEXTS, max(200, SLOPE_VALUES / n_values)))
    chosen = rng.permutation(len(texts))[:n_texts]
    slope = _slope(counts, texts[chosen], first_bias(texts))
    if before is not None:
        slope = 0.9 * before["slope"] + 0.1 * slope
    return ClassCounts(inside=inside, outside=outside, slope=slope)


def first_weights(
    weights: Weights, counts: ClassCounts, texts: Texts, *, is_linear: bool
) -> Weights:
    """Put the ratios into the embedding of `weights`, the frequencies into its bias.

    Where the output follows the mean directly (`is_linear`), its kernel is set to
    read the ratios back.
    """
    table, *others, kernel, bias = weights
    table = ratios_as_embedding(counts, table.shape[1])
    bias = first_bias(texts)
    if is_linear:
        kernel = _directions(kernel.shape[1], kernel.shape[0]).T.copy()
    return [table, *others, kernel, bias]


def ratios_as_embedding(counts: ClassCounts, width: int) -> np.ndarray:
    """Calibrated log-count ratios of each n-gram, of shape (n_rows, width)."""
    inside, outside = counts["inside"], counts["outside"]
    ratio = _log_ratio(inside, outside, inside.sum(axis=0), outside.sum(axis=0))
    return np.float32(SHARE * counts["slope"]) * (
        ratio if ratio.shape[1] == width else ratio @ _directions(ratio.shape[1], width)
    )


def updated(table: np.ndarray, before: ClassCounts, now: ClassCounts) -> np.ndarray:
    """The embedding as it would be, had training started from the counts of now.

    What was learnt is kept as a factor of each value.
    """
    old, new = (ratios_as_embedding(c, table.shape[1]) for c in (before, now))
    factor = np.divide(table, old, out=np.ones_like(table), where=old != 0)
    return new * factor


def _directions(n: int, width: int) -> np.ndarray:
    """Orthonormal rows of shape (n, width), all of whose columns differ."""
    if n == width:
        return np.eye(n, dtype=np.float32)
    return scipy.fft.dct(np.eye(width), norm="ortho", axis=0)[:n].astype(np.float32)


def first_bias(texts: Texts) -> np.ndarray:
    """Logits of the class frequencies."""
    inside = (texts.targets * texts.weights).sum(axis=0) + 1
    outside = ((1 - texts.targets) * texts.weights).sum(axis=0) + 1
    odds = inside / (inside.sum() if texts.kind == "multiclass" else outside)
    return np.log(odds).astype(np.float32)


def _log_ratio(
    inside: Any, outside: Any, n_inside: np.ndarray, n_outside: np.ndarray
) -> Any:
    """log(P(n-gram inside) / P(n-gram outside)); 0 for an n-gram without counts."""
    share = (n_inside + 1) / (n_inside + n_outside + 2)
    smooth_in, smooth_out = SMOOTHING * share, SMOOTHING * (1 - share)
    ratio = np.log((inside + smooth_in) / (outside + smooth_out))
    return ratio - np.log(smooth_in / smooth_out)


def _slope(counts: ClassCounts, texts: Texts, bias: np.ndarray) -> float:
    """Factor that makes mean ratios of a text into logits, by logistic regression.

    It is at most what naive Bayes has, which sums the ratios: the number of n-grams in
    a text.
    """
    scores = _scores_without_themselves(counts, texts)
    longest = max(1.0, texts.tokens.sum() / len(texts))
    return float(np.clip(_best_factor(scores, texts, bias), 0.5, longest))


def _scores_without_themselves(counts: ClassCounts, texts: Texts) -> np.ndarray:
    """Mean ratio of each text, from the counts of all texts but itself."""
    tokens = texts.tokens
    lengths = np.diff(tokens.indptr)
    n_inside, n_outside = counts["inside"].sum(axis=0), counts["outside"].sum(axis=0)
    n_outputs = texts.targets.shape[-1]
    scores = np.zeros((len(texts), n_outputs))
    for k in range(n_outputs):
        own = tokens.data * np.repeat(texts.weights[:, k], lengths)
        is_inside = np.repeat(texts.targets[:, k] == 1, lengths)
        ratio = _log_ratio(
            counts["inside"][tokens.indices, k] - own * is_inside,
            counts["outside"][tokens.indices, k] - own * ~is_inside,
            n_inside[k],
            n_outside[k],
        )
        values = (ratio * tokens.data, tokens.indices, tokens.indptr)
        scores[:, k] = sp.csr_array(values, tokens.shape).sum(axis=1)
    return scores / np.maximum(tokens.sum(axis=1), 1)[:, None]


def _best_factor(m: np.ndarray, texts: Texts, bias: np.ndarray) -> float:
    """The `a` with the highest likelihood of the targets for logits ``a m + bias``."""
    a, targets, weights = 0.0, texts.targets, texts.weights
    for _ in range(50):
        if texts.kind == "multiclass":
            p = forward.softmax(a * m + bias)
            spread = (m - (p * m).sum(axis=1, keepdims=True)) ** 2
        else:
            p = forward.sigmoid(a * m + bias)
            spread = (1 - p) * m**2
        curvature = (weights * p * spread).sum() + 1e-6
        step = np.clip((weights * (targets - p) * m).sum() / curvature, -5, 5)
        a += step
        if abs(step) < 1e-4:
            break
    return a

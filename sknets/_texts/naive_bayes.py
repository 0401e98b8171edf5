"""The start of an embedding: naive-Bayes log-count ratios of its n-grams.

How much more often an n-gram occurs in a class than elsewhere says most of what a
linear model will learn about it [1]_. A network that starts there has only to correct
it, and is trained after two or three epochs. Of many classes each has few texts, and
how rare an n-gram is in all the others says more than how frequent it is inside [2]_.
There, rare n-grams say more about a topic than frequent ones: each ratio is weighted by
the inverse document frequency. Of two classes it is not: rare n-grams are names, which
tell the films of training reviews and nothing of others.

Parts of words are many more than words, and outvote them in a mean. So each kind of
n-grams has a slope of its own, which turns its ratios into logits.

The mean ratio of all texts is rarely zero, and few texts say little of how frequent the
two classes are: both would have most texts be of one class. So the bias takes that mean
away, and of frequencies and slope that part counts which chance does not explain.

References
----------
.. [1] Wang and Manning, "Baselines and bigrams: simple, good sentiment and topic
   classification", ACL 2012.
.. [2] Rennie, Shih, Teevan and Karger, "Tackling the poor assumptions of naive Bayes
   text classifiers", ICML 2003.
.. [3] Platt, "Probabilistic outputs for support vector machines and comparisons to
   regularized likelihood methods", Advances in Large Margin Classifiers, 1999.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, NotRequired, TypedDict

import numpy as np
import scipy.fft
import scipy.sparse as sp

from .._core.layers.base import Weights
from .._core.probabilities import sigmoid, softmax

# Added to the counts, in both classes together per n-gram.
SMOOTHING = 8.0
# The network starts at this share of the naive-Bayes classifier of two classes: n-grams
# of a text depend on each other, and the rest is learnt faster than unlearnt. Of fewer
# texts than these it is a larger one, up to all, since they are trained in fewer steps.
SHARE, MANY_TEXTS = 0.5, 1000
# An estimate says something where it is two standard errors from nothing.
CHANCE = 4.0
# How far the slope of a kind of n-grams may be from that of all, as a factor.
FARTHEST = 4.0
# Texts and values that the slope is estimated from: it needs no more.
SLOPE_TEXTS, SLOPE_VALUES = 2000, 2**22


class ClassCounts(TypedDict):
    """Weighted counts of each n-gram inside and outside each class, and the slope.

    Two arrays of shape (n_rows, n_outputs), float32. With one output, for two
    classes, inside is the second class. `n_texts` is the weight of all texts; a file
    of version 0.1 does not have it. `balance` is a factor of the slope for each row,
    where there are kinds of n-grams. `centre` is the mean logit of the texts, by
    output, that the ratios make. Counts of a stream have neither.
    """

    inside: np.ndarray
    outside: np.ndarray
    slope: float
    n_texts: NotRequired[float]
    balance: NotRequired[np.ndarray]
    centre: NotRequired[np.ndarray]


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
    tokens = data.X[data.index]
    return _texts(tokens, data.y, data.w, data.objective.is_exclusive, n_outputs)


def _texts(
    tokens: sp.csr_array,
    y: np.ndarray,
    w: np.ndarray,
    is_exclusive: bool,
    n_outputs: int,
) -> Texts:
    targets = np.eye(n_outputs, dtype=np.float32)[y] if is_exclusive else y
    weights = np.broadcast_to(w if w.ndim == 2 else w[:, None], targets.shape)
    return Texts(tokens, targets, weights, is_exclusive)


class Sums(NamedTuple):
    """Weighted counts of each n-gram in some texts.

    Attributes
    ----------
    inside : sparse matrix of shape (n_rows, n_outputs)
        In the texts of each class.
    everywhere : ndarray of shape (n_rows, 1) or (n_rows, n_outputs)
        In all texts, by output where the weights of texts differ between these.
    n_texts : float
        Weight of the texts.
    """

    inside: Any
    everywhere: np.ndarray
    n_texts: float


def sums(texts: Texts) -> Sums:
    """What adds up of texts. Most n-grams of a few texts are in few classes."""
    weights = texts.weights
    if (weights == weights[:, :1]).all():
        weights = weights[:, :1]
    return Sums(
        inside=texts.tokens.T @ sp.csr_array(texts.targets * texts.weights),
        everywhere=texts.tokens.T @ np.ascontiguousarray(weights),
        n_texts=float(texts.weights[:, 0].sum()),
    )


def sums_of_rows(
    X: sp.csr_array,
    y: np.ndarray,
    w: np.ndarray,
    *,
    is_exclusive: bool,
    n_outputs: int,
) -> Sums:
    """What adds up of rows with targets and loss weights."""
    return sums(_texts(X, y, w, is_exclusive, n_outputs))


def total(parts: Iterable[Sums]) -> tuple[np.ndarray, np.ndarray, float]:
    """What the sums of parts add up to, in float32, with `inside` as an array."""
    inside: Any = np.float32(0)
    everywhere: Any = np.float32(0)
    n_texts = 0.0
    for number, part in enumerate(parts):
        if number == 0:
            inside, everywhere = part.inside.toarray(), part.everywhere
        else:
            # In float32, what is added to a large sum would be rounded away.
            inside = inside.astype(np.float64, copy=False)
            found = part.inside.tocoo()
            inside[found.row, found.col] += found.data
            everywhere = everywhere + part.everywhere.astype(np.float64)
        n_texts += part.n_texts
    return (
        inside.astype(np.float32, copy=False),
        everywhere.astype(np.float32, copy=False),
        n_texts,
    )


def count(
    texts: Texts,
    rng: np.random.Generator,
    before: ClassCounts | None = None,
    parts: Iterable[Sums] | None = None,
    kinds: np.ndarray | None = None,
) -> ClassCounts:
    """Count the n-grams by class, and estimate the slope on texts that `rng` draws.

    With the counts `before` of earlier texts, the sum of both; the slope then is a
    running mean. With `parts`, the counts are the sums of these, of whose texts
    `texts` are but a sample. With `kinds`, the number of its kind for each n-gram,
    there is a balance of the kinds too.
    """
    inside, everywhere, n_texts = total([sums(texts)] if parts is None else parts)
    outside = everywhere - inside
    if before is not None:
        n_texts += _n_texts(before)
        inside, outside = inside + before["inside"], outside + before["outside"]
    counts = ClassCounts(inside=inside, outside=outside, slope=1.0, n_texts=n_texts)
    chosen = drawn(texts, rng)
    bias = first_bias(texts)
    if kinds is None:
        kinds = np.zeros(len(inside), int)
    scores = scores_without_themselves(counts, texts[chosen], kinds)
    centre = _centre(scores, texts[chosen])
    scores -= centre
    slope = _slope(scores.sum(axis=0), texts[chosen], bias)
    if before is not None:
        slope = 0.9 * before["slope"] + 0.1 * slope
    counts["slope"] = slope
    balance = np.ones(len(scores), np.float32)
    if len(scores) > 1:
        balance = _balance(scores, texts[chosen], bias, slope)
        counts["balance"] = balance[kinds]
    counts["centre"] = slope * (balance @ centre[:, 0])
    return counts


def drawn(texts: Texts, rng: np.random.Generator) -> np.ndarray:
    """Numbers of the texts that slopes are estimated from."""
    n_values = max(1.0, texts.tokens.nnz / len(texts) * texts.targets.shape[1])
    n_drawn = int(min(SLOPE_TEXTS, max(200, SLOPE_VALUES / n_values)))
    return rng.permutation(len(texts))[:n_drawn]


def first_weights(
    weights: Weights,
    counts: ClassCounts,
    texts: Texts,
    *,
    is_linear: bool,
    beside: np.ndarray | None = None,
) -> Weights:
    """Put the ratios into the embedding of `weights`, the frequencies into its bias.

    Where the output follows the mean directly (`is_linear`), its kernel is set to
    read the ratios back. With `beside`, what another linear model has in the place of
    the ratios, the embedding is the mean of both.
    """
    table, *others, kernel, bias = weights
    table = ratios_as_embedding(counts, table.shape[1], texts.is_exclusive)
    if beside is not None:
        table = (table + beside) / 2
    start = _share(counts, texts.is_exclusive) / (1 if beside is None else 2)
    bias = first_bias(texts) - np.float32(start) * counts["centre"]
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
    slope = np.float32(_share(counts, is_exclusive) * counts["slope"])
    factor = slope * _rarity(counts, is_exclusive)
    if "balance" in counts:
        factor *= counts["balance"]
    ratio *= factor[:, None]
    if ratio.shape[1] != width:
        ratio = ratio @ _directions(ratio.shape[1], width)
    return ratio.astype(np.float32, copy=False)


def _share(counts: ClassCounts, is_exclusive: bool) -> float:
    if is_exclusive:
        return 1.0
    return 1 - (1 - SHARE) * min(1.0, _n_texts(counts) / MANY_TEXTS)


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


def of_stream(counts: ClassCounts) -> ClassCounts:
    """What the counts of later texts are added to."""
    return restricted(counts, slice(None))


def restricted(counts: ClassCounts, kept: np.ndarray | slice) -> ClassCounts:
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
    """Logits of the class frequencies; of two classes what chance does not explain."""
    inside = (texts.targets * texts.weights).sum(axis=0) + 1
    outside = ((1 - texts.targets) * texts.weights).sum(axis=0) + 1
    odds = inside / (inside.sum() if texts.is_exclusive else outside)
    logits = np.log(odds).astype(np.float32)
    if not texts.is_exclusive:
        logits *= _beyond_chance((inside - outside) ** 2 / (inside + outside))
    return logits


def _beyond_chance(chi_squared: Any) -> Any:
    """Part of an estimate that chance does not explain, from its squared z-score.

    As James and Stein draw estimates to nothing, but farther.
    """
    return np.maximum(0, 1 - CHANCE / np.maximum(chi_squared, 1e-9))


def _centre(scores: np.ndarray, texts: Texts) -> np.ndarray:
    """Mean over the texts of the scores of two classes, by kind and output.

    Of several classes none is taken away, which made them too sure of themselves.
    """
    if texts.is_exclusive:
        return np.zeros_like(scores[:, :1])
    weights = np.broadcast_to(texts.weights, scores.shape)
    weight = weights.sum(axis=1, keepdims=True)
    # An output may have no weight at all, and its scores no effect.
    return (scores * weights).sum(axis=1, keepdims=True) / np.where(weight, weight, 1)


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


def _slope(scores: np.ndarray, texts: Texts, bias: np.ndarray) -> float:
    """Factor that makes mean ratios of a text into logits, by logistic regression.

    It is at most what naive Bayes has, which sums the ratios: the number of n-grams in
    a text.
    """
    longest = max(1.0, texts.tokens.sum() / len(texts))
    [slope] = likeliest_factors(scores[None], texts, bias)
    if not texts.is_exclusive:
        p = sigmoid(slope * scores + bias)
        information = (texts.weights * p * (1 - p) * scores**2).sum()
        slope *= _beyond_chance(slope**2 * information)
    return float(np.clip(slope, 0.5, longest))


def _balance(
    scores: np.ndarray, texts: Texts, bias: np.ndarray, slope: float
) -> np.ndarray:
    """Factor of the slope for each kind of n-grams.

    It goes half of the way, on a logarithmic scale, from the slope of all to the
    likeliest one of the kind: the texts are few, and training needs all kinds.
    """
    own = likeliest_factors(scores, texts, bias) / slope
    return np.sqrt(np.clip(own, 1 / FARTHEST, FARTHEST)).astype(np.float32)


def scores_without_themselves(
    counts: ClassCounts, texts: Texts, kinds: np.ndarray
) -> np.ndarray:
    """Parts of the mean ratio of each text as if it were new, one for each kind.

    From the counts of all the other texts. An n-gram that no other text has is unknown
    then, and has no part in the mean. The shape is (n_kinds, n_texts, n_outputs).
    """
    tokens = texts.tokens
    text_of = np.repeat(np.arange(len(texts)), np.diff(tokens.indptr))
    own_total = np.asarray(tokens.sum(axis=1)).ravel()[text_of]
    rarity = _rarity(counts, texts.is_exclusive)[tokens.indices]
    n_kinds, shape = kinds.max() + 1, texts.targets.shape
    place = kinds[tokens.indices] * len(texts) + text_of
    scores = np.zeros((n_kinds, *shape), np.float32)
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
            place, ratio * rarity * own * known, minlength=n_kinds * len(texts)
        )
        length = np.bincount(text_of, own * known, minlength=len(texts))
        means = summed.reshape(n_kinds, -1) / np.where(length > 0, length, 1)
        scores[..., k] = means
    return scores


def _softened_targets(texts: Texts) -> np.ndarray:
    """Targets of two classes as if each had two texts more, one of either [3]_.

    Of scores that tell the classes apart there is else no likeliest factor, and the
    greater one is, the more its standard error takes it for chance.
    """
    if texts.is_exclusive:
        return texts.targets
    inside = (texts.targets * texts.weights).sum(axis=0)
    outside = ((1 - texts.targets) * texts.weights).sum(axis=0)
    highest, lowest = (inside + 1) / (inside + 2), 1 / (outside + 2)
    return np.where(texts.targets == 1, highest, lowest)


def likeliest_factors(scores: np.ndarray, texts: Texts, bias: np.ndarray) -> np.ndarray:
    """Factors that make scores into the likeliest logits, by Newton's method.

    The logits are the sum of all factors times their scores, of shape (n_factors,
    n_texts, n_outputs), and of the bias.
    """
    targets, weights = _softened_targets(texts), texts.weights
    a = np.zeros(len(scores))
    for _ in range(50):
        z = np.tensordot(a, scores, axes=1) + bias
        if texts.is_exclusive:
            p = softmax(z)
            differing = scores - (p * scores).sum(axis=2, keepdims=True)
            curving = weights * p
        else:
            p = sigmoid(z)
            differing, curving = scores, weights * p * (1 - p)
        curvature = np.einsum("ank,bnk,nk->ab", differing, differing, curving)
        gradient = np.einsum("ank,nk->a", scores, weights * (targets - p))
        step = np.linalg.solve(curvature + 1e-6 * np.eye(len(a)), gradient)
        step = step.clip(-5, 5)
        a += step
        if np.abs(step).max() < 1e-4:
            break
    return a

"""Input scaling: learned from the training rows at `fit`, applied at every prediction.

A scaling is a dict of plain values, so that it is stored and exported as it is::

    z = (x - shift) * scale             always
    z = clip * tanh(z / clip)           where clip is not None

`shift` and `scale` are float64 arrays with one entry for each feature, or with a
single entry for all. The smooth clip keeps outliers from ruling the first layer and,
unlike ``x / sqrt(1 + (x / clip)**2)``, consists of standard Keras layers.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import scipy.sparse as sp

from .quantiles import weighted_quantiles
from .sampling import some_rows

Scaling = dict[str, Any]

FLOAT32_MAX = float(np.finfo(np.float32).max)
FLOAT64_MAX = float(np.finfo(np.float64).max)
# Columns beyond these sizes are made smaller, or larger, by a power of two while their
# spread is measured: squares would be infinite, or zero.
HUGE, SHRINK = 2.0**480, 2.0**-560
TINY, GROW = 2.0**-480, 2.0**560
# The inverse of smaller spreads would be infinite.
LEAST_SPREAD = float(np.finfo(np.float64).tiny)

# Values of the rows that are looked at together; bounds the memory beyond the caller's
# array.
BLOCK_VALUES = 2**19


def is_narrow_integer(dtype: np.dtype) -> bool:
    """Whether pixels of this type are taken to fill the range of the type."""
    return dtype.kind in "iu" and dtype.itemsize <= 2


def type_range(dtype: np.dtype) -> tuple[float, float] | None:
    """Range of pixels of 8- and 16-bit integers; None where the type tells none."""
    if not is_narrow_integer(dtype):
        return None
    limits = np.iinfo(dtype)
    return float(limits.min), float(limits.max)


def widened(low: float, high: float) -> tuple[float, float]:
    """Range that was seen in pixels of other types, with 0 and 1 in it."""
    return min(0.0, low), max(1.0, high)


def identity() -> Scaling:
    return {"shift": np.zeros(1), "scale": np.ones(1), "clip": None}


def kind(scaling: Scaling) -> str | None:
    """Name of the parameter `input_scaling` that gives a scaling such as this one.

    A single scale of 1/255 is what "robust" gave bytes that seemed to be pixels, in
    files of version 0.1.
    """
    shift, scale = scaling["shift"], scaling["scale"]
    if len(shift) == 1 and shift[0] == 0 and scale[0] == 1:
        return None
    from_0_1 = len(shift) == 1 and shift[0] == 0 and scale[0] == 1 / 255
    if scaling["clip"] is not None or from_0_1:
        return "robust"
    return "standard"


def dense_rows(X: Any, rows: slice | np.ndarray) -> np.ndarray:
    """Some rows of an array or of a sparse matrix as a 2-D array in X's own type."""
    part = X[rows]
    if sp.issparse(part):
        return part.toarray()
    return part.reshape(len(part), -1)


def dense_columns(X: Any, rows: np.ndarray, columns: slice) -> np.ndarray:
    """Some columns of some rows, as `dense_rows`."""
    if sp.issparse(X):
        return X[rows][:, columns].toarray()
    if X.ndim == 2:
        return X[rows, columns]
    return dense_rows(X, rows)[:, columns]


def to_float(
    rows: np.ndarray, scaling: Scaling
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cast rows to float32; return them with the shift and scale still to be made.

    Wider types are shifted and scaled first, in float64: a column of 1e9 + noise
    would otherwise lose the noise, and one of 1e300 be infinite. What float32 cannot
    hold even then becomes its largest number.
    """
    shift, scale = scaling["shift"], scaling["scale"]
    if rows.dtype == np.float32 or rows.dtype.itemsize <= 2:
        try:
            with np.errstate(over="raise", under="raise"):
                values = rows.astype(np.float32, copy=False)
                return values, shift.astype(np.float32), scale.astype(np.float32)
        except FloatingPointError:  # columns of 1e-40 or 1e38: float64, as wider types
            pass
    values = np.empty(rows.shape, np.float32)
    try:
        with np.errstate(over="raise"):
            np.multiply(rows - shift, scale, out=values, casting="same_kind")
    except FloatingPointError:
        values = _saturated(rows, shift, scale)
    return values, np.zeros(len(shift), np.float32), np.ones(len(scale), np.float32)


def _saturated(rows: np.ndarray, shift: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Scale rows where that overflows; constant features stay 0."""
    with np.errstate(over="ignore", invalid="ignore"):
        # Halves do not overflow in the difference, however far apart values are.
        values = (rows * np.float64(0.5) - shift * 0.5) * scale
        values = np.nan_to_num(2.0 * values, nan=0.0)
    return np.clip(values, -FLOAT32_MAX, FLOAT32_MAX).astype(np.float32)


def apply(rows: np.ndarray, scaling: Scaling) -> np.ndarray:
    """Scale rows; returns float32 of the same shape, `rows` itself if that is it."""
    values, shift, scale = to_float(rows, scaling)
    if shift.any() or (scale != 1).any():
        try:
            with np.errstate(over="raise"):
                values = values - shift
                values *= scale
        except FloatingPointError:
            values = _saturated(rows, scaling["shift"], scaling["scale"])
    if scaling["clip"] is None:
        return values
    clip = np.float32(scaling["clip"])
    values = np.divide(values, clip, out=None if values is rows else values)
    np.tanh(values, out=values)
    values *= clip
    return values


def blocks(X: Any, index: np.ndarray) -> Iterator[np.ndarray]:
    """Rows `index` of X as 2-D arrays, each of about `BLOCK_VALUES` values."""
    n_features = int(np.prod(X.shape[1:]))
    size = max(1, BLOCK_VALUES // max(1, n_features))
    for start in range(0, len(index), size):
        yield dense_rows(X, index[start : start + size])


def _of_any_size(learn: Callable[..., Scaling]) -> Callable[..., Scaling]:
    """Make a function that learns a scaling cope with values near float64's limits.

    Squares and differences of such values overflow or underflow; then it learns on a
    copy in which the columns concerned are changed by a power of two, which is exact.
    """

    @functools.wraps(learn)
    def learn_any(X: Any, index: np.ndarray, weights: np.ndarray) -> Scaling:
        try:
            with np.errstate(over="raise", under="raise"):
                return learn(X, index, weights)
        except FloatingPointError:
            rows = dense_rows(X, index).astype(np.float64)
            size = np.abs(rows).max(axis=0)
            factor = np.where(size > HUGE, SHRINK, np.where(size < TINY, GROW, 1.0))
            rows *= factor
            changed = learn(rows, np.arange(len(rows)), weights)
            with np.errstate(over="ignore"):
                scale = np.minimum(changed["scale"] * factor, FLOAT64_MAX)
            return {**changed, "shift": changed["shift"] / factor, "scale": scale}

    return learn_any


class Moments:
    """Weighted mean and standard deviation of each feature, from block after block."""

    def __init__(self) -> None:
        self.first: np.ndarray | None = None
        self.sums: Any = 0.0
        self.total = 0.0

    def add(self, rows: np.ndarray, weights: np.ndarray) -> None:
        """Take some rows into account, of shape (n_rows, n_features)."""
        if self.first is None:
            self.first = rows[0].astype(np.float64)
        # Relative to the first row, so that nothing cancels in the squares.
        centred = rows - self.first
        self.sums = self.sums + np.stack(
            [weights @ centred, weights @ np.square(centred)]
        )
        self.total += weights.sum()

    def scaling(self) -> Scaling:
        """Shift by the mean, scale by the deviation; constant features get 0."""
        mean = self.sums[0] / self.total
        variance = np.maximum(self.sums[1] / self.total - mean**2, 0)
        return {
            "shift": self.first + mean,
            "scale": _inverse(np.sqrt(variance), self.first + mean),
            "clip": None,
        }


@_of_any_size
def learn_standard(X: Any, index: np.ndarray, weights: np.ndarray) -> Scaling:
    """Mean and standard deviation of each feature, weighted; constant ones get 0."""
    moments, start = Moments(), 0
    for rows in blocks(X, index):
        moments.add(rows, weights[start : start + len(rows)])
        start += len(rows)
    return moments.scaling()


# Rounding makes values that were equal differ by so much of their size.
ROUNDING = 4 * float(np.finfo(np.float64).eps)


def _inverse(spread: np.ndarray, centre: Any = 0.0) -> np.ndarray:
    """1 / spread, and 0 where that is 0 but for rounding: a feature tells nothing."""
    varies = spread > ROUNDING * np.abs(centre)
    spread = np.maximum(spread, LEAST_SPREAD)
    return np.divide(1.0, spread, out=np.zeros_like(spread), where=varies)


# Quantiles and means of this many rows are near the true ones, and cheap to find.
QUANTILE_ROWS = 4096
SMOOTH_CLIP = 5.0
# A row of more features is no longer than one of so many: the first steps, whose size
# grows with the length of the input, would else be too large for thousands of pixels.
FEW_FEATURES = 512
IQR_OF_NORMAL = 1.349  # in standard deviations
# Tails this many times as wide as the middle, such as those of 10**x, are clipped; the
# middle would else be squashed to nothing. Few real features are like that.
HEAVY_TAILS = 4.0


@_of_any_size
def learn_robust(X: Any, index: np.ndarray, weights: np.ndarray) -> Scaling:
    """Median and a robust spread of each feature, and the smooth clip.

    The spread is the interquartile range, or a third of the way from the 2nd to the
    98th percentile if that is more, so that a feature that is mostly zero is not blown
    up. Where that is more than `HEAVY_TAILS` times the range, the spread is twice the
    way from the median to the nearer quartile, so that the clip takes the tails. Where
    range and way are both 0 it is half the range of all values, and 0 for constant
    features. For a normal distribution the first two are 1.35 deviations; they are
    divided by that. Beyond `FEW_FEATURES` all is made smaller by the root of their
    number.
    """
    chosen = some_rows(len(index), QUANTILE_ROWS)
    sample, weights = index[chosen], weights[chosen]
    n_features = int(np.prod(X.shape[1:]))
    quantiles = np.empty((5, n_features))
    width = max(1, BLOCK_VALUES // len(sample))
    for start in range(0, n_features, width):
        columns = slice(start, start + width)
        values = dense_columns(X, sample, columns).astype(np.float64)
        quantiles[:, columns] = weighted_quantiles(
            values, weights, (0.02, 0.25, 0.5, 0.75, 0.98)
        )
    lowest, low, median, high, highest = quantiles
    middle, tails = high - low, (highest - lowest) / 3
    spread = np.maximum(middle, tails)
    nearer = 2 * np.minimum(median - low, high - median)
    spread = np.where((nearer > 0) & (tails > HEAVY_TAILS * middle), nearer, spread)
    flat = spread == 0
    if flat.any():
        spread[flat] = half_range(X, index)[flat]
    shrink = min(1.0, math.sqrt(FEW_FEATURES / n_features))
    scale = shrink * IQR_OF_NORMAL * _inverse(spread, median)
    return {"shift": median, "scale": scale, "clip": shrink * SMOOTH_CLIP}


def half_range(X: Any, index: np.ndarray) -> np.ndarray:
    """Half the distance between the lowest and the highest value of each feature."""
    low, high = np.inf, -np.inf
    for rows in blocks(X, index):
        low = np.minimum(low, rows.min(axis=0))
        high = np.maximum(high, rows.max(axis=0))
    return (np.asarray(high, np.float64) - low) / 2


def extremes(X: Any, index: np.ndarray) -> tuple[float, float]:
    """Lowest and highest value of some rows."""
    found = [(rows.min(), rows.max()) for rows in blocks(X, index)]
    lows, highs = zip(*found, strict=True)
    return float(min(lows)), float(max(highs))


def learn_pixels(
    X: Any, index: np.ndarray, standard: bool = False
) -> tuple[tuple[float, float], Scaling]:
    """Range of the pixels, and the scaling that the type and the range call for.

    1. 8- and 16-bit integers fill the range of their type, which becomes 0..1.
    2. Other pixels that are nowhere negative lie between 0 and the highest value
       seen, or 1 if that is more, which becomes 0..1.
    3. Where there are negative pixels, mean and standard deviation of all pixels
       become 0 and 1.

    With `standard`, the scaling always is that of the third case. Pixels that are all
    equal have a scale of 0, but for types of one byte: rows to come may well fill their
    range, and mean and deviation are those of pixels that do, evenly.
    """
    low, high = type_range(X.dtype) or widened(*extremes(X, index))
    if standard or (low < 0 and not is_narrow_integer(X.dtype)):
        shift, spread = _mean_and_deviation(X, index)
        if spread == 0 and X.dtype.itemsize == 1:
            shift, spread = (low + high) / 2, (high - low) / math.sqrt(12)
    else:
        shift, spread = low, high - low
    scale = _inverse(np.array([spread]))
    return (low, high), {"shift": np.array([shift]), "scale": scale, "clip": None}


def _mean_and_deviation(X: Any, index: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation over all pixels, of up to `QUANTILE_ROWS` rows."""
    index = index[some_rows(len(index), QUANTILE_ROWS)]
    try:
        with np.errstate(over="raise"):
            return _moments(blocks(X, index))
    except FloatingPointError:
        shrunk = (rows.astype(np.float64) * SHRINK for rows in blocks(X, index))
        mean, deviation = _moments(shrunk)
        return mean / SHRINK, deviation / SHRINK


def _moments(parts: Iterable[np.ndarray]) -> tuple[float, float]:
    """Mean and standard deviation of all values of some arrays."""
    total = centred = squared = np.float64(0.0)
    first: Any = None
    for rows in parts:
        # NumPy 1 would keep the type of float16 beside a number of float64.
        values = rows.astype(np.float64)
        first = values.flat[0] if first is None else first
        difference = values - first
        total += difference.size
        centred += difference.sum()
        squared += np.square(difference).sum()
    mean = centred / total
    deviation = np.sqrt(max(squared / total - mean**2, 0.0))
    return float(first + mean), float(deviation)

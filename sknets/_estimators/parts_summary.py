"""What one pass over all parts learns: classes, scalings, who is held out.

All of it adds up, or is a sample of bounded size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sp

from .._core import scaling
from .._parts.concatenation import concatenated
from .._tables.reading import Table
from .._training.streams import take
from .labels import is_text

# Bytes of the rows that scalings are learnt from, and of those held out to validate
# on; of texts, whose vocabulary is learnt, more. And how many rows at most.
SAMPLE_BYTES, TEXT_BYTES, SAMPLE_ROWS = 2**26, 2**28, 2**16
# Of the counts of a text, about, for each of its characters.
BYTES_OF_CHARACTER = 8


class Sample:
    """A uniform sample of the rows of all parts, of bounded size.

    Each row has a random number; those with the lowest stay.

    Parameters
    ----------
    share : float
        Numbers below which rows may stay.
    max_bytes : int
    """

    def __init__(self, share: float, max_bytes: int = SAMPLE_BYTES) -> None:
        self.threshold, self.max_bytes = share, max_bytes
        self.held: list[tuple[np.ndarray, ...]] = []
        self.n_held = self.n_bytes = 0

    def add(self, numbers: np.ndarray, X: Any, y: np.ndarray, w: np.ndarray) -> None:
        chosen = np.flatnonzero(numbers < self.threshold)
        if len(chosen):
            self._hold((numbers[chosen], take(X, chosen), y[chosen], w[chosen]))
        limit = self._limit()
        if self.n_held > 2 * limit:
            self._cut(limit)

    def _hold(self, rows: Any) -> None:
        self.held.append(rows)
        self.n_held += len(rows[0])
        self.n_bytes += n_bytes(rows[1])

    def _limit(self) -> int:
        fitting = self.n_held * self.max_bytes / max(1, self.n_bytes)
        return int(np.clip(fitting, 1, SAMPLE_ROWS))

    def _cut(self, limit: int) -> None:
        numbers, X, y, w = self._all()
        self.threshold = float(np.partition(numbers, limit)[limit])
        chosen = np.flatnonzero(numbers < self.threshold)
        self.held, self.n_held, self.n_bytes = [], 0, 0
        self._hold((numbers[chosen], take(X, chosen), y[chosen], w[chosen]))

    def _all(self) -> tuple[Any, ...]:
        numbers, X, y, w = zip(*self.held, strict=True)
        return (
            np.concatenate(numbers),
            concatenated(X),
            np.concatenate(y),
            np.concatenate(w),
        )

    def rows(self) -> tuple[Any, np.ndarray, np.ndarray]:
        """X, y and weights of the rows that stayed, within the limit."""
        if self.n_held > self._limit():
            self._cut(self._limit())
        return self._all()[1:]


class Extremes:
    """Lowest and highest value of each feature, and the number of rows."""

    def __init__(self) -> None:
        self.low: Any = np.inf
        self.high: Any = -np.inf
        self.n_rows = 0

    def add(self, X: Any, weights: np.ndarray) -> None:
        self.n_rows += len(weights)
        low, high = X.min(axis=0), X.max(axis=0)
        if sp.issparse(X):
            low, high = low.toarray().ravel(), high.toarray().ravel()
        self.low, self.high = np.minimum(self.low, low), np.maximum(self.high, high)

    def beside(self, X: Any) -> Any:
        """Some rows, with those of the extremes behind them."""
        rows = np.stack([self.low, self.high]).astype(X.dtype)
        return concatenated([X, sp.csr_array(rows) if sp.issparse(X) else rows])


class OfTexts:
    """Nothing: what texts are counted by is learnt from the sample."""

    def add(self, X: list, weights: np.ndarray) -> None:
        pass


class Standard(scaling.Moments):
    """Mean and standard deviation of each feature."""

    def add(self, X: Any, weights: np.ndarray) -> None:
        done = 0
        for rows in scaling.blocks(X, np.arange(X.shape[0])):
            with np.errstate(over="ignore", invalid="ignore"):
                super().add(rows, weights[done : done + len(rows)])
            done += len(rows)

    def beside(self, X: Any, weights: np.ndarray) -> scaling.Scaling:
        """The scaling, of a sample where squares of all rows are infinite or zero."""
        with np.errstate(over="ignore", invalid="ignore"):
            learnt = self.scaling()
        is_lost = learnt["scale"] == 0
        if is_lost.any():
            of_sample = scaling.learn_standard(X, np.arange(len(weights)), weights)
            for part in ("shift", "scale"):
                learnt[part] = np.where(is_lost, of_sample[part], learnt[part])
        return learnt


@dataclass
class Labels:
    """The different labels in y, and the weight of the rows that have each."""

    values: Any = None
    totals: Any = 0.0

    def add(self, y: np.ndarray, weights: np.ndarray) -> None:
        values, numbers = np.unique(y, return_inverse=True)
        totals = np.bincount(numbers, weights, minlength=len(values))
        if self.values is not None:
            both = np.concatenate([self.values, values])
            values, numbers = np.unique(both, return_inverse=True)
            totals = np.bincount(numbers, np.concatenate([self.totals, totals]))
        self.values, self.totals = values, totals


@dataclass
class Summary:
    """Of all parts that have rows with weight.

    Attributes
    ----------
    n_rows : dict of int
        Number of such rows, by the number of the part.
    keys : list
        The most frequent label of each part, or the mean of its numbers.
    n_bytes : int
        Of X in all parts.
    table : int or None
        The first part with categories, dates or gaps.
    labels : Labels
        Where y is labels of one column.
    input : object
        What is learnt of X.
    sample, held_out : Sample
        Rows that scalings are learnt from, and those to validate on.
    """

    input: Any
    sample: Sample
    held_out: Sample
    n_rows: dict[int, int] = field(default_factory=dict)
    keys: list[Any] = field(default_factory=list)
    n_bytes: int = 0
    table: int | None = None
    labels: Labels = field(default_factory=Labels)

    @property
    def codes(self) -> np.ndarray:
        """Numbers that sort the parts as their keys do."""
        return np.unique(np.array(self.keys), return_inverse=True)[1]


def row_numbers(seed: int, part: int, n_rows: int) -> np.ndarray:
    """A random number from 0 to 1 for each row of a part, always the same."""
    return np.random.default_rng([seed, part]).random(n_rows)


def key_of(y: np.ndarray, *, is_labels: bool) -> Any:
    """What sorts a part among the others."""
    if is_labels and y.ndim == 1:
        values, counts = np.unique(y, return_counts=True)
        return values[counts.argmax()]
    return float(y.mean(dtype=np.float64))


def n_bytes(X: Any) -> int:
    """Bytes of the rows of a part; of texts those of their counts, about."""
    if isinstance(X, Table):
        return 8 * X.shape[0] * X.shape[1]
    if isinstance(X, list):
        return BYTES_OF_CHARACTER * sum(map(len, X))
    return X.data.nbytes + X.indices.nbytes if sp.issparse(X) else X.nbytes


def kinds_of(X: Any, y: np.ndarray) -> Iterator[tuple[str, str]]:
    """Yield what must not differ between parts, by name."""
    if not isinstance(X, Table):
        yield "the type of X", _kind_of_rows(X)
    yield "the type of y", _kind_of_labels(y)
    yield "the shape of a row of y", str(y.shape[1:])


_KINDS = {"b": "booleans", "i": "integers", "u": "integers", "f": "floats"}


def _kind_of_labels(y: np.ndarray) -> str:
    if y.dtype == np.uint64:  # which become floats beside those with a sign
        return str(y.dtype)
    return "strings" if is_text(y) else _KINDS.get(y.dtype.kind, "")


def _kind_of_rows(X: Any) -> str:
    if isinstance(X, list):
        return "texts" if isinstance(X[0], str) else "sequences of numbers"
    return f"{X.dtype}, sparse" if sp.issparse(X) else str(X.dtype)

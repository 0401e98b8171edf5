"""Training data that are read part by part, mixed in a buffer, ahead of the training.

A few parts at a time are read, and their rows shuffled together. The parts of a buffer
are chosen so that its targets are like those of all parts, also where each part has
targets of one kind, as in data that are sorted by class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import numpy as np

from .._parts.concatenation import concatenated
from .data import TrainingData, one_ahead

# Rows that are shuffled together. As many are read meanwhile, so that training takes
# twice this, and a few chunks.
BUFFER_BYTES = 2**26
# Parts that are read together, however large: of fewer, the rows would be too alike.
MIN_PARTS = 4

Rows = tuple[Any, np.ndarray, np.ndarray]


@dataclass
class StreamedData:
    """What `TrainingData` is for rows in memory.

    Attributes
    ----------
    read : callable
        Takes numbers of parts, or None for their own order, and yields the rows of
        each: X, targets and loss weights as `TrainingData` has them.
    mapped : callable
        Takes a function of these, and yields what it makes of each part, where the
        part is.
    as_rows : callable
        Makes of the X of a buffer rows that training indexes.
    keys : ndarray of shape (n_parts,)
        What sorts the parts by their targets.
    n_rows : int
    n_at_once : int
        Number of parts in a buffer.
    can_choose : bool
        Whether parts can be read in any order.
    sample : TrainingData
        A uniform sample of the rows, for what looks at some of them.
    """

    read: Callable[[Sequence[int] | None], Iterator[Rows]]
    mapped: Callable[[Callable[..., Any]], Iterator[Any]]
    as_rows: Callable[[Any], Any]
    keys: np.ndarray
    n_rows: int
    n_at_once: int
    can_choose: bool
    sample: TrainingData

    def __len__(self) -> int:
        return self.n_rows

    def __getattr__(self, name: str) -> Any:
        # Objective, scaling, type and number of features are those of any rows.
        if name.startswith("_") or name == "sample":
            raise AttributeError(name)
        return getattr(self.sample, name)

    def order(self, rng: np.random.Generator, shuffle: bool) -> Any:
        """What an epoch decides on: parts of each buffer, and a seed for their rows."""
        if not shuffle or not self.can_choose:
            starts = range(0, len(self.keys), self.n_at_once)
            parts = np.arange(len(self.keys))
            buffers = [parts[start : start + self.n_at_once] for start in starts]
        else:
            buffers = mixed_order(self.keys, self.n_at_once, rng)
        return buffers, int(rng.integers(2**31)) if shuffle else None

    def buffers(
        self, order: Any, batch_size: int
    ) -> Iterator[tuple[TrainingData, np.ndarray]]:
        """Yield rows to train on and their order, each read while the last is used.

        All but the last are whole batches.
        """
        buffers, seed = order
        return one_ahead(self._buffers(buffers, seed, batch_size))

    def _buffers(
        self, buffers: list[np.ndarray], seed: int | None, batch_size: int
    ) -> Iterator[tuple[TrainingData, np.ndarray]]:
        rng = None if seed is None else np.random.default_rng(seed)
        rows = self.read(np.concatenate(buffers).tolist() if self.can_choose else None)
        left: list[Rows] = []
        for number, parts in enumerate(buffers):
            X, y, w = joined([*left, *(next(rows) for _ in parts)])
            order = np.arange(len(y)) if rng is None else rng.permutation(len(y))
            n_left = 0 if number == len(buffers) - 1 else len(order) % batch_size
            order, kept = np.split(order, [len(order) - n_left])
            left = [(take(X, kept), y[kept], w[kept])] if n_left else []
            if len(order):
                own = y[order], w[order], self.sample.objective, self.sample.scaling
                data = TrainingData(self.as_rows(X), order, *own)
                yield data, np.arange(len(order))


def mixed_order(
    keys: np.ndarray, n_at_once: int, rng: np.random.Generator
) -> list[np.ndarray]:
    """Deal parts at random into buffers, each with targets of all kinds.

    Sorted by their targets, the parts are cut into as many runs as a buffer has parts;
    each buffer gets one of every run.
    """
    n_buffers = -(-len(keys) // n_at_once)
    ranked = np.lexsort((rng.random(len(keys)), keys))
    runs = [ranked[i : i + n_buffers] for i in range(0, len(ranked), n_buffers)]
    dealt = zip_longest(*(rng.permutation(run) for run in runs))
    buffers = [np.array([p for p in parts if p is not None]) for parts in dealt]
    return [buffers[i] for i in rng.permutation(len(buffers))]


def take(X: Any, rows: np.ndarray) -> Any:
    """Some rows of an array, a CSR matrix or a list."""
    return [X[row] for row in rows] if isinstance(X, list) else X[rows]


def joined(parts: list[Rows]) -> Rows:
    """Rows of some parts one behind the other."""
    X, y, w = zip(*parts, strict=True)
    return concatenated(X), np.concatenate(y), np.concatenate(w)

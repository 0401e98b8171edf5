"""Rows of the caller's data as chunks of batches, in the shapes programs take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from .._core import scaling
from .._core.objectives import Objective, row_weights
from .._core.scaling import Scaling

Item = TypeVar("Item")

# Bytes of input in one chunk. Large enough that the call of a program is a per mille
# of its run, small beside the data of anyone who has to think about memory.
CHUNK_BYTES = 2**24
# Steps in the smallest chunk. To fill up costs microseconds; compiling a program for
# each small number of rows costs half a second.
MIN_STEPS = 16


@dataclass
class TrainingData:
    """Input, targets and loss weights of n rows.

    Attributes
    ----------
    X : ndarray of shape (n_all, ...) or CSR matrix
        The caller's own rows, of any numeric type; never copied as a whole.
    index : ndarray of shape (n,)
        Which rows of X these are.
    y : ndarray
        Targets as the objective encodes them, of shape (n,) or (n, n_outputs).
    w : ndarray of float32, of the shape of y
        Loss weights.
    objective : Objective
        What the targets are, see :mod:`sknets._core.objectives`.
    scaling : dict
        Input scaling, see :mod:`sknets._core.scaling`.
    """

    X: Any
    index: np.ndarray
    y: np.ndarray
    w: np.ndarray
    objective: Objective
    scaling: Scaling

    def __len__(self) -> int:
        return len(self.y)

    @property
    def n_features(self) -> int:
        return int(np.prod(self.X.shape[1:]))

    @property
    def row_weights(self) -> np.ndarray:
        """Weight of each row, over its labels where there are several."""
        return row_weights(self.w)

    @property
    def dtype(self) -> type:
        """Type in which rows enter a program: bytes stay bytes until inside it."""
        return np.uint8 if self.X.dtype == np.uint8 else np.float32

    def rows(self, rows: slice | np.ndarray) -> np.ndarray:
        """Some rows, of shape (n_rows, n_features), in the type of `dtype`."""
        part = scaling.dense_rows(self.X, self.index[rows])
        return (
            part if self.dtype is np.uint8 else scaling.to_float(part, self.scaling)[0]
        )

    def scaled(self, rows: slice | np.ndarray) -> np.ndarray:
        """Some rows as the first layer takes them, of shape (n_rows, n_features)."""
        return scaling.apply(scaling.dense_rows(self.X, self.index[rows]), self.scaling)

    def part(self, rows: np.ndarray) -> TrainingData:
        """Some of the rows, as a mask or their numbers."""
        return replace(self, index=self.index[rows], y=self.y[rows], w=self.w[rows])

    @property
    def sample(self) -> TrainingData:
        """Rows like these that are in memory: these."""
        return self

    def order(self, rng: np.random.Generator, shuffle: bool) -> np.ndarray:
        """In which order an epoch takes the rows."""
        return rng.permutation(len(self)) if shuffle else np.arange(len(self))

    def buffers(
        self, order: np.ndarray, batch_size: int
    ) -> Iterator[tuple[TrainingData, np.ndarray]]:
        """Yield rows that are in memory, and the order to take them in."""
        yield self, order

    @property
    def remaining_scaling(self) -> tuple[np.ndarray, np.ndarray]:
        """Shift and scale that `rows` has not applied."""
        empty = np.empty((0, self.n_features), self.X.dtype)
        return scaling.to_float(empty, self.scaling)[1:]


def steps_per_chunk(data: TrainingData, batch_size: int) -> int:
    """Number of batches in a chunk.

    A power of two, so that the folds of a cross-validation, which differ by a row,
    run the same program.
    """
    batch_bytes = batch_size * data.n_features * np.dtype(data.dtype).itemsize
    most = max(1, CHUNK_BYTES // max(1, batch_bytes))
    needed = -(-len(data) // batch_size)
    wanted = max(MIN_STEPS, 2 ** int(np.ceil(np.log2(needed))))
    return min(2 ** int(np.log2(most)), wanted)


def chunks(
    data: TrainingData, order: np.ndarray, batch_size: int, n_steps: int
) -> Iterator[tuple[dict[str, np.ndarray], int]]:
    """Yield chunks of `n_steps` batches, and how many batches of each are filled.

    The rows of `order` follow each other; what is missing of the last batch are rows
    of weight zero.
    """
    size = n_steps * batch_size
    for start in range(0, len(order), size):
        chosen = order[start : start + size]
        filled = -(-len(chosen) // batch_size)
        in_batch = np.full(n_steps, batch_size, np.float32)
        in_batch[filled - 1] = len(chosen) - (filled - 1) * batch_size
        columns = {"X": data.rows(chosen), "y": data.y[chosen], "w": data.w[chosen]}
        arrays = {
            name: _batched(column, n_steps, batch_size)
            for name, column in columns.items()
        }
        yield {**arrays, "rows": in_batch}, filled


def one_ahead(items: Iterable[Item]) -> Iterator[Item]:
    """Yield the items, each made by a second thread while the one before is used."""
    items = iter(items)
    with ThreadPoolExecutor(1) as worker:
        made = worker.submit(next, items, None)
        while (item := made.result()) is not None:
            made = worker.submit(next, items, None)
            yield item


def _batched(rows: np.ndarray, n_steps: int, batch_size: int) -> np.ndarray:
    """Reshape to (n_steps, batch_size, ...), with zeros behind the last row."""
    if len(rows) < n_steps * batch_size:
        padded = np.zeros((n_steps * batch_size, *rows.shape[1:]), rows.dtype)
        padded[: len(rows)] = rows
        rows = padded
    return rows.reshape(n_steps, batch_size, *rows.shape[1:])

"""Training on counts of tokens: only the embedding rows of a batch are touched.

A step gathers the embedding rows that occur in its batch, pools them by a sparse
matrix product, and writes the updated rows back, so that it costs what the batch holds
and not what the vocabulary holds. The optimizer state of a row moves on only in steps
that see the row (as in PyTorch's ``SparseAdam``). All of it is numpy and SciPy: with
rows this small a TensorFlow graph of the same steps takes two to three times as long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import scipy.sparse as sp

from .._core import forward
from .._core.network import Layer, Shape, Weights
from .data import TrainingData
from .dense_trainer import DenseTrainer
from .settings import Settings, Slots

# Texts whose counts are gathered together.
BLOCK_TEXTS = 4096
# What other weights learn at, where an embedding learns relative to its start.
OTHERS_SHARE = np.float32(0.03)

Pooled = tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]


class TextTrainer(DenseTrainer):
    """The layers behind the embedding as a small network, the embedding row by row."""

    wants_input_gradient = True

    def __init__(
        self,
        network: list[Layer],
        input_shape: Shape,
        weights: Weights,
        slots: Slots,
        data: TrainingData,
        settings: Settings,
        n_steps: int,
    ) -> None:
        self.pooling, self.whole = network[0]["pooling"], network
        super().__init__(
            network[1:], input_shape, weights[1:], slots[1:], data, settings, n_steps
        )
        self.table = weights[0].copy()
        self.table_slots = [slot.copy() for slot in slots[0]]
        self.pace = np.abs(self.table) if settings.relative_steps else None
        self.touched = np.zeros(len(self.table), bool)
        self.place_of_row = np.empty(len(self.table), np.int32)

    def _batches(self, order: np.ndarray) -> Iterator[Any]:
        """Yield embedding rows, counts of those, targets and weights of each batch."""
        size = self.settings.batch_size
        block = size * max(1, BLOCK_TEXTS // size)
        for first in range(0, len(order), block):
            chosen = order[first : first + block]
            tokens = self.data.X[self.data.index[chosen]]
            if self.pooling != "max":
                tokens.data /= np.repeat(_totals(tokens), np.diff(tokens.indptr))
            for start in range(0, len(chosen), size):
                texts = slice(start, start + size)
                yield (
                    *self._renumbered(tokens, texts),
                    self.data.y[chosen[texts]],
                    self.data.w[chosen[texts]],
                )

    def _renumbered(
        self, tokens: sp.csr_array, texts: slice
    ) -> tuple[np.ndarray, sp.csr_array]:
        """The embedding rows that some texts touch, and the counts of just those.

        A mark per row is twenty times as fast as sorting the tokens.
        """
        starts = tokens.indptr[texts.start : texts.stop + 1]
        entries = slice(starts[0], starts[-1])
        own = tokens.indices[entries]
        self.touched[own] = True
        rows = np.flatnonzero(self.touched)
        self.touched[rows] = False
        self.place_of_row[rows] = np.arange(len(rows), dtype=np.int32)
        counts = (tokens.data[entries], self.place_of_row[own], starts - starts[0])
        return rows, sp.csr_array(counts, (len(starts) - 1, len(rows)))

    def _step(self, batch: Any, lr: np.float32, key: Any) -> tuple[float, float]:
        rows, counts, y, w = batch
        table = self.table[rows]
        pooled, gradient_by_table = pool(self.pooling, table, counts)
        loss, right, d = self._find_gradients(pooled, y, w, key)
        gradient = gradient_by_table(d)
        self._clip([gradient, *self.gradients])
        self.n_steps += 1
        self._update(lr if self.pace is None else lr * OTHERS_SHARE)
        self._update_rows(rows, table, gradient, lr)
        return loss, right

    def _update_rows(
        self, rows: np.ndarray, table: np.ndarray, gradient: np.ndarray, lr: np.float32
    ) -> None:
        decay = self.settings.optimizer.weight_decay
        if decay:
            table = table * (1 - lr * np.float32(decay))
        slots = [slot[rows] for slot in self.table_slots]
        rates = lr if self.pace is None else lr * self.pace[rows]
        self.table[rows], moved = self._moved(table, gradient, slots, rates)
        for slot, own in zip(self.table_slots, moved, strict=True):
            slot[rows] = own

    def read_weights(self) -> Weights:
        return [self.table.copy(), *super().read_weights()]

    def write_weights(self, weights: Weights) -> None:
        self.table[...] = weights[0]
        super().write_weights(weights[1:])

    def read_slots(self) -> Slots:
        own = tuple(slot.copy() for slot in self.table_slots)
        return [own, *super().read_slots()]

    def logits(self, data: TrainingData) -> np.ndarray:
        return forward.logits(
            self.whole,
            [self.table, *self.weights],
            lambda rows: data.X[data.index[rows]],
            len(data),
            (),
        )


def pool(pooling: str, table: np.ndarray, counts: sp.csr_array) -> Pooled:
    """Pool the rows of each text's tokens; an empty text is all zeros.

    `counts` of a mean sum up to one in each text. Returns the pooled vectors, and the
    function from the gradient by those to the gradient by the table.
    """
    if pooling == "mean":
        return counts @ table, lambda d: counts.T @ d
    if pooling == "max":
        return _highest(table, counts)
    width = table.shape[1]
    highest, gradient_of_highest = _highest(table, counts)
    both = np.concatenate([counts @ table, highest], axis=1)
    return both, lambda d: counts.T @ d[:, :width] + gradient_of_highest(d[:, width:])


def _highest(table: np.ndarray, counts: sp.csr_array) -> Pooled:
    highest = forward.max_over_tokens(table, counts)
    n_texts = len(highest)
    text_of_token = np.repeat(np.arange(n_texts), np.diff(counts.indptr))
    # Tokens that share the maximum share its gradient, as in Keras.
    shares = (table[counts.indices] == highest[text_of_token]).astype(np.float32)
    shares /= (_incidence(text_of_token, n_texts) @ shares)[text_of_token]
    rows = _incidence(counts.indices, len(table))
    return highest, lambda d: rows @ (shares * d[text_of_token])


def _incidence(numbers: np.ndarray, n_rows: int) -> sp.csc_array:
    """Matrix whose product sums up rows of the same number."""
    n = len(numbers)
    ones = np.ones(n, np.float32)
    return sp.csc_array((ones, numbers, np.arange(n + 1)), (n_rows, n))


def _totals(tokens: sp.csr_array) -> np.ndarray:
    return np.asarray(tokens.sum(axis=1), np.float32).ravel()

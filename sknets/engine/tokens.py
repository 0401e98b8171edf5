"""Training on counts of tokens: only the embedding rows of a batch are touched.

The embedding is a TensorFlow variable that one fit owns. A program gathers the rows
that occur in a batch, pools them by a sparse matrix product, and writes the updated
rows back, so a step costs what the batch holds and not what the vocabulary holds.
The optimizer state of a row moves on only in steps that see the row (as in PyTorch's
``SparseAdam``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp
import tensorflow as tf

from .. import inference
from ..network import Layer, Shape, Weights, dropout_rates, structure
from .feed import TrainingData
from .forward import cross_entropy, forward
from .program import MAX_PROGRAMS, figures, plain_layers, updater
from .runtime import prepare

if TYPE_CHECKING:
    from .loop import Settings, Slots

# Batches in one call of a program.
CHUNK_STEPS = 32


class TokenTrainer:
    """Embedding and optimizer state as variables, the layers behind as tensors."""

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
        prepare()
        optimizer = settings.optimizer
        self.network, self.data = network, data
        self.batch_size, self.n_steps = settings.batch_size, n_steps
        self.program = token_program(structure(network), data.kind, optimizer.structure)
        values = [optimizer.values[name] for name in optimizer.value_names]
        self.values = {
            "optimizer": _tensor(values),
            "weight_decay": _tensor(optimizer.weight_decay),
            "smoothing": _tensor(settings.label_smoothing),
            "rates": _tensor(dropout_rates(network)),
        }
        self.table = [tf.Variable(value) for value in (weights[0], *slots[0])]
        self.head = [_tensor(weight) for weight in weights[1:]]
        self.slots = [tuple(_tensor(slot) for slot in own) for own in slots[1:]]
        self.entry_of_row = np.zeros(len(weights[0]), np.int64)

    def run_epoch(
        self, order: np.ndarray, learning_rates: np.ndarray, keys: np.ndarray
    ) -> tuple[float, float]:
        sums = []
        per_step = {
            "learning_rate": learning_rates,
            "number": (self.n_steps + 1 + np.arange(len(keys))).astype(np.float32),
            "key": keys,
        }
        for steps, chunk in self._chunks(order):
            chunk |= {name: column[steps] for name, column in per_step.items()}
            n_filled = len(chunk["key"])
            self.head, self.slots, *figures = self.program(
                self.table,
                self.head,
                self.slots,
                {name: tf.constant(column) for name, column in chunk.items()},
                self.values,
                tf.constant(n_filled),
            )
            sums.append(figures)
            self.n_steps += n_filled
        loss, right = np.asarray(sums, np.float64).sum(axis=0)
        return float(loss), float(right)

    def _chunks(self, order: np.ndarray) -> Iterator[tuple[slice, dict[str, Any]]]:
        """Yield the steps of a chunk with its batches, one behind the other."""
        n_rows = CHUNK_STEPS * self.batch_size
        for number, start in enumerate(range(0, len(order), n_rows)):
            chosen = order[start : start + n_rows]
            tokens = self.data.X[self.data.index[chosen]]
            starts = np.append(np.arange(0, len(chosen), self.batch_size), len(chosen))
            token_starts = tokens.indptr[starts]
            vocabulary, entries = self._local_entries(tokens.indices, token_starts)
            text_of_token = np.repeat(
                np.arange(len(chosen)) % self.batch_size, np.diff(tokens.indptr)
            )
            yield (
                slice(number * CHUNK_STEPS, number * CHUNK_STEPS + len(starts) - 1),
                {
                    "positions": np.stack([text_of_token, entries], axis=1),
                    "counts": tokens.data,
                    "token_starts": token_starts.astype(np.int32),
                    "rows": np.concatenate(vocabulary),
                    "row_starts": np.cumsum([0, *map(len, vocabulary)], dtype=np.int32),
                    "text_starts": starts.astype(np.int32),
                    "total": np.maximum(_totals(tokens), np.float32(1e-30)),
                    "y": self.data.y[chosen],
                    "w": self.data.w[chosen],
                },
            )

    def _local_entries(
        self, tokens: np.ndarray, starts: np.ndarray
    ) -> tuple[list[np.ndarray], np.ndarray]:
        """Number the embedding rows within each batch.

        Returns the rows that each batch touches, and for each token the place of its
        row among them. A mark per row is twice as fast as sorting the tokens.
        """
        entries = np.empty(len(tokens), np.int64)
        touched = np.zeros(len(self.entry_of_row), bool)
        vocabulary = []
        for start, stop in pairwise(starts):
            own = tokens[start:stop]
            touched[own] = True
            rows = np.flatnonzero(touched)
            touched[rows] = False
            self.entry_of_row[rows] = np.arange(len(rows))
            entries[start:stop] = self.entry_of_row[own]
            vocabulary.append(rows)
        return vocabulary, entries

    def read_weights(self) -> Weights:
        head = [weight.numpy().copy() for weight in self.head]
        return [self.table[0].numpy(), *head]

    def write_weights(self, weights: Weights) -> None:
        self.table[0].assign(weights[0])
        self.head = [_tensor(weight) for weight in weights[1:]]

    def read_slots(self) -> Slots:
        own = tuple(slot.numpy() for slot in self.table[1:])
        return [own, *(tuple(s.numpy().copy() for s in slots) for slots in self.slots)]

    def logits(self, data: TrainingData) -> np.ndarray:
        return inference.logits(
            self.network,
            self.read_weights(),
            lambda rows: data.X[data.index[rows]],
            len(data),
            (),
        )


def _totals(tokens: sp.csr_array) -> np.ndarray:
    return np.asarray(tokens.sum(axis=1), np.float32).ravel()


def _tensor(value: Any) -> tf.Tensor:
    return tf.constant(np.asarray(value, np.float32))


@lru_cache(maxsize=MAX_PROGRAMS)
def token_program(layers: tuple, kind: str, optimizer: tuple) -> Callable[..., Any]:
    """Return the program that trains on a chunk of batches of token counts.

    Its loop is a plain graph: the sizes differ from batch to batch, and XLA would
    have to compile for each.
    """
    embedding, *head = plain_layers(layers)
    pooled_shape = (
        embedding["width"] * (2 if embedding["pooling"] == "mean_max" else 1),
    )
    update = tf.function(updater(optimizer), autograph=False)

    def step(table: Any, weights: Any, slots: Any, batch: Any, values: Any) -> tuple:
        rows = tf.gather(table[0], batch["rows"])
        row_slots = tuple(tf.gather(slot, batch["rows"]) for slot in table[1:])
        with tf.GradientTape() as tape:
            trained = [rows, *weights]
            tape.watch(trained)
            x = pool(embedding["pooling"], rows, batch)
            drop = (values["rates"], batch["key"])
            z = forward(head, weights, x, pooled_shape, drop)
            losses = cross_entropy(z, batch["y"], values["smoothing"], kind)
            n_values = batch["n_rows"] * (1 if kind == "multiclass" else z.shape[1])
            loss = tf.reduce_sum(losses * batch["w"]) / n_values
        # The gradient of a gather (maximum pooling) comes as slices.
        gradients = [tf.convert_to_tensor(g) for g in tape.gradient(loss, trained)]
        trained, slots = update(trained, gradients, [row_slots, *slots], batch, values)
        for variable, new in zip(table, (trained[0], *slots[0]), strict=True):
            variable.scatter_update(tf.IndexedSlices(new, batch["rows"]))
        return trained[1:], slots[1:], *figures(z, batch, kind)

    def program(
        table: Any, weights: Any, slots: Any, chunk: Any, values: Any, n_steps: Any
    ) -> Any:
        def body(i, weights, slots, loss, hits):
            weights, slots, more_loss, more_hits = step(
                table, weights, slots, one_batch(chunk, i), values
            )
            return i + 1, weights, slots, loss + more_loss, hits + more_hits

        return tf.while_loop(
            lambda i, *_: i < n_steps,
            body,
            (tf.constant(0), weights, slots, tf.constant(0.0), tf.constant(0.0)),
            parallel_iterations=1,
        )[1:]

    return tf.function(program, autograph=False, reduce_retracing=True)


def one_batch(chunk: Any, i: Any) -> dict[str, Any]:
    """Batch number `i` of a chunk."""

    def part(name: str, starts: str) -> Any:
        return chunk[name][chunk[starts][i] : chunk[starts][i + 1]]

    y = part("y", "text_starts")
    n_rows = chunk["text_starts"][i + 1] - chunk["text_starts"][i]
    return {
        "positions": part("positions", "token_starts"),
        "counts": part("counts", "token_starts"),
        "rows": part("rows", "row_starts"),
        "total": part("total", "text_starts"),
        "y": y,
        "w": part("w", "text_starts"),
        "n_rows": tf.cast(n_rows, tf.float32),
        **{name: chunk[name][i] for name in ("learning_rate", "number", "key")},
    }


def pool(pooling: str, rows: Any, batch: Any) -> Any:
    """Pool the embedding rows of each text's tokens; an empty text is all zeros."""
    n_texts = tf.shape(batch["total"])[0]
    parts = []
    if pooling in ("mean", "mean_max"):
        shape = tf.stack([n_texts, tf.shape(rows)[0]])
        counts = tf.SparseTensor(
            batch["positions"], batch["counts"], tf.cast(shape, tf.int64)
        )
        summed = tf.sparse.sparse_dense_matmul(counts, rows)
        parts.append(summed / batch["total"][:, None])
    if pooling in ("max", "mean_max"):
        gathered = tf.gather(rows, batch["positions"][:, 1])
        highest = tf.math.unsorted_segment_max(
            gathered, batch["positions"][:, 0], n_texts
        )
        empty = batch["total"][:, None] <= 1e-30
        parts.append(tf.where(empty, tf.zeros_like(highest), highest))
    return parts[0] if len(parts) == 1 else tf.concat(parts, axis=1)

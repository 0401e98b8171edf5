"""Training on arrays of features or pixels, in chunks of batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf

from ..._core import prediction
from ..._core.layers.base import Weights
from ..._core.network import Network
from ..data import TrainingData, chunks, one_ahead, steps_per_chunk
from ..settings import Settings, Slots
from .prediction import compiled_logits
from .program import ProgramKey, is_long, training_program
from .runtime import prepare


class TensorFlowTrainer:
    """Weights and optimizer state as tensors, and the program that moves them on."""

    weights: list[Any]
    report: Callable[[int], None] | None = None

    def __init__(
        self,
        network: Network,
        weights: Weights,
        slots: Slots,
        data: TrainingData,
        settings: Settings,
        n_steps: int,
    ) -> None:
        prepare()
        optimizer = settings.optimizer
        self.network = network
        self.data, self.batch_size = data, settings.batch_size
        self.n_steps = n_steps
        self.chunk_steps = steps_per_chunk(data, settings.batch_size)
        self.program = training_program(
            ProgramKey(
                replace(network.structure, averages_mirrored=False),
                data.objective,
                settings.batch_size,
                optimizer.structure,
                data.scaling["clip"],
                settings.augment is not None,
                settings.has_penalty,
                is_long(network, settings.epochs * len(data)),
            )
        )
        values = [optimizer.values[name] for name in optimizer.value_names]
        shift, scale = data.remaining_scaling
        self.values = {
            "optimizer": _tensor(values),
            "weight_decay": _tensor(optimizer.weight_decay),
            "penalties": _tensor([settings.l1, settings.l2]),
            "smoothing": _tensor(settings.label_smoothing),
            "rates": _tensor(network.dropout_rates),
            "shift": _tensor(shift),
            "scale": _tensor(scale),
        }
        if settings.augment is not None:
            for name in ("ranges", "black", "unchanged"):
                self.values[name] = _tensor(getattr(settings.augment, name))
        self.write_weights(weights)
        self.slots = [tuple(_tensor(slot) for slot in own) for own in slots]

    def run_epoch(
        self, order: np.ndarray, learning_rates: np.ndarray, keys: np.ndarray
    ) -> tuple[float, float]:
        sums, n_before = [], self.n_steps
        for tensors, n_filled in one_ahead(self._tensors(order, learning_rates, keys)):
            self.weights, self.slots, *sums_of_part = self.program(
                self.weights, self.slots, tensors, self.values, tf.constant(n_filled)
            )
            sums.append(sums_of_part)
            self.n_steps += n_filled
            if self.report:
                self.report(self.n_steps - n_before)
        loss, correct = np.asarray(sums, np.float64).sum(axis=0)
        return float(loss), float(correct)

    def _tensors(
        self, order: np.ndarray, learning_rates: np.ndarray, keys: np.ndarray
    ) -> Iterator[tuple[dict[str, tf.Tensor], int]]:
        """Yield what the program takes for each chunk, and its number of steps."""
        numbers = self.n_steps + 1 + np.arange(len(keys))
        per_step = {
            "learning_rate": learning_rates,
            "number": numbers.astype(np.float32),
            "key": keys,
        }
        done = 0
        for batches, n_filled in chunks(
            self.data, order, self.batch_size, self.chunk_steps
        ):
            steps = slice(done, done + n_filled)
            padded = {
                name: np.resize(column[steps], self.chunk_steps)
                for name, column in per_step.items()
            }
            tensors = {
                name: tf.constant(array) for name, array in (batches | padded).items()
            }
            yield tensors, n_filled
            done += n_filled

    def read_weights(self) -> Weights:
        return [weight.numpy().copy() for weight in self.weights]

    def write_weights(self, weights: Weights) -> None:
        self.weights = [_tensor(weight) for weight in weights]

    def read_slots(self) -> Slots:
        return [tuple(slot.numpy().copy() for slot in own) for own in self.slots]

    def logits(self, data: TrainingData) -> np.ndarray:
        weights = self.read_weights()
        if self.network.has_convolution:
            return compiled_logits(
                self.network, weights, data.X, data.index, data.scaling
            )
        # For dense layers numpy is as fast, and needs no program of its own.
        return prediction.logits(self.network, weights, data.scaled, len(data))


def _tensor(value: Any) -> tf.Tensor:
    return tf.constant(np.asarray(value, np.float32))

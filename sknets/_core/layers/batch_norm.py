"""Batch normalisation."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from ..activations import ACTIVATIONS
from .base import (
    Layer,
    Shape,
    TrainingStep,
    UnreadableError,
    Weight,
    Weights,
    Workspace,
    is_name,
    is_number,
    ones,
    settings_of,
    zeros,
)


@dataclass(frozen=True)
class BatchNorm(Layer):
    """Batch normalisation over all axes but the last, then an activation.

    Training normalises by mean and variance of the batch and moves the running ones a
    step towards them; predicting normalises by the running ones [1]_.

    References
    ----------
    .. [1] Ioffe and Szegedy, "Batch normalization", ICML 2015.
    """

    activation: str
    momentum: float
    epsilon: float = 1e-3

    kind = "batch_norm"
    keras_kind = "BatchNormalization"
    n_weights = 4
    trains_in_numpy = False

    def is_valid(self) -> bool:
        return (
            is_name(self.activation, ACTIVATIONS)
            and is_number(self.momentum)
            and 0 <= self.momentum < 1
            and is_number(self.epsilon)
            and self.epsilon > 0
        )

    def weights(self, shape: Shape) -> list[Weight]:
        own = shape[-1:]
        return [
            Weight(own, ones),
            Weight(own, zeros),
            Weight(own, zeros, trained=False),
            Weight(own, ones, trained=False),
        ]

    def predict(
        self, weights: Weights, x: Any, workspace: Workspace | None = None
    ) -> Any:
        gamma, beta, mean, variance = weights
        scale = gamma / np.sqrt(variance + self.epsilon)
        z = x * scale
        z += beta - mean * scale
        return ACTIVATIONS[self.activation].value(z)

    def in_graph(self, tf: Any, weights: Any, x: Any, step: TrainingStep | None) -> Any:
        gamma, beta, mean, variance = weights
        if step is None:
            scale = gamma * tf.math.rsqrt(variance + self.epsilon)
            z = x * scale + (beta - mean * scale)
        else:
            z, *moments = self._normalised(tf, x, gamma, beta, step.n_rows)
            for running, value in zip((mean, variance), moments, strict=True):
                moved = running + (1 - self.momentum) * (value - running)
                step.replace(running, moved)
        return ACTIVATIONS[self.activation].in_graph(tf, z)

    def _normalised(self, tf: Any, x: Any, gamma: Any, beta: Any, n_rows: Any) -> Any:
        """Rows normalised by the moments of those that are no filling, and these."""

        def of_some() -> Any:
            mean, variance = _moments(tf, x, n_rows)
            scale = gamma * tf.math.rsqrt(variance + self.epsilon)
            return x * scale + (beta - mean * scale), mean, variance

        def of_all() -> Any:
            none = tf.zeros([0])
            z, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
                x=x, scale=gamma, offset=beta, mean=none, variance=none,
                epsilon=self.epsilon, is_training=True,
            )  # fmt: skip
            n = math.prod(x.shape[:-1])
            # That is the variance of all images, as the batch tells of it.
            return z, mean, variance * (max(n - 1, 1) / n)

        if len(x.shape) != 4:
            return of_some()
        # In a third of the time. Only the last batch of an epoch has filling.
        return tf.cond(n_rows < x.shape[0], of_some, of_all)

    def to_keras(self, layers: Any, x: Any) -> Any:
        x = layers.BatchNormalization(momentum=self.momentum, epsilon=self.epsilon)(x)
        if self.activation != "linear":
            x = layers.Activation(self.activation)(x)
        return x

    @classmethod
    def from_keras(cls, layer: Any, shape: Shape) -> Self:
        config = settings_of(layer, center=True, scale=True)
        axis = config["axis"]
        axis = axis[0] if isinstance(axis, list | tuple) else axis
        if axis not in (-1, len(shape)):
            raise UnreadableError(f"axis={axis!r} is not supported, only the last.")
        return cls("linear", config["momentum"], config["epsilon"])

    def describe(self) -> str:
        return f"batch norm, {self.activation}"


def _moments(tf: Any, x: Any, n_rows: Any) -> tuple[Any, Any]:
    """Mean and variance over the first `n_rows` rows; the others are filling."""
    is_row = tf.cast(tf.range(tf.shape(x)[0]), tf.float32) < n_rows
    mask = tf.reshape(tf.cast(is_row, tf.float32), (-1,) + (1,) * (len(x.shape) - 1))
    axes = list(range(len(x.shape) - 1))
    n = n_rows * math.prod(x.shape[1:-1])
    mean = tf.reduce_sum(x * mask, axes) / n
    variance = tf.reduce_sum(tf.square(x - mean) * mask, axes) / n
    return mean, variance

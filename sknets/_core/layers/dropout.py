"""Dropout."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from .base import Kept, Layer, Shape, TrainingStep, Weights, is_number


@dataclass(frozen=True)
class Dropout(Layer):
    """Values become zero with probability `rate`, the others larger, in training."""

    rate: float

    kind = "dropout"
    keras_kind = "Dropout"

    def is_valid(self) -> bool:
        return is_number(self.rate) and 0 <= self.rate < 1

    def train(
        self, weights: Weights, x: np.ndarray, rng: Any
    ) -> tuple[np.ndarray, Kept]:
        larger = np.float32(1 / (1 - self.rate))
        mask = np.multiply(_kept(x.shape, self.rate, rng), larger)
        return x * mask, mask

    def backward(
        self, weights: Weights, kept: Kept, d: np.ndarray, gradients: Weights
    ) -> Callable[[], np.ndarray]:
        d *= kept
        return lambda: d

    def in_graph(self, tf: Any, weights: Any, x: Any, step: TrainingStep | None) -> Any:
        return x if step is None else step.drop(x)

    def to_keras(self, layers: Any, x: Any) -> Any:
        return layers.Dropout(self.rate)(x)

    @classmethod
    def from_keras(cls, layer: Any, shape: Shape) -> Self:
        return cls(float(layer.get_config()["rate"]))

    def describe(self) -> str:
        return f"dropout {self.rate:g}"

    @property
    def structure(self) -> Layer:
        return Dropout(0.0)


def _kept(shape: Shape, rate: float, rng: np.random.Generator) -> np.ndarray:
    """Draw which values stay."""
    # 16 bits a value take a third of the time of a random number, and meet the rate
    # to 1/65,536.
    n = math.prod(shape)
    bits = rng.bit_generator.random_raw(-(-n // 4)).view(np.uint16)[:n]
    return bits.reshape(shape) >= round(rate * 2**16)

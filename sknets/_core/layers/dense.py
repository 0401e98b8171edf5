"""Dense layers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from ..activations import ACTIVATIONS
from .base import (
    Kept,
    Layer,
    Shape,
    TrainingStep,
    UnreadableError,
    Weight,
    Weights,
    Workspace,
    double,
    glorot_uniform,
    is_name,
    is_size,
    settings_of,
    zeros,
)


@dataclass(frozen=True)
class Dense(Layer):
    """``activation(x @ kernel + bias)``; not `trained`, it stays as it is set."""

    units: int
    activation: str = "linear"
    trained: bool = True

    kind = "dense"
    keras_kind = "Dense"
    n_weights = 2
    n_axes = 1

    def is_valid(self) -> bool:
        return (
            is_size(self.units)
            and is_name(self.activation, ACTIVATIONS)
            and isinstance(self.trained, bool)
        )

    def output_shape(self, shape: Shape) -> Shape:
        return (self.units,)

    def weights(self, shape: Shape) -> list[Weight]:
        kernel = Weight((shape[0], self.units), glorot_uniform, self.trained)
        return [kernel, Weight((self.units,), zeros, self.trained)]

    def prepared(self, weights: Weights) -> Weights:
        return [double(weight) for weight in weights]

    def predict(
        self, weights: Weights, x: Any, workspace: Workspace | None = None
    ) -> Any:
        # In double precision: the last bits of a product in single precision depend on
        # the number and the place of the rows.
        kernel, bias = weights
        if workspace is None:
            z = x.astype(np.float64, copy=False) @ kernel
        else:
            x = _converted(x, workspace)
            z = np.matmul(x, kernel, out=workspace.array("z", (len(x), self.units)))
        z += bias
        return ACTIVATIONS[self.activation].value(z)

    def train(
        self, weights: Weights, x: np.ndarray, rng: Any
    ) -> tuple[np.ndarray, Kept]:
        kernel, bias = weights
        activation = ACTIVATIONS[self.activation]
        z = x @ kernel
        z += bias
        # Activations work in place where they can; only some derivatives need z.
        a = activation.value(z.copy() if activation.needs_input else z)
        return a, (x, z, a)

    def backward(
        self, weights: Weights, kept: Kept, d: np.ndarray, gradients: Weights
    ) -> Callable[[], np.ndarray]:
        x, z, a = kept
        derivative = ACTIVATIONS[self.activation].derivative
        if derivative is not None:
            d *= derivative(z, a)
        if self.trained:
            np.matmul(x.T, d, out=gradients[0])
            d.sum(axis=0, out=gradients[1])
        return lambda: d @ weights[0].T

    def in_graph(self, tf: Any, weights: Any, x: Any, step: TrainingStep | None) -> Any:
        return ACTIVATIONS[self.activation].in_graph(tf, x @ weights[0] + weights[1])

    def to_keras(self, layers: Any, x: Any) -> Any:
        return layers.Dense(
            self.units, activation=self.activation, trainable=self.trained
        )(x)

    @classmethod
    def from_keras(cls, layer: Any, shape: Shape) -> Self:
        config = settings_of(layer, use_bias=True)
        if len(shape) != 1:
            raise UnreadableError(
                f"it acts on rows of shape {shape}, which are not flat."
            )
        return cls(config["units"], config["activation"], config["trainable"])

    def describe(self) -> str:
        frozen = "" if self.trained else ", not trained"
        return f"dense {self.units}, {self.activation}{frozen}"


def _converted(x: np.ndarray, workspace: Workspace) -> np.ndarray:
    if x.dtype == np.float64:
        return x
    converted = workspace.array("x", x.shape)
    converted[:] = x
    return converted

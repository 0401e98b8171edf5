"""Convolution, max-pooling and flattening of images."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Self

from ..activations import ACTIVATIONS
from ..images import convolve, max_pool
from .base import (
    Layer,
    Shape,
    TrainingStep,
    Weight,
    Weights,
    Workspace,
    glorot_uniform,
    is_name,
    is_pair,
    is_size,
    settings_of,
    zeros,
)


@dataclass(frozen=True)
class Conv(Layer):
    """Convolution of images, with stride one.

    `pool` is the size of a max-pooling between convolution and bias, see
    `Network.pooled_early`.
    """

    filters: int
    kernel: Shape
    padding: str
    activation: str
    pool: Shape | None = None

    kind = "conv"
    keras_kind = "Conv2D"
    n_weights = 2
    n_axes = 3
    trains_in_numpy = False

    def is_valid(self) -> bool:
        return (
            is_size(self.filters)
            and is_pair(self.kernel)
            and self.padding in ("valid", "same")
            and is_name(self.activation, ACTIVATIONS)
        )

    def output_shape(self, shape: Shape) -> Shape:
        height, width = shape[:2]
        if self.padding == "valid":
            height -= self.kernel[0] - 1
            width -= self.kernel[1] - 1
        return (height, width, self.filters)

    def weights(self, shape: Shape) -> list[Weight]:
        kernel = Weight((*self.kernel, shape[2], self.filters), glorot_uniform)
        return [kernel, Weight((self.filters,), zeros)]

    def n_values(self, shape: Shape) -> int:
        height, width = self.output_shape(shape)[:2]
        return height * width * math.prod(self.kernel) * shape[2]

    def predict(
        self, weights: Weights, x: Any, workspace: Workspace | None = None
    ) -> Any:
        kernel, bias = weights
        z = convolve(x, kernel, self.padding)
        if self.pool is not None:
            z = max_pool(z, self.pool)
        z += bias
        return ACTIVATIONS[self.activation].value(z)

    def in_graph(self, tf: Any, weights: Any, x: Any, step: TrainingStep | None) -> Any:
        z = tf.nn.conv2d(x, weights[0], 1, self.padding.upper())
        if self.pool is not None:
            z = _pooled_in_graph(tf, z, self.pool, step)
        z = tf.nn.bias_add(z, weights[1])
        return ACTIVATIONS[self.activation].in_graph(tf, z)

    def to_keras(self, layers: Any, x: Any) -> Any:
        return layers.Conv2D(
            self.filters, self.kernel, padding=self.padding, activation=self.activation
        )(x)

    @classmethod
    def from_keras(cls, layer: Any, shape: Shape) -> Self:
        config = settings_of(
            layer,
            use_bias=True,
            strides=(1, 1),
            dilation_rate=(1, 1),
            groups=1,
            data_format="channels_last",
        )
        return cls(
            config["filters"],
            tuple(config["kernel_size"]),
            config["padding"],
            config["activation"],
        )

    def describe(self) -> str:
        kernel = "x".join(map(str, self.kernel))
        return f"conv {kernel} {self.padding} {self.filters}, {self.activation}"

    def stored(self) -> dict[str, Any]:
        stored = super().stored()
        del stored["pool"]
        return stored


def max_pool_in_graph(tf: Any, x: Any, size: Shape) -> Any:
    return tf.nn.max_pool2d(x, size, size, "VALID")


def _pooled_in_graph(tf: Any, x: Any, size: Shape, step: TrainingStep | None) -> Any:
    return max_pool_in_graph(tf, x, size) if step is None else step.max_pool(x, size)


@dataclass(frozen=True)
class MaxPool(Layer):
    """Maximum over windows that do not overlap."""

    size: Shape

    kind = "max_pool"
    keras_kind = "MaxPooling2D"
    n_axes = 3
    trains_in_numpy = False

    def is_valid(self) -> bool:
        return is_pair(self.size)

    def output_shape(self, shape: Shape) -> Shape:
        return (shape[0] // self.size[0], shape[1] // self.size[1], shape[2])

    def predict(
        self, weights: Weights, x: Any, workspace: Workspace | None = None
    ) -> Any:
        return max_pool(x, self.size)

    def in_graph(self, tf: Any, weights: Any, x: Any, step: TrainingStep | None) -> Any:
        return _pooled_in_graph(tf, x, self.size, step)

    def to_keras(self, layers: Any, x: Any) -> Any:
        return layers.MaxPooling2D(self.size)(x)

    @classmethod
    def from_keras(cls, layer: Any, shape: Shape) -> Self:
        size = tuple(layer.get_config()["pool_size"])
        settings_of(layer, strides=size, padding="valid", data_format="channels_last")
        return cls(size)

    def describe(self) -> str:
        return f"max pool {'x'.join(map(str, self.size))}"


@dataclass(frozen=True)
class Flatten(Layer):
    """Values of an image side by side."""

    kind = "flatten"
    keras_kind = "Flatten"
    n_axes = 3
    trains_in_numpy = False

    def output_shape(self, shape: Shape) -> Shape:
        return (math.prod(shape),)

    def predict(
        self, weights: Weights, x: Any, workspace: Workspace | None = None
    ) -> Any:
        return x.reshape(len(x), -1)

    def in_graph(self, tf: Any, weights: Any, x: Any, step: TrainingStep | None) -> Any:
        return tf.reshape(x, (-1, math.prod(x.shape[1:])))

    def to_keras(self, layers: Any, x: Any) -> Any:
        return layers.Flatten()(x)

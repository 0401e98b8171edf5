"""A network: a chain of layers for rows of one shape.

Training, prediction, files and the Keras model all read the same chain, so that there
is one definition of each network. Fitted estimators hold it as plain values
(`Network.stored`), with a flat list of arrays in the order of the layers and in the
shapes of Keras.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .activations import ACTIVATIONS
from .layers import (
    Conv,
    Dense,
    Dropout,
    EmbeddingPool,
    Layer,
    MaxPool,
    Weight,
    from_stored,
)
from .layers.base import Shape, Weights, Workspace
from .poolings import POOLINGS

StoredNetwork = list[dict[str, Any]]
Workspaces = list[Workspace]


@dataclass(frozen=True)
class Network:
    """Layers, and the shape of one row as the first of them takes it.

    With `averages_mirrored`, rows are images, and predictions the mean of the logits of
    each and of its mirror image; training takes no notice of it.
    """

    layers: tuple[Layer, ...]
    input_shape: Shape
    averages_mirrored: bool = False

    @classmethod
    def from_stored(cls, stored: StoredNetwork, input_shape: Shape) -> Network:
        return cls(tuple(map(from_stored, stored)), tuple(input_shape))

    def stored(self) -> StoredNetwork:
        """The layers as plain values."""
        return [layer.stored() for layer in self.layers]

    # --- Shapes and weights ----------------------------------------------------------

    def shapes(self) -> list[Shape]:
        """Shape of one row before the first layer and after each."""
        shapes = [self.input_shape]
        for layer in self.layers:
            shapes.append(layer.output_shape(shapes[-1]))
        return shapes

    @property
    def n_outputs(self) -> int:
        return self.shapes()[-1][0]

    def weights(self) -> list[Weight]:
        """All arrays, in order."""
        pairs = zip(self.layers, self.shapes(), strict=False)
        return [weight for layer, shape in pairs for weight in layer.weights(shape)]

    def weight_shapes(self) -> list[Shape]:
        return [weight.shape for weight in self.weights()]

    def initial_weights(self, rng: np.random.Generator) -> Weights:
        return [weight.initial(weight.shape, rng) for weight in self.weights()]

    def own_weights(self, weights: Sequence[Any]) -> Iterator[tuple[Layer, list[Any]]]:
        """Yield each layer with those of the arrays that are its own."""
        remaining = iter(weights)
        for layer in self.layers:
            yield layer, [next(remaining) for _ in range(layer.n_weights)]

    # --- Predicting ------------------------------------------------------------------

    def prepared(self, weights: Weights) -> Weights:
        """The arrays as `predict` takes them."""
        return [
            array
            for layer, own in self.own_weights(weights)
            for array in layer.prepared(own)
        ]

    def predict(
        self, prepared: Weights, x: Any, workspaces: Workspaces | None = None
    ) -> np.ndarray:
        """Logits of rows, of shape (n_rows, n_outputs), in the precision at hand.

        With `workspaces`, which are those of this network, the logits may lie in them.
        """
        if not self.averages_mirrored:
            return self._one_way(prepared, x, workspaces)
        mirrored = self._one_way(prepared, x[:, :, ::-1])
        return (self._one_way(prepared, x) + mirrored) / 2

    def workspaces(self) -> Workspaces:
        """Memory for `predict`, a workspace for each layer."""
        return [Workspace() for _ in self.layers]

    def _one_way(
        self, prepared: Weights, x: Any, workspaces: Workspaces | None = None
    ) -> np.ndarray:
        own_weights = self.pooled_early().own_weights(prepared)
        for (layer, own), workspace in zip(
            own_weights, workspaces or itertools.repeat(None), strict=False
        ):
            x = layer.predict(own, x, workspace)
        return x

    def pooled_early(self) -> Network:
        """Return an equal network whose convolutions pool before bias and activation.

        The maximum of an increasing function is the function of the maximum, and the
        bias is the same for all pixels: a quarter of the values then remain for both.
        """
        layers: list[Layer] = []
        for layer in self.layers:
            last = layers[-1] if layers else None
            if (
                isinstance(layer, MaxPool)
                and isinstance(last, Conv)
                and last.pool is None
                and ACTIVATIONS[last.activation].increases
            ):
                layers[-1] = replace(last, pool=layer.size)
            else:
                layers.append(layer)
        return replace(self, layers=tuple(layers))

    # --- What others ask -------------------------------------------------------------

    @property
    def structure(self) -> Network:
        """The network without what a compiled program takes at run time."""
        return replace(self, layers=tuple(layer.structure for layer in self.layers))

    @property
    def dropout_rates(self) -> list[float]:
        return [layer.rate for layer in self.layers if isinstance(layer, Dropout)]

    def names(self, setting: str) -> list[str]:
        """The activation or pooling, say, of each layer but dropout that has one."""
        layers = [x for x in self.layers if not isinstance(x, Dropout)]
        return [getattr(x, setting) for x in layers if hasattr(x, setting)]

    def hidden_kernels(self) -> list[bool]:
        """Of each array, whether it is a kernel of a layer before the output."""
        pairs = list(zip(self.layers, self.shapes(), strict=False))
        last = max(n for n, (layer, _) in enumerate(pairs) if layer.n_weights)
        return [
            isinstance(layer, Conv | Dense)
            and number < last
            and len(weight.shape) > 1
            and weight.trained
            for number, (layer, shape) in enumerate(pairs)
            for weight in layer.weights(shape)
        ]

    @property
    def has_convolution(self) -> bool:
        return any(isinstance(layer, Conv) for layer in self.layers)

    @property
    def takes_tokens(self) -> bool:
        """Whether rows are token weights of texts."""
        return isinstance(self.layers[0], EmbeddingPool)

    @property
    def is_linear_text(self) -> bool:
        """Whether the logits are a sum over the tokens (dropout does not matter)."""
        first, *others = [x for x in self.layers if not isinstance(x, Dropout)]
        return (
            isinstance(first, EmbeddingPool)
            and POOLINGS[first.pooling].is_sum
            and len(others) == 1
            and isinstance(others[0], Dense)
        )

    def table(self, name: str) -> str:
        """Table of the layers with their output shapes and numbers of parameters."""
        shapes, total = self.shapes(), 0
        rows = [("Layer", "Output shape", "Parameters")]
        for number, layer in enumerate(self.layers):
            own = layer.weights(shapes[number])
            n_own = sum(math.prod(weight.shape) for weight in own)
            total += n_own
            shape = str(("n", *shapes[number + 1])).replace("'", "")
            rows.append((layer.describe(), shape, f"{n_own:,}"))
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        lines = [
            f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:>{widths[2]}}"
            for row in rows
        ]
        rule = "-" * len(lines[0])
        end = f"Total parameters: {total:,}"
        return "\n".join([name, rule, lines[0], rule, *lines[1:], rule, end])

"""The forward pass in TensorFlow, for use inside a compiled program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import tensorflow as tf

from ..._core.layers.base import Shape
from ..._core.layers.convolution import max_pool_in_graph
from ..._core.network import Network


def scaled(rows: Any, shift: Any, scale: Any, clip: float | None) -> Any:
    """Input scaling, as :mod:`sknets._core.scaling` defines it."""
    z = (tf.cast(rows, tf.float32) - shift) * scale
    return z if clip is None else clip * tf.tanh(z / clip)


class Step:
    """A training step, for the layers that need to know of one.

    Parameters
    ----------
    n_rows : scalar tensor
        Rows of the batch that are no filling; they come first.
    drop : callable
        Drops values of a dropout layer, whose number it takes.
    max_pool : callable, optional
        Another way than TensorFlow's; takes images and the size of the windows.
    """

    def __init__(
        self,
        n_rows: Any,
        drop: Callable[[Any, int], Any],
        max_pool: Callable[[Any, Shape], Any] | None = None,
    ) -> None:
        self.n_rows = n_rows
        self.max_pool = max_pool or partial(max_pool_in_graph, tf)
        self._drop, self._n_dropouts = drop, 0
        self._replaced: dict[int, Any] = {}

    def drop(self, x: Any) -> Any:
        self._n_dropouts += 1
        return self._drop(x, self._n_dropouts - 1)

    def replace(self, weight: Any, value: Any) -> None:
        self._replaced[id(weight)] = value

    def after(self, weights: Sequence[Any]) -> list[Any]:
        """Return the weights, those that layers have replaced in their new value."""
        return [self._replaced.get(id(weight), weight) for weight in weights]


def forward(
    network: Network, weights: Sequence[Any], x: Any, step: Step | None = None
) -> Any:
    """Logits of shape (n_rows, n_outputs) from rows of shape (n_rows, n_features)."""
    x = tf.reshape(x, (-1, *network.input_shape))
    logits = _one_way(network, weights, x, step)
    if network.averages_mirrored and step is None:
        return (logits + _one_way(network, weights, tf.reverse(x, [2]), step)) / 2
    return logits


def _one_way(
    network: Network, weights: Sequence[Any], x: Any, step: Step | None
) -> Any:
    for layer, own in network.pooled_early().own_weights(weights):
        x = layer.in_graph(tf, own, x, step)
    return x

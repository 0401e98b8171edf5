"""The forward pass and the loss in TensorFlow, for use inside a compiled program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from ..._core.network import N_WEIGHTS, Layer, Shape, pooled_early

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "relu": tf.nn.relu,
    "elu": tf.nn.elu,
    "selu": tf.nn.selu,
    "gelu": tf.nn.gelu,
    "silu": tf.nn.silu,
    "tanh": tf.tanh,
    "sigmoid": tf.sigmoid,
    "linear": lambda x: x,
}


def scaled(rows: Any, shift: Any, scale: Any, clip: float | None) -> Any:
    """Input scaling, as :mod:`sknets._core.scaling` defines it."""
    z = (tf.cast(rows, tf.float32) - shift) * scale
    return z if clip is None else clip * tf.tanh(z / clip)


def forward(
    network: Sequence[Layer],
    weights: Sequence[Any],
    x: Any,
    input_shape: Shape,
    drop: Callable[[Any, int], Any] | None = None,
) -> Any:
    """Logits of shape (n_rows, n_outputs) from rows of shape (n_rows, n_features).

    `drop` drops values of a dropout layer, whose number it takes; None to predict.
    """
    x = tf.reshape(x, (-1, *input_shape))
    remaining = iter(weights)
    n_dropouts = 0
    for layer in pooled_early(network):
        own = [next(remaining) for _ in range(N_WEIGHTS.get(layer["layer"], 0))]
        match layer["layer"]:
            case "dense":
                x = ACTIVATIONS[layer["activation"]](x @ own[0] + own[1])
            case "conv":
                x = tf.nn.conv2d(x, own[0], 1, layer["padding"].upper())
                if "pool" in layer:
                    x = _max_pool(x, layer["pool"])
                x = tf.nn.bias_add(x, own[1])
                x = ACTIVATIONS[layer["activation"]](x)
            case "max_pool":
                x = _max_pool(x, layer["size"])
            case "flatten":
                x = tf.reshape(x, (-1, x.shape[1] * x.shape[2] * x.shape[3]))
            case "dropout":
                if drop is not None:
                    x = drop(x, n_dropouts)
                n_dropouts += 1
    return x


def _max_pool(x: Any, size: Shape) -> Any:
    return tf.nn.max_pool2d(x, size, size, "VALID")


def cross_entropy(z: Any, y: Any, smoothing: Any, kind: str) -> Any:
    """Cross-entropy of each row, or of each row and label.

    Parameters
    ----------
    z : tensor of shape (n_rows, n_outputs)
        Logits.
    y : tensor
        Class numbers of shape (n_rows,) for kind "multiclass"; 0.0 and 1.0 of shape
        (n_rows, n_outputs) otherwise.
    smoothing : scalar tensor or float
        Share of the target that is spread evenly over the classes.
    kind : {"multiclass", "binary", "multilabel"}
    """
    if kind != "multiclass":
        target = y * (1.0 - smoothing) + 0.5 * smoothing
        return tf.nn.sigmoid_cross_entropy_with_logits(labels=target, logits=z)
    log_total = tf.reduce_logsumexp(z, axis=1)
    of_class = tf.reduce_sum(z * tf.one_hot(y, z.shape[1]), axis=1)
    return log_total - (1.0 - smoothing) * of_class - smoothing * tf.reduce_mean(z, 1)


def correct(z: Any, y: Any, kind: str) -> Any:
    """1.0 for each row whose labels are all predicted right, else 0.0."""
    if kind == "multiclass":
        return tf.cast(tf.equal(tf.argmax(z, 1, output_type=tf.int32), y), tf.float32)
    right = tf.equal(tf.cast(z > 0, tf.float32), y)
    return tf.cast(tf.reduce_all(right, axis=1), tf.float32)

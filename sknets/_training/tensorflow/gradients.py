"""Gradients of a fitted network with respect to its input."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from ..._core import scaling
from ..._core.network import Layer, Shape, Weights
from .forward import forward, scaled


def logit_gradients(
    network: Sequence[Layer],
    weights: Weights,
    rows: np.ndarray,
    input_scaling: scaling.Scaling,
    input_shape: Shape,
    output: int,
) -> np.ndarray:
    """Gradient of one logit with respect to unscaled input.

    Parameters
    ----------
    network : list of layers
        Not one for text.
    weights : list of ndarray of float32
    rows : ndarray of shape (n_rows, n_features)
        Unscaled input.
    input_scaling : dict
        See :mod:`sknets._core.scaling`.
    input_shape : tuple of int
        Shape of one row as the first layer takes it.
    output : int
        Number of the logit.

    Returns
    -------
    ndarray of shape (n_rows, n_features), float64
    """
    # Linear scaling in numpy, which keeps the digits of wide types.
    linear = {**input_scaling, "clip": None}
    z = tf.constant(scaling.apply(rows, linear))
    with tf.GradientTape() as tape:
        tape.watch(z)
        clipped = scaled(z, 0.0, 1.0, input_scaling["clip"])
        logit = forward(network, weights, clipped, input_shape)[:, output]
    return tape.gradient(logit, z).numpy() * input_scaling["scale"]

"""Gradients of a fitted network with respect to its input."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from ..._core import scaling
from ..._core.layers.base import Weights
from ..._core.network import Network
from .forward import forward, scaled


def logit_gradients(
    network: Network,
    weights: Weights,
    rows: np.ndarray,
    input_scaling: scaling.Scaling,
    output: int,
) -> np.ndarray:
    """Gradient of one logit with respect to unscaled input.

    Parameters
    ----------
    network : Network
        Not one for text.
    weights : list of ndarray of float32
    rows : ndarray of shape (n_rows, n_features)
        Unscaled input.
    input_scaling : dict
        See :mod:`sknets._core.scaling`.
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
        logit = forward(network, weights, clipped)[:, output]
    return tape.gradient(logit, z).numpy() * input_scaling["scale"]

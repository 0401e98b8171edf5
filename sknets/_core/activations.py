"""Activations: the function, its derivative, its form in a TensorFlow graph.

A new activation is one entry here; everything else finds it by its name.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import erf, expit


@dataclass(frozen=True)
class Activation:
    """What an activation is, in NumPy and in TensorFlow.

    Parameters
    ----------
    name : str
        Name in the parameters of the estimators, and in Keras.
    value : callable
        The function of an ndarray, which it may overwrite.
    derivative : callable or None
        Derivative from the input z and the value a; None where it is one.
    in_graph : callable
        The function in a graph, from the module ``tensorflow`` and a tensor.
    needs_input : bool
        Whether the derivative looks at z; if not, `value` may overwrite it.
    increases : bool
        Whether it never decreases: the maximum of its values is then the value of the
        maximum.
    """

    name: str
    value: Callable[[np.ndarray], np.ndarray]
    derivative: Callable[[np.ndarray, np.ndarray], np.ndarray] | None
    in_graph: Callable[[Any, Any], Any]
    needs_input: bool = False
    increases: bool = True


# Klambauer et al., "Self-normalizing neural networks", NIPS 2017.
_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805


def _relu(z: np.ndarray) -> np.ndarray:
    return np.maximum(z, 0, out=z)


def _tanh(z: np.ndarray) -> np.ndarray:
    return np.tanh(z, out=z)


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return expit(z, out=z)


def _elu(z: np.ndarray) -> np.ndarray:
    return np.where(z > 0, z, np.expm1(np.minimum(z, 0)))


def _elu_derivative(z: np.ndarray, a: np.ndarray) -> np.ndarray:
    return np.where(z > 0, np.float32(1), a + 1)


def _selu(z: np.ndarray) -> np.ndarray:
    negative = _SELU_ALPHA * np.expm1(np.minimum(z, 0))
    return _SELU_SCALE * np.where(z > 0, z, negative)


def _selu_derivative(z: np.ndarray, a: np.ndarray) -> np.ndarray:
    return np.where(z > 0, np.float32(_SELU_SCALE), a + _SELU_SCALE * _SELU_ALPHA)


def _gelu(z: np.ndarray) -> np.ndarray:
    return 0.5 * z * (1 + erf(z * math.sqrt(0.5)))


def _gelu_derivative(z: np.ndarray, a: np.ndarray) -> np.ndarray:
    density = np.exp(-0.5 * z * z) * (1 / math.sqrt(2 * math.pi))
    return 0.5 * (1 + erf(z * math.sqrt(0.5))) + z * density


def _silu_derivative(z: np.ndarray, a: np.ndarray) -> np.ndarray:
    s = expit(z)
    return s + a * (1 - s)


ACTIVATIONS: dict[str, Activation] = {
    activation.name: activation
    for activation in (
        Activation("relu", _relu, lambda z, a: a > 0, lambda tf, z: tf.nn.relu(z)),
        Activation(
            "elu", _elu, _elu_derivative, lambda tf, z: tf.nn.elu(z), needs_input=True
        ),
        Activation(
            "selu",
            _selu,
            _selu_derivative,
            lambda tf, z: tf.nn.selu(z),
            needs_input=True,
        ),
        Activation(
            "gelu",
            _gelu,
            _gelu_derivative,
            lambda tf, z: tf.nn.gelu(z),
            needs_input=True,
            increases=False,
        ),
        Activation(
            "silu",
            lambda z: z * expit(z),
            _silu_derivative,
            lambda tf, z: tf.nn.silu(z),
            needs_input=True,
            increases=False,
        ),
        Activation("tanh", _tanh, lambda z, a: 1 - a * a, lambda tf, z: tf.tanh(z)),
        Activation(
            "sigmoid", _sigmoid, lambda z, a: a * (1 - a), lambda tf, z: tf.sigmoid(z)
        ),
        Activation("linear", lambda z: z, None, lambda tf, z: z),
    )
}

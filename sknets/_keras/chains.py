"""Keras models that are chains of layers sknets has: predicting without TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._core import forward, scaling

# What may stand behind the last layer.
LINKS = ("linear", "sigmoid", "softmax")


def read(model: Any) -> dict[str, Any] | None:
    """A model as plain values, or None where it is no such chain.

    Returns
    -------
    dict or None
        `network`, `input_shape` and `scaling` as sknets' own networks have them;
        `positions` of their weights among those of the model; the activation `link`.
    """
    from . import reader

    try:
        layers = reader.chain(model)
        if not all(_is_plain(part) for part in (model, *layers)):
            return None
        reading = reader.read_chain(layers, tuple(model.input_shape[1:]))
    except (ValueError, TypeError, AttributeError):
        return None
    float32 = all(str(weight.dtype) == "float32" for weight in model.weights)
    first = reading.network[0]["layer"]
    if not float32 or first == "embedding_pool" or reading.last not in LINKS:
        return None
    numbers = {id(weight): n for n, weight in enumerate(model.weights)}
    return {
        "network": reading.network,
        "input_shape": tuple(reading.input_shape),
        "scaling": reading.scaling,
        "positions": [numbers[id(w)] for own in reading.owners for w in own.weights],
        "link": reading.last,
    }


def _is_plain(thing: Any) -> bool:
    return type(thing).__module__.partition(".")[0] == "keras"


def outputs(chain: dict[str, Any], weights: list[np.ndarray], X: Any) -> np.ndarray:
    """Outputs of a chain with these weights, of shape (n_samples, n_units)."""
    shape = chain["input_shape"]

    def rows(some: slice) -> np.ndarray:
        part = scaling.dense_rows(X, some)
        part = part.astype(np.float32) if part.dtype.kind == "b" else part
        values = scaling.apply(part, chain["scaling"]).reshape(len(part), *shape)
        return values.astype(kind, copy=False)

    link = chain["link"]
    # Last bits of a float32 product depend on the place of a row; a probability hides
    # them, a number does not.
    kind = np.float64 if link == "linear" else np.float32
    own = [weights[n].astype(kind, copy=False) for n in chain["positions"]]
    logits = forward.logits(chain["network"], own, rows, X.shape[0], shape)
    return logits if link == "linear" else getattr(forward, link)(logits)

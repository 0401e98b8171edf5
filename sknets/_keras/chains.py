"""Keras models that are chains of layers sknets has: predicting without TensorFlow."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._core import prediction, probabilities, scaling
from .._core.network import Network

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
    from . import copies, reader

    # Keras warns of lambdas that it describes, and cannot describe those of pickles.
    with copies.distinct_names(copies.things(model)):
        return _read(model, reader)


def _read(model: Any, reader: Any) -> dict[str, Any] | None:
    try:
        layers = reader.chain(model)
        if not all(_is_plain(part) for part in (model, *layers)):
            return None
        reading = reader.read_chain(layers, tuple(model.input_shape[1:]))
    except (ValueError, TypeError, AttributeError, NotImplementedError):
        return None
    float32 = all(str(weight.dtype) == "float32" for weight in model.weights)
    network = Network(tuple(reading.network), tuple(reading.input_shape))
    if not float32 or network.takes_tokens or reading.last not in LINKS:
        return None
    numbers = {id(weight): n for n, weight in enumerate(model.weights)}
    return {
        "network": network.stored(),
        "input_shape": network.input_shape,
        "scaling": reading.scaling,
        "positions": [
            numbers[id(w)] for own in reading.keras_layers for w in own.weights
        ],
        "link": reading.last,
    }


def _is_plain(thing: Any) -> bool:
    return type(thing).__module__.partition(".")[0] == "keras"


def outputs(chain: dict[str, Any], weights: list[np.ndarray], X: Any) -> np.ndarray:
    """Outputs of a chain with these weights, of shape (n_samples, n_units)."""
    network = Network.from_stored(chain["network"], chain["input_shape"])

    def rows(some: slice) -> np.ndarray:
        part = scaling.dense_rows(X, some)
        part = part.astype(np.float32) if part.dtype.kind == "b" else part
        return scaling.apply(part, chain["scaling"])

    link = chain["link"]
    own = [weights[n] for n in chain["positions"]]
    logits = prediction.logits(network, own, rows, X.shape[0])
    return logits if link == "linear" else getattr(probabilities, link)(logits)

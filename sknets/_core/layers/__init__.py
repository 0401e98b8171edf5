"""The layers: each is a class that holds everything about itself.

Shapes, weights and their first values, the forward and backward pass in NumPy, the form
in a TensorFlow graph, the Keras layer and how it is read back from one, and the line in
the layer table. A new layer is one file here, and a word in `LAYERS`; networks,
trainers, files and Keras models find it there.

Arrays of a layer are in the order and shapes of Keras, those that are not trained (such
as running means) beside the others.
"""

from __future__ import annotations

from typing import Any

from .base import Layer, UnreadableError, Weight
from .batch_norm import BatchNorm
from .convolution import Conv, Flatten, MaxPool
from .dense import Dense
from .dropout import Dropout
from .embedding_pool import EmbeddingPool

__all__ = [
    "LAYERS",
    "BatchNorm",
    "Conv",
    "Dense",
    "Dropout",
    "EmbeddingPool",
    "Flatten",
    "Layer",
    "MaxPool",
    "UnreadableError",
    "Weight",
    "from_stored",
]

LAYERS: dict[str, type[Layer]] = {
    layer.kind: layer
    for layer in (Dense, Conv, MaxPool, Flatten, Dropout, BatchNorm, EmbeddingPool)
}


def from_stored(stored: dict[str, Any]) -> Layer:
    """The layer of which these are the plain values."""
    values = {name: value for name, value in stored.items() if name != "layer"}
    return LAYERS[stored["layer"]](**values)

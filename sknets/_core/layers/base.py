"""What every layer has, first values of weights, and settings of Keras layers."""

from __future__ import annotations

import dataclasses
import math
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Protocol, Self

import numpy as np

Shape = tuple[int, ...]
Weights = list[np.ndarray]
Kept = Any
"""What the backward pass of a layer needs from its forward pass."""


class UnreadableError(ValueError):
    """A Keras layer has settings that no layer here has."""


class Weight(NamedTuple):
    """An array of a layer: its shape, its first values, whether it is trained."""

    shape: Shape
    initial: Callable[[Shape, np.random.Generator], np.ndarray]
    trained: bool = True


class TrainingStep(Protocol):
    """What a layer may ask of a training step in a graph."""

    n_rows: Any
    """Rows of the batch that are no filling; they come first."""

    def drop(self, x: Any) -> Any:
        """Drop values of the next dropout layer."""

    def max_pool(self, x: Any, size: Shape) -> Any:
        """Maximum over windows of images, which do not overlap."""

    def replace(self, weight: Any, value: Any) -> None:
        """Give an array that is not trained its value after the step."""


class Workspace:
    """Memory for arrays in double precision, used again for block after block.

    New memory took a third of the time of small layers: the system hands it over page
    by page, and some allocators give it back at once.
    """

    def __init__(self) -> None:
        self._memory: dict[str, np.ndarray] = {}

    def array(self, name: str, shape: Shape) -> np.ndarray:
        """An array of this shape, of any values, in the memory of this name."""
        size = math.prod(shape)
        if name not in self._memory or size > self._memory[name].size:
            self._memory[name] = np.empty(size)
        return self._memory[name][:size].reshape(shape)


@dataclass(frozen=True)
class Layer:
    """A layer of a network; by itself it changes nothing.

    Rows enter with `shape`, without the axis of the rows.
    """

    kind: ClassVar[str]
    """Name in stored networks."""
    keras_kind: ClassVar[str]
    """Name of the Keras class."""
    n_weights: ClassVar[int] = 0
    n_axes: ClassVar[int | None] = None
    """Number of axes of a row that enters; None takes any."""
    trains_in_numpy: ClassVar[bool] = True

    def is_valid(self) -> bool:
        """Whether its values are of the right types and ranges, as files may lie."""
        return True

    def output_shape(self, shape: Shape) -> Shape:
        return shape

    def weights(self, shape: Shape) -> list[Weight]:
        return []

    def n_values(self, shape: Shape) -> int:
        """Values that the layer works on for one row."""
        return math.prod(shape)

    def prepared(self, weights: Weights) -> Weights:
        """The arrays as `predict` takes them."""
        return weights

    def predict(
        self, weights: Weights, x: Any, workspace: Workspace | None = None
    ) -> Any:
        """Output for the rows of x, each computed by itself; x stays as it is.

        With a workspace the output may lie in it, until its next use.
        """
        return x

    def train(
        self, weights: Weights, x: np.ndarray, rng: np.random.Generator | None
    ) -> tuple[np.ndarray, Kept]:
        """Output while training; arrays that are not trained move on in place.

        x stays as it is: the layer before may keep it.
        """
        if not self.trains_in_numpy:
            raise NotImplementedError(self.kind)
        return x, None

    def backward(
        self, weights: Weights, kept: Kept, d: np.ndarray, gradients: Weights
    ) -> Callable[[], np.ndarray]:
        """Fill the gradients of the weights from that of the output.

        Returns a function that computes the gradient of the input, where it is wanted.
        """
        return lambda: d

    def in_graph(self, tf: Any, weights: Any, x: Any, step: TrainingStep | None) -> Any:
        """Output in a graph; `tf` is TensorFlow, `step` is None to predict."""
        return x

    def to_keras(self, layers: Any, x: Any) -> Any:
        """Output of the Keras layer; `layers` is the module ``keras.layers``."""
        raise NotImplementedError

    @classmethod
    def from_keras(cls, layer: Any, shape: Shape) -> Self:
        """Read a layer of the class `keras_kind`.

        Raises
        ------
        UnreadableError
            If it has settings that this layer has not.
        """
        return cls()

    def describe(self) -> str:
        return self.kind

    @property
    def structure(self) -> Layer:
        """The layer without what a compiled program takes at run time."""
        return self

    def stored(self) -> dict[str, Any]:
        """The layer as plain values."""
        fields = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return {"layer": self.kind, **fields}


# --- First values --------------------------------------------------------------------


def glorot_uniform(shape: Shape, rng: np.random.Generator) -> np.ndarray:
    """Uniform in +-sqrt(6 / (fan_in + fan_out)) [1]_.

    References
    ----------
    .. [1] Glorot and Bengio, "Understanding the difficulty of training deep
       feedforward neural networks", AISTATS 2010.
    """
    receptive = math.prod(shape[:-2])
    limit = math.sqrt(6 / (receptive * (shape[-2] + shape[-1])))
    return _uniform(shape, limit, rng)


def small_uniform(shape: Shape, rng: np.random.Generator) -> np.ndarray:
    """Uniform in +-0.05, as embeddings in Keras."""
    return _uniform(shape, 0.05, rng)


def _uniform(shape: Shape, limit: float, rng: np.random.Generator) -> np.ndarray:
    draw = rng.random(shape, np.float32)
    return (draw * np.float32(2) - np.float32(1)) * np.float32(limit)


def zeros(shape: Shape, rng: np.random.Generator) -> np.ndarray:
    return np.zeros(shape, np.float32)


def ones(shape: Shape, rng: np.random.Generator) -> np.ndarray:
    return np.ones(shape, np.float32)


# --- Values, arrays and Keras layers -------------------------------------------------


def is_size(value: Any) -> bool:
    return type(value) is int and value >= 1


def is_pair(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(map(is_size, value))


def is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


def is_name(value: Any, names: Mapping[str, Any]) -> bool:
    return isinstance(value, str) and value in names


_doubles: dict[int, tuple[weakref.ref, np.ndarray]] = {}
"""Copies of arrays that cannot be written to, by the identity of the array."""


def double(weight: np.ndarray) -> np.ndarray:
    """The array in double precision; converted once if it cannot be written to.

    A conversion takes longer than the product of one row.
    """
    if weight.flags.writeable:
        return weight.astype(np.float64)
    key = id(weight)
    kept = _doubles.get(key)
    if kept is not None and kept[0]() is weight:
        return kept[1]
    converted = weight.astype(np.float64)
    forget = weakref.ref(weight, lambda _: _doubles.pop(key, None))
    _doubles[key] = (forget, converted)
    return converted


def settings_of(layer: Any, **expected: Any) -> dict[str, Any]:
    """Configuration of a Keras layer, after a check of some of its settings."""
    config = layer.get_config()
    for name, value in expected.items():
        found = config.get(name, value)
        found = tuple(found) if isinstance(found, list) else found
        if found != value and found is not None:
            raise UnreadableError(f"{name}={found!r} is not supported, only {value!r}.")
    return config

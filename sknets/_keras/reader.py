"""Keras models read as the plain layers of :mod:`sknets._core.network`.

Only what a chain of the layers that sknets has can hold is read; everything else is
an error that names the layer. Keras itself is not imported: the layers' own
configurations say everything.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

import numpy as np

from .._core import scaling
from .._core.activations import ACTIVATIONS
from .._core.layers import LAYERS, Dense, Dropout, Layer, UnreadableError
from .._core.layers.base import Shape, Weights, settings_of

SUPPORTED = (
    "Supported are chains of Dense, Dropout and Activation layers (dense); Conv2D, "
    "BatchNormalization, MaxPooling2D, Dropout and Activation, then Flatten, Dense and "
    "Dropout (CNN); Embedding, GlobalAveragePooling1D, Dense and Dropout (text); with "
    "Rescaling, Normalization, Flatten or Reshape in front."
)


@dataclass
class Reading:
    """A Keras model as plain layers.

    `keras_layers` names the Keras layer of each entry of `network`; `last` is the
    activation of the output, which `network` leaves out; `averages_mirrored` is that of
    :class:`~sknets._core.network.Network`.
    """

    input_shape: Shape
    network: list[Layer] = field(default_factory=list)
    weights: Weights = field(default_factory=list)
    keras_layers: list[Any] = field(default_factory=list)
    scaling: scaling.Scaling = field(default_factory=scaling.identity)
    last: str = "linear"
    averages_mirrored: bool = False


def refuse(layer: Any, reason: str) -> NoReturn:
    raise ValueError(
        f"from_scikeras cannot take over layer {layer.name!r} "
        f"({type(layer).__name__}): {reason} {SUPPORTED}"
    )


def read(model: Any) -> Reading:
    """Read a chain of layers, or one that is averaged with that of the mirrored image.

    Raises
    ------
    ValueError
        For the first layer that cannot be held.
    """
    one_way = _one_way(model)
    layers = chain(model) if one_way is None else one_way
    reading = read_chain(layers, tuple(model.input_shape[1:]))
    reading.averages_mirrored = one_way is not None
    return reading


def _one_way(model: Any) -> list[Any] | None:
    """The chain in a model that averages it for images and mirror images, if it does.

    `sknets.architectures.to_keras` builds such a model: what is in front; a flip; a
    model, called on both; their average; an activation.
    """
    kinds = [type(layer).__name__ for layer in getattr(model, "layers", [])]
    if kinds[-3:] != ["Functional", "Average", "Activation"]:
        return None
    *front, inner, average, last = model.layers
    nodes = model.get_config()["layers"]
    flips = [node for node in nodes if node["class_name"] == "Flip"]
    flipped = [(flip["name"], flip["config"]["axis"]) for flip in flips]
    if len(flipped) != 1 or flipped[0][1] != 2:
        return None
    sources = {node["name"]: _sources(node["inbound_nodes"]) for node in nodes}
    before, both = front[-1].name, [(inner.name, 0), (inner.name, 1)]
    expected = {
        flipped[0][0]: [(before, 0)],
        inner.name: [(before, 0), (flipped[0][0], 0)],
        average.name: both,
        last.name: [(average.name, 0)],
    }
    if any(sources[name] != found for name, found in expected.items()):
        return None
    outside = [layer for layer in front if type(layer).__name__ != "InputLayer"]
    return [*outside, *chain(inner), last]


def _sources(value: Any) -> list[tuple[str, int]]:
    """Name and number of the call of each layer whose output a configuration names."""
    if isinstance(value, dict):
        if "keras_history" in value:
            name, call, _ = value["keras_history"]
            return [(name, call)]
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [source for part in value for source in _sources(part)]
    return []


def chain(model: Any) -> list[Any]:
    """Layers of a model, each of which has the one before as its only input."""
    if not hasattr(model, "layers") or not getattr(model, "inputs", None):
        raise ValueError(
            f"from_scikeras cannot take over model {model.name!r} "
            f"({type(model).__name__}): it is neither Sequential nor Functional."
        )
    layers = [layer for layer in model.layers if type(layer).__name__ != "InputLayer"]
    if any(kind.__name__ == "Sequential" for kind in type(model).__mro__):
        return layers
    before = model.inputs[0]
    for layer in layers:
        if not _is_behind(layer, before):
            refuse(layer, "the layers do not form a chain.")
        before = layer.output
    return layers


def _is_behind(layer: Any, tensor: Any) -> bool:
    """Whether `tensor` is what this layer takes, and nothing else."""
    try:
        return layer.input is tensor
    except (AttributeError, ValueError):  # used several times
        return False


def read_chain(layers: list[Any], input_shape: Shape) -> Reading:
    """Read a chain of layers on rows of `input_shape`.

    Raises
    ------
    ValueError
        For the first layer that cannot be held.
    """
    position, reading = _read_front(layers, input_shape)
    shape = reading.input_shape
    for before, layer in itertools.pairwise([None, *layers[position:]]):
        kind = type(layer).__name__
        if kind in ("Activation", "ReLU", "Softmax"):
            _activate(reading, layer)
            continue
        after_embedding = type(before).__name__ == "Embedding"
        if after_embedding != (kind == "GlobalAveragePooling1D"):
            refuse(layer, "GlobalAveragePooling1D must follow an Embedding directly.")
        if after_embedding:
            continue
        if kind not in _CLASSES:
            refuse(layer, "sknets has no such layer.")
        try:
            plain = _CLASSES[kind].from_keras(layer, shape)
        except UnreadableError as error:
            refuse(layer, str(error))
        shape = plain.output_shape(shape)
        if isinstance(plain, Dropout) and plain.rate == 0:
            continue
        reading.network.append(plain)
        reading.keras_layers.append(layer)
        reading.weights += [np.array(w, np.float32) for w in layer.get_weights()]
    _split_output(reading, layers[-1])
    return reading


def _split_output(reading: Reading, last_layer: Any) -> None:
    """Take the activation off the last dense layer."""
    output = reading.network[-1] if reading.network else None
    if not isinstance(output, Dense):
        refuse(last_layer, "the last layer with weights must be Dense.")
    reading.last = output.activation
    reading.network[-1] = replace(output, activation="linear")
    for plain, owner in zip(reading.network, reading.keras_layers, strict=True):
        activation = getattr(plain, "activation", "linear")
        if activation not in ACTIVATIONS:
            names = ", ".join(ACTIVATIONS)
            refuse(owner, f"activation {activation!r} is none of {names}.")


def _activate(reading: Reading, layer: Any) -> None:
    """Merge an activation layer into the layer before it."""
    config = layer.get_config()
    settings: dict[str, dict[str, Any]] = {
        "Activation": {},
        "ReLU": {"max_value": None, "negative_slope": 0.0, "threshold": 0.0},
        "Softmax": {"axis": -1},
    }
    for name, value in settings[type(layer).__name__].items():
        if config[name] != value:
            refuse(layer, f"{name}={config[name]!r} is not supported.")
    before: Any = reading.network[-1] if reading.network else None
    if getattr(before, "activation", None) != "linear":
        refuse(layer, "an activation must follow a Dense or Conv2D layer without one.")
    name = config.get("activation", type(layer).__name__.lower())
    reading.network[-1] = replace(before, activation=name)


_CLASSES: dict[str, type[Layer]] = {cls.keras_kind: cls for cls in LAYERS.values()}


# --- What stands in front ------------------------------------------------------------


def _read_front(layers: list[Any], input_shape: Shape) -> tuple[int, Reading]:
    """Read shape changes and scaling; return how many layers they are."""
    reading = Reading(input_shape)
    shift, scale, clip = np.zeros(1), np.ones(1), None
    position = 0
    while position < len(layers):
        layer = layers[position]
        kind = type(layer).__name__
        if kind in ("Flatten", "Reshape"):
            reading.input_shape = tuple(layer.output.shape[1:])
        elif kind in ("Rescaling", "Normalization") and clip is None:
            factor, offset = _affine(layer, reading.input_shape)
            scale = scale * factor
            shift = shift - _ratio(layer, offset, scale)
        elif clip is None and _is_clip(layers[position : position + 2]):
            position += 1
            clip = float(layers[position].get_config()["scale"])
            scale = scale * clip
        else:
            break
        position += 1
    reading.scaling = {"shift": shift, "scale": scale, "clip": clip}
    return position, reading


def _is_clip(layers: list[Any]) -> bool:
    """Whether these are tanh and a factor: the second half of a smooth clip."""
    kinds = [type(layer).__name__ for layer in layers]
    if kinds != ["Activation", "Rescaling"]:
        return False
    factor = layers[1].get_config()
    is_number = isinstance(factor["scale"], float | int) and not np.any(
        factor["offset"]
    )
    return layers[0].get_config()["activation"] == "tanh" and is_number


def _affine(layer: Any, shape: Shape) -> tuple[np.ndarray, np.ndarray]:
    """Factor and offset of a layer, one value for all features or one for each."""
    if type(layer).__name__ == "Rescaling":
        config = layer.get_config()
        factor, offset = config["scale"], config["offset"]
    else:
        try:
            settings_of(layer, invert=False)
        except UnreadableError as error:
            refuse(layer, str(error))
        spread = np.maximum(np.sqrt(np.asarray(layer.variance)), 1e-7)
        factor, offset = 1 / spread, -np.asarray(layer.mean) / spread
    return _per_feature(factor, shape), _per_feature(offset, shape)


def _per_feature(values: Any, shape: Shape) -> np.ndarray:
    values = np.asarray(values, np.float64)
    if values.size == 1:
        return values.reshape(1)
    return np.broadcast_to(values.reshape(values.shape[-len(shape) :]), shape).ravel()


def _ratio(layer: Any, offset: np.ndarray, scale: np.ndarray) -> np.ndarray:
    offset, scale = np.broadcast_arrays(offset, scale)
    if np.any((offset != 0) & (scale == 0)):
        refuse(layer, "it replaces a feature by a constant other than zero.")
    return np.divide(offset, scale, out=np.zeros(offset.shape), where=offset != 0)


# --- Comparing models ----------------------------------------------------------------


def same_structure(model: Any, other: Any) -> bool:
    """Whether two models are the same but for weights and the names of layers."""
    return _structure(model) == _structure(other)


def _structure(model: Any) -> tuple[list[Any], Any]:
    """Kinds, settings and connections of the layers, which are numbers here."""
    config = model.get_config()
    numbers = {layer.name: number for number, layer in enumerate(model.layers)}
    layers = [
        (
            layer["class_name"],
            {**layer["config"], "name": None},
            _numbered(layer.get("inbound_nodes"), numbers),
        )
        for layer in config["layers"]
    ]
    return layers, _numbered(config.get("output_layers"), numbers)


def _numbered(value: Any, numbers: dict[str, int]) -> Any:
    """Plain values with the number of a layer where its name is."""
    if isinstance(value, dict):
        return {key: _numbered(part, numbers) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_numbered(part, numbers) for part in value]
    return numbers.get(value, value) if isinstance(value, str) else value

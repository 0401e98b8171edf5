"""Whether a network is one, and whether its weights are those of its layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .._core.layers import LAYERS, Dense, Layer, from_stored
from .._core.network import Network
from .._training.update_rules import RULES
from .requirements import (
    StateError,
    is_count,
    is_number,
    require,
    require_array,
    require_dict,
)


def check_network(stored: Any, input_shape: tuple[int, ...], n_outputs: int) -> Network:
    """Require layers that follow one another, from the input to the logits."""
    require(isinstance(stored, list) and stored, "network_ must be a list of layers")
    layers: list[Layer] = []
    shape = input_shape
    for number, values in enumerate(stored):
        name = f"layer {number} of network_"
        layer = _layer(values, name)
        require(
            layer.n_axes in (None, len(shape)),
            f"{name}, {layer.kind}, cannot take input {shape}",
        )
        shape = layer.output_shape(shape)
        require(min(shape, default=1) >= 1, f"{name} leaves nothing of its input")
        layers.append(layer)
    last = layers[-1]
    is_output = isinstance(last, Dense) and last.activation == "linear"
    require(
        is_output and shape == (n_outputs,),
        f"network_ must end in a linear dense layer of {n_outputs} units; got {last}",
    )
    return Network(tuple(layers), input_shape)


def _layer(values: Any, name: str) -> Layer:
    kind = values.get("layer") if isinstance(values, dict) else None
    if not isinstance(kind, str) or kind not in LAYERS:
        raise StateError(f"{name} is of no known kind: {kind!r}")
    try:
        layer = from_stored(values)
    except TypeError as error:
        raise StateError(f"{name} has not the values of its kind: {error}") from None
    require(layer.is_valid(), f"{name} has values that no layer has: {layer}")
    return layer


def check_weights(weights: Any, network: Network) -> None:
    """Require finite float32 arrays of the shapes that the layers have."""
    shapes = network.weight_shapes()
    require(
        isinstance(weights, list) and len(weights) == len(shapes),
        f"weights_ must be a list of {len(shapes)} arrays, as its network_ has",
    )
    for number, (weight, shape) in enumerate(zip(weights, shapes, strict=True)):
        require_array(weight, np.float32, shape, f"weights_[{number}]")


def check_optimizer_state(state: Any, weights: Sequence[np.ndarray]) -> None:
    """Require slots of a known optimizer, of the shapes of the weights, without NaN."""
    name = "optimizer_state_"
    require_dict(state, {"optimizer", "n_steps", "slots"}, name)
    structure, slots = state["optimizer"], state["slots"]
    is_known = (
        isinstance(structure, tuple)
        and len(structure) == 2
        and isinstance(structure[0], str)
        and structure[0] in RULES
        and isinstance(structure[1], tuple)
        and set(structure[1]) <= set(RULES[structure[0]].switches)
    )
    require(is_known, f"{name} is of no known optimizer: {structure!r}")
    require(is_count(state["n_steps"]), f"{name} has n_steps={state['n_steps']!r}")
    if slots is None:
        return
    n_slots = len(RULES[structure[0]].first_slots) + ("amsgrad" in structure[1])
    fits = isinstance(slots, list) and len(slots) == len(weights)
    require(fits, f"{name} must have slots for {len(weights)} weights")
    for own, weight in zip(slots, weights, strict=True):
        fits = isinstance(own, tuple) and len(own) == n_slots
        require(fits, f"{name} must have {n_slots} slots for each weight")
        for slot in own:
            _check_slot(slot, weight)


def _check_slot(slot: Any, weight: np.ndarray) -> None:
    """Sums of squares may well be infinite, but no number is not one."""
    fits = (
        isinstance(slot, np.ndarray)
        and slot.dtype == np.float32
        and slot.shape == weight.shape
        and not np.isnan(slot).any()
    )
    require(fits, "optimizer_state_ has slots that do not fit weights_")


def check_scaling(scaling: Any, n_features: int) -> None:
    """Require finite numbers, one for all features or one for each."""
    require_dict(scaling, {"shift", "scale", "clip"}, "input_scaling_")
    for key in ("shift", "scale"):
        array = scaling[key]
        require_array(array, np.float64, (None,), f"input_scaling_[{key!r}]")
        require(
            len(array) in (1, n_features) and len(array) == len(scaling["shift"]),
            f"input_scaling_[{key!r}] has {len(array)} values for {n_features} "
            "features",
        )
    clip = scaling["clip"]
    is_clip = clip is None or (is_number(clip) and clip > 0)
    require(is_clip, f"input_scaling_['clip'] must be above 0 or None; got {clip!r}")

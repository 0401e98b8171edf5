"""Whether a network is one, and whether its weights are those of its layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .._core.network import ACTIVATIONS, POOLINGS, Layer, output_shape, weight_shapes
from .._training.optimizers import RULES
from .requirements import (
    StateError,
    is_count,
    is_number,
    is_size,
    is_tuple_of,
    require,
    require_array,
    require_dict,
)

_is_pair = is_tuple_of(is_size, 2)
_is_activation = frozenset(ACTIVATIONS).__contains__

_FIELDS: dict[str, dict[str, Callable[[Any], bool]]] = {
    "dense": {"units": is_size, "activation": _is_activation},
    "conv": {
        "filters": is_size,
        "kernel": _is_pair,
        "padding": frozenset(("same", "valid")).__contains__,
        "activation": _is_activation,
    },
    "max_pool": {"size": _is_pair},
    "dropout": {"rate": lambda value: is_number(value) and 0 <= value < 1},
    "flatten": {},
    "embedding_pool": {
        "rows": is_size,
        "width": is_size,
        "pooling": frozenset(POOLINGS).__contains__,
    },
}
# Number of axes of what enters a layer; the others take any.
_AXES = {"dense": 1, "conv": 3, "max_pool": 3, "flatten": 3, "embedding_pool": 0}


def check_network(network: Any, input_shape: tuple[int, ...], n_outputs: int) -> None:
    """Require layers that follow one another, from the input to the logits."""
    require(isinstance(network, list) and network, "network_ must be a list of layers")
    shape = input_shape
    for number, layer in enumerate(network):
        name = f"layer {number} of network_"
        _check_layer(layer, name)
        axes = _AXES.get(layer["layer"], len(shape))
        require(
            len(shape) == axes, f"{name}, {layer['layer']}, cannot take input {shape}"
        )
        shape = output_shape(layer, shape)
        require(min(shape, default=1) >= 1, f"{name} leaves nothing of its input")
    last = network[-1]
    is_output = last["layer"] == "dense" and last["activation"] == "linear"
    require(
        is_output and shape == (n_outputs,),
        f"network_ must end in a linear dense layer of {n_outputs} units; got {last}",
    )


def _check_layer(layer: Any, name: str) -> None:
    kind = layer.get("layer") if isinstance(layer, dict) else None
    fields = _FIELDS.get(kind) if isinstance(kind, str) else None
    if fields is None:
        raise StateError(f"{name} is of no known kind: {kind!r}")
    require_dict(layer, {"layer", *fields}, name)
    for field, is_valid in fields.items():
        # A list or dict in its place cannot even be looked up.
        hashable = not isinstance(layer[field], list | dict | np.ndarray)
        require(
            hashable and is_valid(layer[field]),
            f"{name} has {field}={layer[field]!r}",
        )


def check_weights(
    weights: Any, network: Sequence[Layer], input_shape: tuple[int, ...]
) -> None:
    """Require finite float32 arrays of the shapes that the layers have."""
    shapes = weight_shapes(network, input_shape)
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

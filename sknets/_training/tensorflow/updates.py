"""The optimizer's part of a training step, and how it finds the weights arranged."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import tensorflow as tf

from ..._core.layers.base import Shape
from ..optimizers import Optimizer, penalty_gradient
from .fused import padded_length, traced


class Separate:
    """Each array by itself, for programs that XLA compiles as a whole."""

    def __init__(self, shapes: Sequence[Shape]) -> None:
        self.decays = [_decays(shape) for shape in shapes]

    def packed(self, arrays: Sequence[Any]) -> list[Any]:
        return list(arrays)

    def unpacked(self, parts: Sequence[Any]) -> list[Any]:
        return list(parts)


class Packed:
    """Kernels in one long vector, biases and the like in another.

    Their lengths are those of `padded_length`, so that networks share updates.
    """

    def __init__(self, shapes: Sequence[Shape]) -> None:
        self._shapes = list(shapes)
        self._members = {
            decays: numbers
            for decays in (True, False)
            if (numbers := [n for n, s in enumerate(shapes) if _decays(s) == decays])
        }
        self.decays = list(self._members)

    def packed(self, arrays: Sequence[Any]) -> list[Any]:
        parts = []
        for numbers in self._members.values():
            flat = [tf.reshape(arrays[number], [-1]) for number in numbers]
            n_filling = self._sizes(numbers)[-1]
            parts.append(tf.concat([*flat, tf.zeros([n_filling])], axis=0))
        return parts

    def unpacked(self, parts: Sequence[Any]) -> list[Any]:
        arrays: list[Any] = [None] * len(self._shapes)
        for numbers, part in zip(self._members.values(), parts, strict=True):
            *flat, _ = tf.split(part, self._sizes(numbers))
            for number, array in zip(numbers, flat, strict=True):
                arrays[number] = tf.reshape(array, self._shapes[number])
        return arrays

    def _sizes(self, numbers: Sequence[int]) -> list[int]:
        """Lengths of these arrays in their vector, and of the rest of it."""
        sizes = [math.prod(self._shapes[number]) for number in numbers]
        return [*sizes, padded_length(sum(sizes)) - sum(sizes)]


def _decays(shape: Shape) -> bool:
    """Whether an array decays and is penalised: kernels are, biases are not."""
    return len(shape) > 1


def updater(
    structure: tuple, layout: Separate | Packed
) -> Callable[..., tuple[list[Any], list[Any]]]:
    """Function that moves the parts of a layout by their gradients.

    It takes lists of parts, gradients and slots, and the batch and the values of
    `training_program`.
    """
    is_packed = isinstance(layout, Packed)
    make = _compiled_update if is_packed else _update
    updates = [make(structure, decays) for decays in layout.decays]

    def update(parts: Any, gradients: Any, slots: Any, batch: Any, values: Any):
        common = (
            batch["learning_rate"],
            batch["number"],
            values["optimizer"],
            values["weight_decay"],
        )
        moved = [
            change(p, g, own, *common)
            for change, p, g, own in zip(updates, parts, gradients, slots, strict=True)
        ]
        return [p for p, _ in moved], [own for _, own in moved]

    return update


def _update(structure: tuple, decays: bool) -> Callable[..., Any]:
    """Function that moves one array."""
    name, switches, clipping = structure
    optimizer = Optimizer(name, switches, clipping, {}, 0.0, 0.0)
    flags = dict.fromkeys(switches, True)

    def update(p, g, slots, lr, t, hyper_values, weight_decay):
        hyper = _by_name(structure, hyper_values)
        if decays:
            p = p * (1.0 - lr * weight_decay)
        return optimizer.rule.update(p, g, slots, t, lr, hyper, **flags)

    return update


@cache
def _compiled_update(structure: tuple, decays: bool) -> Callable[..., Any]:
    return traced(_update(structure, decays), by_xla=True)


def _by_name(structure: tuple, hyper_values: Any) -> dict[str, Any]:
    name, switches, clipping = structure
    names = Optimizer(name, switches, clipping, {}, 0.0, 0.0).value_names
    return dict(zip(names, tf.unstack(hyper_values), strict=True))


def with_penalties(gradients: Any, weights: Any, penalties: Any) -> list[Any]:
    """Gradients with those of the penalties added."""
    l1, l2 = tf.unstack(penalties)
    return [
        g + penalty_gradient(p, l1, l2) if _decays(p.shape) else g
        for g, p in zip(gradients, weights, strict=True)
    ]


def clipped(gradients: Sequence[Any], structure: tuple, hyper_values: Any) -> Any:
    """Gradients clipped as the optimizer asks for."""
    clipping = structure[2]
    if clipping is None:
        return gradients
    limit = _by_name(structure, hyper_values)[clipping]
    if clipping == "clipvalue":
        return [tf.clip_by_value(g, -limit, limit) for g in gradients]
    if clipping == "clipnorm":
        return [tf.clip_by_norm(g, limit) for g in gradients]
    return tf.clip_by_global_norm(gradients, limit)[0]

"""The optimizer's part of a training step, and how it finds the weights arranged."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import tensorflow as tf

from ..._core.layers.base import Shape
from ..optimizers import Optimizer
from ..update_rules import RULES, penalty_gradient
from .fused import padded_length, traced


@dataclass(frozen=True)
class Kind:
    """What an update depends on: biases do not decay, hidden kernels are matrices."""

    decays: bool
    is_hidden: bool = False


class Separate:
    """Each array by itself, for programs that XLA compiles as a whole.

    `hidden` are the places of kernels of hidden layers that are moved by another rule.
    """

    def __init__(self, shapes: Sequence[Shape], hidden: Sequence[int] = ()) -> None:
        self.kinds = [Kind(_decays(s), n in hidden) for n, s in enumerate(shapes)]

    def packed(self, arrays: Sequence[Any]) -> list[Any]:
        return list(arrays)

    def unpacked(self, parts: Sequence[Any]) -> list[Any]:
        return list(parts)


class Packed:
    """Kernels in one long vector, biases and the like in another, `hidden` as they are.

    The lengths of vectors are those of `padded_length`, so that networks share updates.
    """

    def __init__(self, shapes: Sequence[Shape], hidden: Sequence[int] = ()) -> None:
        self._shapes, self._hidden = list(shapes), list(hidden)
        others = [(n, s) for n, s in enumerate(shapes) if n not in hidden]
        self._members = {
            Kind(decays): numbers
            for decays in (True, False)
            if (numbers := [n for n, s in others if _decays(s) == decays])
        }
        self.kinds = [*self._members, *(Kind(True, True) for _ in hidden)]

    def packed(self, arrays: Sequence[Any]) -> list[Any]:
        parts = []
        for numbers in self._members.values():
            flat = [tf.reshape(arrays[number], [-1]) for number in numbers]
            n_filling = self._sizes(numbers)[-1]
            parts.append(tf.concat([*flat, tf.zeros([n_filling])], axis=0))
        return [*parts, *(arrays[number] for number in self._hidden)]

    def unpacked(self, parts: Sequence[Any]) -> list[Any]:
        arrays: list[Any] = [None] * len(self._shapes)
        vectors, matrices = parts[: len(self._members)], parts[len(self._members) :]
        for numbers, part in zip(self._members.values(), vectors, strict=True):
            *flat, _ = tf.split(part, self._sizes(numbers))
            for number, array in zip(numbers, flat, strict=True):
                arrays[number] = tf.reshape(array, self._shapes[number])
        for number, matrix in zip(self._hidden, matrices, strict=True):
            arrays[number] = matrix
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
    updates = [
        # Products of matrices gain nothing by being compiled.
        _compiled_update(structure, kind)
        if isinstance(layout, Packed) and not kind.is_hidden
        else _update(structure, kind)
        for kind in layout.kinds
    ]

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


def _update(structure: tuple, kind: Kind) -> Callable[..., Any]:
    """Function that moves one array."""
    name, switches, _ = structure
    rule = RULES[name]
    move = (rule.hidden_update if kind.is_hidden else None) or rule.update
    flags = dict.fromkeys(switches, True)

    def update(p, g, slots, lr, t, hyper_values, weight_decay):
        hyper = _by_name(structure, hyper_values)
        if kind.decays:
            p = p * (1.0 - lr * weight_decay)
        return move(p, g, slots, t, lr, hyper, **flags)

    return update


@cache
def _compiled_update(structure: tuple, kind: Kind) -> Callable[..., Any]:
    return traced(_update(structure, kind), by_xla=True)


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

"""Compiled training programs and the cache that keeps them.

A program runs many training steps in one call. It is a pure function: weights and
optimizer state go in and come out, and so do the learning rates, dropout rates, loss
weights and the number of steps. Nothing but what shapes the computation is compiled
in, so the candidates and folds of a search share programs, and threads may run one
program at the same time.

Dense networks are compiled by XLA, which runs the loop over the steps without
returning to TensorFlow's executor: an epoch takes a third to a fifth of the time of
Keras. Convolutions run in a plain graph: inside an XLA loop they lose oneDNN's kernels
and are 20 times slower. What goes on between them is compiled in parts, see `fused`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import tensorflow as tf

from ..._core.layers import MaxPool
from ..._core.network import Network
from ..._core.objectives import Objective
from ..update_rules import RULES
from . import fused
from .augmentation import augmented
from .forward import Step, forward, scaled
from .fused import traced
from .randomness import dropout, dropout_factors
from .updates import Packed, Separate, clipped, updater, with_penalties

# A program of a small network holds a few MB of compiled code and graph.
MAX_PROGRAMS = 32


# Values that a pooling has to see in a training until compiling its gradient pays. On
# two cores compiling takes 0.2 seconds, and the gain is 3 nanoseconds a value.
LONG_TRAINING = 10**8


def is_long(network: Network, n_rows: int) -> bool:
    """Whether training pays for more compiling; `n_rows` are those of all epochs."""
    pooled = [
        math.prod(shape)
        for layer, shape in zip(network.layers, network.shapes(), strict=False)
        if isinstance(layer, MaxPool)
    ]
    return sum(pooled) * n_rows > LONG_TRAINING * len(pooled)


@dataclass(frozen=True)
class ProgramKey:
    """All that is compiled into a program; two fits of equal keys share one.

    With `is_long`, more of it is compiled than would pay for a short training.
    """

    network: Network
    objective: Objective
    batch_size: int
    optimizer: tuple
    clip: float | None
    augmented: bool = False
    penalised: bool = False
    is_long: bool = False


@lru_cache(maxsize=MAX_PROGRAMS)
def training_program(key: ProgramKey) -> Callable[..., Any]:
    """Return the program that trains for up to a chunk of batches.

    It takes ``(weights, slots, batches, values, n_steps)`` and returns
    ``(weights, slots, loss, correct)``, the last two summed over all rows with their
    weights. `batches` holds arrays whose first axis is the step::

        X (steps, batch, features)   y, w (steps, batch[, outputs])   rows (steps,)
        learning_rate (steps,)       number (steps,)                  key (steps,)
    """
    network, objective = key.network, key.objective
    by_parts = network.has_convolution
    layout = _layout(network, key.optimizer, Packed if by_parts else Separate)
    update = updater(key.optimizer, layout)
    parted, merged = _parting([weight.trained for weight in network.weights()])
    loss_of = _loss_function(key, by_parts)

    def step(parts: Any, fixed: Any, slots: Any, batch: Any, values: Any) -> tuple:
        trained = layout.unpacked(parts)
        with tf.GradientTape() as tape:
            tape.watch(trained)
            loss, z, weights = loss_of(merged(trained, fixed), batch, values)
        gradients = tape.gradient(loss, trained)
        if key.penalised:
            gradients = with_penalties(gradients, trained, values["penalties"])
        gradients = clipped(gradients, key.optimizer, values["optimizer"])
        _, fixed = parted(weights)
        parts, slots = update(parts, layout.packed(gradients), slots, batch, values)
        return parts, fixed, slots, *sums(objective, z, batch)

    def program(weights: Any, slots: Any, batches: Any, values: Any, n_steps: Any):
        def body(i, parts, fixed, slots, loss, correct):
            batch = {name: array[i] for name, array in batches.items()}
            *state, more_loss, more_correct = step(parts, fixed, slots, batch, values)
            return i + 1, *state, loss + more_loss, correct + more_correct

        trained, fixed = parted(weights)
        slots, unused_slots = parted(slots)
        packed_slots = _for_each_slot(layout.packed, slots)
        start = (layout.packed(trained), fixed, packed_slots)
        _, parts, fixed, packed_slots, loss, correct = tf.while_loop(
            lambda i, *_: i < n_steps,
            body,
            (tf.constant(0), *start, tf.constant(0.0), tf.constant(0.0)),
            parallel_iterations=1,
        )
        weights = merged(layout.unpacked(parts), fixed)
        slots = _for_each_slot(layout.unpacked, packed_slots)
        return weights, merged(slots, unused_slots), loss, correct

    return traced(program, by_xla=not by_parts)


def _layout(
    network: Network, optimizer: tuple, kind: type[Packed | Separate]
) -> Packed | Separate:
    """Arrangement of the trained weights, in which the optimizer finds them."""
    pairs = zip(network.weights(), network.hidden_kernels(), strict=True)
    trained = [(weight.shape, hidden) for weight, hidden in pairs if weight.trained]
    by_matrices = RULES[optimizer[0]].hidden_update is not None
    hidden = [n for n, (_, flag) in enumerate(trained) if flag and by_matrices]
    return kind([shape for shape, _ in trained], hidden)


def _loss_function(key: ProgramKey, by_parts: bool) -> Callable[..., Any]:
    """Function of weights, batch and values: loss, logits, weights after the step."""
    network, objective = key.network, key.objective
    changed: Callable[..., Any] = partial(augmented, shape=network.input_shape)
    factors = dropout_factors
    pool = fused.max_pool_of_long_training if key.is_long else None
    if by_parts:
        changed = fused.augmentation(network.input_shape)
        factors = fused.dropout_factors

    def loss_of(weights: Any, batch: Any, values: Any) -> Any:
        x = scaled(batch["X"], values["shift"], values["scale"], key.clip)
        if key.augmented:
            drawn = (values[name] for name in ("ranges", "black", "unchanged"))
            x = changed(x, *drawn, batch["key"])

        def drop(x: Any, n: int) -> Any:
            return dropout(x, values["rates"][n], batch["key"], n, factors)

        step = Step(batch["rows"], drop, pool)
        z = forward(network, weights, x, step)
        losses = objective.losses_in_graph(tf, z, batch["y"], values["smoothing"])
        n_values = batch["rows"] * (1 if len(losses.shape) == 1 else z.shape[1])
        loss = tf.reduce_sum(losses * batch["w"]) / n_values
        return loss, z, step.after(weights)

    return loss_of


def _parting(is_trained: Sequence[bool]) -> tuple[Callable, Callable]:
    """Functions that part a list into what is trained and what is not, and back."""

    def parted(values: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        pairs = list(zip(values, is_trained, strict=True))
        return [v for v, flag in pairs if flag], [v for v, flag in pairs if not flag]

    def merged(trained: Sequence[Any], fixed: Sequence[Any]) -> list[Any]:
        sources = iter(trained), iter(fixed)
        return [next(sources[0 if flag else 1]) for flag in is_trained]

    return parted, merged


def _for_each_slot(change: Callable[..., Any], slots: Sequence[tuple]) -> list[tuple]:
    """Apply a function of one array a weight to each slot of an optimizer."""
    changed = [change(arrays) for arrays in zip(*slots, strict=True)]
    return list(zip(*changed, strict=True))


def sums(objective: Objective, z: Any, batch: Any) -> tuple[Any, Any]:
    """Plain loss, without smoothing, and metric, both weighted and summed."""
    losses = objective.losses_in_graph(tf, z, batch["y"], 0.0)
    correct, w = objective.correct_in_graph(tf, z, batch["y"]), batch["w"]
    if len(losses.shape) == 1:
        return tf.reduce_sum(losses * w), tf.reduce_sum(correct * w)
    loss = tf.reduce_sum(tf.reduce_mean(losses * w, axis=1))
    return loss, tf.reduce_sum(correct * tf.reduce_mean(w, axis=1))


@lru_cache(maxsize=MAX_PROGRAMS)
def prediction_program(network: Network, clip: float | None) -> Callable[..., Any]:
    """Program that predicts: ``(weights, rows, shift, scale)`` to logits."""

    def program(weights: Any, rows: Any, shift: Any, scale: Any) -> Any:
        return forward(network, weights, scaled(rows, shift, scale, clip))

    return traced(program, by_xla=not network.has_convolution)

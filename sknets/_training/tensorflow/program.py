"""Compiled training programs and the cache that keeps them.

A program runs many training steps in one call. It is a pure function: weights and
optimizer state go in and come out, and so do the learning rates, dropout rates, loss
weights and the number of steps. Nothing but what shapes the computation is compiled
in, so the candidates and folds of a search share programs, and threads may run one
program at the same time.

Dense networks are compiled by XLA, which runs the loop over the steps without
returning to TensorFlow's executor: an epoch takes a third to a fifth of the time of
Keras. Convolutions run in a plain graph: inside an XLA loop they lose oneDNN's kernels
and are 20 times slower.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import tensorflow as tf

from ..._core.network import Network
from ..._core.objectives import Objective
from ..optimizers import Optimizer, penalty_gradient
from .augmentation import augmented
from .forward import Step, forward, scaled
from .randomness import dropout, dropout_factors

# A program of a small network holds a few MB of compiled code and graph.
MAX_PROGRAMS = 32


@dataclass(frozen=True)
class ProgramKey:
    """All that is compiled into a program; two fits of equal keys share one."""

    network: Network
    objective: Objective
    batch_size: int
    optimizer: tuple
    clip: float | None
    augmented: bool = False
    penalised: bool = False


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
    is_trained = [weight.trained for weight in network.weights()]
    compiled = not network.has_convolution
    # Fused loops; in a plain graph each of their operations passes over memory.
    changed = _fused(partial(augmented, shape=network.input_shape))
    factors = _fused(dropout_factors)

    def loss_of(weights: Any, batch: Any, values: Any) -> Any:
        x = scaled(batch["X"], values["shift"], values["scale"], key.clip)
        if key.augmented:
            x = changed(x, values["ranges"], values["black"], batch["key"])

        def drop(x: Any, n: int) -> Any:
            return dropout(x, values["rates"][n], batch["key"], n, factors)

        step = Step(batch["rows"], drop)
        z = forward(network, weights, x, step)
        losses = objective.losses_in_graph(tf, z, batch["y"], values["smoothing"])
        n_values = batch["rows"] * (1 if len(losses.shape) == 1 else z.shape[1])
        loss = tf.reduce_sum(losses * batch["w"]) / n_values
        return loss, z, step.after(weights)

    update = _fused(updater(key.optimizer, is_trained, key.penalised))

    def step(weights: Any, slots: Any, batch: Any, values: Any) -> tuple:
        trained = [w for w, flag in zip(weights, is_trained, strict=True) if flag]
        with tf.GradientTape() as tape:
            tape.watch(trained)
            loss, z, weights = loss_of(weights, batch, values)
        gradients = tape.gradient(loss, trained)
        weights, slots = update(weights, gradients, slots, batch, values)
        return weights, slots, *sums(objective, z, batch)

    def program(weights: Any, slots: Any, batches: Any, values: Any, n_steps: Any):
        def body(i, weights, slots, loss, hits):
            batch = {name: array[i] for name, array in batches.items()}
            weights, slots, more_loss, more_hits = step(weights, slots, batch, values)
            return i + 1, weights, slots, loss + more_loss, hits + more_hits

        return tf.while_loop(
            lambda i, *_: i < n_steps,
            body,
            (tf.constant(0), weights, slots, tf.constant(0.0), tf.constant(0.0)),
            parallel_iterations=1,
        )[1:]

    return _function(program, compiled)


def _function(function: Callable[..., Any], compiled: bool) -> Callable[..., Any]:
    traced = tf.function(function, jit_compile=compiled, autograph=False)
    # TensorFlow counts by the line in the file, so that programs of networks that
    # differ seem to be one that is traced again and again.
    traced._omit_frequent_tracing_warning = True
    return traced


def _fused(function: Callable[..., Any]) -> Callable[..., Any]:
    return _function(function, compiled=True)


def sums(objective: Objective, z: Any, batch: Any) -> tuple[Any, Any]:
    """Plain loss, without smoothing, and metric, both weighted and summed."""
    losses = objective.losses_in_graph(tf, z, batch["y"], 0.0)
    hits, w = objective.hits_in_graph(tf, z, batch["y"]), batch["w"]
    if len(losses.shape) == 1:
        return tf.reduce_sum(losses * w), tf.reduce_sum(hits * w)
    loss = tf.reduce_sum(tf.reduce_mean(losses * w, axis=1))
    return loss, tf.reduce_sum(hits * tf.reduce_mean(w, axis=1))


def updater(
    structure: tuple, is_trained: Sequence[bool], penalised: bool = False
) -> Callable[..., Any]:
    """Function that updates the trained weights by their gradients.

    If `penalised`, those of the penalties are part of them.
    """
    name, switches, clipping = structure
    optimizer = Optimizer(name, switches, clipping, {}, 0.0, 0.0)
    flags = dict.fromkeys(switches, True)

    def update(weights: Any, gradients: Any, slots: Any, batch: Any, values: Any):
        lr, t = batch["learning_rate"], batch["number"]
        hyper = dict(
            zip(optimizer.value_names, tf.unstack(values["optimizer"]), strict=True)
        )
        if penalised:
            updated = [p for p, flag in zip(weights, is_trained, strict=True) if flag]
            gradients = _with_penalties(gradients, updated, values["penalties"])
        remaining = iter(_clipped(gradients, clipping, hyper))
        new_weights, new_slots = [], []
        for p, own, trained in zip(weights, slots, is_trained, strict=True):
            if not trained:
                new_weights.append(p)
                new_slots.append(own)
                continue
            g = next(remaining)
            if len(p.shape) > 1:  # biases do not decay
                p = p * (1.0 - lr * values["weight_decay"])
            p, own = optimizer.rule.update(p, g, own, t, lr, hyper, **flags)
            new_weights.append(p)
            new_slots.append(own)
        return new_weights, new_slots

    return update


def _with_penalties(gradients: Any, weights: Any, penalties: Any) -> list[Any]:
    l1, l2 = tf.unstack(penalties)
    return [
        g + penalty_gradient(p, l1, l2) if len(p.shape) > 1 else g
        for g, p in zip(gradients, weights, strict=True)
    ]


def _clipped(gradients: Sequence[Any], clipping: str | None, hyper: Any) -> Any:
    if clipping == "clipvalue":
        limit = hyper["clipvalue"]
        return [tf.clip_by_value(g, -limit, limit) for g in gradients]
    if clipping == "clipnorm":
        return [tf.clip_by_norm(g, hyper["clipnorm"]) for g in gradients]
    if clipping == "global_clipnorm":
        return tf.clip_by_global_norm(gradients, hyper["global_clipnorm"])[0]
    return gradients


@lru_cache(maxsize=MAX_PROGRAMS)
def prediction_program(network: Network, clip: float | None) -> Callable[..., Any]:
    """Program that predicts: ``(weights, rows, shift, scale)`` to logits."""

    def program(weights: Any, rows: Any, shift: Any, scale: Any) -> Any:
        return forward(network, weights, scaled(rows, shift, scale, clip))

    return _function(program, compiled=not network.has_convolution)

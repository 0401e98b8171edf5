"""Update rules of the optimizers, with every hyperparameter a run-time value.

A rule changes one array by its gradient: ``update(p, g, slots, t, lr, h)`` returns the
new array and the new slots, `t` being the number of this step counted from 1 and `h`
the hyperparameters by name. Muon has another rule for the kernels of hidden layers, as
matrices; all others take each number by itself.

The formulas, names and defaults are those of the Keras optimizers of the same name (a
test holds each against Keras' own). They are written here because a Keras optimizer
keeps its state in variables and its hyperparameters as constants: a search over
``optimizer__beta_1`` would compile one program a candidate, and two threads could not
train with one program at the same time. Keras' Muon leaves convolutions to Adam.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg.blas import saxpy, sscal

Update = Callable[..., tuple[Any, tuple[Any, ...]]]


@dataclass(frozen=True)
class Rule:
    """One optimizer: its update, hyperparameters with defaults, switches, slots.

    `in_place` is the update in NumPy without new arrays, where there is one; it takes
    an array like p to work in, and changes p and the slots, which are contiguous and of
    float32. `hidden_update` is that of the kernels of hidden layers, where it is
    another one. `are_on` are the switches that are on unless they are given.
    """

    update: Update
    defaults: Mapping[str, float]
    first_slots: tuple[float | str, ...]
    switches: tuple[str, ...] = ()
    learning_rate: float = 1e-3
    weight_decay: float = 0.0
    in_place: Callable[..., None] | None = None
    hidden_update: Update | None = None
    are_on: tuple[str, ...] = ()


def _library(x: Any) -> Any:
    """Return numpy for numpy's own numbers and arrays, TensorFlow inside a program."""
    if isinstance(x, np.ndarray | np.generic | float):
        return np
    import tensorflow as tf

    return tf


def _sqrt(x: Any) -> Any:
    return _library(x).sqrt(x)


def _maximum(a: Any, b: Any) -> Any:
    return _library(a).maximum(a, b)


def penalty_gradient(p: Any, l1: Any, l2: Any) -> Any:
    """Gradient of ``l1 * sum(abs(p)) + l2 * sum(p * p)``."""
    return l1 * _library(p).sign(p) + 2 * l2 * p


def _sgd(p, g, slots, t, lr, h, nesterov=False):
    velocity = h["momentum"] * slots[0] - lr * g
    step = h["momentum"] * velocity - lr * g if nesterov else velocity
    return p + step, (velocity,)


def _adam(p, g, slots, t, lr, h, amsgrad=False):
    m = slots[0] + (g - slots[0]) * (1 - h["beta_1"])
    v = slots[1] + (g * g - slots[1]) * (1 - h["beta_2"])
    new_slots = (m, v, _maximum(slots[2], v)) if amsgrad else (m, v)
    step = _adam_rate(t, lr, h) * m / (_sqrt(new_slots[-1]) + h["epsilon"])
    return p - step, new_slots


def _adam_in_place(p, g, slots, t, lr, h, scratch, amsgrad=False):
    # New arrays of this size come from the system each time, which costs several times
    # what is computed in them. BLAS multiplies and adds in one pass.
    m, v = (slot.reshape(-1) for slot in slots[:2])
    sscal(h["beta_1"], m)
    saxpy(g.reshape(-1), m, a=1 - h["beta_1"])
    np.square(g, out=scratch)
    sscal(h["beta_2"], v)
    saxpy(scratch.reshape(-1), v, a=1 - h["beta_2"])
    if amsgrad:
        np.maximum(slots[2], slots[1], out=slots[2])
    np.sqrt(slots[-1], out=scratch)  # with amsgrad the largest so far
    scratch += h["epsilon"]
    np.divide(slots[0], scratch, out=scratch)
    rate = _adam_rate(t, lr, h)
    if np.ndim(rate):  # each value has its own
        scratch *= rate
        p -= scratch
    else:
        saxpy(scratch.reshape(-1), p.reshape(-1), a=-rate)


def _adam_rate(t, lr, h):
    """Learning rate that makes up for moments that start at zero."""
    return lr * _sqrt(1 - h["beta_2"] ** t) / (1 - h["beta_1"] ** t)


def _nadam(p, g, slots, t, lr, h):
    m, v, product = slots
    now = h["beta_1"] * (1 - 0.5 * 0.96**t)
    later = h["beta_1"] * (1 - 0.5 * 0.96 ** (t + 1))
    product = product * now
    m = m + (g - m) * (1 - h["beta_1"])
    v = v + (g * g - v) * (1 - h["beta_2"])
    m_hat = later * m / (1 - product * later) + (1 - now) * g / (1 - product)
    v_hat = v / (1 - h["beta_2"] ** t)
    return p - lr * m_hat / (_sqrt(v_hat) + h["epsilon"]), (m, v, product)


def _adamax(p, g, slots, t, lr, h):
    m = slots[0] + (g - slots[0]) * (1 - h["beta_1"])
    u = _maximum(h["beta_2"] * slots[1], abs(g))
    return p - lr * m / ((1 - h["beta_1"] ** t) * (u + h["epsilon"])), (m, u)


def _rmsprop(p, g, slots, t, lr, h, centered=False):
    velocity = h["rho"] * slots[0] + (1 - h["rho"]) * g * g
    variance = velocity
    mean = slots[2]
    if centered:
        mean = h["rho"] * mean + (1 - h["rho"]) * g
        variance = velocity - mean * mean
    momentum = h["momentum"] * slots[1] + lr * g / _sqrt(variance + h["epsilon"])
    return p - momentum, (velocity, momentum, mean)


def _adagrad(p, g, slots, t, lr, h):
    total = slots[0] + g * g
    return p - lr * g / _sqrt(total + h["epsilon"]), (total,)


def _adadelta(p, g, slots, t, lr, h):
    gradients = h["rho"] * slots[0] + (1 - h["rho"]) * g * g
    step = -_sqrt(slots[1] + h["epsilon"]) / _sqrt(gradients + h["epsilon"]) * g
    steps = h["rho"] * slots[1] + (1 - h["rho"]) * step * step
    return p + lr * step, (gradients, steps)


def _lion(p, g, slots, t, lr, h):
    m = slots[0]
    step = _library(g).sign(m * h["beta_1"] + g * (1 - h["beta_1"]))
    return p - lr * step, (m * h["beta_2"] + g * (1 - h["beta_2"]),)


def _muon(p, g, slots, t, lr, h, nesterov=False):
    """Move a kernel of a hidden layer, as a matrix of one column for each output."""
    momentum = h["momentum"] * slots[0] + g
    step = g + h["momentum"] * momentum if nesterov else momentum
    inputs, outputs = math.prod(p.shape[:-1]), p.shape[-1]
    matrix = _library(p).reshape(step, (inputs, outputs))
    step = _library(p).reshape(_orthogonal(matrix), p.shape)
    rate = lr * h["rms_rate"] * math.sqrt(max(inputs, outputs))
    return p - rate * step, (momentum, slots[1])


def _muon_elsewhere(p, g, slots, t, lr, h, nesterov=False):
    of_adam = {name: h[f"adam_{name}"] for name in ("beta_1", "beta_2")}
    of_adam["epsilon"] = h["epsilon"]
    return _adam(p, g, slots, t, lr * h["adam_lr_ratio"], of_adam)


# Coefficients and number of the steps that bring singular values near one.
NEWTON_SCHULZ, N_NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315), 5


def _orthogonal(x: Any) -> Any:
    """Matrix with the singular vectors of x, and singular values between 0.7 and 1.2.

    Steps ``x = (a + b * x @ x.T + c * (x @ x.T) ** 2) @ x`` of Newton and Schulz [1]_.
    All of them are polynomials of the first ``x @ x.T``, which is the smaller matrix:
    x itself is multiplied once.

    References
    ----------
    .. [1] Jordan et al., "Muon: an optimizer for hidden layers in neural networks",
       2024.
    """
    tall = x.shape[0] > x.shape[1]
    library = _library(x)
    total = np.sum if library is np else library.reduce_sum
    x = x / (_sqrt(total(x * x)) + np.float32(1e-7))
    xt = library.transpose(x)
    gram = xt @ x if tall else x @ xt
    a, b, c = map(np.float32, NEWTON_SCHULZ)
    one = a * np.eye(gram.shape[0], dtype=np.float32)
    product = None
    for number in range(N_NEWTON_SCHULZ):
        factor = one + b * gram + c * (gram @ gram)
        product = factor if product is None else factor @ product
        if number < N_NEWTON_SCHULZ - 1:
            gram = factor @ gram @ factor
    return x @ product if tall else product @ x


_ADAM = {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}

RULES: dict[str, Rule] = {
    "sgd": Rule(_sgd, {"momentum": 0.0}, (0.0,), ("nesterov",), learning_rate=0.01),
    "adam": Rule(_adam, _ADAM, (0.0, 0.0), ("amsgrad",), in_place=_adam_in_place),
    "adamw": Rule(
        _adam, _ADAM, (0.0, 0.0), ("amsgrad",), weight_decay=0.004,
        in_place=_adam_in_place,
    ),
    "nadam": Rule(_nadam, _ADAM, (0.0, 0.0, 1.0)),
    "adamax": Rule(_adamax, _ADAM, (0.0, 0.0)),
    "rmsprop": Rule(
        _rmsprop,
        {"rho": 0.9, "momentum": 0.0, "epsilon": 1e-7},
        (0.0, 0.0, 0.0),
        ("centered",),
    ),
    "adagrad": Rule(
        _adagrad,
        {"initial_accumulator_value": 0.1, "epsilon": 1e-7},
        ("initial_accumulator_value",),
    ),
    "adadelta": Rule(_adadelta, {"rho": 0.95, "epsilon": 1e-7}, (0.0, 0.0)),
    "lion": Rule(_lion, {"beta_1": 0.9, "beta_2": 0.99}, (0.0,)),
    "muon": Rule(
        _muon_elsewhere,
        {
            "momentum": 0.95, "rms_rate": 0.2, "adam_lr_ratio": 1.0,
            "adam_beta_1": 0.9, "adam_beta_2": 0.999, "epsilon": 1e-7,
        },
        (0.0, 0.0),
        ("nesterov",),
        weight_decay=0.004,
        hidden_update=_muon,
        are_on=("nesterov",),
    ),
}  # fmt: skip

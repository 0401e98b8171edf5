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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from scipy.linalg.blas import saxpy, sscal

Slots = tuple[Any, ...]
Update = Callable[..., tuple[Any, Slots]]


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

# Ranges of the values: lowest, highest, and whether the ends belong to them. Beyond
# these a rule divides by zero, takes the root of a negative number or goes uphill.
LIMITS: dict[str, tuple[float, float, str]] = {
    "learning_rate": (0.0, math.inf, "()"),
    "weight_decay": (0.0, math.inf, "[)"),
    "momentum": (0.0, 1.0, "[]"),
    "beta_1": (0.0, 1.0, "[)"),
    "beta_2": (0.0, 1.0, "[)"),
    "adam_beta_1": (0.0, 1.0, "[)"),
    "adam_beta_2": (0.0, 1.0, "[)"),
    "rho": (0.0, 1.0, "[)"),
    "rms_rate": (0.0, math.inf, "()"),
    "adam_lr_ratio": (0.0, math.inf, "()"),
    "epsilon": (0.0, math.inf, "[)"),
    "initial_accumulator_value": (0.0, math.inf, "[)"),
    "clipnorm": (0.0, math.inf, "(]"),
    "clipvalue": (0.0, math.inf, "(]"),
    "global_clipnorm": (0.0, math.inf, "(]"),
}
CLIPPINGS = ("clipnorm", "clipvalue", "global_clipnorm")
SCHEDULED = ("learning_rate", "weight_decay")


@dataclass(frozen=True)
class Optimizer:
    """A rule with its settings; `name`, `switches` and `clipping` shape the program."""

    name: str
    switches: tuple[str, ...]
    clipping: str | None
    values: Mapping[str, float]
    learning_rate: float
    weight_decay: float

    @property
    def rule(self) -> Rule:
        return RULES[self.name]

    @property
    def structure(self) -> tuple:
        """What of the optimizer is compiled into a program."""
        return (self.name, self.switches, self.clipping)

    @property
    def value_names(self) -> tuple[str, ...]:
        """Names of the run-time values, in the order in which programs take them."""
        return tuple(self.rule.defaults) + (CLIPPINGS if self.clipping else ())

    def first_slots(self, weights: Sequence[Any]) -> list[tuple[Any, ...]]:
        """State before the first step: one tuple of arrays for each weight array."""
        first = list(self.rule.first_slots)
        if "amsgrad" in self.switches:
            first.append(0.0)
        starts = [self.values[s] if isinstance(s, str) else s for s in first]
        return [
            tuple(np.full(w.shape, start, np.float32) for start in starts)
            for w in weights
        ]


def valid_names(optimizer: str) -> list[str]:
    """Names that may follow ``optimizer__`` for an optimizer."""
    rule = RULES[optimizer]
    return sorted([*rule.defaults, *rule.switches, *CLIPPINGS, *SCHEDULED])


def make_optimizer(
    optimizer: Any,
    learning_rate: float | None,
    weight_decay: float | None,
    settings: Mapping[str, Any],
) -> Optimizer:
    """Settle an optimizer from the estimator's parameters.

    Parameters
    ----------
    optimizer : str, keras.optimizers.Optimizer, or class of one
        A name in `RULES`, the Keras class of that name, or an instance of it, whose
        settings then are the defaults.
    learning_rate, weight_decay : float or None
        None leaves them to the optimizer.
    settings : mapping
        What the user gave as ``optimizer__*``; wins over everything else. None leaves
        a value to the optimizer.

    Raises
    ------
    ValueError
        If the optimizer or one of the settings is unknown, with the valid names, or a
        value is out of range.
    """
    name, given = _name_and_settings(optimizer)
    if learning_rate is not None:
        given["learning_rate"] = learning_rate
    if weight_decay is not None:
        given["weight_decay"] = weight_decay
    check_settings(name, settings)
    rule = RULES[name]
    given.update({k: v for k, v in settings.items() if not _is_unset(k, v)})
    _check_rate(given.get("learning_rate"))
    for key, value in given.items():
        _check_value(f"optimizer__{key}" if key in settings else key, key, value)
    clipping = [key for key in CLIPPINGS if given.get(key) is not None]
    if len(clipping) > 1:
        raise ValueError(
            f"Only one of {', '.join(CLIPPINGS)} can be set; got {clipping!r}."
        )
    values = {key: float(given.get(key, rule.defaults[key])) for key in rule.defaults}
    values |= {key: float(given.get(key) or math.inf) for key in CLIPPINGS}
    lr, decay = given.get("learning_rate"), given.get("weight_decay")
    return Optimizer(
        name=name,
        switches=tuple(k for k in rule.switches if given.get(k, k in rule.are_on)),
        clipping=clipping[0] if clipping else None,
        values=values,
        learning_rate=rule.learning_rate if lr is None else float(lr),
        weight_decay=rule.weight_decay if decay is None else float(decay),
    )


def check_settings(optimizer: Any, settings: Mapping[str, Any]) -> None:
    """Raise ValueError for a setting that the optimizer does not have."""
    name, _ = _name_and_settings(optimizer)
    valid = valid_names(name)
    unknown = sorted(set(settings) - set(valid))
    having = {key: _optimizers_with(key) for key in unknown}
    unknown = [k for k in unknown if not (having[k] and _is_unset(k, settings[k]))]
    if not unknown:
        return
    message = (
        f"Invalid parameter optimizer__{unknown[0]} for optimizer {name!r}. "
        f"Valid parameters are: {', '.join('optimizer__' + key for key in valid)}."
    )
    if having[unknown[0]]:
        message += (
            f" It is one of {', '.join(having[unknown[0]])}: set optimizer to one of "
            f"these, or set_params(optimizer__{unknown[0]}=None) takes it away; a "
            "search over several optimizers needs a list of grids, one for each."
        )
    raise ValueError(message)


def _optimizers_with(setting: str) -> list[str]:
    """Names of the optimizers that have a setting."""
    return [name for name in sorted(RULES) if setting in valid_names(name)]


def _is_unset(setting: str, value: Any) -> bool:
    """Whether a setting is None where that is no value of its own."""
    return value is None and setting not in (*CLIPPINGS, *SCHEDULED)


def _check_rate(learning_rate: Any) -> None:
    """Refuse schedule objects, which know nothing of epochs and rows."""
    if learning_rate is not None and not isinstance(learning_rate, Real):
        raise ValueError(
            "The learning rate must be a number here, and not a schedule object; got "
            f"{learning_rate!r}. Set learning_rate_schedule='cosine' or 'one_cycle', "
            "or learning_rate_schedule='constant' with the callback "
            "keras.callbacks.LearningRateScheduler(lambda epoch, rate: ...)."
        )


def _check_value(label: str, key: str, value: Any) -> None:
    """Raise ValueError unless a setting has a value in its range."""
    if key not in LIMITS:
        if value in (True, False):  # 0 and 1 as well
            return
        raise ValueError(f"{label} must be True or False; got {value!r}.")
    if value is None and key in (*CLIPPINGS, *SCHEDULED):
        return
    low, high, ends = LIMITS[key]
    is_number = isinstance(value, Real) and type(value) is not bool
    number = float(value) if is_number else math.nan
    above = number >= low if ends[0] == "[" else number > low
    below = number <= high if ends[1] == "]" else number < high
    if above and below:
        return
    raise ValueError(
        f"{label} must be a number in {ends[0]}{low:g}, {high:g}{ends[1]}; "
        f"got {value!r}."
    )


def _name_and_settings(optimizer: Any) -> tuple[str, dict[str, Any]]:
    """Name of the rule, and the settings of a Keras instance."""
    config: dict[str, Any] = {}
    if isinstance(optimizer, str):
        name = optimizer.lower()
    elif isinstance(optimizer, type):
        name = optimizer.__name__.lower()
    else:
        name = type(optimizer).__name__.lower()
        config = optimizer.get_config() if hasattr(optimizer, "get_config") else {}
    if name not in RULES:
        raise ValueError(
            f"optimizer must be one of {sorted(RULES)}, or a Keras optimizer or its "
            f"class of one of these kinds; got {optimizer!r}."
        )
    _check_rate(config.get("learning_rate"))
    return name, {key: config[key] for key in valid_names(name) if key in config}

"""Optimizers with their settings, checked: what an estimator asks for.

`update_rules` has what they do in a step.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from .update_rules import RULES, Rule

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
# Settings that every optimizer has; each may be None.
OF_ALL = ("learning_rate", "weight_decay", *CLIPPINGS)


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
    return sorted([*rule.defaults, *rule.switches, *OF_ALL])


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
    return value is None and setting not in OF_ALL


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
    if value is None and key in OF_ALL:
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

"""What Keras objects were made with, also where their configurations leave it out.

A copy is made of a configuration. That of a user's class may lack arguments, of which
the copy would have the defaults.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np

from .._tensorflow import keras
from .routing import takes_any

SCHEDULE = keras.optimizers.schedules.LearningRateSchedule
# Of what a configuration of a model has; first weights are copied without initializers.
PARTS_OF_MODELS = (
    keras.layers.Layer,
    keras.constraints.Constraint,
    keras.regularizers.Regularizer,
)


class NotCopiedError(ValueError):
    """A model whose configuration does not give the same model again."""


def own_arguments(part: Any) -> dict[str, Any]:
    """What ``get_config`` of an optimizer, a loss or a metric gives and leaves out.

    Some of Keras' own leave arguments out, such as the delta of Huber's loss.
    """
    check_told(vars(part).values(), SCHEDULE)
    given = getattr(part, "_fn_kwargs", None) or {}
    taken = inspect.signature(type(part)).parameters
    own = {name: value for name, value in given.items() if name in taken}
    return {**own, **_untold(part), **part.get_config()}


def _untold(part: Any) -> dict[str, Any]:
    """Arguments of a user's class that its ``get_config`` leaves out.

    A loss, a metric or a constraint without a ``get_config`` inherits that of Keras,
    which does not know of them; a copy of it would have their defaults.

    Raises
    ------
    NotCopiedError
        If the object does not say what they are.
    """
    kind = type(part)
    arguments = _own_arguments_of(kind)
    told = _told(part) if arguments else ()
    found: dict[str, Any] = {}
    unknown = []
    for name, argument in arguments.items():
        kept = [getattr(part, n) for n in (name, f"_{name}") if hasattr(part, n)]
        value = kept[0] if kept else None
        value = value.item() if isinstance(value, np.generic) else value
        if name in told or (kept and value is argument.default):
            continue
        if not kept or not _is_plain(value):
            unknown.append(name)
        elif value != argument.default:
            found[name] = value
    if isinstance(part, keras.layers.Layer):  # a new one to compare with is not built
        whole = not unknown
    else:
        whole = not (found or unknown) or _gives(part, {**part.get_config(), **found})
    if not whole:
        names = ", ".join([*found, *unknown])
        raise NotCopiedError(f"get_config of {kind.__name__} leaves out {names}")
    return found


def _told(part: Any) -> Collection[str]:
    """Names of the arguments that ``get_config`` gives with their values.

    Where a user's model has none, Keras gives the defaults of its arguments, whatever
    it was made with.
    """
    own = [vars(kind) for kind in type(part).__mro__ if is_own(kind)]
    if not isinstance(part, keras.Model) or any("get_config" in names for names in own):
        return part.get_config().keys()
    return ("name", "trainable", "dtype")


def _gives(part: Any, config: dict[str, Any]) -> bool:
    """Whether an object of this configuration has the plain attributes of `part`."""
    try:
        other = type(part).from_config(config)
    except Exception:
        return False
    both = (vars(part).keys() & vars(other).keys()) - {"built"}
    pairs = [(vars(part)[name], vars(other)[name]) for name in both]
    return all(a == b for a, b in pairs if _is_plain(a) and _is_plain(b))


def _own_arguments_of(kind: type) -> dict[str, inspect.Parameter]:
    """Arguments that the constructor of a user's class has beside those of Keras."""
    found: dict[str, inspect.Parameter] = {}
    for base in kind.__mro__:
        if not is_own(base) or "from_config" in vars(base):
            break
        if "__init__" not in vars(base):
            continue
        _, *arguments = inspect.signature(vars(base)["__init__"]).parameters.values()
        named = [
            a for a in arguments if a.kind not in (a.VAR_POSITIONAL, a.VAR_KEYWORD)
        ]
        found = {**{argument.name: argument for argument in named}, **found}
        if not takes_any(vars(base)["__init__"]):
            break
    return found


def is_own(thing: Any) -> bool:
    """Whether a class or function is a user's own."""
    return thing.__module__.partition(".")[0] not in ("keras", "builtins", "numpy")


def _is_plain(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, bool | int | float | str)


def check_told(parts: Iterable[Any], *kinds: type) -> None:
    """Raise if an object of these kinds has arguments that its configuration lacks."""
    for part in parts:
        missing = _untold(part) if isinstance(part, kinds) else {}
        for name, value in missing.items():
            raise NotCopiedError(
                f"get_config of {type(part).__name__} leaves out {name}={value!r}"
            )


def add_arguments(config: Any, given: Any) -> None:
    """Put `own_arguments` into a configuration of what is given to compile a model."""
    known = keras.losses.Loss | keras.metrics.Metric | keras.optimizers.Optimizer
    if isinstance(given, known):
        if isinstance(config, dict) and isinstance(config.get("config"), dict):
            config["config"] = {**own_arguments(given), **config["config"]}
    elif isinstance(given, Mapping) and isinstance(config, dict):
        for name in config.keys() & given.keys():
            add_arguments(config[name], given[name])
    elif isinstance(given, list | tuple) and isinstance(config, list | tuple):
        for one, part in zip(config, given, strict=False):
            add_arguments(one, part)
    elif isinstance(given, types.MethodType):
        raise NotCopiedError(f"Keras cannot describe the method {given.__qualname__}")

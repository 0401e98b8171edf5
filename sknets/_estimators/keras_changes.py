"""What a Keras estimator was fitted with, where a later call goes on from that.

A model that was built and compiled stays as it is. So parameters that ask for another
one are an error, but for the learning rate, which its optimizer can change.
"""

from __future__ import annotations

import enum
import functools
import hashlib
import inspect
import json
import re
import textwrap
import types
from collections.abc import Mapping
from typing import Any

import numpy as np

from .._keras import copies
from .._keras.names import NAMED_LAMBDA
from .._keras.routing import argument_names
from .._keras.stored import CONFIGURED, Stored, is_keras
from .._tensorflow import keras
from . import keras_build

Plain = dict[str, Any]

# Describes what cannot be told: it is like anything.
UNKNOWN = "<unknown>"
# What has no value because nobody gave one, nor has the build function a default.
ABSENT = "<not given>"
RATE = "optimizer__learning_rate"


def record(estimator: Any, model: Any) -> dict[str, Any]:
    """What the parameters are, as plain values: the new `built_from_`.

    Parameters
    ----------
    estimator : estimator
    model : keras.Model
        Built, and perhaps compiled.
    """
    before = vars(estimator).get("built_from_", {})
    if before.get("compile"):  # and compared
        return before
    asked = _of_compilation(estimator) if _follows(estimator, model) else {}
    return _joined(before, _of_model(estimator), asked)


def compared(estimator: Any) -> tuple[dict[str, Any], float | None]:
    """Compare what the parameters ask for with what was fitted.

    Returns
    -------
    built_from_ : dict
        A new record.
    learning_rate : float or None
        Where it is another one: which.

    Raises
    ------
    ValueError
        If they ask for another model, optimizer or compilation. It says which
        parameters these are, what they were and what they are.
    """
    before = vars(estimator).get("built_from_")
    if not before:  # fitted by an older version
        return {}, None
    model = _of_model(estimator)
    compilation = _of_compilation(estimator) if before["compile"] else {}
    was = {**before["model"], **before["compile"]}
    exact = before.get("keras") == keras.__version__
    changed = {
        name: (was.get(name, ABSENT), value)
        for name, value in {**model, **compilation}.items()
        if not _is_same(was.get(name, ABSENT), value, exact)
    }
    if "optimizer" in changed:  # another class has other arguments
        changed = {n: v for n, v in changed.items() if not n.startswith("optimizer__")}
    was_rate, rate = changed.get(RATE, (None, None))
    if type(was_rate) is type(rate) is float:  # no schedule
        del changed[RATE]
    if changed:
        _refuse(estimator, changed)
    return _joined(before, model, compilation), rate


def _joined(before: Plain, model: Plain, compilation: Plain) -> Plain:
    """A record that keeps what cannot be told now, as its code is not there."""
    known = {name: value for name, value in model.items() if value != UNKNOWN}
    return {
        "keras": keras.__version__,
        "model": {**before.get("model", {}), **known},
        "compile": compilation,
    }


def _refuse(estimator: Any, changed: dict[str, tuple[Any, Any]]) -> None:
    def listed(number: int) -> str:
        return ", ".join(f"{n}={_text(both[number])}" for n, both in changed.items())

    raise ValueError(
        f"warm_start and partial_fit go on with the fitted model, and this "
        f"{type(estimator).__name__} was fitted with {listed(0)}; its parameters now "
        f"ask for {listed(1)}. Set {', '.join(changed)} back, or fit with "
        "warm_start=False."
    )


def _text(value: Any) -> str:
    text = value if _is_object(value) else repr(value)
    return textwrap.shorten(text, 200, placeholder="...")


def _is_same(was: Any, asked: Any, exact: bool) -> bool:
    """Whether two descriptions are of the same; any two objects are unless `exact`.

    Another version of Keras describes the same object in another way.
    """
    if UNKNOWN in (was, asked):
        return True
    if isinstance(was, list) and isinstance(asked, list) and len(was) == len(asked):
        return all(_is_same(*pair, exact) for pair in zip(was, asked, strict=True))
    if isinstance(was, dict) and isinstance(asked, dict) and was.keys() == asked.keys():
        return all(_is_same(was[key], asked[key], exact) for key in was)
    if not exact and _is_object(was) and _is_object(asked):
        return True
    return was == asked or repr(was) == repr(asked)  # as NaN is


def _is_object(value: Any) -> bool:
    """Whether a description is of what is no plain value."""
    return isinstance(value, str) and value.startswith("<")


# --- The parameters ------------------------------------------------------------------


def _of_model(estimator: Any) -> Plain:
    """Descriptions of what the model is built from, by name."""
    params = estimator._all_params()
    own = {name for name in ("model", "build_fn", "inputs") if name in params}
    own |= {name for name in estimator._extra if _is_for_model(estimator, name)}
    method = getattr(estimator, "_keras_build_fn", None)
    if method is not None:
        read = _names_in(inspect.unwrap(method).__code__)
        own |= (read & params.keys()) - _known(estimator)
    given = {name: params[name] for name in sorted(own)}
    return {name: describe(v) for name, v in (_defaults(estimator) | given).items()}


def _is_for_model(estimator: Any, name: str) -> bool:
    if "__" in name:
        return name.startswith("model__")
    kind = type(estimator)
    return name not in kind._compile_kwargs | kind._fit_kwargs | kind._predict_kwargs


def _names_in(code: types.CodeType) -> set[str]:
    """Names of attributes, and others, that a function reads."""
    inner = [part for part in code.co_consts if isinstance(part, types.CodeType)]
    return set(code.co_names).union(*map(_names_in, inner))


def _known(estimator: Any) -> set[str]:
    """Parameters of the classes of sknets, which are here for themselves."""
    return {
        name
        for kind in type(estimator).__mro__
        if kind.__module__.partition(".")[0] == "sknets" and "__init__" in vars(kind)
        for name in argument_names(vars(kind)["__init__"])
    }


def _defaults(estimator: Any) -> Plain:
    """Arguments of the build function that are not given, with their defaults."""
    function = estimator.model if estimator.model is not None else estimator.build_fn
    if isinstance(function, Stored) or not inspect.isroutine(function):
        return {}
    parameters = inspect.signature(function).parameters.values()
    return {
        f"model__{p.name}": p.default
        for p in parameters
        if p.default is not p.empty and p.name not in estimator._extra
    }


def _of_compilation(estimator: Any) -> Plain:
    """Descriptions of what the model is compiled with, by name."""
    arguments = keras_build.compile_kwargs(estimator)
    found = _of_optimizer(arguments.pop("optimizer", None))
    for name, value in arguments.items():
        own = name in estimator._all_params()
        found[name if own else f"compile__{name}"] = describe(value)
    return found


def _of_optimizer(optimizer: Any) -> Plain:
    """Descriptions of the class of an optimizer and of its arguments."""
    arguments = _config(optimizer) or {}
    return {
        "optimizer": f"<{type(optimizer).__name__}>",
        **{f"optimizer__{name}": value for name, value in arguments.items()},
    }


def _follows(estimator: Any, model: Any) -> bool:
    """Whether a model is compiled with the optimizer that the parameters make.

    Else its build function did that alone, and they are for nothing. Callbacks may
    have changed the learning rate by now.
    """
    live = getattr(model, "optimizer", None)
    if live is None:
        return False
    try:
        made = _of_compilation(estimator)
    except Exception:  # parameters that nobody needs may be wrong
        return False
    for optimizer in (live, getattr(live, "inner_optimizer", None)):
        found = _of_optimizer(optimizer)
        if all(made.get(name) == v for name, v in found.items() if name != RATE):
            return True
    return False


# --- Their descriptions --------------------------------------------------------------


def describe(value: Any) -> Any:
    """A value as plain ones; of what cannot be compared, its kind and name alone."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, list | tuple):
        return [describe(part) for part in value]
    if isinstance(value, Mapping):
        return {str(key): describe(part) for key, part in value.items()}
    if isinstance(value, Stored):
        return UNKNOWN
    if isinstance(value, functools.partial):
        parts = (value.func, value.args, value.keywords)
        return ["<partial>", *map(describe, parts)]
    if isinstance(value, slice | range | enum.Enum):
        return f"<{value!r}>"
    if isinstance(value, np.ndarray) and value.dtype.kind != "O":
        return f"<array of shape {value.shape}, {_digest(value.tobytes())}>"
    if is_keras(value, "Model"):
        return f"<{type(value).__name__} {_model_digest(value)}>"
    if is_keras(value, *CONFIGURED):
        config = _config(value)
        told = "" if config is None else f" {json.dumps(config)}"
        return f"<{type(value).__name__}{told}>"
    if inspect.isclass(value) or inspect.isroutine(value):
        return _name(value)
    return f"<{type(value).__qualname__}>"


def _name(thing: Any) -> str:
    """Name of a class or function; of those of Keras without the module."""
    module = str(getattr(thing, "__module__", ""))
    inner = module.partition(".")[0] in ("keras", "builtins")
    name = getattr(thing, "__qualname__", type(thing).__qualname__)
    return f"<{name}>" if inner else f"<{module}.{name}>"


def _config(value: Any) -> Plain | None:
    """Configuration of a Keras object but its name, if Keras can describe it."""
    try:
        config = json.loads(_comparable(copies.object_config(value)))["config"]
    except Exception:
        return None
    return {key: part for key, part in config.items() if key != "name"}


def _model_digest(model: Any) -> str:
    try:
        return _digest(_comparable(copies.model_config(model)).encode())
    except copies.NotCopiedError:
        return ""


def _comparable(config: str) -> str:
    """A configuration with the same names in other processes: any lambda is alike."""
    return re.sub(f"({NAMED_LAMBDA})[0-9a-f]+", r"\1", copies.without_names(config))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]

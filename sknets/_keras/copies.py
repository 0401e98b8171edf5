"""Keras models as plain values, and copies of them.

A model is described by Keras' own configuration, which is data: nothing in it is run.
Classes and functions that Keras does not know are found by the names in
`custom_objects`, or in Keras' registry, and nowhere else.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import inspect
import json
import threading
import types
import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from .._tensorflow import keras
from .names import NAMED_LAMBDA, custom_names

Custom = dict[str, Any]


class NotCopiedError(ValueError):
    """A model whose configuration does not give the same model again."""


# --- Parts of a model ----------------------------------------------------------------


def all_layers(model: Any) -> list[Any]:
    """All layers of a model, also those within others."""
    return [layer for layer in model._flatten_layers() if layer is not model]


def seed_states(model: Any) -> list[Any]:
    """Variables that are no weights: the states of Dropout and augmentation."""
    weights = {id(variable) for variable in model.weights}
    return [variable for variable in model.variables if id(variable) not in weights]


def read(variables: Iterable[Any]) -> list[np.ndarray]:
    return [np.array(variable.numpy()) for variable in variables]


def write(variables: Iterable[Any], values: Iterable[Any]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def settle_constants(model: Any) -> None:
    """Let layers that keep numbers beside their weights compute those anew."""
    for layer in all_layers(model):
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()


def scalars(name: str, values: np.ndarray) -> dict[str, float]:
    """Value of a metric; those of one that has several with numbers at their names."""
    if values.size == 1:
        return {name: float(values.item())}
    flat = values.ravel().tolist()
    return {f"{name}_{number}": float(value) for number, value in enumerate(flat)}


# --- Configuration -------------------------------------------------------------------


def model_config(model: Any) -> str:
    """Configuration of an uncompiled model, as JSON text.

    Raises
    ------
    NotCopiedError
        If Keras cannot describe the model.
    """
    try:
        with warnings.catch_warnings(), named_lambdas(things(model)):
            warnings.simplefilter("ignore")  # that a lambda is stored as code
            config = keras.saving.serialize_keras_object(model)
            config.pop("compile_config", None)
            _add_vocabularies(config, model)
            return json.dumps(config)
    except Exception as error:
        raise NotCopiedError(f"{type(error).__name__}: {error}") from error


def _add_vocabularies(config: Any, model: Any) -> None:
    """Put what lookup layers have learned into their part of a configuration."""
    layers = [layer for layer in all_layers(model) if hasattr(layer, "get_vocabulary")]
    learned = {layer.name: layer for layer in layers}
    waiting = [config] if learned else []
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting += part
        elif isinstance(part, dict):
            waiting += part.values()
            layer = learned.get(str(part.get("name")))
            if layer is not None and "vocabulary" in part:
                part["vocabulary"] = _vocabulary(layer)


def _vocabulary(layer: Any) -> list[Any]:
    words = layer.get_vocabulary(include_special_tokens=False)
    return [word if isinstance(word, str) else int(word) for word in words]


def compile_config(model: Any) -> str:
    """Configuration of how a model is compiled, as JSON text.

    Raises
    ------
    NotCopiedError
        If Keras cannot describe the optimizer, a loss or a metric.
    """
    try:
        with warnings.catch_warnings(), named_lambdas(things(model)):
            warnings.simplefilter("ignore")
            config = model.get_compile_config()
            compiled = getattr(model, "_compile_config", None)
            _add_arguments(config, getattr(compiled, "config", None))
            return json.dumps(config)
    except Exception as error:
        raise NotCopiedError(f"{type(error).__name__}: {error}") from error


def object_config(value: Any) -> str:
    """Configuration of an optimizer, a loss, a metric or a layer, as JSON text."""
    with named_lambdas(parts_of(value)):
        config = keras.saving.serialize_keras_object(value)
        _add_arguments(config, value)
        return json.dumps(config)


def own_arguments(part: Any) -> dict[str, Any]:
    """What ``get_config`` of a loss or metric gives, and what it leaves out.

    Some of Keras' own leave arguments out, such as the delta of Huber's loss.
    """
    given = getattr(part, "_fn_kwargs", None) or {}
    taken = inspect.signature(type(part)).parameters
    own = {name: value for name, value in given.items() if name in taken}
    return {**own, **part.get_config()}


def _add_arguments(config: Any, given: Any) -> None:
    """Put `own_arguments` into a configuration of the losses and metrics given."""
    if isinstance(given, keras.losses.Loss | keras.metrics.Metric):
        if isinstance(config, dict) and isinstance(config.get("config"), dict):
            config["config"] = {**own_arguments(given), **config["config"]}
    elif isinstance(given, Mapping) and isinstance(config, dict):
        for name in config.keys() & given.keys():
            _add_arguments(config[name], given[name])
    elif isinstance(given, list | tuple) and isinstance(config, list | tuple):
        for one, part in zip(config, given, strict=False):
            _add_arguments(one, part)


def custom_objects(model: Any) -> Custom:
    """Classes and functions of a model that Keras does not have, by their names."""
    return _named(things(model))


def custom_of(thing: Any) -> Custom:
    """The same of an optimizer, a loss, a metric or a layer."""
    return _named(parts_of(thing))


def _named(things: Iterable[Any]) -> Custom:
    found: Custom = {}
    things = list(things)
    with named_lambdas(things):
        for thing in things:
            own = thing if isinstance(thing, types.FunctionType) else type(thing)
            if own.__module__.partition(".")[0] not in ("keras", "builtins", "numpy"):
                found[keras.saving.get_registered_name(own)] = own
                found[own.__name__] = own
    return found


_naming = threading.RLock()


@contextlib.contextmanager
def named_lambdas(things: Iterable[Any]) -> Iterator[None]:
    """Give lambdas names for a moment.

    Keras describes a lambda by its code alone, without the names that it uses.
    """
    with _naming:
        lambdas = [x for x in things if getattr(x, "__name__", "") == "<lambda>"]
        for function in lambdas:
            function.__name__ = NAMED_LAMBDA + _digest(function)
        try:
            yield
        finally:
            for function in lambdas:
                function.__name__ = "<lambda>"


def _digest(function: types.FunctionType) -> str:
    """What tells a lambda from others: its code, and the values that it took along."""
    code, cells = function.__code__, function.__closure__ or ()
    kept = [function.__defaults__, *(cell.cell_contents for cell in cells)]
    where = (function.__module__, function.__qualname__, code.co_firstlineno)
    content = repr((where, code.co_code, code.co_names, code.co_consts, kept))
    return hashlib.sha256(content.encode()).hexdigest()[:12]


def things(model: Any) -> Iterator[Any]:
    """Whatever a configuration of this model may name."""
    yield model
    for layer in all_layers(model):
        yield from parts_of(layer)
    yield from _leaves(getattr(model, "loss", None))
    if getattr(model, "optimizer", None) is not None:
        yield model.optimizer
    for metric in _metrics(model):
        yield from parts_of(metric)
    compiled = getattr(model, "_compile_config", None)
    yield from _leaves(getattr(compiled, "config", None))


def parts_of(part: Any) -> Iterator[Any]:
    """A layer, a loss or the like, and what it holds."""
    yield part
    yield from (v for v in vars(part).values() if _is_described(v))


def _metrics(model: Any) -> Iterator[Any]:
    for metric in model.metrics if getattr(model, "compiled", False) else []:
        yield from getattr(metric, "metrics", [metric])


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for part in value:
            yield from _leaves(part)
    elif _is_described(value):
        yield value
        if isinstance(value, keras.losses.Loss):
            yield from (v for v in vars(value).values() if _is_described(v))


def _is_described(value: Any) -> bool:
    return isinstance(value, types.FunctionType) or hasattr(value, "get_config")


def unknown_names(text: str, known: Mapping[str, Any]) -> list[str]:
    """Names in a configuration that neither Keras nor `known` has."""
    there = {*known, *keras.saving.get_custom_objects()}
    return sorted(n for n, also in custom_names(text).items() if not also & there)


def from_config(text: str, custom: Mapping[str, Any], *, trusted: bool = False) -> Any:
    """Build what a configuration describes.

    Parameters
    ----------
    text : str
        JSON text.
    custom : mapping of str to class or function
    trusted : bool, default=False
        Whether code in the configuration (a lambda) may be run: only where it comes
        from a model of this process.

    Raises
    ------
    ValueError
        If it names a class that is neither Keras' nor registered nor in `custom`.
    """
    unknown = unknown_names(text, custom)
    if unknown:
        raise ValueError(
            f"The model has {', '.join(unknown)}, which Keras does not know. Give the "
            "classes and functions by these names, as "
            "set_params(custom_objects={name: class}), or import the code that "
            "registers them with keras.saving.register_keras_serializable."
        )
    return keras.saving.deserialize_keras_object(
        json.loads(text),
        custom_objects=by_all_names(text, custom),
        safe_mode=not trusted,
    )


def by_all_names(text: str, custom: Mapping[str, Any]) -> Custom:
    """Custom objects, also by the names under which a configuration has them."""
    found = dict(custom)
    for name, also in custom_names(text).items():
        given = sorted(also & set(custom))
        if given:
            found.setdefault(name, custom[given[0]])
    return found


# --- Equal models --------------------------------------------------------------------


@functools.lru_cache(maxsize=256)
def without_names(text: str) -> str:
    """Configuration with numbers in the place of the names that Keras counts up."""
    names: dict[str, str] = {}
    config = json.loads(text)
    _collect_names(config, names)
    return json.dumps(_renamed(config, names), sort_keys=True)


def _collect_names(part: Any, names: dict[str, str]) -> None:
    if isinstance(part, list):
        for item in part:
            _collect_names(item, names)
    elif isinstance(part, dict):
        config = part.get("config")
        name = config.get("name") if isinstance(config, dict) else None
        if isinstance(name, str) and "Policy" not in str(part.get("class_name")):
            names.setdefault(name, f"#{len(names)}")
        for item in part.values():
            _collect_names(item, names)


# Where a graph names layers.
_IN_GRAPH = ("keras_history", "input_layers", "output_layers")


def _renamed(part: Any, names: dict[str, str], key: str = "") -> Any:
    if isinstance(part, dict):
        if "Policy" in str(part.get("class_name")):
            return part
        return {k: _renamed(v, names, k) for k, v in part.items()}
    if isinstance(part, list):
        inner = key if key in _IN_GRAPH else ""
        return [_renamed(v, names, inner) for v in part]
    if isinstance(part, str) and key in ("name", *_IN_GRAPH):
        return names.get(part, part)
    return part


def identities(custom: Mapping[str, Any]) -> tuple:
    """What tells custom classes of one name from each other in this process."""
    return tuple(sorted((name, id(thing)) for name, thing in custom.items()))


def constants(model: Any) -> str:
    """Digest of the weights of adapted layers, which programs have as constants."""
    found = [layer for layer in all_layers(model) if hasattr(layer, "adapt")]
    content = b"".join(w.numpy().tobytes() for layer in found for w in layer.weights)
    return hashlib.sha256(content).hexdigest() if found else ""


# --- Copies --------------------------------------------------------------------------


def copy_model(model: Any, *, compiled: bool = True) -> Any:
    """Another model of the same layers, weights and way to train.

    States of dropout are drawn anew where the layers have no seed of their own.

    Raises
    ------
    NotCopiedError
        If Keras' configuration does not give the same model again.
    """
    custom = custom_objects(model)
    text = model_config(model)
    try:
        other = from_config(text, custom, trusted=True)
    except Exception as error:
        raise NotCopiedError(f"{type(error).__name__}: {error}") from error
    if type(other) is not type(model) or _shapes(other) != _shapes(model):
        raise NotCopiedError("the weights of the copy have other shapes")
    write(other.weights, read(model.weights))
    settle_constants(other)
    if compiled and getattr(model, "compiled", False):
        copy_compilation(model, other, custom)
    return other


def copy_compilation(model: Any, other: Any, custom: Custom) -> None:
    """Compile `other` as `model` is, with an optimizer and metrics of its own."""
    text = compile_config(model)
    if json.loads(text) == {}:
        raise NotCopiedError("it does not say how it was compiled")
    try:
        config = keras.saving.deserialize_keras_object(
            json.loads(text), custom_objects=custom, safe_mode=False
        )
        other.compile(**config)
    except Exception as error:
        raise NotCopiedError(f"{type(error).__name__}: {error}") from error


def _shapes(model: Any) -> list[Any]:
    return [(tuple(v.shape), str(v.dtype)) for v in model.variables]

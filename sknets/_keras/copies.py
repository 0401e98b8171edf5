"""Keras models as plain values, and copies of them.

A model is described by Keras' own configuration, which is data: nothing in it is run.
Classes and functions that Keras does not know are found by the names in
`custom_objects`, or in Keras' registry, and nowhere else.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import threading
import types
import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from .._tensorflow import keras
from .arguments import (
    PARTS_OF_MODELS,
    NotCopiedError,
    add_arguments,
    check_told,
    is_own,
)
from .names import NAMED_LAMBDA, custom_names, is_function_of_keras

Custom = dict[str, Any]


@contextlib.contextmanager
def _failing_as_not_copied() -> Iterator[None]:
    """Whatever Keras or a user's class raises is that the model cannot be copied."""
    try:
        yield
    except NotCopiedError:
        raise
    except Exception as error:
        raise NotCopiedError(f"{type(error).__name__}: {error}") from error


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


# --- Configuration -------------------------------------------------------------------


def model_config(model: Any) -> str:
    """Configuration of an uncompiled model, as JSON text.

    Raises
    ------
    NotCopiedError
        If Keras cannot describe the model.
    """
    with _failing_as_not_copied(), _describing(model):
        for layer in [model, *all_layers(model)]:
            check_told(parts_of(layer), *PARTS_OF_MODELS)
        config = keras.saving.serialize_keras_object(model)
        config.pop("compile_config", None)
        _add_vocabularies(config, model)
        return json.dumps(config)


@contextlib.contextmanager
def _describing(model: Any) -> Iterator[None]:
    with warnings.catch_warnings(), distinct_names(things(model)):
        warnings.simplefilter("ignore")  # that a lambda is stored as code
        yield


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
    with _failing_as_not_copied(), _describing(model):
        config = model.get_compile_config()
        compiled = getattr(model, "_compile_config", None)
        add_arguments(config, getattr(compiled, "config", None))
        return json.dumps(config)


def object_config(value: Any) -> str:
    """Configuration of an optimizer, a loss, a metric or a layer, as JSON text."""
    with distinct_names(parts_of(value)):
        config = keras.saving.serialize_keras_object(value)
        add_arguments(config, value)
        return json.dumps(config)


def custom_objects(model: Any) -> Custom:
    """Classes and functions of a model that Keras does not have, by their names."""
    return _named(things(model))


def custom_of(thing: Any) -> Custom:
    """The same of an optimizer, a loss, a metric or a layer."""
    return _named(parts_of(thing))


def _named(things: Iterable[Any]) -> Custom:
    found: Custom = {}
    things = list(things)
    with distinct_names(things):
        for own in _codes(things):
            if is_own(own):
                found[keras.saving.get_registered_name(own)] = own
                found[own.__name__] = own
    return found


def _codes(things: Iterable[Any]) -> list[Any]:
    """The functions themselves, and the classes of the rest."""
    return [x if isinstance(x, types.FunctionType) else type(x) for x in things]


_naming = threading.RLock()


@contextlib.contextmanager
def distinct_names(things: Iterable[Any]) -> Iterator[None]:
    """Give users' functions and classes names of their own for a moment.

    Keras describes them by their names, which those from one factory share, and a
    lambda by its code alone, without the names that it uses.
    """
    with _naming:
        owners: dict[str, Any] = {}
        before: list[tuple[Any, str]] = []
        try:
            for own in _codes(things):
                name = _name_among(own, owners)
                owners[name] = own
                if name != own.__name__:
                    before.append((own, own.__name__))
                    own.__name__ = name
            yield
        finally:
            for own, name in before:
                own.__name__ = name


def _name_among(own: Any, owners: Mapping[str, Any]) -> str:
    """Name of a function or class, with a number if it is that of another one."""
    name = own.__name__
    if owners.get(name) is own:  # it has been named
        return name
    if not is_own(own) or keras.saving.get_registered_name(own) != name:
        return name
    if name == "<lambda>":
        name = NAMED_LAMBDA + _digest(own)
    is_function = isinstance(own, types.FunctionType)
    numbered, number = name, 1
    while numbered in owners or (is_function and is_function_of_keras(numbered)):
        number += 1
        numbered = f"{name} {number}"
    return numbered


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
    for value in vars(part).values():
        if _is_described(value) and not _wraps_method_of(value, part):
            yield value


def _wraps_method_of(value: Any, part: Any) -> bool:
    """Whether this is what Keras puts in the place of a layer's own `build`.

    It is a function that holds the layer, with all its weights.
    """
    method = getattr(value, "__wrapped__", None)
    return getattr(method, "__self__", None) is part


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
    with _failing_as_not_copied():
        other = from_config(text, custom, trusted=True)
    if type(other) is not type(model) or _shapes(other) != _shapes(model):
        raise NotCopiedError("the weights of the copy have other shapes")
    write(other.weights, read(model.weights))
    settle_constants(other)
    if compiled and getattr(model, "compiled", False):
        copy_compilation(model, other, custom)
    return other


def copy_compilation(model: Any, other: Any, custom: Custom) -> None:
    """Compile `other` as `model` is, with an optimizer and metrics of its own."""
    config = _compilation(compile_config(model), custom)
    with _failing_as_not_copied():
        other.compile(**config)


def _compilation(text: str, custom: Custom) -> dict[str, Any]:
    """Arguments to compile a model of this process, from their configuration."""
    if json.loads(text) == {}:
        raise NotCopiedError("it does not say how it was compiled")
    with _failing_as_not_copied():
        return keras.saving.deserialize_keras_object(
            json.loads(text), custom_objects=custom, safe_mode=False
        )


def tried_configs(model: Any) -> tuple[str | None, str | None]:
    """Configuration of a model, and how it is compiled: None if that gives another."""
    custom = custom_objects(model)
    text = compiled = None
    with contextlib.suppress(NotCopiedError):
        if custom:
            copy_model(model, compiled=False)
        text = model_config(model)
    with contextlib.suppress(NotCopiedError):
        if model.compiled:
            given = compile_config(model)
            if custom:
                _compilation(given, custom)
            compiled = given
    return text, compiled


def _shapes(model: Any) -> list[Any]:
    return [(tuple(v.shape), str(v.dtype)) for v in model.variables]

"""How a model is compiled: names, classes and routed parameters as Keras takes them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any

from .._tensorflow import keras
from .arguments import NotCopiedError, own_arguments
from .routing import construct, routed

ToClass = Callable[[str, Mapping[str, Any]], Any]

# Keras finds the right one of these by the loss and the shape of the output.
BY_LOSS = ("acc", "accuracy", "ce", "crossentropy")


def compile_arguments(
    params: Mapping[str, Any], names: Mapping[str, Any]
) -> dict[str, Any]:
    """Arguments of ``Model.compile``.

    Parameters
    ----------
    params : mapping
        All parameters of the estimator, the routed ones among them.
    names : mapping
        Arguments given as parameters of their own: optimizer, loss, metrics, ...
    """
    arguments = {**names, **routed(params, "compile")}
    for name, to_class in _CLASSES.items():
        given = routed(params, name)
        if name in arguments:
            item = _map(arguments[name], to_class, given)
            made = construct(name, item, given)
            arguments[name] = _plainly_named(made, arguments[name])
    metrics = arguments.get("metrics")
    if metrics is not None and not isinstance(metrics, list | dict | tuple):
        arguments["metrics"] = [metrics]
    return arguments


def _map(item: Any, function: ToClass, params: Mapping[str, Any]) -> Any:
    if isinstance(item, Mapping):
        return {key: _map(part, function, params) for key, part in item.items()}
    if isinstance(item, list | tuple):
        return type(item)(_map(part, function, params) for part in item)
    return function(item, params) if isinstance(item, str) else item


def _optimizer_class(name: str, params: Mapping[str, Any]) -> Any:
    return type(keras.optimizers.get(name))


def _loss_or_class(name: str, params: Mapping[str, Any]) -> Any:
    found = keras.losses.get(name)
    if not params:
        return found
    if isinstance(found, keras.losses.Loss):
        return type(found)
    return getattr(keras.losses, _camel(found.__name__), found)


def _metric_or_class(name: str, params: Mapping[str, Any]) -> Any:
    if name in BY_LOSS:
        return name
    found = keras.metrics.get(name)
    if isinstance(found, keras.metrics.Metric):
        return type(found)
    if inspect.isclass(found):
        return found
    return getattr(keras.metrics, _camel(found.__name__), found)


_CLASSES: dict[str, ToClass] = {
    "optimizer": _optimizer_class,
    "loss": _loss_or_class,
    "metrics": _metric_or_class,
}


def _plainly_named(made: Any, given: Any) -> Any:
    """Metrics made here without the numbers that Keras counts up in a process.

    So the second fit records "auc" as well, and not "auc_1".
    """
    owned = {id(part) for part in keras.tree.flatten(given)}
    names = [getattr(part, "name", None) for part in keras.tree.flatten(made)]
    bases = [_base_name(part) for part in keras.tree.flatten(made)]

    def rename(part: Any) -> Any:
        base = _base_name(part)
        if base is None or id(part) in owned or bases.count(base) > 1 or base in names:
            return part
        try:
            return type(part).from_config({**own_arguments(part), "name": base})
        except NotCopiedError:
            return part

    return keras.tree.map_structure(rename, made)


def _base_name(part: Any) -> str | None:
    """Name that Keras gave to a metric, without its number."""
    if not isinstance(part, keras.metrics.Metric):
        return None
    named = inspect.signature(type(part)).parameters.get("name")
    counted = re.fullmatch(r"(.+)_\d+", part.name)
    if named is None or named.default is not None or counted is None:
        return None
    return counted[1]


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _snake(name: str) -> str:
    return re.sub("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def loss_name(loss: Any) -> str | None:
    """Long name of a loss, such as "mean_squared_error"; None for a structure."""
    if isinstance(loss, str):
        loss = keras.losses.get(loss)
    if inspect.isclass(loss):
        return _snake(loss.__name__)
    if isinstance(loss, keras.losses.Loss):
        return _snake(type(loss).__name__)
    return getattr(loss, "__name__", None)


def metric_name(name: str) -> str:
    """Long name of a metric that a history calls `name`, such as "mse"."""
    try:
        found = keras.metrics.get(name)
    except ValueError:
        return name
    if isinstance(found, keras.metrics.Metric):
        return _snake(type(found).__name__)
    return getattr(found, "__name__", name)

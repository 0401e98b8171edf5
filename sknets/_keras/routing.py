"""Parameters with a prefix, such as ``optimizer__learning_rate``, and where they go."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any


def routed(params: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """Parameters of one destination, without its prefix."""
    start = f"{prefix}__"
    return {
        name.removeprefix(start): value
        for name, value in params.items()
        if name.startswith(start)
    }


def accepts(function: Callable, name: str) -> bool:
    """Whether a function takes an argument of this name."""
    parameters = inspect.signature(function).parameters
    return name in parameters or takes_any(function)


def takes_any(function: Callable) -> bool:
    """Whether a function takes arguments of any name."""
    kinds = [p.kind for p in inspect.signature(function).parameters.values()]
    return inspect.Parameter.VAR_KEYWORD in kinds


def argument_names(function: Callable) -> list[str]:
    """Names of the arguments of a function that can be given by name."""
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    parameters = inspect.signature(function).parameters.values()
    return [p.name for p in parameters if p.kind in named]


def construct(
    what: str, item: Any, params: Mapping[str, Any], inherited: Mapping[str, Any] = {}
) -> Any:
    """Put instances in the place of the classes in a structure.

    Parameters
    ----------
    what : str
        Name of the parameter, for errors.
    item : class, object, or list, tuple or dict of these
    params : mapping
        Arguments by name; ``0`` is the first positional one. What is behind ``key__``
        goes to the part with this key or number, or to the class that is the value of
        the argument of that name.
    inherited : mapping
        Arguments for all parts, which those in `params` override.
    """
    own = {name: value for name, value in params.items() if "__" not in name}
    arguments = {**inherited, **own}
    if isinstance(item, Mapping):
        return {
            key: construct(f"{what}__{key}", part, routed(params, key), arguments)
            for key, part in item.items()
        }
    if isinstance(item, list | tuple):
        return type(item)(
            construct(f"{what}__{i}", part, routed(params, str(i)), arguments)
            for i, part in enumerate(item)
        )
    if inspect.isclass(item):
        _check_names(what, item, {name.partition("__")[0] for name in params})
        given = {
            name: construct(f"{what}__{name}", value, routed(params, name))
            for name, value in arguments.items()
        }
        positional = sorted((name for name in given if name.isdigit()), key=int)
        by_name = {name: v for name, v in given.items() if not name.isdigit()}
        return item(*[given[name] for name in positional], **by_name)
    if arguments:
        raise TypeError(
            f"{what}={item!r} does not accept parameters because it's not a class or "
            f"the name of one; got {', '.join(f'{what}__{name}' for name in arguments)}"
            f". Give the class instead, or set them in the {type(item).__name__}."
        )
    return item


def _check_names(what: str, cls: type, names: set[str]) -> None:
    """Refuse arguments that a class of Keras does not have."""
    if not cls.__module__.startswith("keras."):
        return
    valid = sorted(
        {
            name
            for kind in cls.__mro__
            if kind is not object and "__init__" in vars(kind)
            for name in argument_names(vars(kind)["__init__"])
        }
        - {"self"}
    )
    unknown = sorted(name for name in names - set(valid) if not name.isdigit())
    if unknown:
        raise ValueError(
            f"{cls.__name__} has no argument {unknown[0]!r}, given as "
            f"{what}__{unknown[0]}. Valid are: {', '.join(valid)}."
        )

"""A `keras.Model` that is built when something of it is used.

``hasattr(net, "model_")``, notebooks and debuggers get attributes only to look whether
they are there. Building the model then would import TensorFlow, or fail without it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any


class LazyModel:
    """Turns into the model itself as soon as anything of it is looked up.

    It takes over the class and the attributes of the model, so that nothing of this
    class is left: ``type(model)`` is Keras' own.

    Parameters
    ----------
    build : callable
        Returns the ``keras.Model``.
    """

    def __init__(self, build: Callable[[], Any]) -> None:
        object.__setattr__(self, "_build", functools.cache(build))

    def __getattribute__(self, name: str) -> Any:
        if name == "__class__":
            # `isinstance` compares this with a type that it has looked up before, and
            # would miss that the object has turned in between.
            return type(object.__getattribute__(self, "_build")())
        return getattr(_turned(self), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(_turned(self), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(_turned(self), name)

    def __call__(self, *args: Any, **options: Any) -> Any:
        return _turned(self)(*args, **options)

    def __dir__(self) -> Any:
        return dir(_turned(self))

    def __repr__(self) -> str:
        return repr(_turned(self))


def _turned(lazy: LazyModel) -> Any:
    model = object.__getattribute__(lazy, "_build")()
    object.__setattr__(lazy, "__dict__", vars(model))
    object.__setattr__(lazy, "__class__", type(model))
    return lazy

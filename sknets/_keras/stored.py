"""Parameters that are Keras objects, as they are kept in files and pickles.

A stored parameter is data until it is needed: loading an estimator imports neither
Keras nor the code of a build function. This module does not import Keras.
"""

from __future__ import annotations

import copy
import importlib
import inspect
import io
import pickle
import sys
import types
from collections.abc import Mapping
from typing import Any

from .._optional import needs_tensorflow

# Whose classes and functions a file may name: none of them does any harm.
NAMED = (
    *("keras.src.activations", "keras.src.initializers", "keras.src.layers"),
    *("keras.src.losses", "keras.src.metrics", "keras.src.optimizers"),
    *("keras.src.regularizers", "sknets.architectures"),
)


class Stored:
    """What stands for a Keras object until somebody needs it.

    Attributes
    ----------
    kind : {"model", "object", "name", "code", "absent", "list", "tuple", "dict"}
        A model (configuration and weights), another object (configuration), a class or
        function of Keras or sknets (by name), any Python object (pickled, in pickles
        alone), one that a file without code does not have, or a collection with some
        of these.
    label : str
        What it is, for people.
    content : plain value
    """

    def __init__(self, kind: str, label: str, content: Any) -> None:
        self.kind, self.label, self.content = kind, label, content

    def __reduce__(self) -> Any:
        return Stored, (self.kind, self.label, self.content)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """For formats that keep data alone: what comes from them is never run."""
        self.__dict__.update(state)
        if self.has_code:
            raise ValueError(f"A file may not hold the code of {self.label!r}.")

    def __repr__(self) -> str:
        return f"<stored {self.label}>"

    @property
    def has_code(self) -> bool:
        """Whether this is, or holds, a Python object that was pickled."""
        code = isinstance(self.content, dict) and self.content.get("code") is not None
        return self.kind == "code" or code

    def restore(self, custom: Mapping[str, Any] | None = None) -> Any:
        """Return the object itself.

        Parameters
        ----------
        custom : mapping of str to class or function, optional
            What configurations name and Keras does not have.
        """
        custom = custom or {}
        if self.kind == "list":
            return [restore(part, custom) for part in self.content]
        if self.kind == "tuple":
            return tuple(restore(part, custom) for part in self.content)
        if self.kind == "dict":
            return {key: restore(part, custom) for key, part in self.content}
        if self.kind == "absent":
            raise ValueError(f"The code of {self.label} is not in the file.")
        if self.kind == "code":
            return pickle.loads(self.content)
        with needs_tensorflow(f"The {self.label} of this estimator"):
            from .._tensorflow import keras  # noqa: F401
        if self.kind == "name":
            return _find(*self.content)
        return _restore_object(self.kind, self.content, custom)


def is_named(module: str) -> bool:
    return any(f"{module}.".startswith(f"{name}.") for name in NAMED)


def _find(module: str, name: str) -> Any:
    if not is_named(module):
        raise ValueError(f"A file may not name {module}.{name}.")
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = vars(found).get(part)
        if not _is_own(found):
            break
    # No way through what a module imports: only what `store` writes.
    if not _is_own(found) or (found.__module__, found.__qualname__) != (module, name):
        raise ValueError(f"A file may not name {module}.{name}.")
    return found


def _is_own(value: Any) -> bool:
    """Whether something is a class or a function that Python code defines."""
    return inspect.isclass(value) or isinstance(value, types.FunctionType)


def _restore_object(kind: str, content: dict, custom: Mapping[str, Any]) -> Any:
    from . import copies

    code = content.get("code")
    if code is not None:
        custom = {**pickle.loads(code), **custom}
    made = copies.from_config(content["config"], custom, trusted=code is not None)
    if kind == "model":
        if content["weights"] is not None:
            copies.write(made.weights, content["weights"])
            copies.settle_constants(made)
        if content["compile"] is not None:
            made.compile(
                **copies.from_config(
                    content["compile"], custom, trusted=code is not None
                )
            )
    return made


def restore(value: Any, custom: Mapping[str, Any] | None = None) -> Any:
    return value.restore(custom) if isinstance(value, Stored) else value


def is_keras(value: Any, *names: str) -> bool:
    """Whether something is an instance of one of Keras' classes, named as in keras."""
    keras = sys.modules.get("keras")
    if keras is None or inspect.isclass(value):
        return False
    for name in names:
        kind: Any = keras
        for part in name.split("."):
            kind = getattr(kind, part, None)
        if isinstance(kind, type) and isinstance(value, kind):
            return True
    return False


CONFIGURED = ("layers.Layer", "optimizers.Optimizer", "losses.Loss", "metrics.Metric")


def store(value: Any, *, code: bool) -> Any:
    """Return a value as plain data; plain values and arrays stay as they are.

    Parameters
    ----------
    value : object
    code : bool
        Whether Python objects may be kept as code, as a pickle does anyhow. Otherwise
        those that Keras cannot describe stay as they are.
    """
    if isinstance(value, list | tuple) and type(value) in (list, tuple):
        parts = [store(part, code=code) for part in value]
        return _collection(type(value).__name__, value, parts, parts)
    if isinstance(value, Stored) and not code and value.has_code:
        return store(value.restore(), code=False)
    if type(value) is dict:
        pairs = [[key, store(part, code=code)] for key, part in value.items()]
        return _collection("dict", value, [part for _, part in pairs], pairs)
    if is_keras(value, "Model"):
        return _store_model(value, code)
    if is_keras(value, *CONFIGURED):
        return _store_object(value, code)
    own = _is_own(value)
    if own and is_named(value.__module__):
        place = [value.__module__, value.__qualname__]
        return Stored("name", value.__qualname__, place)
    if not code or isinstance(value, Stored):
        return without_model(value)
    if own or callable(value) or is_keras(value, "callbacks.Callback"):
        return _store_code(value)
    return value


def _collection(kind: str, value: Any, parts: list, content: list) -> Any:
    if any(isinstance(part, Stored) for part in parts):
        return Stored(kind, kind, content)
    whole = value.values() if kind == "dict" else value
    same = all(part is other for part, other in zip(parts, whole, strict=True))
    return value if same else type(value)(content)


class _Plainly:
    """Pickles a Keras object by its attributes; Keras would by its configuration."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __reduce__(self) -> Any:
        return _with_attributes, (type(self.value), vars(self.value))


def _with_attributes(kind: type, attributes: dict[str, Any]) -> Any:
    made: Any = object.__new__(kind)
    made.__dict__.update(attributes)
    return made


def _store_code(value: Any) -> Stored:
    """Functions by value where no module has them, as joblib's workers get them."""
    label = getattr(value, "__qualname__", type(value).__name__)
    if isinstance(value, _Plainly):
        label = type(value.value).__name__
    return Stored("code", label, _dumps(without_model(value)))


def _dumps(value: Any) -> bytes:
    try:
        import cloudpickle  # type: ignore[import-untyped]
    except ImportError:  # joblib < 1.6 brings it along
        from joblib.externals import cloudpickle
    return cloudpickle.dumps(value)


def without_model(value: Any) -> Any:
    """A callback without its last run's model, closed files, modules and writers."""
    if not is_keras(value, "callbacks.Callback"):
        return value
    other = copy.copy(value)
    for name, part in vars(value).items():
        closed = isinstance(part, io.IOBase) and part.closed
        if name == "_model" or closed or isinstance(part, types.ModuleType):
            vars(other)[name] = None
    if is_keras(value, "callbacks.TensorBoard"):
        other._writers = {}
    return other


def _store_model(model: Any, code: bool) -> Any:
    from . import copies

    content = {
        "config": copies.model_config(model),
        "compile": copies.compile_config(model) if model.compiled else None,
        "weights": copies.read(model.weights) if model.built else None,
        "code": _code_of(copies.custom_objects(model)) if code else None,
    }
    return Stored("model", f"model {model.name}", content)


def _store_object(value: Any, code: bool) -> Any:
    from . import copies

    try:
        config = copies.object_config(value)
    except Exception:
        if not code:
            return value
        return _store_code(_Plainly(value) if is_keras(value, "losses.Loss") else value)
    custom = copies.custom_of(value)
    content = {"config": config, "code": _code_of(custom) if code else None}
    return Stored("object", type(value).__name__, content)


def _code_of(custom: Mapping[str, Any]) -> bytes | None:
    return _dumps(dict(custom)) if custom else None

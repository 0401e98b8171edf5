"""What a file keeps of an estimator with a Keras model: no code, and that is said."""

from __future__ import annotations

import inspect
import types
from typing import Any

from .._estimators.keras_inputs import InputCutter
from .._estimators.keras_targets import (
    ClassifierLabelEncoder,
    PassThrough,
    RegressorTargetEncoder,
)
from .._keras.names import custom_names, has_lambda
from .._keras.stored import Stored, is_keras
from .._warnings import warn_user

# Classes of what is in parameters and fitted attributes.
CLASSES: dict[str, type] = {
    cls.__name__: cls
    for cls in (
        Stored,
        ClassifierLabelEncoder,
        RegressorTargetEncoder,
        PassThrough,
        InputCutter,
    )
}


def state_of(estimator: Any) -> dict[str, Any]:
    """State without code, for which a name stands.

    Raises
    ------
    TypeError
        If predicting needs code that is no class or function with a name.

    Warns
    -----
    UserWarning
        With the parameters whose code is not kept.
    """
    state = estimator.__getstate__()
    _check_model(estimator, state)
    lost: dict[str, str] = {}
    for name, value in state.items():
        if not name.endswith("_") and name != "_extra":
            state[name] = _without_code(value, name, lost)
    state["_extra"] = {
        name: _without_code(value, name, lost)
        for name, value in state["_extra"].items()
    }
    _warn(estimator, lost, state.get("keras_config_"))
    return state


def _check_model(estimator: Any, state: dict[str, Any]) -> None:
    if "weights_" not in state:
        return
    name, config = type(estimator).__name__, state["keras_config_"]
    if config is None:
        raise TypeError(
            f"sknets.save cannot save this {name}, as Keras cannot describe its model. "
            "Give the model's class the methods get_config and from_config, or use "
            "joblib.dump, which saves any object and runs code when it is loaded."
        )
    if has_lambda(config):
        raise TypeError(
            f"sknets.save cannot save this {name}, as its model has a Lambda layer or "
            "another lambda, which is code. Make it a class or function registered by "
            "keras.saving.register_keras_serializable, or use joblib.dump, which saves "
            "any object and runs code when it is loaded."
        )


def _without_code(value: Any, name: str, lost: dict[str, str]) -> Any:
    """The value with a name in the place of each function, class or callback."""
    if isinstance(value, Stored) and value.kind in ("list", "tuple", "dict"):
        content = _without_code(value.content, name, lost)
        return Stored(value.kind, value.label, content)
    if isinstance(value, Stored) and value.kind == "absent":
        lost[name] = value.label  # from a file that had none of it either
        return value
    if type(value) in (list, tuple):
        return type(value)(_without_code(part, name, lost) for part in value)
    if type(value) is dict:
        return {key: _without_code(part, name, lost) for key, part in value.items()}
    if not _is_code(value):
        return value
    label = getattr(value, "__qualname__", type(value).__name__)
    lost[name] = label
    return Stored("absent", label, None)


def _is_code(value: Any) -> bool:
    kinds = (types.FunctionType, types.MethodType, types.BuiltinFunctionType)
    code = inspect.isclass(value) or isinstance(value, kinds)
    return code or callable(value) or is_keras(value, "callbacks.Callback")


def _warn(estimator: Any, lost: dict[str, str], config: str | None) -> None:
    parts = []
    if lost:
        names = ", ".join(f"{name} ({label})" for name, label in lost.items())
        anew = ", ".join(f"{name}=..." for name in lost)
        parts.append(
            f"{names} will be missing in the loaded estimator. It predicts without; "
            f"before it is trained further or anew, call set_params({anew})."
        )
    custom = sorted(custom_names(config)) if config else []
    if custom:
        parts.append(
            f"The model has {', '.join(custom)}: the program that loads it has to "
            "import what registers these in Keras, or give them as "
            "set_params(custom_objects={name: class})."
        )
    if parts:
        warn_user(
            f"sknets.save keeps no code of this {type(estimator).__name__}: "
            + " ".join(parts),
        )

"""What the configuration of a Keras model names. Keras is not imported here."""

from __future__ import annotations

import json
import sys
from typing import Any

# A lambda in a configuration is compiled code.
LAMBDA = "__lambda__"
# How the name begins that a lambda gets instead. No other function has a space in its.
NAMED_LAMBDA = "lambda "
# Where Keras looks for a function of which a configuration has the name alone.
_PLACES = (
    "activations",
    "constraints",
    "initializers",
    "losses",
    "metrics",
    "regularizers",
)


def custom_names(text: str) -> dict[str, set[str]]:
    """Classes and functions that Keras does not have, each with its other names."""
    found: dict[str, set[str]] = {}
    for part in _parts(json.loads(text)):
        if "module" not in part or "class_name" not in part:
            continue
        # Keras writes None for what a script or notebook defines.
        module = str(part["module"] or "__main__")
        if part["class_name"] == "function":
            name = str(part["config"])
            if not is_function_of_keras(name):
                found[name] = {name, name.rpartition(">")[2]}
        elif module.partition(".")[0] not in ("keras", "builtins"):
            name = str(part.get("registered_name"))
            found[name] = {name, str(part["class_name"]), name.rpartition(">")[2]}
    return found


def is_function_of_keras(name: str) -> bool:
    """Whether Keras finds a function by its name alone, where Keras is there."""
    keras = sys.modules.get("keras")
    places = (getattr(keras, place, None) for place in _PLACES)
    return any(hasattr(place, name) for place in places)


def has_lambda(text: str) -> bool:
    """Whether a configuration holds the code of a lambda, or a name in its place."""
    return any(
        part.get("class_name") == LAMBDA
        or str(part.get("config")).startswith(NAMED_LAMBDA)
        for part in _parts(json.loads(text))
    )


def _parts(value: Any) -> list[dict[str, Any]]:
    """All dicts within a value, those within others behind them."""
    found, waiting = [], [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            found.append(part)
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
    return found

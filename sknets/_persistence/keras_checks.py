"""Whether the state of a Keras estimator is one that fitting could have left."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .._estimators.keras_inputs import InputCutter
from .._estimators.keras_regressor import KerasRegressor
from .._estimators.keras_targets import (
    ONE_HOT,
    SUPPORTED,
    ClassifierLabelEncoder,
    PassThrough,
    RegressorTargetEncoder,
)
from .._keras.chains import LINKS
from .._keras.stored import Stored, is_named
from .network_checks import check_network, check_scaling, check_weights
from .requirements import StateError, is_count, is_size, require, require_dict

FITTED = (
    *("weights_", "seed_states_", "optimizer_state_", "constants_", "chain_"),
    *("predict_hooks_", "keras_config_", "compile_config_", "X_shape_", "X_dtype_"),
    *("target_encoder_", "feature_encoder_", "versions_"),
)


def check_parameters(estimator: Any) -> None:
    """Require plain values, and what stands for Keras objects."""
    state = vars(estimator)
    require(state.get("_custom", {}) == {}, "_custom must be empty")
    extra = state.get("_extra")
    named = isinstance(extra, dict) and all(isinstance(name, str) for name in extra)
    require(named, "_extra must be a dict of parameters")
    classes = state.get("_classes")
    require(classes is None or isinstance(classes, np.ndarray), "_classes is no array")
    for name, value in {**state, **state["_extra"]}.items():
        if not name.startswith("_") and not name.endswith("_"):
            _check_stored(value, name)


def _check_stored(value: Any, name: str) -> None:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for part in value:
            _check_stored(part, name)
    if not isinstance(value, Stored):
        return
    kind, content = value.kind, value.content
    known = isinstance(kind, str) and kind in _CONTENTS and isinstance(value.label, str)
    require(known, f"{name} stands for something of kind {kind!r}")
    require(_CONTENTS[kind](content), f"{name} has no content of a {kind}")
    if kind in ("list", "tuple", "dict"):
        _check_stored(content, name)


def _is_name(content: Any) -> bool:
    texts = (
        isinstance(content, list) and len(content) == 2 and all(map(_is_text, content))
    )
    return texts and is_named(content[0])


def _is_model(content: Any) -> bool:
    return (
        isinstance(content, dict)
        and set(content) == {"config", "compile", "weights", "code"}
        and _is_json(content["config"])
        and (content["compile"] is None or _is_json(content["compile"]))
        and (content["weights"] is None or _are_arrays(content["weights"]))
        and content["code"] is None
    )


def _is_object(content: Any) -> bool:
    known = isinstance(content, dict) and set(content) == {"config", "code"}
    return known and _is_json(content["config"]) and content["code"] is None


def _are_pairs(content: Any) -> bool:
    return isinstance(content, list) and all(
        isinstance(pair, list) and len(pair) == 2 and _is_text(pair[0])
        for pair in content
    )


_CONTENTS: dict[str, Callable[[Any], bool]] = {
    "model": _is_model,
    "object": _is_object,
    "name": _is_name,
    "absent": lambda content: content is None,
    "list": lambda content: isinstance(content, list),
    "tuple": lambda content: isinstance(content, list),
    "dict": _are_pairs,
}


def _is_dict(value: Any) -> bool:
    return isinstance(value, dict)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_json(value: Any) -> bool:
    """Whether this is the JSON text of an object."""
    try:
        return isinstance(value, str) and isinstance(json.loads(value), dict)
    except ValueError:
        return False


def _are_arrays(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(array, np.ndarray) and array.dtype.kind in "biuf" for array in value
    )


def check_fitted(estimator: Any) -> None:
    """Require what predicting reads."""
    state = vars(estimator)
    for name in FITTED:
        require(name in state, f"{name} is missing")
    for name in ("weights_", "seed_states_"):
        require(_are_arrays(state[name]), f"{name} must be a list of arrays of numbers")
    slots = state["optimizer_state_"]
    require(slots is None or _are_arrays(slots), "optimizer_state_ must be arrays")
    require(_is_json(state["keras_config_"]), "keras_config_ is no configuration")
    compiled = state["compile_config_"]
    require(compiled is None or _is_json(compiled), "compile_config_ is none")
    require(isinstance(state["constants_"], str), "constants_ must be text")
    if "built_from_" in state:  # in older files it is not
        built = state["built_from_"]
        parts = [built.get(p) for p in ("model", "compile")] if _is_dict(built) else [0]
        require(all(map(_is_dict, parts)), "built_from_ must be a dict of dicts")
    require(type(state["predict_hooks_"]) is bool, "predict_hooks_ must be a bool")
    require(_is_shape(state["X_shape_"]), f"X_shape_ is {state['X_shape_']!r}")
    _check_chain(state["chain_"], state["weights_"])
    _check_encoders(estimator)


def _is_shape(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_is_shape, value.values()))
    if isinstance(value, list):
        return all(map(_is_shape, value))
    return isinstance(value, tuple) and len(value) > 0 and all(map(is_count, value))


def _check_chain(chain: Any, weights: list[np.ndarray]) -> None:
    if chain is None:
        return
    names = {"network", "input_shape", "scaling", "positions", "link"}
    require_dict(chain, names, "chain_")
    shape, positions = chain["input_shape"], chain["positions"]
    require(_is_shape(shape) and isinstance(shape, tuple), f"chain_ takes {shape!r}")
    stored = chain["network"]
    last = stored[-1] if isinstance(stored, list) and stored else None
    units: Any = last.get("units") if isinstance(last, dict) else None
    require(is_size(units), "chain_ has no last layer")
    network = check_network(stored, shape, units)
    known = isinstance(positions, list) and all(
        is_count(n) and n < len(weights) for n in positions
    )
    require(known, "chain_ names weights that are not there")
    check_weights([weights[n] for n in positions], network)
    check_scaling(chain["scaling"], math.prod(shape))
    require(chain["link"] in LINKS, f"chain_ ends in {chain['link']!r}")


def _check_encoders(estimator: Any) -> None:
    target: Any = estimator.target_encoder_
    feature: Any = estimator.feature_encoder_
    wanted: type = ClassifierLabelEncoder
    if isinstance(estimator, KerasRegressor):
        wanted = RegressorTargetEncoder
    require(type(target) is wanted, f"target_encoder_ is a {type(target).__name__}")
    if "_y_shape" in vars(target):
        require(_is_shape(target._y_shape), "target_encoder_ has no shape")
    if isinstance(target, ClassifierLabelEncoder) and "_target_type" in vars(target):
        _check_labels(target)
    if isinstance(feature, InputCutter):
        columns = vars(feature).get("columns_")
        require(isinstance(columns, dict), "feature_encoder_ has no columns")
    else:
        require(type(feature) is PassThrough, "feature_encoder_ is of no known kind")


def _check_labels(encoder: Any) -> None:
    kind = encoder._target_type
    require(kind in (*SUPPORTED, ONE_HOT), f"target_encoder_ is for {kind!r}")
    classes = getattr(encoder, "classes_", None)
    if kind == "multiclass-multioutput":
        require(classes is None, "target_encoder_ has classes_")
    elif not isinstance(classes, np.ndarray) or classes.ndim != 1 or not len(classes):
        raise StateError("target_encoder_ has no classes_")
    else:
        same = getattr(encoder, "n_classes_", None) == len(classes)
        require(same, f"target_encoder_ has {len(classes)} classes_")

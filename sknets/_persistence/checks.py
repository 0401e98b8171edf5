"""Whether the state of an estimator is one that fitting could have left.

A checksum tells damage, not intention: anyone can compute another one. So a state that
comes from a file is compared with its own network before anybody gets it: a file either
loads as an estimator that predicts, or is an error that says what is wrong with it.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np

from .._core.objectives import NUMBER_OBJECTIVES, Quantile
from .._estimators.base import NeuralNet
from .._estimators.dense_input import DenseInput
from .._estimators.image_input import ImageInput
from .._estimators.keras_model import BaseWrapper
from .._estimators.regressor import NeuralNetRegressor
from .._estimators.targets import MULTILABEL
from .._estimators.text_input import TextInput
from ..preprocessing import ImageNormalizer, ImageReshaper
from . import metadata_requests
from .column_checks import check_columns
from .counter_checks import check_counter
from .keras_checks import check_fitted, check_parameters
from .network_checks import (
    check_network,
    check_optimizer_state,
    check_scaling,
    check_weights,
)
from .requirements import (
    StateError,
    is_count,
    is_number,
    is_size,
    is_tuple_of,
    require,
    require_array,
    require_dict,
)

# What `set_output` and `set_fit_request` set.
_PRIVATE = {"_sklearn_output_config", metadata_requests.NAME}
_PRIVATE_OF_KERAS = {"_extra", "_custom", "_classes"}
_PIXEL_TYPES = ("any", "float", "int8", "int16", "uint8", "uint16")


# --- Names ---------------------------------------------------------------------------


def check_names(cls: type, state: dict[str, Any]) -> None:
    """Require names of parameters and of fitted attributes, and no others.

    A name that the class has itself, such as `predict`, would shadow it.
    """
    known = _parameters(cls) | _PRIVATE
    if issubclass(cls, BaseWrapper):
        known |= _PRIVATE_OF_KERAS
    for name in state:
        if name in known:
            continue
        if name.startswith("optimizer__") and issubclass(cls, NeuralNet):
            continue
        is_fitted = name.isidentifier() and name.endswith("_") and name[0] != "_"
        require(
            is_fitted and not hasattr(cls, name),
            f"attribute {name!r} is neither a parameter nor a fitted attribute of "
            f"{cls.__name__}",
        )
    config = state.get("_sklearn_output_config", {})
    is_plain = isinstance(config, dict) and all(
        isinstance(part, str) for item in config.items() for part in item
    )
    require(is_plain, f"_sklearn_output_config is {config!r}")
    _check_before_restoring(state)


def _check_before_restoring(state: dict[str, Any]) -> None:
    """Require what `__setstate__` reads: versions, and 8-bit weights to unpack."""
    versions = state.get("versions_", {"sknets": "", "state_format": 1})
    are_versions = (
        isinstance(versions, dict)
        and isinstance(versions.get("sknets"), str)
        and is_size(versions.get("state_format"))
    )
    require(are_versions, f"versions_ is {versions!r}")
    step = state.get("embedding_step_", 1.0)
    require(is_number(step) and step > 0, f"embedding_step_ is {step!r}")
    if "embedding_step_" in state:
        weights = state.get("weights_")
        table: Any = weights[0] if isinstance(weights, list) and weights else None
        is_table = isinstance(table, np.ndarray) and table.dtype == np.int8
        require(is_table, "weights_[0] must be of 8 bits where there is a step")


def _parameters(cls: type) -> set[str]:
    signature = inspect.signature(cls.__init__).parameters.values()  # type: ignore[misc]
    return {p.name for p in signature if p.kind is not p.VAR_KEYWORD} - {"self"}


# --- Values --------------------------------------------------------------------------


def check_state(estimator: Any) -> None:
    """Raise StateError for a state that no fit could have left.

    Parameters are checked by `fit`, as those that are set by hand are.
    """
    missing = _parameters(type(estimator)) - set(vars(estimator))
    require(not missing, f"parameter {min(missing, default='')} is missing")
    if isinstance(estimator, BaseWrapper):
        check_parameters(estimator)
        mark = "weights_"
        check: Callable[[Any], None] = _check_keras
    elif isinstance(estimator, NeuralNet):
        mark, check = "weights_", _check_net
    else:
        mark, check = "image_shape_", _check_transformer
    if mark in vars(estimator):
        check(estimator)
        return
    fitted = [name for name in vars(estimator) if _is_fitted_name(name)]
    require(not fitted, f"{mark} is missing, but {', '.join(fitted)} is there")


def _is_fitted_name(name: str) -> bool:
    return name.endswith("_") and not name.startswith("optimizer__")


def _required(estimator: Any, *names: str) -> None:
    for name in names:
        require(name in vars(estimator), f"{name} is missing")


def _check_net(net: Any) -> None:
    _required(
        net, "network_", "input_scaling_", "history_", "n_iter_", "best_epoch_",
        "versions_",
    )  # fmt: skip
    if isinstance(net, NeuralNetRegressor):
        n_outputs = _check_numbers(net)
    else:
        _required(net, "target_type_", "classes_")
        n_outputs = _check_classes(net.target_type_, net.classes_)
    n_features = 1 if isinstance(net, TextInput) else _check_input(net)
    if isinstance(net, ImageInput):
        _check_pixels(net)
    if isinstance(net, DenseInput):
        n_soft_steps = getattr(net, "n_soft_steps_", 0)
        require(is_count(n_soft_steps), f"n_soft_steps_ is {n_soft_steps!r}")
        most = getattr(net, "soft_steps_", None)
        require(most is None or is_count(most), f"soft_steps_ is {most!r}")
        if "columns_" in vars(net):
            n_features = check_columns(net.columns_, n_features)
    shape = net._input_shape()
    network = check_network(net.network_, shape, n_outputs)
    check_weights(net.weights_, network)
    check_scaling(net.input_scaling_, n_features)
    _check_history(net)
    if "optimizer_state_" in vars(net):
        check_optimizer_state(net.optimizer_state_, net.weights_)
    if isinstance(net, TextInput):
        _check_text(net, n_outputs)


def _check_keras(estimator: Any) -> None:
    check_fitted(estimator)
    if "history_" in vars(estimator):
        _required(estimator, "n_iter_", "best_epoch_")
        _check_history(estimator)
    link = vars(estimator).get("link_")
    require(link in (None, "sigmoid", "softmax"), f"link_ is {link!r}")


def _check_classes(target_type: Any, classes: Any) -> int:
    """Return the number of outputs."""
    require(
        isinstance(classes, np.ndarray) and classes.ndim == 1,
        "classes_ must be an array of one axis",
    )
    n = len(classes)
    least: dict[Any, Callable[[int], bool]] = {
        "binary": lambda n: n == 2,
        "multiclass": lambda n: n == 1 or n > 2,  # one class is a softmax, too
        MULTILABEL: lambda n: n > 0,
    }
    known = isinstance(target_type, str) and target_type in least
    require(known, f"target_type_ must be one of {list(least)}; got {target_type!r}")
    require(least[target_type](n), f"there are {n} classes_ for {target_type} targets")
    if target_type != MULTILABEL:
        require(_is_ascending(classes), "classes_ must be sorted, each there once")
    return 1 if target_type == "binary" else n


def _check_numbers(net: Any) -> int:
    """Objective and scaling of a regressor; return the number of outputs."""
    _required(net, "objective_", "target_scaling_", "target_shape_")
    require_dict(net.objective_, {"loss", "quantile"}, "objective_")
    loss, quantile = net.objective_["loss"], net.objective_["quantile"]
    known = isinstance(loss, str) and loss in NUMBER_OBJECTIVES
    require(known, f"objective_ has the loss {loss!r}")
    if loss == Quantile.name:
        fits = is_number(quantile) and 0 <= quantile <= 1
    else:
        fits = quantile is None
    require(fits, f"objective_ has the quantile {quantile!r} for the loss {loss!r}")
    scaling, shape = net.target_scaling_, net.target_shape_
    is_shape = isinstance(shape, tuple) and len(shape) < 2 and all(map(is_size, shape))
    require(is_shape, f"target_shape_ is {shape!r}")
    n_outputs = math.prod(shape)
    require_dict(scaling, {"shift", "scale"}, "target_scaling_")
    for key in ("shift", "scale"):
        name = f"target_scaling_[{key!r}]"
        require_array(scaling[key], np.float64, (n_outputs,), name)
    require((scaling["scale"] > 0).all(), "target_scaling_['scale'] must be above 0")
    return n_outputs


def _is_ascending(labels: np.ndarray) -> bool:
    """Whether labels can be looked up by their order."""
    try:
        return np.array_equal(np.unique(labels), labels)
    except TypeError:  # of several types
        return False


def _check_input(estimator: Any) -> int:
    """Number and names of the columns; return the number."""
    _required(estimator, "n_features_in_")
    n_features = estimator.n_features_in_
    require(is_size(n_features), f"n_features_in_ is {n_features!r}")
    names = vars(estimator).get("feature_names_in_")
    if names is not None:
        require_array(names, np.object_, (n_features,), "feature_names_in_")
        all_text = all(isinstance(name, str) for name in names)
        require(all_text, "feature_names_in_ must be strings")
    if "image_shape_" in vars(estimator):
        shape = estimator.image_shape_
        is_shape = is_tuple_of(is_size, 3)(shape) and math.prod(shape) == n_features
        require(is_shape, f"image_shape_ is {shape!r} for {n_features} features")
    return n_features


def _check_history(net: Any) -> None:
    require(is_count(net.n_iter_), f"n_iter_ is {net.n_iter_!r}")
    is_epoch = is_count(net.best_epoch_) and net.best_epoch_ <= net.n_iter_
    require(is_epoch, f"best_epoch_ is {net.best_epoch_!r} of {net.n_iter_} epochs")
    history = net.history_
    require(isinstance(history, dict), "history_ must be a dict")
    for name, values in history.items():
        is_curve = isinstance(values, list) and all(
            isinstance(value, Real) for value in values
        )
        require(isinstance(name, str) and is_curve, f"history_[{name!r}] is no curve")
    same = len({len(values) for values in history.values()}) <= 1
    require(same, "history_ has curves of several lengths")


def _check_pixels(net: Any) -> None:
    _required(net, "image_shape_", "pixel_type_", "pixel_range_")
    known = isinstance(net.pixel_type_, str) and net.pixel_type_ in _PIXEL_TYPES
    require(known, f"pixel_type_ is {net.pixel_type_!r}")
    # Of networks from elsewhere the range is not known, hence infinite.
    for name in ("pixel_range_", "seen_range_"):
        limits = getattr(net, name, net.pixel_range_)
        is_range = is_tuple_of(lambda end: isinstance(end, Real), 2)(limits)
        require(is_range and limits[0] <= limits[1], f"{name} is {limits!r}")
    # Networks of version 0.1 and from elsewhere have none of these.
    normalization = getattr(net, "normalization_", None)
    known = normalization in (None, "batch", "pooled")
    require(known, f"normalization_ is {normalization!r}")
    changes = getattr(net, "augment_", None)
    require(changes is None or isinstance(changes, dict), f"augment_ is {changes!r}")
    is_mirrored = getattr(net, "average_mirrored_", False)
    require(isinstance(is_mirrored, bool), f"average_mirrored_ is {is_mirrored!r}")
    n_rows = getattr(net, "n_rows_", 0)
    require(is_count(n_rows), f"n_rows_ is {n_rows!r}")


def _check_text(net: Any, n_outputs: int) -> None:
    _required(net, "counter_")
    check_counter(net.counter_)
    n_rows = net.network_[0]["rows"]
    require(
        net.counter_.n_features_ + 1 == n_rows,
        f"network_ has {n_rows} rows for {net.counter_.n_features_} n-grams",
    )
    n_given = getattr(net, "n_ngrams_given_", 0)  # older files do not say
    require(is_count(n_given), f"n_ngrams_given_ is {n_given!r}")
    if "class_counts_" in vars(net):
        counts = net.class_counts_
        # A file of version 0.1 has no number of texts.
        names = {"inside", "outside", "slope"}
        if isinstance(counts, dict) and "n_texts" in counts:
            names.add("n_texts")
        require_dict(counts, names, "class_counts_")
        for side in ("inside", "outside"):
            name = f"class_counts_[{side!r}]"
            require_array(counts[side], counts[side].dtype, (n_rows, n_outputs), name)
            is_count_of = counts[side].dtype.kind == "f" and (counts[side] >= 0).all()
            require(is_count_of, f"{name} must be numbers that are not negative")
        for name in names - {"inside", "outside"}:
            is_value = is_number(counts[name])
            require(is_value, f"class_counts_[{name!r}] must be a number")


# --- Transformers --------------------------------------------------------------------


def _check_transformer(transformer: Any) -> None:
    _required(transformer, "input_shape_")
    n_features = _check_input(transformer)
    shape = transformer.input_shape_
    is_shape = isinstance(shape, tuple) and all(map(is_size, shape))
    require(
        is_shape and math.prod(shape) == n_features,
        f"input_shape_ is {shape!r} for {n_features} features",
    )
    if isinstance(transformer, ImageNormalizer):
        _check_normalizer(transformer)
    elif not isinstance(transformer, ImageReshaper):
        raise StateError(f"no checks are known for a {type(transformer).__name__}")


def _check_normalizer(normalizer: Any) -> None:
    _required(normalizer, "offset_", "scale_", "input_dtype_")
    dtype = normalizer.input_dtype_
    known = isinstance(dtype, str) and np.dtype(dtype).kind in "biuf"
    require(known, f"input_dtype_ is {dtype!r}")
    image_shape = normalizer.image_shape_
    for name in ("offset_", "scale_"):
        value = getattr(normalizer, name)
        if isinstance(value, np.ndarray):
            shape = image_shape if value.ndim == 3 else image_shape[2:]
            require_array(value, np.float64, shape, name)
        else:
            require(is_number(value), f"{name} must be a finite number; got {value!r}")
    require(np.all(normalizer.scale_ > 0), "scale_ must be above zero")

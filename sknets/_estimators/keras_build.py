"""The model of a Keras estimator: built, compiled, rebuilt from what was kept."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from .._keras import copies
from .._keras.arguments import own_arguments
from .._keras.compilation import compile_arguments
from .._keras.routing import accepts, argument_names, construct, routed, takes_any
from .._tensorflow import keras
from .._training.keras_training import take, to_keras
from .._training.tensorflow.runtime import prepare
from .._training.tensorflow.seeds import seeded
from .._warnings import warn_user
from . import keras_checks, keras_inputs
from .keras_params import without_nested

# What a build function may ask for beside hyperparameters.
SPECIAL = ("meta", "compile_kwargs", "params")


def build(estimator: Any, inputs: Any, seed: int | None) -> Any:
    """Build the model, with its first weights.

    Parameters
    ----------
    estimator : estimator
    inputs : arrays as the model takes them
    seed : int or None
    """
    prepare()
    with seeded(seed):
        model = _make(estimator)
        if not isinstance(model, keras.Model):
            raise TypeError(
                f"The build function must return a keras.Model; got {model!r}."
            )
        keras_checks.check_input(model, inputs)
        if not model.built:
            model(to_keras(take(inputs, np.arange(1))))
    return model


def _make(estimator: Any) -> Any:
    """Model from the `model` parameter or a subclass' own method."""
    model = estimator.model
    if model is None and estimator.build_fn is not None:
        model = estimator.build_fn
        warn_user(
            "``build_fn`` will be renamed to ``model``: give model=... instead.",
        )
    own = getattr(estimator, "_keras_build_fn", None)
    if model is None:
        if own is None:
            raise ValueError(
                "There is no model: give model=..., or a subclass must implement "
                "``_keras_build_fn``."
            )
        return call(estimator, own)
    if own is not None:
        raise ValueError(
            "A class that is given a model cannot implement ``_keras_build_fn``; "
            "leave one of both out."
        )
    if isinstance(model, keras.Model):
        _refuse_arguments(estimator)
        return _copy(model)
    if callable(model):
        return call(estimator, model)
    raise TypeError(
        f"``model`` must be a build function or a keras.Model; got {model!r}."
    )


def _refuse_arguments(estimator: Any) -> None:
    """Raise if a model that is there gets arguments as a function does."""
    for name in [*_arguments(estimator, ()), *_nested(estimator)]:
        given = name if name in estimator._extra else f"model__{name}"
        raise TypeError(
            f"{given} would have no effect, as model={estimator.model!r} is built "
            "already. Leave it out, or give a function that takes "
            f"{name.partition('__')[0]} and returns the model."
        )


def _copy(model: Any) -> Any:
    try:
        return copies.copy_model(model)
    except copies.NotCopiedError as error:
        raise ValueError(
            f"The model {model.name!r} cannot be copied, so that a fit would change "
            f"it ({error}). Give a function that builds it instead, or give its class "
            "the methods get_config and from_config."
        ) from error


def call(estimator: Any, function: Callable) -> Any:
    """Call a build function with the arguments that are for it."""
    taken = argument_names(function)
    arguments = _arguments(estimator, taken)
    if not takes_any(function):
        valid = [name for name in taken if name not in ("self", *SPECIAL)]
        unknown = [name for name in arguments if name not in valid]
        if unknown:
            raise TypeError(
                f"{_name(function)} got an unexpected keyword argument {unknown[0]!r}. "
                f"Valid are: {', '.join(valid) or 'none'}; {unknown[0]} is no other "
                f"parameter of {type(estimator).__name__} either."
            )
    nested = _nested(estimator)
    if nested and not accepts(function, "params"):
        raise TypeError(
            f"model__{nested[0]} would have no effect: a build function is given plain "
            f"arguments, as model__{nested[0].partition('__')[0]}, or all parameters "
            "where it takes `params`."
        )
    if accepts(function, "meta"):
        arguments["meta"] = estimator._get_metadata()
    if accepts(function, "compile_kwargs"):
        arguments["compile_kwargs"] = compile_kwargs(estimator)
    if accepts(function, "params"):
        arguments["params"] = estimator.get_params()
    return function(**arguments)


def _arguments(estimator: Any, taken: Collection[str]) -> dict[str, Any]:
    """Parameters that are for a build function, which takes these arguments."""
    params, kind = estimator._all_params(), type(estimator)
    known = kind._compile_kwargs | kind._fit_kwargs | kind._predict_kwargs
    arguments = without_nested(routed(params, "model"))
    for name in estimator._extra:
        if "__" not in name and (name not in known or name in taken):
            arguments.setdefault(name, params[name])
    return arguments


def _nested(estimator: Any) -> list[str]:
    """Parameters such as ``model__a__b``, without their prefix."""
    given = routed(estimator._all_params(), "model")
    return [name for name in given if "__" in name]


def _name(function: Callable) -> str:
    if isinstance(function, functools.partial):
        function = function.func
    return f"{getattr(function, '__name__', repr(function))}()"


def compile_kwargs(estimator: Any) -> dict[str, Any]:
    """Arguments of ``Model.compile`` that the parameters give."""
    params = estimator._all_params()
    names = {
        name: _own_copy(params[name])
        for name in sorted(type(estimator)._compile_kwargs)
        if name in params
    }
    smoothing = params.get("label_smoothing", 0.0)
    if smoothing:
        params = {"loss__label_smoothing": smoothing, **params}
    return compile_arguments(params, names)


def _own_copy(value: Any) -> Any:
    """An optimizer or metric that no other model has; anything else as it is."""
    if isinstance(value, dict):
        return {key: _own_copy(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_own_copy(part) for part in value)
    if not isinstance(value, keras.optimizers.Optimizer | keras.metrics.Metric):
        return value
    try:
        with keras.saving.custom_object_scope(copies.custom_of(value)):
            return type(value).from_config(own_arguments(value))
    except Exception as error:
        if isinstance(value, keras.metrics.Metric):
            return value  # each epoch resets it
        name = type(value).__name__
        raise ValueError(
            f"The optimizer {name} cannot be copied, and each fit needs one of its own "
            f"({error}). Give the class instead, optimizer={name}, and its arguments "
            "as optimizer__learning_rate and the like; or complete its get_config."
        ) from error


def compile_model(estimator: Any, model: Any, *, is_new: bool) -> None:
    """Compile a model that its build function did not, and check that it can train.

    Parameters
    ----------
    estimator : estimator
    model : keras.Model
    is_new : bool
        Whether this fit built it: then whoever compiled it is the user.
    """
    compiled = model.compiled
    if not compiled:
        model.compile(**compile_kwargs(estimator))
    owner, default = type(estimator).__name__, _default(estimator, "loss")
    keras_checks.check_loss(model, compiled, estimator.loss, default, owner)
    if compiled and is_new:
        _warn_of_unused(estimator, model.optimizer)
    if not model.optimizer.built:
        model.optimizer.build(model.trainable_variables)


def _default(estimator: Any, name: str) -> Any:
    """Default of a parameter, None where the signature of the class leaves it out."""
    parameters = inspect.signature(type(estimator).__init__).parameters
    return parameters[name].default if name in parameters else None


def _warn_of_unused(estimator: Any, optimizer: Any) -> None:
    """Warn of parameters that a model which the user has compiled cannot know of."""
    model = estimator.model if estimator.model is not None else estimator.build_fn
    if model is None:  # a subclass' own method has all parameters
        return
    is_function = not isinstance(model, keras.Model)
    if is_function and (accepts(model, "compile_kwargs") or accepts(model, "params")):
        return
    known = type(estimator)._compile_kwargs
    unused = [
        name
        for name in estimator._extra
        if name in known
        or name.startswith(("optimizer__", "loss__", "metrics__", "compile__"))
    ]
    if _asks_for_another(estimator, optimizer):
        unused = ["optimizer", *unused]
    if unused:
        warn_user(
            f"{', '.join(unused)} had no effect, as the model is compiled already. "
            "Give it uncompiled, or give a build function an argument compile_kwargs, "
            "for model.compile(**compile_kwargs)."
        )


def _asks_for_another(estimator: Any, optimizer: Any) -> bool:
    """Whether the parameter `optimizer` is set, to one of another class."""
    given = estimator.optimizer
    if given is None or given == _default(estimator, "optimizer"):
        return False
    kind = given if inspect.isclass(given) else type(keras.optimizers.get(given))
    return kind is not type(optimizer)


def reset_optimizer(model: Any) -> None:
    """Put its optimizer at the state that it has in a model that is loaded.

    That is the one before the first step, with the learning rate of now.
    """
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None or not optimizer.built:
        return
    try:
        fresh = _own_copy(optimizer)
    except ValueError:  # it goes on with the state that it has
        return
    build_optimizer(fresh, model)
    first = copies.read(fresh.variables)
    if len(first) == len(optimizer.variables):  # else a callback froze some layers
        copies.write(optimizer.variables, first)


def build_optimizer(optimizer: Any, model: Any) -> None:
    """Build an optimizer; moving averages of the weights begin at these, not at zero.

    The first step does so, but callbacks may put the averages in before.
    """
    optimizer.build(model.trainable_variables)
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    averages = getattr(inner, "_model_variables_moving_average", ())
    for average, weight in zip(averages, model.trainable_variables, strict=False):
        if average is not None:
            average.assign(weight)


def callbacks(estimator: Any, *names: str) -> list[Any]:
    """Callbacks of some parameters, made where they are given as classes."""
    params = estimator._all_params()
    found: list[Any] = []
    for name in names:
        given = params.get(name)
        if given is None:
            continue
        made = construct(name, given, routed(params, name))
        if isinstance(made, dict):
            made = list(made.values())
        for part in made if isinstance(made, list | tuple) else [made]:
            found += part if isinstance(part, list | tuple) else [part]
    for callback in found:
        if not isinstance(callback, keras.callbacks.Callback):
            raise TypeError(
                "``callbacks`` must be a Keras callback (or its class), or a list or "
                f"dict of callbacks or of lists of callbacks; got {callback!r}."
            )
    return found


def callbacks_of_call(method: str, given: Any) -> list[Any]:
    """Callbacks given to a call of fit or predict: one or several, as Keras takes them.

    Parameters
    ----------
    method : str
        Name of what was called, for errors.
    given : callback, nested callbacks or None
    """
    found = [] if given is None else keras.tree.flatten(given)
    for callback in found:
        if not isinstance(callback, keras.callbacks.Callback):
            raise TypeError(
                f"callbacks given to {method} must be Keras callbacks; got "
                f"{callback!r}. Give objects, or a class to the constructor, "
                "callbacks=..., with its arguments as callbacks__*."
            )
    return found


def rebuild(estimator: Any) -> Any:
    """The model of a loaded estimator, compiled, with its weights."""
    prepare()
    own = {**custom(estimator), **estimator._custom_objects()}
    with seeded(0):
        if estimator.keras_config_ is not None:
            trusted = bool(estimator._custom)
            model = copies.from_config(estimator.keras_config_, own, trusted=trusted)
        else:
            model = _make(estimator)
            if not model.built:
                row = keras_inputs.row_of(estimator.X_shape_, estimator.X_dtype_)
                model(to_keras(estimator.feature_encoder_.transform(row)))
    copies.write(model.weights, estimator.weights_)
    copies.write(copies.seed_states(model), estimator.seed_states_)
    copies.settle_constants(model)
    if estimator.compile_config_ is not None and not model.compiled:
        trusted = bool(estimator._custom)
        config = copies.from_config(estimator.compile_config_, own, trusted=trusted)
        model.compile(**config)
    if model.compiled and model.optimizer is not None:
        build_optimizer(model.optimizer, model)
        if estimator.optimizer_state_ is not None:
            copies.write(model.optimizer.variables, estimator.optimizer_state_)
    return model


def custom(estimator: Any) -> dict[str, Any]:
    """Classes of the fitted model that Keras does not have."""
    from .._keras.stored import restore

    estimator._custom = restore(getattr(estimator, "_custom", None)) or {}
    return estimator._custom

"""Outputs of the model of a Keras estimator."""

from __future__ import annotations

from typing import Any

from scipy.sparse import issparse

from .._keras import copies
from .._tensorflow import keras
from .._training.keras_training import to_keras
from .._training.tensorflow import keras_prediction
from . import keras_build
from .keras_state import stands


def outputs(estimator: Any, X: Any, arguments: dict[str, Any]) -> Any:
    """Predict with arguments of ``Model.predict``.

    Parameters
    ----------
    estimator : estimator
        Fitted.
    X : arrays as the model takes them
    arguments : dict
        Callbacks among them are those of this call.
    """
    if arguments.get("batch_size") == -1:
        if not hasattr(X, "shape"):
            raise ValueError(
                "`batch_size=-1` requires that `X` implement `shape`, but the model "
                "has several inputs. Give a number."
            )
        arguments["batch_size"] = X.shape[0]
    more = keras_build.callbacks_of_call("predict", arguments.pop("callbacks", None))
    hooks = [*listeners(estimator), *filter(_hears_predictions, more)]
    if hooks or "steps" in arguments or _has_own_method(estimator):
        return estimator.model_.predict(x=X, callbacks=hooks, **arguments)
    # Sparse ones stay so, and are filled up in blocks of rows.
    X = keras.tree.map_structure(lambda a: a if issparse(a) else to_keras(a), X)
    return _predict(estimator, X)


def listeners(estimator: Any) -> list[Any]:
    """Callbacks that want to hear of predictions, if their code is there."""
    estimator._restore_params()
    names = "callbacks", "predict__callbacks"
    params = estimator._all_params()
    there = [name for name in names if not stands(params.get(name))]
    hooks = keras_build.callbacks(estimator, *there)
    return [hook for hook in hooks if _hears_predictions(hook)]


def has_own_way(estimator: Any, *, check_callbacks: bool) -> bool:
    """Whether Keras' own ``predict`` has to be called."""
    if _has_own_method(estimator):
        return True
    return check_callbacks and bool(listeners(estimator))


def _has_own_method(estimator: Any) -> bool:
    """Whether the model predicts in its own way, also where it is to be built first."""
    model = vars(estimator).get("_model")
    if model is None and vars(estimator).get("predict_hooks_"):
        model = estimator.model_
    return model is not None and _predicts(model)


_HOOKS = (
    *("on_predict_begin", "on_predict_end"),
    *("on_predict_batch_begin", "on_predict_batch_end"),
)


def _hears_predictions(callback: Any) -> bool:
    base = keras.callbacks.Callback
    return any(
        getattr(getattr(callback, hook), "__func__", None) is not getattr(base, hook)
        for hook in _HOOKS
    )


def _predicts(model: Any) -> bool:
    """Whether a model has a way to predict of its own, or states between batches."""
    layers = copies.all_layers(model)
    return any(getattr(layer, "stateful", False) is True for layer in layers) or any(
        name in vars(model) or getattr(type(model), name) is not getattr(base, name)
        for base in [keras.Model]
        for name in ("predict", "predict_step", "make_predict_function")
    )


def _predict(estimator: Any, X: Any) -> Any:
    if estimator.keras_config_ is None:
        return _predict_alone(estimator, X)
    custom = {**keras_build.custom(estimator), **estimator._custom_objects()}
    key = (
        copies.without_names(estimator.keras_config_),
        copies.identities(custom),
        estimator.constants_,
    )
    return keras_prediction.predict(
        key, lambda: keras_build.rebuild(estimator), estimator.weights_, X
    )


def _predict_alone(estimator: Any, X: Any) -> Any:
    """With a model that Keras cannot copy."""
    signature = keras_prediction.row_specs(X)
    known = vars(estimator).get("_predictor")
    if known is None or known[0] != str(signature):
        model = estimator.model_
        made = keras_prediction.KerasPredictor(model, signature, owned=False)
        known = estimator._predictor = str(signature), made
    return known[1].predict(X, estimator.weights_)

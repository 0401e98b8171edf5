"""Fitted wrappers of scikeras as Keras estimators of sknets, and the way back."""

from __future__ import annotations

import inspect
from collections import defaultdict
from typing import Any

import numpy as np
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.validation import check_is_fitted

from .._estimators.keras_classifier import KerasClassifier
from .._estimators.keras_model import BaseWrapper
from .._estimators.keras_params import is_routed
from .._estimators.keras_regressor import KerasRegressor
from .._estimators.keras_targets import (
    MULTILABEL,
    ONE_HOT,
    ClassifierLabelEncoder,
    PassThrough,
    RegressorTargetEncoder,
    name_of,
)
from .._estimators.state import stamp
from .._warnings import warn_user

# Fitted attributes that both sides have, with the same meaning.
SHARED = (
    *("n_features_in_", "feature_names_in_", "X_shape_", "X_dtype_"),
    *("y_dtype_", "y_ndim_", "target_type_", "classes_", "n_classes_"),
    *("n_outputs_", "n_outputs_expected_"),
)
ENCODED = ("_target_type", "_y_dtype", "_y_shape", *SHARED[-4:])


# --- From scikeras -------------------------------------------------------------------


def from_wrapper(wrapper: Any) -> BaseWrapper:
    """Keras estimator with the model, the parameters and the targets of a wrapper.

    Parameters
    ----------
    wrapper : scikeras.wrappers.BaseWrapper
        Fitted.
    """
    kind, is_own_class = _ours(wrapper)
    if not is_own_class:
        _warn_of_class(wrapper, kind)
    fitted: Any = kind(**_parameters(wrapper, kind))
    vars(fitted).update({k: v for k, v in vars(wrapper).items() if k in SHARED})
    fitted.feature_encoder_ = _feature_encoder(wrapper)
    fitted.target_encoder_ = _target_encoder(wrapper)
    history = getattr(wrapper, "history_", {})
    if history:
        fitted.history_ = {k: [float(v) for v in run] for k, run in history.items()}
        fitted.n_iter_ = fitted.best_epoch_ = wrapper.current_epoch
        fitted.engine_ = "keras"
    fitted._model = wrapper.model_
    fitted._settle_output()
    fitted._keep_state(kept_optimizer=wrapper.model_.compiled)
    if fitted.keras_config_ is not None:
        fitted._model = None  # a model of its own is built when somebody asks
    stamp(fitted)
    return fitted


def _ours(wrapper: Any) -> tuple[type[BaseWrapper], bool]:
    """The class here, and whether that of the wrapper is scikeras' own."""
    from scikeras import wrappers as theirs

    pairs = [
        (theirs.KerasClassifier, KerasClassifier),
        (theirs.KerasRegressor, KerasRegressor),
        (theirs.BaseWrapper, BaseWrapper),
    ]
    for their, our in pairs:
        if isinstance(wrapper, their):
            return our, type(wrapper) is their
    raise TypeError(
        "from_scikeras takes a KerasClassifier, KerasRegressor or BaseWrapper of "
        f"scikeras; got {wrapper!r}."
    )


def _warn_of_class(fitted: Any, kind: type) -> None:
    warn_user(
        f"{type(fitted).__name__} is a class of your own, and the result a "
        f"{kind.__name__}: it predicts and goes on training alike, but a new fit does "
        f"not know what {type(fitted).__name__} overrides. Derive that class from "
        f"{kind.__module__}.{kind.__name__} to fit anew.",
    )


def _parameters(wrapper: Any, kind: type) -> dict[str, Any]:
    known = _names(kind) | set(getattr(wrapper, "_user_params", ()))
    params = wrapper.get_params(deep=False)
    return {n: v for n, v in params.items() if n in known or is_routed(n)}


def _names(kind: type) -> set[str]:
    return set(inspect.signature(kind).parameters) - {"kwargs"}


def _feature_encoder(wrapper: Any) -> Any:
    encoder = wrapper.feature_encoder_
    return PassThrough() if _is_plain(encoder) else encoder


def _is_plain(encoder: Any) -> bool:
    return type(encoder) is FunctionTransformer and encoder.func is None


def _target_encoder(wrapper: Any) -> Any:
    from scikeras.utils import transformers as theirs

    encoder = wrapper.target_encoder_
    if type(encoder) is theirs.ClassifierLabelEncoder:
        loss = name_of(encoder.loss)
        ours: Any = ClassifierLabelEncoder(loss, encoder.categories)
        ours._one_hot = ClassifierLabelEncoder.makes_one_hot(loss, encoder._target_type)
    elif type(encoder) is theirs.RegressorTargetEncoder:
        ours = RegressorTargetEncoder()
    else:
        return PassThrough() if _is_plain(encoder) else encoder
    vars(ours).update({k: v for k, v in vars(encoder).items() if k in ENCODED})
    return ours


# --- To scikeras ---------------------------------------------------------------------


def to_wrapper(fitted: BaseWrapper) -> Any:
    """Wrapper of scikeras with the model, the parameters and the targets.

    Parameters
    ----------
    fitted : BaseWrapper
        Fitted.
    """
    from .._estimators import keras_build

    check_is_fitted(fitted)
    if not isinstance(fitted.X_shape_, tuple):
        raise ValueError(
            "scikeras takes X as one array, but this estimator was fitted on several. "
            "Fit it on one, and cut that by inputs={name: columns}."
        )
    kind, is_own_class = _theirs(fitted)
    if not is_own_class:
        _warn_of_class(fitted, kind)
    _warn_of_parameters(fitted, kind)
    known = _names(kind) | set(fitted._extra)
    params = fitted.get_params(deep=False)
    wrapper = kind(**{name: v for name, v in params.items() if name in known})
    vars(wrapper).update({k: v for k, v in vars(fitted).items() if k in SHARED})
    encoder = fitted.feature_encoder_
    plain = isinstance(encoder, PassThrough)
    wrapper.feature_encoder_ = FunctionTransformer() if plain else encoder
    wrapper.target_encoder_ = _their_target_encoder(fitted)
    runs = vars(fitted).get("history_", {})
    wrapper.history_ = defaultdict(list, {name: [*run] for name, run in runs.items()})
    described = fitted.keras_config_ is not None
    wrapper.model_ = keras_build.rebuild(fitted) if described else fitted.model_
    wrapper._random_state = fitted._seed()
    wrapper._initialize_callbacks()
    return wrapper


def _theirs(fitted: Any) -> tuple[type, bool]:
    from scikeras import wrappers as theirs

    for our in (KerasClassifier, KerasRegressor, BaseWrapper):
        if isinstance(fitted, our):
            return getattr(theirs, our.__name__), type(fitted) is our
    raise AssertionError(f"{fitted!r} is no Keras estimator")


def _warn_of_parameters(fitted: Any, kind: type) -> None:
    defaults = inspect.signature(type(fitted)).parameters
    lost = [
        name
        for name in sorted(_names(type(fitted)) - _names(kind))
        if name in defaults and getattr(fitted, name) != defaults[name].default
    ]
    if lost:
        warn_user(
            f"scikeras has no parameters {', '.join(lost)}: the result predicts alike, "
            "but trains without them.",
        )


def _their_target_encoder(fitted: Any) -> Any:
    from scikeras.utils import transformers as theirs

    encoder = fitted.target_encoder_
    if type(encoder) is ClassifierLabelEncoder:
        wanted = theirs.ClassifierLabelEncoder(encoder.loss, encoder.categories)
        return _with_labels(wanted, fitted)
    if type(encoder) is RegressorTargetEncoder:
        wanted = theirs.RegressorTargetEncoder()
        return wanted.fit(np.zeros((2, *encoder._y_shape[1:]), encoder._y_dtype))
    return FunctionTransformer() if isinstance(encoder, PassThrough) else encoder


def _with_labels(wanted: Any, fitted: Any) -> Any:
    """A target encoder of scikeras that has learned the classes."""
    encoder, classes = fitted.target_encoder_, fitted.classes_
    if encoder._target_type == ONE_HOT:
        y = np.eye(len(classes), dtype=encoder._y_dtype)
    elif encoder._target_type == MULTILABEL:
        y = np.tile([[0], [1]], (1, len(classes))).astype(encoder._y_dtype)
    elif classes is None:
        raise ValueError(
            "to_scikeras cannot hand over several multiclass targets at once, of which "
            "scikeras makes no labels either."
        )
    else:
        y = classes.reshape(-1, *encoder._y_shape[1:])
    return wanted.fit(y)

"""A fitted estimator of a fitted scikeras wrapper."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.preprocessing import FunctionTransformer

from .._core.layers import Dense, EmbeddingPool
from .._core.network import Network
from .._core.objectives import CLASS_OBJECTIVES
from .._core.poolings import POOLINGS
from .._estimators import from_keras as network_to_estimator
from .._estimators import state
from .._estimators.classifier import NeuralNetClassifier
from .._estimators.cnn import SmallCNNClassifier
from .._estimators.keras_model import BaseWrapper
from .._estimators.targets import MULTILABEL
from .._keras import reader
from .._keras.reader import Reading
from .._training.optimizers import make_optimizer
from .._training.update_rules import RULES
from .._warnings import warn_user
from . import _keras_estimators


def from_scikeras(
    wrapper: Any, *, network_only: bool = False
) -> NeuralNetClassifier | BaseWrapper:
    """Take over the model and the target of a fitted scikeras wrapper.

    A classifier whose network is a chain of Keras layers that one of the three
    classifiers has, too, becomes that one: it predicts the same labels and
    probabilities without TensorFlow, and a new `fit` starts anew and settles the input
    scaling as these estimators do. Any other wrapper becomes a `KerasClassifier` or
    `KerasRegressor` with a copy of its model and its parameters. Of both,
    `partial_fit`, or `fit` with ``warm_start=True``, go on from the weights.

    Parameters
    ----------
    wrapper : scikeras.wrappers.KerasClassifier, KerasRegressor or BaseWrapper
        A fitted wrapper. Where the loss says ``from_logits=True``, the result gives
        true probabilities, and where it is a hinge, labels by the sign of the margin,
        which scikeras compares with 0.5. In a network that becomes one of the three
        classifiers, two units with a softmax for two classes become one unit, the
        difference of both, and embeddings take token numbers, with
        ``mask_zero=True``.
    network_only : bool, default=False
        Whether it is an error if the network is none of the three classifiers', with
        the layer that differs.

    Returns
    -------
    DenseNetClassifier, SmallCNNClassifier, TextPoolClassifier, KerasClassifier, \
KerasRegressor or BaseWrapper
        A fitted estimator.

    Raises
    ------
    TypeError
        If `wrapper` is none of scikeras.
    ValueError
        With `network_only`, if no classifier of sknets can hold the network.

    Warns
    -----
    UserWarning
        If the optimizer of a network has no counterpart, so that further training would
        differ, or if the class of the wrapper is not scikeras' own, so that a new fit
        would.

    See Also
    --------
    to_scikeras : The way back.

    Examples
    --------
    >>> from scikeras.wrappers import KerasClassifier
    >>> from sklearn.datasets import load_iris
    >>> from sknets.architectures import dense_net
    >>> from sknets.interop import from_scikeras
    >>> X, y = load_iris(return_X_y=True)
    >>> wrapper = KerasClassifier(
    ...     dense_net, loss="sparse_categorical_crossentropy", verbose=0, random_state=0
    ... )
    >>> clf = from_scikeras(wrapper.fit(X, y))
    >>> clf
    DenseNetClassifier(...)
    >>> bool((clf.predict(X) == wrapper.predict(X)).all())
    True
    """
    from scikeras.wrappers import BaseWrapper as Wrapper
    from scikeras.wrappers import KerasClassifier

    if isinstance(wrapper, Wrapper) and not wrapper.initialized_:
        raise NotFittedError("from_scikeras takes a fitted wrapper.")
    try:
        if isinstance(wrapper, KerasClassifier):
            return _network_of(wrapper)
    except ValueError:
        if network_only:
            raise
    if network_only:
        raise TypeError(
            "from_scikeras with network_only=True takes a KerasClassifier; got "
            f"{wrapper!r}."
        )
    return _keras_estimators.from_wrapper(wrapper)


def _network_of(wrapper: Any) -> NeuralNetClassifier:
    """One of the three classifiers, with the network of a wrapper."""
    _check_encoders(wrapper)
    reading = _read(wrapper)
    target_type, classes = _labels(wrapper, reading)
    fitted = network_to_estimator.estimator(
        reading, tuple(wrapper.X_shape_[1:]), wrapper.X_dtype_
    )
    fitted.set_params(**_training_params(wrapper))
    if isinstance(fitted, SmallCNNClassifier):
        fitted.set_params(augment=None)
    fitted.target_type_, fitted.classes_ = target_type, classes
    history = getattr(wrapper, "history_", {})
    fitted.history_ = {name: [float(v) for v in run] for name, run in history.items()}
    fitted.n_iter_ = fitted.best_epoch_ = wrapper.current_epoch
    state.stamp(fitted)
    return fitted


def _check_encoders(wrapper: Any) -> None:
    from scikeras.utils.transformers import ClassifierLabelEncoder

    target, feature = wrapper.target_encoder_, wrapper.feature_encoder_
    unchanged = type(feature) is FunctionTransformer and feature.func is None
    if not unchanged or not isinstance(target, ClassifierLabelEncoder):
        raise ValueError(
            "from_scikeras cannot take over the network of a wrapper with its own "
            f"feature_encoder or target_encoder; got {feature!r} and {target!r}."
        )


def _read(wrapper: Any) -> Reading:
    model = wrapper.model_
    layers = getattr(model, "layers", [])
    if "Multiply" in [type(layer).__name__ for layer in layers]:
        reading = _read_text_pool(model)
        if reading is not None:
            return reading
    return reader.read(model)


def _read_text_pool(model: Any) -> Reading | None:
    """Read a model that `text_pool` built; None if it is another one."""
    from ..architectures import to_keras, unchanged_random_state

    kinds = [type(layer).__name__ for layer in model.layers]
    if "Embedding" not in kinds:
        return None
    embedding = model.layers[kinds.index("Embedding")]
    last_of_pooling = kinds.index("Multiply")
    reading = reader.read_chain(
        model.layers[last_of_pooling + 1 :],
        tuple(model.layers[last_of_pooling].output.shape[1:]),
    )
    table = np.array(embedding.get_weights()[0], np.float32)
    reading.weights.insert(0, table)
    reading.keras_layers.insert(0, embedding)
    head = reading.network
    kind = "multiclass" if reading.last == "softmax" else "binary"
    objective = CLASS_OBJECTIVES[kind]
    for pooling in POOLINGS:
        reading.network = [
            EmbeddingPool(len(table), table.shape[1], pooling),
            *head,
        ]
        with unchanged_random_state():
            expected = to_keras(Network(tuple(reading.network), ()), objective)
        if reader.same_structure(model, expected):
            return reading
    return None


def _labels(wrapper: Any, reading: Reading) -> tuple[str, np.ndarray]:
    """Target type and classes; two units for two classes become one."""
    target_type, classes = wrapper.target_type_, wrapper.classes_
    one_hot = wrapper.target_encoder_._target_type == "multiclass-onehot"
    if one_hot:
        target_type = "multiclass"
    n_units, last = len(reading.weights[-1]), reading.last
    loss = getattr(wrapper.model_, "loss", None)  # none before it is compiled
    if last == "linear" and getattr(loss, "from_logits", False):
        one_each = target_type == MULTILABEL or n_units == 1
        last = "sigmoid" if one_each else "softmax"
    output = reading.keras_layers[-1]
    if target_type not in CLASS_OBJECTIVES or len(classes) < 2:
        raise ValueError(
            f"from_scikeras cannot take over targets of type {target_type!r} with "
            f"classes {classes!r}: supported are two or more classes and indicator "
            "matrices."
        )
    if target_type == "binary" and (n_units, last) == (2, "softmax"):
        reading.weights[-2:] = [np.diff(w, axis=-1) for w in reading.weights[-2:]]
        reading.network[-1] = Dense(1)
        return target_type, classes
    expected = {
        "binary": (1, "sigmoid"),
        "multiclass": (len(classes), "softmax"),
        MULTILABEL: (len(classes), "sigmoid"),
    }[target_type]
    if (n_units, last) != expected:
        target = "one-hot rows" if one_hot else f"a target of type {target_type!r}"
        reader.refuse(
            output,
            f"for {target} with {len(classes)} classes, the output must have "
            f"{expected[0]} units with {expected[1]}, or logits with a loss that says "
            f"so (from_logits=True); found {n_units} with {last}.",
        )
    return target_type, classes


def _training_params(wrapper: Any) -> dict[str, Any]:
    """How to go on training as the wrapper would."""
    batch_size = getattr(wrapper, "fit__batch_size", wrapper.batch_size)
    batch_size = batch_size or 32  # Keras' default
    return {
        "epochs": getattr(wrapper, "fit__epochs", wrapper.epochs),
        "batch_size": wrapper.X_shape_[0] if batch_size == -1 else batch_size,
        "class_weight": wrapper.class_weight,
        "random_state": wrapper.random_state,
        "warm_start": wrapper.warm_start,
        "verbose": wrapper.verbose,
        "learning_rate": None,
        "learning_rate_schedule": "constant",
        "warmup": 0.0,
        "weight_decay": None,
        "label_smoothing": 0.0,
        **_optimizer_params(getattr(wrapper.model_, "optimizer", None)),
    }


def _optimizer_params(optimizer: Any) -> dict[str, Any]:
    if optimizer is None:
        return {}
    try:
        settled = make_optimizer(optimizer, None, None, {})
    except ValueError as error:
        warn_user(
            f"Further training will differ from that in scikeras. {error}",
        )
        return {}
    rule = RULES[settled.name]
    changed = {
        name: value
        for name, value in settled.values.items()
        if math.isfinite(value) and value != rule.defaults.get(name)
    }
    changed |= dict.fromkeys(settled.switches, True)
    return {
        "optimizer": settled.name,
        # Keras keeps it in float32.
        "learning_rate": float(f"{settled.learning_rate:.7g}"),
        "weight_decay": settled.weight_decay or None,
        **{f"optimizer__{name}": value for name, value in changed.items()},
    }

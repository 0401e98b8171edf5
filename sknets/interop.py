"""To ONNX, and to scikeras and from it with labels.

scikeras is imported within functions alone: importing it changes how Keras models are
pickled, for the whole process.
"""

from __future__ import annotations

import math
import warnings
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.exceptions import NotFittedError
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.validation import check_is_fitted

from ._core.layers import Dense, EmbeddingPool
from ._core.layers.base import Shape
from ._core.network import Network
from ._core.objectives import CLASS_OBJECTIVES
from ._core.poolings import POOLINGS
from ._estimators import from_keras as network_to_estimator
from ._estimators import scikeras_wrappers, state
from ._estimators.base import NeuralNet
from ._estimators.classifier import NeuralNetClassifier
from ._estimators.cnn import SmallCNNClassifier
from ._estimators.dense import DenseNetClassifier
from ._estimators.keras_model import BaseWrapper
from ._estimators.targets import MULTILABEL
from ._estimators.text import TextPoolClassifier
from ._estimators.text_input import TextInput
from ._keras import reader
from ._keras.reader import Reading
from ._optional import needs_tensorflow
from ._training.optimizers import RULES, make_optimizer

_LOSSES = {
    "binary": "binary_crossentropy",
    "multiclass": "sparse_categorical_crossentropy",
    MULTILABEL: "binary_crossentropy",
}


# --- To ONNX -------------------------------------------------------------------------


def to_onnx(fitted: Any, path: Any = None) -> Any:
    """Convert a fitted estimator to ONNX, for ONNX Runtime and the like.

    The input scaling is inside, and the outputs are those of `fitted.model_`:
    probabilities in the order of `classes_` (of two classes only the second's), or
    numbers in the units of y. It computes in float32.

    Parameters
    ----------
    fitted : estimator of sknets
        A fitted classifier or regressor.
    path : str or path, default=None
        Where to write the file, if anywhere.

    Returns
    -------
    onnx.ModelProto
        The graph. Its input ``"X"`` takes rows as `fitted.model_` does: features, of
        shape (n_samples, n_features), encoded by `encode_columns` where there are
        columns of categories; images, of shape (n_samples, height, width, channels).
        Of a text estimator, ``"X"`` and ``"weights"`` take what `token_weights`
        returns. Several inputs of a Keras model keep their names.

    Raises
    ------
    ModuleNotFoundError
        If TensorFlow or tf2onnx, which the `export` extra brings, is not installed.
    TypeError
        If `fitted` is no classifier or regressor of sknets, or has a Keras model that
        is neither functional nor sequential.

    See Also
    --------
    token_weights : Texts as the graph of a text estimator takes them.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sknets import DenseNetClassifier
    >>> from sknets.interop import to_onnx
    >>> X, y = load_iris(return_X_y=True)
    >>> net = DenseNetClassifier(epochs=5, random_state=0).fit(X, y)
    >>> [node.name for node in to_onnx(net).graph.input]
    ['X']
    """
    if not isinstance(fitted, NeuralNet | BaseWrapper):
        raise TypeError(
            "to_onnx takes a fitted classifier or regressor of sknets; got "
            f"{fitted!r}. Of a pipeline, give its last step, and prepare rows by the "
            "steps before it."
        )
    check_is_fitted(fitted)
    with needs_tensorflow("Converting to ONNX"):
        import tensorflow  # noqa: F401
    try:
        import tf2onnx  # noqa: F401
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"to_onnx needs tf2onnx, which is not installed ({error}). Install it with "
            "'pip install tf2onnx onnx'.",
            name=error.name,
        ) from error
    from ._keras import onnx as graphs

    model = fitted.model_
    if isinstance(fitted, TextInput):
        first = fitted._network.layers[0]
        assert isinstance(first, EmbeddingPool)
        graph = graphs.from_text_model(model, fitted.weights_[0], first.pooling)
    else:
        graph = graphs.from_model(model)
    if path is not None:
        import onnx

        onnx.save(graph, path)
    return graph


def token_weights(fitted: TextInput, X: Any) -> tuple[np.ndarray, np.ndarray]:
    """Texts as the ONNX graph of a fitted text estimator takes them.

    Parameters
    ----------
    fitted : TextPoolClassifier or TextPoolRegressor
        A fitted estimator.
    X : array-like of str, shape (n_samples,)
        Texts.

    Returns
    -------
    numbers : ndarray of shape (n_samples, longest), int32
        One more than the column of each n-gram in the vocabulary, filled up with 0.
    weights : ndarray of shape (n_samples, longest), float32
        What each counts, as `binary` and `sublinear_tf` have it, filled up with 0.

    See Also
    --------
    to_onnx : The graph.

    Examples
    --------
    >>> from sknets import TextPoolClassifier
    >>> from sknets.interop import token_weights
    >>> net = TextPoolClassifier(epochs=1, min_df=1, ngram_range=(1, 1))
    >>> net = net.fit(["a good film", "a bad film"], [1, 0])
    >>> numbers, weights = token_weights(net, ["good film", "", "good"])
    >>> print(weights)
    [[1. 1.]
     [0. 0.]
     [1. 0.]]
    """
    check_is_fitted(fitted)
    counts = fitted._rows(fitted._check_X(X, reset=False))
    lengths = np.diff(counts.indptr)
    is_token = np.arange(max(lengths.max(initial=0), 1)) < lengths[:, None]
    numbers = np.zeros(is_token.shape, np.int32)
    weights = np.zeros(is_token.shape, np.float32)
    numbers[is_token], weights[is_token] = counts.indices, counts.data
    return numbers, weights


# --- To scikeras ---------------------------------------------------------------------


def to_scikeras(
    fitted: NeuralNetClassifier | BaseWrapper, *, length: int = 1000
) -> Any:
    """Make a fitted scikeras wrapper of a fitted estimator.

    The wrapper holds `fitted.model_`, for one of the three classifiers with the input
    scaling in front, and predicts the same. `partial_fit`, and `fit` with
    ``warm_start=True``, go on from its weights. A new `fit` builds the network anew
    from the build function, and that has no input scaling.

    Parameters
    ----------
    fitted : DenseNetClassifier, SmallCNNClassifier, TextPoolClassifier, \
KerasClassifier, KerasRegressor or BaseWrapper
        A fitted estimator.
    length : int, default=1000
        Tokens in a row of the wrapper's input, where `fitted` is a
        `TextPoolClassifier`; scikeras takes rows of one length only.

    Returns
    -------
    scikeras.wrappers.KerasClassifier, KerasRegressor or BaseWrapper
        Of a Keras estimator, the class of its name, with its parameters and a copy of
        its model. Of the others, a classifier that takes flat rows of numbers where
        `fitted` is a `DenseNetClassifier`, as its `encode_columns` gives them; images
        of shape (n_samples, height, width, channels) where it is a
        `SmallCNNClassifier`, and `token_numbers` of shape (n_samples, `length`) where
        it is a `TextPoolClassifier`.

    Raises
    ------
    TypeError
        If `fitted` is none of these.
    ValueError
        If a classifier other than `KerasClassifier` was fitted on one class only, or a
        Keras estimator on several arrays as X.

    Warns
    -----
    UserWarning
        If a Keras estimator has parameters, or is of a class, that scikeras has not.

    See Also
    --------
    from_scikeras : The way back.
    token_numbers : Texts as the wrapper of a `TextPoolClassifier` takes them.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sknets import DenseNetClassifier
    >>> from sknets.interop import to_scikeras
    >>> X, y = load_iris(return_X_y=True)
    >>> clf = DenseNetClassifier(epochs=5, random_state=0).fit(X, y)
    >>> wrapper = to_scikeras(clf)
    >>> bool((wrapper.predict(X, verbose=0) == clf.predict(X)).all())
    True
    """
    if isinstance(fitted, BaseWrapper):
        return scikeras_wrappers.to_wrapper(fitted)
    from scikeras.wrappers import KerasClassifier

    from .architectures import unchanged_random_state

    if not isinstance(fitted, NeuralNetClassifier):
        raise TypeError(
            "to_scikeras takes a fitted DenseNetClassifier, SmallCNNClassifier, "
            "TextPoolClassifier, KerasClassifier or KerasRegressor; got "
            f"{fitted!r}."
        )
    check_is_fitted(fitted)
    if len(fitted.classes_) < 2 and fitted.target_type_ != MULTILABEL:
        raise ValueError(
            "scikeras has no softmax for a single class, and to_scikeras none either: "
            f"fit on two or more classes; classes_ is {fitted.classes_.tolist()}."
        )
    build, shape, dtype, params = _build_function(fitted, length)
    optimizer = _optimizer_of(fitted)
    wrapper = KerasClassifier(
        model=build,
        loss=_LOSSES[fitted.target_type_],
        metrics=["accuracy"],
        epochs=fitted.n_iter_ if fitted.epochs == "auto" else fitted.epochs,
        batch_size=None if fitted.batch_size == "auto" else fitted.batch_size,
        class_weight=fitted.class_weight,
        warm_start=fitted.warm_start,
        verbose=fitted.verbose,
        **{f"model__{name}": value for name, value in params.items()},
        **optimizer,
    )
    y = _one_row_a_class(fitted)
    with unchanged_random_state():
        wrapper.initialize(np.zeros((len(y), *shape), dtype), y)
    # Only now: a seed makes scikeras change the settings of the whole process.
    wrapper.set_params(random_state=fitted.random_state)
    wrapper.model_ = fitted.model_
    wrapper._ensure_compiled_model()
    # Keras does not load a model whose optimizer was saved before its first step.
    wrapper.model_.optimizer.build(wrapper.model_.trainable_variables)
    wrapper.history_ = defaultdict(list, {k: [*v] for k, v in fitted.history_.items()})
    return wrapper


def token_numbers(
    fitted: TextPoolClassifier, X: Any, *, length: int | None = None
) -> np.ndarray:
    """Texts as the Keras model of a fitted text estimator takes them.

    Parameters
    ----------
    fitted : TextPoolClassifier
        A fitted estimator.
    X : array-like of str, shape (n_samples,)
        Texts.
    length : int, default=None
        Numbers in a row; None makes it that of the longest text.

    Returns
    -------
    ndarray of shape (n_samples, length)
        One more than the column of each n-gram in the vocabulary, in no particular
        order, filled up with 0; int32. Each n-gram is there once, or as often as in
        the text if the estimator has ``binary=False``.

    Raises
    ------
    ValueError
        If a text has more than `length` n-grams.

    Examples
    --------
    >>> from sknets import TextPoolClassifier
    >>> from sknets.interop import token_numbers
    >>> clf = TextPoolClassifier(epochs=1, min_df=1, ngram_range=(1, 1))
    >>> clf = clf.fit(["a good film", "a bad film"], [1, 0])
    >>> token_numbers(clf, ["good film", "", "good"]).shape
    (3, 2)
    """
    check_is_fitted(fitted)
    counts = fitted._rows(fitted._check_X(X, reset=False))
    rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    times = counts.data.astype(np.int64)
    rows, numbers = np.repeat(rows, times), np.repeat(counts.indices, times)
    lengths = np.bincount(rows, minlength=counts.shape[0])
    longest = int(lengths.max())
    length = max(longest, 1) if length is None else length
    if longest > length:
        raise ValueError(
            f"Text {int(lengths.argmax())} has {longest} n-grams of the vocabulary, "
            f"more than length={length}."
        )
    tokens = np.zeros((counts.shape[0], length), np.int32)
    starts = np.cumsum(lengths) - lengths
    tokens[rows, np.arange(len(rows)) - np.repeat(starts, lengths)] = numbers
    return tokens


def _build_function(
    fitted: Any, length: int
) -> tuple[Callable, Shape, type, dict[str, Any]]:
    """Build function, shape and type of a row of its input, and its arguments."""
    from .architectures import dense_net, small_cnn, text_pool

    names = ["width", "dropout", "activation"]
    if isinstance(fitted, DenseNetClassifier):
        return dense_net, fitted._input_shape(), np.float64, _params(fitted, names)
    names.append("dense_width")
    if isinstance(fitted, SmallCNNClassifier):
        params = _params(fitted, [*names, "kernel_size", "pool_last"])
        params["normalization"] = fitted._settled_normalization()
        convolutions = [layer for layer in fitted.network_ if layer["layer"] == "conv"]
        params["padding"] = convolutions[0]["padding"]  # "auto" is settled there
        params["image_shape"] = fitted.image_shape_
        return small_cnn, fitted.image_shape_, np.float64, params
    params = _params(fitted, [*names, "pooling"])
    params["width"] = fitted.network_[0]["width"]  # "auto" is settled there
    params["vocabulary_size"] = fitted.network_[0]["rows"]
    return text_pool, (length,), np.int64, params


def _params(fitted: NeuralNetClassifier, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(fitted, name) for name in names}


def _optimizer_of(fitted: NeuralNetClassifier) -> dict[str, Any]:
    """Optimizer parameters as scikeras routes them."""
    settled = fitted._settings(1, True).optimizer
    values = dict(settled.values, learning_rate=settled.learning_rate)
    if settled.weight_decay:
        values["weight_decay"] = settled.weight_decay
    routed = {f"optimizer__{k}": v for k, v in values.items() if math.isfinite(v)}
    routed |= {f"optimizer__{switch}": True for switch in settled.switches}
    return {"optimizer": settled.name, **routed}


def _one_row_a_class(fitted: NeuralNetClassifier) -> np.ndarray:
    """Targets from which scikeras learns the classes and the target type."""
    if fitted.target_type_ != MULTILABEL:
        return fitted.classes_
    n_labels = len(fitted.classes_)
    return np.stack([np.zeros(n_labels, int), np.ones(n_labels, int)])


# --- From scikeras -------------------------------------------------------------------


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
        true probabilities. In a network that becomes one of the three classifiers, two
        units with a softmax for two classes become one unit, the difference of both,
        and embeddings take token numbers, with ``mask_zero=True``.
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
    return scikeras_wrappers.from_wrapper(wrapper)


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
    chain = reader.chain(model)
    return reader.read_chain(chain, tuple(model.input_shape[1:]))


def _read_text_pool(model: Any) -> Reading | None:
    """Read a model that `text_pool` built; None if it is another one."""
    from .architectures import to_keras, unchanged_random_state

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
    reading.owners.insert(0, embedding)
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
    output = reading.owners[-1]
    if target_type not in _LOSSES or len(classes) < 2:
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
    batch_size = wrapper.batch_size or 32  # Keras' default
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
        warnings.warn(
            f"Further training will differ from that in scikeras. {error}",
            UserWarning,
            stacklevel=3,
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

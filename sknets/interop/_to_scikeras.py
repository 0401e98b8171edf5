"""A fitted scikeras wrapper of a fitted estimator, and texts as it takes them."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._core.layers.base import Shape
from .._core.objectives import CLASS_OBJECTIVES
from .._estimators.classifier import NeuralNetClassifier
from .._estimators.cnn import SmallCNNClassifier
from .._estimators.dense import DenseNetClassifier
from .._estimators.keras_model import BaseWrapper
from .._estimators.targets import MULTILABEL
from .._estimators.text import TextPoolClassifier
from .._training.optimizers import make_optimizer
from . import _keras_estimators


def to_scikeras(
    fitted: NeuralNetClassifier | BaseWrapper, *, length: int = 1000
) -> Any:
    """Make a fitted scikeras wrapper of a fitted estimator.

    The wrapper holds `fitted.model_`, for one of the three classifiers with the input
    scaling in front, and predicts the same; of texts, only nearly so where repeated
    n-grams are damped, see `token_numbers`. `partial_fit`, and `fit` with
    ``warm_start=True``, go on from its weights, by Adam where the optimizer is "muon":
    Keras' own leaves convolutions to Adam. A new `fit` builds the network anew
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
        return _keras_estimators.to_wrapper(fitted)
    from scikeras.wrappers import KerasClassifier

    from ..architectures import unchanged_random_state

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
        loss=CLASS_OBJECTIVES[fitted.target_type_].keras_loss,
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
        order, filled up with 0; int32. Each n-gram is there once; where repeated ones
        count (``binary=False``, with "auto" for three classes and more), as often as
        in the text, or with ``sublinear_tf=True`` as often as the whole number nearest
        to ``1 + log(count)`` says.

    Raises
    ------
    ValueError
        If a text has more than `length` n-grams.

    Notes
    -----
    Of damped counts the Keras model predicts nearly what `fitted` does, not the same:
    six repetitions weigh 2.79 there, and are 3 here. `token_weights`, for the ONNX
    graph, has the weights themselves.

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
    times = np.rint(counts.data).astype(np.int64)
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
    from ..architectures import dense_net, small_cnn, text_pool

    names = ["width", "dropout", "activation"]
    if isinstance(fitted, DenseNetClassifier):
        return dense_net, fitted._input_shape(), np.float64, _params(fitted, names)
    names.append("dense_width")
    if isinstance(fitted, SmallCNNClassifier):
        params = _params(fitted, [*names, "kernel_size", "pool_last"])
        params["width"] = fitted._settled("width")
        params["normalization"] = fitted._settled("normalization")
        params["average_mirrored"] = fitted._network.averages_mirrored
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
    if settled.name == "muon":
        # Keras' own takes the output for a hidden layer, and convolutions for none.
        rate, decay = settled.learning_rate, settled.weight_decay
        settled = make_optimizer("adam", rate, decay, {})
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

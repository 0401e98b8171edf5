"""To ONNX, and texts as its graph takes them."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._core.layers import EmbeddingPool
from .._estimators.base import NeuralNet
from .._estimators.keras_model import BaseWrapper
from .._estimators.text_input import TextInput
from .._optional import needs_tensorflow


def to_onnx(fitted: Any, path: Any = None) -> Any:
    """Convert a fitted estimator to ONNX, for ONNX Runtime and the like.

    The input scaling is inside, and the outputs are those of `fitted.model_`:
    probabilities in the order of `classes_` (of two classes only the second's), or
    numbers in the units of y; logits of a Keras model that gives those. It computes in
    float32.

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
    from .._keras import onnx as graphs

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

"""The networks as Keras models, from shapes and hyperparameters alone.

`dense_net`, `small_cnn` and `text_pool` are build functions in the convention of
scikeras: ``KerasClassifier(model=small_cnn, model__width=(16, 32), loss=...)``. They
return uncompiled models of Keras' own layers that give probabilities.
"""

from __future__ import annotations

import contextlib
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ._core.network import Layer, Shape, Weights, cnn_layers, dense_layers, text_layers
from ._core.scaling import Scaling
from ._images.shapes import settle_image_shape
from ._tensorflow import keras


def dense_net(
    meta: Mapping[str, Any],
    width: int | Sequence[int] = 128,
    dropout: float | Sequence[float] = 0.0,
    activation: str = "relu",
) -> keras.Model:
    """Build a network of dense layers.

    Parameters
    ----------
    meta : mapping
        Keys ``n_features_in_``, ``n_classes_`` and ``target_type_``, as scikeras
        fills them.
    width : int or tuple of int, default=128
        Units of each hidden layer.
    dropout : float or tuple of float, default=0.0
        Dropout after each hidden layer.
    activation : str, default="relu"
        Activation of the hidden layers.

    Returns
    -------
    keras.Model
        Uncompiled; takes flat rows.
    """
    network = dense_layers(width, dropout, activation, _n_outputs(meta))
    return to_keras(network, (meta["n_features_in_"],), meta["target_type_"])


def small_cnn(
    meta: Mapping[str, Any],
    width: int | Sequence[Any] = (32, 64, 128),
    dropout: float | Sequence[float] = 0.0,
    activation: str = "relu",
    kernel_size: int | Sequence[int] = 3,
    padding: str = "valid",
    pool_last: bool = False,
    dense_width: int | Sequence[int] = (),
    image_shape: Sequence[int] | None = None,
) -> keras.Model:
    """Build a network of convolutions and max-pooling.

    Parameters
    ----------
    meta : mapping
        Keys ``X_shape_``, ``n_classes_`` and ``target_type_``, as scikeras fills them.
    width : int or tuple, default=(32, 64, 128)
        Filters of each block; a tuple as an entry makes several convolutions before
        one pooling.
    dropout : float or tuple of float, default=0.0
        Dropout after each block and each dense layer.
    activation : str, default="relu"
        Activation of the hidden layers.
    kernel_size : int or pair of int, default=3
        Height and width of the kernels.
    padding : {"valid", "same"}, default="valid"
        Padding of the convolutions.
    pool_last : bool, default=False
        Whether the last block is pooled.
    dense_width : int or tuple of int, default=()
        Units of dense layers before the output.
    image_shape : tuple, default=None
        (height, width) or (height, width, channels), where ``X_shape_`` is that of
        flat rows which are not square images.

    Returns
    -------
    keras.Model
        Uncompiled; takes rows of the shape in ``X_shape_``.
    """
    sample_shape = tuple(meta["X_shape_"][1:])
    shape = settle_image_shape(sample_shape, image_shape, "last")
    network = cnn_layers(
        shape, width, dropout, activation, kernel_size, padding, pool_last,
        dense_width, _n_outputs(meta),
    )  # fmt: skip
    return to_keras(network, shape, meta["target_type_"], sample_shape=sample_shape)


def text_pool(
    meta: Mapping[str, Any],
    vocabulary_size: int,
    width: int = 16,
    dropout: float | Sequence[float] = 0.0,
    activation: str = "relu",
    pooling: str = "mean",
    dense_width: int | Sequence[int] = (),
) -> keras.Model:
    """Build a network of an embedding and pooling over the tokens.

    Parameters
    ----------
    meta : mapping
        Keys ``n_classes_`` and ``target_type_``, as scikeras fills them.
    vocabulary_size : int
        Rows of the embedding. Token number 0 is padding and has a row, too.
    width : int, default=16
        Embedding dimension.
    dropout : float or tuple of float, default=0.0
        Dropout on the pooled vector and after each dense layer.
    activation : str, default="relu"
        Activation of the dense layers.
    pooling : {"mean", "max", "mean_max"}, default="mean"
        Pooling over the tokens that are no padding.
    dense_width : int or tuple of int, default=()
        Units of dense layers before the output.

    Returns
    -------
    keras.Model
        Uncompiled; takes token numbers of shape (n, length), filled up with 0.
    """
    network = text_layers(
        vocabulary_size, width, dropout, activation, pooling, dense_width,
        _n_outputs(meta),
    )  # fmt: skip
    return to_keras(network, (), meta["target_type_"])


def _n_outputs(meta: Mapping[str, Any]) -> int:
    if meta["target_type_"] == "binary":
        return 1
    return int(meta["n_classes_"])


def to_keras(
    network: Sequence[Layer],
    input_shape: Shape,
    target_type: str,
    *,
    sample_shape: Shape | None = None,
    scaling: Scaling | None = None,
) -> keras.Model:
    """Build the Keras model of a network.

    Parameters
    ----------
    network : list of layers
    input_shape : tuple of int
        Shape of one row as the first layer takes it.
    target_type : {"binary", "multiclass", "multilabel-indicator"}
        Decides between a sigmoid and a softmax at the end.
    sample_shape : tuple of int, optional
        Shape of one row as the model takes it, where that differs.
    scaling : dict, optional
        Input scaling, put in front as layers of constants.

    Returns
    -------
    keras.Model
    """
    if network[0]["layer"] == "embedding_pool":
        inputs = keras.Input((None,), dtype="int32")
        x: Any = inputs
    else:
        inputs = keras.Input(sample_shape or input_shape)
        x = _scaled(inputs, scaling) if scaling else inputs
        if tuple(inputs.shape[1:]) != tuple(input_shape):
            x = keras.layers.Reshape(input_shape)(x)
    for layer in network:
        x = _keras_layer(layer, x)
    last = "softmax" if target_type == "multiclass" else "sigmoid"
    return keras.Model(inputs, keras.layers.Activation(last)(x))


def fitted_model(
    network: Sequence[Layer],
    input_shape: Shape,
    weights: Weights,
    scaling: Scaling,
    target_type: str,
) -> keras.Model:
    """Keras model of a fitted network: scaling in front, probabilities at the end."""
    with unchanged_random_state():
        model = to_keras(network, input_shape, target_type, scaling=scaling)
    model.set_weights(weights)
    return model


@contextlib.contextmanager
def unchanged_random_state() -> Iterator[None]:
    """Keep Keras from advancing Python's generator, from which it draws seeds."""
    state = random.getstate()
    try:
        yield
    finally:
        random.setstate(state)


def _keras_layer(layer: Layer, x: Any) -> Any:
    layers = keras.layers
    match layer["layer"]:
        case "dense":
            return layers.Dense(layer["units"], activation=layer["activation"])(x)
        case "conv":
            return layers.Conv2D(
                layer["filters"],
                layer["kernel"],
                padding=layer["padding"],
                activation=layer["activation"],
            )(x)
        case "max_pool":
            return layers.MaxPooling2D(layer["size"])(x)
        case "flatten":
            return layers.Flatten()(x)
        case "dropout":
            return layers.Dropout(layer["rate"])(x)
        case "embedding_pool":
            return _embedding(layer, x)
    raise ValueError(f"Unknown layer {layer!r}.")


def _embedding(layer: Layer, tokens: Any) -> Any:
    """Pool over the tokens that are no padding; a text without any gives zeros.

    The masks that come with Keras' `Embedding` would give NaN for such a text, and
    `GlobalMaxPooling1D` does not heed them.
    """
    layers = keras.layers
    embedded = layers.Embedding(layer["rows"], layer["width"])(tokens)
    # 1 for a token, 0 for padding.
    is_token = layers.ReLU(max_value=1.0)(layers.Rescaling(1.0)(tokens))
    is_token = layers.Reshape((-1, 1))(is_token)
    has_tokens = layers.GlobalMaxPooling1D()(is_token)
    penalty = layers.Rescaling(_PADDING_PENALTY, offset=-_PADDING_PENALTY)(is_token)
    parts = []
    if layer["pooling"] in ("mean", "mean_max"):
        shares = layers.Softmax(axis=1)(penalty)
        mean = layers.Dot(axes=1)([shares, embedded])
        parts.append(layers.Reshape((layer["width"],))(mean))
    if layer["pooling"] in ("max", "mean_max"):
        parts.append(layers.GlobalMaxPooling1D()(layers.Add()([embedded, penalty])))
    pooled = parts[0] if len(parts) == 1 else layers.Concatenate()(parts)
    return layers.Multiply()([pooled, has_tokens])


# Far below any embedding, so that padding never is the maximum.
_PADDING_PENALTY = 1e9


def _scaled(x: Any, scaling: Scaling) -> Any:
    """The input scaling in Keras' own layers; none of them has parameters."""
    if np.any(scaling["shift"] != 0):
        x = keras.layers.Rescaling(1.0, offset=_constant(-scaling["shift"]))(x)
    if np.any(scaling["scale"] != 1):
        x = keras.layers.Rescaling(_constant(scaling["scale"]))(x)
    clip = scaling["clip"]
    if clip is not None:
        x = keras.layers.Rescaling(1 / clip)(x)
        x = keras.layers.Activation("tanh")(x)
        x = keras.layers.Rescaling(clip)(x)
    return x


def _constant(values: np.ndarray) -> Any:
    """A number or a list, which a layer's configuration can hold."""
    return float(values[0]) if math.prod(values.shape) == 1 else values.tolist()

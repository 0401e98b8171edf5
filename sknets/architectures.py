"""The networks as Keras models, from shapes and hyperparameters alone.

`dense_net`, `small_cnn` and `text_pool` are build functions in the convention of
scikeras: ``KerasClassifier(model=small_cnn, model__width=(16, 32), loss=...)``. They
return uncompiled models of Keras' own layers that give probabilities.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ._core.build import cnn_layers, dense_layers, text_layers
from ._core.layers.base import Shape, Weights
from ._core.network import Network
from ._core.objectives import CLASS_OBJECTIVES, Objective
from ._core.poolings import POOLINGS
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
    layers = dense_layers(width, dropout, activation, _n_outputs(meta))
    network = Network(tuple(layers), (meta["n_features_in_"],))
    return to_keras(network, _objective(meta))


def small_cnn(
    meta: Mapping[str, Any],
    width: int | Sequence[Any] = (32, 64, 128),
    dropout: float | Sequence[float] = 0.0,
    activation: str = "relu",
    kernel_size: int | Sequence[int] = 3,
    padding: str = "valid",
    pool_last: bool = False,
    dense_width: int | Sequence[int] = (),
    normalization: str | None = None,
    average_mirrored: bool = False,
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
    normalization : {None, "batch", "pooled"}, default=None
        "batch" normalises each convolution before its activation, "pooled" behind the
        pooling.
    average_mirrored : bool, default=False
        Whether the logits are the mean of those of an image and of its mirror image,
        in training, too. The layers are then a model within the model.
    image_shape : tuple, default=None
        (height, width) or (height, width, channels), where ``X_shape_`` is that of
        flat rows which are not square images.

    Returns
    -------
    keras.Model
        Uncompiled; takes rows of the shape in ``X_shape_``.

    Raises
    ------
    ValueError
        If an argument has a value that is none of those above.
    """
    _check_one_of("padding", padding, ("valid", "same"))
    _check_one_of("normalization", normalization, (None, "batch", "pooled"))
    _check_one_of("average_mirrored", average_mirrored, (True, False))
    sample_shape = tuple(meta["X_shape_"][1:])
    shape = settle_image_shape(sample_shape, image_shape, "last")
    layers = cnn_layers(
        shape, width, dropout, activation, kernel_size, padding, pool_last,
        dense_width, _n_outputs(meta), normalization,
    )  # fmt: skip
    network = Network(tuple(layers), shape, average_mirrored)
    return to_keras(network, _objective(meta), sample_shape=sample_shape)


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
    pooling : {"mean", "sqrtn", "max", "mean_max"}, default="mean"
        Pooling over the tokens that are no padding.
    dense_width : int or tuple of int, default=()
        Units of dense layers before the output.

    Returns
    -------
    keras.Model
        Uncompiled; takes token numbers of shape (n, length), filled up with 0.

    Raises
    ------
    ValueError
        If an argument has a value that is none of those above.
    """
    _check_one_of("pooling", pooling, tuple(POOLINGS))
    layers = text_layers(
        vocabulary_size, width, dropout, activation, pooling, dense_width,
        _n_outputs(meta),
    )  # fmt: skip
    return to_keras(Network(tuple(layers), ()), _objective(meta))


def _check_one_of(name: str, value: Any, values: tuple) -> None:
    if value not in values:
        raise ValueError(
            f"{name} must be one of {', '.join(map(repr, values))}; got {value!r}. A "
            "build function does not look at the data: there is no 'auto' here."
        )


def _n_outputs(meta: Mapping[str, Any]) -> int:
    if meta["target_type_"] == "binary":
        return 1
    return int(meta["n_classes_"])


def _objective(meta: Mapping[str, Any]) -> Objective:
    # One sigmoid for each output, where it is not one class of several.
    return CLASS_OBJECTIVES.get(meta["target_type_"], CLASS_OBJECTIVES["binary"])


def to_keras(
    network: Network,
    objective: Objective,
    *,
    sample_shape: Shape | None = None,
    scaling: Scaling | None = None,
    target_scaling: Mapping[str, np.ndarray] | None = None,
) -> keras.Model:
    """Build the Keras model of a network.

    Parameters
    ----------
    network : Network
    objective : Objective
        Decides what turns the logits into predictions at the end.
    sample_shape : tuple of int, optional
        Shape of one row as the model takes it, where that differs.
    scaling : dict, optional
        Input scaling, put in front as layers of constants.
    target_scaling : dict, optional
        ``shift`` and ``scale`` of the targets, put at the end as a layer of constants.

    Returns
    -------
    keras.Model
    """
    input_shape = network.input_shape
    if network.takes_tokens:
        inputs = keras.Input((None,), dtype="int32")
        x: Any = inputs
    else:
        inputs = keras.Input(sample_shape or input_shape)
        x = _scaled(inputs, scaling) if scaling else inputs
        if tuple(inputs.shape[1:]) != tuple(input_shape):
            x = keras.layers.Reshape(input_shape)(x)
    x = _logits(network, x)
    x = keras.layers.Activation(objective.keras_activation)(x)
    if target_scaling is not None:
        scale, shift = (_constant(target_scaling[n], x) for n in ("scale", "shift"))
        x = keras.layers.Rescaling(scale, offset=shift)(x)
    return keras.Model(inputs, x)


def fitted_model(
    network: Network,
    weights: Weights,
    scaling: Scaling,
    objective: Objective,
    target_scaling: Mapping[str, np.ndarray] | None = None,
) -> keras.Model:
    """Keras model of a fitted network: scaling in front, predictions at the end."""
    with unchanged_random_state():
        model = to_keras(
            network, objective, scaling=scaling, target_scaling=target_scaling
        )
    model.set_weights(weights)
    return model


def _logits(network: Network, x: Any) -> Any:
    """The layers; a model of its own for them where it is called twice."""
    if not network.averages_mirrored:
        return _one_way(network, x)
    images = keras.Input(network.input_shape)
    one_way = keras.Model(images, _one_way(network, images), name="one_way")
    return keras.layers.Average()([one_way(x), one_way(keras.ops.flip(x, axis=2))])


def _one_way(network: Network, x: Any) -> Any:
    for layer in network.layers:
        x = layer.to_keras(keras.layers, x)
    return x


@contextlib.contextmanager
def unchanged_random_state() -> Iterator[None]:
    """Keep Keras from advancing Python's generator, from which it draws seeds."""
    state = random.getstate()
    try:
        yield
    finally:
        random.setstate(state)


def _scaled(x: Any, scaling: Scaling) -> Any:
    """The input scaling in Keras' own layers; none of them has parameters."""
    if np.any(scaling["shift"] != 0):
        x = keras.layers.Rescaling(1.0, offset=_constant(-scaling["shift"], x))(x)
    if np.any(scaling["scale"] != 1):
        x = keras.layers.Rescaling(_constant(scaling["scale"], x))(x)
    clip = scaling["clip"]
    if clip is not None:
        x = keras.layers.Rescaling(1 / clip)(x)
        x = keras.layers.Activation("tanh")(x)
        x = keras.layers.Rescaling(clip)(x)
    return x


def _constant(values: np.ndarray, x: Any) -> Any:
    """A number, or lists of the shape of a row of x, as a configuration can hold."""
    if values.size == 1:
        return float(values[0])
    return values.reshape(tuple(x.shape[1:])).tolist()

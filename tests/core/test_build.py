"""From the parameters of the estimators to chains of layers."""

import numpy as np
import pytest

from sknets._core.build import cnn_layers, dense_layers, text_layers
from sknets._core.layers import (
    BatchNorm,
    Conv,
    Dense,
    Dropout,
    EmbeddingPool,
    Flatten,
    MaxPool,
)


def cnn(shape=(8, 8, 1), width=(2, 3), **params):
    defaults = {
        "dropout_rate": 0.0,
        "activation": "relu",
        "kernel_size": 3,
        "padding": "same",
        "pool_last": False,
        "dense_width": (),
        "n_outputs": 2,
    }
    return cnn_layers(shape, width, **{**defaults, **params})


def conv(filters, activation="relu"):
    return Conv(filters, (3, 3), "same", activation)


NORM, POOL = BatchNorm("relu", 0.9), MaxPool((2, 2))


def test_dense_layers_with_dropout_after_each_that_has_some():
    expected = [Dense(8, "tanh"), Dropout(0.5), Dense(4, "tanh"), Dense(3)]
    assert dense_layers((8, 4), (0.5, 0.0), "tanh", 3) == expected
    assert dense_layers(np.array([8, 4]), np.array([0.5, 0]), "tanh", 3) == expected
    assert dense_layers(8, 0.5, "tanh", 3) == [*expected[:2], Dense(3)]
    assert dense_layers((), 0.5, "tanh", 3) == [Dense(3)]


def test_blocks_of_convolutions_with_pooling_between():
    inner = [conv(2), conv(3), POOL, Dropout(0.1), conv(4)]
    behind = [Flatten(), Dense(5, "relu"), Dropout(0.2), Dense(2)]
    params = {"dropout_rate": (0.1, 0.0, 0.2), "dense_width": 5}
    assert cnn(width=((2, 3), 4), **params) == [*inner, *behind]
    pooled = cnn(width=((2, 3), 4), pool_last=True, **params)
    assert pooled == [*inner, POOL, *behind]


@pytest.mark.parametrize(
    ("normalization", "block"),
    [
        ("batch", [conv(2, "linear"), NORM, conv(3, "linear"), NORM, POOL]),
        ("pooled", [conv(2, "linear"), NORM, conv(3, "linear"), POOL, NORM]),
    ],
)
def test_normalization_comes_before_or_behind_the_pooling(normalization, block):
    layers = cnn(width=((2, 3),), pool_last=True, normalization=normalization)
    assert layers == [*block, Flatten(), Dense(2)]


@pytest.mark.parametrize(
    ("dense_width", "rates"),
    [((), [0, 0.5]), (7, [0, 0, 0.5]), ((7, 5), [0] * 3 + [0.5])],
)
def test_automatic_dropout_is_before_the_output_alone(dense_width, rates):
    automatic = cnn(dropout_rate="auto", dense_width=dense_width)
    assert automatic == cnn(dropout_rate=rates, dense_width=dense_width)
    assert sum(isinstance(layer, Dropout) for layer in automatic) == 1


def test_kernels_and_pools_shrink_to_the_image():
    layers = cnn((3, 5, 1), (2, 3, 4), padding="valid", pool_last=True)
    kernels = [layer.kernel for layer in layers if isinstance(layer, Conv)]
    pools = [layer.size for layer in layers if isinstance(layer, MaxPool)]
    assert kernels == [(3, 3), (1, 1), (1, 1)]
    assert pools == [(1, 2), (1, 1), (1, 1)]
    oblong = cnn((8, 8, 1), (2,), kernel_size=(2, 5), padding="valid")
    assert oblong[0].kernel == (2, 5)


def test_texts_are_embedded_and_pooled_first():
    expected = [EmbeddingPool(30, 4, "max"), Dropout(0.3), Dense(5, "relu"), Dense(2)]
    assert text_layers(30, 4, (0.3, 0.0), "relu", "max", 5, 2) == expected
    plain = [EmbeddingPool(30, 4, "mean"), Dense(2)]
    assert text_layers(30, 4, 0.0, "relu", "mean", (), 2) == plain


@pytest.mark.parametrize(
    ("build", "match"),
    [
        (lambda: dense_layers((8, 0), 0.0, "relu", 2), "width must .* integers; got 0"),
        (lambda: dense_layers(8.0, 0.0, "relu", 2), "width must consist of .* got 8.0"),
        (lambda: dense_layers(8, 1.0, "relu", 2), "less than 1; got 1.0"),
        (lambda: dense_layers(8, (0.1, "a"), "relu", 2), "less than 1; got 'a'"),
        (
            lambda: dense_layers((8, 4), (0.1,), "relu", 2),
            r"each of the 2 hidden layers; got \(0.1,\), which has 1",
        ),
        (
            lambda: cnn(dense_width=4, dropout_rate=(0.1, 0.2)),
            "each of the 3 blocks and dense layers; got .* has 2",
        ),
        (
            lambda: text_layers(9, 4, (0.1,), "relu", "mean", 5, 2),
            "each of the 2 pooled vector and dense layers",
        ),
        (lambda: cnn(kernel_size=(1, 2, 3)), r"int or a pair of them; got \(1, 2, 3\)"),
        (lambda: cnn(kernel_size=(3, 0)), "kernel_size must .* integers; got 0"),
        (lambda: cnn(width=((2, 0), 3)), "width must consist of .* got 0"),
    ],
)
def test_what_makes_no_network(build, match):
    with pytest.raises(ValueError, match=match):
        build()

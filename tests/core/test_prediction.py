"""Logits in NumPy: equal to Keras, in blocks of any size, and finite."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sknets._core import prediction
from sknets._core.activations import ACTIVATIONS
from sknets._core.build import cnn_layers, dense_layers
from sknets._core.layers import Dense
from tests.networks import assert_equals_keras, chain, moderate_weights

LIMITS = (-prediction.MAX_LOGIT, prediction.MAX_LOGIT)
SIZES = st.integers(1, 9)
WIDTHS = st.integers(1, 6)
RATES = st.sampled_from([0.0, 0.3])
BLOCKS = WIDTHS | st.tuples(WIDTHS, WIDTHS)

dense_networks = st.builds(
    lambda n_features, width, rate, activation, n_outputs: (
        dense_layers(width, rate, activation, n_outputs),
        (n_features,),
    ),
    SIZES,
    st.lists(WIDTHS, max_size=3),
    RATES,
    st.sampled_from(sorted(ACTIVATIONS)),
    st.integers(1, 4),
)


@st.composite
def image_networks(draw):
    """Networks of the CNN: its kernels and pools shrink to the image."""
    shape = (draw(SIZES), draw(SIZES), draw(st.integers(1, 3)))
    network = cnn_layers(
        shape,
        draw(st.lists(BLOCKS, min_size=1, max_size=3)),
        draw(RATES),
        draw(st.sampled_from(sorted(ACTIVATIONS))),
        draw(st.integers(1, 5) | st.tuples(SIZES, SIZES)),
        draw(st.sampled_from(["valid", "same"])),
        draw(st.booleans()),
        draw(st.lists(WIDTHS, max_size=2)),
        draw(st.integers(1, 4)),
    )
    return network, shape


@settings(max_examples=40, deadline=None, derandomize=True)
@given(dense_networks | image_networks(), st.integers(0, 2**16))
def test_any_network_equals_its_keras_model(network_and_shape, seed):
    assert_equals_keras(*network_and_shape, seed)


@pytest.mark.parametrize(
    ("network", "shape"),
    [
        (dense_layers((5, 4), 0.0, "relu", 3), (6,)),
        (cnn_layers((6, 5, 1), (3,), 0.0, "relu", 3, "same", True, (), 2), (6, 5, 1)),
    ],
    ids=["dense", "cnn"],
)
def test_blocks_of_rows_give_the_same(network, shape, monkeypatch):
    rng = np.random.default_rng(0)
    weights = moderate_weights(network, shape, rng)
    rows = rng.normal(size=(11, *shape)).astype(np.float32)
    whole = chain(network, rows.shape[1:]).predict(weights, rows)
    sizes = []

    def read(chosen):
        sizes.append(len(rows[chosen]))
        return rows[chosen]

    monkeypatch.setattr(prediction, "MAX_BLOCK_ROWS", 4)
    blocks = prediction.logits(chain(network, shape), weights, read, len(rows))
    assert sizes == [4, 4, 3]
    np.testing.assert_allclose(blocks, whole, rtol=1e-6, atol=1e-7)


def test_logits_of_a_block_outlive_the_next(monkeypatch):
    """Blocks are written to the same memory; rows that overflow are computed again."""
    rng = np.random.default_rng(0)
    network = chain([Dense(6), Dense(4)], (3,))
    weights = moderate_weights(network.layers, (3,), rng)
    rows = rng.normal(size=(20, 3)).astype(np.float32)
    rows[[3, 9]] *= 1e37
    expected = rows.astype(np.float64) @ weights[0] + weights[1].astype(np.float64)
    expected = np.clip(expected @ weights[2] + weights[3], *LIMITS)
    monkeypatch.setattr(prediction, "MAX_BLOCK_ROWS", 8)
    found = prediction.logits(network, weights, rows.__getitem__, len(rows))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_blocks_of_a_wide_network_are_small():
    wide = prediction.block_rows(chain(dense_layers(100_000, 0.0, "relu", 2), (10,)))
    assert wide == prediction.BLOCK_BYTES // (8 * 100_000) == 5
    assert (
        prediction.block_rows(chain(dense_layers(9_000_000, 0.0, "relu", 2), (10,)))
        == 1
    )
    narrow = prediction.block_rows(chain(dense_layers(2, 0.0, "relu", 2), (3,)))
    assert narrow == prediction.MAX_BLOCK_ROWS


# --- Large numbers -------------------------------------------------------------------


def test_logits_too_large_for_their_differences_are_cut():
    weights = [np.array([[1e30, -1e30], [1, 2]], np.float32), np.zeros(2, np.float32)]
    rows = np.array([[1e30, 0], [0, 3], [-1e8, 0]], np.float32)
    network = chain([Dense(2)], (2,))
    found = prediction.logits(network, weights, rows.__getitem__, 3)
    quarter = np.finfo(np.float32).max / 4
    expected = [[quarter, -quarter], [3, 6], [-quarter, quarter]]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_sums_that_overflow_on_the_way_are_computed_in_double_precision():
    layers = cnn_layers((1, 3, 1), (1,), 0.0, "relu", 1, "same", False, (), 1)
    kernel, bias = np.full((1, 1, 1, 1), 1e20, np.float32), np.zeros(1, np.float32)
    weights = [kernel, bias, np.array([[1.0], [1.0], [-2.0]], np.float32), bias]
    rows = np.full((2, 1, 3, 1), 1e20, np.float32)  # 1e40 in float32 is infinite
    rows[1] = [[[1e-20], [2e-20], [1e-20]]]
    found = prediction.logits(chain(layers, (1, 3, 1)), weights, rows.__getitem__, 2)
    np.testing.assert_allclose(found, [[0], [1]], atol=1e-6)


def test_frozen_weights_cannot_be_written_to():
    (weight,) = prediction.frozen([np.zeros(3, np.float32)])
    with pytest.raises(ValueError, match="read-only"):
        weight[0] = 1.0

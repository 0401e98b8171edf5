"""Poolings of texts: worked examples, gradients, and the same in graphs and Keras."""

import numpy as np
import pytest
import scipy.sparse as sp
import tensorflow as tf

from sknets._core.build import text_layers
from sknets._core.network import Network
from sknets._core.objectives import CLASS_OBJECTIVES
from sknets._core.poolings import POOLINGS
from sknets._core.probabilities import sigmoid
from sknets._core.scaling import identity
from sknets.architectures import fitted_model

MULTILABEL = CLASS_OBJECTIVES["multilabel-indicator"]


def test_tokens_that_share_the_maximum_share_its_gradient():
    table = np.array([[1, 5], [1, 2], [0, 5], [9, 9]], np.float32)
    counts = sp.csr_array(np.array([[1, 1, 1, 0]], np.float32))
    highest, gradient = POOLINGS["max"].train(table, counts)
    np.testing.assert_array_equal(highest, [[1, 5]])
    expected = [[0.5, 3], [0.5, 0], [0, 3], [0, 0]]
    np.testing.assert_array_equal(gradient(np.array([[1, 6]], np.float32)), expected)


def test_an_empty_text_pools_to_zero():
    counts = sp.csr_array(np.array([[0, 0], [0, 1]], np.float32))
    table = np.array([[-3.0], [-2.0]], np.float32)
    for pooled in (
        POOLINGS["max"].train(table, counts)[0],
        POOLINGS["max"].predict(table, counts),
    ):
        np.testing.assert_array_equal(pooled, [[0], [-2]])


def test_mean_and_max_lie_side_by_side():
    shares = sp.csr_array(np.array([[0.25, 0.75]], np.float32))
    table = np.array([[4.0], [8.0]], np.float32)
    pooled, gradient = POOLINGS["mean_max"].train(table, shares)
    np.testing.assert_array_equal(pooled, [[7, 8]])
    back = gradient(np.array([[1, 10]], np.float32))
    np.testing.assert_array_equal(back, [[0.25], [10.75]])


@pytest.mark.parametrize(("name", "power"), [("mean", 1.0), ("sqrtn", 0.5)])
def test_a_sum_over_a_power_of_the_number_of_tokens(name, power):
    counts = sp.csr_array(np.array([[3, 1, 0], [0, 0, 0]], np.float32))
    table = np.array([[4.0], [8.0], [5.0]], np.float32)
    expected = [[(3 * 4 + 8) / 4**power], [0]]
    np.testing.assert_allclose(POOLINGS[name].predict(table, counts), expected)


@pytest.mark.parametrize("pooling", POOLINGS.values(), ids=POOLINGS)
def test_the_gradient_of_a_pooling_is_the_numerical_one(pooling):
    rng = np.random.default_rng(0)
    counts = rng.integers(0, 3, (5, 6)) * (np.arange(5) > 0)[:, None]
    given = pooling.shares(sp.csr_array(counts))
    table = rng.normal(size=(6, 2)).astype(np.float32)
    pooled, gradient = pooling.train(table, given)
    predicted = pooling.predict(table, sp.csr_array(counts))
    np.testing.assert_allclose(pooled, predicted, rtol=1e-6, atol=1e-6)
    assert not pooled[0].any()
    d = rng.normal(size=pooled.shape)
    numerical = np.empty_like(table)
    for place in np.ndindex(table.shape):
        step = np.zeros_like(table)
        step[place] = 0.01
        ends = [pooling.train(table + sign * step, given)[0] for sign in (1, -1)]
        numerical[place] = ((ends[0] - ends[1]) * d).sum() / 0.02
    np.testing.assert_allclose(gradient(d), numerical, atol=1e-3)


@pytest.mark.parametrize("pooling", POOLINGS)
def test_text_model_pools_over_tokens_without_padding(pooling):
    """Equal to the numpy pass on counts, also for a text of padding alone."""
    layers = text_layers(9, 4, 0.0, "relu", pooling, (3,), 2)
    network = Network(tuple(layers), ())
    rng = np.random.default_rng(0)
    weights = network.initial_weights(rng)
    weights[0] -= 0.3  # else zeros could pass for the largest values
    tokens = np.array([[1, 2, 2, 8], [3, 0, 0, 0], [0, 0, 0, 0]])
    counts = np.stack([np.bincount(row, minlength=9) for row in tokens])
    counts[:, 0] = 0
    model = fitted_model(
        network, weights, identity(), CLASS_OBJECTIVES["multilabel-indicator"]
    )
    logits = network.predict(weights, sp.csr_array(counts, dtype=np.float32))
    np.testing.assert_allclose(model(tokens), sigmoid(logits), atol=1e-6)
    padded = np.pad(tokens, [(0, 0), (0, 3)])
    np.testing.assert_allclose(model(padded), model(tokens), atol=1e-6)


@pytest.mark.parametrize("pooling", POOLINGS.values(), ids=POOLINGS)
def test_tokens_with_weights_pool_alike_in_a_graph(pooling):
    table = np.random.default_rng(0).normal(-1, 1, (5, 3)).astype(np.float32)
    tokens = np.array([[1, 4, 0], [2, 0, 0], [0, 0, 0]])
    weights = np.array([[3, 2, 0], [1, 0, 0], [0, 0, 0]], np.float32)
    counts = np.zeros((3, 5), np.float32)
    np.add.at(counts, (np.arange(3)[:, None], tokens), weights)
    found = pooling.in_graph(tf, tf.gather(table, tokens), weights[:, :, None])
    expected = pooling.predict(table, sp.csr_array(counts))
    np.testing.assert_allclose(found, expected, rtol=1e-6)

"""Edges of soft steps, and the layer that they make."""

import numpy as np
import pytest

from sknets._core.soft_steps import NEAREST, kernel_and_bias


def edges_of(values, n_steps, weights=None):
    """Edges that the layer of one feature has, from where its tanh are -1 and 1."""
    x = np.array(values, np.float32)[:, None]
    weights = np.ones(len(x)) if weights is None else np.array(weights, float)
    kernel, bias = kernel_and_bias(x, weights, n_steps)
    low, high = (-1 - bias) / kernel[0], (1 - bias) / kernel[0]
    np.testing.assert_allclose(low[1:], high[:-1], rtol=1e-5, atol=1e-6)
    return [*low.tolist(), *high[-1:].tolist()]


def test_edges_are_quantiles():
    assert edges_of(range(101), 4) == pytest.approx([0, 25, 50, 75, 100])


@pytest.mark.parametrize(
    ("values", "n_steps", "edges"),
    [
        ([3, 3, 3], 4, []),
        ([0, 1, 1, 0], 4, [0, 1]),
        ([5, 6, 7], 16, [5, 6, 7]),
        ([0, 10], 1, [0, 10]),
    ],
)
def test_few_values_have_as_few_steps(values, n_steps, edges):
    assert edges_of(values, n_steps) == pytest.approx(edges)


def test_a_value_that_fills_the_feature_takes_few_edges():
    """Gains of capital: nine of ten are zero."""
    found = edges_of([0] * 900 + list(range(1, 101)), 4)
    assert found[0] == 0
    assert found[-1] == pytest.approx(100)
    assert len(found) == 4


def test_weights_are_repeated_rows():
    values, weights = [0, 1, 2, 3, 4, 5, 6], [1, 3, 1, 1, 0, 2, 1]
    assert edges_of(values, 3, weights) == edges_of(np.repeat(values, weights), 3)


def test_rows_without_weight_are_not_seen():
    assert edges_of([0, 1, 2, 99], 2, [1, 1, 1, 0]) == pytest.approx([0, 1, 2])


def test_edges_that_rounding_would_mix_are_one():
    found = edges_of([1, 1 + NEAREST / 3, 2], 8)
    assert found == pytest.approx([1, 2])


def test_each_unit_has_one_feature():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 3)).astype(np.float32)
    x[:, 1] = 7
    kernel, bias = kernel_and_bias(x, np.ones(200), 5)
    assert kernel.shape == (3, 10)
    assert kernel.dtype == bias.dtype == np.float32
    assert ((kernel > 0).sum(axis=0) == 1).all()
    assert not kernel[1].any()

"""Dropout in NumPy: its rate, its mean, and where nothing is dropped."""

import numpy as np
import pytest

from sknets._core.build import dense_layers
from sknets._core.layers import Dropout
from sknets._training import dense_trainer
from tests.networks import chain, step, training_data


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_what_is_kept_is_larger_so_that_the_mean_stays(rate):
    rows = np.random.default_rng(0).normal(size=(200, 50)).astype(np.float32)
    before = rows.copy()
    out, _ = Dropout(rate).train([], rows, np.random.default_rng(1))
    kept = out != 0
    deviation = np.sqrt(rate * (1 - rate) / rows.size)
    assert abs(kept.mean() - (1 - rate)) < 4 * deviation
    np.testing.assert_allclose(out[kept], rows[kept] / (1 - rate), rtol=1e-6)
    np.testing.assert_array_equal(rows, before)
    assert out.dtype == np.float32


def test_the_gradient_passes_where_values_have_passed():
    rows = np.ones((20, 30), np.float32)
    out, kept = Dropout(0.4).train([], rows, np.random.default_rng(0))
    gradient = Dropout(0.4).backward([], kept, np.ones_like(rows), [])()
    np.testing.assert_array_equal(gradient, out)


def test_dropout_in_numpy_has_its_rate_and_is_independent(monkeypatch):
    """The weights of units that were dropped in the only step stay as they were."""
    network = dense_layers((2_000, 2_000), (0.3, 0.6), "linear", 3)
    monkeypatch.setattr(dense_trainer, "MAX_SECONDS", 60.0)
    X = np.ones((1, 2), np.float32)
    masks = []
    for seed in (0, 1):
        data = training_data(X, np.zeros(1, np.int32), "multiclass")
        weights = [
            0.01 * np.ones(s, np.float32) for s in chain(network, (2,)).weight_shapes()
        ]
        trained = step(network, (2,), weights, data, learning_rate=1.0, seed=seed)
        # A bias moves where the unit behind it is kept.
        masks += [trained.weights[i] != weights[i] for i in (1, 3)]
    for mask_of_layer, rate in zip(masks, [0.3, 0.6] * 2, strict=True):
        deviation = np.sqrt(rate * (1 - rate) / 2_000)
        assert abs(mask_of_layer.mean() - (1 - rate)) < 4 * deviation
    for i, j in [(0, 1), (0, 2), (1, 3)]:
        correlation = np.corrcoef(masks[i], masks[j])[0, 1]
        assert abs(correlation) < 4 / np.sqrt(2_000)


def test_nothing_is_dropped_in_predictions():
    rows = np.ones((3, 4), np.float32)
    np.testing.assert_array_equal(Dropout(0.9).predict([], rows), rows)
    np.testing.assert_array_equal(Dropout(0.9).in_graph(None, [], rows, None), rows)


@pytest.mark.parametrize("rate", [-0.1, 1, 1.0, np.nan, "0.5", True])
def test_rates_that_no_layer_has(rate):
    assert not Dropout(rate).is_valid()

"""The start of an embedding for numbers, and how far training goes from there."""

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose
from sklearn.linear_model import Ridge

from sknets._core.poolings import POOLINGS
from sknets._texts import ridge

RNG = np.random.default_rng(0)
N, WIDTH = 400, 60
TOKENS = sp.csr_array(RNG.poisson(0.1, (N, WIDTH)).astype(np.float32))
EFFECTS = RNG.normal(size=(WIDTH, 1))
WEIGHTS = RNG.integers(1, 4, N).astype(np.float64)


def clear():
    """Numbers that follow from the shares of tokens."""
    shares = TOKENS.toarray()
    return shares / np.maximum(shares.sum(axis=1, keepdims=True), 1) @ EFFECTS


def noise():
    return np.random.default_rng(1).normal(size=(N, 1))


MEAN = POOLINGS["mean"]


def penalty(y, n=N, w=WEIGHTS):
    return ridge.chosen(TOKENS[:n], y[:n], w[:n], ["mean"]).penalty


@pytest.mark.parametrize("pooling", ["mean", "sqrtn"])
def test_it_is_ridge_regression_on_weighted_shares(monkeypatch, pooling):
    monkeypatch.setattr(ridge, "RESIDUAL", 1e-6)
    y = np.hstack([clear(), clear() + noise()])
    shares = POOLINGS[pooling].shares(TOKENS)
    coefficients, intercepts = ridge.fit(shares, y, WEIGHTS, 0.3)
    features, factor = ridge._features(shares)
    # The penalty holds for the intercept's distance from the mean as well.
    mean = np.average(y, axis=0, weights=WEIGHTS)
    columns = np.hstack([features.toarray(), np.ones((N, 1))])
    expected = Ridge(0.3, fit_intercept=False).fit(columns, y - mean, WEIGHTS)
    assert_allclose(coefficients, expected.coef_[:, :-1] * factor, atol=1e-4)
    assert_allclose(intercepts, mean + expected.coef_[:, -1], atol=1e-4)


def test_several_penalties_are_solved_as_each_alone(monkeypatch):
    monkeypatch.setattr(ridge, "RESIDUAL", 1e-6)
    shares, y = MEAN.shares(TOKENS), clear() + noise()
    together = ridge._solve(shares, y, WEIGHTS, (0.1, 1.0, 10.0))
    for place, one in enumerate((0.1, 1.0, 10.0)):
        for found, alone in zip(
            together, ridge.fit(shares, y, WEIGHTS, one), strict=True
        ):
            assert_allclose(found[..., place], alone, atol=1e-4)


def test_a_target_without_spread_has_no_coefficients():
    shares = MEAN.shares(TOKENS)
    coefficients, intercepts = ridge.fit(shares, np.full((N, 1), 3.0), WEIGHTS, 1.0)
    assert not coefficients.any()
    assert intercepts == [3.0]


def test_rows_have_a_length_of_one_in_the_mean():
    features, factor = ridge._features(MEAN.shares(TOKENS))
    assert (features.multiply(features).sum() / N) == pytest.approx(1)
    # The rarer a token, the more it counts.
    frequency = (TOKENS > 0).sum(axis=0)
    order = np.argsort(frequency)
    assert (np.diff(factor[order]) <= 1e-12).all()


def test_the_penalty_follows_the_noise():
    assert penalty(clear()) == ridge.PENALTIES[0]
    assert penalty(noise()) == ridge.PENALTIES[-1]
    assert penalty(clear(), n=50) == ridge.MIDDLE_PENALTY


def test_texts_of_no_weight_choose_nothing():
    y, w = clear(), np.where(np.arange(N) % 2, WEIGHTS, 1e-12)
    y[::2] = 100 * noise()[::2]
    assert penalty(y, w=w) < 1
    assert penalty(y) == ridge.PENALTIES[-1]


@pytest.mark.parametrize("best", ["mean", "sqrtn"])
def test_the_pooling_that_predicts_best_is_chosen(best):
    lengths = np.arange(N)[:, None] % 20 + 1
    tokens = sp.csr_array((RNG.random((N, WIDTH)) < lengths / 40).astype(np.float32))
    y = POOLINGS[best].shares(tokens) @ EFFECTS
    assert ridge.chosen(tokens, y, WEIGHTS, ["sqrtn", "mean"]).pooling == best
    few = ridge.chosen(tokens[:50], y[:50], WEIGHTS[:50], ["sqrtn", "mean"])
    assert few.pooling == "sqrtn"

"""The start of an embedding for numbers, and how far training goes from there."""

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose
from sklearn.linear_model import Ridge

from sknets import TextPoolRegressor
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


def penalty(y, n=N):
    return ridge._chosen_penalty(TOKENS[:n], y[:n], WEIGHTS[:n])


def test_it_is_ridge_regression_on_weighted_shares():
    y = np.hstack([clear(), clear() + noise()])
    coefficients, intercept = ridge.fit(TOKENS, y, WEIGHTS)
    features, factor = ridge._features(ridge._shares(TOKENS))
    chosen = ridge._chosen_penalty(TOKENS, y, WEIGHTS)
    # The penalty holds for the intercept's distance from the mean as well.
    mean = np.average(y, axis=0, weights=WEIGHTS)
    columns = np.hstack([features.toarray(), np.ones((N, 1))])
    expected = Ridge(chosen, fit_intercept=False).fit(columns, y - mean, WEIGHTS)
    assert_allclose(coefficients, expected.coef_.T[:-1] * factor[:, None], atol=1e-4)
    assert_allclose(intercept, mean + expected.coef_.T[-1], atol=1e-4)


def test_rows_have_a_length_of_one_in_the_mean():
    features, factor = ridge._features(ridge._shares(TOKENS))
    assert (features.multiply(features).sum() / N) == pytest.approx(1)
    # The rarer a token, the more it counts.
    frequency = (TOKENS > 0).sum(axis=0)
    order = np.argsort(frequency)
    assert (np.diff(factor[order]) <= 1e-12).all()


def test_the_penalty_follows_the_noise():
    assert penalty(clear()) == ridge.PENALTIES[0]
    assert penalty(noise()) == ridge.PENALTIES[-1]
    assert penalty(clear(), n=50) == ridge.PENALTIES[ridge.MIDDLE]


def test_texts_of_no_weight_choose_nothing():
    y, w = clear(), np.where(np.arange(N) % 2, WEIGHTS, 1e-12)
    y[::2] = 100 * noise()[::2]
    assert ridge._chosen_penalty(TOKENS, y, w) < 1
    assert ridge._chosen_penalty(TOKENS, y, WEIGHTS) == ridge.PENALTIES[-1]


WORDS = np.array([f"w{i}" for i in range(30)])
TEXTS = [" ".join(RNG.choice(WORDS, 8)) for _ in range(300)]
TARGET = np.array([text.count("w1") - text.count("w2") for text in TEXTS]) * 1.0


@pytest.mark.parametrize(
    ("params", "rate"),
    [
        ({}, 0.01),
        ({"loss": "huber"}, 0.1),
        ({"dense_width": 8, "width": 8}, 0.1),
        ({"pooling": "max"}, 0.1),
        ({"embedding_init": "random"}, 0.1),
        ({"learning_rate": 0.05}, 0.05),
        ({"learning_rate": None}, 0.001),
    ],
)
def test_learning_rate(params, rate):
    net = TextPoolRegressor(epochs=1, random_state=0, **params).fit(TEXTS, TARGET)
    assert net._settings(300, False).optimizer.learning_rate == rate
    if "learning_rate" not in params:
        assert net._settings(300, True).optimizer.learning_rate == 0.1


def test_noise_is_not_learnt_by_heart():
    rng = np.random.default_rng(2)
    texts = [" ".join(rng.choice(WORDS, 8)) for _ in range(1200)]
    words = [text.split() for text in texts]
    true = np.array([some.count("w1") - some.count("w2") for some in words]) * 1.0
    y = true + 3 * rng.normal(size=len(true))
    net = TextPoolRegressor(analyzer="word", random_state=0).fit(texts[:800], y[:800])
    assert net.score(texts[:800], y[:800]) < 0.6
    assert net.score(texts[800:], true[800:]) > 0.1

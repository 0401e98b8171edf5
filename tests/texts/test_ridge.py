"""The start of an embedding for numbers, and how far training goes from there."""

import numpy as np
import pytest
import scipy.sparse as sp
from numpy.testing import assert_allclose
from scipy.special import log_softmax
from sklearn.linear_model import Ridge

from sknets import TextPoolClassifier
from sknets._core.poolings import POOLINGS
from sknets._texts import naive_bayes, ridge
from sknets._texts.naive_bayes import Texts

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
    features, factor = ridge._features(shares, None)
    # The penalty holds for the intercept's distance from the mean as well.
    mean = np.average(y, axis=0, weights=WEIGHTS)
    columns = np.hstack([features.toarray(), np.ones((N, 1))])
    expected = Ridge(0.3, fit_intercept=False).fit(columns, y - mean, WEIGHTS)
    assert_allclose(coefficients, expected.coef_[:, :-1] * factor, atol=1e-4)
    assert_allclose(intercepts, mean + expected.coef_[:, -1], atol=1e-4)


def test_texts_without_weight_say_nothing():
    """All others may be, where most texts are of a class whose weight is 0."""
    coefficients, intercepts = ridge.fit(MEAN.shares(TOKENS), clear(), np.zeros(N), 0.3)
    assert not coefficients.any()
    assert np.isfinite(intercepts).all()


def test_several_penalties_are_solved_as_each_alone(monkeypatch):
    monkeypatch.setattr(ridge, "RESIDUAL", 1e-6)
    shares, y = MEAN.shares(TOKENS), clear() + noise()
    together = ridge._solve(shares, y, WEIGHTS, (0.1, 1.0, 10.0))
    for place, one in enumerate((0.1, 1.0, 10.0)):
        for found, alone in zip(
            together, ridge.fit(shares, y, WEIGHTS, one), strict=True
        ):
            assert_allclose(found[..., place], alone, atol=1e-4)


def test_cross_validated_predictions_are_of_other_texts():
    y, shares = clear(), MEAN.shares(TOKENS)
    drawn, predictions = ridge.cross_validated(shares, y, WEIGHTS, 0.3)
    assert sorted(drawn) == list(range(N))
    held_out = drawn[::5]
    others = np.setdiff1d(drawn, held_out)
    coefficients, intercepts = ridge.fit(
        shares[others], y[others], WEIGHTS[others], 0.3
    )
    expected = shares[held_out] @ coefficients.T + intercepts
    assert_allclose(predictions[::5], expected, atol=0.02)


@pytest.mark.parametrize("n_texts", [1, 4])
def test_too_few_texts_predict_nothing_of_others(n_texts):
    shares = MEAN.shares(TOKENS[:n_texts])
    drawn, predictions = ridge.cross_validated(shares, clear()[:n_texts], WEIGHTS, 1.0)
    assert len(drawn) == 0
    assert predictions.shape == (0, 1)


def test_a_target_without_spread_has_no_coefficients():
    shares = MEAN.shares(TOKENS)
    coefficients, intercepts = ridge.fit(shares, np.full((N, 1), 3.0), WEIGHTS, 1.0)
    assert not coefficients.any()
    assert intercepts == [3.0]


def test_rows_have_a_length_of_one_in_the_mean():
    features, factor = ridge._features(MEAN.shares(TOKENS), None)
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


def texts_of_classes(n_classes, n=600):
    """Texts of two kinds of n-grams, which both tell the class."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, n_classes, n)
    telling = rng.poisson(0.2 + 0.4 * np.eye(n_classes)[labels].repeat(2, axis=1))
    tokens = np.hstack([telling, rng.poisson(0.5, (n, 20))]).astype(np.float32)
    targets = np.eye(n_classes)[labels] if n_classes > 2 else labels[:, None]
    data = Texts(
        sp.csr_array(tokens),
        targets.astype(np.float32),
        rng.integers(1, 3, (n, 1)).repeat(targets.shape[1], axis=1).astype(np.float32),
        n_classes > 2,
    )
    return data, np.repeat([0, 1], [2 * n_classes, 20])


def test_kinds_of_ngrams_weigh_the_same():
    data, kinds = texts_of_classes(2)
    features, factor = ridge._features(MEAN.shares(data.tokens), kinds)
    squares = features.power(2)
    for kind in (0, 1):
        assert squares[:, kinds == kind].sum() / 600 == pytest.approx(1, rel=1e-5)
    rarity = ridge._features(MEAN.shares(data.tokens), None)[1]
    assert_allclose(factor[4:] / factor[4], rarity[4:] / rarity[4], rtol=1e-5)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_coefficients_of_classes_are_the_likeliest_multiple(n_classes):
    """A regression of the indicators, scaled on texts that it does not know."""
    data, kinds = texts_of_classes(n_classes)
    held_out = np.arange(100)
    found = ridge.class_coefficients(data, held_out, kinds)
    shares, weights = MEAN.shares(data.tokens), data.weights[:, 0]
    whole, _ = ridge.fit(shares, data.targets, weights, 6.0, kinds)
    factor = (found / whole.T).ravel()
    assert_allclose(factor, factor[0], rtol=1e-4)
    others, _ = ridge.fit(shares[100:], data.targets[100:], weights[100:], 6.0, kinds)
    z = factor[0] * (shares[:100] @ others.T)

    def likelihood(multiple):
        logits = multiple * z + naive_bayes.first_bias(data)
        return -data_loss(logits, data[held_out])

    assert likelihood(1) > max(likelihood(0.9), likelihood(1.1))


def data_loss(z, data):
    if data.is_exclusive:
        own = (log_softmax(z, axis=1) * data.targets).sum(axis=1)
    else:
        own = -np.logaddexp(0, np.where(data.targets == 1, -z, z))[:, 0]
    return -own @ data.weights[:, 0]


@pytest.mark.parametrize(
    ("analyzer", "takes_both"), [(("word", "char_wb"), True), ("word", False)]
)
def test_words_and_their_parts_start_from_both(monkeypatch, analyzer, takes_both):
    """Half of naive Bayes, half of the regression; words alone have none."""
    texts = [f"{word} film number{i % 50}" for i in range(300) for word in ("a", "no")]
    seen = []
    original = naive_bayes.first_weights

    def first_weights(weights, counts, data, *, is_linear, beside):
        start = original(weights, counts, data, is_linear=is_linear, beside=beside)
        ratios = naive_bayes.ratios_as_embedding(counts, 1, False)
        seen.append((start[0], ratios, beside))
        return start

    monkeypatch.setattr(naive_bayes, "first_weights", first_weights)
    TextPoolClassifier(analyzer=analyzer, random_state=0).fit(texts, [0, 1] * 300)
    [(table, ratios, beside)] = seen
    assert (beside is not None) is takes_both
    expected = (ratios + beside) / 2 if takes_both else ratios
    assert_allclose(table, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("n_texts", "parameters", "n_classes"),
    [
        (499, {}, 2),  # too few to know how sure it may be
        (600, {"dense_width": 4}, 2),  # no linear network
        (600, {"width": 7}, 3),  # no value for each class
    ],
)
def test_where_naive_bayes_is_the_whole_start(
    monkeypatch, n_texts, parameters, n_classes
):
    monkeypatch.setattr(ridge, "class_coefficients", None)
    texts = [f"a film of kind{i % n_classes}" for i in range(n_texts)]
    labels = [i % n_classes for i in range(n_texts)]
    net = TextPoolClassifier(random_state=0, **parameters).fit(texts, labels)
    assert net.score(texts, labels) == 1

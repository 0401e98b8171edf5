"""The naive-Bayes start, against formulas worked out one n-gram at a time."""

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.special import log_softmax
from sklearn.metrics import log_loss

from sknets import TextPoolClassifier
from sknets._texts import naive_bayes
from sknets._texts.naive_bayes import ClassCounts, Texts

TOKENS = np.array(
    [
        [0, 1, 2, 0, 1],
        [0, 1, 0, 1, 0],
        [0, 0, 1, 1, 0],
        [0, 0, 3, 1, 0],
        [0, 2, 0, 1, 0],
    ]
)
TWO = np.array([1, 1, 0, 0, 1])
THREE = np.array([0, 1, 2, 2, 0])
WEIGHTS = np.array([1.0, 2.0, 1.0, 0.5, 1.0])
ONE_KIND = np.zeros(5, int)


def texts(kind, tokens=TOKENS, weights=WEIGHTS):
    targets = TWO[:, None] if kind == "binary" else np.eye(3)[THREE]
    targets = targets.astype(np.float32)
    w = np.broadcast_to(weights[:, None].astype(np.float32), targets.shape)
    return Texts(
        sp.csr_array(tokens.astype(np.float32)), targets, w, kind == "multiclass"
    )


def counted(kind, before=None, **given):
    return naive_bayes.count(texts(kind, **given), np.random.default_rng(0), before)


def ratio_by_hand(kind, tokens, weights, token, k):
    """Ratio times rarity of one token for output k."""
    own = TWO == 1 if kind == "binary" else k == THREE
    inside = (weights * own) @ tokens[:, token]
    outside = (weights * ~own) @ tokens[:, token]
    n_in, n_out = ((weights * side) @ tokens.sum(axis=1) for side in (own, ~own))
    share = (n_in + 1) / (n_in + n_out + 2)
    inside, outside = inside + 8 * share, outside + 8 * (1 - share)
    n_texts, frequency = weights.sum(), weights @ tokens[:, token]
    rarity = 1 + np.log((1 + n_texts) / (1 + min(frequency, n_texts)))
    if kind == "binary":
        return np.log(inside / outside) - np.log(share / (1 - share))
    return rarity * (np.log((inside + outside) / outside) - np.log(1 / (1 - share)))


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_sums_of_parts_are_those_of_all_texts(kind):
    data = texts(kind)
    parts = [naive_bayes.sums(data[rows]) for rows in (slice(0, 2), slice(2, None))]
    rng = np.random.default_rng
    found = naive_bayes.count(data, rng(0), parts=iter(parts))
    expected = counted(kind)
    for name in expected:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-6)


def test_sums_of_weights_that_differ_between_outputs():
    tokens = sp.csr_array(TOKENS.astype(np.float32))
    rng = np.random.default_rng(0)
    targets = rng.integers(0, 2, (len(TOKENS), 3)).astype(np.float32)
    weights = rng.uniform(0.5, 2, (len(TOKENS), 3)).astype(np.float32)
    found = naive_bayes.count(Texts(tokens, targets, weights, False), rng)
    inside = TOKENS.T @ (targets * weights)
    outside = TOKENS.T @ ((1 - targets) * weights)
    np.testing.assert_allclose(found["inside"], inside, rtol=1e-6)
    np.testing.assert_allclose(found["outside"], outside, rtol=1e-5, atol=1e-5)


def test_one_text_more_counts_beside_very_many():
    one = Texts(
        sp.csr_array(np.ones((1, 1), np.float32)),
        np.ones((1, 1), np.float32),
        np.ones((1, 1), np.float32),
        False,
    )
    many = naive_bayes.sums(one)._replace(inside=sp.csr_array([[2.0**24]]))
    inside, _, n_texts = naive_bayes.total([many, *[naive_bayes.sums(one)] * 6])
    assert inside[0, 0] == 2**24 + 6
    assert n_texts == 7


@pytest.mark.parametrize(
    ("n_inside", "n_texts", "part"),
    [(50, 100, 0), (54, 100, 0), (90, 100, 1 - 4 / 62.75)],
)
def test_frequencies_of_two_classes_count_as_far_as_chance_does_not_explain_them(
    n_inside, n_texts, part
):
    targets = np.arange(n_texts)[:, None] < n_inside
    tokens = sp.csr_array(np.ones((n_texts, 1), np.float32))
    one = Texts(tokens, targets.astype(np.float32), np.ones_like(targets, float), False)
    odds = (n_inside + 1) / (n_texts - n_inside + 1)
    expected = part * np.log(odds)
    assert naive_bayes.first_bias(one)[0] == pytest.approx(expected, abs=1e-4)


def test_the_bias_takes_the_mean_logit_away():
    data = texts("binary")
    counts = naive_bayes.count(data, np.random.default_rng(0))
    kinds = np.zeros(len(counts["inside"]), int)
    [scores] = naive_bayes.scores_without_themselves(counts, data, kinds)
    mean = np.average(scores, axis=0, weights=WEIGHTS)
    assert abs(mean[0]) > 0.01
    assert counts["centre"] == pytest.approx(counts["slope"] * mean)
    start = [np.zeros((len(kinds), 1), np.float32), np.ones((1, 1)), np.zeros(1)]
    share = 1 - 0.5 * WEIGHTS.sum() / 1000
    for beside, part in ((None, 1.0), (np.zeros((len(kinds), 1)), 0.5)):
        *_, bias = naive_bayes.first_weights(
            start, counts, data, is_linear=True, beside=beside
        )
        expected = naive_bayes.first_bias(data) - part * share * counts["centre"]
        assert bias == pytest.approx(expected)


def test_several_classes_have_no_centre():
    assert not counted("multiclass")["centre"].any()


@pytest.mark.parametrize(("kind", "n_outputs"), [("binary", 1), ("multiclass", 3)])
def test_ratios(kind, n_outputs):
    counts = ClassCounts({**counted(kind), "slope": 2.0})
    table = naive_bayes.ratios_as_embedding(counts, n_outputs, kind == "multiclass")
    # Of two classes less of the slope, down to half of it for a thousand texts.
    factor = 2 - WEIGHTS.sum() / 1000 if kind == "binary" else 2.0
    expected = [
        [factor * ratio_by_hand(kind, TOKENS, WEIGHTS, t, k) for k in range(n_outputs)]
        for t in range(5)
    ]
    np.testing.assert_allclose(table, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_ngram_without_counts_says_nothing(kind):
    table = naive_bayes.ratios_as_embedding(counted(kind), 3, kind == "multiclass")
    np.testing.assert_allclose(table[0], 0, atol=1e-6)


def test_ngram_as_frequent_as_all_others_says_nothing():
    # Three quarters of all occurrences are inside, of every n-gram alike.
    counts = ClassCounts(
        inside=np.full((4, 1), 3e6), outside=np.full((4, 1), 1e6), slope=1.0
    )
    table = naive_bayes.ratios_as_embedding(counts, 1, False)
    np.testing.assert_allclose(table, 0, atol=1e-5)


@pytest.mark.parametrize(("kind", "n_outputs"), [("binary", 1), ("multiclass", 3)])
def test_scores_are_those_of_a_count_of_the_other_texts(kind, n_outputs):
    kinds = np.array([0, 1, 0, 1, 1])
    scores = naive_bayes.scores_without_themselves(counted(kind), texts(kind), kinds)
    frequency = WEIGHTS @ TOKENS
    for i, tokens in enumerate(TOKENS):
        others = WEIGHTS * (np.arange(5) != i)
        known = tokens * (others @ TOKENS > 0)
        for k in range(n_outputs):
            ratios = np.array(
                [ratio_by_hand(kind, TOKENS, others, t, k) for t in range(5)]
            )
            # The rarity alone is that of all texts.
            left = others @ TOKENS
            old = 1 + np.log((1 + others.sum()) / (1 + np.minimum(left, others.sum())))
            now = 1 + np.log(
                (1 + WEIGHTS.sum()) / (1 + np.minimum(frequency, WEIGHTS.sum()))
            )
            changed = 1 if kind == "binary" else now / old
            for number in (0, 1):
                own = (ratios * changed * (kinds == number)) @ known / known.sum()
                assert scores[number, i, k] == pytest.approx(own, rel=1e-4, abs=1e-6)


def test_a_text_of_its_own_ngrams_has_no_score():
    alone = np.vstack([TOKENS[:4] * [0, 1, 1, 1, 0], [0, 0, 0, 0, 5]])
    one = texts("binary", alone)
    counts = naive_bayes.count(one, np.random.default_rng(0))
    [scores] = naive_bayes.scores_without_themselves(counts, one, ONE_KIND)
    assert scores[4, 0] == 0
    assert (scores[:4] != 0).all()


@pytest.mark.parametrize("n_texts", [999, 1000, 4000])
def test_many_texts_start_at_half_of_the_slope(n_texts):
    counts = ClassCounts({**counted("binary"), "n_texts": n_texts})
    assert naive_bayes._share(counts, False) == pytest.approx(0.5, abs=1e-3)
    assert naive_bayes._share(counts, True) == 1


def test_slope_gives_likely_logits():
    """What chance does not explain of the factor with the highest likelihood."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 400)
    tokens = rng.poisson(0.3 + 0.3 * np.outer(labels, [0, 1, 0, 1, 0]))
    data = Texts(
        sp.csr_array(tokens.astype(np.float32)),
        labels[:, None].astype(np.float32),
        np.ones((400, 1), np.float32),
        False,
    )
    counts = naive_bayes.count(data, rng)
    [scores] = naive_bayes.scores_without_themselves(counts, data, ONE_KIND)
    scores = scores - scores.mean()
    bias = naive_bayes.first_bias(data)

    def likelihood(slope):
        z = (slope * scores + bias)[:, 0].astype(np.float64)
        return -np.logaddexp(0, np.where(labels == 1, -z, z)).sum()

    [best] = naive_bayes.likeliest_factors(scores[None], data, bias)
    below, at, above = map(likelihood, (0.9 * best, best, 1.1 * best))
    assert at > max(below, above)
    chi_squared = (2 * at - below - above) / 0.1**2
    assert 0.5 < counts["slope"] < tokens.sum() / 400
    assert counts["slope"] == pytest.approx(best * (1 - 4 / chi_squared), rel=1e-3)


def told_apart(n, slope):
    """Scores that have the sign of the class, of texts half of which are of each."""
    labels = np.arange(n) % 2
    tokens = sp.csr_array(np.ones((n, 1000), np.float32))
    targets = labels[:, None].astype(np.float32)
    data = Texts(tokens, targets, np.ones((n, 1), np.float32), False)
    return (2 * targets - 1) / slope, data


@pytest.mark.parametrize("n", [40, 1000])
def test_classes_that_are_told_apart_are_not_taken_for_chance(n):
    scores, data = told_apart(n, slope=10)
    slope = naive_bayes._slope(scores, data, np.zeros(1, np.float32))
    likeliest = 10 * np.log(n / 2 + 1)  # where p of each text is (n / 2 + 1) of + 2
    information = n / 100 * (n / 2 + 1) / (n / 2 + 2) ** 2
    expected = likeliest - 4 / (likeliest * information)
    assert slope == pytest.approx(expected, rel=1e-3)
    assert slope > 5


def test_long_texts_of_two_clear_classes_have_clear_probabilities():
    rng = np.random.default_rng(0)
    labels = np.arange(200) % 2
    shares = [[0.3, 0.2, 0.2, 0.3], [0.2, 0.3, 0.3, 0.2]]
    strands = ["".join(rng.choice(list("ACGT"), 800, p=shares[y])) for y in labels]
    net = TextPoolClassifier(random_state=0).fit(strands[:100], labels[:100])
    assert log_loss(labels[100:], net.predict_proba(strands[100:])) < 0.1


def loud_and_quiet(n_classes, n=400):
    """Texts of two kinds of n-grams: two that tell the class, and forty of noise."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, n_classes, n)
    telling = rng.poisson(0.2 + 0.4 * np.eye(n_classes)[labels])
    tokens = np.hstack([telling, rng.poisson(1, (n, 40))]).astype(np.float32)
    targets = np.eye(n_classes)[labels] if n_classes > 2 else labels[:, None]
    data = Texts(
        sp.csr_array(tokens),
        targets.astype(np.float32),
        np.ones((n, targets.shape[1]), np.float32),
        n_classes > 2,
    )
    return data, np.repeat([0, 1], [n_classes, 40])


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_kind_that_tells_the_class_counts_more(n_classes):
    data, kinds = loud_and_quiet(n_classes)
    alone = naive_bayes.count(data, np.random.default_rng(0))
    counts = naive_bayes.count(data, np.random.default_rng(0), kinds=kinds)
    assert "balance" not in alone
    assert counts["slope"] == pytest.approx(alone["slope"])
    scores = naive_bayes.scores_without_themselves(counts, data, kinds)
    bias = naive_bayes.first_bias(data)
    if n_classes == 2:
        scores -= np.average(scores, axis=1, weights=data.weights[:, 0])[:, None]
    own, noise = naive_bayes.likeliest_factors(scores, data, bias)
    assert own > counts["slope"] > 0 > noise
    # Half of the way, on a logarithmic scale, to at most a quarter.
    expected = np.sqrt([own / counts["slope"], 0.25])[kinds]
    np.testing.assert_allclose(counts["balance"], expected, rtol=1e-6)
    n_outputs = data.targets.shape[1]
    tables = [
        naive_bayes.ratios_as_embedding(one, n_outputs, n_classes > 2)
        for one in (counts, alone)
    ]
    np.testing.assert_allclose(
        tables[0], tables[1] * counts["balance"][:, None], rtol=1e-6
    )


@pytest.mark.parametrize("n_classes", [2, 3])
def test_likeliest_factors(n_classes):
    """No factors nearby make the targets likelier."""
    data, kinds = loud_and_quiet(n_classes)
    bias = naive_bayes.first_bias(data)
    counts = naive_bayes.count(data, np.random.default_rng(0))
    scores = naive_bayes.scores_without_themselves(counts, data, kinds)
    best = naive_bayes.likeliest_factors(scores, data, bias)

    def likelihood(factors):
        z = np.tensordot(factors, scores, axes=1) + bias
        if n_classes > 2:
            return (log_softmax(z, axis=1) * data.targets).sum()
        return -np.logaddexp(0, np.where(data.targets == 1, -z, z)).sum()

    for step in ([0.05, 0], [-0.05, 0], [0, 0.05], [0, -0.05]):
        assert likelihood(best * (1 + np.array(step))) < likelihood(best)


def test_counts_and_slopes_of_a_stream():
    first = counted("multiclass")
    both = counted("multiclass", first)
    for side in ("inside", "outside"):
        np.testing.assert_allclose(both[side], 2 * first[side])
    assert both["n_texts"] == pytest.approx(2 * WEIGHTS.sum())
    tokens = texts("multiclass")
    [scores] = naive_bayes.scores_without_themselves(both, tokens, ONE_KIND)
    alone = naive_bayes._slope(scores, tokens, naive_bayes.first_bias(tokens))
    assert both["slope"] == pytest.approx(0.9 * first["slope"] + 0.1 * alone)


def test_what_was_learnt_stays_a_factor():
    first = ClassCounts({**counted("binary"), "slope": 2.0})
    now = ClassCounts({**counted("binary", first, tokens=TOKENS[::-1]), "slope": 3.0})
    start = naive_bayes.ratios_as_embedding(first, 1, False)
    learnt = start * np.array([[1.0], [2.0], [0.5], [1.5], [-1.0]], np.float32)
    table = naive_bayes.updated(learnt, first, now, False)
    expected = naive_bayes.ratios_as_embedding(now, 1, False)
    np.testing.assert_allclose(
        table[1:, 0], (expected[:, 0] * [1, 2, 0.5, 1.5, -1])[1:], rtol=1e-5
    )


def test_counts_of_version_0_1_go_on():
    old = counted("binary")
    del old["n_texts"]
    now = naive_bayes.count(texts("binary"), np.random.default_rng(0), old)
    assert now["n_texts"] > WEIGHTS.sum()
    assert np.isfinite(
        naive_bayes.updated(np.ones((5, 1), np.float32), old, now, False)
    ).all()


def test_an_output_may_have_no_weight():
    texts = ["good film", "bad film", "good fun", "bad acting"] * 10
    target = np.array([[1, 0], [0, 1], [1, 1], [0, 0]] * 10)
    weights = [{0: 0, 1: 0}, {0: 1, 1: 1}]
    net = TextPoolClassifier(class_weight=weights, epochs=2, random_state=0)
    net.fit(texts, target)
    assert (net.predict(texts)[:, 1] == target[:, 1]).all()
    assert np.isfinite(net.predict_proba(texts)).all()

"""TextPoolRegressor: its start from ridge regression, and what follows from there."""

import numpy as np
import pytest
from sklearn.metrics import mean_poisson_deviance

from sknets import TextPoolRegressor
from tests.reviews import make_ratings

WORDS = np.array([f"w{i}" for i in range(30)])
RNG = np.random.default_rng(0)
TEXTS = [" ".join(RNG.choice(WORDS, 8)) for _ in range(300)]
TARGET = np.array([text.count("w1") - text.count("w2") for text in TEXTS]) * 1.0


@pytest.fixture(scope="module")
def ratings():
    return make_ratings()


@pytest.mark.parametrize(
    ("params", "least"),
    [({}, 0.9), ({"pooling": "max"}, 0.5), ({"dense_width": 8}, 0.9)],
)
def test_texts(params, least, ratings):
    texts, y = ratings
    epochs = {"epochs": 20} if params else {}
    net = TextPoolRegressor(random_state=0, **epochs, **params)
    assert net.fit(texts[:150], y[:150]).score(texts[150:], y[150:]) > least


def test_texts_as_a_stream(ratings):
    texts, y = ratings
    net = TextPoolRegressor(n_features=2**12, random_state=0)
    for _ in range(3):
        for start in range(0, 200, 50):
            net.partial_fit(texts[start : start + 50], y[start : start + 50])
    assert net.score(texts, y) > 0.8


@pytest.mark.parametrize(
    ("params", "rate"),
    [
        ({}, 0.01),
        ({"loss": "poisson"}, 0.01),
        ({"loss": "huber"}, 0.003),
        ({"dense_width": 8, "width": 8}, 0.1),
        ({"pooling": "max"}, 0.1),
        ({"embedding_init": "random"}, 0.1),
        ({"learning_rate": 0.05}, 0.05),
        ({"learning_rate": None}, 0.001),
    ],
)
def test_learning_rate(params, rate):
    net = TextPoolRegressor(epochs=1, random_state=0, **params)
    net.fit(TEXTS, np.abs(TARGET))
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


@pytest.mark.parametrize(
    ("params", "pooling", "starts_from_ridge"),
    [
        ({}, "mean", True),
        ({"pooling": "sqrtn"}, "sqrtn", True),
        ({"pooling": "max"}, "max", False),
        ({"embedding_init": "random"}, "mean", False),
    ],
)
def test_pooling(params, pooling, starts_from_ridge):
    net = TextPoolRegressor(analyzer="word", random_state=0, **params)
    net.fit(TEXTS, TARGET)  # of texts that have all the same number of words
    assert net.pooling_ == net.network_[0]["pooling"] == pooling
    assert hasattr(net, "alpha_") == starts_from_ridge
    before = net.predict(TEXTS)
    net.set_params(warm_start=True).partial_fit(TEXTS, TARGET)
    assert net.pooling_ == pooling
    assert not np.array_equal(net.predict(TEXTS), before)


@pytest.mark.parametrize("best", ["mean", "sqrtn"])
def test_auto_is_the_pooling_that_the_target_follows(best):
    """Means do not grow with a text of like words; sums over the root do."""
    rng = np.random.default_rng(0)
    lengths = np.arange(300) % 20 + 1
    texts = [" ".join(rng.choice(WORDS[:4], n)) for n in lengths]
    scores = np.array([text.count("w1") - text.count("w2") for text in texts])
    y = scores / (lengths if best == "mean" else np.sqrt(lengths))
    params = {"analyzer": "word", "binary": False, "sublinear_tf": False}
    net = TextPoolRegressor(ngram_range=(1, 1), **params, random_state=0)
    assert net.fit(texts, y).pooling_ == best
    assert net.score(texts, y) > 0.95


@pytest.mark.parametrize(
    ("params", "few", "many"),
    [
        ({"loss": "squared_error"}, 3, 1),
        ({"loss": "huber"}, 3, 1),
        ({"dense_width": 8, "width": 8}, 3, 2),
        ({"embedding_init": "random"}, 3, 2),
    ],
)
def test_epochs_follow_the_rows_and_what_is_left_to_learn(params, few, many):
    net = TextPoolRegressor(random_state=0, **params).fit(TEXTS, TARGET)
    assert net.n_iter_ == few
    assert net._auto_size(60_000) == (128, many)


def test_start_of_rates_is_that_of_their_logarithms():
    """One step of no length: the predictions are those of the start."""
    y = np.exp(TARGET / 20)
    params = {"epochs": 1, "learning_rate": 1e-12, "random_state": 0}
    net = TextPoolRegressor(loss="poisson", **params).fit(TEXTS, y)
    predicted = net.predict(TEXTS)
    assert np.corrcoef(np.log(predicted), TARGET)[0, 1] > 0.9
    assert predicted.mean() == pytest.approx(y.mean(), rel=0.02)


def test_explained_texts_add_up(ratings):
    texts, y = ratings
    for params in ({}, {"loss": "poisson"}):
        net = TextPoolRegressor(random_state=0, **params).fit(texts, y)
        explained = net.explain(texts[0])
        total = explained.contributions.sum() + explained.bias
        predicted = net.predict(texts[:1])[0]
        expected = np.log(predicted) if params else predicted
        assert total == pytest.approx(expected, rel=1e-5)
    two = TextPoolRegressor(random_state=0).fit(texts, np.c_[y, -y])
    explained = two.explain(texts[0])
    np.testing.assert_allclose(
        explained.contributions.sum(axis=0) + explained.bias,
        two.predict(texts[:1])[0],
        rtol=1e-5,
    )


def test_sums_over_the_root_are_explained_and_compressed():
    y = np.array([text.count("w1 ") - 2.0 * text.count("w2 ") for text in TEXTS])
    params = {"pooling": "sqrtn", "ngram_range": (1, 1), "random_state": 0}
    net = TextPoolRegressor(**params).fit(TEXTS, y)
    explained = net.explain(TEXTS[0])
    total = explained.contributions.sum() + explained.bias
    assert total == pytest.approx(net.predict(TEXTS[:1])[0], rel=1e-5)
    small = TextPoolRegressor(compress_to=20, **params).fit(TEXTS, y)
    assert small.score(TEXTS, y) > 0.9 * net.score(TEXTS, y) > 0.5


@pytest.mark.filterwarnings("error")
def test_skewed_counts_start_from_their_logarithms():
    """Exponentials of a straight line through such counts would be beyond bounds."""
    rng = np.random.default_rng(0)
    counts = rng.poisson(2 * np.exp(0.5 * TARGET))
    net = TextPoolRegressor(loss="poisson", analyzer="word", random_state=0)
    net.fit(TEXTS[:200], counts[:200])
    deviance = mean_poisson_deviance(counts[200:], net.predict(TEXTS[200:]))
    constant = np.full(100, counts[:200].mean())
    assert net.history_["loss"][0] < 0.5
    assert deviance < 0.8 * mean_poisson_deviance(counts[200:], constant)


@pytest.mark.parametrize("n_texts", [300, 1000])
def test_sums_of_rates_are_those_of_new_texts(n_texts):
    rng = np.random.default_rng(0)
    words = rng.integers(0, 400, size=(n_texts + 2000, 10))
    texts = [" ".join(f"w{word}" for word in row) for row in words]
    y = rng.poisson(0.3 * np.exp(2 * (words < 20).sum(axis=1)))
    net = TextPoolRegressor(loss="poisson", analyzer="word", random_state=0)
    net.fit(texts[:n_texts], y[:n_texts])
    predicted = net.predict(texts[n_texts:])
    assert predicted.mean() == pytest.approx(y[:n_texts].mean(), rel=0.15)


@pytest.mark.parametrize("loss", ["absolute_error", "huber"])
def test_a_few_numbers_that_are_far_too_large(loss):
    y = TARGET.copy()
    net = TextPoolRegressor(loss=loss, analyzer="word", random_state=0)
    clean = np.abs(net.fit(TEXTS[:200], y[:200]).predict(TEXTS[200:]) - y[200:]).mean()
    y[[3, 50]] *= 1e6
    found = np.abs(net.fit(TEXTS[:200], y[:200]).predict(TEXTS[200:]) - y[200:]).mean()
    assert found < 1.2 * clean < np.abs(y[200:] - np.median(y[200:])).mean()


def test_few_ngrams_predict_numbers_of_the_same_size():
    rng = np.random.default_rng(0)
    worth = rng.normal(size=300)
    words = rng.integers(0, 300, size=(400, 12))
    texts = [" ".join(f"w{word}" for word in row) for row in words]
    y = 100 + 10 * worth[words].sum(axis=1)
    est = TextPoolRegressor(compress_to=60, random_state=0).fit(texts, y)
    slope, _ = np.polyfit(est.predict(texts), y, 1)
    assert 0.8 < slope < 1.2


# --- Medians and quantiles ---------------------------------------------------------


def texts_and_numbers(n, seed=0):
    """Texts of words of which two count, and numbers far from a normal distribution."""
    rng = np.random.default_rng(seed)
    words = rng.choice([f"word{number}" for number in range(300)], (n, 8))
    texts = [" ".join(row) for row in words]
    points = np.array([("word1 " in text) + 2 * ("word2 " in text) for text in texts])
    return texts, points + rng.exponential(size=n)


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.9])
def test_quantiles_of_texts(quantile):
    X, y = texts_and_numbers(2400)
    net = TextPoolRegressor(loss="quantile", quantile=quantile, random_state=0)
    below = y[600:] <= net.fit(X[:600], y[:600]).predict(X[600:])
    assert np.mean(below) == pytest.approx(quantile, abs=0.06)


def test_medians_of_skewed_numbers():
    X, y = texts_and_numbers(2400)
    net = TextPoolRegressor(loss="absolute_error", random_state=0)
    y = y**3
    below = y[600:] <= net.fit(X[:600], y[:600]).predict(X[600:])
    assert np.mean(below) == pytest.approx(0.5, abs=0.06)


def test_all_outputs():
    X, y = texts_and_numbers(1600)
    net = TextPoolRegressor(loss="quantile", quantile=0.9, random_state=0)
    net.fit(X[:600], np.column_stack([y, -100 * y])[:600])
    below = np.column_stack([y, -100 * y])[600:] <= net.predict(X[600:])
    np.testing.assert_allclose(below.mean(axis=0), 0.9, atol=0.06)


def test_fits_are_repeatable_and_a_weight_of_zero_leaves_a_text_out():
    X, y = texts_and_numbers(300)
    net = TextPoolRegressor(loss="quantile", quantile=0.9, random_state=0)
    w = np.arange(300) % 3 > 0
    found = net.fit(X, y, sample_weight=w.astype(float)).predict(X)
    wanted = net.fit([X[row] for row in np.flatnonzero(w)], y[w]).predict(X)
    np.testing.assert_array_equal(found, wanted)

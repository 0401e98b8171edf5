"""What texts become in a network, for labels and numbers alike."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from sknets import TextPoolClassifier, TextPoolRegressor
from sknets._core.poolings import POOLINGS
from sknets._estimators import text_input
from tests.reviews import BAD, GOOD, make_reviews
from tests.reviews import quick_text as quick


@pytest.fixture(scope="module")
def reviews():
    return make_reviews()


@pytest.fixture(scope="module")
def fitted(reviews):
    return quick().fit(*reviews)


# --- From texts to outputs -----------------------------------------------------------


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("dense_width", [(), 8])
def test_prediction_equals_the_keras_model(reviews, pooling, dense_width):
    texts, labels = reviews
    net = quick(pooling=pooling, dense_width=dense_width, epochs=1).fit(texts, labels)
    number_of = net.vocabulary_
    numbers = [
        [number_of[word] + 1 for word in set(text.split())] for text in texts[:9]
    ]
    length = max(map(len, numbers))
    padded = np.array([row + [0] * (length - len(row)) for row in numbers])
    expected = net.model_.predict(padded, verbose=0)[:, 0]
    np.testing.assert_allclose(
        net.predict_proba(texts[:9])[:, 1], expected, rtol=1e-5, atol=1e-6
    )


def test_repeated_words_count_where_asked(reviews):
    texts, labels = reviews
    twice = [texts[0], f"{texts[0]} {texts[0]} good"]
    once = quick(epochs=1).fit(texts, labels)
    assert len(set(once.decision_function([twice[0], twice[0] * 2]))) == 1
    counted = quick(epochs=1, binary=False).fit(texts, labels)
    assert len(set(counted.decision_function(twice))) == 2


def test_empty_texts_and_unknown_words_get_the_bias(fitted):
    logits = fitted.decision_function(["", "xyzzy plugh"])
    np.testing.assert_allclose(logits, fitted.weights_[-1][0], rtol=1e-6)


def test_word_numbers_as_keras_has_them():
    X = [[1, 5, 7], [1, 6], [5, 7, 7], [6, 6, 1]] * 6
    y = [1, 0, 1, 0] * 6
    net = quick(epochs=15).fit(X, y)
    assert net.score(X, y) == 1.0


def test_parameters_changed_after_fit_do_not_change_predictions(reviews):
    net = quick(epochs=1).fit(*reviews)
    twice = [f"{text} {text.split()[0]}" for text in reviews[0]]
    before = net.decision_function(twice)
    net.set_params(binary=False, lowercase=False, n_features=64)
    np.testing.assert_array_equal(net.decision_function(twice), before)
    assert len(net.get_feature_names_out()) == len(net.weights_[0]) - 1


def test_names_of_ngrams(reviews, fitted):
    assert list(fitted.vocabulary_) == list(fitted.get_feature_names_out())
    with pytest.raises(NotFittedError):
        quick().get_feature_names_out()
    hashed = quick(n_features=64, epochs=1).fit(*reviews)
    with pytest.raises(ValueError, match="no names that could be listed"):
        hashed.get_feature_names_out()


# --- What is settled by itself -------------------------------------------------------


def test_as_wide_as_there_are_classes(monkeypatch):
    words = [f"word{i}" for i in range(90)]
    texts = [f"{word} text" for word in words] * 4
    net = quick(width="auto", epochs=1, learning_rate=1e-12).fit(texts, words * 4)
    assert net.network_[0]["width"] == 90
    assert net.score(texts, words * 4) == 1.0  # the start alone knows it
    monkeypatch.setattr(text_input, "MAX_AUTO_VALUES", 70 * 91)
    net = quick(width="auto", epochs=1).fit(texts, words * 4)
    assert net.network_[0]["width"] == text_input.MAX_AUTO_WIDTH < 90


@pytest.mark.parametrize(
    ("parameters", "width"),
    [({}, 1), ({"dense_width": 3}, 16), ({"pooling": "max"}, 16)],
)
def test_automatic_width(reviews, parameters, width):
    net = quick(width="auto", epochs=1, **parameters).fit(*reviews)
    assert net.network_[0]["width"] == width


@pytest.mark.parametrize("batch_size", [8, 128])
def test_a_stream_is_taken_in_large_batches(batch_size):
    """The rows of one call say nothing of the length of the stream."""
    texts, labels = make_reviews(64)
    stream = TextPoolClassifier(n_features=64, random_state=0, shuffle=False)
    given = TextPoolClassifier(
        n_features=64, random_state=0, shuffle=False, batch_size=batch_size
    )
    weights = [net.partial_fit(texts, labels).weights_[0] for net in (stream, given)]
    assert np.array_equal(*weights) == (batch_size == 128)


# --- Looking into the network --------------------------------------------------------


@pytest.mark.parametrize("hashed", [None, 2**16])
def test_contributions_add_up(reviews, hashed):
    texts, labels = reviews
    net = quick(ngram_range=(1, 2), n_features=hashed).fit(texts, labels)
    explained = net.explain(f"{texts[1]} unheard of")
    total = explained.contributions.sum() + explained.bias
    known = net.decision_function([f"{texts[1]} unheard of"])
    np.testing.assert_allclose(total, known[0], rtol=1e-5)
    assert set(texts[1].split()) <= set(explained.ngrams)
    assert explained.contributions[0] > 0
    assert explained.ngrams[0] in GOOD or explained.ngrams[0].split()[0] in GOOD
    sizes = np.abs(explained.contributions)
    assert (np.diff(sizes) <= 0).all()


def test_contributions_by_class(reviews):
    texts = reviews[0]
    net = quick(width=5).fit(texts, np.arange(len(texts)) % 3)
    explained = net.explain(texts[0])
    assert explained.contributions.shape == (len(explained.ngrams), 3)
    np.testing.assert_allclose(
        explained.contributions.sum(axis=0) + explained.bias,
        net.decision_function(texts[:1])[0],
        rtol=1e-4,
        atol=1e-5,
    )


def test_nothing_known_explains_nothing(fitted):
    explained = fitted.explain("xyzzy")
    assert explained.ngrams.shape == explained.contributions.shape == (0,)
    assert explained.bias == fitted.decision_function(["xyzzy"])[0]


def test_names_are_as_long_as_they_are():
    """Of a fixed width, one long word takes its length for each n-gram of the text."""
    net = quick(analyzer="char", ngram_range=(1, 2)).fit(["a\0", "b\0"] * 4, [0, 1] * 4)
    assert set(net.explain("a\0").ngrams) == {"a", "\0", "a\0"}
    long = "x" * 10_000
    net = quick(analyzer="word").fit(
        [f"a good {long}", f"a bad {long}"] * 2, [0, 1] * 2
    )
    assert net.explain(f"a good {long}").ngrams.nbytes < len(long)


@pytest.mark.parametrize("parameters", [{"pooling": "max"}, {"dense_width": 3}])
def test_no_contributions_where_they_do_not_add_up(reviews, parameters):
    net = quick(epochs=1, **parameters).fit(*reviews)
    with pytest.raises(ValueError, match="add up only where"):
        net.explain(reviews[0][0])


# --- Making it small -----------------------------------------------------------------


def test_each_label_keeps_its_size_where_ngrams_are_dropped():
    """One factor for all would leave the logits of rare labels too small."""
    rng = np.random.default_rng(0)
    labels = (rng.random((1200, 4)) < [0.4, 0.2, 0.05, 0.02]).astype(int)
    filler = [f"filler{number}" for number in range(300)]
    texts = [
        " ".join([*rng.choice(filler, 8), *(f"label{i}" for i in np.flatnonzero(row))])
        for row in labels
    ]
    net = TextPoolClassifier(analyzer="word", random_state=0).fit(texts, labels)
    full = net.decision_function(texts)
    small = net.set_params(compress_to=60).fit(texts, labels).decision_function(texts)
    lines = [np.polyfit(*pair, 1) for pair in zip(small.T, full.T, strict=True)]
    np.testing.assert_allclose(lines, [[1, 0]] * 4, atol=0.01)


def test_compressed_network(reviews):
    texts, labels = reviews
    net = quick(compress_to=10).fit(texts, labels)
    assert len(net.vocabulary_) == 10
    assert set(net.vocabulary_) == {*GOOD, *BAD}
    assert net.network_[0]["rows"] == len(net.weights_[0]) == 11
    assert net.score(*make_reviews(seed=1)) == quick().fit(texts, labels).score(
        *make_reviews(seed=1)
    )
    assert net.model_.count_params() == 11 * 4 + 4 + 1
    assert len(np.unique(net.weights_[0])) <= 255


def test_compressed_network_goes_on(reviews):
    texts, labels = reviews
    net = quick(compress_to=10)
    for part in (slice(0, 60), slice(60, None)):
        net.partial_fit(texts[part], labels[part])
    assert len(net.vocabulary_) == 10
    assert net.n_iter_ == 2
    assert net.score(*make_reviews(seed=1)) > 0.9


def test_compression_needs_a_vocabulary(reviews):
    with pytest.raises(ValueError, match="compress_to needs a vocabulary"):
        quick(compress_to=10, n_features=64).fit(*reviews)


@pytest.mark.parametrize("pooling", ["mean", "sqrtn"])
def test_fewer_ngrams_have_larger_shares_but_no_larger_sums(reviews, pooling):
    """Two words of eight are left of each text: shares of 1/2 and not of 1/8."""
    texts, labels = reviews
    params = {"pooling": pooling, "embedding_init": "random", "epochs": 20}
    whole = quick(**params).fit(texts, labels).decision_function(texts)
    small = quick(**params, compress_to=10).fit(texts, labels).decision_function(texts)
    assert small.std() == pytest.approx(whole.std(), rel=0.1)


# --- Going on ------------------------------------------------------------------------


def test_only_touched_embedding_rows_change(reviews):
    texts, labels = reviews
    net = quick(warm_start=True, epochs=1).fit(texts, labels)
    before = net.weights_[0].copy()
    net.partial_fit(["good film", "bad film"], ["pos", "neg"])
    changed = np.flatnonzero((net.weights_[0] != before).any(axis=1))
    expected = [net.vocabulary_[word] + 1 for word in ("good", "film", "bad")]
    assert sorted(changed) == sorted(expected)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("analyzer", "char"),
        ("analyzer", ("word", "char")),
        ("ngram_range", (1, 2)),
        ("max_features", 3),
        ("min_df", 2),
        ("max_df", 0.9),
        ("binary", False),
        ("sublinear_tf", False),
        ("lowercase", False),
        ("token_pattern", r"\w"),
        ("tokenizer", str.split),
        ("n_features", 64),
    ],
)
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_what_is_counted_cannot_change_under_warm_start(name, value, method):
    texts, labels = ["a good film", "a bad film"] * 30, [1, 0] * 30
    est = TextPoolClassifier(epochs=1, warm_start=True, random_state=0)
    est.fit(texts, labels)
    before = est.get_params()[name]
    est.set_params(**{name: value})
    with pytest.raises(ValueError, match=f"fitted with {name}=.*now {name}="):
        getattr(est, method)(texts, labels)
    est.set_params(**{name: before})
    assert getattr(est, method)(texts, labels).n_iter_ == 2


def test_what_a_file_of_version_0_1_does_not_say_is_what_that_version_did(reviews):
    net = TextPoolRegressor(random_state=0, epochs=1).fit(reviews[0], np.arange(120.0))
    state = net.__getstate__()
    names = ("sublinear_tf", "strip_accents", "preprocessor", "stop_words")
    for name in (*names, "vocabulary"):
        del state[name]
    old = TextPoolRegressor.__new__(TextPoolRegressor)
    old.__setstate__(state)
    assert old.sublinear_tf is False
    assert {old.strip_accents, old.preprocessor, old.stop_words, old.vocabulary} == {
        None
    }
    np.testing.assert_array_equal(old.predict(reviews[0]), net.predict(reviews[0]))

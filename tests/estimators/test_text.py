"""The text estimator: what parametrize_with_checks skips for it, and its network."""

import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_param_validation

from tests.reviews import FILLER, make_reviews
from tests.reviews import quick_text as quick


@pytest.fixture(scope="module")
def reviews():
    return make_reviews()


@pytest.fixture(scope="module")
def fitted(reviews):
    return quick().fit(*reviews)


def test_learns_what_a_linear_model_learns(reviews, fitted):
    texts, labels = make_reviews(seed=1)
    linear = make_pipeline(CountVectorizer(), LogisticRegression()).fit(*reviews)
    assert fitted.score(texts, labels) >= linear.score(texts, labels) - 0.02


def test_reference_system_t1_has_the_parameters_of_its_table(reviews):
    net = quick(width=16, epochs=1).fit(*reviews)
    rows = len(net.vocabulary_) + 1  # and padding
    assert net.model_.count_params() == rows * 16 + 16 + 1
    assert sum(weight.size for weight in net.weights_) == rows * 16 + 16 + 1


def test_training_text_needs_no_tensorflow(tmp_path):
    code = (
        "import sys; sys.modules['tensorflow'] = None\n"
        "from sknets import TextPoolClassifier\n"
        "net = TextPoolClassifier(\n"
        "    pooling='mean_max', dense_width=4, epochs=40, random_state=0\n"
        ")\n"
        "net.fit(['good film', 'bad film'] * 9, [1, 0] * 9)\n"
        "print(net.predict(['good', 'bad']))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stdout == "[1 0]\n", run.stderr


def test_unfitted_estimator_says_so(reviews):
    with pytest.raises(NotFittedError, match="not fitted yet"):
        quick().predict(reviews[0])


def test_clone_keeps_parameters(reviews):
    net = quick(optimizer__clipnorm=1.0)
    copy = clone(net)
    assert copy.get_params() == net.get_params()
    assert copy.get_params()["optimizer__clipnorm"] == 1.0


def test_parameters_are_validated():
    check_param_validation("TextPoolClassifier", quick())


def test_fit_changes_no_parameter(reviews):
    net = quick()
    before = dict(net.get_params())
    net.fit(*reviews)
    assert net.get_params() == before


def test_predicting_does_not_change_the_estimator(reviews, fitted):
    before = pickle.dumps(fitted)
    for method in ("predict", "predict_proba", "decision_function"):
        getattr(fitted, method)(reviews[0])
    assert pickle.dumps(fitted) == before


def test_fitting_again_gives_the_same_bits(reviews):
    net = quick()
    first = net.fit(*reviews).predict_proba(reviews[0])
    np.testing.assert_array_equal(net.fit(*reviews).predict_proba(reviews[0]), first)


def test_seeds_differ(reviews):
    one, two = (quick(random_state=seed).fit(*reviews) for seed in (0, 1))
    assert (one.weights_[0] != two.weights_[0]).any()


def test_pickled_estimator_predicts_the_same(reviews, fitted):
    restored = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(
        restored.predict_proba(reviews[0]), fitted.predict_proba(reviews[0])
    )


def test_predictions_do_not_depend_on_order_or_company(reviews, fitted):
    texts = reviews[0]
    together = fitted.predict_proba(texts)
    backwards = fitted.predict_proba(texts[::-1])[::-1]
    alone = np.vstack([fitted.predict_proba([text]) for text in texts])
    np.testing.assert_allclose(backwards, together, rtol=1e-6)
    np.testing.assert_allclose(alone, together, rtol=1e-6)


@pytest.mark.parametrize(
    "of_class",
    [np.array([-3, 7]), np.array([False, True]), np.array(["a", "b"], object)],
)
def test_labels_of_any_type_come_back(reviews, of_class):
    texts, labels = reviews
    y = of_class[(labels == "pos").astype(int)]
    net = quick(epochs=2).fit(texts, y)
    assert net.predict(texts).dtype == y.dtype
    assert set(net.predict(texts)) <= set(y)


def test_three_classes_and_multilabel(reviews):
    texts, labels = reviews
    y = np.arange(len(texts)) % 3
    assert quick(epochs=1).fit(texts, y).predict_proba(texts).shape == (len(y), 3)
    indicator = np.stack([labels == "pos", y == 0, y == 1], axis=1).astype(int)
    net = quick(epochs=1).fit(texts, indicator)
    assert net.predict(texts).shape == indicator.shape
    assert net.weights_[-1].shape == (3,)


def test_lengths_must_agree(reviews):
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        quick().fit(reviews[0], reviews[1][:-1])


def test_weight_zero_is_absence(reviews):
    texts, labels = reviews
    weight = np.ones(len(texts))
    weight[::5] = 0
    kept = np.flatnonzero(weight)
    weighted = quick().fit(texts, labels, sample_weight=weight)
    without = quick().fit([texts[row] for row in kept], labels[kept])
    assert weighted.vocabulary_ == without.vocabulary_
    np.testing.assert_array_equal(weighted.weights_[0], without.weights_[0])


def test_weights_shift_the_prediction(reviews):
    texts, labels = reviews
    heavy = np.where(labels == "pos", 20.0, 1.0)
    plain = quick(epochs=2).fit(texts, labels)
    weighted = quick(epochs=2).fit(texts, labels, sample_weight=heavy)
    # A text that says nothing: only the weights speak.
    neutral = [" ".join(FILLER)]
    assert weighted.decision_function(neutral) > plain.decision_function(neutral) + 1


def test_read_only_input(reviews):
    texts = np.array(reviews[0], dtype=object)
    labels = reviews[1].copy()
    texts.flags.writeable = labels.flags.writeable = False
    net = quick(epochs=1).fit(texts, labels)
    assert net.predict(texts).shape == labels.shape


@pytest.mark.parametrize("kind", [np.array, pd.Series, pl.Series, tuple])
def test_kinds_of_input(reviews, fitted, kind):
    expected = fitted.predict_proba(reviews[0])
    np.testing.assert_array_equal(fitted.predict_proba(kind(reviews[0])), expected)


def test_one_column_frame(reviews, fitted):
    frame = pd.DataFrame({"review": reviews[0]})
    np.testing.assert_array_equal(fitted.predict(frame), fitted.predict(reviews[0]))


@pytest.mark.parametrize(
    ("X", "error", "match"),
    [
        ("a bare string", ValueError, "Iterable over raw text documents expected"),
        (["good", None], ValueError, "invalid document"),
        (["good", float("nan")], ValueError, "invalid document"),
        (["good", b"bad"], TypeError, "bytes"),
    ],
)
def test_bad_texts(fitted, X, error, match):
    with pytest.raises(error, match=match):
        fitted.predict(X)


@pytest.mark.parametrize("make", [lambda X: X, lambda X: X.toarray()])
def test_counts_of_a_vectorizer_are_refused(reviews, make):
    X = make(TfidfVectorizer().fit_transform(reviews[0]))
    with pytest.raises((TypeError, ValueError), match="leave out the vectorizer"):
        quick().fit(X, reviews[1])


def test_first_part_of_a_stream_names_all_classes(reviews):
    with pytest.raises(ValueError, match="Name all that will come: classes="):
        quick(n_features=64).partial_fit(reviews[0][:1], reviews[1][:1])


def test_empty_vocabulary():
    with pytest.raises(ValueError, match="empty vocabulary"):
        quick().fit(["", "!", "?"], [0, 1, 1])


def test_unicode_texts():
    texts = ["好电影 😀", "سيئ جدا", "e\u0301te\u0301 beau", "坏电影 😡"] * 4
    labels = [1, 0, 1, 0] * 4
    net = quick(analyzer="char_wb", ngram_range=(1, 2), epochs=20).fit(texts, labels)
    assert net.score(texts, labels) == 1.0


def test_hashing_learns_from_a_stream(reviews):
    texts, labels = reviews
    net = quick(n_features=512)
    for _ in range(6):
        for start in range(0, len(texts), 30):
            part = slice(start, start + 30)
            net.partial_fit(texts[part], labels[part], classes=["neg", "pos"])
    assert net.weights_[0].shape == (513, 4)
    assert net.score(*make_reviews(seed=1)) > 0.9
    assert net.n_iter_ == 24


def test_counts_of_a_stream_are_those_of_all_its_texts(reviews):
    texts, labels = reviews
    stream = quick(n_features=512, width="auto")
    for part in (slice(0, 50), slice(50, None)):
        stream.partial_fit(texts[part], labels[part], classes=["neg", "pos"])
    whole = quick(n_features=512, width="auto")
    whole.partial_fit(texts, labels, classes=["neg", "pos"])
    for side in ("inside", "outside"):
        np.testing.assert_allclose(
            stream.class_counts_[side], whole.class_counts_[side], rtol=1e-6
        )


# --- The start from naive Bayes ------------------------------------------------------


def test_embedding_starts_at_log_count_ratios():
    texts = ["good film", "good fun", "bad film", "bad end"] * 5
    labels = [1, 1, 0, 0] * 5
    # No step at all: what is left is the start.
    net = quick(epochs=1, learning_rate=1e-12, width="auto").fit(texts, labels)
    value = {word: net.weights_[0][i + 1, 0] for word, i in net.vocabulary_.items()}
    # Occurrences in each class with 4 added: log(14 / 4) and log(9 / 4).
    assert value["good"] / value["fun"] == pytest.approx(
        np.log(14 / 4) / np.log(9 / 4), rel=1e-4
    )
    assert value["bad"] == pytest.approx(-value["good"], rel=1e-4)
    assert value["film"] == pytest.approx(0, abs=1e-6)
    assert net.weights_[0][0, 0] == 0  # padding
    assert net.weights_[-1] == pytest.approx(0, abs=1e-6)


def test_decisions_start_at_the_class_frequencies():
    texts, labels = ["good", *["bad"] * 9] * 30, [1, *[0] * 9] * 30
    net = quick(epochs=1, learning_rate=1e-12).fit(texts, labels)
    # What of log(31 / 271) chance does not explain.
    chi_squared = (271 - 31) ** 2 / 302
    expected = (1 - 2 / chi_squared) * np.log(31 / 271)
    assert net.decision_function(texts).mean() == pytest.approx(expected, rel=0.05)
    balanced = quick(epochs=1, learning_rate=1e-12, class_weight="balanced")
    assert balanced.fit(texts, labels).weights_[-1][0] == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("width", [3, 7])
def test_any_width_starts_at_the_same_decision(reviews, width):
    texts = reviews[0]
    y = np.arange(len(texts)) % 3
    start = {"epochs": 1, "learning_rate": 1e-12}
    narrow = quick(width="auto", **start).fit(texts, y)
    assert narrow.network_[0]["width"] == 3
    np.testing.assert_allclose(
        quick(width=width, **start).fit(texts, y).decision_function(texts),
        narrow.decision_function(texts),
        rtol=1e-4,
        atol=1e-5,
    )


def test_more_outputs_than_width_start_at_random():
    words = [f"word{i}" for i in range(90)]
    texts = [f"{word} text" for word in words] * 4
    net = quick(width=64, epochs=60).fit(texts, words * 4)
    assert net.score(texts, words * 4) == 1.0


@pytest.mark.parametrize(
    ("n_texts", "analyzer", "min_df"),
    [
        (9999, "word", 1),
        (10_000, "word", 3),
        (999, "char_wb", 1),
        (1000, "char_wb", 2),
        (10_000, "char_wb", 3),
    ],
)
def test_automatic_min_df(n_texts, analyzer, min_df):
    texts = ["good film", "bad film"] * (n_texts // 2) + ["good"] * (n_texts % 2)
    texts[:3] = ["one two", "two", "two"]
    net = quick(
        analyzer=analyzer, ngram_range=(3, 3), min_df="auto", epochs=1, batch_size=9999
    )
    if analyzer == "word":
        net.set_params(ngram_range=(1, 1))
    net.fit(texts, np.arange(n_texts) % 2)
    assert ("one" in net.vocabulary_) == (min_df == 1)
    assert ("two" in net.vocabulary_) == (min_df <= 3)


@pytest.mark.parametrize("ngram_range", [(1,), (1.0, 2.0), (2, 1), (0, 1)])
def test_bad_ngram_range(reviews, ngram_range):
    with pytest.raises(ValueError, match="must be a pair of integers"):
        quick(ngram_range=ngram_range).fit(*reviews)


# --- Extreme input -------------------------------------------------------------------


def test_a_very_long_text_and_odd_characters(reviews):
    texts, labels = reviews
    odd = [*texts, "good " * 2_000_000, "bad\x00 film \x00", "good \ud800 film"]
    net = quick(epochs=1).fit(odd, [*labels, "pos", "neg", "pos"])
    assert net.predict([odd[-3]])[0] == "pos"
    assert net.predict(odd[-2:]).shape == (2,)


def test_a_label_for_each_of_many_texts():
    n = 20_000
    texts = [f"word{i % 500} text{i % 400}" for i in range(n)]
    net = quick(width="auto", epochs=1, batch_size=512, ngram_range=(1, 2))
    net.fit(texts, np.arange(n))
    assert net.predict(texts[:5]).shape == (5,)


def test_early_stopping_and_validation(reviews):
    texts, labels = reviews
    net = quick(early_stopping=True, patience=2, epochs=30).fit(texts, labels)
    assert net.best_epoch_ <= net.n_iter_
    losses = net.history_["val_loss"]
    assert losses[net.best_epoch_ - 1] == min(losses)


def test_searches_and_cross_validation(reviews):
    texts, labels = reviews
    order = np.argsort(labels)
    sorted_texts = [texts[row] for row in order]
    assert cross_val_score(quick(), sorted_texts, labels[order], cv=3).mean() > 0.8
    search = GridSearchCV(quick(), {"dropout": [0.0, 0.2], "width": [2, 4]}, cv=2)
    best = search.fit(texts, labels).best_estimator_
    assert best.network_[0]["width"] == search.best_params_["width"]


def test_failed_refit_leaves_the_estimator(reviews):
    net = quick().fit(*reviews)
    before = net.predict_proba(reviews[0])
    with pytest.raises(ValueError, match="empty vocabulary"):
        net.fit(["", "!"], ["neg", "pos"])
    np.testing.assert_array_equal(net.predict_proba(reviews[0]), before)

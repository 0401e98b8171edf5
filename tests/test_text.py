"""The text estimator: what parametrize_with_checks skips for it, and its network."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_param_validation

from sknets import TextPoolClassifier

GOOD = ["good", "great", "fun", "lovely", "superb"]
BAD = ["bad", "awful", "boring", "dreadful", "poor"]
FILLER = ["the", "film", "was", "and", "story", "actors", "scene", "music"]


def make_reviews(n_texts=120, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.array(["neg", "pos"])[np.arange(n_texts) % 2]
    texts = []
    for label in labels:
        mood = rng.choice(GOOD if label == "pos" else BAD, 2)
        texts.append(" ".join(rng.permutation([*mood, *rng.choice(FILLER, 6)])))
    return texts, labels


def quick(**parameters):
    defaults = {
        "width": 4,
        "ngram_range": (1, 1),
        "min_df": 1,
        "epochs": 8,
        "batch_size": 16,
        "learning_rate": 0.05,
        "random_state": 0,
    }
    return TextPoolClassifier(**{**defaults, **parameters})


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


@pytest.mark.parametrize("pooling", ["mean", "max", "mean_max"])
@pytest.mark.parametrize("dense_width", [(), 8])
def test_prediction_equals_the_keras_model(reviews, pooling, dense_width):
    texts, labels = reviews
    net = quick(pooling=pooling, dense_width=dense_width, epochs=1).fit(texts, labels)
    number_of = net.vocabulary_
    numbers = [[number_of[word] + 1 for word in text.split()] for text in texts[:9]]
    length = max(map(len, numbers))
    padded = np.array([row + [0] * (length - len(row)) for row in numbers])
    expected = net.model_.predict(padded, verbose=0)[:, 0]
    np.testing.assert_allclose(
        net.predict_proba(texts[:9])[:, 1], expected, rtol=1e-5, atol=1e-6
    )


def test_reference_system_t1_has_the_parameters_of_its_table(reviews):
    net = quick(width=16, epochs=1).fit(*reviews)
    rows = len(net.vocabulary_) + 1  # and padding
    assert net.model_.count_params() == rows * 16 + 16 + 1
    assert sum(weight.size for weight in net.weights_) == rows * 16 + 16 + 1


def test_only_touched_embedding_rows_change(reviews):
    texts, labels = reviews
    net = quick(warm_start=True, epochs=1).fit(texts, labels)
    before = net.weights_[0].copy()
    net.partial_fit(["good film", "bad film"], ["pos", "neg"])
    changed = np.flatnonzero((net.weights_[0] != before).any(axis=1))
    expected = [net.vocabulary_[word] + 1 for word in ("good", "film", "bad")]
    assert sorted(changed) == sorted(expected)


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


def test_one_class_is_refused(reviews):
    with pytest.raises(ValueError, match="only one class: 'pos'"):
        quick().fit(reviews[0], ["pos"] * len(reviews[0]))


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
    assert (
        weighted.predict_proba(texts)[:, 1].mean()
        > plain.predict_proba(texts)[:, 1].mean() + 0.05
    )


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


def test_empty_vocabulary():
    with pytest.raises(ValueError, match="empty vocabulary"):
        quick().fit(["", "!", "?"], [0, 1, 1])


def test_empty_texts_and_unknown_words_get_the_bias(fitted):
    logits = fitted.decision_function(["", "xyzzy plugh"])
    np.testing.assert_allclose(logits, fitted.weights_[-1][0], rtol=1e-6)


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


def test_word_numbers_as_keras_has_them():
    X = [[1, 5, 7], [1, 6], [5, 7, 7], [6, 6, 1]] * 6
    y = [1, 0, 1, 0] * 6
    net = quick(epochs=15).fit(X, y)
    assert net.score(X, y) == 1.0


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
    assert set(search.fit(texts, labels).best_params_) == {"dropout", "width"}


def test_failed_refit_leaves_the_estimator(reviews):
    net = quick().fit(*reviews)
    before = net.predict_proba(reviews[0])
    with pytest.raises(ValueError, match="empty vocabulary"):
        net.fit(["", "!"], ["neg", "pos"])
    np.testing.assert_array_equal(net.predict_proba(reviews[0]), before)

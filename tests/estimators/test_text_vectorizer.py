"""Texts as a few columns beside others."""

import pickle
import threading

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import (
    GroupKFold,
    ShuffleSplit,
    TimeSeriesSplit,
    cross_val_score,
)
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from sknets import DenseNetClassifier, TextPoolClassifier, TextPoolRegressor
from sknets import TextPoolVectorizer as Vectorizer

WORDS = [f"word{i}" for i in range(400)]


@pytest.fixture(scope="module")
def noise():
    """Texts that have nothing to do with their labels."""
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(WORDS, 12)) for _ in range(200)]
    return texts, rng.integers(0, 2, 200)


@pytest.fixture(scope="module")
def topics():
    rng = np.random.default_rng(1)
    y = rng.choice(["art", "law", "tax"], 120)
    own = {"art": WORDS[:9], "law": WORDS[9:18], "tax": WORDS[18:27]}
    texts = [" ".join([*rng.choice(own[c], 2), *rng.choice(WORDS, 4)]) for c in y]
    return texts, y


def test_each_text_is_scored_by_what_was_learnt_from_others(noise):
    vectorizer = Vectorizer(random_state=0)
    out_of_fold = vectorizer.fit_transform(*noise)
    seen = vectorizer.transform(noise[0])
    assert roc_auc_score(noise[1], seen) > 0.95  # the leak
    assert abs(roc_auc_score(noise[1], out_of_fold) - 0.5) < 0.1


def test_transform_gives_the_scores_of_the_estimator(topics):
    texts, y = topics
    net = TextPoolClassifier(random_state=3)
    vectorizer = Vectorizer(net).fit(texts, y)
    expected = net.fit(texts, y).decision_function(texts)
    np.testing.assert_array_equal(vectorizer.transform(texts), expected)
    names = vectorizer.get_feature_names_out()
    assert names.tolist() == ["score_art", "score_law", "score_tax"]


def test_same_seed_same_scores(topics):
    first, second = (Vectorizer(random_state=5).fit_transform(*topics) for _ in "ab")
    np.testing.assert_array_equal(first, second)


def test_the_generator_of_numpy_is_left_alone(topics):
    texts, y = topics
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    Vectorizer().fit(texts, y)
    Vectorizer(n_components=2).fit(texts)
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002


@pytest.mark.xfail(
    sklearn.__version__ < "1.7",
    reason="the frame of a Series loses its index in scikit-learn",
)
def test_beside_numbers_and_as_frames(topics):
    texts, y = topics
    frame = pd.DataFrame({"text": texts, "price": np.arange(len(texts), dtype=float)})
    columns = make_column_transformer(
        (Vectorizer(random_state=0), "text"), remainder="passthrough"
    )
    columns.set_output(transform="pandas")
    out = columns.fit_transform(frame, y)
    assert out.columns[0] == "textpoolvectorizer__score_art"
    net = make_pipeline(columns, LogisticRegression(max_iter=1000))
    assert cross_val_score(net, frame, y, cv=3).mean() > 0.75


def test_before_a_dense_net(topics):
    net = make_pipeline(
        Vectorizer(random_state=0), DenseNetClassifier((8,), random_state=0)
    )
    assert net.fit(*topics).score(*topics) > 0.9


def test_numbers_to_predict(topics):
    texts, y = topics
    amount = np.where(y == "tax", 5.0, 1.25)
    vectorizer = Vectorizer(random_state=0)
    scores = vectorizer.fit_transform(texts, amount)
    assert isinstance(vectorizer.estimator_, TextPoolRegressor)
    assert scores.shape == (120, 1)
    assert np.corrcoef(scores[:, 0], amount)[0, 1] > 0.6
    assert vectorizer.get_feature_names_out().tolist() == ["score_0"]
    two = vectorizer.fit_transform(texts, np.column_stack([amount, -amount]))
    assert two.shape == (120, 2)


def test_several_labels(topics):
    texts, y = topics
    labels = np.column_stack([y == "art", y != "law"]).astype(int)
    scores = Vectorizer(random_state=0).fit_transform(texts, labels)
    assert scores.shape == (120, 2)
    assert roc_auc_score(labels, scores) > 0.8


def test_a_class_of_one_text_has_the_lowest_score_in_its_fold(topics):
    texts, y = topics
    vectorizer = Vectorizer(random_state=0, cv=3)
    with pytest.warns(UserWarning, match="least populated class"):
        scores = vectorizer.fit_transform([*texts, "alone"], [*y, "zoo"])
    assert scores.shape == (121, 4)
    assert np.isfinite(scores).all()
    assert scores[-1, 3] == scores[-1].min()


def test_weights_reach_the_estimators(noise):
    texts, y = noise
    weights = np.where(y == 1, 1.0, 1e-3)
    plain = Vectorizer(random_state=0).fit_transform(texts, y)
    weighted = Vectorizer(random_state=0).fit_transform(texts, y, weights)
    assert weighted.mean() > plain.mean() + 1


def test_one_weight_for_all_texts_is_none(noise):
    texts, y = noise
    plain = Vectorizer(random_state=0)
    weighted = Vectorizer(random_state=0)
    np.testing.assert_array_equal(
        weighted.fit_transform(texts, y, 2.0), plain.fit_transform(texts, y)
    )
    np.testing.assert_array_equal(
        weighted.fit(texts, y, 2).transform(texts), plain.transform(texts)
    )


@pytest.mark.parametrize(
    "last", [LogisticRegression(), make_pipeline(LogisticRegression())]
)
def test_weights_reach_the_last_step_of_a_pipeline(noise, last):
    texts, y = noise
    weights = np.where(y == 1, 1.0, 1e-3)
    vectorizer = Vectorizer(make_pipeline(CountVectorizer(), last), cv=2)
    weighted = vectorizer.fit_transform(texts, y, weights)
    plain = make_pipeline(CountVectorizer(), LogisticRegression())
    plain.fit(texts, y, logisticregression__sample_weight=weights)
    np.testing.assert_allclose(
        vectorizer.transform(texts)[:, 0], plain.decision_function(texts), rtol=1e-5
    )
    assert weighted.mean() > vectorizer.fit_transform(texts, y).mean() + 1


def test_weights_that_are_routed_are_what_the_pipeline_asks_for(noise):
    texts, y = noise
    weights = np.where(y == 1, 1.0, 1e-3)
    plain = make_pipeline(CountVectorizer(), LogisticRegression())
    expected = Vectorizer(plain).fit(texts, y, weights).transform(texts)
    with sklearn.config_context(enable_metadata_routing=True):
        asking = LogisticRegression().set_fit_request(sample_weight=True)
        vectorizer = Vectorizer(make_pipeline(CountVectorizer(), asking))
        vectorizer.set_fit_request(sample_weight=True)
        outer = make_pipeline(vectorizer, clone(asking))
        outer.fit(texts, y, sample_weight=weights)
    np.testing.assert_array_equal(outer[0].transform(texts), expected)


def test_steps_of_a_pipeline_are_seeded(noise):
    sampled = make_pipeline(CountVectorizer(), SGDClassifier(max_iter=3, tol=None))
    first, second = (
        Vectorizer(sampled, cv=2, random_state=0).fit_transform(*noise) for _ in "ab"
    )
    np.testing.assert_array_equal(first, second)


def test_without_a_target(topics):
    texts, _ = topics
    vectorizer = Vectorizer(n_components=20, random_state=0)
    scores = vectorizer.fit_transform(texts)
    assert scores.shape == (120, 20)
    assert scores.dtype == np.float32
    np.testing.assert_allclose(vectorizer.transform(texts), scores, atol=1e-5)
    assert vectorizer.get_feature_names_out()[-1] == "component_19"
    loaded = pickle.loads(pickle.dumps(vectorizer))
    np.testing.assert_array_equal(loaded.transform(texts), vectorizer.transform(texts))


def test_fewer_ngrams_than_components():
    scores = Vectorizer(TextPoolClassifier(ngram_range=(1, 1))).fit_transform(
        ["a b c", "b c", "c a", "a"]
    )
    assert scores.shape == (4, 3)


@pytest.mark.parametrize("texts", [["one"], ["one"] * 3, ["same text"] * 40])
def test_texts_that_do_not_differ_have_one_direction(texts):
    scores = Vectorizer(random_state=0).fit_transform(texts)
    np.testing.assert_allclose(scores[:, 0], 1, rtol=1e-6)
    np.testing.assert_allclose(scores[:, 1:], 0, atol=1e-6)


@pytest.mark.parametrize("net_class", [TextPoolClassifier, TextPoolRegressor])
def test_without_a_target_only_the_vocabulary_counts(net_class):
    texts = ["a good film", "good fun", "a bad film", "bad, very bad"]
    net = net_class(vocabulary=["good", "bad"], analyzer="word", ngram_range=(1, 1))
    vectorizer = Vectorizer(net, random_state=0).fit(texts)
    assert vectorizer.counter_.vocabulary_.keys() == {"good", "bad"}
    assert vectorizer.transform(texts).shape == (4, 2)
    np.testing.assert_array_equal(vectorizer.transform(["a very fun film"]), 0)


@pytest.mark.parametrize(
    ("parameters", "match"),
    [
        ({"min_df": -2}, "'min_df' parameter of TextPoolClassifier must be"),
        ({"lowercase": "no"}, "'lowercase' parameter of TextPoolClassifier must be"),
        ({"vocabulary": ["Good"]}, "vocabulary has 'Good', which no text can have"),
        ({"vocabulary": ["good"]}, "at least two of them.*1 n-gram is counted"),
        ({"n_features": 1}, "at least two of them.*1 n-gram is counted"),
    ],
)
@pytest.mark.parametrize("method", ["fit", "fit_transform"])
def test_what_cannot_be_counted_without_a_target(method, parameters, match):
    vectorizer = Vectorizer(TextPoolClassifier(**parameters))
    with pytest.raises(ValueError, match=match):
        getattr(vectorizer, method)(["a good film", "a bad film"])


@pytest.mark.parametrize(
    ("y", "weights", "error", "match"),
    [
        ([0, 1], None, ValueError, "inconsistent numbers of samples"),
        (None, [1, 1, 1], ValueError, "with a target only: pass y"),
        ([0, 1, 1], [1], ValueError, r"sample_weight.shape == \(1,\), expected \(3,\)"),
        ([0, 1, 1], -2.0, ValueError, "Negative values in .* `sample_weight`"),
        (None, 2.0, ValueError, "with a target only: pass y"),
        ([np.nan, 1.5, 2.5], None, ValueError, "Input y contains NaN"),
        (pd.array(["a", "b", None], "string"), None, ValueError, "y .*missing"),
    ],
)
@pytest.mark.parametrize("method", ["fit", "fit_transform"])
def test_what_is_refused(method, y, weights, error, match):
    with pytest.raises(error, match=match):
        getattr(Vectorizer(), method)(["a", "b", "c"], y, weights)


def test_no_texts_are_refused():
    with pytest.raises(TypeError, match="string"):
        Vectorizer().fit([1.5, 2.5], [0, 1])
    with pytest.raises(ValueError, match="n_components"):
        Vectorizer(n_components=0).fit(["a", "b"], [0, 1])


def test_folds_with_one_class_alone():
    texts = ["good film", "bad film", "good end"] * 4
    with pytest.warns(UserWarning, match="least populated class|one class"):
        scores = Vectorizer(random_state=0, cv=3).fit_transform(
            [*texts, "alone"], [*[0] * 12, 1]
        )
    assert scores.shape == (13, 1)
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("cv", [ShuffleSplit(3, random_state=0), TimeSeriesSplit(3)])
def test_splitters_that_do_not_test_each_text_once(noise, cv):
    vectorizer = Vectorizer(random_state=0).fit(noise[0])
    before = dict(vars(vectorizer))
    with pytest.raises(ValueError, match="each text into one test fold"):
        vectorizer.set_params(cv=cv).fit_transform(*noise)
    assert vars(vectorizer) == {**before, "cv": cv}


def test_splits_that_cannot_be_made_say_what_to_do():
    texts = ["good film", "bad film", "good end"] * 2
    with pytest.raises(ValueError, match=r"cv=5 .* each class.*=TextPoolRegressor\(\)"):
        Vectorizer().fit_transform(texts, range(0, 60, 10))
    with pytest.raises(ValueError, match="GroupKFold.* 'groups' .* PredefinedSplit"):
        Vectorizer(cv=GroupKFold(2)).fit_transform(texts, [0, 1, 0] * 2)


def test_classifier_without_scores(noise):
    labels_only = make_pipeline(CountVectorizer(), MultinomialNB())
    with pytest.raises(ValueError, match="has no decision_function"):
        Vectorizer(labels_only).fit(*noise)
    with pytest.raises(ValueError, match="Pass y, or one of these"):
        Vectorizer(labels_only).fit(noise[0])
    linear = make_pipeline(CountVectorizer(), LogisticRegression())
    assert Vectorizer(linear, cv=2).fit_transform(*noise).shape == (200, 1)


@pytest.mark.parametrize("has_target", [False, True])
@pytest.mark.parametrize("method", ["fit", "fit_transform"])
def test_a_failed_refit_leaves_the_vectorizer(topics, method, has_target):
    texts, y = topics
    vectorizer = Vectorizer(n_components=3, random_state=0)
    vectorizer.fit(texts, y if has_target else None)
    before, scores = dict(vars(vectorizer)), vectorizer.transform(texts)
    names = vectorizer.get_feature_names_out()
    for target in (None, [0, 1] * 5):
        with pytest.raises(ValueError, match="empty vocabulary"):
            getattr(vectorizer, method)([""] * 10, target)
        assert vars(vectorizer) == before
        np.testing.assert_array_equal(vectorizer.transform(texts), scores)
        np.testing.assert_array_equal(vectorizer.get_feature_names_out(), names)


class InterruptedInAFold(TextPoolClassifier):
    def fit(self, X, y):
        if len(X) < 200:
            raise KeyboardInterrupt
        return super().fit(X, y)


def test_an_interrupted_refit_leaves_the_vectorizer(noise):
    vectorizer = Vectorizer(TextPoolClassifier(epochs=1), random_state=0).fit(*noise)
    before = vars(vectorizer)["estimator_"]
    vectorizer.set_params(estimator=InterruptedInAFold(epochs=1))
    with pytest.raises(KeyboardInterrupt):
        vectorizer.fit_transform(*noise)
    assert vectorizer.estimator_ is before


def test_transform_beside_refits_is_of_one_fit(topics):
    texts, y = topics
    net = TextPoolClassifier(epochs=1, analyzer="word", ngram_range=(1, 1))
    vectorizer = Vectorizer(net, n_components=5, random_state=0)
    ways = [None, y, y == "art"]
    known = [vectorizer.fit(texts, way).transform(texts) for way in ways]
    ended, wrong = threading.Event(), []

    def transform():
        while not ended.is_set():
            try:
                got = vectorizer.transform(texts)
            except Exception as error:
                wrong.append(repr(error))
                return
            if not any(np.array_equal(got, scores) for scores in known):
                wrong.append(got)

    threads = [threading.Thread(target=transform) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for number in range(15):
            vectorizer.fit(texts, ways[number % 3])
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_nothing_of_another_fit_stays(noise):
    vectorizer = Vectorizer(random_state=0, n_components=3).fit(noise[0])
    vectorizer.fit(*noise)
    assert vars(vectorizer).keys() == vars(Vectorizer().fit(*noise)).keys()
    assert vectorizer.fit(noise[0]).estimator_ is None

"""Words and parts of words counted together, against scikit-learn's vectorizers."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer

import sknets
from sknets import TextPoolClassifier
from sknets._texts.ngrams import NgramCounter
from sknets._texts.union import NgramUnion

TEXTS = ["A good film", "a bad film, bad!", "", "goods"]


def union():
    return NgramUnion(
        [
            NgramCounter(ngram_range=(1, 2)),
            NgramCounter(analyzer="char_wb", ngram_range=(2, 3)),
        ]
    )


def test_counts_are_those_of_two_vectorizers():
    both = union()
    counts = both.fit_transform(TEXTS).toarray()
    names = list(both.get_feature_names_out())
    words = CountVectorizer(ngram_range=(1, 2)).fit(TEXTS)
    parts = CountVectorizer(analyzer="char_wb", ngram_range=(2, 3)).fit(TEXTS)
    expected = [
        *words.get_feature_names_out(),
        *(f"char_wb__{name}" for name in parts.get_feature_names_out()),
    ]
    assert sorted(names) == sorted(expected)
    assert both.n_features_ == len(expected)
    columns = [both.vocabulary_[name] for name in expected]
    for texts, ours in ((TEXTS, counts), (["bad goods"], None)):
        ours = both.transform(texts).toarray() if ours is None else ours
        theirs = np.hstack([v.transform(texts).toarray() for v in (words, parts)])
        np.testing.assert_array_equal(ours[:, columns], theirs)


def test_names_of_the_columns_of_a_text():
    both = union().fit(TEXTS)
    [row] = both.transform(["good"])
    columns = both.transform(["good"]).indices
    expected = both.get_feature_names_out()[columns]
    assert both.names_of(columns, "good") == list(expected)
    assert row.sum() == len(columns)


def test_restricting_keeps_names_and_order():
    both = union().fit(TEXTS)
    names = both.get_feature_names_out()
    kept = np.arange(len(names)) % 3 == 0
    both.restrict(kept)
    assert list(both.get_feature_names_out()) == list(names[kept])


def test_one_kind_may_be_without_ngrams():
    """Names have no word that is in two texts, and emoji are no words."""
    texts = ["Anna", "Hanna", "Johanna"]
    names = NgramUnion(
        [NgramCounter(min_df=2), NgramCounter(analyzer="char", ngram_range=(3, 3))]
    ).fit(texts)
    assert [counter.n_features_ for counter in names.counters] == [0, 5]
    column = names.vocabulary_["char__nna"]
    assert names.names_of(np.array([column]), "Anna") == ["char__nna"]
    assert names.transform(["Anna Nna", ""]).toarray()[:, column].tolist() == [2, 0]
    emoji = union().fit(["\U0001f600", "\U0001f621"])
    assert emoji.counters[0].n_features_ == 0 < emoji.n_features_


def test_no_ngrams_at_all():
    with pytest.raises(ValueError, match="empty vocabulary; .* analyzer='word'"):
        union().fit(["", " "])


@pytest.mark.parametrize("labels", [[0, 1] * 6, [0, 1, 2] * 4])
@pytest.mark.parametrize("parameters", [{}, {"compress_to": 5}])
def test_learning_from_emoji(labels, parameters):
    texts = [f"{chr(0x1F600 + label)}" for label in labels]
    net = TextPoolClassifier(random_state=0, **parameters).fit(texts, labels)
    assert list(net.predict(texts)) == labels
    explained = net.explain(texts[0])
    np.testing.assert_allclose(
        explained.contributions.sum(axis=0) + explained.bias,
        net.decision_function(texts[:1])[0],
        rtol=1e-5,
    )


@pytest.fixture(scope="module")
def fitted():
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 2
    moods = np.array([["badly", "bad"], ["goodness", "good"]])
    texts = [
        f"{rng.choice(moods[label])} film {i % 7}" for i, label in enumerate(labels)
    ]
    return TextPoolClassifier(random_state=0).fit(texts, labels)


def test_parts_of_words_know_a_word_that_is_new(fitted):
    assert fitted.counter_.counters[0].transform(["goodish", "badder"]).nnz == 0
    assert list(fitted.predict(["goodish", "badder"])) == [1, 0]


def test_contributions_of_words_and_parts_add_up(fitted):
    explained = fitted.explain("a good film")
    total = explained.contributions.sum() + explained.bias
    assert total == pytest.approx(fitted.decision_function(["a good film"])[0], 1e-5)
    assert {"good", "good film", "char_wb__ood"} <= set(explained.ngrams)


def test_saved_and_loaded(fitted, tmp_path):
    sknets.save(fitted, tmp_path / "net.sknets")
    loaded = sknets.load(tmp_path / "net.sknets")
    texts = ["a good film", "worse"]
    np.testing.assert_array_equal(
        loaded.decision_function(texts), fitted.decision_function(texts)
    )


def test_compressed():
    texts, labels = ["good film", "bad film"] * 10, [1, 0] * 10
    net = TextPoolClassifier(compress_to=12, random_state=0).fit(texts, labels)
    assert net.counter_.n_features_ == 12
    assert list(net.predict(["good", "bad"])) == [1, 0]


def test_vocabulary_of_both_goes_on_in_partial_fit(fitted):
    texts, labels = ["good film", "bad film"] * 10, [1, 0] * 10
    net = TextPoolClassifier(random_state=0).partial_fit(texts, labels, classes=[0, 1])
    n_features = net.counter_.n_features_
    net.partial_fit(["new words", "others"], [0, 1])
    assert net.counter_.n_features_ == n_features

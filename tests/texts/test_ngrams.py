"""NgramCounter against scikit-learn's CountVectorizer, the independent reference."""

import pickle
import re
import subprocess
import sys
import threading

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from sknets import TextPoolClassifier
from sknets._texts import ngrams
from sknets._texts.ngrams import NgramCounter

TEXTS = [
    "A good film, a very good film!",
    "Not a good film.",
    "",
    "the worst film I have seen",
    "Très bien; déjà vu à la carte é",
    "film\n\n film \t good_film x9 9x",
    "电影 很 好 很 好看",
    "فيلم جيد جدا",
    "cafe\u0301 n\u0303o \U0001f600 good \ud800 \x00 film",
]

# Few distinct characters, so that words and n-grams meet again.
documents = st.lists(
    st.one_of(
        st.text("abA é_9-\n'", max_size=30),
        st.lists(st.sampled_from(["good", "Bad", "a", "é", "film"])).map(" ".join),
        st.text(max_size=12),
    ),
    min_size=1,
    max_size=8,
)
ranges = st.tuples(st.integers(1, 4), st.integers(0, 3)).map(
    lambda pair: (pair[0], pair[0] + pair[1])
)
parameters = st.fixed_dictionaries(
    {
        "analyzer": st.sampled_from(["word", "char", "char_wb"]),
        "ngram_range": ranges,
        "lowercase": st.booleans(),
        "binary": st.booleans(),
        "min_df": st.sampled_from([1, 2, 3, 0.0, 0.3, 1.0]),
        "max_df": st.sampled_from([1.0, 0.8, 0.5, 1, 4, 100]),
    },
    optional={
        "token_pattern": st.sampled_from(
            [r"\w+", r"\w+|[^\w\s]", r"(\w)\w*", r"[^,]*"]
        ),
        "tokenizer": st.sampled_from([str.split, list, lambda s: s.split("-")]),
    },
)


def sklearn_counts(texts, new_texts, **params):
    """Return vocabulary and counts of CountVectorizer, or its error."""
    vectorizer = CountVectorizer(**params)
    try:
        vectorizer.fit(texts)
    except ValueError as error:
        return error
    names = vectorizer.get_feature_names_out()
    return names, [vectorizer.transform(t).toarray() for t in (texts, new_texts)]


def assert_same(texts, new_texts, **params):
    """Check that both vectorizers give the same counts or the same error."""
    expected = sklearn_counts(texts, new_texts, **params)
    counter = NgramCounter(**params)
    if isinstance(expected, ValueError):
        with pytest.raises(ValueError, match=re.escape(str(expected)[:30])):
            counter.fit_transform(texts)
        return
    names, matrices = expected
    fitted = counter.fit_transform(texts)
    assert set(counter.get_feature_names_out()) == set(names)
    vocabulary = counter.vocabulary_
    order = [vocabulary[name] for name in names]
    for ours, theirs in zip(
        (fitted, counter.transform(texts), counter.transform(new_texts)),
        (matrices[0], *matrices),
        strict=True,
    ):
        assert ours.has_sorted_indices
        assert ours.has_canonical_format
        np.testing.assert_array_equal(ours.toarray()[:, order], theirs)


@pytest.mark.filterwarnings("ignore:The parameter 'token")
@settings(max_examples=300, deadline=None)
@given(documents, documents, parameters)
@example(
    ["a b-a b", "a b a"],
    ["b a b-a"],
    {"ngram_range": (1, 2), "tokenizer": lambda s: s.split("-")},
)
@example(["ab c", "abc"], ["c"], {"analyzer": "char_wb", "ngram_range": (4, 6)})
def test_same_as_count_vectorizer(texts, new_texts, params):
    assert_same(texts, new_texts, **params)


@pytest.mark.parametrize("analyzer", ["word", "char", "char_wb"])
@pytest.mark.parametrize("ngram_range", [(1, 1), (1, 2), (2, 3), (3, 5)])
@pytest.mark.parametrize("block_length", [1, 60, 1 << 20])
def test_same_in_blocks(monkeypatch, analyzer, ngram_range, block_length):
    monkeypatch.setattr(ngrams, "_BLOCK_LENGTH", block_length)
    params = {"analyzer": analyzer, "ngram_range": ngram_range}
    assert_same(TEXTS, [*TEXTS[::-1], "new words"], **params)


def test_long_ngrams():
    texts = [" ".join(f"w{i * j % 101}" for i in range(200)) for j in range(1, 9)]
    assert_same(texts, texts[:2], analyzer="word", ngram_range=(1, 9))


def test_max_features_keeps_the_most_frequent():
    texts = ["a a a b b c c d", "b c e"]
    counter = NgramCounter(max_features=3, token_pattern=r"\w")
    counts = counter.fit_transform(texts)
    assert counter.vocabulary_ == {"a": 0, "b": 1, "c": 2}
    np.testing.assert_array_equal(counts.toarray(), [[3, 2, 2], [0, 1, 1]])


@pytest.mark.parametrize("sublinear_tf", [False, True])
def test_max_features_keeps_those_that_occur_most_however_counts_are_damped(
    sublinear_tf,
):
    texts = ["aa aa aa aa aa", "bb", "bb", "bb"]
    params = {"max_features": 1, "sublinear_tf": sublinear_tf}
    counter = NgramCounter(**params)
    counts = counter.fit_transform(texts).toarray()
    expected = TfidfVectorizer(use_idf=False, norm=None, **params).fit(texts)
    assert counter.vocabulary_ == expected.vocabulary_ == {"aa": 0}
    np.testing.assert_allclose(counts, expected.transform(texts).toarray(), rtol=1e-6)


@pytest.mark.parametrize("max_features", [1, 5, 10, 10**6])
def test_max_features_counts_what_count_vectorizer_counts(max_features):
    params = {"ngram_range": (1, 3), "max_features": max_features}
    counts = NgramCounter(**params).fit_transform(TEXTS)
    expected = CountVectorizer(**params).fit_transform(TEXTS)
    assert sorted(counts.sum(axis=0)) == sorted(np.asarray(expected.sum(axis=0))[0])


def test_columns_are_ordered_by_length_then_frequency_then_name():
    counter = NgramCounter(ngram_range=(1, 2)).fit(["bb aa cc cc", "cc bb"])
    assert list(counter.get_feature_names_out()) == [
        "cc",
        "bb",
        "aa",
        "cc cc",
        "cc bb",
        "bb aa",
        "aa cc",
    ]


def test_order_of_documents_does_not_matter():
    first = NgramCounter(ngram_range=(1, 2)).fit(TEXTS)
    second = NgramCounter(ngram_range=(1, 2)).fit(TEXTS[::-1])
    assert first.vocabulary_ == second.vocabulary_


def test_unknown_words_separate_known_ones():
    counter = NgramCounter(ngram_range=(1, 2)).fit(["good film"])
    counts = counter.transform(["good new film", "good x film", ""]).toarray()
    # x is too short to be a token, so "good" and "film" are neighbours there.
    np.testing.assert_array_equal(counts, [[1, 1, 0], [1, 1, 1], [0, 0, 0]])


def test_numbers_count_as_words_do():
    sequences = [[5, 7, 5, 9], [7, 7, 300000], [], [0, 0, 5, 7], [-3]]
    texts = [" ".join(str(n) for n in sequence if n) for sequence in sequences]
    params = {"ngram_range": (1, 2), "token_pattern": r"\S+"}
    numbered = NgramCounter(**params)
    counts = numbered.fit_transform([np.array(s, np.int64) for s in sequences])
    expected = CountVectorizer(**params).fit(texts)
    assert set(numbered.vocabulary_) == set(expected.vocabulary_)
    order = [numbered.vocabulary_[n] for n in expected.get_feature_names_out()]
    np.testing.assert_array_equal(
        counts.toarray()[:, order], expected.transform(texts).toarray()
    )
    unseen = numbered.transform([np.array([5, 8, 5])])
    assert unseen.sum() == 2


def test_texts_where_numbers_were_fitted():
    counter = NgramCounter().fit([np.array([1, 2])])
    with pytest.raises(TypeError, match="sequences of integers, as in fit"):
        counter.transform(["one two"])
    with pytest.raises(TypeError, match="strings, as in fit"):
        NgramCounter().fit(["one two"]).transform([np.array([1, 2])])


@pytest.mark.parametrize(
    "params",
    [
        {"analyzer": "char"},
        {"analyzer": str.split},
        {"tokenizer": str.split},
        {"preprocessor": str.lower},
        {"stop_words": ("1",)},
    ],
)
def test_numbers_are_not_split(params):
    with pytest.raises(ValueError, match=rf"{next(iter(params))}=.* strings.*leave"):
        NgramCounter(**params).fit([np.array([1, 2])])


@pytest.mark.parametrize("params", [{}, {"analyzer": "char_wb", "ngram_range": (2, 3)}])
def test_no_ngram_in_any_document(params):
    texts = ["", " \n"]
    with pytest.raises(ValueError, match="empty vocabulary; perhaps the documents"):
        NgramCounter(**params).fit(texts)
    empty = NgramCounter(**params)
    assert empty.fit_transform(texts, may_be_empty=True).shape == (2, 0)
    assert empty.transform(["good film"]).shape == (1, 0)
    assert empty.vocabulary_ == {}


def test_tokenizer_that_gives_no_strings():
    with pytest.raises(TypeError, match="must return words of type str"):
        NgramCounter(tokenizer=lambda text: [len(text)]).fit(["one"])


def test_nothing_left_after_pruning():
    texts = ["one", "two two"]
    with pytest.raises(ValueError, match="After pruning, no terms remain"):
        NgramCounter(min_df=2).fit(texts)
    empty = NgramCounter(min_df=2, ngram_range=(1, 2))
    assert empty.fit_transform(texts, may_be_empty=True).shape == (2, 0)


def test_contradicting_limits():
    with pytest.raises(ValueError, match="max_df corresponds to < documents"):
        NgramCounter(min_df=3, max_df=2).fit(["one", "two"])


@pytest.mark.parametrize("ngram_range", [(2, 1), (0, 1)])
def test_impossible_ngram_range(ngram_range):
    with pytest.raises(ValueError, match="Invalid value for ngram_range"):
        NgramCounter(ngram_range=ngram_range).fit(["one"])


def test_long_document():
    text = "good bad\U0001f600 " * 500_000
    counts = NgramCounter(ngram_range=(1, 2)).fit_transform([text, "good"])
    np.testing.assert_array_equal(
        counts.toarray(), [[500_000, 500_000, 500_000, 499_999], [1, 0, 0, 0]]
    )


@pytest.mark.parametrize("analyzer", ["word", "char", "char_wb"])
@pytest.mark.parametrize("n_buckets", [None, 64])
def test_pickled_counter_counts_the_same(analyzer, n_buckets):
    counter = NgramCounter(
        analyzer=analyzer, ngram_range=(1, 3), n_buckets=n_buckets
    ).fit(TEXTS)
    before = counter.transform(TEXTS)
    after = pickle.loads(pickle.dumps(counter)).transform(TEXTS)
    assert (before != after).nnz == 0


def test_pickle_is_small():
    counter = NgramCounter(ngram_range=(1, 2)).fit(TEXTS * 3)
    size = len(pickle.dumps(counter))
    counter.transform(TEXTS)
    assert len(pickle.dumps(counter)) == size < 3000


def test_given_ngrams_of_functions_are_taken_as_they_are():
    """A stemmer would shorten a stem once more; a hashtag has a hash in texts alone."""
    texts = ["#fun fines,fine", "#sun #fun"]
    stems = {"tokenizer": lambda text: [word[:-1] for word in text.split(",")]}
    tags = {"token_pattern": r"#(\w+)", "ngram_range": (1, 2)}
    for params, wanted in ((stems, ["fin", "#fun fine"]), (tags, ["fun", "sun fun"])):
        counter = NgramCounter(**params).fit_vocabulary(wanted)
        expected = CountVectorizer(vocabulary=wanted, **params)
        assert set(counter.vocabulary_) == set(wanted)
        order = [counter.vocabulary_[ngram] for ngram in wanted]
        np.testing.assert_array_equal(
            counter.transform(texts).toarray()[:, order],
            expected.transform(texts).toarray(),
        )


def test_restricted_counter_has_the_same_counts_in_fewer_columns():
    counter = NgramCounter(ngram_range=(1, 3)).fit(TEXTS)
    before = counter.transform(TEXTS).toarray()
    names = counter.get_feature_names_out()
    kept = np.zeros(len(names), bool)
    kept[1::5] = True
    counter.restrict(kept)
    assert list(counter.get_feature_names_out()) == list(names[kept])
    np.testing.assert_array_equal(counter.transform(TEXTS).toarray(), before[:, kept])
    assert counter.n_features_ == kept.sum()


class TestHashing:
    """A fixed number of buckets, with nothing learned."""

    @pytest.mark.filterwarnings("ignore:The parameter 'token")
    @settings(max_examples=50, deadline=None)
    @given(
        documents,
        st.sampled_from(["word", "char", "char_wb"]),
        ranges,
        st.sampled_from([r"(?u)\b\w\w+\b", r"\w+"]),
    )
    def test_counts_are_sums_of_the_exact_counts(
        self, texts, analyzer, ngram_range, token_pattern
    ):
        params = {
            "analyzer": analyzer,
            "ngram_range": ngram_range,
            "token_pattern": token_pattern,
        }
        hashed = NgramCounter(**params, n_buckets=1 << 30).fit_transform(texts)
        assert hashed.shape == (len(texts), 1 << 30)
        try:
            exact = CountVectorizer(**params).fit_transform(texts)
        except ValueError:
            assert hashed.nnz == 0
            return
        np.testing.assert_array_equal(hashed.sum(axis=1), exact.sum(axis=1).A1)
        for ours, theirs in zip(hashed, exact, strict=True):
            assert sorted(ours.data) == sorted(theirs.data)

    def test_buckets_are_used_evenly(self):
        texts = [" ".join(f"word{i}" for i in range(20_000))]
        counts = NgramCounter(ngram_range=(1, 2), n_buckets=100).fit_transform(texts)
        # 40 000 n-grams in 100 buckets: 400 each, standard deviation 20.
        assert abs(counts.toarray() - 400).max() < 100

    def test_same_buckets_in_another_process(self):
        code = (
            "from sknets._texts.ngrams import NgramCounter\n"
            "c = NgramCounter(ngram_range=(1, 2), n_buckets=1000)\n"
            "print(c.fit_transform(['a good film', 'déjà vu']).indices.tolist())"
        )
        run = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        )
        # Fixed numbers: models that are saved today must work tomorrow.
        assert run.stdout.strip() == "[132, 193, 690, 253, 405, 517]"

    def test_fits_no_vocabulary(self):
        counter = NgramCounter(n_buckets=8, min_df=5).fit([""])
        assert counter.n_features_ == 8
        assert counter.transform(["new words here"]).sum() == 3

    @pytest.mark.parametrize(
        "params",
        [
            {"ngram_range": (1, 3)},
            {"analyzer": "char_wb", "ngram_range": (3, 5)},
            {"tokenizer": lambda text: text.split(","), "ngram_range": (1, 2)},
            {"token_pattern": "[^,]+", "ngram_range": (2, 2)},
            {"tokenizer": lambda text: ["", *text.split()], "ngram_range": (1, 2)},
            {"analyzer": lambda text: text.split(",")},
            {"preprocessor": str.upper, "stop_words": ("NEW",), "ngram_range": (1, 2)},
        ],
    )
    def test_names_are_those_that_a_vocabulary_would_have(self, params):
        """Words with spaces, too, of which a vocabulary cannot tell "a b" apart."""
        text = "new york,is,new york,new"
        hashed = NgramCounter(**params, n_buckets=1 << 30)
        columns = hashed.fit_transform([text]).indices
        names = hashed.names_of(columns, text)
        known = NgramCounter(**params).fit([text]).get_feature_names_out()
        assert sorted(names) == sorted(known)

    def test_names_that_share_a_bucket(self):
        counter = NgramCounter(n_buckets=1).fit([""])
        assert counter.names_of(np.array([0]), "so good, so far") == ["so | good | far"]


def upper(text):
    return text.upper()


@pytest.mark.parametrize(
    ("name", "function"),
    [
        *(("preprocessor", upper), ("strip_accents", upper)),
        *(("tokenizer", str.split), ("analyzer", str.split)),
    ],
)
def test_functions_of_the_user_are_called_in_one_thread(monkeypatch, name, function):
    monkeypatch.setattr(ngrams, "_BLOCK_LENGTH", 1)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    called_in = set()

    def call(text):
        called_in.add(threading.current_thread())
        return function(text)

    texts = ["aa bb", "bb cc", "cc aa"] * 10
    counter = NgramCounter(**{name: call}).fit(texts)
    assert not counter.is_our_own_code
    net = TextPoolClassifier(epochs=1, **{"analyzer": "word", name: call})
    net.fit(texts, [0, 1, 1] * 10).predict(texts)
    counter.transform(texts)
    assert called_in == {threading.current_thread()}


def test_blocks_are_shared_among_threads(monkeypatch):
    texts = ["a b", "b c c", "c a \u00e9"] * 10
    params = {"ngram_range": (1, 2), "token_pattern": r"\w+"}
    expected = NgramCounter(**params).fit(texts).transform(texts)
    monkeypatch.setattr(ngrams, "_BLOCK_LENGTH", 1)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    counter = NgramCounter(**params)
    assert (counter.fit_transform(texts) != expected).nnz == 0
    assert (counter.transform(texts) != expected).nnz == 0


@pytest.mark.parametrize("n_buckets", [None, 1 << 10, 1 << 30])
@pytest.mark.parametrize("n_texts", [1, 40])
def test_indices_have_32_bits(n_texts, n_buckets):
    counter = NgramCounter(ngram_range=(1, 2), n_buckets=n_buckets)
    texts = ["good film", "bad film"] * 20
    for counts in (counter.fit_transform(texts), counter.transform(texts[:n_texts])):
        assert counts.indices.dtype == counts.indptr.dtype == np.int32

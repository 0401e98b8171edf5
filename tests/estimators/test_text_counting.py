"""Parameters named as those of scikit-learn's vectorizers, against them."""

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import CountVectorizer

import sknets
from sknets import TextPoolClassifier, TextPoolRegressor

TEXTS = ["The café was FINE, très fine", "a bad, bad cafe", "and the fine film"] * 2
LABELS = [1, 0, 1] * 2
PATTERN = r"(?u)\b\w+\b"


def halved(text):
    return [text[: len(text) // 2], "half", text[-3:]]


@pytest.mark.filterwarnings("ignore:The parameter 'token_pattern' will not be used")
@pytest.mark.parametrize(
    "parameters",
    [
        {"strip_accents": "ascii"},
        {"strip_accents": "unicode", "lowercase": False},
        {"strip_accents": lambda text: text.replace("é", "ee")},
        {"preprocessor": str.upper},
        {"preprocessor": str.upper, "strip_accents": "ascii"},
        {"stop_words": "english", "ngram_range": (1, 3)},
        {"stop_words": ["fine", "a"], "ngram_range": (2, 2)},
        {"stop_words": ["fine"], "token_pattern": r"(?u)\b\w\w+\b"},
        {"stop_words": ["fine,"], "tokenizer": str.split, "token_pattern": None},
        {"stop_words": ["b"], "tokenizer": lambda t: ["a b", "b", *t.split()],
         "ngram_range": (1, 2), "token_pattern": None},
        {"analyzer": halved},
        {"analyzer": "char", "strip_accents": "ascii", "ngram_range": (2, 3)},
        {"vocabulary": ["fine", "the fine", "unseen"], "ngram_range": (1, 2)},
        {"vocabulary": {"fin": 1, " ca": 0}, "analyzer": "char_wb",
         "ngram_range": (3, 3)},
        {"vocabulary": ["cafe"], "strip_accents": "ascii"},
        {"vocabulary": ["caf", "cafe bad"], "tokenizer": lambda t: [w.rstrip("e")
         for w in t.split()], "ngram_range": (1, 2), "token_pattern": None},
        {"vocabulary": ["fine", "tr"], "token_pattern": r"(\w+)(?=é|,|$)"},
        {"vocabulary": ["half", "ilm"], "analyzer": halved},
        {"vocabulary": ["fine"], "preprocessor": lambda t: t[len("The "):].lower()},
        {"vocabulary": ["fi"], "preprocessor": lambda t: t[len("The "):].lower(),
         "analyzer": "char", "ngram_range": (2, 2)},
    ],
)  # fmt: skip
def test_counts_are_those_of_count_vectorizer(parameters):
    parameters = {"ngram_range": (1, 1), "token_pattern": PATTERN, **parameters}
    reference = CountVectorizer(**parameters).fit(TEXTS)
    net = TextPoolClassifier(
        **{"analyzer": "word", "binary": False, "sublinear_tf": False, "min_df": 1,
           **parameters},
        epochs=1, random_state=0,
    ).fit(TEXTS, LABELS)  # fmt: skip
    names = reference.get_feature_names_out()
    assert set(net.vocabulary_) == set(names)
    columns = [net.vocabulary_[name] for name in names]
    for texts in (TEXTS, ["FINE Café a b of the cafe", "fine"]):
        ours = net.counter_.transform(texts).toarray()[:, columns]
        np.testing.assert_array_equal(ours, reference.transform(texts).toarray())
    assert net.predict_proba(["fine", ""]).shape == (2, 2)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"stop_words": ["a", 3]}, "stop_words must be a list of strings"),
        ({"vocabulary": []}, "vocabulary must consist of strings, at least one"),
        ({"vocabulary": ["a", "a"]}, "vocabulary has an n-gram twice"),
        ({"vocabulary": ["Fine"]}, "vocabulary has 'Fine', which no text can have"),
        ({"vocabulary": ["a b c d"]}, r"'a b c d', which.*ngram_range=\(1, 3\)"),
        ({"vocabulary": ["a"], "n_features": 64}, "vocabulary and n_features exclude"),
        (
            {"vocabulary": ["a"], "analyzer": ("word", "char")},
            "vocabulary needs one analyzer",
        ),
    ],
)
def test_what_cannot_be_counted(parameters, message):
    with pytest.raises(ValueError, match=message):
        TextPoolClassifier(**parameters).fit(TEXTS, LABELS)


@pytest.mark.parametrize(("labels", "binary"), [(LABELS, True), ([0, 1, 2] * 2, False)])
def test_two_classes_count_an_ngram_once(labels, binary):
    net = TextPoolClassifier(analyzer="word", epochs=1, random_state=0)
    assert net.fit(TEXTS, labels).counter_.binary is binary


def test_limits_that_leave_nothing_say_how_many_texts_there_are():
    with pytest.raises(ValueError, match=r"min_df=9 .* 9 of the 6 texts, max_df=1.0"):
        TextPoolClassifier(min_df=9).fit(TEXTS, LABELS)


@pytest.mark.parametrize(
    ("parameters", "unused"),
    [
        ({"analyzer": "char", "tokenizer": str.split}, "analyzer='char', tokenizer"),
        (
            {"analyzer": ["char"], "stop_words": ["a"], "vocabulary": ["a"],
             "ngram_range": (1, 1)},
            r"analyzer=\['char'\], stop_words",
        ),
        (
            {"analyzer": halved, "ngram_range": (1, 2), "preprocessor": str.lower},
            "a function as analyzer, ngram_range, preprocessor",
        ),
        ({"n_features": 64, "min_df": 2, "max_df": 0.5}, "n_features, min_df, max_df"),
        ({"analyzer": "char", "token_pattern": "x"}, "analyzer='char', token_pattern"),
        ({"analyzer": halved, "token_pattern": "x"}, "a .* as analyzer, token_pattern"),
        ({"tokenizer": str.split, "token_pattern": "x"}, "a tokenizer, token_pattern"),
    ],
)  # fmt: skip
def test_parameters_that_play_no_part(parameters, unused):
    net = TextPoolClassifier(epochs=1, random_state=0, **parameters)
    with pytest.warns(UserWarning, match=f"With {unused} plays no part"):
        net.fit(TEXTS, LABELS)


def test_a_vocabulary_is_no_help_with_numbers():
    with pytest.raises(TypeError, match=r"sequences of integers: set vocabulary=None"):
        TextPoolClassifier(vocabulary=["1"]).fit([[1, 2], [3]], [0, 1])


def test_stop_words_of_hashed_texts():
    net = TextPoolClassifier(
        n_features=2**12, stop_words=["bad"], strip_accents="ascii", random_state=0
    ).partial_fit(TEXTS, LABELS, classes=[0, 1])
    assert "bad" not in " ".join(net.explain("a bad cafe").ngrams)
    assert "cafe" in net.explain("a bad café").ngrams


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"stop_words": ["a"]}, {"stop_words": None}),
        ({"strip_accents": "ascii"}, {"strip_accents": None}),
        ({"analyzer": halved}, {"analyzer": "word"}),
        ({}, {"preprocessor": str.upper}),
    ],
)
def test_cannot_change_under_warm_start(before, after):
    net = TextPoolClassifier(epochs=1, warm_start=True, random_state=0, **before)
    net.fit(TEXTS, LABELS).fit(TEXTS, LABELS)
    with pytest.raises(ValueError, match=f"now {next(iter(after))}="):
        net.set_params(**after).fit(TEXTS, LABELS)


class Splitter:
    """A tokenizer that equals no copy of itself."""

    def __call__(self, text):
        return text.split()


@pytest.mark.parametrize(
    "parameters",
    [
        {"analyzer": ["word"]},
        {"analyzer": "word", "ngram_range": ((1, 2),)},
        {"analyzer": ("word", "char"), "ngram_range": [[1, 2], [2, 3]]},
        {"stop_words": ["fine", "a"]},
        {"tokenizer": Splitter(), "compress_to": 4},
        {"vocabulary": ["fine", "cafe"]},
        {"vocabulary": {"fine": 1, "cafe": 0}, "compress_to": 1},
        {"vocabulary": np.array(["fine", "cafe"]), "max_features": 1, "min_df": 3},
    ],
)
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_an_unchanged_setting_goes_on_under_warm_start(parameters, method):
    net = TextPoolClassifier(epochs=1, warm_start=True, random_state=0, **parameters)
    net.fit(TEXTS, LABELS)
    for n_epochs in (2, 3):
        assert getattr(net, method)(TEXTS, LABELS).n_iter_ == n_epochs
    # The n-grams that `compress_to` left are fewer, and the vocabulary is the same.
    assert net.set_params(compress_to=None).fit(TEXTS, LABELS).n_iter_ == 4
    assert net.fit(TEXTS, LABELS).n_iter_ == 5


@pytest.mark.parametrize(
    ("before", "after", "fitted"),
    [
        (None, ["fine"], "other n-grams"),
        (["fine", "a"], None, "a vocabulary of 2 n-grams"),
        (["fine", "a"], ["fine", "film"], "a vocabulary of 2 n-grams"),
        (["fine", "a"], ["fine"], "a vocabulary of 2 n-grams"),
        (["fine", "a"], ["fine", "a", "film"], "a vocabulary of 2 n-grams"),
    ],
)
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("net_class", [TextPoolClassifier, TextPoolRegressor])
def test_the_vocabulary_cannot_change_under_warm_start(
    before, after, fitted, method, net_class
):
    net = net_class(
        ngram_range=(1, 1), vocabulary=before, warm_start=True, epochs=1, random_state=0
    ).fit(TEXTS, LABELS)
    with pytest.raises(ValueError, match=rf"fitted with {fitted}; now vocabulary="):
        getattr(net.set_params(vocabulary=after), method)(TEXTS, LABELS)
    net.set_params(vocabulary=before)
    assert getattr(net, method)(TEXTS, LABELS).n_iter_ == 2


@pytest.mark.parametrize(
    "container",
    [list, tuple, set, frozenset, dict.fromkeys, np.array, pd.Index, pd.Series,
     lambda ngrams: np.array(ngrams, dtype=object),
     lambda ngrams: dict.fromkeys(ngrams).keys(),
     lambda ngrams: pd.Series(ngrams, dtype="category")],
)  # fmt: skip
def test_a_vocabulary_in_any_container(container):
    ngrams = ["fine", "bad", "film"]
    given = container(ngrams)
    net = TextPoolClassifier(vocabulary=given, epochs=1, random_state=0)
    net.fit(TEXTS, LABELS).partial_fit(TEXTS, LABELS)
    assert sorted(net.vocabulary_) == sorted(ngrams)
    assert net.vocabulary is given


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ("fine", TypeError, "vocabulary must be a list.* got str"),
        (b"fine", TypeError, "vocabulary must be a list.* got bytes"),
        (iter(["fine"]), TypeError, "got list_iterator: pass a list of them"),
        (pd.DataFrame({"a": ["fine"]}), TypeError, "got DataFrame"),
        (pd.Series(["fine", 1]), ValueError, "must consist of strings.*; got 1"),
        ([], ValueError, "at least one of them; got none"),
        (3, ValueError, "The 'vocabulary' parameter"),
    ],
)
def test_what_is_no_vocabulary(given, error, message):
    with pytest.raises(error, match=message):
        TextPoolClassifier(vocabulary=given).fit(TEXTS, LABELS)


def test_hashed_texts_cannot_go_on_with_a_vocabulary():
    net = TextPoolClassifier(n_features=64, random_state=0).fit(TEXTS, LABELS)
    with pytest.raises(ValueError, match="fitted with other n-grams; now vocabulary="):
        net.set_params(vocabulary=["fine"]).partial_fit(TEXTS, LABELS)


def test_files_that_do_not_say_whether_a_vocabulary_was_given_go_on():
    net = TextPoolClassifier(vocabulary=["fine", "a"], epochs=1, random_state=0)
    state = net.fit(TEXTS, LABELS).__getstate__()
    del state["n_ngrams_given_"]
    old = TextPoolClassifier.__new__(TextPoolClassifier)
    old.__setstate__(state)
    assert old.partial_fit(TEXTS, LABELS).n_iter_ == 2
    assert old.set_params(vocabulary=None).partial_fit(TEXTS, LABELS).n_iter_ == 3
    with pytest.raises(ValueError, match="now vocabulary="):
        old.set_params(vocabulary=["film"]).partial_fit(TEXTS, LABELS)


@pytest.mark.parametrize("stop_words", ["english", ["the"], {"the"}, frozenset("a")])
def test_saved_with_stop_words(stop_words, tmp_path):
    net = TextPoolClassifier(
        stop_words=stop_words, strip_accents="unicode", epochs=1, random_state=0
    ).fit(TEXTS, LABELS)
    sknets.save(net, tmp_path / "net.sknets")
    loaded = sknets.load(tmp_path / "net.sknets")
    assert loaded.stop_words == stop_words
    assert type(loaded.stop_words) is type(stop_words)
    np.testing.assert_array_equal(loaded.predict_proba(TEXTS), net.predict_proba(TEXTS))

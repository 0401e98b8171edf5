"""Counters of n-grams from files: only those whose tables agree with one another."""

import copy

import numpy as np
import pytest

from sknets._persistence.counter_checks import check_counter
from sknets._persistence.requirements import StateError
from sknets._texts.ngrams import NgramCounter
from sknets._texts.symbols import Words
from sknets._texts.union import NgramUnion

TEXTS = ["a good film", "good good naïve film", "a film"]
PARAMS = {
    "words": {"ngram_range": (1, 2), "stop_words": ("the",)},
    "characters": {"analyzer": "char", "ngram_range": (2, 3)},
    "parts of words": {"analyzer": "char_wb", "strip_accents": "ascii"},
    "words with spaces": {"token_pattern": r"\w \w+", "ngram_range": (1, 2)},
    "hashed": {"n_buckets": 16},
}


def fitted(name, **changed):
    """A fitted counter, some of its attributes changed; dots lead into symbols."""
    counter = copy.deepcopy(NgramCounter(**PARAMS[name]).fit(TEXTS))
    for attribute, value in changed.items():
        owner = counter._symbols if attribute.startswith("symbols_") else counter
        vars(owner)[attribute.removeprefix("symbols_")] = value
    return counter


def refused(message):
    return pytest.raises(StateError, match=message)


@pytest.mark.parametrize("name", PARAMS)
def test_what_fit_makes_is_fine(name):
    check_counter(fitted(name))
    check_counter(NgramUnion([fitted(name), fitted("characters")]))


def test_one_kind_may_be_without_ngrams():
    """`compress_to` may keep parts of words alone."""
    both = NgramUnion([NgramCounter(), NgramCounter(analyzer="char")]).fit(TEXTS)
    is_part = np.arange(both.n_features_) >= both.counters[0].n_features_
    both.restrict(is_part)
    assert both.counters[0].n_features_ == 0
    check_counter(both)


def test_numbered_documents():
    numbers = [np.array([3, 1, 2]), np.array([1, 1])]
    check_counter(NgramCounter(ngram_range=(1, 2)).fit(numbers))


@pytest.mark.parametrize(
    ("counter", "message"),
    [
        (None, "counter_ must be an NgramCounter; got <class 'NoneType'>"),
        (NgramCounter(), "counter_ must be a dict of"),
        (NgramUnion([]), "must be a list of NgramCounter"),
        (NgramUnion((fitted("words"),)), "must be a list of NgramCounter"),
        (NgramUnion([NgramUnion([fitted("words")])]), "counter_ is nested"),
        (NgramUnion([fitted("words", analyzer="code")]), "analyzer='code'"),
    ],
)
def test_other_things_are_no_counters(counter, message):
    with refused(message):
        check_counter(counter)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"transform": 1}, "counter_ must be a dict of"),
        ({"analyzer": None}, "analyzer=None"),
        ({"ngram_range": (2, 1)}, r"counter_ has ngram_range=\(2, 1\)"),
        ({"ngram_range": [1, 2]}, r"counter_ has ngram_range=\[1, 2\]"),
        ({"symbols_ngram_range": (0, 1)}, r"_symbols has ngram_range=\(0, 1\)"),
        ({"lowercase": 1}, "counter_.lowercase must be a bool"),
        ({"binary": 1}, "counter_.binary must be a bool"),
        ({"sublinear_tf": "yes"}, "counter_.sublinear_tf must be a bool"),
        ({"n_features_": -1}, "counter_.n_features_ must be a number"),
        ({"n_features_": 99}, "counter_ has other n_features_"),
        ({"tokenizer": "eval"}, "counter_ has a tokenizer"),
        ({"symbols_tokenizer": "eval"}, "_symbols has a tokenizer"),
        ({"preprocessor": "eval"}, "counter_ has a preprocessor"),
        ({"strip_accents": "all"}, "counter_.strip_accents"),
        ({"stop_words": ["the"]}, "counter_.stop_words must be a tuple of str"),
        ({"token_pattern": 1}, "counter_.token_pattern"),
        ({"_symbols": None}, "_symbols must be Words or Values; got <class 'NoneTy"),
        ({"_symbols": fitted("characters")._symbols}, "_symbols have another analyzer"),
    ],
)
def test_other_parameters_are_refused(changed, message):
    with refused(message):
        check_counter(fitted("words", **changed))


def test_words_are_for_words_alone():
    symbols = Words(True, None, None, (2, 3))
    with refused("_symbols are words, with analyzer='char'"):
        check_counter(fitted("characters", _symbols=symbols))


def test_a_counter_has_as_many_features_as_buckets():
    with refused("must have as many features as buckets"):
        check_counter(fitted("hashed", n_features_=17))


# --- What was learnt -----------------------------------------------------------------


def test_words_are_whole_texts():
    symbols = fitted("words")._symbols
    assert symbols.names() == ["film", "good", "naïve"]
    for text, lengths, message in [
        (b"filmgoodnaive", [4, 4, 4], "words have other lengths"),
        (b"filmgoodna\xc3\xafve", [4, 7, 3], "a word starts within a character"),
    ]:
        with refused(message):
            check_counter(
                fitted(
                    "words",
                    symbols__text=np.frombuffer(text, np.uint8),
                    symbols__lengths=np.array(lengths, np.uint32),
                )
            )


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (lambda values: values[:-1], "features of 1 symbols must have shape"),
        (lambda values: values * 0, "a symbol is there twice"),
        (lambda values: values + 0x110000, "a symbol is no character"),
        (lambda values: values.astype(np.int32), "symbols must have dtype int64"),
    ],
)
def test_characters_are_characters(values, message):
    symbols = fitted("characters")._symbols
    with refused(message):
        check_counter(fitted("characters", symbols__values=values(symbols._values)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda tables, features: ([], features), "tables for n-grams of up to 2 symb"),
        (lambda tables, features: (tables, features[:1]), "tables for n-grams of up"),
        (lambda tables, features: (None, None), "tables for n-grams of up to 2 symbol"),
        (
            lambda tables, features: ([tables[0][::-1].copy()], features),
            "n-grams of 2 symbols are unknown",
        ),
        (
            lambda tables, features: ([tables[0] + 9], features),
            "n-grams of 2 symbols are unknown",
        ),
        (
            lambda tables, features: ([tables[0] - 9], features),
            "n-grams of 2 symbols are unknown",
        ),
        (
            lambda tables, features: ([tables[0][1:]], features),
            "features of 2 symbols must have shape",
        ),
        (
            lambda tables, features: (tables, [~features[0], features[1]]),
            "counter_ has other n_features_",
        ),
    ],
)
def test_tables_that_do_not_fit_are_refused(change, message):
    counter = fitted("words")
    tables, features = change(counter._tables, counter._features)
    with refused(message):
        check_counter(fitted("words", _tables=tables, _features=features))


def test_a_table_goes_on_from_the_shorter_n_grams():
    """Numbers of 3-grams are below the 2-grams there are, times the characters."""
    counter = fitted("characters")
    size = len(counter._tables[0]) * len(counter._symbols)
    longest = counter._tables[1].copy()
    longest[-1] = size - 1
    check_counter(fitted("characters", _tables=[counter._tables[0], longest]))
    longest[-1] = size
    with refused("n-grams of 3 symbols are unknown"):
        check_counter(fitted("characters", _tables=[counter._tables[0], longest]))

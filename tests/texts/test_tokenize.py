"""Containers of texts, and the errors for what is no text."""

import itertools

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

from sknets import TextPoolClassifier
from sknets._texts.tokenize import (
    WORD_PATTERN,
    as_texts,
    character_codes,
    shortest_run,
    word_splitter,
)

TEXTS = ["a good film", "", "电影 \U0001f600"]


@pytest.mark.parametrize(
    "make",
    [
        list,
        tuple,
        np.array,
        lambda texts: np.array(texts, dtype=object),
        lambda texts: np.array(texts)[:, None],
        pd.Series,
        lambda texts: pd.Series(texts, index=[5, 5, 1], dtype="string"),
        lambda texts: pd.Series(texts).astype("category"),
        lambda texts: pd.DataFrame({"text": texts}),
        pl.Series,
        lambda texts: pl.DataFrame({"text": texts}),
    ],
)
def test_containers(make):
    documents = as_texts(make(TEXTS))
    assert documents == TEXTS
    assert all(isinstance(document, str) for document in documents)


@pytest.mark.parametrize(
    "X",
    [
        [[1, 2], [3]],
        [(1, 2), np.array([3], np.int8)],
        np.array([[1, 2], [3]], dtype=object),
    ],
)
def test_sequences_of_integers(X):
    first, second = as_texts(X)
    assert first.dtype == second.dtype == np.int64
    assert (first.tolist(), second.tolist()) == ([1, 2], [3])


def test_padded_sequences_and_empty_ones():
    assert [s.tolist() for s in as_texts(np.array([[1, 0], [2, 3]]))] == [
        [1, 0],
        [2, 3],
    ]
    assert [s.tolist() for s in as_texts([[], [1]])] == [[], [1]]


@pytest.mark.parametrize("X", ["a text", b"a text"])
def test_bare_text(X):
    with pytest.raises(ValueError, match="Iterable over raw text documents expected"):
        as_texts(X)


@pytest.mark.parametrize(
    ("missing", "name"),
    [(None, "None"), (np.nan, "np.nan"), (pd.NA, "<NA>"), (pd.NaT, "NaT")],
)
def test_missing_text(missing, name):
    with pytest.raises(ValueError, match=f"{name} is an invalid document.*row 1"):
        as_texts(["good", missing])
    with pytest.raises(ValueError, match="row 1 is missing"):
        as_texts(pd.Series(["good", missing], dtype=object))


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (["good", b"bad"], "bytes are an invalid document.*row 1.*decode"),
        (["good", 3], "3 is an invalid document.*row 1 is of type int"),
        (["good", [1]], "row 1 is of type list"),
        ([[1], "good"], "row 1 is of type str"),
        ([1, 2], "row 0 is of type int"),
        ([["good", "film"]], "sequence of integers.*row 0.*tokenizer"),
        ([[0.5]], "sequence of integers"),
        ([[True]], "sequence of integers"),
        (None, "got NoneType"),
        (3, "got int"),
        ({"text": "good"}, "got dict"),
        ({"good"}, "got set"),
        (sparse.csr_array(np.eye(2)).tocsr(), "got csr_array"),
    ],
)
def test_no_text(X, message):
    with pytest.raises(TypeError, match=message):
        as_texts(X)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([], "Found array with 0 sample"),
        (pd.DataFrame({"a": ["x"], "b": ["y"]}), r"one column.*shape \(1, 2\)"),
        (pl.DataFrame({"a": ["x"], "b": ["y"]}), r"one column.*shape \(1, 2\)"),
        (np.array([["x", "y"]]), r"shape \(1, 2\)"),
        (np.zeros((2, 1)), r"shape \(2, 1\) and dtype float64"),
    ],
)
def test_wrong_shape(X, message):
    with pytest.raises(ValueError, match=message):
        as_texts(X)


@pytest.mark.parametrize(
    ("pattern", "tokenizer", "shortest"),
    [
        (WORD_PATTERN, None, 2),
        (r"\b\w+\b", None, 1),
        (r"\w+", None, 1),
        (r"[a-z]+", None, None),
        (WORD_PATTERN, str.split, None),
        (None, str.split, None),
    ],
)
def test_patterns_of_runs(pattern, tokenizer, shortest):
    assert shortest_run(pattern, tokenizer) == shortest


def test_pattern_with_a_group_gives_the_group():
    assert word_splitter(True, r"(\w)\w*", None)("Good film") == ["g", "f"]
    with pytest.raises(ValueError, match="More than 1 capturing group"):
        word_splitter(True, r"(\w)(\w)", None)


def test_no_pattern_and_no_tokenizer():
    with pytest.raises(ValueError, match="token_pattern=None needs a tokenizer"):
        word_splitter(True, None, None)


@pytest.mark.parametrize("analyzer", ["char", "char_wb"])
def test_character_codes_of_nothing(analyzer):
    codes, _, _ = character_codes(["", " "][:1], analyzer, True)
    assert len(codes) == 0


@pytest.mark.parametrize(
    ("make", "remedy"),
    [
        (iter, "got list_iterator.*list\\(X\\)"),
        (lambda texts: (text for text in texts), "got generator.*list\\(X\\)"),
        (itertools.cycle, "got itertools cycle, .* may be endless"),
        (lambda texts: pl.LazyFrame({"text": texts}), r".*X.collect\(\)"),
    ],
)
def test_what_may_be_endless_is_not_read(make, remedy):
    with pytest.raises(TypeError, match=f"X must be a list of strings, {remedy}"):
        as_texts(make(TEXTS))


def test_a_lazy_collection_is_not_read():
    class Lazy:
        def __dask_graph__(self):
            return {}

    with pytest.raises(TypeError, match=r"Lazy, which is not read.*X.compute\(\)"):
        as_texts(Lazy())


def test_a_container_that_only_numpy_reads():
    class Wrapped:
        def __array__(self, dtype=None, copy=None):
            return np.array(TEXTS)

    assert as_texts(Wrapped()) == TEXTS


def test_a_table_of_pyarrow():
    pa = pytest.importorskip("pyarrow")
    assert as_texts(pa.table({"text": TEXTS})) == TEXTS
    with pytest.raises(ValueError, match=r"frame with one column.*\(3, 2\)"):
        as_texts(pa.table({"text": TEXTS, "other": TEXTS}))


def test_strings_of_xarray():
    xr = pytest.importorskip("xarray")
    assert as_texts(xr.DataArray(TEXTS)) == TEXTS


def test_a_series_of_dask():
    dd = pytest.importorskip("dask.dataframe")
    series = dd.from_pandas(pd.Series(TEXTS), npartitions=2)
    with pytest.raises(TypeError, match=r"got dask Series.*X.compute\(\)"):
        as_texts(series)


def test_pattern_that_is_none():
    with pytest.raises(ValueError, match=r"token_pattern='\(' is no regular"):
        word_splitter(True, "(", None)


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (3, "must return a list of words \\(str\\); it gave 3 for the text 'a b'"),
        ("a b", "must return a list of words .*it gave 'a b'"),
        (["a", 3], "must return words of type str; it gave 3 \\(int\\)"),
        (None, "it gave None"),
    ],
)
def test_tokenizer_that_returns_no_words(returned, message):
    with pytest.raises(TypeError, match=message):
        word_splitter(False, None, lambda text: returned)("a b")


def test_tokenizer_may_yield_its_words():
    assert word_splitter(True, None, lambda text: iter(text.split()))("A b") == [
        "a",
        "b",
    ]


@pytest.mark.parametrize("name", ["tokenizer", "analyzer", "preprocessor"])
def test_errors_of_the_users_functions_say_whose_they_are(name):
    net = TextPoolClassifier(epochs=1, **{"analyzer": "word", name: int})
    message = f"The .*{name}.* raised ValueError for the text 'a good film': invalid"
    with pytest.raises(ValueError, match=message):
        net.fit(["a good film", "a bad film"], [0, 1])


@pytest.mark.parametrize("name", ["strip_accents", "preprocessor"])
def test_functions_that_return_no_string(name):
    net = TextPoolClassifier(epochs=1, analyzer="word", **{name: len})
    with pytest.raises(TypeError, match=f"{name} must return a string; it gave 11"):
        net.fit(["a good film", "a bad film"], [0, 1])

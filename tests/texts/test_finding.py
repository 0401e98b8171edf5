"""Known n-grams in tokens, and sums of what is found, against plain Python."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sknets._texts.counting import Tokens
from sknets._texts.finding import known_ngrams, summed
from sknets._texts.key_table import KeyTable


def tokens(texts):
    ids = np.array([symbol for text in texts for symbol in text], np.int32)
    docs = np.repeat(np.arange(len(texts), dtype=np.int32), [*map(len, texts)])
    return Tokens(ids, docs, docs)


# Three symbols; of two of them 0 1 and 1 0 are known; of three 0 1 0.
LONGER = [KeyTable(np.array(keys, np.uint64)) for keys in ([0 * 3 + 1, 1 * 3 + 0], [0])]
COLUMNS = [np.array(columns, np.int32) for columns in ([0, -1, 1], [2, 3], [4])]


def found(texts, ngram_range, short_segments=False):
    n = ngram_range[1]
    columns, docs = known_ngrams(
        tokens(texts), COLUMNS[:n], LONGER[: n - 1], ngram_range, short_segments
    )
    return sorted(zip(docs.tolist(), columns.tolist(), strict=True))


def test_ngrams_that_have_a_column():
    texts = [[0, 1, 0, 1], [2, -1, 0], [1, 0]]
    words = [(0, 0), (0, 0), (1, 0), (1, 1), (2, 0)]  # 1 alone has no column
    assert found(texts, (1, 1)) == words
    pairs = [(0, 2), (0, 2), (0, 3), (2, 3)]
    assert found(texts, (2, 2)) == pairs
    assert found(texts, (1, 3)) == sorted([*words, *pairs, (0, 4)])


def test_segments_that_are_too_short_count_as_a_whole():
    texts = [[0, 1, 0], [0, 1], [2], [1], [-1]]
    assert found(texts, (3, 3), short_segments=True) == [(0, 4), (1, 2), (2, 1)]
    assert found(texts, (3, 3)) == [(0, 4)]


def test_no_token():
    assert found([[], []], (1, 3)) == []


@pytest.mark.parametrize("n_docs", [1, 2, 30])
@pytest.mark.parametrize("n_columns", [5, 10_000])
@given(data=st.data())
def test_sums_are_those_of_a_counter(n_docs, n_columns, data):
    pairs = st.tuples(st.integers(0, n_docs - 1), st.integers(0, n_columns - 1))
    drawn = data.draw(st.lists(pairs))
    docs, columns = np.array(drawn, np.int32).reshape(-1, 2).T
    matrix = summed(columns, docs, (n_docs, n_columns))
    assert matrix.shape == (n_docs, n_columns)
    assert matrix.dtype == np.float32
    assert matrix.indices.dtype == np.int32
    assert matrix.has_canonical_format
    matrix = matrix.tocoo()
    summed_up = zip(matrix.row.tolist(), matrix.col.tolist(), strict=True)
    counts = Counter(drawn)
    assert list(summed_up) == sorted(counts)
    assert matrix.data.tolist() == [counts[pair] for pair in sorted(counts)]


def test_many_occurrences_are_counted_exactly():
    n = 2**24 + 3  # beyond which float32 has even numbers only
    matrix = summed(np.zeros(n, np.int32), np.arange(n, dtype=np.int32) // n, (2, 1))
    assert matrix.toarray().tolist() == [[float(np.float32(n))], [0.0]]
    assert float(np.float32(n)) > 2**24

"""Grouping of integer keys, against plain Python counting."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sknets._texts.counting import document_frequency, find_sorted, group

pairs = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from([0, 1, 7, 2**40, 2**62]))
).map(lambda items: sorted(items, key=lambda item: item[0]))


@settings(deadline=None)
@given(pairs, st.booleans())
def test_group_counts_pairs(items, with_inverse):
    docs = np.array([doc for doc, _ in items], np.int32)
    keys = np.array([key for _, key in items], np.int64)
    groups = group(keys, docs, with_inverse)
    found = zip(groups.keys[groups.pair_group], groups.pair_doc, strict=True)
    expected = Counter((key, doc) for doc, key in items)
    assert list(found) == sorted(expected)
    assert groups.pair_count.tolist() == [expected[k] for k in sorted(expected)]
    if with_inverse:
        np.testing.assert_array_equal(groups.keys[groups.inverse], keys)


def test_document_frequency_adds_up_over_blocks():
    blocks = [
        group(np.array([5, 5, 9]), np.array([0, 1, 1])),
        group(np.array([], np.int64), np.array([], np.int64)),
        group(np.array([9, 9, 2**62]), np.array([0, 0, 0])),
    ]
    keys, frequency = document_frequency(blocks)
    assert keys.tolist() == [5, 9, 2**62]
    assert frequency.tolist() == [2, 2, 1]


@pytest.mark.parametrize("table", [[], [3], [1, 5, 9]])
def test_find_sorted(table):
    values = np.arange(11)
    expected = [table.index(v) if v in table else -1 for v in values]
    assert find_sorted(np.array(table), values).tolist() == expected

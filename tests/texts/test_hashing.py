"""Hashes of tokens and of n-grams."""

import numpy as np

from sknets._texts.counting import Tokens
from sknets._texts.hashing import all_ngrams, hashed_ngrams, mix


def test_mix_is_one_to_one_and_spreads_bits():
    hashes = mix(np.arange(1 << 16, dtype=np.uint64))
    assert len(np.unique(hashes)) == 1 << 16
    for bit in range(64):
        share = (hashes >> np.uint64(bit) & np.uint64(1)).mean()
        assert abs(share - 0.5) < 0.01


def tokens(ids, docs):
    docs = np.array(docs, np.int32)
    return Tokens(mix(np.array(ids, np.uint64)), docs, docs)


def test_ngrams_stay_within_their_document_and_have_buckets_by_their_tokens():
    # Documents a b a b and b a.
    given = tokens([1, 2, 1, 2, 2, 1], [0, 0, 0, 0, 1, 1])
    [(one, starts, words), (two, pair_starts, pairs)] = hashed_ngrams(
        given, (1, 2), False, 1 << 20
    )
    assert (one, two) == (1, 2)
    assert starts.tolist() == [0, 1, 2, 3, 4, 5]
    assert pair_starts.tolist() == [0, 1, 2, 4]
    a, b = words[:2].tolist()
    assert words.tolist() == [a, b, a, b, b, a]
    ab, ba = pairs[:2].tolist()
    assert pairs.tolist() == [ab, ba, ab, ba]
    assert len({a, b, ab, ba}) == 4
    buckets, docs = all_ngrams(given, (1, 2), False, 1 << 20)
    assert buckets.tolist() == [*words.tolist(), *pairs.tolist()]
    assert docs.tolist() == [0, 0, 0, 0, 1, 1, 0, 0, 0, 1]
    assert buckets.dtype == docs.dtype == np.int32  # of larger ones matrices are larger


def test_buckets_are_few_and_all_of_them_are_used():
    given = tokens(range(1000), np.arange(1000) // 10)
    buckets, _ = all_ngrams(given, (1, 1), False, 7)
    assert set(buckets.tolist()) == set(range(7))


def test_short_segments_count_as_a_whole():
    given = tokens([1, 2, 3, 1], [0, 0, 0, 1])
    for short_segments, single in ((True, [3]), (False, [])):
        found = hashed_ngrams(given, (2, 3), short_segments, 9)
        starts_by_length = {n: starts.tolist() for n, starts, _ in found}
        assert starts_by_length == {1: single, 2: [0, 1], 3: [0]}

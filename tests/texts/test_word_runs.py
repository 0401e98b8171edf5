"""Runs of word characters are those of the regular expressions, and their keys."""

import re
from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sknets._texts.tokenize import WORD_PATTERN, shortest_run
from sknets._texts.word_runs import NumbersOfRuns, split_runs

ODD = "aB é'电_9 \u0301\x00"


@pytest.mark.parametrize("pattern", [WORD_PATTERN, r"\b\w\w+\b", r"\b\w+\b", r"\w+"])
@pytest.mark.parametrize("lowercase", [True, False])
@given(st.lists(st.one_of(st.text(), st.text(ODD)), min_size=1, max_size=4))
def test_words_found_without_a_regular_expression(pattern, lowercase, texts):
    runs = split_runs(texts, shortest_run(pattern, None), lowercase)
    changed = [text.lower() if lowercase else text for text in texts]
    expected = [re.findall(pattern, text) for text in changed]
    assert [word.decode() for word in runs.words()] == list(chain(*expected))
    assert (
        runs.docs.tolist()
        == np.repeat(range(len(texts)), [*map(len, expected)]).tolist()
    )


def test_no_word():
    runs = split_runs(["", " - "], 1, lowercase=True)
    assert runs.words() == []
    assert len(runs.keys) == len(runs.docs) == 0


def test_the_key_of_a_short_word_is_its_bytes():
    runs = split_runs(["b film interest"], 1, lowercase=True)
    words = (b"b", b"film", b"interest")
    assert runs.keys.tolist() == [int.from_bytes(word, "little") for word in words]


# Around the lengths at which another piece, or another way to hash, begins.
LENGTHS = [*range(1, 27), *range(30, 36), 100, 1000]


def words_alike():
    """Words of many lengths that differ in one place, wherever that is."""
    words = {"x" * length for length in LENGTHS}
    for length in LENGTHS:
        for place in {0, length // 2, length - 1, min(8, length - 1)}:
            words |= {"x" * place + c + "x" * (length - place - 1) for c in "ya0"}
    return sorted(words)


def test_different_words_have_different_keys_wherever_they_stand():
    words = words_alike()
    runs = split_runs([" ".join(words)], 1, lowercase=False)
    assert len(set(runs.keys.tolist())) == len(words)
    moved = split_runs(["a.b", *reversed(words)], 1, lowercase=False)
    assert moved.keys[2:].tolist() == runs.keys.tolist()[::-1]


def test_numbers_of_words_that_are_known_and_new():
    known = [b"good", b"film", b"cinematography"]
    numbers = NumbersOfRuns(b"".join(known), np.array(list(map(len, known))))
    runs = split_runs(["a film", "film of good cinematography a"], 1, lowercase=True)
    assert numbers.find(runs).tolist() == [-1, 1, 1, -1, 0, 2, -1]
    ids, new = numbers.number(runs)
    assert new in ([b"a", b"of"], [b"of", b"a"])
    a, of = 3 + new.index(b"a"), 3 + new.index(b"of")
    assert ids.tolist() == [a, 1, 1, of, 0, 2, a]
    assert numbers.find(runs).tolist() == ids.tolist()
    assert numbers.number(runs)[1] == []

"""Words in lists, and their numbers."""

import numpy as np

from sknets._texts.word_lists import NumbersOfWords, are_ambiguous, split_words


def test_words_of_documents():
    words = split_words(["b a", "", "a c a"], str.split, left_out=["c"])
    assert words.words() == ["b", "a", "a", "a"]
    assert words.docs.tolist() == [0, 0, 2, 2]
    assert words.docs.dtype == np.int32


def test_ngrams_as_words_reach_over_what_is_left_out():
    words = split_words(["a b c", "c"], str.split, ["b"], (1, 2))
    assert words.words() == ["a", "c", "a c", "c"]
    assert words.docs.tolist() == [0, 0, 0, 1]


def test_numbers_of_words_that_are_known_and_new():
    numbers = NumbersOfWords(["good", "film"])
    words = split_words(["a film", "of good a"], str.split)
    assert numbers.find(words).tolist() == [-1, 1, -1, 0, -1]
    ids, new = numbers.number(words)
    assert new == ["a", "of"]
    assert ids.tolist() == [2, 1, 3, 0, 2]
    assert numbers.find(words).tolist() == ids.tolist()
    assert numbers.number(words)[1] == []


def test_words_that_joining_makes_ambiguous():
    assert are_ambiguous(["a", "b c"])
    assert are_ambiguous([""])
    assert not are_ambiguous(["a", "b"])

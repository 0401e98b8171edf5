"""Words as a function of the user or a regular expression finds them, in lists."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import chain, islice, repeat
from typing import NamedTuple

import numpy as np


class WordList(NamedTuple):
    """Words of several documents, one after the other.

    Attributes
    ----------
    found : list of str
        The words.
    docs : ndarray of shape (n_words,), int32
        Document of each word.
    """

    found: list[str]
    docs: np.ndarray

    def words(self) -> list[str]:
        """The words themselves."""
        return self.found


class NumbersOfWords:
    """Numbers of words in a dict.

    Parameters
    ----------
    words : iterable of str
        Distinct words.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._numbers: defaultdict[str, int] = defaultdict()
        self._numbers.default_factory = self._numbers.__len__
        self._numbers.update((word, number) for number, word in enumerate(words))

    def find(self, words: WordList) -> np.ndarray:
        """The number of each word, int32, -1 where it has none."""
        numbers = map(self._numbers.get, words.found, repeat(-1))
        return np.fromiter(numbers, np.int32, len(words.found))

    def number(self, words: WordList) -> tuple[np.ndarray, list[str]]:
        """The number of each word, and the words that had none before."""
        before = len(self._numbers)
        numbers = map(self._numbers.__getitem__, words.found)
        numbered = np.fromiter(numbers, np.int32, len(words.found))
        n_new = len(self._numbers) - before
        return numbered, list(islice(reversed(self._numbers), n_new))[::-1]


def split_words(
    texts: list[str],
    split: Callable[[str], list[str]],
    left_out: Iterable[str] = (),
    joined_range: tuple[int, int] | None = None,
) -> WordList:
    """Split documents into words.

    Parameters
    ----------
    texts : list of str
        The documents.
    split : callable
        Function from a document to its words.
    left_out : iterable of str, default=()
        Words that do not count.
    joined_range : tuple (min_n, max_n) or None, default=None
        Make each n-gram of these lengths a word of its own.

    Returns
    -------
    words : WordList
        The words, or the n-grams.

    Examples
    --------
    >>> from sknets._texts.word_lists import split_words
    >>> split_words(["a b c", "b"], str.split, ["a"], (1, 2)).found
    ['b', 'c', 'b c', 'b']
    """
    lists = list(map(split, texts))
    if unwanted := frozenset(left_out):
        lists = [[word for word in found if word not in unwanted] for found in lists]
    if joined_range is not None:
        lists = [_joined(found, *joined_range) for found in lists]
    lengths = np.fromiter(map(len, lists), np.intp, len(lists))
    docs = np.repeat(np.arange(len(texts), dtype=np.int32), lengths)
    return WordList(list(chain.from_iterable(lists)), docs)


def are_ambiguous(words: Iterable[str]) -> bool:
    """Whether joining words with spaces can give the same text twice."""
    return any(not word or " " in word for word in words)


def _joined(words: list[str], min_n: int, max_n: int) -> list[str]:
    return [
        " ".join(words[i : i + n])
        for n in range(min_n, max_n + 1)
        for i in range(len(words) - n + 1)
    ]

"""The symbols that n-grams are made of: words, characters or given numbers.

Both classes read documents into `Tokens` and share five methods: `learn`, `read`,
`hash`, `names_in` and `keep`.
"""

from collections.abc import Callable
from threading import Lock
from typing import Any
from zlib import crc32

import numpy as np

from .._threads import mapped, property_made_once
from .counting import Tokens, find_sorted
from .hashing import mix
from .tokenize import character_codes, shortest_run, word_splitter
from .word_lists import NumbersOfWords, are_ambiguous, split_words
from .word_runs import NumbersOfRuns, split_runs

_UNKNOWN = -1
# What `Words` makes anew where it is needed, and so does not store.
_CACHED = ("_numbers", "_stop_runs")


class Words:
    """Words of texts, numbered by decreasing number of occurrences.

    Parameters
    ----------
    lowercase, token_pattern, tokenizer
        How texts are split, as in `NgramCounter`.
    ngram_range : tuple (min_n, max_n)
        Lengths of n-grams that will be made of the words.
    stop_words : tuple of str, default=()
        Words that are left out.

    Attributes
    ----------
    ngram_range : tuple (min_n, max_n)
        Lengths of n-grams to be made of the tokens. It becomes (1, 1) where words
        contain spaces: "a b" could then be a word or two, so every n-gram is made a
        word of its own, which is slower and counts as ``CountVectorizer`` does.
    """

    def __init__(
        self,
        lowercase: bool,
        token_pattern: str | None,
        tokenizer: Callable | None,
        ngram_range: tuple[int, int],
        stop_words: tuple[str, ...] = (),
    ) -> None:
        self.lowercase = lowercase
        self.stop_words = stop_words
        self.token_pattern = token_pattern
        self.tokenizer = tokenizer
        self.ngram_range = ngram_range
        self._joined_range: tuple[int, int] | None = None
        self._text = np.empty(0, np.uint8)
        self._lengths = np.empty(0, np.uint32)

    def __len__(self) -> int:
        return len(self._lengths)

    def __getstate__(self) -> dict[str, Any]:
        # Another thread may be making one of these.
        return {k: v for k, v in dict(self.__dict__).items() if k not in _CACHED}

    def __setstate__(self, state: dict[str, Any]) -> None:
        # Files of version 0.1 have no stop words.
        self.__dict__.update(state)
        self.__dict__.setdefault("stop_words", ())

    def names(self) -> list[str]:
        """Return the words in the order of their numbers."""
        return list(map(_decode, self._encoded()))

    def learn(self, blocks: list[list[str]], low: float) -> list[Tokens]:
        """Number the words that occur at least `low` times.

        Parameters
        ----------
        blocks : list of list of str
            Blocks of documents.
        low : float
            Smallest number of occurrences.

        Returns
        -------
        tokens : list of Tokens
            The words of each block of documents, -1 for rarer ones.
        """
        tokens, words = self._number_by_occurrence(blocks)
        counts = np.zeros(len(words), np.int64)
        for block in tokens:
            counts += np.bincount(block.ids, minlength=len(words))
        frequent = np.flatnonzero(counts >= low)
        order = np.array(sorted(frequent, key=words.__getitem__), np.intp)
        order = order[np.argsort(-counts[order], kind="stable")]
        self._set_words([words[i] for i in order])
        ranks = _ranks(order, len(words))
        return [block._replace(ids=ranks[block.ids]) for block in tokens]

    def take(self, ngrams: list[str]) -> None:
        """Number n-grams that are given, each a word of its own."""
        self._joined_range, self.ngram_range = self.ngram_range, (1, 1)
        self._set_words(sorted(ngrams))

    def _set_words(self, words: list) -> None:
        encoded = list(map(_encode, words))
        self._text = np.frombuffer(b"".join(encoded), np.uint8)
        self._lengths = np.fromiter(map(len, encoded), np.uint32, len(encoded))
        self.__dict__.pop("_numbers", None)

    def read(self, texts: list[str]) -> Tokens:
        """Return the words of documents by number, -1 for unknown ones."""
        words = self._split(texts)
        return Tokens(self._numbers.find(words), words.docs, words.docs)

    def hash(self, texts: list[str]) -> Tokens:
        """Return the words of documents as hashes, the same in every process."""
        words = self._split(texts)
        numbers, distinct = self._no_numbers().number(words)
        hashed = map(crc32, map(_encode, distinct))
        hashes = mix(np.fromiter(hashed, np.uint64, len(distinct)))
        return Tokens(hashes[numbers], words.docs, words.docs)

    def names_in(self, text: str) -> list[str]:
        """Return the words of one document, in the order that `hash` has."""
        return list(map(_decode, self._split([text]).words()))

    def keep(self, mask: np.ndarray) -> None:
        """Forget the words whose number has no True in `mask`."""
        self._text = self._text[np.repeat(mask, self._lengths)]
        self._lengths = self._lengths[mask]
        self.__dict__.pop("_numbers", None)

    @property
    def is_split_by_functions(self) -> bool:
        """Whether a tokenizer or a pattern of the user's own splits the texts."""
        return self._shortest is None

    @property
    def _shortest(self) -> int | None:
        return shortest_run(self.token_pattern, self.tokenizer)

    @property_made_once
    def _numbers(self) -> NumbersOfRuns | NumbersOfWords:
        if self._shortest is None:
            return NumbersOfWords(self.names())
        return NumbersOfRuns(self._text.tobytes(), self._lengths)

    def _no_numbers(self) -> NumbersOfRuns | NumbersOfWords:
        if self._shortest is None:
            return NumbersOfWords(())
        return NumbersOfRuns(b"", np.empty(0, np.intp))

    def _encoded(self) -> list[bytes]:
        text = self._text.tobytes()
        ends = np.cumsum(self._lengths, dtype=np.int64).tolist()
        return [text[a:b] for a, b in zip([0, *ends], ends, strict=False)]

    def _number_by_occurrence(
        self, blocks: list[list[str]]
    ) -> tuple[list[Tokens], list]:
        """Return tokens, and the words they number in the order of occurrence."""
        numbers, lock = self._no_numbers(), Lock()
        words: list = []

        def number(texts: list[str]) -> Tokens:
            split = self._split(texts)
            with lock:
                ids, new = numbers.number(split)
                words.extend(new)
            return Tokens(ids, split.docs, split.docs)

        if self.is_split_by_functions:
            tokens = [number(texts) for texts in blocks]
        else:
            tokens = mapped(number, blocks)
        may_be_ambiguous = self.is_split_by_functions and self.ngram_range[1] > 1
        if may_be_ambiguous and are_ambiguous(words):
            self._joined_range, self.ngram_range = self.ngram_range, (1, 1)
            return self._number_by_occurrence(blocks)
        return tokens, words

    def _split(self, texts: list[str]) -> Any:
        """The words of documents but for those that are left out: runs, or a list."""
        if self._shortest is None:
            split = word_splitter(self.lowercase, self.token_pattern, self.tokenizer)
            return split_words(texts, split, self.stop_words, self._joined_range)
        runs = split_runs(texts, self._shortest, self.lowercase)
        if not self.stop_words:
            return runs
        return runs.only(self._stop_runs.find(runs) == _UNKNOWN)

    @property_made_once
    def _stop_runs(self) -> NumbersOfRuns:
        # No text has a word with a zero, which keys are filled up with.
        words = [_encode(word) for word in self.stop_words if "\0" not in word]
        return NumbersOfRuns(b"".join(words), np.array(list(map(len, words))))


class Values:
    """Characters, or numbers that stand for words, by decreasing occurrences.

    Parameters
    ----------
    analyzer : {"char", "char_wb"} or None
        How texts become code points, as in `NgramCounter`; None for documents that
        are sequences of integers, in which zero is padding.
    lowercase : bool
        Convert texts to lower case first.
    ngram_range : tuple (min_n, max_n)
        Lengths of n-grams that will be made of the symbols.
    """

    def __init__(
        self, analyzer: str | None, lowercase: bool, ngram_range: tuple[int, int]
    ) -> None:
        self.analyzer = analyzer
        self.lowercase = lowercase
        self.ngram_range = ngram_range
        self._values = np.empty(0, np.int64)

    def __len__(self) -> int:
        return len(self._values)

    def names(self) -> list[str]:
        """Return the symbols in the order of their numbers."""
        return self._named(self._values)

    def _named(self, values: np.ndarray) -> list[str]:
        return list(map(str if self.analyzer is None else chr, values.tolist()))

    def learn(self, blocks: list[list], low: float) -> list[Tokens]:
        """Number the symbols that occur at least `low` times, as in `Words`."""
        tokens = [self._read(texts) for texts in blocks]
        parts = [np.unique(block.ids, return_counts=True) for block in tokens]
        values, index = np.unique(
            np.concatenate([part[0] for part in parts]), return_inverse=True
        )
        counts = np.bincount(index, np.concatenate([part[1] for part in parts]))
        order = np.flatnonzero(counts >= low)
        order = order[np.argsort(-counts[order], kind="stable")]
        self._values = values[order].astype(np.int64)
        return [self._number(block) for block in tokens]

    def read(self, texts: list) -> Tokens:
        """Return the symbols of documents by number, -1 for unknown ones."""
        return self._number(self._read(texts))

    def _number(self, tokens: Tokens) -> Tokens:
        order = np.argsort(self._values)
        index = find_sorted(self._values[order], tokens.ids)
        number = np.append(order, _UNKNOWN).astype(np.int32)
        return tokens._replace(ids=number[index])

    def hash(self, texts: list) -> Tokens:
        """Return the symbols of documents as hashes, the same in every process."""
        tokens = self._read(texts)
        return tokens._replace(ids=mix(tokens.ids.astype(np.uint64)))

    def names_in(self, text: Any) -> list[str]:
        """Return the symbols of one document, in the order that `hash` has."""
        return self._named(self._read([text]).ids)

    def keep(self, mask: np.ndarray) -> None:
        """Forget the symbols whose number has no True in `mask`."""
        self._values = self._values[mask]

    def _read(self, texts: list) -> Tokens:
        """Return documents as values."""
        if self.analyzer is None:
            lengths = np.fromiter(map(len, texts), np.intp, len(texts))
            values = np.concatenate(texts)
            docs = np.repeat(np.arange(len(texts), dtype=np.int32), lengths)
            kept = values != 0
            return Tokens(values[kept], docs[kept], docs[kept])
        codes, lengths, counts = character_codes(texts, self.analyzer, self.lowercase)
        segments = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
        docs = np.repeat(np.arange(len(texts), dtype=np.int32), counts)[segments]
        return Tokens(codes, docs, segments)


def _ranks(order: np.ndarray, n: int) -> np.ndarray:
    """Return the place of each of `n` numbers in `order`, -1 where it has none."""
    ranks = np.full(n, _UNKNOWN, np.int32)
    ranks[order] = np.arange(len(order), dtype=np.int32)
    return ranks


def _encode(word: str | bytes) -> bytes:
    return word if isinstance(word, bytes) else word.encode("utf-8", "surrogatepass")


def _decode(word: str | bytes) -> str:
    return word.decode("utf-8", "surrogatepass") if isinstance(word, bytes) else word

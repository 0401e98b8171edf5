"""The symbols that n-grams are made of: words, characters or given numbers.

Both classes read documents into `Tokens` and share five methods: `learn`, `read`,
`hash`, `names_in` and `keep`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cached_property
from itertools import repeat
from typing import Any
from zlib import crc32

import numpy as np

from .counting import Tokens, find_sorted, mix
from .tokenize import character_codes, single_characters, splits_bytes, word_splitter

_BATCH_WORDS = 1 << 14
_UNKNOWN, _DROPPED = -1, -2


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
        return {k: v for k, v in self.__dict__.items() if k != "_number_of"}

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
        self.__dict__.pop("_number_of", None)

    def read(self, texts: list[str]) -> Tokens:
        """Return the words of documents by number, -1 for unknown ones."""
        find = self._number_of.get
        return self._read(texts, lambda words: map(find, words, repeat(_UNKNOWN)))

    def hash(self, texts: list[str]) -> Tokens:
        """Return the words of documents as hashes, the same in every process."""
        dropped = frozenset(self._dropped)
        tokens = self._read(
            texts,
            lambda words: (
                _DROPPED if w in dropped else crc32(_encode(w)) for w in words
            ),
            np.int64,
        )
        return tokens._replace(ids=mix(tokens.ids.astype(np.uint64)))

    def names_in(self, text: str) -> list[str]:
        """Return the words of one document, in the order that `hash` has."""
        dropped = frozenset(self._dropped)
        return [_decode(w) for w in self._splitter()(text) if w not in dropped]

    def keep(self, mask: np.ndarray) -> None:
        """Forget the words whose number has no True in `mask`."""
        self._text = self._text[np.repeat(mask, self._lengths)]
        self._lengths = self._lengths[mask]
        self.__dict__.pop("_number_of", None)

    @property
    def in_bytes(self) -> bool:
        """Whether texts are split into UTF-8 bytes, by runs of word characters."""
        return splits_bytes(self.token_pattern, self.tokenizer)

    @property
    def _dropped(self) -> list:
        """Words that do not count, as the splitter gives words."""
        stop = [_encode(w) if self.in_bytes else w for w in self.stop_words]
        single = single_characters(self.token_pattern, self.tokenizer)
        return list(dict.fromkeys([*single, *stop]))

    @cached_property
    def _number_of(self) -> dict:
        """The number of each word, as the splitter gives words."""
        words = self._encoded() if self.in_bytes else self.names()
        numbers: dict = {word: i for i, word in enumerate(words)}
        return numbers | dict.fromkeys(self._dropped, _DROPPED)

    def _encoded(self) -> list[bytes]:
        text = self._text.tobytes()
        ends = np.cumsum(self._lengths, dtype=np.int64).tolist()
        return [text[a:b] for a, b in zip([0, *ends], ends, strict=False)]

    def _number_by_occurrence(
        self, blocks: list[list[str]]
    ) -> tuple[list[Tokens], list]:
        """Return tokens, and the words they number in the order of occurrence."""
        dropped = self._dropped
        numbers: defaultdict = defaultdict()
        numbers.update(dict.fromkeys(dropped, _DROPPED))
        numbers.default_factory = lambda: len(numbers) - len(dropped)
        find = numbers.__getitem__
        tokens = [self._read(texts, lambda words: map(find, words)) for texts in blocks]
        words = list(numbers)[len(dropped) :]
        if self.ngram_range[1] > 1 and any(map(_is_ambiguous, words)):
            self._joined_range, self.ngram_range = self.ngram_range, (1, 1)
            return self._number_by_occurrence(blocks)
        return tokens, words

    def _read(
        self,
        texts: list[str],
        number: Callable[[list], Iterable[int]],
        dtype: type = np.int32,
    ) -> Tokens:
        """Split documents and number their words; those below -1 are left out."""
        split = self._splitter()
        lengths = np.empty(len(texts), np.intp)
        parts: list[np.ndarray] = []
        batch: list = []
        for i, text in enumerate(texts):
            words = split(text)
            lengths[i] = len(words)
            batch += words
            if len(batch) > _BATCH_WORDS or i == len(texts) - 1:
                parts.append(np.fromiter(number(batch), dtype, len(batch)))
                batch = []
        ids = np.concatenate(parts)
        docs = np.repeat(np.arange(len(texts), dtype=np.int32), lengths)
        if self._dropped:
            kept = ids >= _UNKNOWN
            ids, docs = ids[kept], docs[kept]
        return Tokens(ids, docs, docs)

    def _splitter(self) -> Callable[[str], list]:
        split = word_splitter(self.lowercase, self.token_pattern, self.tokenizer)
        if self._joined_range is None:
            return split
        min_n, max_n = self._joined_range
        stop = frozenset(self.stop_words)
        return lambda text: _join_ngrams(
            [word for word in split(text) if word not in stop], min_n, max_n
        )


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


def _is_ambiguous(word: str | bytes) -> bool:
    """Tell whether joining words with spaces can give the same text twice."""
    return not word or (b" " in word if isinstance(word, bytes) else " " in word)


def _join_ngrams(words: list[str], min_n: int, max_n: int) -> list[str]:
    """Return the n-grams of a text as strings."""
    return [
        " ".join(words[i : i + n])
        for n in range(min_n, max_n + 1)
        for i in range(len(words) - n + 1)
    ]

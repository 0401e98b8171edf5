"""Sparse n-gram counts of texts, without a Python loop over n-grams."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from scipy import sparse

from .._threads import mapped, property_made_once
from .counting import (
    Counts,
    Groups,
    Tokens,
    count_levels,
    counts_matrix,
    document_frequency,
    find_sorted,
)
from .finding import known_ngrams, summed
from .hashing import all_ngrams, hashed_ngrams
from .key_table import KeyTable
from .symbols import Values, Words
from .tokenize import WORD_PATTERN, preparation

_BLOCK_LENGTH = 1 << 21
# What is made anew where it is needed, and so not stored.
_CACHED = ("_columns", "_longer")
# Parameters that files of version 0.1 do not have.
_NOT_IN_0_1 = {
    "sublinear_tf": False,
    "strip_accents": None,
    "preprocessor": None,
    "stop_words": (),
}


class NgramCounter:
    r"""Count the n-grams of texts, as scikit-learn's ``CountVectorizer`` does.

    The same parameters give the same features and the same counts. Only the order
    of the columns is another one: shorter n-grams first; words (or characters) by
    decreasing number of occurrences, ties in alphabetical order; longer n-grams by
    the rank of their first word, then of their second and so on.

    Parameters
    ----------
    analyzer : {"word", "char", "char_wb"} or callable, default="word"
        Whether n-grams are made of words or of characters; "char_wb" stays within
        words, padded with a space on either side. A function from a text to the list
        of its features leaves nothing else to do.
    ngram_range : tuple (min_n, max_n), default=(1, 1)
        Shortest and longest n-gram.
    max_features : int or None, default=None
        Keep only this many n-grams, those with most occurrences; of equally
        frequent ones the first in column order.
    min_df, max_df : int or float, default=1 and 1.0
        Ignore n-grams in fewer (more) documents: a number of documents if int, a
        share of them if float.
    binary : bool, default=False
        Whether an n-gram counts once in a document, however often it occurs.
    sublinear_tf : bool, default=False
        Replace a count c by 1 + log(c), as ``TfidfVectorizer`` does.
    lowercase : bool, default=True
        Convert texts to lower case first.
    token_pattern : str or None, default=r"(?u)\b\w\w+\b"
        Regular expression of a word, with at most one capturing group.
    tokenizer : callable or None, default=None
        Function from a text to its list of words, in place of `token_pattern`.
    strip_accents : {"ascii", "unicode"}, callable or None, default=None
        What accents are removed with, after lower case.
    preprocessor : callable or None, default=None
        Function from a text to a text, in place of lower case and `strip_accents`.
    stop_words : tuple of str, default=()
        Words that do not count; n-grams reach over them.
    n_buckets : int or None, default=None
        Hash n-grams into this many columns, instead of learning a vocabulary.
        Nothing is learned then, `max_features`, `min_df` and `max_df` play no
        part, and a text has the same columns in every process.

    Attributes
    ----------
    n_features_ : int
        Number of columns.
    vocabulary_ : dict of str to int
        Column of each n-gram; without `n_buckets` only.

    Notes
    -----
    Documents that are numbered already, one sequence of integers each, are counted
    as if their numbers were words; zero is padding, as in Keras, and is skipped.

    Examples
    --------
    >>> from sknets._texts.ngrams import NgramCounter
    >>> counter = NgramCounter(ngram_range=(1, 2))
    >>> counter.fit_transform(["good film", "good good"]).toarray()
    array([[1., 1., 0., 1.],
           [2., 0., 1., 0.]], dtype=float32)
    >>> list(counter.get_feature_names_out())
    ['good', 'film', 'good good', 'good film']
    """

    def __init__(
        self,
        *,
        analyzer: str | Callable = "word",
        ngram_range: tuple[int, int] = (1, 1),
        max_features: int | None = None,
        min_df: float = 1,
        max_df: float = 1.0,
        binary: bool = False,
        sublinear_tf: bool = False,
        lowercase: bool = True,
        token_pattern: str | None = WORD_PATTERN,
        tokenizer: Callable | None = None,
        strip_accents: Any = None,
        preprocessor: Callable | None = None,
        stop_words: tuple[str, ...] = (),
        n_buckets: int | None = None,
    ) -> None:
        self.analyzer = analyzer
        self.ngram_range = ngram_range
        self.max_features = max_features
        self.min_df = min_df
        self.max_df = max_df
        self.binary = binary
        self.sublinear_tf = sublinear_tf
        self.lowercase = lowercase
        self.token_pattern = token_pattern
        self.tokenizer = tokenizer
        self.strip_accents = strip_accents
        self.preprocessor = preprocessor
        self.stop_words = stop_words
        self.n_buckets = n_buckets

    def __getstate__(self) -> dict[str, Any]:
        # Another thread may be making one of these.
        return {k: v for k, v in dict(self.__dict__).items() if k not in _CACHED}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update({**state, **{**_NOT_IN_0_1, **state}})

    def fit(self, texts: list) -> "NgramCounter":
        """Learn the n-grams of texts.

        Parameters
        ----------
        texts : list of str, or list of int64 ndarray
            Documents, as `as_texts` gives them.

        Returns
        -------
        self : NgramCounter
            The fitted counter.
        """
        self.fit_transform(texts)
        return self

    def fit_transform(
        self, texts: list, *, may_be_empty: bool = False
    ) -> sparse.csr_array:
        """Learn the n-grams of texts and count them.

        Parameters
        ----------
        texts : list of str, or list of int64 ndarray
            Documents, as `as_texts` gives them.
        may_be_empty : bool, default=False
            Whether there may be no n-gram, and so no column.

        Returns
        -------
        counts : csr_array of shape (n_documents, n_features), float32
            Number of occurrences of each n-gram in each document.

        Raises
        ------
        ValueError
            If there is no n-gram in any document, or none after pruning.
        """
        _check_range(self.ngram_range)
        self._symbols = self._new_symbols(texts)
        if self.n_buckets is not None:
            self.n_features_ = self.n_buckets
            return self.transform(texts)
        return self._learn(self._prepared(texts), may_be_empty)

    def fit_vocabulary(self, ngrams: list[str]) -> "NgramCounter":
        r"""Learn given n-grams, and their parts, instead of those of texts.

        Functions of the user and patterns of their own need not find in an n-gram alone
        what they find in a text: a stemmer changes a stem once more, and ``#(\w+)``
        finds no word without its hash. Their n-grams are taken as they are.

        Parameters
        ----------
        ngrams : list of str
            Distinct n-grams.

        Returns
        -------
        self : NgramCounter
            The fitted counter, which may lack n-grams that no text can have.
        """
        _check_range(self.ngram_range)
        self._symbols = self._new_symbols(ngrams)
        if isinstance(self._symbols, Words) and self._symbols.is_split_by_functions:
            self._symbols.take(ngrams)
            self._tables: list[np.ndarray] = []
            self._set_features([np.ones(len(ngrams), bool)])
            return self
        if self.preprocessor is None and not callable(self.strip_accents):
            ngrams = self._prepared(ngrams)
        self._learn(ngrams, may_be_empty=True)
        return self

    def transform(self, texts: list) -> sparse.csr_array:
        """Count the known n-grams of texts.

        Parameters
        ----------
        texts : list of str, or list of int64 ndarray
            Documents, as `as_texts` gives them.

        Returns
        -------
        counts : csr_array of shape (n_documents, n_features), float32
            Number of occurrences of each n-gram in each document.

        Raises
        ------
        TypeError
            If `texts` are strings and were sequences of integers in `fit`, or the
            reverse.
        """
        return counted_in_blocks(self, texts)

    def count(self, texts: list) -> sparse.csr_array:
        """Count the known n-grams of a block of texts, as `transform` does."""
        return self.weighted(summed(*self.find(texts), (len(texts), self.n_features_)))

    def find(self, texts: list) -> tuple[np.ndarray, np.ndarray]:
        """Find the known n-grams of a block of texts.

        Parameters
        ----------
        texts : list of str, or list of int64 ndarray
            Documents, as `as_texts` gives them.

        Returns
        -------
        columns, docs : ndarray of shape (n_found,)
            Column and document of each occurrence, in no order.
        """
        texts = self._prepared(texts)
        self._check_kind(texts)
        if self.n_buckets is not None:
            tokens = self._symbols.hash(texts)
            return all_ngrams(tokens, *self._lengths, self.n_buckets)
        tokens = self._symbols.read(texts)
        return known_ngrams(tokens, self._columns, self._longer, *self._lengths)

    def weighted(self, counts: sparse.csr_array) -> sparse.csr_array:
        """Change counts in place, as `binary` and `sublinear_tf` ask for."""
        if self.binary:
            counts.data[:] = 1
        elif self.sublinear_tf:
            counts.data[:] = 1 + np.log(counts.data, dtype=np.float64)
        return counts

    def get_feature_names_out(self) -> np.ndarray:
        """Return the n-gram of each column.

        Returns
        -------
        names : ndarray of shape (n_features,), object
            Words are joined by a space.

        Raises
        ------
        ValueError
            If n-grams are hashed.
        """
        if self.n_buckets is not None:
            raise ValueError(
                "Hashed n-grams have no names that could be listed, only those of one "
                "document."
            )
        symbols = self._symbols.names()
        names, separator = symbols, self._separator
        features = [name for name, f in zip(names, self._features[0], strict=True) if f]
        for table, mask in zip(self._tables, self._features[1:], strict=True):
            prefixes, lasts = np.divmod(table, len(symbols))
            names = [
                f"{names[prefix]}{separator}{symbols[last]}"
                for prefix, last in zip(prefixes.tolist(), lasts.tolist(), strict=True)
            ]
            features += [name for name, f in zip(names, mask, strict=True) if f]
        return np.array(features, dtype=object)

    def names_of(self, columns: np.ndarray, text: Any) -> list[str]:
        """Return the n-grams of some columns, of those that a document has.

        Parameters
        ----------
        columns : ndarray of int
            Columns, ascending.
        text : str or int64 ndarray
            The document, from which hashed n-grams get their names.

        Returns
        -------
        names : list of str
            One for each column; where several n-grams fall into one bucket, all of
            them, joined by " | ".
        """
        if not len(columns):
            return []
        if self.n_buckets is not None:
            return self._names_of_buckets(columns, text, self.n_buckets)
        symbols = self._symbols.names()
        offsets = np.cumsum(self.n_features_by_length_)
        levels = np.searchsorted(offsets, columns, side="right")
        entries = np.concatenate([np.flatnonzero(mask) for mask in self._features])
        pairs = zip(levels.tolist(), entries[columns].tolist(), strict=True)
        return [self._name(*pair, symbols) for pair in pairs]

    def _names_of_buckets(
        self, columns: np.ndarray, text: Any, n_buckets: int
    ) -> list[str]:
        [text] = self._prepared([text])
        tokens = self._symbols.hash([text])
        symbols = self._symbols.names_in(text)
        names: dict[int, list[str]] = {column: [] for column in columns.tolist()}
        for n, starts, buckets in hashed_ngrams(tokens, *self._lengths, n_buckets):
            for start, bucket in zip(starts.tolist(), buckets.tolist(), strict=True):
                names[bucket].append(self._separator.join(symbols[start : start + n]))
        return [" | ".join(dict.fromkeys(shared)) for shared in names.values()]

    def _name(self, level: int, entry: int, symbols: list[str]) -> str:
        words = []
        for table in reversed(self._tables[:level]):
            entry, last = divmod(int(table[entry]), len(symbols))
            words.append(symbols[last])
        return self._separator.join([symbols[entry], *reversed(words)])

    @property
    def _separator(self) -> str:
        """What stands between the symbols of an n-gram in its name."""
        return "" if self.analyzer in ("char", "char_wb") else " "

    @property
    def vocabulary_(self) -> dict[str, int]:
        """Column of each n-gram."""
        if self.n_buckets is not None:
            raise AttributeError("Hashed n-grams have no names, so no vocabulary_.")
        return {name: i for i, name in enumerate(self.get_feature_names_out())}

    def restrict(self, columns: np.ndarray) -> None:
        """Forget all n-grams but some; the columns left keep their order.

        Parameters
        ----------
        columns : ndarray of shape (n_features,), bool
            True for the columns to keep.
        """
        offsets = np.cumsum(self.n_features_by_length_)[:-1]
        for mask, kept in zip(self._features, np.split(columns, offsets), strict=True):
            mask[mask] = kept
        self._compact()

    @property
    def is_our_own_code(self) -> bool:
        """Whether no function or pattern of the user's has a part in counting."""
        if self.preprocessor is not None or callable(self.strip_accents):
            return False
        symbols = self._symbols
        return not (isinstance(symbols, Words) and symbols.is_split_by_functions)

    def _prepared(self, texts: list) -> list:
        prepare = preparation(self.lowercase, self.strip_accents, self.preprocessor)
        if prepare is None or callable(self.analyzer) or not isinstance(texts[0], str):
            return texts
        return [prepare(text) for text in texts]

    def _new_symbols(self, texts: list) -> Words | Values:
        lowercase = self.lowercase and self.preprocessor is None
        if not isinstance(texts[0], str):
            self._check_counts_numbers()
            return Values(None, lowercase, self.ngram_range)
        if callable(self.analyzer):
            return Words(False, None, self.analyzer, (1, 1))
        if self.analyzer != "word":
            return Values(self.analyzer, lowercase, self.ngram_range)
        return Words(
            lowercase,
            self.token_pattern,
            self.tokenizer,
            self.ngram_range,
            self.stop_words,
        )

    def _check_counts_numbers(self) -> None:
        given = {
            "analyzer": None if self.analyzer == "word" else self.analyzer,
            "tokenizer": self.tokenizer,
            "preprocessor": self.preprocessor,
            "stop_words": self.stop_words or None,
        }
        for name, value in given.items():
            if value is not None:
                raise ValueError(
                    f"{name}={value!r:.80} is for texts that are strings. Sequences of "
                    f"integers are counted as they are: leave {name} out."
                )

    def _check_kind(self, texts: list) -> None:
        kinds = ["strings", "sequences of integers"]
        numbered = isinstance(self._symbols, Values) and self._symbols.analyzer is None
        if isinstance(texts[0], str) == numbered:
            raise TypeError(
                f"Expected documents that are {kinds[numbered]}, as in fit, got "
                f"{kinds[not numbered]}."
            )

    def _learn(self, texts: list, may_be_empty: bool) -> sparse.csr_array:
        low, high = self._document_limits(len(texts))
        blocks = list(_blocks(texts))
        tokens = self._symbols.learn(blocks, low)
        if not may_be_empty:
            self._check_not_empty(tokens)
        if high < low:
            raise ValueError(
                f"max_df corresponds to < documents than min_df: min_df={self.min_df} "
                f"asks for n-grams in {low:g} of the {len(texts)} texts, max_df="
                f"{self.max_df} for those in at most {high:g}."
            )
        self._tables = []
        learn = partial(self._learn_level, low=low)
        levels = count_levels(tokens, len(self._symbols), *self._lengths, learn)
        features = self._select(levels, low, high)
        if not (may_be_empty or any(mask.any() for mask in features)):
            raise ValueError(
                "After pruning, no terms remain. Try a lower min_df or a higher max_df."
            )
        self._set_features(features)
        parts = mapped(self._matrix, blocks, *levels)
        self._compact()
        return _stack(parts)

    def _document_limits(self, n_documents: int) -> tuple[float, float]:
        """Return the smallest and the largest document frequency to keep."""
        low, high = (
            limit if isinstance(limit, int | np.integer) else limit * n_documents
            for limit in (self.min_df, self.max_df)
        )
        return low, high

    def _check_not_empty(self, tokens: list[Tokens]) -> None:
        needed = 1 if self.analyzer == "char_wb" else self._symbols.ngram_range[0]
        lengths = [np.bincount(block.segments).max(initial=0) for block in tokens]
        if max(lengths) < needed:
            raise ValueError(
                "empty vocabulary; perhaps the documents only contain stop words, or "
                "are empty or too short for an n-gram of "
                f"ngram_range={self.ngram_range} with analyzer={self.analyzer!r} and "
                f"token_pattern={self.token_pattern!r}."
            )

    def _learn_level(
        self, n: int, groups: list[Groups], low: float
    ) -> list[np.ndarray]:
        """Number the n-grams of one length that are in `low` documents.

        An n-gram in too few documents is no part of a longer one in enough of
        them, so it need not be looked at again.
        """
        keys, frequency = document_frequency(groups)
        table = keys[frequency >= low]
        if n > 1:
            self._tables.append(table)
        entries = mapped(lambda group: find_sorted(table, group.keys), groups)
        if n == 1:  # the entry of a symbol is its number, also where some are missing
            numbers = np.append(table, -1)
            entries = [numbers[index] for index in entries]
        return entries

    def _select(
        self, levels: list[list[Counts]], low: float, high: float
    ) -> list[np.ndarray]:
        """Return, for n-grams of each length, a mask of those that are features."""
        features, totals = [], []
        for size, level in zip(self._level_sizes(), levels, strict=True):
            frequency, total = np.zeros((2, size))
            for part in level:
                frequency += np.bincount(part.entries, minlength=size)
                total += np.bincount(part.entries, part.counts, minlength=size)
            total = frequency if self.binary else total
            features.append((frequency >= max(low, 1)) & (frequency <= high))
            totals.append(total)
        kept = np.concatenate(features)
        if self.max_features is not None and kept.sum() > self.max_features:
            total = np.where(kept, np.concatenate(totals), -1)
            kept[np.argsort(-total, kind="stable")[self.max_features :]] = False
        return np.split(kept, np.cumsum([len(mask) for mask in features])[:-1])

    def _level_sizes(self) -> list[int]:
        return [len(self._symbols), *(len(table) for table in self._tables)]

    def _compact(self) -> None:
        """Drop the symbols and entries that no feature is made of."""
        sizes = self._level_sizes()
        needed = [mask.copy() for mask in self._features]
        for level in range(len(self._tables), 0, -1):
            prefix, last = np.divmod(self._tables[level - 1][needed[level]], sizes[0])
            needed[level - 1][prefix] = True
            needed[0][last] = True
        number = [np.cumsum(mask, dtype=np.int64) - 1 for mask in needed]
        self._symbols.keep(needed[0])
        for level in range(1, len(sizes)):
            prefix, last = np.divmod(self._tables[level - 1][needed[level]], sizes[0])
            prefix = number[level - 1][prefix] * len(self._symbols)
            self._tables[level - 1] = prefix + number[0][last]
        pairs = zip(self._features, needed, strict=True)
        self._set_features([mask[kept] for mask, kept in pairs])

    def _set_features(self, features: list[np.ndarray]) -> None:
        self._features = features
        self.n_features_ = sum(self.n_features_by_length_)
        for name in _CACHED:
            self.__dict__.pop(name, None)

    @property
    def n_features_by_length_(self) -> list[int]:
        """How many columns n-grams of each length have, the shortest first."""
        return [int(mask.sum()) for mask in self._features]

    @property_made_once
    def _columns(self) -> list[np.ndarray]:
        """The column of each entry of each length, -1 where it is no feature."""
        columns, offset = [], 0
        for mask in self._features:
            column = np.cumsum(mask, dtype=np.int32) + (offset - 1)
            columns.append(np.where(mask, column, -1).astype(np.int32))
            offset += int(mask.sum())
        return columns

    @property_made_once
    def _longer(self) -> list[KeyTable]:
        """Entries of n-grams of two tokens and more, for each length."""
        return [KeyTable(table.astype(np.uint64)) for table in self._tables]

    def _matrix(self, texts: list, *levels: Counts) -> sparse.csr_array:
        """Return the counts of features as a matrix."""
        selected = []
        for column_of, level in zip(self._columns, levels, strict=True):
            columns = column_of[level.entries]
            kept = columns >= 0
            selected.append(Counts(columns[kept], level.docs[kept], level.counts[kept]))
        shape = (len(texts), self.n_features_)
        return self.weighted(counts_matrix(selected, shape))

    @property
    def _lengths(self) -> tuple[tuple[int, int], bool]:
        """Lengths of n-grams that count, and whether short segments do as a whole."""
        return self._symbols.ngram_range, self.analyzer == "char_wb"


def _check_range(ngram_range: Any) -> None:
    numbers = [n for n in ngram_range if isinstance(n, int | np.integer)]
    if len(ngram_range) != 2 or len(numbers) != 2 or not 1 <= numbers[0] <= numbers[1]:
        raise ValueError(
            f"Invalid value for ngram_range={ngram_range}: it must be a pair of "
            "integers, the lower boundary at least 1 and not larger than the upper "
            "boundary."
        )


def counted_in_blocks(counter: Any, texts: list) -> sparse.csr_array:
    """What the `count` of a counter gives for texts, block by block."""
    return _stack(by_blocks(counter.count, counter, texts))


def by_blocks(function: Callable[[list], Any], counter: Any, texts: list) -> list[Any]:
    """What a function that counts makes of blocks of texts.

    Several are in work at once where the counter calls no functions of the user.
    """
    blocks = list(_blocks(texts))
    if counter.is_our_own_code:
        return mapped(function, blocks)
    return [function(block) for block in blocks]


def _blocks(texts: list) -> Iterator[list]:
    """Cut documents into runs of limited length, so that memory stays bounded."""
    start, length = 0, 0
    for i, text in enumerate(texts):
        length += len(text)
        if length > _BLOCK_LENGTH:
            yield texts[start : i + 1]
            start, length = i + 1, 0
    if start < len(texts):
        yield texts[start:]


def _stack(parts: list[sparse.csr_array]) -> sparse.csr_array:
    return parts[0] if len(parts) == 1 else sparse.vstack(parts, format="csr")

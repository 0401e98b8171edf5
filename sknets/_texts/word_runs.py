"""Words that are runs of word characters, found and looked up without a Python loop.

All of a block of texts is one array of bytes. A word is a range of it, and has a key of
64 bits: its bytes if there are at most eight, else a hash of them. That two of a
million different long words have the same key has a probability of 3e-8.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import NamedTuple

import numpy as np

from .hashing import mix
from .key_table import KeyTable

_SPACE = ord(" ")
_KEY_BYTES = 8
# A longer word, which texts hardly have, is hashed by itself.
_MANY_BYTES = 32
_LOW_BYTES = np.array([(1 << 8 * n) - 1 for n in range(_KEY_BYTES + 1)], np.uint64)

# Outside ASCII: what is no word character, and also a word of one character.
_FOREIGN_SEPARATOR = {
    1: re.compile(r"[^\x00-\x7f](?<!\w)"),
    2: re.compile(r"[^\x00-\x7f](?:(?<!\w)|(?<!\w\w)(?!\w))"),
}


class WordRuns(NamedTuple):
    """Words of several documents, one after the other.

    Attributes
    ----------
    text : bytes
        UTF-8 in which nothing but words is left, with at least a space behind it.
    starts, lengths : ndarray of shape (n_words,)
        Where a word begins in `text`, and its number of bytes.
    keys : ndarray of shape (n_words,), uint64
        Key of each word.
    docs : ndarray of shape (n_words,), int32
        Document of each word.
    """

    text: bytes
    starts: np.ndarray
    lengths: np.ndarray
    keys: np.ndarray
    docs: np.ndarray

    def only(self, kept: np.ndarray) -> WordRuns:
        """The words where a mask is True, or those of some places."""
        return WordRuns(self.text, *(column[kept] for column in self[1:]))

    def words(self) -> list[bytes]:
        """The words themselves."""
        return _slices(self.text, self.starts, self.lengths)


class NumbersOfRuns:
    """Numbers of words by their keys.

    Parameters
    ----------
    text : bytes
        Distinct words, one behind the other.
    lengths : ndarray of shape (n_words,)
        Number of bytes of each.
    """

    def __init__(self, text: bytes, lengths: np.ndarray) -> None:
        lengths = lengths.astype(np.intp)
        starts = np.cumsum(lengths) - lengths
        self._table = KeyTable(_keys(_padded(text), starts, lengths))

    def find(self, runs: WordRuns) -> np.ndarray:
        """The number of each word, int32, -1 where it has none."""
        return self._table.find(runs.keys)

    def number(self, runs: WordRuns) -> tuple[np.ndarray, list[bytes]]:
        """The number of each word, and the words that had none before."""
        numbers, new = self._table.number(runs.keys)
        return numbers, runs.only(new).words()


def _slices(text: bytes, starts: np.ndarray, lengths: np.ndarray) -> list[bytes]:
    pairs = zip(starts.tolist(), (starts + lengths).tolist(), strict=True)
    return [text[start:end] for start, end in pairs]


def _keys(text: bytes, starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The key of each word of a padded text."""
    pieces = np.frombuffer(text, "<u8")
    keys = _piece(pieces, starts, lengths)
    longer = np.flatnonzero(lengths > _KEY_BYTES)
    offset = _KEY_BYTES
    while len(longer) and offset < _MANY_BYTES:
        left = lengths[longer] - offset
        piece = _piece(pieces, starts[longer] + offset, left)
        keys[longer] = mix(mix(keys[longer]) + piece)
        longer = longer[left > _KEY_BYTES]
        offset += _KEY_BYTES
    words = _slices(text, starts[longer], lengths[longer])
    digests = [blake2b(word, digest_size=_KEY_BYTES).digest() for word in words]
    keys[longer] = np.frombuffer(b"".join(digests), "<u8")
    return keys


def _piece(pieces: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Up to eight bytes from each start on, as a number."""
    index = starts >> 3
    shift = (starts & 7).astype(np.uint64) << 3
    piece = pieces[index] >> shift
    index += 1
    # A shift by 64 bits gives zero.
    piece |= pieces[index] << (np.uint64(64) - shift)
    piece &= _LOW_BYTES[np.minimum(lengths, _KEY_BYTES)]
    return piece


def split_runs(texts: list[str], shortest: int, lowercase: bool) -> WordRuns:
    r"""Find the maximal runs of word characters of documents.

    Parameters
    ----------
    texts : list of str
        The documents.
    shortest : int
        Fewest characters of a word: 1 as in ``\w+`` or 2 as in ``\b\w\w+\b``.
    lowercase : bool
        Convert to lower case first.

    Returns
    -------
    runs : WordRuns
        The words.

    Examples
    --------
    >>> from sknets._texts.word_runs import split_runs
    >>> runs = split_runs(["So good!", "No, I say"], 2, lowercase=True)
    >>> runs.words(), runs.docs
    ([b'so', b'good', b'no', b'say'], array([0, 0, 1, 1], dtype=int32))
    """
    separator = _FOREIGN_SEPARATOR[shortest]
    if lowercase:
        texts = [text if text.isascii() else text.lower() for text in texts]
    encoded = [
        (text if text.isascii() else separator.sub(" ", text)).encode()
        for text in texts
    ]
    ends = np.cumsum(np.fromiter(map(len, encoded), np.intp, len(encoded)) + 1)
    text = _padded(b" " + b" ".join(encoded))
    text = text.translate(_LOWER_TABLE if lowercase else _CASE_TABLE)
    is_word = np.frombuffer(text, np.uint8) != _SPACE
    borders = np.flatnonzero(is_word[1:] != is_word[:-1])
    borders += 1
    starts = borders[::2]
    lengths = borders[1::2] - starts
    in_doc = np.diff(np.searchsorted(starts, ends), prepend=0)
    docs = np.repeat(np.arange(len(texts), dtype=np.int32), in_doc)
    if shortest > 1:
        # Those of one character that is not in ASCII have more bytes, and are gone.
        long = lengths >= shortest
        starts, lengths, docs = starts[long], lengths[long], docs[long]
    return WordRuns(text, starts, lengths, _keys(text, starts, lengths), docs)


def _padded(text: bytes) -> bytes:
    """Put spaces behind the text, up to a whole number of pieces and one more."""
    return text.ljust((len(text) // _KEY_BYTES + 2) * _KEY_BYTES)


def _byte_table(lowercase: bool) -> bytes:
    """Return the table that blanks ASCII separators and keeps all other bytes."""
    table = bytearray(range(256))
    for code in range(128):
        kept = re.match(r"\w", chr(code))
        table[code] = ord(chr(code).lower() if lowercase else chr(code)) if kept else 32
    return bytes(table)


_LOWER_TABLE = _byte_table(lowercase=True)
_CASE_TABLE = _byte_table(lowercase=False)

"""Hashes of tokens and buckets of n-grams: what needs no vocabulary."""

from collections.abc import Iterator

import numpy as np

from .counting import Tokens, whole_segments

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


def mix(values: np.ndarray) -> np.ndarray:
    """Return well-mixed 64-bit hashes (the finaliser of splitmix64).

    Parameters
    ----------
    values : ndarray, uint64
        Any values.

    Returns
    -------
    hashes : ndarray, uint64
        One-to-one, the same on every machine.
    """
    values = (values ^ (values >> 30)) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> 27)) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> 31)


def hashed_ngrams(
    tokens: Tokens, ngram_range: tuple[int, int], short_segments: bool, n_buckets: int
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Find the n-grams that count, and the hash bucket of each.

    Parameters
    ----------
    tokens : Tokens
        Tokens whose `ids` are hashes, uint64.
    ngram_range : tuple (min_n, max_n)
        Lengths to be counted.
    short_segments : bool
        Count a segment that is shorter than min_n as one n-gram of its own length.
    n_buckets : int
        Number of buckets, below 2 ** 31.

    Yields
    ------
    n : int
        Each length from 1 to max_n.
    starts : ndarray of shape (n_ngrams,)
        Positions at which n-grams of that length start.
    buckets : ndarray of shape (n_ngrams,), int32
        At least 0, below `n_buckets`.
    """
    min_n, max_n = ngram_range
    hashes = tokens.ids
    for n in range(1, max_n + 1):
        size = max(len(tokens.ids) - n + 1, 0)
        if n > 1:
            hashes = mix(hashes[:size] * _MULTIPLIER + tokens.ids[n - 1 :])
        if n < min_n:
            starts = whole_segments(tokens.segments, n if short_segments else 0)
        else:
            same = tokens.segments[:size] == tokens.segments[n - 1 :]
            starts = np.flatnonzero(same)
        yield n, starts, _bucket_of(hashes[starts], n_buckets)


def all_ngrams(
    tokens: Tokens, ngram_range: tuple[int, int], short_segments: bool, n_buckets: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the bucket and the document of each n-gram that counts."""
    found = list(hashed_ngrams(tokens, ngram_range, short_segments, n_buckets))
    buckets = np.concatenate([buckets for _, _, buckets in found])
    return buckets, np.concatenate([tokens.docs[starts] for _, starts, _ in found])


def _bucket_of(hashes: np.ndarray, n_buckets: int) -> np.ndarray:
    return (((hashes >> 32) * np.uint64(n_buckets)) >> 32).astype(np.int32)

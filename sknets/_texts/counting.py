"""Count the n-grams of numbered tokens, of which nothing is known yet.

The n-gram that starts at a position has as key the number of its first n - 1 tokens
(its entry among the shorter n-grams) and the number of its last token, in one int64.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from scipy import sparse

from .._threads import mapped


class Tokens(NamedTuple):
    """Tokens of several documents, one after the other.

    Attributes
    ----------
    ids : ndarray of shape (n_tokens,)
        Number of each token, -1 where it is unknown.
    docs : ndarray of shape (n_tokens,)
        Document of each token.
    segments : ndarray of shape (n_tokens,)
        Segment of each token: no n-gram crosses from one segment to the next.
    """

    ids: np.ndarray
    docs: np.ndarray
    segments: np.ndarray


class Groups(NamedTuple):
    """Distinct keys, and distinct (key, document) pairs in ascending order.

    Attributes
    ----------
    keys : ndarray of shape (n_groups,)
        Distinct keys, ascending.
    pair_group, pair_doc, pair_count : ndarray of shape (n_pairs,)
        Index into `keys`, document and number of occurrences of each pair.
    inverse : ndarray of shape (n,) or None
        Index into `keys` of each key that was given.
    """

    keys: np.ndarray
    pair_group: np.ndarray
    pair_doc: np.ndarray
    pair_count: np.ndarray
    inverse: np.ndarray | None


class Counts(NamedTuple):
    """Occurrences of n-grams of one length, ascending by entry, then by document.

    Attributes
    ----------
    entries, docs, counts : ndarray of shape (n_pairs,)
        Number of the n-gram among those of its length, document, occurrences.
    """

    entries: np.ndarray
    docs: np.ndarray
    counts: np.ndarray


def group(keys: np.ndarray, docs: np.ndarray, with_inverse: bool = False) -> Groups:
    """Group equal keys, and equal keys of one document.

    Parameters
    ----------
    keys : ndarray of shape (n,), int64
        Nonnegative keys.
    docs : ndarray of shape (n,)
        Document of each key, ascending.
    with_inverse : bool, default=False
        Whether to find the group of each key too.

    Returns
    -------
    groups : Groups
        Distinct keys and pairs.

    Examples
    --------
    >>> import numpy as np
    >>> from sknets._texts.counting import group
    >>> groups = group(np.array([7, 5, 7, 7]), np.array([0, 0, 0, 1]))
    >>> groups.keys
    array([5, 7])
    >>> groups.pair_group.tolist(), groups.pair_doc.tolist(), groups.pair_count.tolist()
    ([0, 1, 1], [0, 0, 1], [1, 2, 1])
    """
    payload = np.arange(len(keys), dtype=np.int32) if with_inverse else docs
    keys, payload = sort_with_payload(keys, payload)
    new_key = starts_of_runs(keys)
    doc = docs[payload] if with_inverse else payload
    pair_start = np.flatnonzero(new_key | starts_of_runs(doc))
    group_of = np.cumsum(new_key, dtype=np.int32)
    group_of -= 1
    inverse = None
    if with_inverse:
        inverse = np.empty(len(keys), np.int32)
        inverse[payload] = group_of
    return Groups(
        keys=keys[new_key],
        pair_group=group_of[pair_start],
        pair_doc=doc[pair_start],
        pair_count=np.diff(pair_start, append=len(keys)).astype(np.int32),
        inverse=inverse,
    )


def sort_with_payload(
    keys: np.ndarray, payload: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Sort keys, and the payload along with them.

    Parameters
    ----------
    keys : ndarray of shape (n,), int64
        Nonnegative integers.
    payload : ndarray of shape (n,), int32
        Nonnegative integers, ascending among equal keys.

    Returns
    -------
    keys : ndarray of shape (n,), int64
        Ascending keys.
    payload : ndarray of shape (n,), int32
        The payload of each, ascending among equal keys.
    """
    if len(keys) == 0:
        return keys, payload
    bits = int(payload.max()).bit_length()
    if int(keys.max()).bit_length() + bits > 63:
        order = np.argsort(keys, kind="stable")
        return keys[order], payload[order]
    # One sort of plain integers is several times faster than argsort.
    packed = keys << bits
    packed |= payload
    packed.sort()
    payload = (packed & ((1 << bits) - 1)).astype(np.int32)
    packed >>= bits
    return packed, payload


def starts_of_runs(values: np.ndarray) -> np.ndarray:
    """Return a mask of the places where a value differs from the one before."""
    starts = np.ones(len(values), bool)
    np.not_equal(values[1:], values[:-1], out=starts[1:])
    return starts


def document_frequency(groups: list[Groups]) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of documents that each key is in.

    Parameters
    ----------
    groups : list of Groups
        Groups of blocks of documents.

    Returns
    -------
    keys : ndarray of shape (n_keys,)
        Distinct keys of all blocks, ascending.
    frequency : ndarray of shape (n_keys,)
        Number of documents of each.
    """
    keys, frequency = sort_with_payload(
        np.concatenate([part.keys for part in groups]),
        np.concatenate(
            [np.bincount(part.pair_group).astype(np.int32) for part in groups]
        ),
    )
    start = np.flatnonzero(starts_of_runs(keys))
    if len(start) == 0:
        return keys, frequency
    return keys[start], np.add.reduceat(frequency, start)


def find_sorted(table: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the index of each value in an ascending table, -1 where it is not there.

    Examples
    --------
    >>> import numpy as np
    >>> from sknets._texts.counting import find_sorted
    >>> find_sorted(np.array([2, 5]), np.array([5, 3, 2]))
    array([ 1, -1,  0])
    """
    if len(table) == 0:
        return np.full(len(values), -1)
    index = np.searchsorted(table, values)
    index[index == len(table)] = 0
    return np.where(table[index] == values, index, -1)


def count_levels(
    blocks: list[Tokens],
    n_symbols: int,
    ngram_range: tuple[int, int],
    short_segments: bool,
    resolve: Callable[[int, list[Groups]], list[np.ndarray]],
) -> list[list[Counts]]:
    """Count the n-grams of each length from 1 to the longest.

    Parameters
    ----------
    blocks : list of Tokens
        Tokens of blocks of documents, with numbers below `n_symbols`.
    n_symbols : int
        Number of distinct tokens.
    ngram_range : tuple (min_n, max_n)
        Lengths to be counted; the counts of shorter n-grams are empty.
    short_segments : bool
        Count a segment that is shorter than min_n as one n-gram of its own length
        (what "char_wb" does with short words).
    resolve : callable
        Called with the length n and the groups of that length, of every block;
        returns the entries of these groups, -1 for n-grams that do not count. Their
        longer ones do not count either, whether they begin or end so.

    Returns
    -------
    levels : list of list of Counts
        For each length from 1 to max_n, the counts of every block.
    """
    min_n, max_n = ngram_range
    levels = []
    entries = [block.ids for block in blocks]
    for n in range(1, max_n + 1):
        starts = mapped(partial(_starts, n=n), blocks, entries)
        group_level = partial(_group_ngrams, n=n, n_symbols=n_symbols, max_n=max_n)
        groups = mapped(group_level, blocks, entries, starts)
        resolved = resolve(n, groups)
        if n < max_n:
            parts = zip(blocks, starts, groups, resolved, strict=True)
            entries = [_entries(*part, n_symbols) for part in parts]
        if n < min_n:
            group_whole = partial(_group_segments, n=n if short_segments else 0)
            groups = mapped(group_whole, blocks, entries)
            resolved = [group.keys for group in groups]
        levels.append(mapped(_known, groups, resolved))
    return levels


def ngram_starts(
    tokens: Tokens, entries: np.ndarray, ends: np.ndarray, n: int
) -> np.ndarray:
    """Return the positions at which an n-gram with known parts starts.

    Parameters
    ----------
    tokens : Tokens
        Tokens of documents.
    entries : ndarray of shape (n_tokens,)
        Entry of the n-gram of n - 1 tokens that starts at each position, or -1.
    ends : ndarray
        The same for what the n-gram has to end with, from its place in the first
        n-gram on.
    n : int
        Length, at least 2.

    Returns
    -------
    starts : ndarray of shape (n_ngrams,), int32
        Positions, ascending.
    """
    size = max(len(tokens.ids) - n + 1, 0)
    good = entries[:size] >= 0
    good &= ends[:size] >= 0
    good &= tokens.segments[:size] == tokens.segments[n - 1 :]
    return np.flatnonzero(good).astype(np.int32)


def ngram_keys(
    tokens: Tokens, entries: np.ndarray, starts: np.ndarray, n: int, n_symbols: int
) -> np.ndarray:
    """Return the keys of n-grams: entry of the first n - 1 tokens, and last token.

    Parameters
    ----------
    tokens, entries, n
        As in `ngram_starts`.
    starts : ndarray of shape (n_ngrams,)
        Where the n-grams start.
    n_symbols : int
        Number of distinct tokens.

    Returns
    -------
    keys : ndarray of shape (n_ngrams,), int64
        The keys.
    """
    keys = entries[starts].astype(np.int64)
    keys *= n_symbols
    keys += tokens.ids[starts + (n - 1)]
    return keys


def whole_segments(segments: np.ndarray, n: int) -> np.ndarray:
    """Return the positions of segments of n tokens."""
    start = np.flatnonzero(starts_of_runs(segments))
    return start[np.diff(start, append=len(segments)) == n]


def _starts(tokens: Tokens, entries: np.ndarray, n: int) -> np.ndarray:
    if n == 1:
        return np.flatnonzero(entries >= 0).astype(np.int32)
    return ngram_starts(tokens, entries, entries[1:], n)


def _group_ngrams(
    tokens: Tokens,
    entries: np.ndarray,
    starts: np.ndarray,
    n: int,
    n_symbols: int,
    max_n: int,
) -> Groups:
    """Group the n-grams at given positions by their keys."""
    docs = tokens.docs[starts]
    if n == 1:
        return _group_symbols(entries[starts], docs, n_symbols)
    keys = ngram_keys(tokens, entries, starts, n, n_symbols)
    return group(keys, docs, with_inverse=n < max_n)


def is_linear_faster(n_values: int, n_different: int) -> bool:
    """Whether a pass over all different values is faster than to sort what there is."""
    return n_different < 4 * n_values


def _group_symbols(symbols: np.ndarray, docs: np.ndarray, n_symbols: int) -> Groups:
    """Group numbers of symbols."""
    if not is_linear_faster(len(symbols), n_symbols):
        return group(symbols.astype(np.int64), docs)
    shape = (int(docs[-1]) + 1 if len(docs) else 1, n_symbols)
    ones = np.ones(len(symbols), np.int32)
    counts = sparse.coo_array((ones, (docs, symbols)), shape=shape).tocsc()
    in_docs = np.diff(counts.indptr)
    keys = np.flatnonzero(in_docs).astype(np.int64)
    of_pairs = np.repeat(np.arange(len(keys), dtype=np.int32), in_docs[keys])
    return Groups(keys, of_pairs, counts.indices, counts.data, None)


def _entries(
    tokens: Tokens,
    starts: np.ndarray,
    groups: Groups,
    entry_of_group: np.ndarray,
    n_symbols: int,
) -> np.ndarray:
    """Return the entry of the n-gram that starts at each position, -1 without one."""
    if groups.inverse is None:  # of one symbol, whose key is its number
        entries = np.full(n_symbols + 1, -1, np.int32)  # the last one is for unknown
        entries[groups.keys] = entry_of_group
        return entries[tokens.ids]
    entries = np.full(len(tokens.ids), -1, np.int32)
    entries[starts] = entry_of_group[groups.inverse]
    return entries


def _group_segments(tokens: Tokens, entries: np.ndarray, n: int) -> Groups:
    """Group the segments of n tokens that are known n-grams as a whole."""
    start = whole_segments(tokens.segments, n)
    start = start[entries[start] >= 0]
    return group(entries[start].astype(np.int64), tokens.docs[start])


def _known(groups: Groups, entry_of_group: np.ndarray) -> Counts:
    """Return the counts of the groups that have an entry."""
    entries = entry_of_group[groups.pair_group]
    if len(entries) and entry_of_group.min() >= 0:
        return Counts(entries, groups.pair_doc, groups.pair_count)
    known = entries >= 0
    return Counts(entries[known], groups.pair_doc[known], groups.pair_count[known])


def counts_matrix(levels: list[Counts], shape: tuple[int, int]) -> sparse.csr_array:
    """Return counts whose entries are columns as a matrix with sorted indices.

    Parameters
    ----------
    levels : list of Counts
        Counts, ascending by column throughout.
    shape : tuple (n_documents, n_columns)
        Shape of the result.

    Returns
    -------
    matrix : csr_array of shape (n_documents, n_columns), float32
        Number of occurrences of each column in each document.
    """
    columns = np.concatenate([level.entries for level in levels]).astype(np.int32)
    counts = np.concatenate([level.counts for level in levels]).astype(np.float32)
    if shape[0] == 1:  # COO conversion would be most of the time of a single text
        indptr = np.array([0, len(columns)], np.int32)
        return sparse.csr_array((counts, columns, indptr), shape=shape)
    docs = np.concatenate([level.docs for level in levels])
    matrix = sparse.coo_array((counts, (docs, columns)), shape=shape)
    matrix.has_canonical_format = True
    return matrix.tocsr()

"""Find the n-grams that have a column, and count them."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from .counting import (
    Tokens,
    is_linear_faster,
    ngram_keys,
    ngram_starts,
    whole_segments,
)
from .key_table import KeyTable


def known_ngrams(
    tokens: Tokens,
    columns: list[np.ndarray],
    longer: list[KeyTable],
    ngram_range: tuple[int, int],
    short_segments: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Find the n-grams that have a column.

    Parameters
    ----------
    tokens : Tokens
        Tokens of documents.
    columns : list of ndarray
        For each length from 1 to max_n, the column of each entry, -1 where it is only
        a part of longer n-grams.
    longer : list of KeyTable
        For each length from 2 on, its entries by `ngram_keys`.
    ngram_range : tuple (min_n, max_n)
        Lengths that count.
    short_segments : bool
        As in `count_levels`.

    Returns
    -------
    found, docs : ndarray of shape (n_found,)
        Column and document of each.
    """
    min_n, max_n = ngram_range
    found, docs = [], []
    entries = tokens.ids
    for n in range(1, max_n + 1):
        if n > 1:
            starts = ngram_starts(tokens, entries, tokens.ids[n - 1 :], n)
            keys = ngram_keys(tokens, entries, starts, n, len(columns[0]))
            entries = np.full(len(entries), -1, np.int32)
            entries[starts] = longer[n - 2].find(keys.view(np.uint64))
        if n < min_n:
            places = whole_segments(tokens.segments, n if short_segments else 0)
            places = places[entries[places] >= 0]
        else:
            places = np.flatnonzero(entries >= 0)
        column = columns[n - 1][entries[places]]
        counted = column >= 0
        found.append(column[counted])
        docs.append(tokens.docs[places[counted]])
    return np.concatenate(found), np.concatenate(docs)


def summed(
    columns: np.ndarray, docs: np.ndarray, shape: tuple[int, int]
) -> sparse.csr_array:
    """Return how often each column occurs in each document.

    Parameters
    ----------
    columns, docs : ndarray of shape (n,)
        Column and document of each occurrence.
    shape : tuple (n_documents, n_columns)
        Shape of the result.

    Returns
    -------
    counts : csr_array of shape (n_documents, n_columns), float32
        With sorted indices.

    Examples
    --------
    >>> import numpy as np
    >>> from sknets._texts.finding import summed
    >>> summed(np.array([2, 0, 2]), np.array([0, 1, 0]), (2, 3)).toarray()
    array([[0., 0., 2.],
           [1., 0., 0.]], dtype=float32)
    """
    if shape[0] == 1:  # to convert a matrix takes longer than all else of one text
        distinct, counts = np.unique(columns, return_counts=True)
        indptr = np.array([0, len(distinct)], np.int32)
        parts = counts.astype(np.float32), distinct.astype(np.int32), indptr
        return sparse.csr_array(parts, shape=shape)
    ones = np.ones(len(columns), np.int32)  # float32 cannot count beyond 2**24
    counts = sparse.coo_array((ones, (docs, columns)), shape=shape)
    if is_linear_faster(len(columns), shape[1]):
        counts = counts.tocsc()
    return counts.tocsr().astype(np.float32)

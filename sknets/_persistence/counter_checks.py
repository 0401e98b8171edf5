"""Whether a counter of n-grams is one that `fit` could have made."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from .._texts.ngrams import NgramCounter
from .._texts.symbols import Values, Words
from .._texts.union import NgramUnion
from .requirements import (
    StateError,
    is_count,
    is_size,
    is_tuple_of,
    require,
    require_array,
    require_dict,
)

_ANALYZERS = ("word", "char", "char_wb")
_LEARNED = {"_tables", "_features"}
_is_pair = is_tuple_of(is_size, 2)


def check_counter(counter: Any) -> None:
    """Require a fitted counter whose tables agree with one another."""
    if type(counter) is NgramUnion:
        require_dict(vars(counter), {"counters"}, "counter_")
        parts = counter.counters
        is_list = isinstance(parts, list) and len(parts) > 0
        require(is_list, "counter_.counters must be a list of NgramCounter")
        for part in parts:
            require(type(part) is not NgramUnion, "counter_ is nested")
            check_counter(part)
        return
    if type(counter) is not NgramCounter:
        raise StateError(f"counter_ must be an NgramCounter; got {type(counter)}")
    state = counter.__getstate__()
    hashed = state.get("n_buckets") is not None
    names = {*vars(NgramCounter()), "_symbols", "n_features_"}
    require_dict(state, names if hashed else names | _LEARNED, "counter_")
    require(counter.analyzer in _ANALYZERS, f"analyzer={counter.analyzer!r}")
    # Of words and parts of words, one may be without n-grams.
    require(is_count(counter.n_features_), "counter_.n_features_ must be a number")
    for name in ("binary", "sublinear_tf"):
        is_bool = type(vars(counter)[name]) is bool
        require(is_bool, f"counter_.{name} must be a bool")
    _check_splitting(counter, "counter_")
    _check_symbols(counter._symbols, counter.analyzer)
    if hashed:
        same = counter.n_buckets == counter.n_features_
        require(same, "counter_ must have as many features as buckets")
    else:
        _check_tables(counter)


def _check_splitting(owner: Any, name: str) -> None:
    """Check what counters and their symbols both keep, as far as they have it."""
    require(type(owner.lowercase) is bool, f"{name}.lowercase must be a bool")
    _check_range(owner.ngram_range, name)
    for function in ("tokenizer", "preprocessor"):
        has_none = getattr(owner, function, None) is None
        require(has_none, f"{name} has a {function}")
    accents = getattr(owner, "strip_accents", None)
    require(accents in (None, "ascii", "unicode"), f"{name}.strip_accents")
    stop_words = getattr(owner, "stop_words", ())
    are_words = isinstance(stop_words, tuple) and all(
        isinstance(word, str) for word in stop_words
    )
    require(are_words, f"{name}.stop_words must be a tuple of str")
    pattern = getattr(owner, "token_pattern", None)
    require(pattern is None or isinstance(pattern, str), f"{name}.token_pattern")
    if pattern is not None:
        re.compile(pattern)


def _check_range(ngram_range: Any, name: str) -> None:
    require(
        _is_pair(ngram_range) and ngram_range[0] <= ngram_range[1],
        f"{name} has ngram_range={ngram_range!r}",
    )


def _check_symbols(symbols: Any, analyzer: Any) -> None:
    name = "counter_._symbols"
    if type(symbols) is Words:
        require(analyzer == "word", f"{name} are words, with analyzer={analyzer!r}")
        require_dict(
            symbols.__getstate__(), set(vars(Words(True, None, None, (1, 1)))), name
        )
        if symbols._joined_range is not None:
            _check_range(symbols._joined_range, name)
        _check_words(symbols._text, symbols._lengths)
    elif type(symbols) is Values:
        require_dict(
            symbols.__getstate__(), set(vars(Values(None, True, (1, 1)))), name
        )
        require(symbols.analyzer in (None, analyzer), f"{name} have another analyzer")
        _check_values(symbols)
    else:
        raise StateError(f"{name} must be Words or Values; got {type(symbols)}")
    _check_splitting(symbols, name)


def _check_words(text: Any, lengths: Any) -> None:
    require_array(text, np.uint8, (None,), "words")
    require_array(lengths, np.uint32, (None,), "lengths of words")
    starts = np.cumsum(lengths, dtype=np.int64) - lengths
    require(int(lengths.sum(dtype=np.uint64)) == len(text), "words have other lengths")
    text.tobytes().decode("utf-8", "surrogatepass")
    # Bytes that go on with a character are 10xxxxxx.
    firsts = text[starts[lengths > 0]]
    require(((firsts & 0xC0) != 0x80).all(), "a word starts within a character")


def _check_values(symbols: Values) -> None:
    values = symbols._values
    require_array(values, np.int64, (None,), "symbols")
    require(len(np.unique(values)) == len(values), "a symbol is there twice")
    if symbols.analyzer is not None:
        is_code = (values >= 0) & (values <= 0x10FFFF)
        require(is_code.all(), "a symbol is no character")


def _check_tables(counter: NgramCounter) -> None:
    tables, features = counter._tables, counter._features
    n_levels = counter._symbols.ngram_range[1]
    fits = isinstance(tables, list) and isinstance(features, list)
    require(
        fits and len(tables) == n_levels - 1 and len(features) == n_levels,
        f"counter_ must have tables for n-grams of up to {n_levels} symbols",
    )
    n_symbols = size = len(counter._symbols)
    for level, mask in enumerate(features):
        if level:
            table = tables[level - 1]
            require_array(table, np.int64, (None,), f"n-grams of {level + 1} symbols")
            ascending = (np.diff(table) > 0).all()
            within = not len(table) or (table[0] >= 0 and table[-1] < size * n_symbols)
            require(ascending and within, f"n-grams of {level + 1} symbols are unknown")
            size = len(table)
        require_array(mask, np.bool_, (size,), f"features of {level + 1} symbols")
    n_features = sum(int(mask.sum()) for mask in features)
    require(n_features == counter.n_features_, "counter_ has other n_features_")

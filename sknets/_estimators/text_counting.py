"""The counter of a text estimator, from its parameters and the texts."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from .._texts import choice
from .._texts.ngrams import NgramCounter
from .._texts.tokenize import shortest_run
from .._texts.union import NgramUnion
from .._warnings import warn_user

Counter = NgramCounter | NgramUnion

# Beside None and nothing: of a range, of limits, and of a pattern.
_NO_CHANGE = ("auto", (1, 1), 1, r"(?u)\b\w+\b")

# Parameters that a counter has under the same name.
_SAME_NAME = (
    *("max_features", "max_df", "sublinear_tf", "lowercase"),
    *("token_pattern", "tokenizer", "strip_accents", "preprocessor"),
)


def fitted_counter(net: Any, texts: list) -> tuple[Counter, sp.csr_array]:
    """A counter as the parameters of the estimator ask for, and its counts of texts."""
    if net.vocabulary is not None:
        if not isinstance(texts[0], str):
            raise TypeError(
                "vocabulary has the n-grams of strings, but X has sequences of "
                "integers: set vocabulary=None."
            )
        fitted = _counter_of_vocabulary(net)
        return fitted, fitted.transform(texts)
    counter = _new_counter(net, texts)
    return counter, counter.fit_transform(texts)


def _new_counter(net: Any, texts: list) -> Counter:
    counted = counted_in(net, texts)
    _warn_of_unused(net, counted.analyzers)
    counters = [
        _counter(net, analyzer, ngram_range, _min_df(net.min_df, len(texts), analyzer))
        for analyzer, ngram_range in zip(*counted, strict=True)
    ]
    return counters[0] if len(counters) == 1 else NgramUnion(counters)


def _counter(net: Any, analyzer: Any, ngram_range: Any, min_df: float) -> NgramCounter:
    return NgramCounter(
        analyzer=analyzer,
        ngram_range=ngram_range,
        min_df=min_df,
        binary=net.target_type_ != "multiclass" if net.binary == "auto" else net.binary,
        stop_words=stop_words(net.stop_words),
        n_buckets=net.n_features,
        **{name: getattr(net, name) for name in _SAME_NAME},
    )


def counted_in(net: Any, texts: list) -> choice.Counted:
    """Analyzers, and the range of each."""
    if callable(net.analyzer):
        return choice.Counted((net.analyzer,), ((1, 1),))
    if net.analyzer != "auto":
        given = net.analyzer
        analyzers = (given,) if isinstance(given, str) else tuple(given)
    elif (
        net.ngram_range != "auto"
        or net.tokenizer is not None
        or net.stop_words
        or net.vocabulary is not None
    ):
        analyzers = ("word",)
    else:
        return choice.chosen(
            texts,
            hashed=net.n_features is not None,
            topics=getattr(net, "target_type_", "") == "multiclass",
            has_words=shortest_run(net.token_pattern, net.tokenizer) is None,
        )
    return choice.Counted(analyzers, choice.ranges_of(analyzers, net.ngram_range))


def _warn_of_unused(net: Any, analyzers: tuple) -> None:
    """Warn of parameters that were given and play no part."""
    by_cause: dict[str, tuple[str, ...]] = {}
    if callable(net.analyzer):
        by_cause["a function as analyzer"] = (
            *("ngram_range", "tokenizer", "preprocessor", "strip_accents"),
            *("stop_words", "token_pattern"),
        )
    elif "word" not in analyzers:
        cause = f"analyzer={net.analyzer!r}"
        by_cause[cause] = ("tokenizer", "stop_words", "token_pattern")
    elif net.tokenizer is not None:
        by_cause["a tokenizer"] = ("token_pattern",)
    if net.n_features is not None:
        by_cause["n_features"] = ("max_features", "min_df", "max_df")
    for cause, names in by_cause.items():
        given = {name: choice.as_tuples(getattr(net, name)) for name in names}
        unused = [n for n, value in given.items() if value and value not in _NO_CHANGE]
        if unused:
            warn_user(f"With {cause}, {', '.join(unused)} plays no part: leave it out.")


def _min_df(min_df: Any, n_texts: int, analyzer: Any) -> float:
    """Rarer n-grams only add noise; parts of words also time and memory."""
    if min_df != "auto":
        return min_df
    if n_texts >= 10_000:
        return 3
    return 2 if analyzer in ("char", "char_wb") and n_texts >= 1000 else 1


def stop_words(given: Any) -> tuple[str, ...]:
    """Words that do not count, in order."""
    if given is None:
        return ()
    if isinstance(given, str):
        if given != "english":
            raise ValueError(
                f"stop_words={given!r} is no list that is known: pass 'english' or a "
                "list of words."
            )
        given = ENGLISH_STOP_WORDS
    words = list(given)
    if not all(isinstance(word, str) for word in words):
        raise ValueError("stop_words must be a list of strings.")
    return tuple(sorted(set(words)))


def _counter_of_vocabulary(net: Any) -> NgramCounter:
    """A counter that knows the n-grams of `vocabulary` and no others, fitted."""
    if net.n_features is not None:
        raise ValueError(
            "vocabulary and n_features exclude each other: set one of them."
        )
    wanted = _ngrams_of(net.vocabulary)
    analyzers, ranges = counted_in(net, wanted)
    _warn_of_unused(net, analyzers)
    if len(analyzers) > 1:
        raise ValueError(f"A vocabulary needs one analyzer; got {net.analyzer!r}.")
    counter = _counter(net, analyzers[0], ranges[0], 1)
    counter.max_features, counter.max_df = None, 1.0
    counter.fit_vocabulary(wanted)
    names = counter.get_feature_names_out()
    missing = sorted(set(wanted) - set(names))
    if missing:
        raise ValueError(
            f"vocabulary has {missing[0]!r}, which no text can have with "
            f"analyzer={analyzers[0]!r}, ngram_range={ranges[0]}, lowercase="
            f"{net.lowercase} and the like ({len(missing)} n-grams of that kind)."
        )
    counter.restrict(np.isin(names, wanted))
    return counter


def _ngrams_of(vocabulary: Iterable[str]) -> list[str]:
    is_flat = len(getattr(vocabulary, "shape", (0,))) == 1
    # An iterator has nothing left for the next fit, a frame gives names of columns.
    if isinstance(vocabulary, str | bytes | Iterator) or not is_flat:
        raise TypeError(
            "vocabulary must be a list, mapping, one-dimensional array or other "
            f"collection of n-grams, got {type(vocabulary).__name__}: pass a list of "
            "them."
        )
    wanted = list(vocabulary)
    others = [ngram for ngram in wanted if not isinstance(ngram, str)]
    if others or not wanted:
        raise ValueError(
            "vocabulary must consist of strings, at least one of them; got "
            + (f"{others[0]!r:.40}." if others else "none.")
        )
    if len(set(wanted)) < len(wanted):
        raise ValueError("vocabulary has an n-gram twice.")
    return wanted


def check_same_settings(net: Any) -> None:
    """Raise if the parameters ask for other counts than those of the last fit."""
    _check_same_vocabulary(net)
    for name, fitted in fitted_settings(net.counter_).items():
        given = getattr(net, name)
        now = stop_words(given) if name == "stop_words" else choice.as_tuples(given)
        if name in ("analyzer", "ngram_range") and isinstance(now, tuple):
            now = now[0] if len(now) == 1 else now
        leaves_open = now == "auto" or (
            callable(net.analyzer) and name == "ngram_range"
        )
        if net.vocabulary is not None:
            leaves_open |= name in ("min_df", "max_df", "max_features")
        if now != fitted and not leaves_open:
            raise ValueError(
                "warm_start and partial_fit go on from weights fitted with "
                f"{name}={fitted!r}; now {name}={given!r}. Set it back, or fit with "
                "warm_start=False."
            )


def _check_same_vocabulary(net: Any) -> None:
    # None in files of versions that did not store it.
    n_given = getattr(net, "n_ngrams_given_", None)
    if net.vocabulary is None:
        if not n_given:
            return
    elif _has_ngrams(net.counter_, _ngrams_of(net.vocabulary), n_given):
        return
    fitted = f"a vocabulary of {n_given} n-grams" if n_given else "other n-grams"
    raise ValueError(
        f"warm_start and partial_fit go on from weights fitted with {fitted}; now "
        f"vocabulary={net.vocabulary!r:.80}. Set it back, or fit with warm_start=False."
    )


def _has_ngrams(counter: Counter, wanted: list[str], n_given: int | None) -> bool:
    """Whether a fitted counter is that of a vocabulary; `compress_to` leaves a part."""
    if fitted_settings(counter)["n_features"] is not None:  # hashed, without names
        return False
    known = set(counter.get_feature_names_out())
    same_number = n_given is None or len(wanted) == (n_given or len(known))
    return same_number and known.issubset(wanted)


def fitted_settings(counter: Counter) -> dict[str, Any]:
    """Values of the parameters that a fitted counter was made with."""
    counters = counter.counters if isinstance(counter, NgramUnion) else [counter]
    analyzers = tuple(one.analyzer for one in counters)
    ranges = tuple(one.ngram_range for one in counters)
    alone = len(counters) == 1
    first = counters[0]
    return {
        **{name: vars(first)[name] for name in (*_SAME_NAME, "min_df", "binary")},
        "stop_words": first.stop_words,
        "n_features": first.n_buckets,
        "analyzer": analyzers[0] if alone else analyzers,
        "ngram_range": ranges[0] if alone else ranges,
    }


def copied(counter: Counter) -> Counter:
    """A deep copy but for functions of the user, which would not equal their copies."""
    kept = fitted_settings(counter).values()
    return copy.deepcopy(counter, {id(value): value for value in kept})

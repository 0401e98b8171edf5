"""Several kinds of n-grams of the same texts, side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from .finding import summed
from .ngrams import NgramCounter, counted_in_blocks


class NgramUnion:
    """Counters that read the same texts; their columns lie one behind the other.

    The first one's n-grams keep their names. Those of the others begin with their
    analyzer and two underscores, as in ``FeatureUnion``: " go" of "char_wb" is
    "char_wb__ go".

    Parameters
    ----------
    counters : list of NgramCounter
        One for each analyzer, all with the same `binary` and `sublinear_tf`.

    Attributes
    ----------
    n_features_ : int
        Number of columns.
    """

    def __init__(self, counters: list[NgramCounter]) -> None:
        self.counters = counters

    def fit(self, texts: list) -> NgramUnion:
        """Learn the n-grams of texts."""
        self.fit_transform(texts)
        return self

    def fit_transform(self, texts: list) -> sparse.csr_array:
        """Learn the n-grams of texts and count them, as `NgramCounter` does.

        Some counters may find none: names have no word that is in several texts, and
        emoji are no words at all.
        """
        parts = [
            counter.fit_transform(texts, may_be_empty=True) for counter in self.counters
        ]
        if not self.n_features_:
            self.counters[0].fit(texts)  # raises, and says why there is none
        return sparse.hstack(parts, format="csr")

    def transform(self, texts: list) -> sparse.csr_array:
        """Count the known n-grams of texts."""
        return counted_in_blocks(self, texts)

    def count(self, texts: list) -> sparse.csr_array:
        """Count the known n-grams of a block of texts, as `transform` does."""
        offset, columns, docs = 0, [], []
        for counter in self.counters:
            found, in_docs = counter.find(texts)
            columns.append(found + offset)
            docs.append(in_docs)
            offset += counter.n_features_
        counts = summed(
            np.concatenate(columns), np.concatenate(docs), (len(texts), offset)
        )
        return self.counters[0].weighted(counts)

    @property
    def n_features_(self) -> int:
        return sum(counter.n_features_ for counter in self.counters)

    @property
    def is_our_own_code(self) -> bool:
        """As in `NgramCounter`, of all counters."""
        return all(counter.is_our_own_code for counter in self.counters)

    def get_feature_names_out(self) -> np.ndarray:
        """Return the n-gram of each column."""
        names = [
            [self._named(name, i) for name in counter.get_feature_names_out()]
            for i, counter in enumerate(self.counters)
        ]
        return np.array([name for part in names for name in part], dtype=object)

    def names_of(self, columns: np.ndarray, text: Any) -> list[str]:
        """Return the n-grams of some ascending columns, of those that `text` has."""
        ends = np.cumsum([counter.n_features_ for counter in self.counters])
        names: list[str] = []
        for i, (counter, end) in enumerate(zip(self.counters, ends, strict=True)):
            start = end - counter.n_features_
            own = columns[(columns >= start) & (columns < end)] - start
            names += [self._named(name, i) for name in counter.names_of(own, text)]
        return names

    def _named(self, name: str, place: int) -> str:
        return name if place == 0 else f"{self.counters[place].analyzer}__{name}"

    @property
    def vocabulary_(self) -> dict[str, int]:
        """Column of each n-gram."""
        return {name: i for i, name in enumerate(self.get_feature_names_out())}

    def restrict(self, columns: np.ndarray) -> None:
        """Forget all n-grams but some, a mask; the columns left keep their order."""
        sizes = [counter.n_features_ for counter in self.counters]
        parts = np.split(columns, np.cumsum(sizes)[:-1])
        for counter, kept in zip(self.counters, parts, strict=True):
            counter.restrict(kept)

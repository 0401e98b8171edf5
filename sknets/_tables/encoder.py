"""Columns of several kinds as the numbers that a network takes.

Numbers, dates and times come first: a gap takes the median of its column, and an
indicator where the training rows had gaps in that column. Then come the categories,
each with an indicator of its own where the training rows had it often enough; the
others share one, which is also that of categories that turn up later, and missing
values have theirs.
"""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from .._core.quantiles import weighted_quantile
from .reading import Table
from .values import CATEGORIES, FEATURES

# Rows that a category must have for an indicator of its own, and most of these in a
# column. One row tells nothing, and together such rows train what unknown ones are.
MIN_ROWS = 2
MAX_CATEGORIES = 255
# Encoded values beyond which they are kept as a sparse matrix.
MAX_DENSE = 2**25


@dataclass(frozen=True)
class Categories:
    """Categories of one column that have an indicator.

    Attributes
    ----------
    values : list of str, or of numbers
    has_others : bool
        Whether the training rows had more; they share an indicator.
    has_missing : bool
        Whether missing values have one.
    """

    values: list
    has_others: bool
    has_missing: bool

    @classmethod
    def learn(cls, values: list) -> Categories:
        counts = Counter(values)
        n_missing = counts.pop(None, 0)
        frequent = [v for v, n in counts.items() if n >= MIN_ROWS]
        if len(frequent) > MAX_CATEGORIES:
            frequent.sort(key=lambda value: (-counts[value], value))
        kept = sorted(frequent[:MAX_CATEGORIES])
        return cls(kept, len(kept) < len(counts), n_missing > 0)

    @property
    def width(self) -> int:
        return len(self.values) + self.has_others + self.has_missing

    def names(self, column: str) -> list[str]:
        others = ["others"] * self.has_others + ["missing"] * self.has_missing
        return [f"{column}_{value}" for value in [*self.values, *others]]

    def numbers(self, values: list) -> np.ndarray:
        """Number of the indicator of each value, -1 for those that have none."""
        others = len(self.values) if self.has_others else -1
        numbers = {value: number for number, value in enumerate(self.values)}
        numbers[None] = self.width - 1 if self.has_missing else -1
        return np.array([numbers.get(value, others) for value in values], np.intp)


def _distinct(names: list[str]) -> list[str]:
    """Names, with a number behind those that were there before.

    A category may itself be called "missing", and a column "age_missing".
    """
    found: dict[str, None] = {}
    for name in names:
        candidates = itertools.chain(
            [name], (f"{name}_{k}" for k in itertools.count(2))
        )
        found[next(c for c in candidates if c not in found)] = None
    return list(found)


@dataclass(frozen=True)
class ColumnEncoder:
    """What the columns of a table become.

    Attributes
    ----------
    kinds : list of str
        Kind of each column, see `values`.
    fill : ndarray of float64 of shape (n_numbers,)
        What a gap in a number becomes.
    has_values : ndarray of bool of shape (n_numbers,)
        Whether the training rows had any; the others are left out.
    has_gaps : ndarray of bool of shape (n_numbers,)
        Whether the training rows had gaps.
    categories : list of Categories
        Of each column of categories.
    """

    kinds: list[str]
    fill: np.ndarray
    has_values: np.ndarray
    has_gaps: np.ndarray
    categories: list[Categories]

    # --- Learning --------------------------------------------------------------------

    @classmethod
    def learn(
        cls, table: Table, index: np.ndarray, weights: np.ndarray
    ) -> ColumnEncoder:
        """Learn from the rows `index` of a table, which have these weights."""
        n_numbers = table.numbers.shape[1]
        fill = np.zeros(n_numbers)
        has_values, has_gaps = np.zeros((2, n_numbers), bool)
        for number in range(n_numbers):
            values = table.numbers[index, number]
            is_there = ~np.isnan(values)
            has_values[number] = is_there.any()
            has_gaps[number] = is_there.any() and not is_there.all()
            if is_there.any():
                fill[number] = weighted_quantile(
                    values[is_there], weights[is_there], 0.5
                )
        categories = [
            Categories.learn([values[row] for row in index])
            for values in table.categories
        ]
        return cls(table.kinds, fill, has_values, has_gaps, categories)

    # --- Encoding --------------------------------------------------------------------

    @property
    def n_encoded(self) -> int:
        n_numbers = int(self.has_values.sum()) + len(self._indicators)
        return n_numbers + sum(part.width for part in self.categories)

    @property
    def _indicators(self) -> np.ndarray:
        """Numbers of the features whose gaps have an indicator: one of each column."""
        widths = [len(FEATURES[kind]) for kind in self.kinds if kind in FEATURES]
        first = np.cumsum([0, *widths[:-1]])[: len(widths)].astype(np.intp)
        return first[self.has_gaps[first]]

    @property
    def gaps(self) -> np.ndarray:
        """Encoded columns that had gaps, and their features, of shape (2, n)."""
        columns = np.cumsum(self.has_values) - 1
        features = np.flatnonzero(self.has_gaps)
        return np.stack([columns[features], features])

    def transform(self, table: Table) -> Any:
        """Encode rows.

        Returns
        -------
        ndarray of float64 of shape (n_rows, n_encoded)
            Or, where that is large, a CSR matrix.
        """
        numbers = self._numbers(table.numbers)
        if not self.categories:
            return numbers
        n_rows, width = len(numbers), self.n_encoded
        rows, columns = self._places(table, numbers.shape[1])
        if n_rows * width <= MAX_DENSE:
            encoded = np.zeros((n_rows, width))
            encoded[:, : numbers.shape[1]] = numbers
            encoded[rows, columns] = 1.0
            return encoded
        ones = sp.csr_array(
            (np.ones(len(rows)), (rows, columns - numbers.shape[1])),
            shape=(n_rows, width - numbers.shape[1]),
        )
        return sp.hstack([sp.csr_array(numbers), ones], format="csr")

    def _numbers(self, numbers: np.ndarray) -> np.ndarray:
        """Numbers without gaps, and indicators where there were some."""
        missing = np.isnan(numbers)
        filled = np.where(missing, self.fill, numbers) if missing.any() else numbers
        if not self.has_values.all():
            filled = filled[:, self.has_values]
        indicators = self._indicators
        if not len(indicators):
            return filled
        return np.concatenate([filled, missing[:, indicators]], axis=1)

    def _places(self, table: Table, start: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows and encoded columns of the indicators of categories that are 1."""
        rows, columns = [], []
        for part, values in zip(self.categories, table.categories, strict=True):
            numbers = part.numbers(values)
            known = np.flatnonzero(numbers >= 0)
            rows.append(known)
            columns.append(start + numbers[known])
            start += part.width
        return np.concatenate(rows), np.concatenate(columns)

    def names(self, columns: list[str]) -> list[str]:
        """Names of the encoded columns."""
        with_kind = list(zip(columns, self.kinds, strict=True))
        ends = [(c, e) for c, kind in with_kind for e in FEATURES.get(kind, ())]
        names = [
            c + e for (c, e), kept in zip(ends, self.has_values, strict=True) if kept
        ]
        names += [f"{ends[number][0]}_missing" for number in self._indicators]
        of_categories = [c for c, kind in with_kind if kind in CATEGORIES]
        for part, column in zip(self.categories, of_categories, strict=True):
            names += part.names(column)
        return _distinct(names)

    # --- State -----------------------------------------------------------------------

    def stored(self) -> dict[str, Any]:
        """Plain lists, strings and arrays."""
        return {**vars(self), "categories": [dict(vars(p)) for p in self.categories]}

    @classmethod
    def from_stored(cls, stored: dict[str, Any]) -> ColumnEncoder:
        categories = [Categories(**part) for part in stored["categories"]]
        return cls(**{**stored, "categories": categories})

"""Whether what columns of a table become is what `fit` could have left."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._tables.encoder import ColumnEncoder
from .._tables.values import CATEGORIES, FEATURES
from .requirements import is_number, require, require_array, require_dict


def check_columns(stored: Any, n_features: int) -> int:
    """Require kinds of all columns and what belongs to each.

    Returns
    -------
    int
        Number of encoded columns.
    """
    names = {"kinds", "fill", "has_values", "has_gaps", "categories"}
    require_dict(stored, names, "columns_")
    kinds = stored["kinds"]
    are_known = isinstance(kinds, list) and all(
        isinstance(kind, str) and kind in {*FEATURES, *CATEGORIES, "empty"}
        for kind in kinds
    )
    require(are_known, "columns_['kinds'] must be a list of known kinds")
    require(
        len(kinds) == n_features,
        f"columns_ has the kinds of {len(kinds)} columns for {n_features} features",
    )
    n_numbers = sum(len(FEATURES.get(kind, ())) for kind in kinds)
    for name, dtype in (
        ("fill", np.float64),
        ("has_values", np.bool_),
        ("has_gaps", np.bool_),
    ):
        require_array(stored[name], dtype, (n_numbers,), f"columns_[{name!r}]")
    of_values = (stored["has_values"] | ~stored["has_gaps"]).all()
    require(of_values, "columns_ has gaps in columns without values")
    _check_categories(stored["categories"], [k for k in kinds if k in CATEGORIES])
    return ColumnEncoder.from_stored(stored).n_encoded


def _check_categories(parts: Any, kinds: list[str]) -> None:
    name = "columns_['categories']"
    fits = isinstance(parts, list) and len(parts) == len(kinds)
    require(fits, f"{name} must be a list of {len(kinds)} dicts")
    for part, kind in zip(parts, kinds, strict=True):
        require_dict(part, {"values", "has_others", "has_missing"}, name)
        for key in ("has_others", "has_missing"):
            require(type(part[key]) is bool, f"{name} has no bool {key}")
        values = part["values"]
        are_values = isinstance(values, list) and all(
            type(value) is str if kind == "text" else _is_plain_number(value)
            for value in values
        )
        require(are_values, f"{name} has values that are no {kind}")
        require(len(set(values)) == len(values), f"{name} has a value twice")


def _is_plain_number(value: Any) -> bool:
    return type(value) is bool or (type(value) in (int, float) and is_number(value))

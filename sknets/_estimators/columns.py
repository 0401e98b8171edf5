"""Columns of the dense estimators by their type: checks, parameter, scaling."""

from __future__ import annotations

import contextlib
import datetime
import numbers
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sp
import sklearn
from sklearn.utils.validation import validate_data

from .._containers import refuse_streams
from .._core.scaling import Scaling
from .._tables.encoder import ColumnEncoder
from .._tables.reading import FROM_DTYPE, Table, as_container, mixed_columns, read
from .._tables.values import CATEGORIES
from .._warnings import warn_user
from .validation import check_rows, naming_reordered


def check_unencoded(estimator: Any, X: Any, *, reset: bool = True) -> Any:
    """Check X in `fit`; without `reset`, further rows of it.

    Returns
    -------
    Table, or ndarray or CSR matrix
        A table only where its columns are to be encoded.
    """
    X, found = _opened(X, _chooses_columns(estimator))
    if found is None:
        rows, has_gaps = _rows(estimator, X, reset=reset)
        mask = _mask(estimator)
        chosen = mask != FROM_DTYPE and any(mask)
        if not has_gaps and not chosen:
            return rows
        if rows.ndim > 2 or sp.issparse(rows):
            raise ValueError(
                "categorical_features names columns of a table, but X "
                f"{'is sparse' if sp.issparse(rows) else 'holds images'}: pass a "
                "frame or a dense array, or leave categorical_features out."
            )
        return read(rows, mask, names=_given_names(estimator, X))
    _check_names(estimator, found, reset=reset)
    table = read(found, _mask(estimator))
    return table.numbers if table.is_matrix else table


def check_and_encode(estimator: Any, X: Any, encoder: ColumnEncoder | None) -> Any:
    """Check X after `fit`, and encode it if the rows of `fit` were."""
    X, found = _opened(X, encoder is not None and bool(encoder.categories))
    has_gaps, names = True, None
    if found is not None:
        _check_names(estimator, found, reset=False)
    else:
        names = _given_names(estimator, X)
        found, has_gaps = _rows(estimator, X, reset=False)
    if encoder is not None:
        if sp.issparse(found):
            found = found.toarray()
        if getattr(found, "ndim", 2) > 2:
            found = found.reshape(len(found), -1)
        return encoder.transform(read(found, None, encoder.kinds, names))
    if not has_gaps:
        return found
    if not (isinstance(found, np.ndarray) and found.dtype.kind == "f"):
        found = read(found, None, ["number"] * estimator.n_features_in_).numbers
    return _filled(found, estimator.input_scaling_)


def _opened(X: Any, has_categories: bool) -> tuple[Any, Any]:
    """X, and X again if it is more than numbers, else None."""
    if type(X) is np.ndarray and X.dtype.kind in "biuf":
        return X, None
    refuse_streams(X, "an array, a sparse matrix or a frame")
    X = as_container(X, has_categories)
    return X, mixed_columns(X, has_categories)


def _rows(estimator: Any, X: Any, *, reset: bool) -> tuple[Any, bool]:
    """Checked numbers, and whether there are gaps in them.

    To look for them costs nothing where there are none, unless scikit-learn is told not
    to look: a gap is no mistake.
    """
    try:
        rows = check_rows(estimator, X, reset=reset)
    except ValueError as error:
        if "Input X contains NaN" not in str(error):
            raise
    else:
        looks = not sklearn.get_config()["assume_finite"]
        if looks or not np.isnan(rows.data if sp.issparse(rows) else rows).any():
            return rows, False
    if hasattr(X, "tocsr"):
        raise ValueError(
            "Input X contains NaN. Gaps are filled in dense tables only: pass "
            "X.toarray(), or fill them before, as SimpleImputer does."
        )
    return check_rows(estimator, X, reset=reset, gaps=True), True


def _check_names(estimator: Any, X: Any, *, reset: bool) -> None:
    if len(X) == 0:
        raise ValueError(
            f"Found array with 0 sample(s) (shape={X.shape}) while a minimum of 1 is "
            f"required by {type(estimator).__name__}."
        )
    with naming_reordered(estimator, X):
        validate_data(estimator, X, reset=reset, skip_check_array=True)


def _given_names(estimator: Any, X: Any) -> list[str] | None:
    """Names of the columns of a frame, which an array of its numbers has not."""
    has_names = hasattr(X, "columns") and hasattr(estimator, "feature_names_in_")
    return list(estimator.feature_names_in_) if has_names else None


def _filled(rows: np.ndarray, scaling: Scaling) -> np.ndarray:
    """Rows with gaps at the centre of their column, where `fit` had none to learn."""
    centre = np.broadcast_to(scaling["shift"], rows.shape[1:])
    return np.where(np.isnan(rows), centre.astype(rows.dtype), rows)


# --- The parameter -------------------------------------------------------------------


def column_names(estimator: Any) -> list[str]:
    """Names of the columns of X, or x0, x1 and so on."""
    names = vars(estimator).get("feature_names_in_")
    if names is not None:
        return list(names)
    return [f"x{number}" for number in range(estimator.n_features_in_)]


def _chooses_columns(estimator: Any) -> bool:
    """Whether the parameter takes some columns for categories."""
    chosen = estimator.categorical_features
    return not (chosen is None or isinstance(chosen, str)) and len(chosen) > 0


def _mask(estimator: Any) -> Any:
    """Which columns are categories, as a list of bool, or "from_dtype"."""
    chosen, n_columns = estimator.categorical_features, estimator.n_features_in_
    if isinstance(chosen, str):
        return FROM_DTYPE
    chosen = [] if chosen is None else np.asarray(chosen, object).ravel().tolist()
    if chosen and all(isinstance(value, bool | np.bool_) for value in chosen):
        if len(chosen) != n_columns:
            raise ValueError(
                f"categorical_features is a mask of {len(chosen)} columns, but X has "
                f"{n_columns}."
            )
        return [bool(value) for value in chosen]
    positions = {_position(estimator, value) for value in chosen}
    return [number in positions for number in range(n_columns)]


def _position(estimator: Any, value: Any) -> int:
    n_columns = estimator.n_features_in_
    names = vars(estimator).get("feature_names_in_")
    if isinstance(value, str):
        if names is None:
            raise ValueError(
                f"categorical_features names the column {value!r}, but X has no names: "
                "pass a frame, or positions."
            )
        if value not in names:
            raise ValueError(
                f"categorical_features names the column {value!r}, which X has not; "
                f"its columns are {', '.join(map(repr, names))[:300]}."
            )
        return int(np.flatnonzero(names == value)[0])
    is_whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if is_whole and 0 <= value < n_columns:
        return int(value)
    raise ValueError(
        "categorical_features must be a mask, names, or positions from 0 to "
        f"{n_columns - 1}; got {value!r}."
    )


def check_same_categories(estimator: Any, encoder: ColumnEncoder | None) -> None:
    """Raise if the parameter asks for other categories than are fitted."""
    mask = _mask(estimator)
    if mask == FROM_DTYPE:
        return
    kinds = encoder.kinds if encoder else ["number"] * estimator.n_features_in_
    for name, now, kind in zip(column_names(estimator), mask, kinds, strict=True):
        if kind != "empty" and now != (kind in ("text", "number category")):
            raise ValueError(
                "warm_start and partial_fit go on with the columns as they were "
                f"fitted; now categorical_features={estimator.categorical_features!r} "
                f"takes column {name!r} for something else. Set it back, or fit with "
                "warm_start=False."
            )


# --- Learning ------------------------------------------------------------------------

# Rows from which on different strings are no chance.
MIN_DIFFERENT = 20


def warn_of_different_strings(table: Table) -> None:
    """Warn if in some columns most rows have a string of their own: no categories."""
    kinds = zip(table.labels, table.kinds, strict=True)
    of_categories = [(label, kind) for label, kind in kinds if kind in CATEGORIES]
    found = []
    for (label, kind), values in zip(of_categories, table.categories, strict=True):
        different = set(values) - {None}
        if kind == "text" and len(different) > max(MIN_DIFFERENT, len(values) / 2):
            example = next(value for value in values if value is not None)
            found.append((label, len(different), example))
    if not found:
        return
    label, n_different, example = found[0]
    n_others = len(found) - 1
    others = f" (and likewise {n_others} of the other columns)" if n_others else ""
    warn_user(
        f"Column {label} of X holds {n_different} different strings in "
        f"{table.shape[0]} rows, such as {example!r:.60}{others}: they are taken for "
        f"categories, and one of a single row tells nothing. {_remedy(example)}"
    )


def _remedy(value: Any) -> str:
    """What to do with a column of many different values like this one."""
    for read_as, remedy in (
        (float, "pd.to_numeric makes numbers of them."),
        (datetime.datetime.fromisoformat, "pd.to_datetime makes dates of them."),
    ):
        with contextlib.suppress(ValueError, TypeError):
            read_as(value)
            return remedy
    return (
        "Leave it out if it names the rows; TextPoolVectorizer makes numbers of texts."
    )


def encoded(encoder: ColumnEncoder, table: Table) -> Any:
    """Encoded rows of `fit`."""
    warn_of_different_strings(table)
    if encoder.n_encoded:
        return encoder.transform(table)
    raise ValueError(
        "No column of X has a value in the rows to train on, so that there is nothing "
        f"to learn from: {', '.join(table.labels)[:300]}."
    )


def scaling_of(
    learn: Callable[..., Scaling],
    encoder: ColumnEncoder,
    table: Table,
    rows: Any,
    index: np.ndarray,
    weights: np.ndarray,
) -> Scaling:
    """Input scaling of encoded rows, in which filled gaps have no part."""
    scaling = learn(rows, index, weights)
    if len(scaling["shift"]) != rows.shape[1]:  # none, which is one for all
        return scaling
    for column, feature in encoder.gaps.T:
        values = table.numbers[index, feature]
        present = ~np.isnan(values)
        own = learn(values[present, None], np.arange(present.sum()), weights[present])
        # Very many columns are all made smaller, which one by itself is not.
        shrink = scaling["clip"] / own["clip"] if scaling["clip"] else 1.0
        scaling["shift"][column] = own["shift"][0]
        scaling["scale"][column] = own["scale"][0] * shrink
    return scaling

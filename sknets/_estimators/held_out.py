"""Which rows are held out of training, to be validated on, and errors about them."""

from __future__ import annotations

import contextlib
import copy
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from .._parts import as_parts
from .._tables.values import is_missing
from .._warnings import renamed, warn_user

# Share of the rows that "auto" holds out for early stopping.
AUTO_FRACTION = 0.1

Rows = tuple[np.ndarray, np.ndarray]


def split_seed(rng: np.random.Generator, random_state: int | None) -> int:
    """Seed for `split`: always the same where `random_state` is an int.

    Else a call that goes on would validate on rows that were trained on.
    """
    drawn = int(rng.integers(2**31))
    if random_state is None:
        return drawn
    return int(np.random.default_rng([random_state, 0]).integers(2**31))


def split(
    y: np.ndarray,
    groups: np.ndarray | None,
    validation_fraction: Any,
    seed: int,
    *,
    stratify: bool,
) -> Rows:
    """Numbers of the rows to train on and of those held out, both sorted.

    Parameters
    ----------
    y : ndarray of shape (n,), (n, 1) or (n, n_labels)
        Encoded target.
    groups : ndarray of shape (n,) or None
        Rows of the same group stay together.
    validation_fraction : float or splitter
        Share of rows, or a splitter whose first split is taken.
    seed : int
    stratify : bool
        Whether to hold out the same share of each value of y, where that is possible.

    Raises
    ------
    ValueError
        If the rows cannot be split so.
    """
    y = y.ravel() if y.ndim == 2 and y.shape[1] == 1 else y
    try:
        if hasattr(validation_fraction, "split"):
            train, held_out = _by_splitter(y, groups, validation_fraction, seed)
        elif groups is not None:
            train, held_out = _by_groups(y, groups, validation_fraction, seed)
        else:
            train, held_out = _by_share(
                y, validation_fraction, seed, stratify=stratify and y.ndim == 1
            )
    except ValueError as error:
        raise ValueError(
            f"validation_fraction={validation_fraction!r} cannot hold out some of "
            f"{len(y)} rows: {error} Give X_val and y_val, or set "
            "validation_fraction=None, with which early_stopping monitors the "
            "training rows."
        ) from error
    if stratify and y.ndim == 1:
        _warn_if_not_learnt(y[train], y[held_out], validation_fraction)
    return np.sort(train), np.sort(held_out)


def checked_groups(groups: Any) -> np.ndarray:
    """`groups` as an array of one axis, without missing values.

    Raises
    ------
    ValueError
        If it is none.
    """
    values = np.asarray(groups)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values.ravel()
    if values.ndim != 1:
        raise ValueError(
            "groups must have one value for each row, shape (n_samples,); its shape is "
            f"{values.shape}."
        )
    missing = [row for row, value in enumerate(values.tolist()) if is_missing(value)]
    if missing:
        raise ValueError(
            f"groups has missing values, the first in row {missing[0]}. Give these "
            "rows a group of their own."
        )
    return values


def _warn_if_not_learnt(
    trained: np.ndarray, held_out: np.ndarray, validation_fraction: Any
) -> None:
    n_missing = len(np.setdiff1d(held_out, trained))
    if n_missing:
        warn_user(
            f"All rows of {n_missing} of {len(np.union1d(held_out, trained))} classes "
            f"are held out by validation_fraction={validation_fraction!r}: these are "
            "not learnt, and tell early_stopping nothing. Give X_val and y_val, or set "
            "validation_fraction=None, with which early_stopping monitors the training "
            "rows."
        )


# The splitters are imported where they are used: they are a tenth of the time of
# `import sknets`.


def _by_share(y: np.ndarray, share: float, seed: int, *, stratify: bool) -> Rows:
    from sklearn.model_selection import train_test_split

    rows, options = np.arange(len(y)), {"test_size": share, "random_state": seed}
    if stratify:
        try:
            return tuple(train_test_split(rows, stratify=y, **options))
        except ValueError:  # too few rows of some class to stratify
            pass
    return tuple(train_test_split(rows, **options))


def _by_groups(y: np.ndarray, groups: np.ndarray, share: float, seed: int) -> Rows:
    from sklearn.model_selection import GroupShuffleSplit

    splitter = GroupShuffleSplit(1, test_size=share, random_state=seed)
    return next(splitter.split(y, y, groups))


def _by_splitter(y: np.ndarray, groups: Any, splitter: Any, seed: int) -> Rows:
    splitter = copy.copy(splitter)
    if getattr(splitter, "random_state", seed) is None:
        splitter.random_state = seed  # None reads NumPy's global generator
    rows = np.arange(len(y))
    parts = next(iter(splitter.split(rows, y, groups)), None)
    if parts is None:
        raise ValueError("its split() gives nothing.")
    train, held_out = (rows[part] for part in parts)
    if not len(train) or not len(held_out) or np.intersect1d(train, held_out).size:
        raise ValueError(
            f"its first split has {len(train)} rows to train on and {len(held_out)} to "
            "validate on; both need some, and none in common."
        )
    return train, held_out


def given_validation(X: Any, y: Any, sample_weight: Any) -> dict[str, Any] | None:
    """Validation rows as they were given, if they were."""
    given = {"X": X, "y": y, "sample_weight": sample_weight}
    if all(part is None for part in given.values()):
        return None
    if X is None or y is None:
        raise ValueError(
            "X_val and y_val must be given together, and sample_weight_val only "
            "with them."
        )
    if as_parts(**given) is not None:
        raise ValueError(
            "X_val must be rows in memory, but is read in parts: take some of them, "
            "such as X_val[:10_000] or what X_val.head(10_000) computes. With "
            "validation_fraction, fit holds out a share of every part of X by itself."
        )
    return given


@contextlib.contextmanager
def named_as_validation() -> Iterator[None]:
    """Let errors and warnings about X, y and sample_weight name X_val, y_val, ..."""
    try:
        with renamed(_as_validation):
            yield
    except (TypeError, ValueError) as error:
        if type(error) not in (TypeError, ValueError):
            raise
        raise type(error)(_as_validation(str(error))) from error


def _as_validation(message: str) -> str:
    # Between quotation marks it is the caller's own label or column.
    return re.sub(r"(?<!['\w.])(X|y|sample_weight)(?!['\w(])", r"\1_val", message)

"""Histories of fits: of estimators, of Keras or from CSV files; their best epochs."""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ._fitted import last_step

History = dict[str, list[float]]
# By the names of the fits, which are "" where there is one.
Histories = dict[str, History]
BestEpochs = dict[str, int | None]


def fitted_histories(estimator: Any) -> tuple[Histories, BestEpochs]:
    """Histories of a fitted estimator or a dict of them, and the epochs to mark."""
    if isinstance(estimator, Mapping) and not estimator:
        raise ValueError("There is nothing to draw: got an empty dict.")
    named = estimator if isinstance(estimator, Mapping) else {"": estimator}
    fitted = {name: last_step(one) for name, one in named.items()}
    histories = {name: _fitted_history(one) for name, one in fitted.items()}
    best = {
        name: _fitted_best_epoch(one, histories[name]) for name, one in fitted.items()
    }
    return histories, best


def recorded_histories(history: Any) -> tuple[Histories, BestEpochs]:
    """Histories of one recorded fit or a dict of them, and the epochs to mark."""
    several = isinstance(history, Mapping) and any(
        isinstance(one, Mapping | str | os.PathLike) or hasattr(one, "history")
        for one in history.values()
    )
    named = history if several else {"": history}
    histories = {name: _read_history(one) for name, one in named.items()}
    best = {name: _lowest_validation_loss(one) for name, one in histories.items()}
    return histories, best


def _fitted_history(fitted: Any) -> History:
    if not hasattr(fitted, "history_"):
        raise TypeError(
            f"{type(fitted).__name__} has no history_ of loss and accuracy to draw."
        )
    return _checked(fitted.history_, f"The history_ of {type(fitted).__name__}")


def _fitted_best_epoch(fitted: Any, history: History) -> int | None:
    """`best_epoch_` if it was chosen, and is not just the last one."""
    best = getattr(fitted, "best_epoch_", 0)
    chosen = best > 0 and (fitted.early_stopping or best < fitted.n_iter_)
    return best if chosen else _lowest_validation_loss(history)


def _lowest_validation_loss(history: History) -> int | None:
    losses = np.asarray(history.get("val_loss", []), dtype=float)
    if not np.isfinite(losses).any():
        return None
    return int(np.nanargmin(losses)) + 1


def _read_history(history: Any) -> History:
    if isinstance(history, str | os.PathLike):
        return _checked(_read_csv(Path(history)), f"The file {os.fspath(history)!r}")
    return _checked(getattr(history, "history", history), "The history")


def _checked(history: Any, what: str) -> History:
    """Return `history` if it is a dict of lists of numbers, all of one length."""
    if not isinstance(history, Mapping):
        raise TypeError(
            f"{what} must be a dict of lists, a keras.callbacks.History or the path of "
            f"a CSV file; got {type(history).__name__}."
        )
    lengths = {key: np.size(values) for key, values in history.items()}
    if not lengths or not max(lengths.values()):
        raise ValueError(f"{what} has no epochs.")
    if len(set(lengths.values())) > 1:
        raise ValueError(f"{what} has lists of different lengths: {lengths}.")
    for key, values in history.items():
        if np.ndim(values) != 1 or np.asarray(values).dtype.kind not in "biuf":
            raise ValueError(
                f"{what} must have one number an epoch under {key!r}; got {values!r}."
            )
    return dict(history)


def _read_csv(path: Path) -> History:
    """Columns of a CSV file with one row an epoch; "NA" and nothing are NaN."""
    with path.open(newline="", encoding="utf-8") as file:
        header = file.readline()
        separator = next((mark for mark in ",;\t" if mark in header), ",")
        file.seek(0)
        rows = list(csv.DictReader(file, delimiter=separator))
    names = [name for name in (rows[0] if rows else []) if name != "epoch"]
    return {name: [_number(row[name], path) for row in rows] for name in names}


def _number(text: Any, path: Path) -> float:
    if not text or text == "NA":
        return math.nan
    try:
        return float(text)
    except (ValueError, TypeError) as error:  # a list where a row is too long
        raise ValueError(
            f"The file {str(path)!r} must hold numbers below its header; found "
            f"{text!r}."
        ) from error

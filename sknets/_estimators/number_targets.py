"""Numbers as training takes them: checked, shifted and scaled, and turned back."""

from __future__ import annotations

from typing import Any, TypedDict

import numpy as np
from sklearn.utils import check_array

from .._containers import refuse_masked
from .._core.objectives import NumberObjective
from .._core.quantiles import weighted_quantile
from .._core.scaling import IQR_OF_NORMAL, ROUNDING
from .labels import check_form

# Beyond this many spreads float32 would overflow in squares and sums.
MAX_SPREADS = 1e15
LARGEST = float(np.finfo(np.float64).max)
SMALLEST = float(np.finfo(np.float64).tiny)


class TargetScaling(TypedDict):
    """``y = shift + scale * value``: float64 arrays, one entry for each target."""

    shift: np.ndarray
    scale: np.ndarray


def check_numbers(y: Any, estimator: Any) -> np.ndarray:
    """Check y and return it as float64 of shape (n,) or (n, n_targets).

    Raises
    ------
    ValueError
        If it consists of anything but finite numbers.
    """
    name = type(estimator).__name__
    if y is None:
        raise ValueError(
            f"This {name} estimator requires y to be passed, but the target y is None."
        )
    # Before they would become numbers: "1.5" is none, and True is a class.
    if not hasattr(y, "toarray"):
        y = _as_array(y)
        kind = _kind(y)
        if kind is not None:
            raise ValueError(
                f"{name} predicts numbers, but y holds {kind}. To predict classes take "
                f"{name.replace('Regressor', 'Classifier')}; if these are numbers, "
                "convert them before: y.astype(float)."
            )
        if y.dtype == object:
            y = _from_objects(y)
    y = check_array(
        y, ensure_2d=False, dtype="numeric", input_name="y", estimator=estimator
    )
    with np.errstate(over="ignore"):
        numbers = y.astype(np.float64)
    if not np.isfinite(numbers).all():  # of np.longdouble
        raise ValueError(
            "Input y contains infinity or a value too large for dtype('float64')."
        )
    return numbers


def _as_array(y: Any) -> np.ndarray:
    refuse_masked(y, "y")
    try:
        values = np.asarray(y)
    except ValueError as error:
        raise ValueError("y has rows of several lengths.") from error
    check_form(values, "y", y)
    return values


def _from_objects(y: np.ndarray) -> np.ndarray:
    """Objects as float64, NaN where one is None."""
    try:
        return y.astype(np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"y must consist of finite numbers: {error}.") from error


def _kind(values: np.ndarray) -> str | None:
    """What else than numbers an array holds, with an example."""
    if values.dtype.kind == "b":
        return "booleans"
    if values.dtype.kind in "mM":
        return "dates or times"
    if values.dtype.kind == "T":  # strings of variable width
        values = values.astype(object)
    if values.dtype.kind in "US":
        return f"strings such as {values.ravel()[0].item()!r}"
    if values.dtype.kind != "O":
        return None
    flat = values.ravel().tolist()
    for what, types in (("strings", str), ("booleans", bool | np.bool_)):
        found = [value for value in flat if isinstance(value, types)]
        if found:
            return f"{what} such as {found[0]!r}"
    return None


def as_columns(y: np.ndarray) -> np.ndarray:
    """Targets of shape (n, n_targets)."""
    return y[:, None] if y.ndim == 1 else y


def check_domain(y: np.ndarray, objective: type[NumberObjective]) -> None:
    """Raise for numbers that the loss has no value for."""
    if objective.scaled_by == "mean" and (y < 0).any():
        raise ValueError(
            f"loss={objective.name!r} is for counts and rates, which are not negative; "
            f"the lowest of y is {y.min():g}. Take loss='squared_error'."
        )


def learn_scaling(
    y: np.ndarray, w: np.ndarray, objective: NumberObjective
) -> TargetScaling:
    """Shift and scale with which the targets are of the size that training is made for.

    For means these are mean and standard deviation, or the mean alone where predictions
    are above zero; for quantiles the quantile itself, and a spread that outliers have
    no part in. Targets that are constant have their size as scale.

    Parameters
    ----------
    y : ndarray of shape (n, n_targets)
    w : ndarray of shape (n,)
        Weights, none of them zero.
    objective : NumberObjective
    """
    if objective.scaled_by == "mean":
        _check_some_above_zero(y, objective)
    columns = [_learn(column, w, objective) for column in y.T]
    shift, scale = np.array(columns, np.float64).T
    return {"shift": shift, "scale": scale}


def _check_some_above_zero(y: np.ndarray, objective: NumberObjective) -> None:
    zero = np.flatnonzero(~y.any(axis=0))
    if len(zero):
        which = "" if y.shape[1] == 1 else f" in column {zero[0]} of it"
        raise ValueError(
            f"loss={objective.name!r} needs some y above zero; all are 0{which}."
        )


def _learn(y: np.ndarray, w: np.ndarray, objective: NumberObjective) -> tuple:
    # By a power of two, which rounds nothing: squares and sums stay finite.
    exponent = int(np.frexp(np.abs(y).max())[1])
    y = np.ldexp(y, -exponent)
    if objective.scaled_by == "mean":
        shift, scale = 0.0, float(np.average(y, weights=w))
    elif objective.scaled_by == "moments":
        shift = float(np.average(y, weights=w))
        scale = float(np.sqrt(np.average(np.square(y - shift), weights=w)))
    else:
        shift = weighted_quantile(y, w, objective.centre)
        scale = _robust_spread(y, w)
    distance = float(np.abs(y - shift).max())
    if distance <= ROUNDING * abs(shift):  # constant, but rounded
        shift, scale = float(y[0]), float(abs(y[0])) or 1.0
    # At most one, the size of the largest number, as the next one is beyond float64.
    scale = min(max(scale, distance / MAX_SPREADS), 1.0)
    return np.ldexp(shift, exponent), max(np.ldexp(scale, exponent), SMALLEST)


def _robust_spread(y: np.ndarray, w: np.ndarray) -> float:
    """Interquartile range in standard deviations; where it is 0, the mean distance."""
    low, median, high = (weighted_quantile(y, w, q) for q in (0.25, 0.5, 0.75))
    if high > low:
        return (high - low) / IQR_OF_NORMAL
    return float(np.average(np.abs(y - median), weights=w))


def scaled(y: np.ndarray, scaling: TargetScaling) -> np.ndarray:
    """Targets as the loss takes them, float32 of shape (n, n_targets)."""
    # Halved, as the difference of the largest numbers is beyond float64.
    values = (y / 2 - scaling["shift"] / 2) / scaling["scale"] * 2
    # Adam makes large steps of small differences: none of a constant that is rounded.
    values[np.abs(values) <= 2 * ROUNDING] = 0.0
    limit = np.finfo(np.float32).max / 4
    if (np.abs(values) > limit).any():
        raise ValueError(
            f"y has values up to {np.abs(y).max():.3g}, too far from those that the "
            f"scale of the target was learnt from: {scaling['scale'].tolist()} around "
            f"{scaling['shift'].tolist()}. Give such values in the first call, or in "
            "the rows to train on."
        )
    return values.astype(np.float32)


def unscaled(values: np.ndarray, scaling: TargetScaling) -> np.ndarray:
    """Predictions in the units of y, float64; finite."""
    with np.errstate(over="ignore"):
        y = values * scaling["scale"] + scaling["shift"]
    return np.clip(y, -LARGEST, LARGEST)

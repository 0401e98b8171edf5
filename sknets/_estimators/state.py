"""The state of a fitted estimator: which attributes, and which version wrote them."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
from sklearn.exceptions import InconsistentVersionWarning

from .._version import __version__
from .._warnings import warn_user

# Raised when a release changes the fitted attributes so that older ones misread them.
STATE_FORMAT = 1


def fitted_names(estimator: Any) -> set[str]:
    """Names of all fitted attributes, but of no parameter such as ``optimizer__``."""
    names = set(vars(estimator)) - set(estimator.get_params(deep=False))
    return {name for name in names if name.endswith("_")}


def forget(estimator: Any) -> None:
    """Delete all fitted attributes."""
    for name in fitted_names(estimator):
        delattr(estimator, name)


def snapshot(estimator: Any) -> Any:
    """An estimator that shares all attributes of this moment, and then stays so.

    It is taken in one operation of the interpreter, so that it is never of two states
    while another thread calls `take_over`. (``copy.copy`` would pickle.)
    """
    attributes = dict(vars(estimator))
    twin = object.__new__(type(estimator))
    twin.__dict__ = attributes
    return twin


def take_over(estimator: Any, fitted: Any) -> None:
    """Replace all fitted attributes by those of `fitted`, in one operation."""
    old = fitted_names(estimator)
    attributes = {k: v for k, v in vars(estimator).items() if k not in old}
    new = {name: vars(fitted)[name] for name in fitted_names(fitted)}
    estimator.__dict__ = {**attributes, **new}


def joined(before: dict[str, list], after: dict[str, list]) -> dict[str, list]:
    """Histories of two runs, one behind the other; epochs without a value have NaN."""
    n_before = len(next(iter(before.values()), []))
    n_after = len(next(iter(after.values()), []))
    return {
        name: before.get(name, [np.nan] * n_before)
        + after.get(name, [np.nan] * n_after)
        for name in {**before, **after}
    }


def stamp(estimator: Any) -> None:
    """Note the versions that fit this estimator."""
    estimator.versions_ = {
        "sknets": __version__,
        "numpy": np.__version__,
        "state_format": STATE_FORMAT,
    }


def check_versions(state: dict[str, Any], name: str) -> None:
    """Warn for a state of another sknets version; refuse a newer format.

    Raises
    ------
    ValueError
        If the format is newer than this version of sknets knows.
    """
    versions = state.get("versions_")
    if versions is None:  # not fitted
        return
    if versions["state_format"] > STATE_FORMAT:
        raise ValueError(
            f"This {name} was fitted by sknets {versions['sknets']}, whose state "
            f"format {versions['state_format']} is newer than sknets {__version__} can "
            f"read (format {STATE_FORMAT}). Install sknets>={versions['sknets']}."
        )
    if versions["sknets"] != __version__:
        warn_user(
            InconsistentVersionWarning(
                estimator_name=name,
                current_sklearn_version=f"(sknets) {__version__}",
                original_sklearn_version=f"(sknets) {versions['sknets']}",
            ),
        )


def with_new_parameters(state: dict[str, Any], cls: type) -> dict[str, Any]:
    """The state, with the defaults of parameters that came after it was stored.

    Only a fitted estimator says which version stored it.
    """
    if "versions_" not in state:
        return state
    parameters = inspect.signature(cls).parameters.values()
    defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
    return {**state, **{**defaults, **state}}  # in the order of the state

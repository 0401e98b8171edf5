"""The state of a fitted estimator: which attributes, and which version wrote them."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.exceptions import InconsistentVersionWarning

from .._version import __version__

# Raised when a release changes the fitted attributes so that older ones misread them.
STATE_FORMAT = 1


def forget(estimator: Any) -> None:
    """Delete all fitted attributes, but no parameter such as ``optimizer__``."""
    for name in set(vars(estimator)) - set(estimator.get_params(deep=False)):
        if name.endswith("_"):
            delattr(estimator, name)


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
        warnings.warn(
            InconsistentVersionWarning(
                estimator_name=name,
                current_sklearn_version=f"(sknets) {__version__}",
                original_sklearn_version=f"(sknets) {versions['sknets']}",
            ),
            stacklevel=3,
        )

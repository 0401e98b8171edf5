"""What `set_fit_request` and its kin set, as plain values and back again."""

from __future__ import annotations

from typing import Any

import sklearn

# The attribute in which scikit-learn keeps them.
NAME = "_metadata_request"
Requests = dict[str, dict[str, bool | str | None]]


def plain(requests: Any) -> Requests:
    """What is requested of each metadata, by the names of the methods."""
    return {
        method: dict(own.requests)
        for method, own in vars(requests).items()
        if getattr(own, "requests", None)
    }


def restore(estimator: Any, requests: Requests) -> None:
    """Set what `plain` returned.

    Raises
    ------
    TypeError, ValueError, AttributeError
        For methods and metadata that the estimator has not.
    """
    with sklearn.config_context(enable_metadata_routing=True):
        for method, own in requests.items():
            getattr(estimator, f"set_{method}_request")(**own)

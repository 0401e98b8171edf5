"""Parameters of the Keras estimators: those of the signature and routed ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from .._keras.routing import argument_names, routed, takes_any

# What parameters with a prefix are for.
PREFIXES = (
    *("model", "optimizer", "loss", "metrics", "callbacks", "compile"),
    *("fit", "predict", "score"),
)


def is_routed(name: str) -> bool:
    return name.partition("__")[0] in PREFIXES and "__" in name


class KerasParams(BaseEstimator):
    """Keeps ``model__*`` and the like, and arguments of the build function.

    They are in a dictionary of their own, `_extra`, and found as attributes, too.
    """

    _extra: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        # Called for what is no attribute of its own.
        extra = vars(self).get("_extra", {})
        if name in extra:
            return extra[name]
        raise AttributeError(
            f"{type(self).__name__!r} object has no attribute {name!r}"
        )

    def _get_param_names(self) -> list[str]:
        """Names in the signatures of a class and those it hands arguments on to."""
        names: set[str] = set()
        for kind in type(self).__mro__:
            if "__init__" not in vars(kind) or kind is object:
                continue
            own = vars(kind)["__init__"]
            names |= set(argument_names(own)) - {"self"}
            if not takes_any(own):
                break
        return sorted(names | set(vars(self).get("_extra", {})))

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Get the parameters, with the routed ones that were given.

        Parameters
        ----------
        deep : bool, default=True
            Has no effect: no parameter is an estimator.

        Returns
        -------
        dict
            Parameter names mapped to their values.
        """
        return {name: getattr(self, name) for name in self._get_param_names()}

    def set_params(self, **params: Any) -> Any:
        """Set parameters, those with a prefix as ``model__width`` among them.

        Parameters
        ----------
        **params : dict
            Parameter names and values.

        Returns
        -------
        self : estimator
            This estimator.

        Raises
        ------
        ValueError
            For an unknown name, with the list of valid ones; nothing is set then.
        """
        known = self._get_param_names()
        for name in params:
            if name not in known and not is_routed(name):
                raise ValueError(
                    f"Invalid parameter {name} for estimator {type(self).__name__}. "
                    "This issue can likely be resolved by setting this parameter in "
                    f"the constructor, as {type(self).__name__}({name}=...), if it is "
                    "an argument of the build function. Valid parameters are: "
                    f"{known!r}, and those that start with "
                    f"{', '.join(f'{prefix}__' for prefix in PREFIXES)}."
                )
        own = set(known) - set(self._extra)
        for name, value in params.items():
            if name in own:
                setattr(self, name, value)
            else:
                self._extra = {**self._extra, name: value}
        return self

    def _all_params(self) -> dict[str, Any]:
        """Parameters, also those that the signature of a subclass leaves out.

        Numbers of NumPy, which grids have and Keras refuses, are plain ones.
        """
        own = {
            name: value
            for name, value in vars(self).items()
            if not name.startswith("_") and not name.endswith("_")
        }
        return {
            name: value.item() if isinstance(value, np.generic) else value
            for name, value in {**own, **self._extra}.items()
        }

    def _given(self, names: Iterable[str], prefix: str) -> dict[str, Any]:
        """Arguments for one destination: by their plain names, or with its prefix."""
        params = self._all_params()
        plain = {name: params[name] for name in names if name in params}
        return {**plain, **routed(params, prefix)}


def without_nested(params: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments that are for the destination itself, not for a part of it."""
    return {name: value for name, value in params.items() if "__" not in name}

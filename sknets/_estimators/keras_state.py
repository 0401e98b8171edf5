"""The state of the Keras estimators: arrays and plain values, nothing live."""

from __future__ import annotations

import copy
import copyreg
import sys
from collections.abc import Mapping
from typing import Any

from sklearn.base import BaseEstimator

from .._keras.stored import CONFIGURED, Stored, is_keras, store, without_model
from .keras_params import KerasParams
from .state import check_versions

# Made anew after loading.
LIVE = ("_model", "_predictor", "_first")
# Not a parameter, nor told by its name to be fitted.
PRIVATE = (*LIVE, "_custom")


class _Shared:
    """A Keras object that a clone shares, as no fit changes it."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __deepcopy__(self, memo: dict) -> _Shared:
        return self

    def restore(self, custom: Any) -> Any:
        return self.value


class KerasState(KerasParams):
    """Mixin that pickles, copies and clones without Keras' own ways to do that."""

    _model: Any

    def __reduce_ex__(self, protocol: Any) -> Any:
        """For pickle, joblib and copy, which keep functions as well."""
        return copyreg.__newobj__, (type(self),), self._state(code=True)  # type: ignore[attr-defined]

    def __getstate__(self) -> dict[str, Any]:
        """For formats that keep data alone, such as skops and `sknets.save`."""
        return self._state(code=False)

    def _state(self, *, code: bool) -> dict[str, Any]:
        kept = BaseEstimator.__getstate__(self)
        state = {}
        for name, value in kept.items():
            if name in LIVE:
                continue
            if name == "_extra":
                state[name] = {k: store(v, code=code) for k, v in value.items()}
            elif name == "_custom":
                state[name] = store(value, code=code) if code else {}
            elif name.endswith("_"):
                state[name] = value
            else:
                state[name] = store(value, code=code)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        check_versions(state, type(self).__name__)
        super().__setstate__(state)

    def __sklearn_clone__(self) -> Any:
        twin: Any = object.__new__(type(self))
        twin.__dict__.update(vars(self))
        twin._extra = {name: _shared(value) for name, value in self._extra.items()}
        for name in set(self._get_param_names()) - set(self._extra):
            setattr(twin, name, _shared(getattr(self, name)))
        clone = super(KerasState, twin).__sklearn_clone__()
        clone._restore_params(_Shared)
        return clone

    def _custom_objects(self) -> dict[str, Any]:
        """Classes and functions given by name, those that are there."""
        given = vars(self).get("custom_objects")
        if not isinstance(given, Mapping):
            return {}
        return {k: v for k, v in given.items() if not isinstance(v, Stored)}

    def _restore_params(
        self,
        kind: type = Stored,
        *,
        strict: bool = False,
        unneeded: tuple[str, ...] = (),
    ) -> None:
        """Put the objects in the place of what stands for them.

        Where one cannot be had, because its code is not there, that stays (or is an
        error, if `strict` and not `unneeded`): predicting does without.
        """
        params = {**vars(self), **self._extra}
        for name, value in params.items():
            if name in ("_custom", "_extra") or name.endswith("_"):
                continue
            if not stands(value, kind):
                continue
            try:
                found = _revived(value, self._custom_objects(), kind)
            except Exception as error:
                if strict and name.partition("__")[0] not in unneeded:
                    raise ValueError(
                        f"The parameter {name}={value!r} of this loaded estimator "
                        f"cannot be restored: {error} Import the code that it needs, "
                        f"or set it anew: set_params({name}=...)."
                    ) from error
                continue
            if name in self._extra:
                self._extra = {**self._extra, name: found}
            else:
                self.__dict__[name] = found

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Get the parameters, with the routed ones that were given.

        Parameters
        ----------
        deep : bool, default=True
            Has no effect: no parameter is an estimator.

        Returns
        -------
        dict
            Parameter names mapped to their values. In a loaded estimator, Keras
            objects are there as soon as Keras is imported.
        """
        if "keras" in sys.modules:
            self._restore_params()
        return super().get_params(deep)


def _shared(value: Any) -> Any:
    """Models and the like as they are, callbacks as copies."""
    if is_keras(value, *CONFIGURED):
        return _Shared(value)
    if is_keras(value, "callbacks.Callback"):
        return _Shared(copied_callback(value))
    if type(value) in (list, tuple):
        return type(value)(_shared(part) for part in value)
    if type(value) is dict:
        return {key: _shared(part) for key, part in value.items()}
    return value


def _revived(value: Any, custom: Any, kind: Any) -> Any:
    if isinstance(value, kind):
        return value.restore(custom)
    if type(value) in (list, tuple) and stands(value, kind):
        return type(value)(_revived(part, custom, kind) for part in value)
    if type(value) is dict and stands(value, kind):
        return {key: _revived(part, custom, kind) for key, part in value.items()}
    return value


def stands(value: Any, kind: type = Stored) -> bool:
    """Whether something in a parameter stands for something else."""
    if isinstance(value, dict):
        return any(stands(part, kind) for part in value.values())
    if isinstance(value, list | tuple):
        return any(stands(part, kind) for part in value)
    return isinstance(value, kind)


def copied_callback(callback: Any) -> Any:
    """A copy of a callback, without the model that it was used with."""
    model = getattr(callback, "_model", None)
    try:
        own = without_model(callback)
        return copy.deepcopy(own, {} if model is None else {id(model): None})
    except Exception:
        return callback

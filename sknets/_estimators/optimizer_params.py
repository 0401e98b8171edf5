"""Parameters of the optimizer, given as ``optimizer__*``.

They are the one exception to explicit keyword parameters, so `get_params` and
`set_params` are overridden here, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from sklearn.base import BaseEstimator

from .._training.optimizers import check_settings, make_optimizer
from .._training.update_rules import RULES
from . import other_names
from .parameter_types import Optimizer

_OPTIMIZER = "optimizer__"


class OptimizerParams(BaseEstimator):
    """Routes ``optimizer__*`` of `__init__` and `set_params` to the optimizer."""

    optimizer: Optimizer
    learning_rate: float | str | None
    weight_decay: float | str | None

    def _set_optimizer_params(self, params: Mapping[str, Any]) -> None:
        """Keep the ``optimizer__*`` arguments of `__init__`, for `get_params`."""
        for name, value in params.items():
            if not name.startswith(_OPTIMIZER):
                known = vars(self)
                raise TypeError(
                    f"{type(self).__name__}.__init__() got an unexpected keyword "
                    f"argument {name!r}.{other_names.hint(name, known)}"
                )
            setattr(self, name, value)

    @property
    def _optimizer_params(self) -> dict[str, Any]:
        return {
            name: value
            for name, value in sorted(vars(self).items())
            if name.startswith(_OPTIMIZER)
        }

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Get the parameters, with the ``optimizer__*`` ones that were given.

        Parameters
        ----------
        deep : bool, default=True
            Has no effect: no parameter is an estimator.

        Returns
        -------
        dict
            Parameter names mapped to their values.
        """
        return {**super().get_params(deep=False), **self._optimizer_params}

    def set_params(self, **params: Any) -> Self:
        """Set parameters; any ``optimizer__*`` that the optimizer has is one.

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
        own = {k: v for k, v in params.items() if not k.startswith(_OPTIMIZER)}
        settings = {k: v for k, v in params.items() if k.startswith(_OPTIMIZER)}
        optimizer = own.get("optimizer", self.optimizer)
        known = self.get_params()
        unknown = sorted(set(own) - set(known))
        if unknown:
            raise ValueError(
                f"Invalid parameter {unknown[0]!r} for estimator {self}."
                f"{other_names.hint(unknown[0], known)} Valid parameters are: "
                f"{sorted(known)!r}."
            )
        if _name(optimizer) in RULES:
            check_settings(optimizer, _without_prefix(settings))
        super().set_params(**own)
        for name, value in settings.items():
            setattr(self, name, value)
        return self

    def _settled_optimizer(self) -> Any:
        """The optimizer with its settings; "auto" counts as its own value."""
        return make_optimizer(
            self.optimizer,
            _number(self.learning_rate),
            _number(self.weight_decay),
            _without_prefix(self._optimizer_params),
        )

    def _is_auto(self, name: str) -> bool:
        """Whether a setting of the optimizer is "auto" and given nowhere else."""
        return (
            getattr(self, name) == "auto"
            and isinstance(self.optimizer, str | type)
            and f"{_OPTIMIZER}{name}" not in self._optimizer_params
        )


def _name(optimizer: Any) -> str | None:
    """Name of an optimizer that is given by its name or its class."""
    if isinstance(optimizer, type):
        optimizer = optimizer.__name__
    return optimizer.lower() if isinstance(optimizer, str) else None


def _number(value: Any) -> float | None:
    return None if isinstance(value, str) else value


def _without_prefix(params: Mapping[str, Any]) -> dict[str, Any]:
    return {name.removeprefix(_OPTIMIZER): value for name, value in params.items()}

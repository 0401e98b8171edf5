"""Every private name of scikit-learn that sknets uses, under a name of its own.

A release of scikit-learn may move such names without notice, so that no other module
imports one (a test reads the imports). They were tried with scikit-learn 1.6 to 1.9.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import sklearn

try:
    from sklearn.base import _fit_context
    from sklearn.utils import _safe_indexing as safe_indexing
    from sklearn.utils._param_validation import (
        HasMethods,
        Hidden,
        Interval,
        Options,
        RealNotInt,
        StrOptions,
        validate_parameter_constraints,
        validate_params,
    )
    from sklearn.utils.validation import _check_sample_weight as check_sample_weight
    from sklearn.utils.validation import _num_samples as num_samples
except ImportError as error:
    raise ImportError(
        "sknets needs scikit-learn 1.6 to 1.9, or one with the same inner parts; in "
        f"{sklearn.__version__}, which is installed, one of them is missing ({error}). "
        "Install another one with 'pip install \"scikit-learn>=1.6,<1.10\"', or a "
        "newer sknets.",
        name=error.name,
        path=error.path,
    ) from error

try:
    from sklearn.callback import CallbackSupportMixin
except ImportError:  # scikit-learn < 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Say why there are no callbacks."""

        def set_callbacks(self, *callbacks: Any) -> Any:
            """Raise, because the installed scikit-learn has no callbacks."""
            raise NotImplementedError(
                "set_callbacks needs scikit-learn 1.9 or newer; "
                f"{sklearn.__version__} is installed."
            )


class DocumentationLink:
    """Mixin: where the HTML display finds the page of an estimator of sknets."""

    _doc_link_module = "sknets"
    _doc_link_template = (
        "https://sknets.readthedocs.io/en/latest/api/generated/"
        "{estimator_module}.{estimator_name}.html"
    )


_Method = TypeVar("_Method", bound=Callable[..., Any])


def fit_context(*, prefer_skip_nested_validation: bool) -> Callable[[_Method], _Method]:
    """Decorator that checks the parameters before a method; it keeps its types."""
    return _fit_context(prefer_skip_nested_validation=prefer_skip_nested_validation)


def check_parameters(estimator: Any) -> None:
    """Check the parameters of an estimator whose `fit` is not called."""
    if not sklearn.get_config()["skip_parameter_validation"]:
        estimator._validate_params()


def has_callbacks(estimator: Any) -> bool:
    """Whether the estimator has callbacks, through `set_callbacks` or handed over."""
    return bool(getattr(estimator, "_skl_callbacks", None))


def callback_context(estimator: Any, task_name: str, max_subtasks: int) -> Any:
    """Root of the tasks that the callbacks of one `fit` are told of."""
    return estimator._init_callback_context(
        task_name=task_name, max_subtasks=max_subtasks
    )


def scorer_takes_weights(scorer: Any) -> bool:
    """Whether a scorer, or the function that scikit-learn made one of, has weights."""
    function = getattr(scorer, "_score_func", scorer)
    return "sample_weight" in inspect.signature(function).parameters


__all__ = [
    "CallbackSupportMixin",
    "DocumentationLink",
    "HasMethods",
    "Hidden",
    "Interval",
    "Options",
    "RealNotInt",
    "StrOptions",
    "callback_context",
    "check_parameters",
    "check_sample_weight",
    "fit_context",
    "has_callbacks",
    "num_samples",
    "safe_indexing",
    "scorer_takes_weights",
    "validate_parameter_constraints",
    "validate_params",
]

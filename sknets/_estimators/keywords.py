"""Keywords of other libraries' `fit` and `predict`: errors that name the way here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_VALIDATION = "Give the validation rows as X_val=..., y_val=..."
_SHARE = "Set the parameter validation_fraction=..."
_EPOCHS = "Set the parameter epochs=..."
_GOES_ON = "To go on from the weights there are, set warm_start=True."
_BLOCKS = "Predictions take the rows in blocks by themselves."

WAYS = {
    "validation_data": _VALIDATION,
    "eval_set": _VALIDATION,
    "validation_split": _SHARE,
    "initial_epoch": _GOES_ON,
    "max_iter": _EPOCHS,
    "n_epochs": _EPOCHS,
    "nb_epoch": _EPOCHS,
}
WAYS_TO_PREDICT = {
    "batch_size": _BLOCKS,
    "steps": _BLOCKS,
    "verbose": "Predictions print nothing.",
    "callbacks": "Predictions call none.",
}


def refuse_keywords(estimator: Any, method: str, others: Mapping[str, Any]) -> None:
    """Raise for keywords that a method does not have, and say what has them.

    Raises
    ------
    TypeError
        If there are any.
    """
    for keyword in others:
        name = type(estimator).__name__
        way = ""
        if "fit" not in method:
            way = WAYS_TO_PREDICT.get(keyword, "")
        elif keyword in WAYS:
            way = WAYS[keyword]
        elif keyword in estimator.get_params():
            way = (
                f"It is a parameter of the estimator: {name}({keyword}=...) or "
                f"set_params({keyword}=...)."
            )
        raise TypeError(
            f"{name}.{method}() got an unexpected keyword argument {keyword!r}. {way}"
        )

"""Scores of the user's choice after each epoch, by scikit-learn's scorers."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np

from .._core.objectives import Objective
from .._sklearn import scorer_takes_weights
from .state import snapshot

# Functions that return X, y and sample_weight as the caller gave them.
Given = Mapping[str, Callable[[], Any]]
Scorer = Callable[..., Any]


def recorded(objective: Objective) -> list[str]:
    """Names of what is recorded of every fit."""
    return ["loss"] if objective.metric is None else ["loss", objective.metric]


def scorers_of(scoring: Any, recorded: Sequence[str]) -> dict[str, Scorer]:
    """Scorers by the names under which they are recorded.

    A metric among `recorded` is recorded anyway, and needs no scorer.

    Raises
    ------
    ValueError
        For an unknown scorer, or a name that is taken.
    """
    named = _named(scoring, recorded)
    taken = [n for n in named if n in recorded or n.startswith("val_")]
    if taken:
        raise ValueError(
            f"scoring cannot record anything as {taken[0]!r}: history_ has other "
            "values under this name. Give a dict with another name for the scorer."
        )
    if not named:
        return {}
    from sklearn.metrics import get_scorer

    for name, scorer in named.items():
        _check_scorer(name, scorer)
    return {
        name: get_scorer(scorer) if isinstance(scorer, str) else scorer
        for name, scorer in named.items()
    }


def _named(scoring: Any, recorded: Sequence[str]) -> dict[str, Any]:
    if scoring is None:
        return {}
    if isinstance(scoring, Mapping):
        named = dict(scoring)
    elif callable(scoring):
        named = {"score": scoring}
    else:
        names = [scoring] if isinstance(scoring, str) else list(scoring)
        named = {name: name for name in names if name not in recorded[1:]}
    wrong = [n for n, s in named.items() if not (isinstance(s, str) or callable(s))]
    if wrong or not all(isinstance(name, str) for name in named):
        raise ValueError(
            "scoring must be the name of a scorer, a callable, a list of names or a "
            f"dict from names to names or callables; got {scoring!r}."
        )
    return named


def _check_scorer(name: str, scorer: Any) -> None:
    """Raise for a callable that cannot be called as scorer(estimator, X, y)."""
    if isinstance(scorer, str):
        return
    fits = not isinstance(scorer, type)
    try:
        inspect.signature(scorer).bind(None, None, None)
    except TypeError:
        fits = False
    except ValueError:  # some functions in C do not say
        pass
    if not fits:
        raise TypeError(
            f"scoring has {scorer!r} as {name!r}, which cannot be called as "
            "scorer(estimator, X, y). Make a scorer of a metric by "
            "sklearn.metrics.make_scorer."
        )


class EpochScores:
    """Scores of training and validation rows with the weights of an epoch.

    Parameters
    ----------
    estimator : estimator
        Has all fitted attributes but the weights.
    scorers : dict of callable
    rows : dict
        X, y and sample_weight as the caller gave them, of the training rows under
        "" and of the validation rows, if there are some, under "val_".
    """

    def __init__(
        self, estimator: Any, scorers: dict[str, Scorer], rows: dict[str, Given]
    ) -> None:
        self._estimator, self._scorers, self._rows = estimator, scorers, rows
        self.names = [prefix + name for prefix in rows for name in scorers]

    def __call__(
        self, weights: list[np.ndarray], logits: Mapping[str, np.ndarray]
    ) -> dict[str, float]:
        """Scores by the names in `names`; `logits` are those of the rows."""
        scores: dict[str, float] = {}
        for prefix, given in self._rows.items():
            X, y = given["X"](), given["y"]()
            fitted = _with_known_logits(self._estimator, weights, X, logits[prefix])
            sample_weight = given["sample_weight"]()
            for name, scorer in self._scorers.items():
                weighted = sample_weight is not None and scorer_takes_weights(scorer)
                options = {"sample_weight": sample_weight} if weighted else {}
                score = scorer(fitted, X, y, **options)
                scores[prefix + name] = _number(name, score)
        return scores


def _with_known_logits(
    estimator: Any, weights: list[np.ndarray], X: Any, logits: np.ndarray
) -> Any:
    """A fitted estimator that need not compute its answers for this one X."""
    fitted = snapshot(estimator)
    fitted.weights_ = weights
    compute = fitted._check_and_run
    fitted._check_and_run = lambda rows: logits if rows is X else compute(rows)
    return fitted


def _number(name: str, score: Any) -> float:
    if not isinstance(score, Real):
        raise TypeError(
            f"The scorer {name!r} in scoring must return a number; got {score!r}."
        )
    return float(score)

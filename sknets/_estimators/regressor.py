"""The template of the three regressors: numbers, scaled to train and turned back."""

from __future__ import annotations

from numbers import Real
from typing import Any, Never, Self

import numpy as np

from .._core.layers.base import Weights
from .._core.objectives import NUMBER_OBJECTIVES, NumberObjective, Quantile
from .._dask import kind_of, lazily
from .._sklearn import Interval, StrOptions, fit_context
from . import number_targets
from .base import LossTerms, NeuralNet
from .held_out import given_validation
from .keywords import refuse_keywords
from .number_targets import TargetScaling
from .scored import ScoredRegressor
from .state import snapshot


class NeuralNetRegressor(ScoredRegressor, NeuralNet):
    """Base of the three regressors.

    A `partial_fit` of one row tells nothing of the spread of the target, which then is
    the size of its number.
    """

    _parameter_constraints: dict[str, list] = {
        **NeuralNet._parameter_constraints,
        "loss": [StrOptions(set(NUMBER_OBJECTIVES))],
        "quantile": [Interval(Real, 0, 1, closed="both"), None],
    }

    loss: str
    quantile: float | None
    objective_: dict[str, Any]
    target_scaling_: TargetScaling
    target_shape_: tuple[int, ...]

    # --- Training --------------------------------------------------------------------

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
        **others: Never,
    ) -> Self:
        """Train one epoch on some rows, going on from the weights of now.

        The first call settles the scaling of the input and of the target, so that its
        rows should be many, and like those to come; an X in which nothing varies is an
        error. `early_stopping`,
        `validation_fraction`, `epochs`, `learning_rate_schedule` and `warmup` play no
        part, and sample weights are taken as they are, not relative to their mean. For
        callbacks each call is a training of its own, of one epoch, whose number counts
        on.

        Parameters
        ----------
        X : array-like
            Training input, see the class.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights in the loss.
        X_val, y_val : array-like, default=None
            Validation rows, whose loss and scores `history_` records.
        sample_weight_val : array-like of shape (n_val_samples,), default=None
            Weights in the validation loss and scores.
        **others : dict
            Keywords of other libraries: an error that says what has them here.

        Returns
        -------
        self : estimator
            The fitted estimator.
        """
        refuse_keywords(self, "partial_fit", others)
        validation = given_validation(X_val, y_val, sample_weight_val)
        with self._fitted_aside() as aside:
            aside._fit(X, y, sample_weight, validation, one_pass=True)
        return self

    @property
    def _objective(self) -> NumberObjective:
        if self.objective_["loss"] == Quantile.name:
            return Quantile(self.objective_["quantile"])
        return NUMBER_OBJECTIVES[self.objective_["loss"]]()

    def _check_y(self, y: Any) -> tuple[np.ndarray, np.ndarray | None]:
        numbers = number_targets.check_numbers(y, self)
        number_targets.check_domain(numbers, NUMBER_OBJECTIVES[self.loss])
        return numbers, None

    def _learn_target(
        self,
        y: np.ndarray,
        names: np.ndarray | None,
        classes: Any,
        goes_on: bool,
        one_pass: bool,
    ) -> None:
        if self.loss == Quantile.name and self.quantile is None:
            raise ValueError(
                "loss='quantile' needs to know which one: set quantile, such as "
                "quantile=0.5 for the median; got None."
            )
        is_quantile = self.loss == Quantile.name
        asked = {"loss": self.loss, "quantile": self.quantile if is_quantile else None}
        if not goes_on:
            self.target_shape_ = y.shape[1:]
            self.objective_ = asked
        for name, value in asked.items():
            if value != self.objective_[name]:
                raise ValueError(
                    "warm_start and partial_fit go on from weights fitted with "
                    f"{name}={self.objective_[name]!r}; now {name}={value!r}. Set it "
                    "back, or fit with warm_start=False."
                )

    def _encode(self, y: np.ndarray, names: np.ndarray | None) -> np.ndarray:
        if y.shape[1:] != self.target_shape_:
            expected = ", ".join(["n", *map(str, self.target_shape_)])
            raise ValueError(
                f"y has shape {y.shape}, but the targets were learned from y of shape "
                f"({expected})."
            )
        return number_targets.as_columns(y)

    def _loss_terms(
        self, encoded: np.ndarray, weight: np.ndarray, goes_on: bool
    ) -> LossTerms:
        if not goes_on:
            self.target_scaling_ = number_targets.learn_scaling(
                encoded, weight, self._objective
            )
        return lambda encoded, weight: (
            number_targets.scaled(encoded, self.target_scaling_),
            np.repeat(weight[:, None], encoded.shape[1], axis=1),
        )

    def _first_weights(
        self, data: Any, rng: np.random.Generator, goes_on: bool, one_pass: bool
    ) -> Weights:
        weights = super()._first_weights(data, rng, goes_on, one_pass)
        if not goes_on:  # from the best constant answer
            weights[-2] = np.zeros_like(weights[-2])
        return weights

    @property
    def _n_outputs(self) -> int:
        return len(self.target_scaling_["shift"])

    def _prediction_scaling(self) -> dict[str, Any]:
        return dict(self.target_scaling_)

    # --- Predicting ------------------------------------------------------------------

    def predict(self, X: Any, **others: Never) -> np.ndarray:
        """Predict numbers.

        Parameters
        ----------
        X : array-like
            Input, see the class.
        **others : dict
            Keywords of other libraries: an error that says what has them here.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Means, medians or quantiles, as `loss` says, in the units and the shape of
            y; float64.
        """
        refuse_keywords(self, "predict", others)
        fitted = snapshot(self)
        if kind_of(X):
            return lazily(fitted, "predict", X)
        logits = fitted._check_and_run(X)
        values = fitted._objective.values(logits)
        y = number_targets.unscaled(values, fitted.target_scaling_)
        return y.reshape(-1, *fitted.target_shape_)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

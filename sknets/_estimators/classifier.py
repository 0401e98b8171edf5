"""The template of the three classifiers: class labels and their weights."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any, Never, Self

import numpy as np
from sklearn.base import ClassifierMixin

from .._core.layers.base import Weights
from .._sklearn import Interval, StrOptions, fit_context
from . import targets
from .base import LossTerms, NeuralNet
from .held_out import given_validation
from .keywords import refuse_keywords
from .parameter_types import ClassWeight
from .predictions import ClassPredictions

# Most label smoothing of "auto".
MAX_SMOOTHING = 0.02


class NeuralNetClassifier(ClassPredictions, ClassifierMixin, NeuralNet):
    """Base of the three classifiers."""

    _parameter_constraints: dict[str, list] = {
        **NeuralNet._parameter_constraints,
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
        "class_weight": [dict, list, StrOptions({"balanced"}), None],
    }

    _is_stratified = True
    label_smoothing: Any
    class_weight: ClassWeight

    # --- Training --------------------------------------------------------------------

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(
        self,
        X: Any,
        y: Any,
        classes: Any = None,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
        **others: Never,
    ) -> Self:
        """Train one epoch on some rows, going on from the weights of now.

        The first call settles the classes and the input scaling, so that its rows
        should be like those to come; an X in which nothing varies is an error.
        `early_stopping`, `validation_fraction`, `epochs`, `learning_rate_schedule` and
        `warmup` play no part, sample weights are taken as they are, not relative to
        their mean, and ``class_weight="balanced"`` balances the rows of each call. For
        callbacks each call is a training of its own, of one epoch, whose number counts
        on.

        Parameters
        ----------
        X : array-like
            Training input, see the class.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Class labels, or an indicator matrix.
        classes : array-like of shape (n_classes,), default=None
            All classes that will come; needed in the first call unless y has them
            all.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights in the loss.
        X_val, y_val : array-like, default=None
            Validation rows, whose loss, accuracy and scores `history_` records.
        sample_weight_val : array-like of shape (n_val_samples,), default=None
            Weights in the validation loss, accuracy and scores.
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
            aside._fit(X, y, sample_weight, validation, classes=classes, one_pass=True)
        return self

    def _check_y(self, y: Any) -> tuple[np.ndarray, np.ndarray | None]:
        return targets.check_target(y, self)

    def _learn_target(
        self,
        y: np.ndarray,
        names: np.ndarray | None,
        classes: Any,
        goes_on: bool,
        one_pass: bool,
    ) -> None:
        if goes_on:
            if classes is not None:
                targets.check_same_classes(classes, self.classes_)
            return
        self.target_type_, self.classes_ = targets.learn_classes(y, names, classes)
        if self.target_type_ == targets.MULTILABEL:
            targets.warn_if_one_hot(y)
            return
        if one_pass and classes is None:
            targets.refuse_one_class(self.classes_)
        targets.warn_if_one_class(self.classes_)

    def _encode(self, y: np.ndarray, names: np.ndarray | None) -> np.ndarray:
        return targets.encode(y, names, self._objective, self.classes_)

    def _loss_terms(
        self, encoded: np.ndarray, weight: np.ndarray, goes_on: bool
    ) -> LossTerms:
        tables = targets.class_tables(
            encoded, weight, self.class_weight, self.classes_, self.target_type_
        )
        return lambda encoded, weight: (
            encoded,
            targets.class_weighted(encoded, weight, tables),
        )

    @property
    def _n_outputs(self) -> int:
        return self._objective.n_outputs(self.classes_)

    def _label_smoothing(self, n_rows: int) -> float:
        if self.label_smoothing == "auto":
            return min(MAX_SMOOTHING, 1 / math.sqrt(n_rows))
        return self.label_smoothing

    def _final_weights(
        self, trained: Any, data: Any, settings: Any, rng: np.random.Generator
    ) -> Weights:
        weights: Weights = trained.weights
        # Where training is to go on, the shift would be made again each time.
        if self.label_smoothing != "auto" or self.warm_start:
            return weights
        rows, smoothing = data.sample, settings.label_smoothing
        shift = self._objective.rare_class_shift(
            rows.y, rows.w, smoothing, len(weights[-1])
        )
        return [*weights[:-1], weights[-1] + shift] if shift.any() else weights

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

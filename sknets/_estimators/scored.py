"""The score of regressors, documented here."""

from __future__ import annotations

from typing import Any

from sklearn.base import RegressorMixin


class ScoredRegressor(RegressorMixin):
    """scikit-learn's mixin; its docstring links to pages that are not ours."""

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Coefficient of determination of the predictions.

        That is ``1 - sum((y - predicted)**2) / sum((y - mean(y))**2)``: one is best, a
        constant mean has zero, and it can be negative.

        Parameters
        ----------
        X : array-like
            Input, see the class.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            True numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        float
            The mean over the outputs.
        """
        return super().score(X, y, sample_weight)

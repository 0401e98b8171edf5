"""The dense estimators under the names of MLPClassifier and MLPRegressor, for the tests
of the latter."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

from sknets import DenseNetClassifier, DenseNetRegressor

ACTIVATIONS = {"identity": "linear", "logistic": "sigmoid"}


class Mapped(BaseEstimator):
    """Parameters and fitted attributes of an MLP estimator, those that there are.

    What has no counterpart (solver="lbfgs", adaptive rates, private attributes) is an
    error, so that its tests fail.
    """

    network: Any
    score_name: str

    def __init__(
        self, hidden_layer_sizes=(100,), activation="relu", *, loss="squared_error",
        solver="adam", alpha=0.0001, batch_size="auto", learning_rate="constant",
        learning_rate_init=0.001, power_t=0.5, max_iter=200, shuffle=True,
        random_state=None, tol=1e-4, verbose=False, warm_start=False, momentum=0.9,
        nesterovs_momentum=True, early_stopping=False, validation_fraction=0.1,
        beta_1=0.9, beta_2=0.999, epsilon=1e-8, n_iter_no_change=10, max_fun=15000,
    ):  # fmt: skip
        for name, value in locals().items():
            if name not in ("self", "__class__"):
                setattr(self, name, value)

    def _make(self) -> Any:
        if self.solver == "lbfgs":
            raise NotImplementedError("solver='lbfgs'")
        batch_size = 200 if self.batch_size == "auto" else self.batch_size
        settings = {"momentum": self.momentum, "nesterov": self.nesterovs_momentum}
        if self.solver == "adam":
            names = ("beta_1", "beta_2", "epsilon")
            settings = {name: getattr(self, name) for name in names}
        return self.network(
            width=self.hidden_layer_sizes, dropout=0.0, input_scaling=None,
            activation=ACTIVATIONS.get(self.activation, self.activation),
            optimizer=self.solver, learning_rate=self.learning_rate_init,
            learning_rate_schedule=self.learning_rate, weight_decay=0.0,
            epochs=self.max_iter,
            batch_size=batch_size, l2=self.alpha / (2 * batch_size),
            shuffle=self.shuffle, random_state=self.random_state, tol=self.tol,
            patience=self.n_iter_no_change, warm_start=self.warm_start,
            verbose=int(self.verbose), early_stopping=True,
            monitor=self.score_name if self.early_stopping else "loss",
            validation_fraction=self.validation_fraction if self.early_stopping
            else None,
            **self._own_settings(),
            **{f"optimizer__{name}": value for name, value in settings.items()},
        )  # fmt: skip

    def _own_settings(self) -> dict[str, Any]:
        raise NotImplementedError

    def _train(self, method: str, *args: Any, **kwargs: Any) -> Any:
        fresh = self._make()
        goes_on = hasattr(self, "net_") and (self.warm_start or method != "fit")
        net = self.net_.set_params(**fresh.get_params()) if goes_on else fresh
        before = getattr(net, "n_iter_", 0)
        getattr(net, method)(*args, **kwargs)
        self.net_, self.n_iter_ = net, net.n_iter_ - before
        self.n_features_in_ = net.n_features_in_
        for name in ("classes_", "feature_names_in_"):
            if hasattr(net, name):
                setattr(self, name, getattr(net, name))
        self.coefs_, self.intercepts_ = net.weights_[::2], net.weights_[1::2]
        self.loss_curve_ = net.history_["loss"]
        self.loss_ = self.loss_curve_[-1]
        self.n_layers_ = len(self.coefs_) + 1
        self.best_loss_ = None if self.early_stopping else min(self.loss_curve_)
        self.validation_scores_ = net.history_.get(f"val_{self.score_name}")
        scores = self.validation_scores_
        self.best_validation_score_ = np.max(scores) if scores else None
        return self

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        return self._train("fit", X, y, sample_weight)

    def predict(self, X: Any) -> Any:
        return self.net_.predict(X)


class MappedClassifier(ClassifierMixin, Mapped):
    """MLPClassifier's names for DenseNetClassifier."""

    network, score_name = DenseNetClassifier, "accuracy"

    def _own_settings(self) -> dict[str, Any]:
        return {"label_smoothing": 0.0}

    def partial_fit(
        self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None
    ) -> Any:
        return self._train("partial_fit", X, y, classes, sample_weight)

    def predict_proba(self, X: Any) -> Any:
        return self.net_.predict_proba(X)

    def predict_log_proba(self, X: Any) -> Any:
        return self.net_.predict_log_proba(X)


class MappedRegressor(RegressorMixin, Mapped):
    """MLPRegressor's names for DenseNetRegressor."""

    network, score_name = DenseNetRegressor, "r2"

    def _own_settings(self) -> dict[str, Any]:
        # Of a regressor, R2 is recorded where it is asked for alone.
        return {"loss": self.loss, "scoring": "r2" if self.early_stopping else None}

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        return self._train("partial_fit", X, y, sample_weight)

"""DenseNetClassifier under the names of MLPClassifier, for the tests of the latter."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from sknets import DenseNetClassifier

ACTIVATIONS = {"identity": "linear", "logistic": "sigmoid"}


class MappedClassifier(ClassifierMixin, BaseEstimator):
    """The parameters and fitted attributes of MLPClassifier, those that there are.

    What has no counterpart (solver="lbfgs", adaptive rates, private attributes) is an
    error, so that its tests fail.
    """

    def __init__(
        self, hidden_layer_sizes=(100,), activation="relu", *, solver="adam",
        alpha=0.0001, batch_size="auto", learning_rate="constant",
        learning_rate_init=0.001, power_t=0.5, max_iter=200, shuffle=True,
        random_state=None, tol=1e-4, verbose=False, warm_start=False, momentum=0.9,
        nesterovs_momentum=True, early_stopping=False, validation_fraction=0.1,
        beta_1=0.9, beta_2=0.999, epsilon=1e-8, n_iter_no_change=10, max_fun=15000,
    ):  # fmt: skip
        for name, value in locals().items():
            if name not in ("self", "__class__"):
                setattr(self, name, value)

    def _make(self) -> DenseNetClassifier:
        if self.solver == "lbfgs":
            raise NotImplementedError("solver='lbfgs'")
        batch_size = 200 if self.batch_size == "auto" else self.batch_size
        own = {"momentum": self.momentum, "nesterov": self.nesterovs_momentum}
        if self.solver == "adam":
            own = {n: getattr(self, n) for n in ("beta_1", "beta_2", "epsilon")}
        return DenseNetClassifier(
            width=self.hidden_layer_sizes, dropout=0.0, input_scaling=None,
            activation=ACTIVATIONS.get(self.activation, self.activation),
            optimizer=self.solver, learning_rate=self.learning_rate_init,
            learning_rate_schedule=self.learning_rate, weight_decay=0.0,
            label_smoothing=0.0, epochs=self.max_iter,
            batch_size=batch_size, l2=self.alpha / (2 * batch_size),
            shuffle=self.shuffle, random_state=self.random_state, tol=self.tol,
            patience=self.n_iter_no_change, warm_start=self.warm_start,
            verbose=int(self.verbose), early_stopping=True,
            monitor="accuracy" if self.early_stopping else "loss",
            validation_fraction=self.validation_fraction if self.early_stopping
            else None,
            **{f"optimizer__{name}": value for name, value in own.items()},
        )  # fmt: skip

    def _train(self, method: str, *args: Any, **kwargs: Any) -> Any:
        fresh = self._make()
        goes_on = hasattr(self, "net_") and (self.warm_start or method != "fit")
        net = self.net_.set_params(**fresh.get_params()) if goes_on else fresh
        before = getattr(net, "n_iter_", 0)
        getattr(net, method)(*args, **kwargs)
        self.net_, self.n_iter_ = net, net.n_iter_ - before
        self.classes_, self.n_features_in_ = net.classes_, net.n_features_in_
        self.coefs_, self.intercepts_ = net.weights_[::2], net.weights_[1::2]
        self.loss_curve_ = net.history_["loss"]
        self.loss_ = self.loss_curve_[-1]
        self.n_layers_ = len(self.coefs_) + 1
        self.best_loss_ = None if self.early_stopping else min(self.loss_curve_)
        self.validation_scores_ = net.history_.get("val_accuracy")
        scores = self.validation_scores_
        self.best_validation_score_ = np.max(scores) if scores else None
        return self

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        return self._train("fit", X, y, sample_weight)

    def partial_fit(
        self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None
    ) -> Any:
        return self._train("partial_fit", X, y, classes, sample_weight)

    def predict(self, X: Any) -> Any:
        return self.net_.predict(X)

    def predict_proba(self, X: Any) -> Any:
        return self.net_.predict_proba(X)

    def predict_log_proba(self, X: Any) -> Any:
        return self.net_.predict_log_proba(X)

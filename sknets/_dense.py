"""DenseNetClassifier: a multilayer perceptron with dropout."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils._param_validation import StrOptions

from . import inference, scaling
from ._base import NeuralNetClassifier
from ._validation import check_rows
from .network import Layer, Shape, dense_layers


class DenseNetClassifier(NeuralNetClassifier):
    """Dense layers with dropout."""

    _parameter_constraints = {
        **NeuralNetClassifier._parameter_constraints,
        "width": ["array-like", int],
        "dropout": ["array-like", float, int],
        "input_scaling": [StrOptions({"standard", "robust"}), None],
    }

    def __init__(
        self,
        width=128,
        dropout=0.0,
        *,
        activation="relu",
        input_scaling="robust",
        epochs="auto",
        batch_size="auto",
        optimizer="adam",
        learning_rate=None,
        learning_rate_schedule="cosine",
        warmup=0.0,
        weight_decay=None,
        label_smoothing=0.0,
        early_stopping=False,
        validation_fraction=0.1,
        patience=10,
        class_weight=None,
        warm_start=False,
        callbacks=None,
        random_state=None,
        verbose=0,
        **optimizer__,
    ):
        self.width = width
        self.dropout = dropout
        self.activation = activation
        self.input_scaling = input_scaling
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.learning_rate_schedule = learning_rate_schedule
        self.warmup = warmup
        self.weight_decay = weight_decay
        self.label_smoothing = label_smoothing
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.class_weight = class_weight
        self.warm_start = warm_start
        self.callbacks = callbacks
        self.random_state = random_state
        self.verbose = verbose
        self._set_optimizer_params(optimizer__)

    def _check_X(self, X: Any, *, reset: bool) -> Any:
        return check_rows(self, X, reset=reset)

    def _learn_input(self, X: Any, index: np.ndarray, weights: np.ndarray) -> Any:
        learn = {
            "standard": scaling.learn_standard,
            "robust": scaling.learn_robust,
            None: lambda *_: scaling.identity(),
        }[self.input_scaling]
        self.input_scaling_ = learn(X, index, weights)
        return X

    def _layers(self, n_outputs: int) -> list[Layer]:
        return dense_layers(self.width, self.dropout, self.activation, n_outputs)

    def _input_shape(self) -> Shape:
        return (self.n_features_in_,)

    def _logits(self, X: Any) -> np.ndarray:
        return inference.logits(
            self.network_,
            self.weights_,
            lambda rows: scaling.apply(
                scaling.dense_rows(X, rows), self.input_scaling_
            ),
            X.shape[0],
            self._input_shape(),
        )

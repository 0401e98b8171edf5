"""SmallCNNClassifier: convolutions, max-pooling, dense layers."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.utils._param_validation import StrOptions

from . import inference, scaling
from ._base import NeuralNetClassifier
from ._images import pixel_scale, settle_image_shape
from ._validation import check_rows
from .network import Layer, Shape, cnn_layers


class SmallCNNClassifier(NeuralNetClassifier):
    """Convolutions and max-pooling for small images."""

    _parameter_constraints = {
        **NeuralNetClassifier._parameter_constraints,
        "width": ["array-like", int],
        "dropout": ["array-like", float, int],
        "kernel_size": ["array-like", int],
        "padding": [StrOptions({"valid", "same"})],
        "pool_last": ["boolean"],
        "dense_width": ["array-like", int],
        "image_shape": [tuple, list, None],
    }

    def __init__(
        self,
        width=(32, 64, 128),
        dropout=0.2,
        *,
        activation="relu",
        kernel_size=3,
        padding="valid",
        pool_last=False,
        dense_width=(),
        image_shape=None,
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
        self.kernel_size = kernel_size
        self.padding = padding
        self.pool_last = pool_last
        self.dense_width = dense_width
        self.image_shape = image_shape
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
        X = check_rows(self, X, reset=reset)
        if reset:
            self.image_shape_ = settle_image_shape(
                X.shape[1:], self.image_shape, "last"
            )
            self.pixel_type_ = pixel_scale(X.dtype) or "any"
        else:
            settle_image_shape(X.shape[1:], self.image_shape_, "last")
            self._check_pixel_type(X)
            self._warn_of_range(X)
        return X

    def _check_pixel_type(self, X: Any) -> None:
        """Raise if X has pixels on another scale than those seen at `fit`."""
        fitted, now = self.pixel_type_, pixel_scale(X.dtype) or "any"
        low, high = self.pixel_range_
        # Floats beyond 1 are counted in the same units as the bytes of an image.
        same_units = (fitted, now) == ("float", "uint8") and low == 0 and high > 1
        if "any" in (fitted, now) or fitted == now or same_units:
            return
        raise ValueError(
            f"X has pixels of type {X.dtype}, but {type(self).__name__} was fitted on "
            f"pixels of type {fitted} between {low:g} and {high:g}. Pass pixels as in "
            "fit, without scaling them yourself: for whole numbers 0..255, "
            "X.astype(np.uint8); for floats on another scale, fit on them, too."
        )

    def _warn_of_range(self, X: Any) -> None:
        """Warn if all of X lies far outside or far inside the range seen at `fit`."""
        values = X.data if hasattr(X, "indptr") else X
        if values.size == 0:
            return
        low, high = self.pixel_range_
        spread = high - low
        top, bottom = float(values.max()), float(values.min())
        outside = top > high + spread or bottom < low - spread
        inside = X.shape[0] > 1 and low == 0 and bottom >= 0 and top <= spread / 50
        if outside or inside:
            warnings.warn(
                f"Pixels of X lie between {bottom:g} and {top:g}, those seen in fit "
                f"between {low:g} and {high:g}: X seems to be scaled otherwise.",
                UserWarning,
                stacklevel=4,
            )

    def _learn_input(self, X: Any, index: np.ndarray, weights: np.ndarray) -> Any:
        self.pixel_range_, self.input_scaling_ = scaling.learn_pixels(X, index)
        return X

    def _layers(self, n_outputs: int) -> list[Layer]:
        return cnn_layers(
            self.image_shape_,
            self.width,
            self.dropout,
            self.activation,
            self.kernel_size,
            self.padding,
            self.pool_last,
            self.dense_width,
            n_outputs,
        )

    def _input_shape(self) -> Shape:
        return self.image_shape_

    def _logits(self, X: Any) -> np.ndarray:
        shape = self.image_shape_

        def images(rows: slice) -> np.ndarray:
            flat = scaling.apply(scaling.dense_rows(X, rows), self.input_scaling_)
            return flat.reshape(len(flat), *shape)

        return inference.logits(self.network_, self.weights_, images, X.shape[0], shape)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

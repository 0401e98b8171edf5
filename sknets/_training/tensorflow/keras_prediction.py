"""Compiled prediction with a Keras model, shared by estimators with equal models."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf
from scipy.sparse import issparse

from ..._keras import copies
from ..._tensorflow import keras
from ..keras_training import take, to_keras
from .keras_program import MAX_PROGRAMS, specs, traced

# Rows that go through the model at a time: bytes of them, and their number.
BLOCK_BYTES = 1 << 22
BLOCK_ROWS = 32, 4096


class KerasPredictor:
    """A model and the function that predicts with it, for one caller at a time.

    Parameters
    ----------
    model : keras.Model
    signature : TensorSpecs of rows
    owned : bool, default=True
        Whether nobody else can change the weights of the model.
    """

    def __init__(self, model: Any, signature: Any, *, owned: bool = True) -> None:
        self.model, self._owned = model, owned
        self._lock = threading.Lock()
        self._loaded: Any = None
        self._function = traced(self._outputs, signature)

    def _outputs(self, x: Any) -> Any:
        return self.model(x, training=False)

    def predict(self, x: Any, weights: Any) -> Any:
        """Outputs for x, with these weights."""
        with self._lock:
            if self._loaded is not weights or not self._owned:
                copies.write(self.model.weights, weights)
                self._loaded = weights
            parts = [self._function(_filled(block)) for block in _blocks(x)]
        return tf.nest.map_structure(
            lambda *tensors: np.concatenate([t.numpy() for t in tensors]), *parts
        )


def row_specs(x: Any) -> Any:
    """TensorSpecs of rows as a model gets them."""
    return specs(_first_row(x))


def _blocks(x: Any) -> list[Any]:
    n_rows = keras.tree.flatten(x)[0].shape[0]
    row_bytes = max(1, sum(a.nbytes for a in keras.tree.flatten(_first_row(x))))
    size = int(np.clip(BLOCK_BYTES // row_bytes, *BLOCK_ROWS))
    return [
        keras.tree.map_structure(lambda a, s=start: a[s : s + size], x)
        for start in range(0, n_rows, size)
    ]


def _first_row(x: Any) -> Any:
    return _filled(take(x, np.arange(1)))


def _filled(x: Any) -> Any:
    """Arrays, with the zeros that sparse ones do not store."""
    return keras.tree.map_structure(lambda a: to_keras(a) if issparse(a) else a, x)


_predictors: OrderedDict[Any, KerasPredictor] = OrderedDict()
_lock = threading.Lock()


def predict(key: Any, build: Callable[[], Any], weights: Any, x: Any) -> Any:
    """Predict with the model of this key.

    Parameters
    ----------
    key : hashable
        Equal for models that are equal but for their weights.
    build : callable
        Returns a model of its own to predict with.
    weights : list of ndarray
    x : arrays as the model takes them
        Sparse ones are filled up in blocks of rows.
    """
    signature = row_specs(x)
    full_key = key, str(signature), keras.config.floatx()
    with _lock:
        predictor = _predictors.get(full_key)
        if predictor is not None:
            _predictors.move_to_end(full_key)
    if predictor is None:
        predictor = KerasPredictor(build(), signature)
        with _lock:
            predictor = _predictors.setdefault(full_key, predictor)
            while len(_predictors) > MAX_PROGRAMS:
                _predictors.popitem(last=False)
    return predictor.predict(x, weights)

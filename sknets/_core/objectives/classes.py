"""Objectives of the classifiers: one class of two or several, or several labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import entr, log_expit, logit, logsumexp

from ..probabilities import log_sigmoid, log_softmax, sigmoid, softmax
from .base import Objective, row_weights

# Stands for the frequency of a class of which there are no rows.
LEAST_SHARE = 1e-6


class ClassObjective(Objective):
    """An objective with classes."""

    def n_outputs(self, classes: np.ndarray) -> int:
        return len(classes)

    def encode(self, y: np.ndarray, classes: np.ndarray) -> np.ndarray:
        """Return checked targets as the loss takes them."""
        raise NotImplementedError

    def decode(self, proba: np.ndarray, classes: np.ndarray) -> np.ndarray:
        """What `predict` returns, from probabilities.

        Logits that differ by less than rounding make equal probabilities, so that
        these decide: it is the first maximum of `predict_proba` then, too.
        """
        return classes[proba.argmax(axis=1)]

    def rare_class_shift(
        self, y: np.ndarray, w: np.ndarray, smoothing: float, n_outputs: int
    ) -> np.ndarray:
        """What to add to the logits so that rare classes stay as rare as they are.

        Label smoothing gives every class a share of every row, ``least = smoothing /
        n_classes``. A class whose own share is smaller seems that frequent: its logit
        is changed by ``log(share / least)``, the correction of King & Zeng, "Logistic
        regression in rare events data", 2001. The ranking by a class stays where no
        other one is as rare. Zero for all other classes.
        """
        raise NotImplementedError

    def probabilities(self, z: np.ndarray) -> np.ndarray:
        """What `predict_proba` returns, float64 of shape (n_rows, n_classes).

        Rows sum to one in double precision, as numpy's generators want it.
        """
        raise NotImplementedError

    def log_probabilities(self, z: np.ndarray) -> np.ndarray:
        """What `predict_log_proba` returns, exact for small probabilities."""
        raise NotImplementedError


class Multiclass(ClassObjective):
    """One class of several: cross-entropy of the softmax."""

    name = "multiclass"
    is_exclusive = True
    keras_activation = "softmax"
    keras_loss = "sparse_categorical_crossentropy"

    def encode(self, y: np.ndarray, classes: np.ndarray) -> np.ndarray:
        return np.searchsorted(classes, y).astype(np.int32)

    def rare_class_shift(
        self, y: np.ndarray, w: np.ndarray, smoothing: float, n_outputs: int
    ) -> np.ndarray:
        shares = _shares_of_classes(y, w, n_outputs)
        return _log_below(shares, smoothing / n_outputs)

    def constants(self, y: np.ndarray, w: np.ndarray, n_outputs: int = 0) -> np.ndarray:
        return np.log(np.maximum(_shares_of_classes(y, w, n_outputs), LEAST_SHARE))

    def probabilities(self, z: np.ndarray) -> np.ndarray:
        return softmax(z.astype(np.float64))

    def log_probabilities(self, z: np.ndarray) -> np.ndarray:
        return log_softmax(z.astype(np.float64))

    def losses(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        of_class = np.take_along_axis(z, y[:, None], 1)[:, 0]
        return logsumexp(z, axis=1) - of_class

    def correct(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        return z.argmax(axis=1) == y

    def train(
        self, z: np.ndarray, y: np.ndarray, w: np.ndarray, smoothing: float
    ) -> tuple[float, float, np.ndarray]:
        rows = np.arange(len(z))
        correct = float(w @ (z.argmax(axis=1) == y))
        z = z - z.max(axis=1, keepdims=True)
        of_class = z[rows, y]
        d = np.exp(z, out=z)
        total = d.sum(axis=1)
        loss = float(w @ (np.log(total) - of_class))
        d /= total[:, None]
        if smoothing:
            d -= np.float32(smoothing / z.shape[1])
        d[rows, y] -= np.float32(1 - smoothing)
        d *= (w / np.float32(len(z)))[:, None]
        return loss, correct, d

    def losses_in_graph(self, tf: Any, z: Any, y: Any, smoothing: Any) -> Any:
        log_total = tf.reduce_logsumexp(z, axis=1)
        of_class = tf.reduce_sum(z * tf.one_hot(y, z.shape[1]), axis=1)
        even = tf.reduce_mean(z, 1)
        return log_total - (1.0 - smoothing) * of_class - smoothing * even

    def correct_in_graph(self, tf: Any, z: Any, y: Any) -> Any:
        found = tf.argmax(z, 1, output_type=tf.int32)
        return tf.cast(tf.equal(found, y), tf.float32)

    def constant_answer(self, y: np.ndarray, w: np.ndarray) -> tuple[float, float]:
        shares = _shares_of_classes(y, w)
        return float(entr(shares).sum()), float(shares.max())


class _Sigmoids(ClassObjective):
    """A sigmoid for each output: binary cross-entropy."""

    keras_activation = "sigmoid"
    keras_loss = "binary_crossentropy"

    def losses(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        return -np.where(y > 0.5, log_expit(z), log_expit(-z))

    def correct(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        return ((z > 0) == (y > 0.5)).all(axis=1)

    def train(
        self, z: np.ndarray, y: np.ndarray, w: np.ndarray, smoothing: float
    ) -> tuple[float, float, np.ndarray]:
        n_outputs = z.shape[1]
        target = y * np.float32(1 - smoothing) + np.float32(0.5 * smoothing)
        losses = np.logaddexp(0, z) - z * y
        correct = np.logical_and.reduce((z > 0) == y, axis=1)
        d = (sigmoid(z) - target) * w / np.float32(z.size)
        loss = float(np.vdot(losses, w)) / n_outputs
        return loss, float(w[correct].sum()) / n_outputs, d

    def losses_in_graph(self, tf: Any, z: Any, y: Any, smoothing: Any) -> Any:
        target = y * (1.0 - smoothing) + 0.5 * smoothing
        return tf.nn.sigmoid_cross_entropy_with_logits(labels=target, logits=z)

    def correct_in_graph(self, tf: Any, z: Any, y: Any) -> Any:
        correct = tf.equal(tf.cast(z > 0, tf.float32), y)
        return tf.cast(tf.reduce_all(correct, axis=1), tf.float32)

    def rare_class_shift(
        self, y: np.ndarray, w: np.ndarray, smoothing: float, n_outputs: int
    ) -> np.ndarray:
        shares, _ = _shares_of_outputs(y, w)
        least = smoothing / 2
        return _log_below(shares, least) - _log_below(1 - shares, least)

    def constants(self, y: np.ndarray, w: np.ndarray, n_outputs: int = 0) -> np.ndarray:
        return logit(np.clip(_shares_of_outputs(y, w)[0], LEAST_SHARE, 1 - LEAST_SHARE))

    def constant_answer(self, y: np.ndarray, w: np.ndarray) -> tuple[float, float]:
        shares, totals = _shares_of_outputs(y, w)
        loss = (entr(shares) + entr(1 - shares)) @ totals / totals.sum()
        correct = ((shares > 0.5) == (y > 0.5)).all(axis=1)
        weight_of_row = row_weights(w)
        return float(loss), float(correct @ weight_of_row / weight_of_row.sum())


def _shares_of_classes(y: np.ndarray, w: np.ndarray, n_classes: int = 0) -> np.ndarray:
    """Weighted share of rows of each class, up to the last one that y has at least."""
    return np.bincount(y, w, minlength=n_classes) / w.sum(dtype=np.float64)


def _shares_of_outputs(y: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weighted share of rows with each label, and the weights' sums."""
    totals = w.sum(axis=0, dtype=np.float64)
    return (w * y).sum(axis=0, dtype=np.float64) / np.maximum(totals, 1e-300), totals


def _log_below(shares: np.ndarray, least: float) -> np.ndarray:
    """Return ``log(share / least)`` where it is negative and finite, else zero."""
    ratios = np.where(shares > 0, shares / least, 1)
    return np.log(np.minimum(ratios, 1)).astype(np.float32)


class Binary(_Sigmoids):
    """Two classes: one logit, that of the second."""

    name = "binary"

    def n_outputs(self, classes: np.ndarray) -> int:
        return 1

    def encode(self, y: np.ndarray, classes: np.ndarray) -> np.ndarray:
        return np.searchsorted(classes, y).astype(np.float32).reshape(-1, 1)

    def probabilities(self, z: np.ndarray) -> np.ndarray:
        z = z.astype(np.float64)
        return np.hstack([sigmoid(-z), sigmoid(z)])

    def log_probabilities(self, z: np.ndarray) -> np.ndarray:
        z = z.astype(np.float64)
        return np.hstack([log_sigmoid(-z), log_sigmoid(z)])


class Multilabel(_Sigmoids):
    """Several labels, each there or not: an indicator matrix."""

    name = "multilabel-indicator"

    def encode(self, y: np.ndarray, classes: np.ndarray) -> np.ndarray:
        return np.asarray(y != 0, np.float32)

    def decode(self, proba: np.ndarray, classes: np.ndarray) -> np.ndarray:
        return (proba > 0.5).astype(int)

    def probabilities(self, z: np.ndarray) -> np.ndarray:
        return sigmoid(z.astype(np.float64))

    def log_probabilities(self, z: np.ndarray) -> np.ndarray:
        return log_sigmoid(z.astype(np.float64))


CLASS_OBJECTIVES: dict[str, ClassObjective] = {
    objective.name: objective for objective in (Binary(), Multiclass(), Multilabel())
}

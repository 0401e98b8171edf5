"""Objectives: what a network is trained for.

An objective holds everything about its targets: how they are encoded, the loss and its
gradient, in NumPy and in a TensorFlow graph, what is counted beside the loss, what the
logits mean, and the names in Keras. A new objective is one class here, and an entry in
`CLASS_OBJECTIVES` or `NUMBER_OBJECTIVES`; trainers, estimators and Keras models find it
by its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.special import entr, expit, log_expit, logit, logsumexp, xlogy

from .quantiles import weighted_quantile

# Stands for the frequency of a class of which there are no rows.
LEAST_SHARE = 1e-6


@dataclass(frozen=True)
class Objective:
    """What a network is trained for.

    Encoded targets `y` are class numbers, int32 of shape (n_rows,), where
    `is_exclusive`; else float32 of shape (n_rows, n_outputs). Loss weights `w` have the
    shape of y, logits `z` the shape (n_rows, n_outputs).
    """

    name: ClassVar[str]
    metric: ClassVar[str | None] = "accuracy"
    """What `score` counts, from 0 to 1 a row; None where there is nothing to count."""
    is_exclusive: ClassVar[bool] = False
    """Whether a row has one class of several, so that outputs share one loss."""
    keras_activation: ClassVar[str]
    """Turns logits into predictions in a Keras model."""
    keras_loss: ClassVar[str | None]

    def losses(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Loss of each target, of the shape of y, from logits in double precision."""
        raise NotImplementedError

    def correct(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The metric of each row; zero where there is nothing to count."""
        return np.zeros(len(z))

    def train(
        self, z: np.ndarray, y: np.ndarray, w: np.ndarray, smoothing: float
    ) -> tuple[float, float, np.ndarray]:
        """Summed plain loss, summed metric, gradient by the logits.

        The gradient is that of the mean over the rows (and outputs) of the loss with
        label smoothing.
        """
        raise NotImplementedError

    def losses_in_graph(self, tf: Any, z: Any, y: Any, smoothing: Any) -> Any:
        """Loss of each target in a graph; `tf` is the module TensorFlow."""
        raise NotImplementedError

    def correct_in_graph(self, tf: Any, z: Any, y: Any) -> Any:
        """The metric of each row in a graph."""
        return tf.zeros_like(z[:, 0])

    def constants(self, y: np.ndarray, w: np.ndarray, n_outputs: int = 0) -> np.ndarray:
        """Logits of the best answer that is the same for all rows.

        For each output; where these are classes, up to the last one that y has, or
        for `n_outputs` of them.
        """
        raise NotImplementedError

    def constant_answer(self, y: np.ndarray, w: np.ndarray) -> tuple[float, float]:
        """Loss of the best answer that is the same for all rows, and its metric."""
        raise NotImplementedError

    def evaluate(
        self, z: np.ndarray, y: np.ndarray, w: np.ndarray
    ) -> tuple[float, float]:
        """Weighted mean loss and metric of logits."""
        z = z.astype(np.float64)
        weight_of_row = row_weights(w)
        total = weight_of_row.sum(dtype=np.float64)
        loss = row_weights(self.losses(z, y) * w).sum()
        correct = (self.correct(z, y) * weight_of_row).sum()
        return float(loss / total), float(correct / total)


def row_weights(w: np.ndarray) -> np.ndarray:
    """Weight of each row, over its outputs where there are several."""
    return w if w.ndim == 1 else w.mean(axis=1)


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
        d = (expit(z) - target) * w / np.float32(z.size)
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
        weight_of_row = w.mean(axis=1)
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


# --- Numbers -------------------------------------------------------------------------


class NumberObjective(Objective):
    """An objective of numbers: a loss of each output by itself, nothing to count.

    Targets are shifted and scaled before they come here.
    """

    metric = None
    keras_activation = "linear"
    scaled_by: ClassVar[str] = "quantiles"
    """What shift and scale of the targets are: "moments", "mean" or "quantiles"."""
    centre: float = 0.5
    """The quantile that shifts the targets, where quantiles do."""

    def values(self, z: np.ndarray) -> np.ndarray:
        """Predictions, in the units of scaled targets, from logits; float64."""
        return z.astype(np.float64)

    def slopes(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Derivative of `losses` by the logits."""
        raise NotImplementedError

    def constants(self, y: np.ndarray, w: np.ndarray, n_outputs: int = 0) -> np.ndarray:
        return np.array(
            [
                weighted_quantile(*pair, self.centre)
                for pair in zip(y.T, w.T, strict=True)
            ]
        )

    def train(
        self, z: np.ndarray, y: np.ndarray, w: np.ndarray, smoothing: float
    ) -> tuple[float, float, np.ndarray]:
        loss = float((self.losses(z, y) * w).mean(axis=1).sum(dtype=np.float64))
        return loss, 0.0, self.slopes(z, y) * w / np.float32(z.size)

    def constant_answer(self, y: np.ndarray, w: np.ndarray) -> tuple[float, float]:
        z = np.broadcast_to(self.constants(y, w), y.shape)
        return self.evaluate(z, y, w)


class SquaredError(NumberObjective):
    """``(z - y)**2``: predictions are means."""

    name = "squared_error"
    keras_loss = "mean_squared_error"
    scaled_by = "moments"

    def losses(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.square(z - y)

    def slopes(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        return 2 * (z - y)

    def losses_in_graph(self, tf: Any, z: Any, y: Any, smoothing: Any) -> Any:
        return tf.square(z - y)

    def constants(self, y: np.ndarray, w: np.ndarray, n_outputs: int = 0) -> np.ndarray:
        return np.average(y.astype(np.float64), axis=0, weights=w)


class AbsoluteError(NumberObjective):
    """``|z - y|``: predictions are medians."""

    name = "absolute_error"
    keras_loss = "mean_absolute_error"

    def losses(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.abs(z - y)

    def slopes(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.sign(z - y)

    def losses_in_graph(self, tf: Any, z: Any, y: Any, smoothing: Any) -> Any:
        return tf.abs(z - y)


class Huber(NumberObjective):
    """Half the squared error up to a distance of one, from there on linear [1]_.

    References
    ----------
    .. [1] Huber, "Robust estimation of a location parameter", 1964.
    """

    name = "huber"
    keras_loss = "huber"

    def losses(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        near = np.minimum(np.abs(z - y), 1)
        return near * (np.abs(z - y) - near / 2)

    def slopes(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.clip(z - y, -1, 1)

    def losses_in_graph(self, tf: Any, z: Any, y: Any, smoothing: Any) -> Any:
        distance = tf.abs(z - y)
        near = tf.minimum(distance, 1.0)
        return near * (distance - 0.5 * near)


class Poisson(NumberObjective):
    """Half the Poisson deviance of ``exp(z)``: predictions are means above zero."""

    name = "poisson"
    keras_activation = "exponential"
    keras_loss = "poisson"
    scaled_by = "mean"

    def values(self, z: np.ndarray) -> np.ndarray:
        return np.exp(np.minimum(z.astype(np.float64), MAX_EXPONENT))

    def losses(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore"):  # infinite loss says that training exploded
            return np.exp(z) - y * z + (xlogy(y, y) - y)

    def slopes(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.exp(z) - y

    def losses_in_graph(self, tf: Any, z: Any, y: Any, smoothing: Any) -> Any:
        return tf.exp(z) - y * z + (tf.math.xlogy(y, y) - y)

    def constants(self, y: np.ndarray, w: np.ndarray, n_outputs: int = 0) -> np.ndarray:
        means = np.average(y.astype(np.float64), axis=0, weights=w)
        return np.log(np.maximum(means, np.finfo(np.float32).tiny))


@dataclass(frozen=True)
class Quantile(NumberObjective):
    """``q (y - z)`` below y, ``(1 - q) (z - y)`` above: predictions are quantiles.

    Parameters
    ----------
    centre : float
        The quantile q, from 0 to 1.
    """

    centre: float = 0.5

    name = "quantile"
    keras_loss = None

    def losses(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        q = z.dtype.type(self.centre)
        return np.maximum(q * (y - z), (1 - q) * (z - y))

    def slopes(self, z: np.ndarray, y: np.ndarray) -> np.ndarray:
        q = z.dtype.type(self.centre)
        return np.where(z > y, 1 - q, np.where(z < y, -q, 0))

    def losses_in_graph(self, tf: Any, z: Any, y: Any, smoothing: Any) -> Any:
        # Without a slope where both are equal, as `slopes`.
        above = self.centre * tf.nn.relu(y - z)
        return above + (1 - self.centre) * tf.nn.relu(z - y)


# Of exp: far below the largest double.
MAX_EXPONENT = 700.0

NUMBER_OBJECTIVES: dict[str, type[NumberObjective]] = {
    objective.name: objective
    for objective in (SquaredError, AbsoluteError, Huber, Poisson, Quantile)
}


# --- Probabilities from logits -------------------------------------------------------


def softmax(z: np.ndarray) -> np.ndarray:
    """Probabilities from logits of shape (n_rows, n_classes); rows sum to one."""
    e = z - z.max(axis=1, keepdims=True)
    np.exp(e, out=e)
    e /= e.sum(axis=1, keepdims=True)
    return e


def sigmoid(z: np.ndarray) -> np.ndarray:
    """``1 / (1 + exp(-z))``, without overflow."""
    return expit(z)


def log_softmax(z: np.ndarray) -> np.ndarray:
    """Logarithm of `softmax`, exact for small probabilities."""
    shifted = z - z.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def log_sigmoid(z: np.ndarray) -> np.ndarray:
    """Logarithm of `sigmoid`, exact for small ones; 0 where that rounds to one."""
    return np.where(expit(z) == 1, np.float32(0), log_expit(z))

"""Objectives of the regressors: the losses of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.special import xlogy

from ..quantiles import weighted_quantile
from .base import Objective

# Of exp: far below the largest double.
MAX_EXPONENT = 700.0


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


NUMBER_OBJECTIVES: dict[str, type[NumberObjective]] = {
    objective.name: objective
    for objective in (SquaredError, AbsoluteError, Huber, Poisson, Quantile)
}

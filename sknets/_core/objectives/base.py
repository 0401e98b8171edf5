"""What an objective has, and what all of them share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np


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

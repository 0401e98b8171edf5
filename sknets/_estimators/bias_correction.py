"""The bias of quantiles and medians whose training started from means.

Ridge regression predicts means, and a short training from there does not reach another
quantile, nor the median of skewed numbers. A second network, trained on four fifths of
the rows, tells by the others how far it is off, as the quantiles of Romano, Patterson
and Candes are moved: "Conformalized quantile regression", NeurIPS 2019.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np

from .._core.layers.base import Weights
from .._core.objectives import NumberObjective
from .._training.data import TrainingData

# One row of so many is held out; fewer rows than this tell nothing.
HELD_OUT, MIN_ROWS = 5, 40
# In standard errors, how far the share of numbers below the predictions may be off.
CHANCE = 1.0


def with_bias_corrected(
    weights: Weights,
    data: TrainingData,
    train: Callable[[TrainingData], Weights],
    logits: Callable[[Weights, TrainingData], np.ndarray],
    rng: np.random.Generator,
) -> Weights:
    """Weights with the bias that suits rows which another network has not seen.

    Parameters
    ----------
    weights : list of ndarray
        The last one is the bias of the output.
    data : TrainingData
        At least `MIN_ROWS` rows, with an objective of quantiles.
    train : callable
        Trains another network like this one on some of the rows.
    logits : callable
        Logits of weights for some of the rows.
    rng : numpy.random.Generator
    """
    held_out = rng.permutation(len(data)) % HELD_OUT == 0
    others = data.part(held_out)
    errors = others.y.astype(np.float64) - logits(train(data.part(~held_out)), others)
    if not np.isfinite(errors).all():
        return weights
    quantile = cast("NumberObjective", data.objective)
    is_off = _is_off(errors, others.w, quantile.centre)
    shift = np.where(is_off, quantile.constants(errors, others.w), 0)
    *before, bias = weights
    return [*before, (bias + shift).astype(np.float32)]


def _is_off(errors: np.ndarray, w: np.ndarray, quantile: float) -> np.ndarray:
    """Whether too few or too many errors are negative, for each output."""
    shares = w / np.maximum(w.sum(axis=0), np.finfo(np.float32).tiny)
    below = np.sum(shares * (errors < 0), axis=0)
    above = np.sum(shares * (errors > 0), axis=0)
    too_far = np.maximum(below - quantile, above - (1 - quantile))
    n_rows = 1 / np.maximum(np.square(shares).sum(axis=0), np.finfo(np.float32).tiny)
    return too_far > CHANCE * np.sqrt(quantile * (1 - quantile) / n_rows)

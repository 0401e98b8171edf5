"""Predictions of networks that have learnt noise by heart.

A network learns a few hundred rows by heart, even where nothing is to be learnt, and is
far too sure of other rows. Where a linear model explains little of rows that were left
out, a second network, trained on three quarters of the rows, tells by the others how
far the logits have to be drawn to the best constant ones: ``constant + share * (logits
- constant)``. For classes ``1 / share`` is the temperature of Guo et al., "On
calibration of modern neural networks", 2017, which draws them to zero; for numbers it
is the shrinkage of Copas, "Regression, prediction and shrinkage", 1983.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .._core import left_out, prediction
from .._core.layers.base import Weights
from .._core.network import Network
from .._core.objectives import ClassObjective
from .._training.data import TrainingData

# Fewer rows tell nothing of a share; more are not learnt by heart so easily.
MIN_ROWS, MAX_ROWS = 40, 5000
# Products of the linear model: a tenth of a second at most.
MAX_PRODUCTS = 1e8


class Limits(NamedTuple):
    """Rows that may be noise: where a second network pays, in tables of the choice.

    Attributes
    ----------
    min_features : int
        Fewer are not learnt by heart so easily.
    enough_explained : float
        Share of the variance that a linear model explains where there is no noise.
    """

    min_features: int
    enough_explained: float


OF_CLASSES, OF_NUMBERS = Limits(11, 0.5), Limits(5, 0.4)
SHARES = 1 / np.geomspace(1, 50, 80)
# Epochs of the second network, as a share of those of the first: all of them tell no
# better on the tables of the choice; with half of them it learns too little by heart.
EPOCHS_SHARE = 2 / 3


def noisy_outputs(data: TrainingData) -> np.ndarray:
    """Whether a linear model explains little of each output, for rows left out.

    Of classes that share a loss, all or none: one value.
    """
    n, p = len(data), data.n_features
    none = np.zeros(1, bool)
    has_classes = isinstance(data.objective, ClassObjective)
    limits = OF_CLASSES if has_classes else OF_NUMBERS
    if not MIN_ROWS <= n <= MAX_ROWS or p < limits.min_features:
        return none
    if n * p * min(n, p) > MAX_PRODUCTS:
        return none
    y = left_out.target_columns(data.y)
    x = data.scaled(slice(None)).astype(np.float64)
    with np.errstate(all="ignore"):  # of large features without scaling
        errors = left_out.of_ridge(x, y)
    variances = y.var(axis=0)
    if data.objective.is_exclusive:
        errors, variances = errors.mean(keepdims=True), variances.mean(keepdims=True)
    enough = (1 - limits.enough_explained) * variances
    return (errors > enough) & (enough > 0)


def with_shrinkage(
    network: Network,
    weights: Weights,
    data: TrainingData,
    noisy: np.ndarray,
    train: Callable[[TrainingData], Weights],
    rng: np.random.Generator,
) -> Weights:
    """Weights whose logits are as far from the constants as rows left out ask for.

    Parameters
    ----------
    network : Network
    weights : list of ndarray
        Of the network that all rows have trained.
    data : TrainingData
    noisy : ndarray of bool
        What `noisy_outputs` found; the other outputs stay.
    train : callable
        Trains another network like this one on some of the rows.
    rng : numpy.random.Generator
    """
    objective = data.objective
    held_out = every_fourth(_strata(data), rng)
    learnt, others = data.part(~held_out), data.part(held_out)
    z = prediction.logits(network, train(learnt), others.scaled, len(others))
    constants = objective.constants(data.y, data.w, z.shape[1])
    away = z.astype(np.float64) - constants

    def losses(share: float) -> np.ndarray:
        found = objective.losses(constants + share * away, others.y) * others.w
        # Few rows say little: as if the share were known to be about 1.
        return found.sum(axis=0, keepdims=found.ndim == 1) + np.log(share) ** 2

    best = SHARES[np.argmin([losses(share) for share in SHARES], axis=0)]
    shares = np.where(noisy, best, 1).astype(np.float32)
    *before, kernel, bias = weights
    constants = constants.astype(np.float32)
    return [*before, kernel * shares, constants + (bias - constants) * shares]


def _strata(data: TrainingData) -> np.ndarray:
    """The class of each row, where it has one."""
    has_class = isinstance(data.objective, ClassObjective) and data.y.size == len(data)
    return data.y.ravel() if has_class else np.zeros(len(data))


def every_fourth(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Mask of every fourth row of each class; of fewer than four there is none."""
    order = np.lexsort((rng.random(len(labels)), labels))
    ordered = labels[order]
    place_in_class = np.arange(len(labels)) - np.searchsorted(ordered, ordered)
    mask = np.zeros(len(labels), bool)
    mask[order[place_in_class % 4 == 3]] = True
    return mask

"""Probabilities of networks that have learnt noise by heart.

A network learns a few hundred rows by heart, even where nothing is to be learnt, and is
far too sure of other rows. Where a linear model explains less than half of rows that
were left out, a second network, trained on three quarters of the rows, tells by the
others how far the logits have to be drawn to those of the classes' frequencies:
``prior + (logits - prior) / temperature``. Guo et al., "On calibration of modern neural
networks", 2017, draw them to zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import cast

import numpy as np

from .._core import prediction
from .._core.layers.base import Weights
from .._core.network import Network
from .._core.objectives import ClassObjective
from .._training.data import TrainingData

# Fewer rows tell nothing of a temperature; more are not learnt by heart so easily, nor
# are rows of few features.
MIN_ROWS, MAX_ROWS = 40, 5000
MIN_FEATURES = 11
# Products of the linear model: a tenth of a second at most.
MAX_PRODUCTS = 1e8
# Share of the variance that a linear model explains, from which rows are no noise. On
# the tables of the choice, where a second network pays nowhere above.
ENOUGH_EXPLAINED = 0.5
TEMPERATURES = np.geomspace(1, 50, 80)
# Epochs of the second network, as a share of those of the first: all of them tell no
# better on the tables of the choice, half of them a little worse.
EPOCHS_SHARE = 2 / 3


def may_be_noise(data: TrainingData) -> bool:
    """Whether a linear model explains little of the classes of rows left out."""
    n, p = len(data), data.n_features
    if not MIN_ROWS <= n <= MAX_ROWS or p < MIN_FEATURES:
        return False
    if n * p * min(n, p) > MAX_PRODUCTS:
        return False
    labels = data.y.ravel()
    of_class = (labels[:, None] == np.unique(labels)).astype(np.float64)
    x = data.scaled(slice(None)).astype(np.float64)
    with np.errstate(all="ignore"):  # of large features without scaling
        errors = squared_errors_left_out(x, of_class)
    return bool(errors > (1 - ENOUGH_EXPLAINED) * of_class.var(axis=0).mean() > 0)


def squared_errors_left_out(x: np.ndarray, y: np.ndarray) -> float:
    """Mean squared error of ridge regression, each row by a model of the others.

    The penalty with the smallest error counts, of four. In closed form, as
    ``RidgeCV``, whose import would take longer than many a fit: the error of a row is
    its residual over one less its leverage.
    """
    u, s, _ = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)
    centred = y - y.mean(axis=0)
    found = []
    for penalty in (1.0, 10.0, 100.0, 1000.0):
        kept = s**2 / (s**2 + penalty)
        leverage = u**2 @ kept + 1 / len(x)
        residuals = centred - u @ (kept[:, None] * (u.T @ centred))
        found.append(np.square(residuals / (1 - leverage)[:, None]).mean())
    return float(np.min(found))


def with_temperature(
    network: Network,
    weights: Weights,
    data: TrainingData,
    train: Callable[[TrainingData], Weights],
    rng: np.random.Generator,
) -> Weights:
    """Weights whose logits have the temperature that rows left out ask for.

    `train` trains another network like this one on some of the rows.
    """
    held_out = every_fourth(data.y.ravel(), rng)
    learnt, others = data.part(~held_out), data.part(held_out)
    z = prediction.logits(network, train(learnt), others.scaled, len(others))
    objective = cast("ClassObjective", data.objective)
    prior = objective.prior_logits(data.y, data.w, len(weights[-1]))

    def loss(temperature: float) -> float:
        drawn = prior + (z.astype(np.float64) - prior) / temperature
        losses = objective.losses(drawn, others.y) * others.w
        # Few rows say little: as if the temperature were known to be about 1.
        return float(losses.sum()) + math.log(temperature) ** 2

    share = np.float32(1 / min(TEMPERATURES, key=loss))
    *before, kernel, bias = weights
    prior = prior.astype(np.float32)
    return [*before, kernel * share, prior + (bias - prior) * share]


def every_fourth(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Mask of every fourth row of each class; of fewer than four there is none."""
    order = np.lexsort((rng.random(len(labels)), labels))
    ordered = labels[order]
    place_in_class = np.arange(len(labels)) - np.searchsorted(ordered, ordered)
    mask = np.zeros(len(labels), bool)
    mask[order[place_in_class % 4 == 3]] = True
    return mask

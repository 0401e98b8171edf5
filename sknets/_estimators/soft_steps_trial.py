"""Whether a table is better learnt from soft steps of its features.

Rough targets are, smooth and noisy ones are not. Of many rows nothing but a trial tells
which a table has: two short trainings on some of the rows, compared on others. Of few
rows a trial tells little; there, simple models do, which take a few milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from .._core import left_out, prediction, soft_steps
from .._core.layers.base import Weights
from .._core.network import Network
from .._core.objectives import ClassObjective
from .._core.sampling import some_rows
from .._training.data import TrainingData
from .._training.loop import train
from .._training.settings import Settings

# Steps of a feature, where they are "auto", and of all features at least: one or two
# have to tell all that there is.
AUTO_STEPS, FEWEST_UNITS = 16, 64
# Of more features than have room for that, each has fewer steps, down to these. With
# half of the units they are as good as with all, on four tables of 36 to 64 features.
FEWEST_STEPS, FEWER_UNITS = 4, 256
# With more units the first layer that is trained would take too long.
MAX_UNITS = 512
# From so many rows on a trial is worth its time, and tells enough.
MIN_ROWS = 1500
# Of fewer rows, from these on, other simple models have to explain more of the variance
# than a linear one does, by this share of it.
FEWEST_ROWS, LEAD = 60, 0.1
# The layer has an entry for each feature and each step of all features.
MAX_FEATURES = 2048
# Rows to train on and to compare on, at most. On the tables of the choice half as many
# more rows to train on tell no better.
TRIAL_ROWS, COMPARED_ROWS, TRIAL_EPOCHS = 1333, 1000, 20
# Rows of other classes than the most frequent one that a trial has to train on.
FEWEST_OTHERS = 30
# Steps gain with more rows: they are taken where they are no worse with few.
SLACK = 1.005
# Rows that edges are quantiles of, at most; of many features fewer.
EDGE_ROWS, EDGE_VALUES = 4096, 2**19


def kernel_and_bias(data: TrainingData, n_steps: int) -> Weights:
    """Weights of the layer for these rows."""
    rows = some_rows(len(data), min(EDGE_ROWS, EDGE_VALUES // data.n_features))
    weights = data.row_weights[rows].astype(np.float64)
    return [*soft_steps.kernel_and_bias(data.scaled(rows), weights, n_steps)]


def auto_steps(data: TrainingData) -> tuple[int, int]:
    """Most steps of a feature that there is room for, and the number of all steps.

    Both are zero where a feature would have fewer than `FEWEST_STEPS`.
    """
    n_steps = max(AUTO_STEPS, FEWEST_UNITS // data.n_features)
    n_units = len(kernel_and_bias(data, n_steps)[1])
    if n_units <= MAX_UNITS:
        return n_steps, n_units
    n_steps = FEWER_UNITS // data.n_features
    if n_steps < FEWEST_STEPS:
        return 0, 0
    return n_steps, len(kernel_and_bias(data, n_steps)[1])


def pay(
    networks: Sequence[Network],
    first_weights: Sequence[Weights],
    data: TrainingData,
    settings: Settings,
    rng: np.random.Generator,
) -> bool:
    """Whether the second of two networks has a loss as low as the first, or lower.

    Parameters
    ----------
    networks, first_weights : pair
        The network of the features, and that of their steps.
    data : TrainingData
        At least `MIN_ROWS` rows.
    settings : Settings
        For `n_trial_rows` rows, and as many epochs as of all rows.
    rng : numpy.random.Generator
    """
    order = rng.permutation(len(data))
    n_rows = n_trial_rows(len(data))
    rows = data.part(order[:n_rows])
    if _tell_little(rows):
        return False
    others = data.part(order[n_rows : n_rows + COMPARED_ROWS])
    # An epoch of all rows has many of so few.
    n_epochs = min(settings.epochs * len(data) // n_rows, TRIAL_EPOCHS)
    brief = replace(settings, epochs=n_epochs, early_stopping=False)

    def loss(network: Network, first: Weights) -> float:
        found = train(network, first, rows, brief, rng, is_trial=True)
        z = prediction.logits(network, found.weights, others.scaled, len(others))
        z = z.astype(np.float64)
        return float((data.objective.losses(z, others.y) * others.w).mean())

    plain, stepped = map(loss, networks, first_weights)
    return stepped < SLACK * plain


def linear_falls_short(data: TrainingData, n_steps: int) -> bool:
    """Whether other simple models explain far more of the targets than a linear one.

    Means over the nearest rows do; of numbers, a linear model of `n_steps` steps of
    each feature does, too. (For classes it tells nothing of a network with steps.) Rows
    that are there twice count once, as they would be their own neighbours.
    """
    rows = np.flatnonzero(data.row_weights)
    x, y = data.scaled(rows).astype(np.float64), left_out.target_columns(data.y[rows])
    _, places = np.unique(np.hstack([x, y]), axis=0, return_index=True)
    x, y = x[places], y[places]
    if len(x) < FEWEST_ROWS:
        return False
    with np.errstate(all="ignore"):  # of large features without scaling
        linear = left_out.of_ridge(x, y).mean()
        others = left_out.of_neighbours(x, y).mean()
        if not isinstance(data.objective, ClassObjective):
            kernel, bias = kernel_and_bias(data, n_steps)
            stepped = np.hstack([x, np.tanh(x @ kernel + bias)])
            others = min(others, left_out.of_ridge(stepped, y).mean())
    return bool(linear - others > LEAD * y.var(axis=0).mean() > 0)


def _tell_little(data: TrainingData) -> bool:
    """Whether nearly all rows are of one class."""
    if not isinstance(data.objective, ClassObjective) or data.y.size != len(data):
        return False
    _, counts = np.unique(data.y, return_counts=True)
    return len(data) - counts.max() < FEWEST_OTHERS


def n_trial_rows(n_rows: int) -> int:
    """Rows to train on: two thirds of few."""
    return min(TRIAL_ROWS, n_rows * 2 // 3)


def may_pay(data: Any) -> bool:
    """Whether there are rows enough to tell, and features so few that steps fit in."""
    rows = data.sample
    is_small = rows.n_features <= MAX_UNITS and not sp.issparse(rows.X)
    return is_small and len(data) >= FEWEST_ROWS

"""Whether a table is better learnt from soft steps of its features.

Rough targets are, smooth and noisy ones are not, and nothing but a trial tells which a
table has: two short trainings on some of the rows, compared on others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from .._core import prediction, soft_steps
from .._core.layers.base import Weights
from .._core.network import Network
from .._core.sampling import some_rows
from .._training.data import TrainingData
from .._training.loop import train
from .._training.settings import Settings

# Steps of a feature, where they are "auto".
AUTO_STEPS = 16
# Of more features than have room for that, each has fewer steps, down to these. With
# half of the units they are as good as with all, on four tables of 36 to 64 features.
FEWEST_STEPS, FEWER_UNITS = 4, 256
# From so many rows on a trial is worth its time, and tells enough; with more units the
# first layer that is trained would take too long.
MIN_ROWS, MAX_UNITS = 1500, 512
# The layer has an entry for each feature and each step of all features.
MAX_FEATURES = 2048
# Rows to train on and to compare on, at most. On the tables of the choice half as many
# more rows to train on tell no better, nor do batches of the usual size.
TRIAL_ROWS, COMPARED_ROWS, TRIAL_EPOCHS = 1333, 1000, 20
LARGER_BATCH = 2
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
    n_units = len(kernel_and_bias(data, AUTO_STEPS)[1])
    if n_units <= MAX_UNITS:
        return AUTO_STEPS, n_units
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
        For `n_trial_rows` rows.
    rng : numpy.random.Generator
    """
    order = rng.permutation(len(data))
    n_rows = n_trial_rows(len(data))
    rows = data.part(order[:n_rows])
    others = data.part(order[n_rows : n_rows + COMPARED_ROWS])
    brief = replace(
        settings,
        epochs=min(settings.epochs, TRIAL_EPOCHS),
        batch_size=LARGER_BATCH * settings.batch_size,
        early_stopping=False,
    )

    def loss(network: Network, first: Weights) -> float:
        found = train(network, first, rows, brief, rng, is_trial=True)
        z = prediction.logits(network, found.weights, others.scaled, len(others))
        return float((data.objective.losses(z, others.y) * others.w).mean())

    plain, stepped = map(loss, networks, first_weights)
    return stepped < SLACK * plain


def n_trial_rows(n_rows: int) -> int:
    """Rows to train on: two thirds of few."""
    return min(TRIAL_ROWS, n_rows * 2 // 3)


def may_pay(data: Any) -> bool:
    """Whether rows are so many, and features so few, that a trial is worth its time."""
    rows = data.sample
    is_small = rows.n_features <= MAX_UNITS and not sp.issparse(rows.X)
    return is_small and len(data) >= MIN_ROWS

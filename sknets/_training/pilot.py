"""A short training on some of the rows, to choose random changes by others.

What changes of images do to the accuracy depends on what the classes are: a mirrored
letter is another one, a garment that is bent is none. A small network that is trained
for a moment shows it on rows that it was not trained on.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .._core import prediction
from .._core.layers.base import Weights
from .._core.network import Network
from .._images.augment import Changes
from .data import TrainingData
from .loop import train
from .settings import Settings

# Rows to train on and as many to compare on, from this many rows up.
PILOT_ROWS, MIN_ROWS = 1500, 4000
PILOT_EPOCHS, PILOT_BATCH = 10, 32
# In standard errors, the mean difference of two losses that is more than chance.
CHANCE = 2.0
# By which share of itself changes have to lower the loss: few rows gain by any change,
# all of them only by those that are worth many more rows.
PAYS_SHARE = 0.15


def look(
    network: Network,
    data: TrainingData,
    settings: Settings,
    rng: np.random.Generator,
) -> tuple[bool, bool]:
    """Whether the changes in `settings` lower the loss, and whether mirroring is safe.

    Two networks are trained on `PILOT_ROWS` of the rows, without the changes and with
    them. They pay where the loss of as many other rows is lower by far. Mirroring is
    safe where the loss of mirrored rows is not higher by more than chance.

    Parameters
    ----------
    network : Network
    data : TrainingData
        At least `MIN_ROWS` images.
    settings : Settings
    rng : numpy.random.Generator

    Returns
    -------
    pays, mirrors : bool
    """
    order = rng.permutation(len(data))
    rows, others = order[:PILOT_ROWS], order[PILOT_ROWS : 2 * PILOT_ROWS]
    weights = network.initial_weights(rng)
    plain, changed = (
        _losses(network, weights, data, settings, change, rows, others, rng)
        for change in (None, settings.augment)
    )
    return _pays(plain[0], changed[0]), _difference(plain[1], plain[0]) <= CHANCE


def _pays(plain: np.ndarray, changed: np.ndarray) -> bool:
    """Whether losses with changes are lower by more than chance, and by far."""
    is_far = changed.mean() < (1 - PAYS_SHARE) * plain.mean()
    return bool(is_far) and _difference(plain, changed) > CHANCE


def _losses(
    network: Network,
    weights: Weights,
    data: TrainingData,
    settings: Settings,
    changes: Changes | None,
    rows: np.ndarray,
    others: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Weighted loss of each other row after the training, as it is and mirrored."""
    brief = replace(
        settings, epochs=PILOT_EPOCHS, batch_size=PILOT_BATCH, augment=changes,
        early_stopping=False,
    )  # fmt: skip
    trained = train(
        network, weights, _part(data, rows), brief, rng, keep_interrupted=False
    )
    held_out = _part(data, others)
    images = held_out.scaled(slice(None)).reshape(-1, *network.input_shape)
    return tuple(
        data.objective.losses(
            prediction.logits(network, trained.weights, x.__getitem__, len(x)),
            held_out.y,
        ) * held_out.w
        for x in (images, images[:, :, ::-1])
    )  # fmt: skip


def _part(data: TrainingData, rows: np.ndarray) -> TrainingData:
    return replace(data, index=data.index[rows], y=data.y[rows], w=data.w[rows])


def _difference(one: np.ndarray, other: np.ndarray) -> float:
    """Mean by which losses are above others of the same rows, in standard errors."""
    difference = (one - other).reshape(len(one), -1).mean(axis=1)
    error = difference.std() / np.sqrt(len(difference))
    return float(difference.mean() / max(error, 1e-12))

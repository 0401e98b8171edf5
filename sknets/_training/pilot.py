"""A short training on some of the rows, to choose random changes by others.

What changes of images do to the accuracy depends on what the classes are: a mirrored
letter is another one, a garment that is bent is none. A small network that is trained
for a moment shows it on rows that it was not trained on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

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
# By which share of itself the loss of shifted rows may be higher, and by which share of
# height and width they are shifted.
MOVES_SHARE, SHIFT = 0.05, 0.03


class Findings(NamedTuple):
    """Whether the changes of the settings pay, and whether others are safe."""

    pays: bool
    mirrors: bool
    shifts: bool


def look(
    network: Network,
    data: TrainingData,
    settings: Settings,
    rng: np.random.Generator,
) -> Findings:
    """Whether the changes in `settings` lower the loss, and which others are safe.

    Two networks are trained on `PILOT_ROWS` of the rows, without the changes and with
    them. They pay where the loss of as many other rows is lower by far. Mirroring is
    safe where the loss of mirrored rows is not higher by more than chance, shifting
    where that of shifted rows is hardly higher.

    Parameters
    ----------
    network : Network
    data : TrainingData
        At least `MIN_ROWS` images.
    settings : Settings
    rng : numpy.random.Generator

    Returns
    -------
    Findings
    """
    order = rng.permutation(len(data))
    rows, others = order[:PILOT_ROWS], order[PILOT_ROWS : 2 * PILOT_ROWS]
    weights = network.initial_weights(rng)
    plain, changed = (
        _losses(network, weights, data, settings, change, rows, others, rng)
        for change in (None, settings.augment)
    )
    as_they_are, mirrored, *shifted = plain
    return Findings(
        pays=_pays(as_they_are, changed[0]),
        mirrors=_difference(mirrored, as_they_are) <= CHANCE,
        shifts=bool(np.mean(shifted) < (1 + MOVES_SHARE) * as_they_are.mean()),
    )


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
) -> tuple[np.ndarray, ...]:
    """Weighted losses of the other rows after the training.

    They are those of the rows as they are, mirrored, and shifted to the four sides.
    """
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
        for x in (images, images[:, :, ::-1], *_shifted(images))
    )  # fmt: skip


def _shifted(images: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the images shifted up, down, left and right; their border goes on."""
    height, width = images.shape[1:3]
    for axis, size in ((1, height), (2, width)):
        n_pixels = max(round(SHIFT * size), 1)
        for pad in ((n_pixels, 0), (0, n_pixels)):
            moved = slice(0, size) if pad[0] else slice(n_pixels, None)
            pads = [pad if number == axis else (0, 0) for number in range(4)]
            padded = np.pad(images, pads, mode="edge")
            yield padded[(slice(None),) * axis + (moved,)]


def _part(data: TrainingData, rows: np.ndarray) -> TrainingData:
    return replace(data, index=data.index[rows], y=data.y[rows], w=data.w[rows])


def _difference(one: np.ndarray, other: np.ndarray) -> float:
    """Mean by which losses are above others of the same rows, in standard errors."""
    difference = (one - other).reshape(len(one), -1).mean(axis=1)
    error = difference.std() / np.sqrt(len(difference))
    return float(difference.mean() / max(error, 1e-12))

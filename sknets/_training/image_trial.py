"""A short training on some of the rows, to choose random changes by others.

What changes of images do to the accuracy depends on what the classes are: a mirrored
letter is another one, a garment that is bent is none. A small network that is trained
for a moment shows it on rows that it was not trained on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np

from .._core import prediction
from .._core.layers.base import Shape, Weights
from .._core.network import Network
from .._images.augment import Changes
from .data import TrainingData
from .loop import train
from .settings import Settings

# Rows to train on and as many to compare on, from this many rows up.
TRIAL_ROWS, MIN_ROWS = 1500, 4000
TRIAL_EPOCHS, TRIAL_BATCH = 10, 32
# In standard errors, the mean difference of two losses that is more than chance.
CHANCE = 2.0
# By which share of itself changes have to lower the loss: few rows gain by any change,
# all of them only by those that are worth many more rows.
PAYS_SHARE = 0.15
# By which share of itself the loss of shifted rows may be higher, and by which share of
# height and width they are shifted.
MOVES_SHARE, SHIFT = 0.05, 0.03


View = Callable[[np.ndarray], np.ndarray]


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

    Two networks are trained on `TRIAL_ROWS` of the rows, without the changes and with
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
    rows = data.part(order[:TRIAL_ROWS])
    others = data.part(order[TRIAL_ROWS : 2 * TRIAL_ROWS])
    first = network.initial_weights(rng)
    plain, changed = (
        _trained(network, first, rows, settings, changes, rng)
        for changes in (None, settings.augment)
    )

    shape = network.input_shape

    def losses(weights: Weights, view: View = lambda images: images) -> np.ndarray:
        def images(rows: slice) -> np.ndarray:
            return view(others.scaled(rows).reshape(-1, *shape))

        logits = prediction.logits(network, weights, images, len(others))
        return data.objective.losses(logits.astype(np.float64), others.y) * others.w

    as_they_are = losses(plain)
    mirrored = losses(plain, lambda images: images[:, :, ::-1])
    shifted = np.mean([losses(plain, view).mean() for view in _shifts(shape)])
    return Findings(
        pays=_pays(as_they_are, losses(changed)),
        mirrors=_difference(mirrored, as_they_are) <= CHANCE,
        shifts=bool(shifted < (1 + MOVES_SHARE) * as_they_are.mean()),
    )


def _pays(plain: np.ndarray, changed: np.ndarray) -> bool:
    """Whether losses with changes are lower by more than chance, and by far."""
    is_far = changed.mean() < (1 - PAYS_SHARE) * plain.mean()
    return bool(is_far) and _difference(plain, changed) > CHANCE


def _trained(
    network: Network,
    first: Weights,
    rows: TrainingData,
    settings: Settings,
    changes: Changes | None,
    rng: np.random.Generator,
) -> Weights:
    """Weights after a short training with some changes of the images."""
    brief = replace(
        settings, epochs=TRIAL_EPOCHS, batch_size=TRIAL_BATCH, augment=changes,
        early_stopping=False,
    )  # fmt: skip
    return train(network, first, rows, brief, rng, is_trial=True).weights


def _shifts(shape: Shape) -> list[View]:
    """Views of images of a shape that are shifted down, up, right and left."""
    return [
        partial(_shifted, axis=axis, n_pixels=sign * max(round(SHIFT * size), 1))
        for axis, size in ((1, shape[0]), (2, shape[1]))
        for sign in (1, -1)
    ]


def _shifted(images: np.ndarray, axis: int, n_pixels: int) -> np.ndarray:
    """Images shifted along an axis; what comes in repeats their border."""
    size = images.shape[axis]
    places = np.clip(np.arange(size) - n_pixels, 0, size - 1)
    return images.take(places, axis=axis)


def _difference(one: np.ndarray, other: np.ndarray) -> float:
    """Mean by which losses are above others of the same rows, in standard errors."""
    difference = (one - other).reshape(len(one), -1).mean(axis=1)
    error = difference.std() / np.sqrt(len(difference))
    return float(difference.mean() / max(error, 1e-12))

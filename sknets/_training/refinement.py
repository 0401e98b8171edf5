"""A last short training on images as they are, after that on changed ones.

Random changes blur what is in single pixels, and hide what the light or the place of
something tells. Learning ends with images that have all of it, as in He et al., "Data
augmentation revisited", 2019. The mean of the weights before and after is the better
network, where little is to be learnt from that.

Images that are never changed are soon learnt as well as smoothed labels allow, and the
network becomes less sure of others. Its logits are made as large as they were before.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from .._core import prediction
from .._core.layers.base import Weights
from .._core.network import Network
from .._core.objectives import ClassObjective, Multiclass
from .._core.sampling import some_rows
from .data import TrainingData
from .loop import train
from .settings import Settings

# Values of the images, at most, by which logits are compared.
COMPARED_VALUES = 2**20
# Factors on logits beyond these are no matter of how sure a network is.
LOWEST_FACTOR, HIGHEST_FACTOR = 0.5, 2.0


def refined(
    network: Network,
    before: Weights,
    data: TrainingData,
    settings: Settings,
    rng: np.random.Generator,
) -> Weights:
    """Mean of the weights and of those after a few epochs on images as they are.

    Parameters
    ----------
    network : Network
    before : list of ndarray
        Weights at the end of training on changed images; they are not changed.
    data : TrainingData
    settings : Settings
        Of that training; `settings.augment.refine` is the share of its epochs.
    rng : numpy.random.Generator

    Returns
    -------
    list of ndarray
        `before` itself where that share is less than half an epoch, or the short
        training was interrupted or exploded. Of classes, with logits of the training
        images that are as large as those of `before`.
    """
    assert settings.augment is not None
    epochs = round(settings.augment.refine * settings.epochs)
    if not epochs:
        return before
    # Changes of no image, and not none: such a program is compiled already.
    as_they_are = replace(settings.augment, unchanged=1.0)
    brief = replace(settings, epochs=epochs, augment=as_they_are)
    try:
        # The optimizer begins anew: that of before learns less in so few steps.
        after = train(network, before, data, brief, rng, is_trial=True)
    except KeyboardInterrupt:
        return before
    if after.exploded:
        return before
    mean = [(one + other) / 2 for one, other in zip(before, after.weights, strict=True)]
    if isinstance(data.objective, ClassObjective):
        return _as_sure_as(network, before, mean, data.sample)
    return mean


def _as_sure_as(
    network: Network, before: Weights, weights: Weights, data: TrainingData
) -> Weights:
    """Weights with an output that gives logits of the size of those of before."""
    few = data.part(some_rows(len(data), max(COMPARED_VALUES // data.n_features, 1)))
    wanted, found = (_size_of_logits(network, w, few) for w in (before, weights))
    ratio = np.clip(wanted / max(found, 1e-12), LOWEST_FACTOR, HIGHEST_FACTOR)
    factor = np.float32(ratio)
    *others, kernel, bias = weights
    return [*others, kernel * factor, bias * factor]


def _size_of_logits(network: Network, weights: Weights, data: TrainingData) -> float:
    """Root mean square of the logits, of several classes that of their differences."""
    z = prediction.logits(network, weights, data.scaled, len(data)).astype(np.float64)
    if isinstance(data.objective, Multiclass):
        z -= z.mean(axis=1, keepdims=True)
    return math.sqrt(np.mean(z**2))

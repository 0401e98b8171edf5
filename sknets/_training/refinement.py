"""A last short training on images as they are, after that on changed ones.

Random changes blur what is in single pixels, and hide what the light or the place of
something tells. Learning ends with images that have all of it, as in He et al., "Data
augmentation revisited", 2019. A network that sees few images again and again becomes
too sure of them: the mean of the weights before and after is nearly as accurate, and
much less so.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .._core.layers.base import Weights
from .._core.network import Network
from .data import TrainingData
from .loop import train
from .settings import Settings


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
        training was interrupted or exploded.
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
    return [(one + other) / 2 for one, other in zip(before, after.weights, strict=True)]

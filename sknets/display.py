"""Plots of trainings, images and fitted networks, as scikit-learn's displays are.

Each display holds the data of a plot. Its class methods compute the data and draw
them, and `plot` draws them again. Only drawing imports matplotlib.
"""

from ._display_curves import TrainingCurvesDisplay
from ._display_images import ImageGridDisplay
from ._display_layers import FeatureMapsDisplay, FiltersDisplay
from ._display_saliency import SaliencyDisplay

__all__ = [
    "FeatureMapsDisplay",
    "FiltersDisplay",
    "ImageGridDisplay",
    "SaliencyDisplay",
    "TrainingCurvesDisplay",
]

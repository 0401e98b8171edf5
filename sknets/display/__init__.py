"""Plots of trainings, images and fitted networks, as scikit-learn's displays are.

Each display holds the data of a plot. Its class methods compute the data and draw
them, and `plot` draws them again. Only drawing imports matplotlib.
"""

from ._curves import TrainingCurvesDisplay
from ._image_grid import ImageGridDisplay
from ._layers import FeatureMapsDisplay, FiltersDisplay
from ._saliency import SaliencyDisplay

__all__ = [
    "FeatureMapsDisplay",
    "FiltersDisplay",
    "ImageGridDisplay",
    "SaliencyDisplay",
    "TrainingCurvesDisplay",
]

"""Neural network classifiers that are ordinary scikit-learn estimators."""

from ._cnn import SmallCNNClassifier
from ._dense import DenseNetClassifier
from ._text import TextPoolClassifier
from .preprocessing import ImageNormalizer, ImageReshaper

__version__ = "0.1.0"

__all__ = [
    "DenseNetClassifier",
    "ImageNormalizer",
    "ImageReshaper",
    "SmallCNNClassifier",
    "TextPoolClassifier",
    "__version__",
]

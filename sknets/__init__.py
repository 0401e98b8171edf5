"""Neural network classifiers that are ordinary scikit-learn estimators."""

# First, as it makes importing scikit-learn quicker.
from . import _deferred as _deferred  # isort: split

from ._cnn import SmallCNNClassifier
from ._compiled import compiled_prediction
from ._dense import DenseNetClassifier
from ._files import load, save
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
    "compiled_prediction",
    "load",
    "save",
]

_SUBMODULES = ("datasets", "display", "metrics")


def __getattr__(name):
    # Only once they are asked for, as importing them would slow down `import sknets`.
    if name in _SUBMODULES:
        import importlib

        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

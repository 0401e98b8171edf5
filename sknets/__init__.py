"""Neural networks that are ordinary scikit-learn estimators."""

# First, as it makes importing scikit-learn quicker.
from . import _deferred as _deferred  # isort: split

from ._estimators.cnn import SmallCNNClassifier
from ._estimators.cnn_regressor import SmallCNNRegressor
from ._estimators.compiled import compiled_prediction
from ._estimators.dense import DenseNetClassifier
from ._estimators.dense_regressor import DenseNetRegressor
from ._estimators.keras_classifier import KerasClassifier
from ._estimators.keras_regressor import KerasRegressor
from ._estimators.text import TextPoolClassifier
from ._estimators.text_regressor import TextPoolRegressor
from ._estimators.text_vectorizer import TextPoolVectorizer
from ._persistence.files import load, save
from ._persistence.moved import keep_old_names
from ._version import __version__
from .preprocessing import ImageNormalizer, ImageReshaper

keep_old_names()

__all__ = [
    "DenseNetClassifier",
    "DenseNetRegressor",
    "ImageNormalizer",
    "ImageReshaper",
    "KerasClassifier",
    "KerasRegressor",
    "SmallCNNClassifier",
    "SmallCNNRegressor",
    "TextPoolClassifier",
    "TextPoolRegressor",
    "TextPoolVectorizer",
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

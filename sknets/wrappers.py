"""Keras models of one's own as estimators, with the names that scikeras has.

A program that has ``from scikeras.wrappers import KerasClassifier`` finds the same
here. `BaseWrapper` is for models that neither classify nor regress; the encoders are
for subclasses that bring their own.
"""

from __future__ import annotations

from ._estimators.keras_classifier import KerasClassifier
from ._estimators.keras_inputs import InputCutter
from ._estimators.keras_model import BaseWrapper
from ._estimators.keras_regressor import KerasRegressor
from ._estimators.keras_targets import (
    ClassifierLabelEncoder,
    PassThrough,
    RegressorTargetEncoder,
)

__all__ = [
    "BaseWrapper",
    "ClassifierLabelEncoder",
    "InputCutter",
    "KerasClassifier",
    "KerasRegressor",
    "PassThrough",
    "RegressorTargetEncoder",
]

"""Objectives: what a network is trained for.

An objective holds everything about its targets: how they are encoded, the loss and its
gradient, in NumPy and in a TensorFlow graph, what is counted beside the loss, what the
logits mean, and the names in Keras. A new objective is one class in `classes` or
`numbers`, and an entry in `CLASS_OBJECTIVES` or `NUMBER_OBJECTIVES`; trainers,
estimators and Keras models find it by its name.
"""

from .base import Objective, row_weights
from .classes import CLASS_OBJECTIVES, ClassObjective, Multiclass
from .numbers import (
    NUMBER_OBJECTIVES,
    AbsoluteError,
    Huber,
    NumberObjective,
    Poisson,
    Quantile,
    SquaredError,
)

__all__ = [
    "CLASS_OBJECTIVES",
    "NUMBER_OBJECTIVES",
    "AbsoluteError",
    "ClassObjective",
    "Huber",
    "Multiclass",
    "NumberObjective",
    "Objective",
    "Poisson",
    "Quantile",
    "SquaredError",
    "row_weights",
]

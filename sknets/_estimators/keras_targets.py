"""Targets of the Keras estimators: what a loss takes, and predictions back again.

A target encoder is a transformer of y. Subclasses of the estimators may bring another
one through their property `target_encoder`.
"""

from __future__ import annotations

import functools
import inspect
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.exceptions import NotFittedError
from sklearn.utils.multiclass import type_of_target

from .targets import MULTILABEL

ONE_HOT = "multiclass-onehot"
SUPPORTED = ("binary", "multiclass", MULTILABEL, "multiclass-multioutput")
# Losses of Keras that take one column for each class, by all names that they have, and
# those that take the number of a class, beside what is called sparse.
ONE_HOT_LOSSES = (
    *("categorical_crossentropy", "cce", "CategoricalCrossentropy"),
    *("categorical_focal_crossentropy", "CategoricalFocalCrossentropy"),
    *("categorical_hinge", "CategoricalHinge"),
    *("kl_divergence", "kld", "KLD", "KLDivergence"),
)
NUMBER_LOSSES = (
    *("SparseCategoricalCrossentropy", "CategoricalGeneralizedCrossEntropy"),
    *("circle", "Circle"),
)
# It compares each row with all of them where these numbers are a column.
WITHOUT_COLUMN = "CategoricalGeneralizedCrossEntropy"


def name_of(loss: Any) -> str | None:
    """Name of a loss as it was given: a string, class, function or object."""
    if loss is None or isinstance(loss, str):
        return loss
    if isinstance(loss, functools.partial):
        return name_of(loss.func)
    kind = loss if inspect.isclass(loss) else type(loss)
    for base in kind.__mro__:  # a class takes what that takes whose `call` it has
        if base.__name__ in (*ONE_HOT_LOSSES, *NUMBER_LOSSES):
            return base.__name__
        if "call" in vars(base):
            break
    return getattr(loss, "__name__", kind.__name__)


def takes_numbers(loss: Any) -> bool:
    """Whether a loss takes the number of a class, so that y cannot have columns."""
    name = name_of(loss) or ""
    return name in NUMBER_LOSSES or name.lower().startswith("sparse")


def is_one_hot_loss(loss: Any) -> bool:
    """Whether a loss takes one column for each class, one of them being 1."""
    return name_of(loss) in ONE_HOT_LOSSES


class PassThrough(TransformerMixin, BaseEstimator):
    """Leaves features or targets as they are."""

    __module__ = "sknets.wrappers"

    def fit(self, X: Any, y: Any = None) -> PassThrough:
        """Do nothing."""
        return self

    def transform(self, X: Any) -> Any:
        """Return what is given."""
        return X

    def inverse_transform(self, X: Any) -> Any:
        """Return what is given."""
        return X

    def __sklearn_is_fitted__(self) -> bool:
        return True


class ClassifierLabelEncoder(TransformerMixin, BaseEstimator):
    """Labels as numbers or one-hot rows, and outputs of a model as labels.

    Parameters
    ----------
    loss : str, loss or None, default=None
        With one that takes a column for each class, such as a categorical
        crossentropy, labels become one-hot rows.
    categories : "auto" or list of one array, default="auto"
        All classes, where y may not show them all.

    Attributes
    ----------
    classes_ : ndarray or None
        Sorted labels; the column numbers of an indicator matrix; None for several
        targets at once.
    n_classes_ : int or None
    n_outputs_, n_outputs_expected_ : int
        Outputs of the model, always 1.
    """

    __module__ = "sknets.wrappers"

    def __init__(self, loss: Any = None, categories: Any = "auto") -> None:
        self.loss = loss
        self.categories = categories

    @staticmethod
    def makes_one_hot(loss: Any, target_type: str) -> bool:
        """Whether labels become one-hot rows for this loss."""
        return is_one_hot_loss(loss) and target_type in ("binary", "multiclass")

    def fit(self, y: ArrayLike) -> ClassifierLabelEncoder:
        """Learn the classes of y, of shape (n_samples,) or (n_samples, n_columns)."""
        given = None if isinstance(self.categories, str) else self.categories[0]
        y = np.asarray(y)
        kind = type_of_target(y)
        if kind == "binary" and given is not None:
            kind = type_of_target(given)
        if kind not in SUPPORTED:
            raise ValueError(
                f"Unknown label type: {kind}. Maybe y holds numbers to be predicted, "
                "which is for KerasRegressor. Expected labels of shape (n_samples,), "
                "or an indicator or one-hot matrix of shape (n_samples, n_labels)."
            )
        if kind == MULTILABEL and y.min() == 0 and (y.sum(axis=1) == 1).all():
            kind = ONE_HOT
        self._target_type = kind
        self._y_dtype, self._y_shape = y.dtype, tuple(y.shape)
        self._one_hot = self.makes_one_hot(self.loss, kind)
        self.classes_: np.ndarray | None = None
        self.n_classes_: int | None = None
        if kind in ("binary", "multiclass"):
            self.classes_ = np.unique(y) if given is None else np.unique(given)
        elif kind != "multiclass-multioutput":
            self.classes_ = np.arange(y.shape[1])
        if self.classes_ is not None:
            self.n_classes_ = len(self.classes_)
        self.n_outputs_ = self.n_outputs_expected_ = 1
        return self

    def transform(self, y: ArrayLike) -> np.ndarray:
        """Return y as the loss takes it."""
        y = np.asarray(y)
        if self._target_type not in ("binary", "multiclass"):
            return y
        columns = 1 if y.ndim == 1 else y.shape[1]
        if columns != 1:
            raise ValueError(
                f"y has {columns} columns (features of the target), but the labels of "
                "the first fit had one. Give y of shape (n_samples,)."
            )
        assert self.classes_ is not None
        y = y.ravel()
        unknown = np.setdiff1d(y, self.classes_)
        if len(unknown):
            raise ValueError(
                f"Found unknown categories {unknown[:10].tolist()} in y; the classes "
                f"are {self.classes_[:10].tolist()}. In partial_fit, name all classes "
                "in the first call: classes=[...]."
            )
        numbers = np.searchsorted(self.classes_, y)
        if self._one_hot:
            return np.eye(len(self.classes_), dtype=np.float32)[numbers]
        numbers = numbers.astype(np.float32)
        return numbers if name_of(self.loss) == WITHOUT_COLUMN else numbers[:, None]

    def inverse_transform(self, y: np.ndarray, return_proba: bool = False) -> Any:
        """Return labels, or with `return_proba` a column for each class."""
        if not hasattr(self, "_target_type"):
            raise NotFittedError(
                "Call fit before inverse_transform, or initialize(X, y) with labels: "
                "none have been seen, of which predictions could be made."
            )
        y = np.asarray(y)
        if self._target_type == "binary":
            if y.ndim == 1:
                y = y.reshape(-1, 1)
            if self.n_classes_ == 1:
                y = np.ones_like(y[:, :1])
            elif y.shape[1] == 1:
                y = np.hstack([1 - y, y])
        if return_proba:
            return y.astype(np.float64)
        if self._target_type in ("binary", "multiclass"):
            assert self.classes_ is not None
            labels = self.classes_[np.argmax(y, axis=-1)]
        elif self._target_type == ONE_HOT:
            labels = np.eye(y.shape[1], dtype=int)[np.argmax(y, axis=-1)]
        elif self._target_type == MULTILABEL:
            labels = np.around(y).astype(int)
        else:
            raise NotImplementedError(
                "Class-predictions are not clearly defined for several multiclass "
                "targets at once. Give a subclass of KerasClassifier a property "
                "target_encoder that turns the outputs of the model into labels."
            )
        return labels.reshape(-1, *self._y_shape[1:])

    def get_metadata(self) -> dict[str, Any]:
        """Return what the estimator and the build function get to know."""
        return {
            "classes_": self.classes_,
            "n_classes_": self.n_classes_,
            "n_outputs_": self.n_outputs_,
            "n_outputs_expected_": self.n_outputs_expected_,
        }


class RegressorTargetEncoder(TransformerMixin, BaseEstimator):
    """Numbers, and outputs of a model in the shape of y.

    Attributes
    ----------
    n_outputs_ : int
        Columns of y.
    n_outputs_expected_ : int
        Outputs of the model, always 1.
    """

    __module__ = "sknets.wrappers"

    def fit(self, y: np.ndarray) -> RegressorTargetEncoder:
        """Learn the shape of y."""
        self._y_dtype, self._y_shape = y.dtype, tuple(y.shape)
        self.n_outputs_ = _columns(y)
        self.n_outputs_expected_ = 1
        return self

    def transform(self, y: np.ndarray) -> np.ndarray:
        """Return y as it is, after a check of its shape."""
        if _columns(y) != self.n_outputs_:
            raise ValueError(
                f"Detected ``y`` to have {_columns(y)} outputs (y.shape={y.shape}), "
                f"but the estimator was fitted with {self.n_outputs_}."
            )
        return y

    def inverse_transform(self, y: np.ndarray) -> np.ndarray:
        """Return predictions in the shape that y had, as scikit-learn in float64."""
        y = np.asarray(y, np.float64)
        if not hasattr(self, "_y_shape"):  # initialized without y
            return y[:, 0] if y.shape[1:] == (1,) else y
        return y.reshape(-1, *self._y_shape[1:])

    def get_metadata(self) -> dict[str, Any]:
        """Return what the estimator and the build function get to know."""
        return {
            "n_outputs_": self.n_outputs_,
            "n_outputs_expected_": self.n_outputs_expected_,
        }


def _columns(y: np.ndarray) -> int:
    return 1 if y.ndim == 1 else y.shape[1]

"""The input of Keras estimators: one array, several, or columns cut into several."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import scipy.sparse
import sklearn.utils
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import validate_data

# What to pass in the place of a stream.
EXAMPLE = "an array, a frame, or several arrays in a dict or list"


def is_several(X: Any, n_rows: int | None) -> bool:
    """Whether X is a dict, or a list of arrays that each have all rows."""
    if isinstance(X, Mapping):
        return not scipy.sparse.issparse(X)  # some of which are dicts
    if not isinstance(X, list | tuple) or not X or n_rows is None:
        return False
    arrays = all(hasattr(part, "shape") and len(part.shape) > 0 for part in X)
    return arrays and len(X) != n_rows and all(part.shape[0] == n_rows for part in X)


def n_rows(X: Any) -> int:
    """Number of rows of the first of several arrays."""
    return len(next(iter(X.values())) if isinstance(X, Mapping) else X[0])


def check_several(X: Any) -> Any:
    """Check each of several arrays."""
    if isinstance(X, Mapping):
        checked: Any = {name: _check_one(name, part) for name, part in X.items()}
        parts = list(checked.values())
    elif not isinstance(X, list | tuple):
        raise ValueError(
            "The model has several inputs, and was fitted on a dict, list or tuple of "
            f"arrays: X must be one, too; got {type(X).__name__}."
        )
    else:
        checked = type(X)(_check_one(str(i), part) for i, part in enumerate(X))
        parts = list(checked)
    sklearn.utils.check_consistent_length(*parts)
    return checked


def _check_one(name: str, X: Any) -> Any:
    X = _as_array(X, f"X[{name!r}]")
    return _typed(
        sklearn.utils.check_array(
            X,
            dtype=_dtype(X),
            ensure_2d=False,
            allow_nd=True,
            input_name=f"X[{name!r}]",
        )
    )


def check_one(estimator: Any, X: Any, *, reset: bool) -> Any:
    """Check X, of two or more dimensions, in the type that it has."""
    X = _as_array(X, "X")
    try:
        checked = validate_data(
            *(estimator, X),
            reset=reset,
            accept_sparse="csr",
            allow_nd=True,
            dtype=_dtype(X),
        )
    except ValueError as error:
        if "could not convert string" not in str(error):
            raise
        raise ValueError(
            f"{error}. X holds texts beside numbers: encode them, for example with "
            "OneHotEncoder in a ColumnTransformer, or give a dict of arrays, for a "
            "model that takes texts in an input of their own."
        ) from error
    return _typed(checked)


def _as_array(X: Any, name: str) -> Any:
    """Rows in a list, a tensor or an array of objects as one array.

    Frames, sparse matrices and other arrays stay as they are.
    """
    if hasattr(X, "row_splits"):  # of TensorFlow
        raise ValueError(
            f"The rows of {name} differ in length: pad them, X.to_tensor()."
        )
    is_array = isinstance(X, np.ndarray) and X.dtype.kind != "O"
    if is_array or scipy.sparse.issparse(X) or hasattr(X, "columns"):
        return X
    if not isinstance(X, list | tuple) and not hasattr(X, "__array__"):
        return X
    try:
        X = np.asarray(X)
        if X.ndim == 1 and len(X) and isinstance(X[0], list | tuple | np.ndarray):
            X = np.stack([np.asarray(row) for row in X])
    except ValueError as error:
        raise ValueError(
            f"The rows of {name} cannot be made one array ({error}). Where they differ "
            "in length, pad or cut them: keras.utils.pad_sequences(rows)."
        ) from error
    return X


def _dtype(X: Any) -> Any:
    """Type to convert to: none where X has numbers or texts, else float32."""
    if scipy.sparse.issparse(X):
        return "numeric"
    if hasattr(X, "dtypes"):  # a data frame, of which one row tells most
        texts = _are_texts(np.asarray(X[:1])) and _are_texts(np.asarray(X))
        return str if texts else "numeric"
    array = X if hasattr(X, "dtype") else np.asarray(X)
    kind = array.dtype.kind
    if kind == "O":
        return str if _are_texts(array) else np.float32
    return None if kind in "biufUS" else "numeric"


def _are_texts(array: np.ndarray) -> bool:
    return array.size > 0 and all(isinstance(value, str) for value in array.flat)


def _typed(X: Any) -> Any:
    """Numbers where scikit-learn leaves objects, as of categories beside numbers."""
    return X.astype(np.float32) if X.dtype.kind == "O" else X


def shape_of(X: Any) -> Any:
    if isinstance(X, Mapping):
        return {name: shape_of(part) for name, part in X.items()}
    if isinstance(X, list | tuple):
        return [shape_of(part) for part in X]
    return tuple(X.shape)


def dtype_of(X: Any) -> Any:
    if isinstance(X, Mapping):
        return {name: dtype_of(part) for name, part in X.items()}
    if isinstance(X, list | tuple):
        return [dtype_of(part) for part in X]
    return X.dtype


def row_of(shape: Any, dtype: Any) -> Any:
    """One row of input of this shape and type, which may be those of several arrays."""
    if isinstance(shape, Mapping):
        return {name: row_of(part, dtype[name]) for name, part in shape.items()}
    if isinstance(shape, list):
        return [row_of(*part) for part in zip(shape, dtype, strict=True)]
    return np.zeros((1, *shape[1:]), dtype)


class InputCutter(TransformerMixin, BaseEstimator):
    """Cuts columns into the inputs of a model.

    Parameters
    ----------
    inputs : dict
        Columns of each input of the model: a list of numbers or names, a slice, or one
        number or name for an input without that axis.
    names : list of str or None
        Names of the columns of X.
    """

    __module__ = "sknets.wrappers"

    def __init__(self, inputs: Any = None, names: Any = None) -> None:
        self.inputs = inputs
        self.names = names

    def fit(self, X: Any, y: Any = None) -> InputCutter:
        """Find the columns."""
        self.columns_ = {
            name: self._columns(name, part, X.shape[1])
            for name, part in self.inputs.items()
        }
        return self

    def _columns(self, name: str, part: Any, n_columns: int) -> Any:
        if isinstance(part, slice):
            return list(range(n_columns))[part]
        if isinstance(part, str | int | np.integer):
            return self._number(name, part, n_columns)
        return [self._number(name, column, n_columns) for column in part]

    def _number(self, name: str, column: Any, n_columns: int) -> int:
        names = [] if self.names is None else list(self.names)
        if isinstance(column, str):
            if column not in names:
                raise ValueError(
                    f"inputs[{name!r}] names column {column!r}, but X has "
                    f"{names if names else 'no names of columns'}."
                )
            return names.index(column)
        if not -n_columns <= column < n_columns:
            raise ValueError(
                f"inputs[{name!r}] has column {column}, but X has {n_columns} columns."
            )
        return int(column) % n_columns

    def transform(self, X: Any) -> dict[str, Any]:
        """Return a dict of arrays."""
        return {name: X[:, columns] for name, columns in self.columns_.items()}

"""What a Keras estimator is given: checks of X and y, seeds, outputs for new rows."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from numbers import Integral
from typing import Any

import numpy as np
import sklearn.utils
from sklearn.exceptions import NotFittedError
from sklearn.utils.multiclass import type_of_target

from .._containers import refuse_streams
from .._dask import kind_of, lazily
from .._keras import chains
from .._keras.routing import routed
from .._optional import needs_tensorflow
from . import keras_inputs
from .keras_params import without_nested
from .keras_state import KerasState
from .state import snapshot


class KerasData(KerasState):
    """Mixin that checks data, draws seeds and predicts."""

    random_state: Any
    X_shape_: Any
    X_dtype_: Any
    y_dtype_: Any
    y_ndim_: int
    target_encoder_: Any
    feature_encoder_: Any
    _predict_kwargs: set[str]

    @property
    def initialized_(self) -> bool:
        """Whether there is a model, so that the estimator can predict."""
        return "weights_" in vars(self)

    @property
    def current_epoch(self) -> int:
        """Number of epochs that `history_` records."""
        return len(vars(self).get("history_", {}).get("loss", []))

    def _check_y(self, y: Any) -> np.ndarray:
        return sklearn.utils.check_array(y, ensure_2d=False, allow_nd=True, dtype=None)

    def _type_of_target(self, y: np.ndarray) -> str:
        return type_of_target(y)

    @staticmethod
    def scorer(y_true: Any, y_pred: Any, **kwargs: Any) -> float:
        """Score predictions; `score` calls it, and a subclass may bring another."""
        raise NotImplementedError("BaseWrapper has no score. Override scorer.")

    # --- Random state ----------------------------------------------------------------

    def _seed(self) -> int | None:
        """Seed of this fit; the same one for each fit with a RandomState."""
        state = self.random_state
        if state is None or isinstance(state, Integral):
            return None if state is None else int(state)
        drawn = np.random.RandomState()
        drawn.set_state(sklearn.utils.check_random_state(state).get_state())
        return int(drawn.randint(1, 2**31))

    def _generator(self) -> np.random.Generator:
        seed = self._seed()
        if seed is None:
            import random

            # Where Keras' own seeds come from: keras.utils.set_random_seed sets it.
            return np.random.default_rng(random.getrandbits(63))
        return np.random.default_rng([seed, self.current_epoch])

    # --- Data ------------------------------------------------------------------------

    def _check(self, X: Any, y: Any, *, reset: bool) -> tuple[Any, Any]:
        """Check X and y; learn (`reset`) or compare their shapes and types."""
        if y is not None:
            self._refuse_several(X, y)
            y = self._check_y(y)
        X = self._check_X(X, None if y is None else len(y), reset=reset)
        if y is None:
            return X, y
        sklearn.utils.check_consistent_length(*_arrays(X), y)
        if reset or "target_type_" not in vars(self):
            self.target_type_ = self._type_of_target(y)
            self.y_dtype_, self.y_ndim_ = y.dtype, y.ndim
            return X, y
        self._check_same("y", y.dtype, self.y_dtype_)
        if y.ndim != self.y_ndim_:
            raise ValueError(
                f"y has {y.ndim} dimensions, but this {type(self).__name__} is "
                f"expecting {self.y_ndim_} dimensions in y, as in the first fit."
            )
        return X, y

    def _refuse_several(self, X: Any, y: Any) -> None:
        """Raise if y is what Keras takes for several outputs."""
        shape = getattr(next(iter(_arrays(X)), None), "shape", ())
        if keras_inputs.is_several(y, shape[0] if shape else None):
            name = type(self).__name__
            raise ValueError(
                f"y is a {type(y).__name__} of {len(y)} arrays, as for a model with "
                "several outputs. Give one array, such as np.column_stack of them, and "
                f"a subclass of {name} whose property target_encoder is a transformer "
                "that makes these of y, and y of the predictions."
            )

    def _check_X(
        self, X: Any, n_rows: int | None, *, reset: bool, trains: bool = True
    ) -> Any:
        refuse_streams(X, keras_inputs.EXAMPLE)
        several = not reset and not isinstance(self.X_shape_, tuple)
        if keras_inputs.is_several(X, n_rows) or several:
            X = keras_inputs.check_several(X)
        else:
            X = keras_inputs.check_one(self, X, reset=reset)
        shape, dtype = keras_inputs.shape_of(X), keras_inputs.dtype_of(X)
        if reset:
            self.X_shape_, self.X_dtype_ = shape, dtype
            return X
        if isinstance(shape, tuple):
            if trains:
                self._check_same("X", dtype, self.X_dtype_)
            self._check_shape(shape)
        return X

    def _check_shape(self, shape: tuple) -> None:
        name = type(self).__name__
        if len(shape) != len(self.X_shape_):
            raise ValueError(
                f"X has {len(shape)} dimensions, but this {name} is expecting "
                f"{len(self.X_shape_)} dimensions in X."
            )
        if shape[1:] != self.X_shape_[1:]:
            raise ValueError(
                f"X has rows of shape {shape[1:]}, but this {name} is expecting rows "
                f"of shape {self.X_shape_[1:]}."
            )

    def _check_same(self, what: str, found: Any, before: Any) -> None:
        if not np.can_cast(found, before, "same_kind"):
            raise ValueError(
                f"Got {what} with dtype {found}, but this {type(self).__name__} was "
                f"fitted with {before}, into which {found} cannot be turned without "
                f"loss. Convert {what}, or fit anew."
            )

    # --- Predicting ------------------------------------------------------------------

    def _predict_raw(self, X: Any, **kwargs: Any) -> Any:
        """Outputs of the model: an array, or several if it has several."""
        if not self.initialized_:
            raise NotFittedError(
                f"This {type(self).__name__} is not fitted yet: call fit, or "
                "initialize to predict with the weights that the model comes with."
            )
        n_rows = keras_inputs.n_rows(X) if isinstance(self.X_shape_, list) else None
        X = self._check_X(X, n_rows, reset=False, trains=False)
        X = self.feature_encoder_.transform(X)
        arguments = without_nested(self._given(self._predict_kwargs, "predict"))
        arguments.pop("callbacks", None)  # which are found by `listeners`
        arguments |= kwargs
        known = (*self._predict_kwargs, "callbacks")
        unknown = [name for name in arguments if name not in known]
        if unknown and not self.predict_hooks_:  # else Model.predict says so
            raise TypeError(
                f"Model.predict got an unexpected keyword argument {unknown[0]!r}, "
                f"given as predict__{unknown[0]} or to a method that predicts."
            )
        if self._predicts_plainly(X, arguments):
            return chains.outputs(self.chain_, self.weights_, X)
        with needs_tensorflow("Predicting with this Keras model"):
            from . import keras_predict

        return keras_predict.outputs(self, X, arguments)

    def _predicts_plainly(self, X: Any, arguments: dict[str, Any]) -> bool:
        """Whether the outputs can be computed here, without Keras."""
        if self.chain_ is None or not hasattr(X, "shape"):
            return False
        if "steps" in arguments or arguments.get("batch_size") == -1:
            return False
        if arguments.get("callbacks") is not None:
            return False
        given = ("callbacks", "predict__callbacks")
        if "keras" not in sys.modules:
            return not self.predict_hooks_
        from . import keras_predict

        hooks = any(self._all_params().get(name) is not None for name in given)
        return not keras_predict.has_own_way(self, check_callbacks=hooks)

    def predict(self, X: Any, **kwargs: Any) -> Any:
        """Predict the target.

        Parameters
        ----------
        X : array-like, sparse matrix, data frame, or dict or list of arrays
            Input.
        **kwargs : dict
            Arguments of Keras' ``Model.predict``, for this call.

        Returns
        -------
        ndarray
            Predictions, in the shape that y had.
        """
        if kind_of(X):
            return lazily(snapshot(self), "predict", X, **kwargs)
        raw = self._predict_raw(X, **kwargs)
        return self.target_encoder_.inverse_transform(raw)

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Score predictions by `scorer`.

        Parameters
        ----------
        X : array-like, sparse matrix, data frame, or dict or list of arrays
            Input.
        y : array-like
            Target.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        float
            What `scorer` gives.
        """
        arguments = routed(self._all_params(), "score")
        if sample_weight is not None:
            arguments["sample_weight"] = sample_weight
        return self.scorer(y, self.predict(X), **arguments)


def _arrays(X: Any) -> list[Any]:
    if isinstance(X, Mapping):
        return list(X.values())
    return list(X) if isinstance(X, list | tuple) else [X]

"""What takes tables: columns of any type, their scales, the dense layers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, Literal

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._core import scaling
from .._core.build import dense_layers
from .._core.layers import Layer
from .._core.layers.base import Shape, Weights
from .._core.network import Network
from .._sklearn import Interval, StrOptions
from .._tables.encoder import ColumnEncoder
from .._tables.reading import Table
from .._training.loop import train
from . import columns, diagnosis, shrinkage, soft_steps_trial
from .base import NeuralNet
from .parameter_types import Auto, CategoricalFeatures
from .state import snapshot

AUTO = StrOptions({"auto"})
# Batches of up to this many rows are twice the usual size, and the rate fits them: as
# accurate on the tables of the choice, in two thirds of the time.
DOUBLED_BATCH = 128
# Fewest steps that a weight decay of "auto" counts with.
MIN_DECAY_STEPS = 500


class DenseInput(NeuralNet):
    """What takes tables: rows of features behind a scaling, dense layers."""

    _parameter_constraints = {
        **NeuralNet._parameter_constraints,
        "width": ["array-like", Interval(Integral, 1, None, closed="left")],
        "dropout": ["array-like", Interval(Real, 0, 1, closed="left")],
        "input_scaling": [StrOptions({"standard", "robust"}), None],
        "categorical_features": ["array-like", StrOptions({"from_dtype"}), None],
        "soft_steps": [Interval(Integral, 1, None, closed="left"), AUTO, None],
        **{
            name: [*NeuralNet._parameter_constraints[name], AUTO]
            for name in ("learning_rate", "weight_decay")
        },
    }

    _least_steps = 400

    width: int | Sequence[int]
    dropout: float | Sequence[float]
    activation: str
    input_scaling: Literal["robust", "standard"] | None

    categorical_features: CategoricalFeatures
    soft_steps: int | Auto | None
    soft_steps_: int | None
    columns_: dict[str, Any]
    n_soft_steps_: int

    def encode_columns(self, X: Any) -> Any:
        """Encode the columns of a table as `fit` learnt it.

        That is what `model_`, ONNX files of it and wrappers of scikeras take. Where
        `fit` had numbers alone, without gaps, these are the numbers of X.

        Parameters
        ----------
        X : array-like
            Input, see the class.

        Returns
        -------
        ndarray or CSR matrix of shape (n_samples, n_encoded_columns)
            Columns as `get_feature_names_out` names them; not scaled. A sparse matrix
            if X is sparse, or where there are very many indicators.
        """
        fitted = snapshot(self)
        check_is_fitted(fitted)
        rows = fitted._check_X(X, reset=False)
        return rows.reshape(len(rows), -1) if rows.ndim > 2 else rows

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Get the names of the columns that `encode_columns` gives.

        Parameters
        ----------
        input_features : None
            Not used.

        Returns
        -------
        ndarray of str
            Names of columns of numbers as they are; of others with what an encoded
            column stands for behind them, such as "colour_red" and "age_missing".
        """
        fitted = snapshot(self)
        check_is_fitted(fitted)
        names = columns.column_names(fitted)
        encoder = fitted._encoder
        return np.array(encoder.names(names) if encoder else names, dtype=object)

    @property
    def _encoder(self) -> ColumnEncoder | None:
        """What the columns become; None where they are numbers as they are."""
        stored = vars(self).get("columns_")
        return None if stored is None else ColumnEncoder.from_stored(stored)

    def _check_X(self, X: Any, *, reset: bool) -> Any:
        if reset:
            return columns.check_unencoded(self, X)
        return columns.check_and_encode(self, X, self._encoder)

    def _check_part(self, X: Any) -> Any:
        if hasattr(self, "input_scaling_"):
            return self._check_X(X, reset=False)
        return columns.check_unencoded(self, X, reset=False)

    def _learn_input(self, X: Any, index: np.ndarray, weights: np.ndarray) -> Any:
        learn = {
            "standard": scaling.learn_standard,
            "robust": scaling.learn_robust,
            None: lambda *_: scaling.identity(),
        }[self.input_scaling]
        if isinstance(X, Table):
            encoder = ColumnEncoder.learn(X, index, weights)
            self.columns_ = encoder.stored()
            rows = columns.encoded(encoder, X)
            self.input_scaling_ = columns.scaling_of(
                learn, encoder, X, rows, index, weights
            )
        else:
            rows = X
            self.input_scaling_ = learn(rows, index, weights)
        if self.input_scaling is None:
            diagnosis.warn_of_large_input(rows, index)
        return rows

    def _input_summary(self) -> Any:
        from .parts_summary import Standard

        if self.input_scaling == "standard":
            return Standard()
        return super()._input_summary()

    def _learn_input_of_parts(self, summary: Any, X: Any, weights: np.ndarray) -> None:
        if self.input_scaling == "standard":
            self.input_scaling_ = summary.beside(X, weights)
        else:
            super()._learn_input_of_parts(summary, X, weights)

    def _check_same_input(self) -> None:
        fitted = scaling.kind(self.input_scaling_)
        # A single column that was standard already has the scaling of None.
        is_one_column = self.input_scaling == "standard" and self.n_features_in_ == 1
        if fitted != self.input_scaling and not (fitted is None and is_one_column):
            raise ValueError(
                f"warm_start and partial_fit go on with input_scaling={fitted!r}, as "
                f"the weights were fitted; now it is {self.input_scaling!r}. Set it "
                "back, or fit with warm_start=False."
            )
        columns.check_same_categories(self, self._encoder)
        self._check_same_soft_steps()

    def _check_same_soft_steps(self) -> None:
        asked = self.soft_steps
        # Networks of older files tell nothing of it.
        fitted = getattr(self, "soft_steps_", asked)
        if not isinstance(asked, str) and asked != fitted:
            raise ValueError(
                f"warm_start and partial_fit go on with soft_steps={fitted!r}, as the "
                f"weights were fitted; now it is {asked!r}. Set it back, or fit with "
                "warm_start=False."
            )

    def _layers(self, n_outputs: int) -> list[Layer]:
        # Networks of older files and from elsewhere have none.
        n_soft_steps = getattr(self, "n_soft_steps_", 0)
        return dense_layers(
            self.width, self.dropout, self.activation, n_outputs, n_soft_steps
        )

    def _settle_shape(
        self, data: Any, rng: np.random.Generator, one_pass: bool
    ) -> None:
        """Settle `soft_steps_`, where they are "auto" by what pays, and how many."""
        self.soft_steps_, self.n_soft_steps_ = None, 0
        is_auto = isinstance(self.soft_steps, str)
        if self.soft_steps is None:
            return
        if is_auto and (one_pass or not soft_steps_trial.may_pay(data)):
            return
        n_features = data.sample.n_features
        if n_features > soft_steps_trial.MAX_FEATURES:
            raise ValueError(
                f"soft_steps={self.soft_steps!r} is for at most "
                f"{soft_steps_trial.MAX_FEATURES} columns; X has {n_features} as they "
                "are encoded. Set soft_steps=None."
            )
        if is_auto:
            n_steps, n_units = soft_steps_trial.auto_steps(data.sample)
        else:
            n_steps = int(self.soft_steps)
            n_units = len(soft_steps_trial.kernel_and_bias(data.sample, n_steps)[1])
        if is_auto and not (n_units and self._pay(n_steps, n_units, data.sample, rng)):
            return
        self.soft_steps_, self.n_soft_steps_ = n_steps, n_units

    def _pay(
        self, n_steps: int, n_units: int, data: Any, rng: np.random.Generator
    ) -> bool:
        """Whether a short training, or of few rows simple models, speak for steps."""
        if len(data) < soft_steps_trial.MIN_ROWS:
            return soft_steps_trial.linear_falls_short(data, n_steps)
        stepped = snapshot(self)
        stepped.soft_steps_, stepped.n_soft_steps_ = n_steps, n_units
        return self._is_no_better_than(stepped, data, rng.spawn(1)[0])

    def _is_no_better_than(
        self, stepped: DenseInput, data: Any, rng: np.random.Generator
    ) -> bool:
        """Whether a short training says that the steps make no network worse."""
        networks, first_weights = [], []
        for trial in (snapshot(self), stepped):
            network = Network(
                tuple(trial._layers(self._n_outputs)), self._input_shape()
            )
            trial.network_ = network.stored()
            networks.append(network)
            first_weights.append(trial._first_weights(data, rng, False, False))
        n_rows = soft_steps_trial.n_trial_rows(len(data))
        settings = self._settings(n_rows, one_pass=False)
        # In batches of very many rows so few would be a handful of steps.
        size = min(settings.batch_size, self._auto_batch_size(n_rows))
        settings = replace(settings, batch_size=size)
        return soft_steps_trial.pay(networks, first_weights, data, settings, rng)

    def _first_weights(
        self, data: Any, rng: np.random.Generator, goes_on: bool, one_pass: bool
    ) -> Weights:
        weights = super()._first_weights(data, rng, goes_on, one_pass)
        if goes_on or not self.n_soft_steps_:
            return weights
        assert self.soft_steps_ is not None
        steps = soft_steps_trial.kernel_and_bias(data.sample, self.soft_steps_)
        return [*steps, *weights[2:]]

    def _final_weights(
        self, trained: Any, data: Any, settings: Any, rng: np.random.Generator
    ) -> Weights:
        final_weights = super()._final_weights
        weights = final_weights(trained, data, settings, rng)
        is_in_memory = data.sample is data
        is_complete = self._is_complete(trained, settings)
        if not (is_in_memory and is_complete and self._may_shrink()):
            return weights
        noisy = shrinkage.noisy_outputs(data)
        if not noisy.any():
            return weights

        def of_a_part(part: Any) -> Weights:
            # With the batches of all rows: the same program, in NumPy or compiled.
            epochs = max(1, round(shrinkage.EPOCHS_SHARE * settings.epochs))
            brief = replace(settings, epochs=epochs)
            first = self._first_weights(data, rng, goes_on=False, one_pass=False)
            found = train(self._network, first, part, brief, rng, is_trial=True)
            return final_weights(found, part, brief, rng)

        try:
            return shrinkage.with_shrinkage(
                self._network, weights, data, noisy, of_a_part, rng
            )
        except KeyboardInterrupt:  # the network itself is trained
            return weights

    def _may_shrink(self) -> bool:
        """Whether `fit` may draw predictions to the constant ones."""
        raise NotImplementedError

    def _input_shape(self) -> Shape:
        encoder = self._encoder
        return (encoder.n_encoded if encoder else self.n_features_in_,)

    def _auto_batch_size(self, n_rows: int) -> int:
        usual = super()._auto_batch_size(n_rows)
        return max(usual, min(2 * usual, DOUBLED_BATCH))

    def _settings(self, n_rows: int, one_pass: bool) -> Any:
        settings = super()._settings(n_rows, one_pass)
        usual = super()._auto_batch_size(n_rows)
        if one_pass:
            # Rows that come once need more steps. How many will follow, nobody knows.
            if self.batch_size == "auto":
                size = min(usual, settings.batch_size)
                settings = replace(settings, batch_size=size)
            return settings
        optimizer = settings.optimizer
        if self.batch_size == "auto" and self._is_auto("learning_rate"):
            rate = math.sqrt(max(1, settings.batch_size / usual))
            rate *= optimizer.learning_rate
            optimizer = replace(optimizer, learning_rate=rate)
        n_steps = settings.epochs * -(-n_rows // settings.batch_size)
        if self._is_auto("weight_decay"):
            decay = 1 / (optimizer.learning_rate * max(n_steps, MIN_DECAY_STEPS))
            optimizer = replace(optimizer, weight_decay=decay)
        return replace(settings, optimizer=optimizer)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        return tags

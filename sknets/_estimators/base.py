"""The estimator template: fit, fitted state, the Keras model, tags.

A subclass says what its input is and what its network looks like, as `DenseInput` does,
and what its target is, as `NeuralNetClassifier` does; everything else is here and in
the mixins. Data flows one way: check the input, encode the target, train, keep numpy
arrays and plain values, predict from those.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from numbers import Integral
from typing import Any, Never, Self

import numpy as np
import sklearn.utils
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from .._core.activations import ACTIVATIONS
from .._core.layers import Layer
from .._core.layers.base import Shape, Weights
from .._core.network import Network
from .._core.objectives import Objective
from .._core.prediction import frozen
from .._memory import freed_blocks_kept, large_blocks_mapped
from .._optional import needs_tensorflow
from .._parts import as_parts
from .._sklearn import (
    CallbackSupportMixin,
    DocumentationLink,
    StrOptions,
    fit_context,
    has_callbacks,
    num_samples,
)
from . import diagnosis, going_on, targets
from .held_out import (
    checked_groups,
    given_validation,
    named_as_validation,
    split,
    split_seed,
)
from .keywords import refuse_keywords
from .lazy_model import LazyModel
from .plain_params import plain_params
from .predictions import Logits
from .progress import Progress, candidate_name
from .scores import EpochScores, recorded, scorers_of
from .settings import CONSTRAINTS, TrainingSettings, check_memory
from .sklearn_callbacks import EpochTasks, training_rows
from .state import (
    check_versions,
    forget,
    joined,
    snapshot,
    stamp,
    take_over,
    with_new_parameters,
)

LossTerms = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


class NeuralNet(
    DocumentationLink, TrainingSettings, Logits, CallbackSupportMixin, BaseEstimator
):
    """Base of classifiers and regressors.

    Subclasses define `__init__` and those methods marked "Subclass" below that raise
    NotImplementedError; the others may stay as they are.
    """

    _parameter_constraints: dict[str, list] = {
        "activation": [StrOptions(set(ACTIVATIONS))],
        **CONSTRAINTS,
    }

    weights_: Weights
    history_: dict[str, list[float]]
    n_iter_: int
    best_epoch_: int
    n_features_in_: int
    feature_names_in_: np.ndarray

    # --- What a subclass defines of the input ----------------------------------------

    def _check_X(self, X: Any, *, reset: bool) -> Any:
        """Subclass: check X; set (`reset`) or check the attributes of the input."""
        raise NotImplementedError

    def _learn_input(self, X: Any, index: np.ndarray, weights: np.ndarray) -> Any:
        """Subclass: settle `input_scaling_` and the like from the rows `index`.

        Returns what `_rows` would: all of X as rows that training indexes.
        """
        raise NotImplementedError

    def _rows(self, X: Any) -> Any:
        """Subclass: checked X as rows that training indexes."""
        return X

    def _check_part(self, X: Any) -> Any:
        """Check X of one of many parts, which alone says little of their range."""
        return self._check_X(X, reset=False)

    def _prepares_parts(self) -> Callable[[Any], Any] | None:
        """Subclass: what makes rows of the X of a part where it is, if that is much.

        It is sent to the workers of a cluster, and checks X.
        """
        return None

    def _input_summary(self) -> Any:
        """What adds up of X in parts, see `parts_summary`."""
        from .parts_summary import Extremes

        return Extremes()

    def _learn_input_of_parts(self, summary: Any, X: Any, weights: np.ndarray) -> None:
        """Settle what `_learn_input` does, from that summary and a sample of rows."""
        rows = summary.beside(X)
        weights = np.append(weights, [weights.mean()] * 2)
        self._learn_input(rows, np.arange(len(weights)), weights)

    def _check_same_input(self) -> None:
        """Subclass: raise if parameters ask for another input than is settled."""

    def _settle_shape(
        self, data: Any, rng: np.random.Generator, one_pass: bool
    ) -> None:
        """Subclass: settle by the rows what the shape of the network follows."""

    def _layers(self, n_outputs: int) -> list[Layer]:
        """Subclass: the network for the settled input."""
        raise NotImplementedError

    def _settle_by_rows(
        self, network: Network, data: Any, rng: np.random.Generator, one_pass: bool
    ) -> None:
        """Subclass: settle by the rows what the shape does not follow."""

    def _settle_anew(self) -> None:
        """Subclass: settle what may change where a training goes on."""

    def _input_shape(self) -> Shape:
        """Subclass: shape of one row as the first layer takes it."""
        raise NotImplementedError

    # --- What a subclass defines of the target ---------------------------------------

    _is_stratified = False  # where rows are held out

    @property
    def _objective(self) -> Objective:
        """Subclass: what the network is trained for."""
        raise NotImplementedError

    def _check_y(self, y: Any) -> tuple[np.ndarray, np.ndarray | None]:
        """Subclass: checked y, and the names of its columns."""
        raise NotImplementedError

    def _learn_target(
        self,
        y: np.ndarray,
        names: np.ndarray | None,
        classes: Any,
        goes_on: bool,
        one_pass: bool,
    ) -> None:
        """Subclass: settle the kind of target, or compare it with the settled one."""
        raise NotImplementedError

    def _encode(self, y: np.ndarray, names: np.ndarray | None) -> np.ndarray:
        """Subclass: checked y as an array of numbers."""
        raise NotImplementedError

    def _loss_terms(
        self, encoded: np.ndarray, weight: np.ndarray, goes_on: bool
    ) -> LossTerms:
        """Subclass: settle from the rows to train on what the loss makes of a target.

        Returns a function from encoded targets and weights of rows to the targets and
        weights in the loss, as `TrainingData` has them but for the type of the weights.
        """
        raise NotImplementedError

    @property
    def _n_outputs(self) -> int:
        """Subclass: number of outputs of the network."""
        raise NotImplementedError

    def _prediction_scaling(self) -> dict[str, Any] | None:
        """Subclass: scaling behind the network in the Keras model, if there is one."""
        return None

    # --- Training --------------------------------------------------------------------

    @fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
        groups: Any = None,
        **others: Never,
    ) -> Self:
        """Train the network.

        The new state takes the place of the old one at the end: until then, and for
        good if `fit` raises an error, the estimator is as it was before. Ctrl-C ends
        training after the last whole epoch and keeps it (with `early_stopping`, the
        best one), with a warning; before there is one, or with
        ``warnings.filterwarnings("error", "Training was interrupted")``, the
        KeyboardInterrupt goes on and the estimator is as it was before.

        Parameters
        ----------
        X : array-like, or rows in parts
            Training input, see the class. A collection of Dask, an array of h5py or
            zarr, a memory map of more than 1 GB, a data set of Parquet files, and an
            iterable of parts ``(X, y)`` or ``(X, y, sample_weight)`` are read part by
            part: see the user guide on data larger than memory.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Of a classifier class labels, strings, numbers or booleans, as arrays or in
            the types of pandas, polars and pyarrow; or an indicator matrix
            (multilabel). Of a regressor numbers, of one target or several. None beside
            an iterable of parts; of a data set, the name of its column.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights in the loss. Of rows of weight zero only the class is learnt:
            scalings, vocabulary, validation split and training leave them out.
        X_val, y_val : array-like, default=None
            Validation rows, whose loss and metric `history_` records and
            `early_stopping` monitors. They are never trained on.
        sample_weight_val : array-like of shape (n_val_samples,), default=None
            Weights in the validation loss, metric and scores.
        groups : array-like of shape (n_samples,), default=None
            Group of each row; `validation_fraction` holds out whole groups.
        **others : dict
            Keywords of other libraries: an error that says what has them here.

        Returns
        -------
        self : estimator
            The fitted estimator.
        """
        refuse_keywords(self, "fit", others)
        validation = given_validation(X_val, y_val, sample_weight_val)
        parts = as_parts(X, y, sample_weight)
        with self._fitted_aside() as aside:
            if parts is None:
                with freed_blocks_kept:
                    aside._fit(X, y, sample_weight, validation, groups=groups)
            else:
                from .parts_fit import fit_parts

                with large_blocks_mapped():
                    fit_parts(aside, parts, validation, groups)
        return self

    @contextlib.contextmanager
    def _fitted_aside(self) -> Iterator[Self]:
        """Lend a copy to fit, and take its fitted state over if that succeeds.

        Until then predictions, in other threads too, have the state of before. The
        copy has numbers of Python where the caller's parameters are numpy's, whose
        arithmetic overflows and wraps around.
        """
        aside = snapshot(self)
        vars(aside).update(plain_params(self))
        try:
            yield aside
            frozen(aside.weights_)
            take_over(self, aside)
        finally:
            # What scikit-learn needs to tear its callbacks down, whatever happened.
            for name in vars(aside).keys() - vars(self).keys():
                if not name.endswith("_"):
                    setattr(self, name, vars(aside)[name])

    def _checked(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        groups: Any,
        classes: Any,
        *,
        goes_on: bool,
        one_pass: bool,
    ) -> tuple[Any, np.ndarray, np.ndarray, np.ndarray]:
        """Checked X; numbers, encoded target and weights of the rows with weight."""
        X = self._check_X(X, reset=not goes_on)
        y, names = self._check_y(y)
        sklearn.utils.check_consistent_length(X, y, groups)
        weight = targets.check_sample_weight(sample_weight, X)
        if not one_pass:  # only proportions matter
            weight = targets.near_one(weight)
        index = np.flatnonzero(weight)
        if not len(index):
            raise ValueError(
                "Sample weights must contain at least one non-zero number."
            )
        # A class whose rows all have weight zero is a class: meta-estimators choose
        # rows by their weights, and combine columns of all classes.
        self._learn_target(y, names, classes, goes_on, one_pass)
        encoded = self._encode(y, names)
        return X, index, encoded[index], weight[index]

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any,
        validation: dict[str, Any] | None = None,
        *,
        groups: Any = None,
        classes: Any = None,
        one_pass: bool = False,
    ) -> None:
        given = {"X": X, "y": y, "sample_weight": sample_weight}
        goes_on = hasattr(self, "weights_") and (self.warm_start or one_pass)
        if not goes_on:
            forget(self)
        X, index, encoded, weight = self._checked(
            X, y, sample_weight, groups, classes, goes_on=goes_on, one_pass=one_pass
        )
        rng = self._generator()
        groups = None if groups is None else checked_groups(groups)[index]
        held_out_of = None if one_pass or validation else self._held_out_share()
        train, held_out = np.arange(len(encoded)), None
        if held_out_of is not None:
            seed = self._split_seed(rng)
            train, held_out = split(
                encoded, groups, held_out_of, seed, stratify=self._is_stratified
            )
        terms = self._loss_terms(encoded[train], weight[train], goes_on)
        if goes_on:
            self._check_same_input()
            rows = self._rows(X)
        else:
            rows = self._learn_input(X, index[train], weight[train])
            if one_pass:
                self._refuse_constant_start()
        make = functools.partial(self._training_data, terms=terms)
        data = make(
            rows, index[train], encoded[train], weight[train], normalise=not one_pass
        )
        val, rows_given = None, {"": training_rows(given, index[train])}
        if held_out is not None:
            val = make(rows, index[held_out], encoded[held_out], weight[held_out])
            rows_given["val_"] = training_rows(given, index[held_out])
        elif validation:
            val = self._validation_data(**validation, make=make)
            rows_given["val_"] = training_rows(validation, np.arange(len(val)))
        self._train(data, val, rng, rows_given, one_pass=one_pass, goes_on=goes_on)

    def _refuse_constant_start(self) -> None:
        """Raise if what `partial_fit` begins with makes all rows that follow alike."""
        if not self.input_scaling_["scale"].any():
            raise ValueError(
                "The first call of partial_fit settles the scaling of the input, and "
                "nothing in its X varies: all that follows would be scaled to zero. "
                "Begin with rows that differ as those to come do, such as some of all "
                "classes."
            )

    def _training_data(
        self,
        rows: Any,
        index: np.ndarray,
        encoded: np.ndarray,
        weight: np.ndarray,
        terms: LossTerms,
        normalise: bool = False,
    ) -> Any:
        from .._training.data import TrainingData

        y, w = terms(encoded, weight)
        w = targets.loss_weights(w, normalise=normalise)
        return TrainingData(rows, index, y, w, self._objective, self.input_scaling_)

    def _validation_data(self, X: Any, y: Any, sample_weight: Any, make: Any) -> Any:
        with named_as_validation():
            X = self._check_X(X, reset=False)
            y, names = self._check_y(y)
            if num_samples(X) != len(y):
                raise ValueError(
                    "X and y must have the same number of rows; found "
                    f"{num_samples(X)} and {len(y)}."
                )
            weight = targets.check_sample_weight(sample_weight, X)
            encoded = self._encode(y, names)
            return make(self._rows(X), np.arange(len(y)), encoded, weight)

    def _generator(self) -> np.random.Generator:
        """Generator of this call; another one for each call that goes on."""
        state = self.random_state
        if state is None:
            return np.random.default_rng()
        if not isinstance(state, Integral):
            state = sklearn.utils.check_random_state(state).randint(2**31)
        return np.random.default_rng([int(state), getattr(self, "n_iter_", 0)])

    def _split_seed(self, rng: np.random.Generator) -> int:
        state = self.random_state
        return split_seed(rng, int(state) if isinstance(state, Integral) else None)

    def _train(
        self,
        data: Any,
        validation: Any,
        rng: np.random.Generator,
        given: dict[str, Any],
        *,
        one_pass: bool,
        goes_on: bool,
    ) -> None:
        from .._training.loop import train

        if not goes_on:
            self._settle_shape(data, rng, one_pass)
        network = self._settled_network(goes_on)
        first_weights = self._first_weights(data, rng, goes_on, one_pass)
        if not goes_on:
            self.history_, self.n_iter_, self.best_epoch_ = {}, 0, 0
            stamp(self)
            self._settle_by_rows(network, data, rng, one_pass)
        self._settle_anew()
        network = self._network  # with what was settled since
        settings = self._settings(len(data), one_pass)
        scores, names = self._epoch_scores(given)
        observers = self._observers(settings, given[""], names, one_pass=one_pass)
        stored = getattr(self, "optimizer_state_", None)
        slots, n_steps = going_on.slots_and_steps(stored, settings.optimizer)
        trained = train(
            network,
            first_weights,
            data,
            settings,
            rng,
            validation=validation,
            scores=scores,
            observers=observers,
            slots=slots,
            n_steps=n_steps,
        )
        self.__dict__.update(self._state_after(trained, one_pass))
        if one_pass:
            return
        trained = self._refined(trained, data, settings, rng)
        self.weights_ = self._final_weights(trained, data, settings, rng)
        if not trained.exploded:
            diagnosis.warn_if_not_learnt(network, trained, data.sample, settings)

    def _settled_network(self, goes_on: bool) -> Network:
        """The network that the parameters ask for, which fits into memory."""
        network = Network(tuple(self._layers(self._n_outputs)), self._input_shape())
        if goes_on:
            going_on.check_same_network(self._network, self.weights_, network)
        check_memory(network.weight_shapes(), self._settled_optimizer())
        self.network_ = network.stored()
        return network

    def _epoch_scores(self, given: dict[str, Any]) -> tuple[Any, list[str]]:
        """What scores each epoch, if `scoring` asks; names of all that is recorded.

        `given` has the rows to train on and, as "val_", those to validate on.
        """
        always = recorded(self._objective)
        scorers = scorers_of(self.scoring, always)
        self._check_monitor([*always, *scorers])
        scores = EpochScores(self, scorers, given) if scorers else None
        names = [prefix + n for prefix in given for n in (*always, *scorers)]
        return scores, names

    def _first_weights(
        self, data: Any, rng: np.random.Generator, goes_on: bool, one_pass: bool
    ) -> Weights:
        """Weights to start this run from."""
        if goes_on:
            return self.weights_
        return self._network.initial_weights(rng)

    def _refined(
        self, trained: Any, data: Any, settings: Any, rng: np.random.Generator
    ) -> Any:
        """Subclass: what a last short training makes of the training before it."""
        return trained

    def _final_weights(
        self, trained: Any, data: Any, settings: Any, rng: np.random.Generator
    ) -> Weights:
        """Weights to predict with, from those at the end of training."""
        return trained.weights

    def _is_complete(self, trained: Any, settings: Any) -> bool:
        """Whether training came to its end, and nothing is to go on from it."""
        return (
            not self.early_stopping
            and not self.warm_start
            and trained.n_epochs == settings.epochs
            and not trained.exploded
        )

    def _state_after(self, trained: Any, one_pass: bool) -> dict[str, Any]:
        """Fitted attributes after training; epochs count on from an earlier fit."""
        state = {
            "weights_": trained.weights,
            "n_iter_": self.n_iter_ + trained.n_epochs,
            "best_epoch_": self.n_iter_ + trained.best_epoch,
            "history_": joined(self.history_, trained.history),
        }
        if self.warm_start or one_pass:
            optimizer = self._settled_optimizer()
            state["optimizer_state_"] = going_on.optimizer_state(optimizer, trained)
        return state

    def _observers(
        self,
        settings: Any,
        given: dict[str, Any],
        names: list[str],
        *,
        one_pass: bool,
    ) -> list:
        """What looks at each epoch, of which `names` are recorded."""
        observers: list[Any] = []
        if self.callbacks:
            from .._training.keras_callbacks import KerasCallbacks

            first_epoch = self.n_iter_ if one_pass else 0
            observers.append(
                KerasCallbacks(self.callbacks, names, self._keras, first_epoch)
            )
        if self.verbose:  # behind callbacks, which may put another epoch's weights back
            candidate = candidate_name(self)
            observers.append(Progress(candidate, self.n_iter_, header=not one_pass))
        if has_callbacks(self):
            task = "partial-fit" if one_pass else "fit"
            state = functools.partial(self._state_after, one_pass=one_pass)
            observers.append(EpochTasks(self, given, settings.epochs, state, task))
        return observers

    # --- The Keras model -------------------------------------------------------------

    def _keras(self, weights: list[np.ndarray]) -> Any:
        with needs_tensorflow("Building the Keras model"):
            from ..architectures import fitted_model

        return fitted_model(
            self._network,
            weights,
            self.input_scaling_,
            self._objective,
            self._prediction_scaling(),
        )

    def summary(self) -> None:
        """Print the layer table of the fitted network."""
        check_is_fitted(self)
        print(self._network.table(type(self).__name__))

    @property
    def model_(self) -> Any:
        """The fitted network as a standard ``keras.Model``, built anew each time.

        It takes unscaled rows (the input scaling is in front, as constants), of tables
        as `encode_columns` gives them, and gives probabilities, or numbers in the units
        of y. Changing it does not change the estimator. It is built, and TensorFlow
        imported, when something of it is used.
        """
        fitted = snapshot(self)
        check_is_fitted(fitted)
        return LazyModel(lambda: fitted._keras(fitted.weights_))

    def __dir__(self) -> list[str]:
        # What looks at all attributes, as HTML and debuggers do, shall not build it.
        return [name for name in super().__dir__() if name != "model_"]

    # --- scikit-learn's protocols ----------------------------------------------------

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "weights_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def __setstate__(self, state: dict[str, Any]) -> None:
        check_versions(state, type(self).__name__)
        super().__setstate__(with_new_parameters(state, type(self)))
        weights = getattr(self, "weights_", None)
        if isinstance(weights, list):  # else a file will be refused
            frozen([w for w in weights if isinstance(w, np.ndarray)])

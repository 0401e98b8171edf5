"""`fit` on rows in parts: one pass that learns what adds up, then training."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import sklearn.utils

from .._parts import Part, Parts, Prepare
from .._parts.concatenation import concatenated
from .._sklearn import num_samples
from .._tables.reading import Table
from .._training import streams
from .._training.data import TrainingData
from .._training.streams import StreamedData, take
from . import targets
from .parts_summary import (
    SAMPLE_BYTES,
    TEXT_BYTES,
    OfTexts,
    Sample,
    Summary,
    key_of,
    kinds_of,
    n_bytes,
    row_numbers,
)
from .state import forget

# Data up to this size are read whole, and trained on as rows in memory are.
IN_MEMORY_BYTES = 2**26


def fit_parts(
    net: Any, parts: Parts, validation: dict[str, Any] | None, groups: Any
) -> None:
    """Fit an estimator that is about to take a new state.

    Parameters
    ----------
    net : NeuralNet
    parts : Parts
    validation : dict or None
        X, y and sample_weight of validation rows, in memory.
    groups : None
        What cannot be had here.
    """
    goes_on = hasattr(net, "weights_") and net.warm_start
    if not goes_on:
        forget(net)
    share = None if validation else net._held_out_share()
    _check_possible(net, share, groups)
    rng = net._generator()
    reader = Reader(net, parts, net._split_seed(rng), share or 0.0)
    summary = reader.summarise(goes_on)
    if summary.n_bytes <= IN_MEMORY_BYTES:
        net._fit(*_whole(parts, reader.n_parts), validation)
        return
    if summary.table is not None:
        raise ValueError(
            f"Part {summary.table} of X has columns of categories or dates, or gaps. "
            "These are encoded in memory only, and X is larger than that: fill the "
            "gaps before, and turn categories into numbers, as "
            "Categorizer and OrdinalEncoder of dask_ml.preprocessing do."
        )
    reader.learn_target(goes_on)
    make = _learn(net, reader, goes_on)
    val = None
    if validation:
        val = net._validation_data(**validation, make=make)
    elif share:
        X, y, weight = summary.held_out.rows()
        reader.threshold = summary.held_out.threshold
        encoded = net._encode(y, reader.names)
        val = make(net._rows(X), np.arange(len(y)), encoded, weight)
    data = _streamed(net, reader)
    unknown: dict[str, Any] = dict.fromkeys(("X", "y", "sample_weight"), _unknown)
    given = {"": unknown} if val is None else {"": unknown, "val_": unknown}
    net._train(data, val, rng, given, one_pass=False, goes_on=goes_on)


def _unknown() -> None:
    """What is there of all rows at once: nothing."""


def _check_possible(net: Any, share: Any, groups: Any) -> None:
    if groups is not None:
        raise ValueError(
            "groups cannot be held out of data that are read in parts: give X_val and "
            "y_val."
        )
    if hasattr(share, "split"):
        raise ValueError(
            f"validation_fraction={share!r} cannot split data that are read in parts: "
            "set it to a share of the rows, or give X_val and y_val."
        )
    if net.scoring is not None:
        raise ValueError(
            f"scoring={net.scoring!r} takes all training rows at once, and X is read "
            "in parts: set scoring=None, and score what predict gives."
        )


def _whole(parts: Parts, n_parts: int) -> tuple[Any, Any, Any]:
    """All rows of data that are small, in the form that they have in their parts."""
    found = [part for _, part in parts.read() if num_samples(part.X)]
    _check_same_parts(len(found), n_parts)
    X, y, weights = zip(*found, strict=True)
    if all(w is None for w in weights):
        return concatenated(X), concatenated(y), None
    of_rows = [_weights(part.sample_weight, part.X) for part in found]
    return concatenated(X), concatenated(y), np.concatenate(of_rows)


def _check_same_parts(n_now: int, n_first: int) -> None:
    """Raise if a pass gives other parts than the first one did."""
    if n_now != n_first:
        raise ValueError(
            f"X gave {n_first} parts in the first pass, but {n_now} in the next: each "
            "pass must give the same rows, so that __iter__ has to start anew, as it "
            "does in a list."
        )


def _learn(net: Any, reader: Reader, goes_on: bool) -> Any:
    """Settle target and input; return what makes data of rows in memory."""
    summary = reader.summary
    X, y, weight = summary.sample.rows()
    sample = net._encode(y, reader.names)
    if summary.labels.values is None:
        terms = net._loss_terms(sample, weight, goes_on)
    else:
        labels = net._encode(summary.labels.values, reader.names)
        terms = net._loss_terms(labels, summary.labels.totals, goes_on)
    if goes_on:
        net._check_same_input()
    else:
        net._learn_input_of_parts(summary.input, X, weight)
    w = terms(sample, weight)[1]
    targets.loss_weights(w, normalise=True)  # an error if all are zero
    mean = float(np.mean(w))
    reader.terms = lambda encoded, weight: _scaled(terms(encoded, weight), mean)
    return functools.partial(net._training_data, terms=terms)


def _scaled(
    terms: tuple[np.ndarray, np.ndarray], mean: float
) -> tuple[np.ndarray, np.ndarray]:
    """Targets, and weights relative to their mean over all rows."""
    y, w = terms
    return y, (w / mean).astype(np.float32)


def _streamed(net: Any, reader: Reader) -> StreamedData:
    summary = reader.summary
    X, y, weight = summary.sample.rows()
    y, w = reader.terms(net._encode(y, reader.names), weight)
    known = (net._objective, net.input_scaling_)
    part_bytes = summary.n_bytes / len(summary.n_rows)
    reader.prepare = net._prepares_parts()
    if reader.prepare is not None:
        reader.kinds.pop("the type of X")  # not what it was in the first pass
    return StreamedData(
        reader.training_rows,
        net._rows if reader.prepare is None else (lambda rows: rows),
        summary.codes,
        reader.n_training_rows(),
        max(streams.MIN_PARTS, int(streams.BUFFER_BYTES / part_bytes)),
        reader.parts.can_choose,
        TrainingData(net._rows(X), np.arange(len(y)), y, w, *known),
    )


class Reader:
    """Reads parts and checks them, in the pass and for training.

    Parameters
    ----------
    net : NeuralNet
    parts : Parts
    seed : int
        Decides which rows are held out and sampled.
    share : float
        Share of the rows to hold out.
    """

    names: np.ndarray | None = None
    terms: Any = None
    prepare: Prepare | None = None

    def __init__(self, net: Any, parts: Parts, seed: int, share: float) -> None:
        self.net, self.parts, self.seed = net, parts, seed
        self.threshold = share
        self.kinds: dict[str, str] = {}
        self.n_parts = 0  # that have rows
        self.targets: dict[int, int] = {}  # hashes of y, by the number of the part
        of_input = net._input_summary()
        size = TEXT_BYTES if isinstance(of_input, OfTexts) else SAMPLE_BYTES
        self.summary = Summary(of_input, Sample(1 - share, size), Sample(share))

    def summarise(self, goes_on: bool) -> Summary:
        """Go through all parts once."""
        is_first = not goes_on
        for number, part in self.parts.read():
            if num_samples(part.X) == 0 and self.parts.may_be_empty:
                continue
            self._add(number, *self._checked(number, part, reset=is_first))
            self.n_parts += 1
            is_first = False
        summary = self.summary
        if not summary.n_rows:
            raise ValueError(
                "X has no part with rows, or none whose rows have weight: there is "
                "nothing to train on."
            )
        return summary

    def learn_target(self, goes_on: bool) -> None:
        y = self.summary.labels.values
        if y is None:
            _, y, _ = self.summary.sample.rows()
        self.net._learn_target(y, self.names, None, goes_on, False)

    def _add(self, number: int, X: Any, y: np.ndarray, weight: np.ndarray) -> None:
        summary, is_labels = self.summary, self.net._is_stratified
        if is_labels and y.ndim == 1:
            summary.labels.add(y, weight)
        if isinstance(X, Table):
            summary.n_rows[number] = len(y)
            summary.n_bytes += n_bytes(X)
            summary.table = number if summary.table is None else summary.table
            return
        X, y, weight = _chosen(np.flatnonzero(weight), X, y, weight)
        if not len(y):
            return
        summary.n_rows[number] = len(y)
        summary.keys.append(key_of(y, is_labels=is_labels))
        summary.n_bytes += n_bytes(X)
        numbers = row_numbers(self.seed, number, len(y))
        summary.held_out.add(numbers, X, y, weight)
        summary.sample.add(1 - numbers, X, y, weight)
        X, _, weight = _chosen(np.flatnonzero(numbers >= self.threshold), X, y, weight)
        if len(weight):
            summary.input.add(X, weight)

    def _checked(
        self, number: int, part: Part, reset: bool = False
    ) -> tuple[Any, np.ndarray, np.ndarray]:
        """X, y and weights of a part."""
        with _named_as_part(number):
            if num_samples(part.X) == 0:
                raise ValueError("it has no rows. Leave empty parts out.")
            if reset:
                X = self.net._check_X(part.X, reset=True)
            else:
                X = self.net._check_part(part.X)
            y, self.names = self.net._check_y(part.y)
            sklearn.utils.check_consistent_length(X, y)
            weight = _weights(part.sample_weight, X)
            for what, kind in kinds_of(X, y):
                if self.kinds.setdefault(what, kind) != kind:
                    raise ValueError(
                        f"{what} is {kind}, but {self.kinds[what]} in the parts "
                        "before. Bring all parts to one type and shape."
                    )
            self._check_same_rows(number, y)
        return X, y, weight

    def _check_same_rows(self, number: int, y: np.ndarray) -> None:
        """Raise if rows that are held out by their place would be others now."""
        if not self.threshold:
            return
        found = hash(tuple(y.ravel().tolist()))
        if self.targets.setdefault(number, found) != found:
            raise ValueError(
                "it has another y than in the first pass, so that rows held out to "
                "validate on would be trained on. Let each pass give the same rows in "
                "the same order, with shuffle=False in a DataLoader, or give X_val and "
                "y_val."
            )

    def training_rows(self, places: Sequence[int] | None) -> Iterator[streams.Rows]:
        """X, targets and loss weights to train on, of some parts or of all."""
        known = list(self.summary.n_rows)
        numbers = None if places is None else [known[place] for place in places]
        n_left = len(known if numbers is None else numbers)
        for number, part in self.parts.read(numbers, self.prepare):
            if number not in self.summary.n_rows:
                continue
            X, y, weight = self._checked(number, part)
            index = np.flatnonzero(weight)
            if len(index) != self.summary.n_rows[number]:
                raise ValueError(
                    f"Part {number} of X has {len(index)} rows now, but had "
                    f"{self.summary.n_rows[number]} in the first pass: each pass must "
                    "give the same rows."
                )
            numbers_of_rows = row_numbers(self.seed, number, len(index))
            index = index[numbers_of_rows >= self.threshold]
            encoded = self.net._encode(y, self.names)
            X, encoded, weight = _chosen(index, X, encoded, weight)
            n_left -= 1
            yield X, *self.terms(encoded, weight)
        _check_same_parts(len(known) - n_left, len(known))

    def n_training_rows(self) -> int:
        """Number of rows that are not held out."""
        return sum(
            int((row_numbers(self.seed, number, n) >= self.threshold).sum())
            for number, n in self.summary.n_rows.items()
        )


def _weights(given: Any, X: Any) -> np.ndarray:
    """Checked weights, all of which may be zero in one part of several."""
    values = np.asarray(given)
    n_rows = num_samples(X)
    are_numbers = values.dtype.kind in "biuf" and values.shape in ((), (n_rows,))
    if are_numbers and not values.any():
        return np.zeros(n_rows)
    return targets.check_sample_weight(given, X)


def _chosen(
    index: np.ndarray, X: Any, y: np.ndarray, weight: np.ndarray
) -> tuple[Any, np.ndarray, np.ndarray]:
    """Some rows; not copied where these are all."""
    if len(index) == len(y):
        return X, y, weight
    return take(X, index), y[index], weight[index]


@contextlib.contextmanager
def _named_as_part(number: int) -> Iterator[None]:
    """Let errors say in which part they were found."""
    try:
        yield
    except (TypeError, ValueError) as error:
        if type(error) not in (TypeError, ValueError):
            raise
        raise type(error)(f"Part {number} of X: {error}") from error

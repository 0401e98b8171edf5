"""The rows of parts: checked, without those that are held out, as often as wanted."""

from __future__ import annotations

import contextlib
import copy
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import sklearn.utils

from .._parts import Part, Parts, Prepare
from .._sklearn import num_samples
from .._tables.reading import Table
from .._training.streams import Rows, take
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


class RowsOfParts:
    """Makes checked rows of parts, where the parts are.

    Parameters
    ----------
    net : NeuralNet
    seed : int
        Decides which rows are held out and sampled.
    share : float
        Share of the rows to hold out.
    n_rows : dict of int
        Number of rows with weight, by the number of the part, as it becomes known.
    """

    names: np.ndarray | None = None
    terms: Any = None
    prepare_X: Callable[[Any], Any] | None = None

    def __init__(
        self, net: Any, seed: int, share: float, n_rows: dict[int, int]
    ) -> None:
        self.net, self.seed, self.threshold, self.n_rows = net, seed, share, n_rows
        self.kinds: dict[str, str] = {}
        self.targets: dict[int, int] = {}  # hashes of y, by the number of the part

    def checked(
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
            weight = weights_of(part.sample_weight, X)
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

    def training_rows(self, number: int, part: Part) -> Rows:
        """X, targets and loss weights to train on, of a part whose X is prepared."""
        X, y, weight = self.checked(number, part)
        index = np.flatnonzero(weight)
        if len(index) != self.n_rows[number]:
            raise ValueError(
                f"Part {number} of X has {len(index)} rows now, but had "
                f"{self.n_rows[number]} in the first pass: each pass must give the "
                "same rows."
            )
        numbers = row_numbers(self.seed, number, len(index))
        index = index[numbers >= self.threshold]
        encoded = self.net._encode(y, self.names)
        X, encoded, weight = chosen(index, X, encoded, weight)
        return X, *self.terms(encoded, weight)

    def mapped(self, function: Callable[..., Any], number: int, part: Part) -> Any:
        """What a function makes of X, targets and loss weights to train on."""
        if number not in self.n_rows:  # none of its rows has weight
            return None
        if self.prepare_X is not None:
            part = with_prepared_X(self.prepare_X, number, part)
        return function(*self.training_rows(number, part))

    def elsewhere(self) -> RowsOfParts:
        """A copy for other processes, where strings have other hashes.

        Nor need they have TensorFlow, as objects of Keras would.
        """
        other, other.net = copy.copy(self), copy.copy(self.net)
        other.targets, other.net.callbacks, other.net.optimizer = {}, None, "adam"
        return other


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

    def __init__(self, net: Any, parts: Parts, seed: int, share: float) -> None:
        self.net, self.parts = net, parts
        self.n_parts = 0  # that have rows
        of_input = net._input_summary()
        size = TEXT_BYTES if isinstance(of_input, OfTexts) else SAMPLE_BYTES
        self.summary = Summary(of_input, Sample(1 - share, size), Sample(share))
        self.rows = RowsOfParts(net, seed, share, self.summary.n_rows)

    def summarise(self, goes_on: bool) -> Summary:
        """Go through all parts once."""
        is_first = not goes_on
        for number, part in self.parts.read():
            if num_samples(part.X) == 0 and self.parts.may_be_empty:
                continue
            self._add(number, *self.rows.checked(number, part, reset=is_first))
            self.n_parts += 1
            is_first = False
        if not self.summary.n_rows:
            raise ValueError(
                "X has no part with rows, or none whose rows have weight: there is "
                "nothing to train on."
            )
        return self.summary

    def learn_target(self, goes_on: bool) -> None:
        y = self.summary.labels.values
        if y is None:
            _, y, _ = self.summary.sample.rows()
        self.net._learn_target(y, self.rows.names, None, goes_on, False)

    def _add(self, number: int, X: Any, y: np.ndarray, weight: np.ndarray) -> None:
        summary, is_labels = self.summary, self.net._is_stratified
        if is_labels and y.ndim == 1:
            summary.labels.add(y, weight)
        if isinstance(X, Table):
            summary.n_rows[number] = len(y)
            summary.n_bytes += n_bytes(X)
            summary.table = number if summary.table is None else summary.table
            return
        X, y, weight = chosen(np.flatnonzero(weight), X, y, weight)
        if not len(y):
            return
        summary.n_rows[number] = len(y)
        summary.keys.append(key_of(y, is_labels=is_labels))
        summary.n_bytes += n_bytes(X)
        numbers = row_numbers(self.rows.seed, number, len(y))
        summary.held_out.add(numbers, X, y, weight)
        summary.sample.add(1 - numbers, X, y, weight)
        is_kept = numbers >= self.rows.threshold
        X, _, weight = chosen(np.flatnonzero(is_kept), X, y, weight)
        if len(weight):
            summary.input.add(X, weight)

    def training_rows(self, places: Sequence[int] | None) -> Iterator[Rows]:
        """X, targets and loss weights to train on, of some parts or of all."""
        prepare = None
        if self.rows.prepare_X is not None:
            prepare = functools.partial(with_prepared_X, self.rows.prepare_X)
        for number, part in self._again(places, prepare):
            yield self.rows.training_rows(number, part)

    def mapped(self, function: Callable[..., Any]) -> Iterator[Any]:
        """What a function makes of these of each part, where the part is."""
        prepare = functools.partial(self.rows.elsewhere().mapped, function)
        for _, found in self._again(None, prepare):
            yield found

    def _again(
        self, places: Sequence[int] | None, prepare: Prepare | None
    ) -> Iterator[tuple[int, Any]]:
        """Go once more through parts that have rows with weight."""
        known = list(self.summary.n_rows)
        numbers = None if places is None else [known[place] for place in places]
        n_left = len(known if numbers is None else numbers)
        for number, found in self.parts.read(numbers, prepare):
            if number in self.summary.n_rows:
                n_left -= 1
                yield number, found
        check_same_parts(len(known) - n_left, len(known))

    def n_training_rows(self) -> int:
        """Number of rows that are not held out."""
        seed, threshold = self.rows.seed, self.rows.threshold
        return sum(
            int((row_numbers(seed, number, n) >= threshold).sum())
            for number, n in self.summary.n_rows.items()
        )


def with_prepared_X(prepare: Callable[[Any], Any], number: int, part: Part) -> Part:
    return part._replace(X=prepare(part.X))


def check_same_parts(n_now: int, n_first: int) -> None:
    """Raise if a pass gives other parts than the first one did."""
    if n_now != n_first:
        raise ValueError(
            f"X gave {n_first} parts in the first pass, but {n_now} in the next: each "
            "pass must give the same rows, so that __iter__ has to start anew, as it "
            "does in a list."
        )


def weights_of(given: Any, X: Any) -> np.ndarray:
    """Checked weights, all of which may be zero in one part of several."""
    values = np.asarray(given)
    n_rows = num_samples(X)
    are_numbers = values.dtype.kind in "biuf" and values.shape in ((), (n_rows,))
    if are_numbers and not values.any():
        return np.zeros(n_rows)
    return targets.check_sample_weight(given, X)


def chosen(
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

"""`fit` on rows in parts: one pass that learns what adds up, then training."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from .._parts import Parts
from .._parts.concatenation import concatenated
from .._sklearn import num_samples
from .._training import streams
from .._training.data import TrainingData
from .._training.streams import StreamedData
from . import targets
from .parts_reader import Reader, check_same_parts, weights_of
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
        if not summary.held_out.n_held:
            raise ValueError(
                f"validation_fraction={share!r} holds out none of the "
                f"{sum(summary.n_rows.values())} rows, each of which is drawn by "
                "chance: raise it, or give X_val and y_val."
            )
        X, y, weight = summary.held_out.rows()
        reader.rows.threshold = summary.held_out.threshold
        encoded = net._encode(y, reader.rows.names)
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
    check_same_parts(len(found), n_parts)
    X, y, weights = zip(*found, strict=True)
    if all(w is None for w in weights):
        return concatenated(X), concatenated(y), None
    of_rows = [weights_of(part.sample_weight, part.X) for part in found]
    return concatenated(X), concatenated(y), np.concatenate(of_rows)


def _learn(net: Any, reader: Reader, goes_on: bool) -> Any:
    """Settle target and input; return what makes data of rows in memory."""
    summary = reader.summary
    X, y, weight = summary.sample.rows()
    sample = net._encode(y, reader.rows.names)
    if summary.labels.values is None:
        terms = net._loss_terms(sample, weight, goes_on)
    else:
        labels = net._encode(summary.labels.values, reader.rows.names)
        terms = net._loss_terms(labels, summary.labels.totals, goes_on)
    if goes_on:
        net._check_same_input()
    else:
        net._learn_input_of_parts(summary.input, X, weight)
    w = terms(sample, weight)[1]
    targets.loss_weights(w, normalise=True)  # an error if all are zero
    mean = float(np.mean(w))
    reader.rows.terms = lambda encoded, weight: _scaled(terms(encoded, weight), mean)
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
    y, w = reader.rows.terms(net._encode(y, reader.rows.names), weight)
    known = (net._objective, net.input_scaling_)
    part_bytes = summary.n_bytes / len(summary.n_rows)
    prepare = reader.rows.prepare_X = net._prepares_parts()
    if prepare is not None:
        reader.rows.kinds.pop("the type of X")  # not what it was in the first pass
    return StreamedData(
        reader.training_rows,
        reader.mapped,
        net._rows if prepare is None else (lambda rows: rows),
        summary.codes,
        reader.n_training_rows(),
        max(streams.MIN_PARTS, int(streams.BUFFER_BYTES / part_bytes)),
        reader.parts.can_choose,
        TrainingData(net._rows(X), np.arange(len(y)), y, w, *known),
    )

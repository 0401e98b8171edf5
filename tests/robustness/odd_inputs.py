"""Feed odd inputs to the classifiers and transformers, and count what comes of it.

    python tests/robustness/odd_inputs.py [--every K] [--seconds S]

Each case is one argument (X, y, sample_weight, or a parameter) replaced by something
odd. It ends in one of these ways:

fine      it is accepted, and the result has the right shape and type, is finite, and
          the argument is unchanged;
clear     a ValueError or TypeError that says which argument it is about;
unclear   any other exception;
silent    it is accepted, and the result is wrong;
hang      it takes longer than the limit of S seconds.

The last three are faults; they are printed, and the program then ends with status 1.
The suite runs every K-th case (`tests/test_odd_inputs.py`).
"""

import argparse
import copy
import itertools
import re
import signal
import sys
import warnings
from collections import Counter, deque
from collections.abc import Iterator
from datetime import date

import numpy as np
import pandas as pd
import polars as pl
import scipy.sparse as sp

from sknets import (
    DenseNetClassifier,
    ImageNormalizer,
    ImageReshaper,
    SmallCNNClassifier,
    TextPoolClassifier,
)

N = 12
Y = np.arange(N) % 2
TABLE = np.random.default_rng(0).random((N, 36)) + Y[:, None]
TEXTS = ["a good film", "a bad film"] * (N // 2)
FAULTS = ("unclear", "silent", "hang")
# What a message calls the argument, if not by its own name.
_OTHER_NAMES = {
    "X": r"\bX\b|rray|[Dd]ata|document|feature|[Tt]exts?\b|[Ii]mages?\b|dtype|samples",
    "y": r"\by\b|[Ll]abel|class|target|samples|dtype",
    "sample_weight": r"[Ww]eight|samples",
}


class _Late(BaseException):
    """The limit of a case has passed."""


class _Batches:
    num_batches = None

    def __len__(self):
        return 2**40

    def __getitem__(self, number):
        return TABLE, Y


class _Endless(_Batches):
    def __iter__(self):
        return self

    def __next__(self):
        return TABLE, Y


class _Lazy:
    def __dask_graph__(self):
        return {}


def make_estimators():
    """One quick estimator of each class, with the X that suits it."""
    quick = {"epochs": 1, "random_state": 0}
    return {
        "dense": (DenseNetClassifier(4, **quick), TABLE),
        "cnn": (SmallCNNClassifier((2,), augment=None, **quick), TABLE),
        "text": (TextPoolClassifier(2, min_df=1, **quick), TEXTS),
        "reshaper": (ImageReshaper(), TABLE),
        "normalizer": (ImageNormalizer(), TABLE),
    }


def odd_arrays():
    """Yield functions that make an odd X of numbers."""
    types = ["bool", "i1", "u1", "i2", "u2", "i4", "i8", "u8", "f2", "f4", "f8", "g"]
    types += ["c16", "S3", "U3", "M8[D]", "m8[s]", "O", "V4"]
    for kind in types:
        yield lambda kind=kind: (TABLE * 9).astype("i8").astype(kind)
    shapes = [(), (0,), (N,), (0, 36), (N, 0), (N, 1), (N, 35), (N, 6, 6), (N, 6, 6, 1)]
    shapes += [
        (N, 3, 12, 1),
        (N, 6, 0),
        (N, 1, 6, 6),
        (N, 1, 1, 36, 1),
        (1, 36),
        (N + 1, 36),
    ]
    shapes += [(N + 1, 36), (6, 6), (36,), (2, N, 36), (36, N), (6, 6, 1), (N, 36, 1)]
    for shape, value in itertools.product(shapes, [0.0, 1.0]):
        yield lambda shape=shape, value=value: np.full(shape, value)
    for value in [np.nan, np.inf, -np.inf, 1e200, -1e200, 1.7e308, 1e-320, 3e38, -0.0]:
        for columns in (1, 36):
            yield lambda value=value, columns=columns: _with(TABLE, value, columns)
            yield lambda value=value: _with(TABLE, value, 2).astype("O")
    for scale in [1e-320, 1e-200, 1e-40, 1e30, 1e40, 1e160, 1e307]:
        yield lambda scale=scale: TABLE * scale
    for value in ["a", "1", None, {}, [], (1, 2), 10**400, 1j, b"1", date(2026, 1, 1)]:
        yield lambda value=value: _with(TABLE.astype("O"), value, 1)
        yield lambda value=value: pd.DataFrame({"a": TABLE[:, 0], "b": [value] * N})
        yield lambda value=value: [[value, *row[1:]] for row in TABLE.tolist()]
    yield from odd_containers()
    matrices = [sp.csr_array, sp.csc_matrix, sp.coo_array, sp.dok_array, sp.lil_matrix]
    for make in [*matrices, sp.bsr_array, np.asfortranarray, np.ma.array, pd.DataFrame]:
        yield lambda make=make: make(TABLE)
    yield lambda: np.broadcast_to(TABLE[:1], TABLE.shape)
    yield lambda: TABLE[::-1, ::-1]
    yield lambda: np.ma.masked_greater(TABLE, 1)
    yield lambda: pl.DataFrame(TABLE)
    yield lambda: pd.DataFrame(TABLE, columns=["a"] * 36)
    yield lambda: pd.DataFrame(TABLE.astype("O"))
    yield lambda: pd.DataFrame(TABLE).astype("category")


def odd_containers():
    """Yield functions that make what holds rows in an odd way, or is no container."""
    images = TABLE.reshape(N, 6, 6)
    for make in [list, tuple, deque, iter, str, repr, enumerate, np.nditer]:
        yield lambda make=make: make(images)
    yield lambda: map(abs, images)
    yield lambda: {1, 2}
    yield lambda: pd.Series(list(images))
    yield lambda: pd.DataFrame({"image": list(images)})
    yield lambda: [*images[:-1], np.zeros((5, 6))]
    yield lambda: [*TABLE[:-1].tolist(), [1.0]]
    yield lambda: (row for row in TABLE)
    yield lambda: itertools.cycle(TABLE)
    for value in [
        None,
        3,
        3.5,
        "text",
        b"bytes",
        {},
        {"a": 1},
        object(),
        len,
        int,
        ...,
    ]:
        yield lambda value=value: value
    for make in (_Batches, _Endless, _Lazy):
        yield make
    yield lambda: pl.LazyFrame({"a": [1]})
    yield lambda: memoryview(TABLE)
    yield lambda: np.array(list("ab"), "O")
    yield lambda: range(N)


def odd_texts():
    """Yield functions that make an odd X of texts."""
    for value in [
        None,
        np.nan,
        3,
        2.5,
        b"a",
        [],
        ["a"],
        {},
        True,
        pd.NA,
        object(),
        "\0",
    ]:
        yield lambda value=value: [value, *TEXTS[1:]]
        yield lambda value=value: pd.Series([value, *TEXTS[1:]], dtype="O")
        yield lambda value=value: [value] * N
    for text in ["", " ", "\ud800", "é" * 999, "a" * 10**5, "\n", "\U0001f600", "ß İ"]:
        yield lambda text=text: [text, *TEXTS[1:]]
        yield lambda text=text: [text] * N
    for make in [
        tuple,
        deque,
        iter,
        np.array,
        pd.Series,
        pl.Series,
        set,
        str,
        dict.fromkeys,
    ]:
        yield lambda make=make: make(TEXTS)
    for make in [itertools.cycle, lambda t: pd.DataFrame({"a": t}), lambda t: [t]]:
        yield lambda make=make: make(TEXTS)
    yield lambda: np.array(TEXTS, "S")
    yield lambda: np.array(TEXTS, "O")[:, None]
    yield lambda: pd.DataFrame({"a": TEXTS, "b": TEXTS})
    yield lambda: [[1, 2], [3]] * (N // 2)
    yield lambda: [[-1, 2], [3]] * (N // 2)
    yield lambda: [[1.5]] * N
    yield lambda: [[2**70]] * N
    yield lambda: np.zeros((N, 3), int)
    yield from odd_containers()


def odd_targets():
    """Yield functions that make an odd y."""
    for kind in ["bool", "i1", "u8", "f4", "f8", "U1", "S1", "O", "c16", "M8[D]"]:
        yield lambda kind=kind: Y.astype(kind)
    for value in [None, np.nan, np.inf, "a", b"a", 2**70, 0.5, -1, {}, [], (1,), pd.NA]:
        yield lambda value=value: [value, *Y[1:].tolist()]
        yield lambda value=value: np.array([value, *Y[1:].tolist()], "O")
        yield lambda value=value: [value] * N
    for shape in [(), (0,), (N, 1), (N, 2), (N, 0), (1, N), (N + 1,), (N, 2, 2)]:
        yield lambda shape=shape: np.zeros(shape, int)
        yield (
            lambda shape=shape: np.arange(np.prod(shape, dtype=int)).reshape(shape) % 2
        )
    for make in [
        pd.Series,
        pl.Series,
        iter,
        deque,
        set,
        str,
        pd.DataFrame,
        sp.csr_array,
    ]:
        yield lambda make=make: make(Y)
    for kind in ["Int64", "boolean", "string", "category"]:
        yield lambda kind=kind: pd.Series(Y).astype(kind)
    for value in [None, 1, "01", {0: 1}, object(), [["a"], ["b", "c"]] * (N // 2)]:
        yield lambda value=value: value


def odd_weights():
    """Yield functions that make an odd sample_weight."""
    for value in [np.nan, np.inf, -1.0, 0.0, 1e-46, 1e-320, 1e300, 1.7e308, 1e40]:
        yield lambda value=value: np.array([value] + [1.0] * (N - 1))
        yield lambda value=value: np.full(N, value)
    for shape in [(), (0,), (N, 1), (N - 1,), (N, 2), (1, N)]:
        yield lambda shape=shape: np.ones(shape)
    for value in [2, 2.5, "a", "balanced", {}, object(), True, [None] * N, ["a"] * N]:
        yield lambda value=value: value
    for make in [pd.Series, list, tuple, iter, sp.csr_array]:
        yield lambda make=make: make(np.ones(N))


# Whatever is large enough to take the memory or the time of the machine is left out.
# fmt: off
ODD_VALUES = [
    None, True, False, 0, 1, 2, -1, 0.5, -0.5, 1.5, np.nan, np.inf, 1e-320, "", "auto",
    "balanced", "odd", b"auto", (), [], (1,), (0,), (1.5,), ("a",), (2, 2), {},
    {"a": 1}, {0: 1}, {0: -1, 1: 1}, {"shift": 9}, [None], np.array([2, 3]),
    np.uint8(3), np.float32(0.5), np.True_, object(), len, int, 1j, ((1, 2), 3),
]
# fmt: on


def cases():
    """Yield (name, estimator's name, argument, function that makes its value)."""
    numeric = ("dense", "cnn", "reshaper", "normalizer")
    classifiers = ("dense", "cnn", "text")
    for kinds, make_all, argument in [
        (numeric, odd_arrays, "X"),
        (("text",), odd_texts, "X"),
        (classifiers, odd_targets, "y"),
        (classifiers, odd_weights, "sample_weight"),
    ]:
        for kind, (number, make) in itertools.product(kinds, enumerate(make_all())):
            yield f"{kind} fit {argument} {number}", kind, argument, make
            if argument == "X":
                yield f"{kind} predict X {number}", kind, "predict X", make
    for kind, (estimator, _) in make_estimators().items():
        names = (
            estimator.get_params()
            if kind != "cnn"
            else ("width", "image_shape", "augment")
        )
        for name, value in itertools.product(names, ODD_VALUES):
            yield f"{kind} {name}={value!r:.40}", kind, name, lambda value=value: value


def outcome(kind, argument, make, seconds):
    """Return how a case ends, and the exception or what is wrong."""
    estimator, X = make_estimators()[kind]
    given = {"X": X, "y": Y, "sample_weight": None}
    value = make()
    before = _copy(value)
    signal.signal(signal.SIGALRM, _raise_late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            wrong = _use(estimator, argument, value, given)
    except _Late:
        return "hang", ""
    except Exception as error:
        signal.setitimer(signal.ITIMER_REAL, 0)
        return _kind_of_error(error, argument.split()[-1])
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    if not wrong and not _same(before, value):
        wrong = "the argument was changed"
    return ("silent", wrong) if wrong else ("fine", "")


def _use(estimator, argument, value, given):
    """Fit and predict; return what is wrong with the result."""
    if argument == "predict X":
        estimator.fit(given["X"], given["y"])
        X = value
    elif argument in given:
        given[argument] = value
        X = given["X"]
        if hasattr(estimator, "predict"):
            estimator.fit(given["X"], given["y"], given["sample_weight"])
        else:
            estimator.fit(given["X"])
    else:
        X = given["X"]
        estimator.set_params(**{argument: value}).fit(X, given["y"])
    if not hasattr(estimator, "predict"):
        out = estimator.transform(X)
        return "" if np.isfinite(np.asarray(out, float)).all() else "not finite"
    return _what_is_wrong(estimator, X)


def _what_is_wrong(classifier, X):
    proba, labels = classifier.predict_proba(X), classifier.predict(X)
    n_rows = X.shape[0] if hasattr(X, "shape") else len(X)
    if proba.shape != (n_rows, len(classifier.classes_)):
        return f"probabilities have shape {proba.shape}"
    if not np.isfinite(proba).all():
        return "probabilities are not finite"
    if classifier.target_type_ == "multilabel-indicator":
        return "" if np.isin(labels, (0, 1)).all() else "labels are not 0 and 1"
    if not np.allclose(proba.sum(axis=1), 1, atol=1e-5):
        return "probabilities do not sum to one"
    return "" if np.isin(labels, classifier.classes_).all() else "unknown labels"


def _kind_of_error(error, argument):
    text = f"{type(error).__name__}: {error}"
    named = re.search(_OTHER_NAMES.get(argument, rf"\b{argument}\b"), str(error))
    where = error.__traceback__
    while where.tb_next is not None:
        where = where.tb_next
    place = where.tb_frame.f_code.co_filename
    checked = "sknets" in place or "sklearn" in place or "/_containers" in place
    clear = isinstance(error, ValueError | TypeError) and named and checked
    return ("clear" if clear else "unclear"), f"{text:.160} [{place[-40:]}]"


def _raise_late(*_):
    raise _Late


def _with(X, value, columns):
    X = X.copy()
    for column in range(columns):
        X[1, column] = value
    return X


def _copy(value):
    if isinstance(value, Iterator):
        return value
    try:
        return copy.deepcopy(value)
    except TypeError:  # frames of lazy libraries
        return value


def _same(before, after):
    if sp.issparse(before):
        before, after = before.toarray(), after.toarray()
    try:
        if np.asarray(before).dtype == object:  # where NaN and NA equal nothing
            return repr(np.asarray(after).tolist()) == repr(np.asarray(before).tolist())
        np.testing.assert_equal(np.asarray(after), np.asarray(before))
    except AssertionError:
        return False
    except Exception:  # what numpy cannot compare
        return True
    return True


def run(every=1, start=0, seconds=60.0, keep=lambda name: True):
    """Run every so many of the cases; return the counts and the faults."""
    counts, faults = Counter(), []
    for name, kind, argument, make in itertools.islice(cases(), start, None, every):
        if not keep(name):
            continue
        how, detail = outcome(kind, argument, make, seconds)
        counts[how] += 1
        if how in FAULTS:
            faults.append(f"{how}: {name}: {detail}")
    return counts, faults


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--without", default="nothing", help="word in a case's name")
    arguments = parser.parse_args()
    counts, faults = run(
        arguments.every,
        seconds=arguments.seconds,
        keep=lambda name: arguments.without not in name,
    )
    print(*faults, sep="\n")
    print(sum(counts.values()), "cases:", dict(counts))
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()

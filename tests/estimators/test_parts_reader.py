"""The rows of parts: checked, selected, and made something of where the parts are."""

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sknets import DenseNetClassifier, TextPoolClassifier
from sknets._estimators.parts_reader import Reader
from sknets._parts import as_parts

TEXTS = [f"good film {i % 3}" if i % 2 else f"bad film {i % 3}" for i in range(40)]
LABELS = np.array(["no", "yes"] * 20)
WEIGHTS = np.where(np.arange(40) % 5, 1.0, 0.0)


def reader_of(net, X, y, w, share=0.0):
    """A reader that has gone through ten rows a part, and knows the target."""
    starts = range(0, len(y), 10)
    rows = [tuple(v[start : start + 10] for v in (X, y, w)) for start in starts]
    reader = Reader(net, as_parts(rows, None, None), 0, share)
    reader.summarise(goes_on=False)
    reader.learn_target(goes_on=False)
    reader.rows.terms = lambda encoded, weight: (encoded, weight)
    return reader


def texts(share=0.0):
    reader = reader_of(TextPoolClassifier(), TEXTS, LABELS, WEIGHTS, share)
    reader.rows.prepare_X = length_of_each
    reader.rows.kinds.pop("the type of X")
    return reader


def length_of_each(X):
    return [[len(text)] for text in X]


def totals(X, y, weight):
    return sum(map(sum, X)), y.tolist(), weight.sum()


def test_rows_without_weight_and_held_out_ones_are_left_out():
    X = np.arange(40.0)[:, None]
    rows = list(reader_of(DenseNetClassifier(), X, LABELS, WEIGHTS).training_rows(None))
    found = np.concatenate([X for X, _, _ in rows])
    np.testing.assert_array_equal(found, X[WEIGHTS > 0])
    reader = reader_of(DenseNetClassifier(), X, LABELS, WEIGHTS, share=0.4)
    some = np.concatenate([X for X, _, _ in reader.training_rows(None)])
    held_out, _, _ = reader.summary.held_out.rows()
    assert sorted([*some.ravel(), *held_out.ravel()]) == found.ravel().tolist()
    assert len(some) == reader.n_training_rows() < len(found)


def test_some_parts_in_another_order():
    X = np.arange(40.0)[:, None]
    reader = reader_of(DenseNetClassifier(), X, LABELS, np.ones(40))
    firsts = [X[0, 0] for X, _, _ in reader.training_rows([2, 0])]
    assert firsts == [20, 0]


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_a_function_gets_the_rows_to_train_on(share):
    reader = texts(share)
    expected = [totals(*rows) for rows in reader.training_rows(None)]
    assert list(reader.mapped(totals)) == expected
    assert sum(weight for *_, weight in expected) == reader.n_training_rows()


def test_rows_are_the_same_in_another_process():
    """Where the hashes of strings, by which passes are compared, are others."""
    reader = texts(share=0.3)
    reader.rows.terms = None
    part = dict(reader.parts.read([1]))[1]
    program = (
        "import pickle, sys; rows, part = pickle.load(sys.stdin.buffer);"
        "rows.terms = lambda encoded, weight: (encoded, weight);"
        "print(rows.mapped(lambda X, y, weight: (X, y.tolist()), 1, part))"
    )
    there = pickle.dumps((reader.rows.elsewhere(), part))
    command = [sys.executable, "-c", program]
    folder = Path(__file__).parents[2]
    found = subprocess.run(
        command, input=there, capture_output=True, check=True, cwd=folder
    )
    reader.rows.terms = lambda encoded, weight: (encoded, weight)
    [(X, y, _)] = reader.training_rows([1])
    assert found.stdout.decode().strip() == repr((X, y.tolist()))


def test_objects_of_keras_stay_where_they_are():
    """Other processes may be without it."""
    keras = pytest.importorskip("keras")
    net = TextPoolClassifier(
        callbacks=[keras.callbacks.TerminateOnNaN()], optimizer=keras.optimizers.Adam()
    )
    reader = reader_of(net, TEXTS, LABELS, WEIGHTS)
    reader.rows.terms = None
    assert b"keras" not in pickle.dumps(reader.rows.elsewhere())
    assert len(net.callbacks) == 1
    assert isinstance(net.optimizer, keras.optimizers.Adam)

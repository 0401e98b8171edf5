"""Weights of classes and of rows, and bad ones."""

import copy

import numpy as np
import pytest

from sknets import DenseNetClassifier, SmallCNNClassifier
from sknets._estimators import targets
from tests.networks import assert_all_equal

BOTH = pytest.mark.parametrize(
    "estimator_class", [DenseNetClassifier, SmallCNNClassifier]
)


def test_balanced_counts_as_its_formula(quick, blobs):
    X, y = blobs
    keep = np.r_[0:90][(y != 2) | (np.arange(90) % 5 == 0)]
    X, y = X[keep], y[keep]
    weight = len(y) / (3 * np.bincount(y))
    est = quick(DenseNetClassifier, class_weight="balanced", epochs=2)
    by_name = est.fit(X, y).weights_
    est.set_params(class_weight=dict(enumerate(weight))).fit(X, y)
    for a, b in zip(by_name, est.weights_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    est.set_params(class_weight=None).fit(X, y)
    assert np.abs(by_name[0] - est.weights_[0]).max() > 1e-3


def test_balanced_weighs_the_sample_weights(quick, blobs):
    """A weight of two counts like a row that is there twice."""
    X, y = blobs
    w = 1.0 + (y == 1)
    est = quick(DenseNetClassifier, epochs=1, class_weight="balanced")
    est.set_params(input_scaling=None)  # which weights of rows have a part in
    by_weight = est.fit(X, y, sample_weight=w).weights_
    est.set_params(class_weight=None).fit(X, y)
    for a, b in zip(by_weight, est.weights_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_weights_change_what_is_learned(quick):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 2))
    y = (X[:, 0] + rng.normal(size=200) > 0).astype(int)
    est = quick(DenseNetClassifier, epochs=20)
    shares = [
        est.set_params(class_weight={0: 1, 1: w}).fit(X, y).predict(X).mean()
        for w in (0.05, 1, 20)
    ]
    assert shares[0] < 0.15 < shares[1] < 0.85 < shares[2]


@pytest.mark.parametrize("labels", [["a", "b", "c"], ["0", "1", "2"]])
def test_class_weight_of_strings(quick, blobs, labels):
    X, y = blobs
    names = np.array(labels)
    est = quick(DenseNetClassifier, class_weight={labels[1]: 3.0}, epochs=1)
    by_name = est.fit(X, names[y]).weights_
    est.set_params(class_weight={1: 3.0}).fit(X, y)
    assert_all_equal(by_name, est.weights_)


@pytest.mark.parametrize(
    "class_weight", ["balanced", [{0: 1, 1: 3}, {0: 2, 1: 1}, {0: 1, 1: 1}]]
)
def test_multilabel_class_weight(quick, multilabel, class_weight):
    X, y = multilabel
    y = y.copy()
    y[::2, 1] = 0
    plain_sgd = {"epochs": 1, "optimizer": "sgd", "weight_decay": None}
    est = quick(DenseNetClassifier, batch_size=128, **plain_sgd)
    plain = est.fit(X, y).history_["loss"][0]
    est.set_params(class_weight=class_weight).fit(X, y)
    if class_weight == "balanced":
        tables = [len(y) / (2 * np.bincount(column)) for column in y.T]
    else:
        tables = [np.array([t[0], t[1]]) for t in class_weight]
    w = np.stack([table[column] for table, column in zip(tables, y.T, strict=True)], 1)
    # Loss of the untrained network: of another one of the same seed and size.
    untrained = quick(DenseNetClassifier, learning_rate=1e-30, **plain_sgd).fit(X, y)
    z = untrained.decision_function(X).astype(np.float64)
    losses = np.logaddexp(0, z) - y * z
    assert plain == pytest.approx(losses.mean(), rel=1e-4)
    expected = (losses * w).sum() / w.sum()
    assert est.history_["loss"][0] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    ("class_weight", "match"),
    [
        ({0: -1.0}, "must not be negative"),
        ({99: 1.0}, "are not in class_weight"),
        ([{0: 1, 1: 1}], "must be None, 'balanced' or a dict"),
        ({0: 0, 1: 0, 2: 0}, "All rows to train or validate on have weight zero"),
    ],
)
def test_bad_class_weight(quick, blobs, class_weight, match):
    with pytest.raises(ValueError, match=match):
        quick(DenseNetClassifier, class_weight=class_weight).fit(*blobs)


def test_bad_multilabel_class_weight(quick, multilabel):
    with pytest.raises(ValueError, match="a list of 3 dicts.*got {0: 2}"):
        quick(DenseNetClassifier, class_weight={0: 2}).fit(*multilabel)


@pytest.mark.parametrize(
    ("weight", "match"),
    [
        (lambda n: np.zeros(n), "[Ss]ample weights must contain at least one non-zero"),
        (lambda n: -np.ones(n), "Negative values in data passed to `sample_weight`"),
        (lambda n: np.ones(n + 1), r"sample_weight.shape == \(91,\), expected \(90,\)"),
        (lambda n: np.full(n, np.nan), "sample_weight contains NaN"),
    ],
)
def test_bad_sample_weight(quick, blobs, weight, match):
    X, y = blobs
    with pytest.raises(ValueError, match=match):
        quick(DenseNetClassifier).fit(X, y, sample_weight=weight(len(y)))


@BOTH
def test_nothing_of_the_caller_is_changed(quick, blobs, estimator_class):
    X, y = (array.copy() for array in blobs)
    w = np.linspace(0, 3, len(y))
    class_weight = {0: 2.0, 1: 1.0}
    given = (X, y, w, class_weight)
    before = copy.deepcopy(given)
    est = quick(
        estimator_class, class_weight=class_weight, early_stopping=True, width=[4]
    )
    est.fit(X, y, sample_weight=w, X_val=X, y_val=y, sample_weight_val=w)
    est.predict_proba(X)
    for now, then in zip(given[:3], before[:3], strict=True):
        np.testing.assert_array_equal(now, then)
    assert class_weight == before[3]
    assert est.class_weight is class_weight
    assert est.width == [4]


def test_balanced_weights_leave_out_classes_without_weight():
    numbers, weight = np.array([0, 0, 1, 2]), np.array([1.0, 1.0, 1.0, 0.0])
    table = targets._class_table("balanced", np.arange(3), numbers, weight)
    np.testing.assert_allclose(table, [3 / (2 * 2), 3 / (2 * 1), 1])

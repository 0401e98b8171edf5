"""Targets of the dense and the CNN estimator: labels, indicators, probabilities."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from sklearn.exceptions import DataConversionWarning

from sknets import DenseNetClassifier, SmallCNNClassifier
from tests.networks import assert_all_equal

BOTH = pytest.mark.parametrize(
    "estimator_class", [DenseNetClassifier, SmallCNNClassifier]
)


@BOTH
def test_binary(quick, binary, estimator_class):
    X, y = binary
    est = quick(estimator_class, epochs=20).fit(X, y)
    assert est.score(X, y) > 0.95
    z = est.decision_function(X)
    assert z.shape == (len(y),)
    p = est.predict_proba(X)
    np.testing.assert_allclose(p[:, 1], 1 / (1 + np.exp(-z)), rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(est.predict(X), (z > 0).astype(int))
    assert est.weights_[-1].shape == (1,)  # one output unit


@BOTH
def test_multiclass(quick, blobs, estimator_class):
    X, y = blobs
    est = quick(estimator_class, epochs=20).fit(X, y)
    assert est.score(X, y) > 0.95
    z = est.decision_function(X)
    assert z.shape == (len(y), 3)
    e = np.exp(z.astype(np.float64))
    np.testing.assert_allclose(
        est.predict_proba(X), e / e.sum(axis=1, keepdims=True), rtol=1e-4, atol=1e-7
    )
    np.testing.assert_array_equal(est.predict(X), z.argmax(axis=1))


@BOTH
def test_multilabel(quick, multilabel, estimator_class):
    X, y = multilabel
    est = quick(estimator_class, epochs=60).fit(X, y)
    z = est.decision_function(X)
    assert z.shape == y.shape
    np.testing.assert_allclose(
        est.predict_proba(X), 1 / (1 + np.exp(-z)), rtol=1e-5, atol=1e-7
    )
    np.testing.assert_array_equal(est.predict(X), (z > 0).astype(int))
    assert (est.predict(X) == y).mean() > 0.8
    np.testing.assert_array_equal(est.classes_, [0, 1, 2])


@pytest.mark.parametrize("n_classes", [2, 3])
def test_logarithms_of_probabilities(quick, blobs, n_classes):
    X, y = blobs
    X, y = X[y < n_classes], y[y < n_classes]
    est = quick(DenseNetClassifier).fit(X, y)
    np.testing.assert_allclose(
        est.predict_log_proba(X), np.log(est.predict_proba(X)), rtol=1e-4, atol=1e-6
    )
    far = est.predict_log_proba(1e3 * X)
    assert np.isfinite(far).all()


def test_sparse_indicator_matrix(quick, multilabel):
    X, y = multilabel
    est = quick(DenseNetClassifier, epochs=1)
    expected = est.fit(X, y).weights_
    assert_all_equal(est.fit(X, sp.csr_array(y)).weights_, expected)


def test_boolean_indicator_matrix(quick, multilabel):
    X, y = multilabel
    est = quick(DenseNetClassifier, epochs=1)
    expected = est.fit(X, y).weights_
    assert_all_equal(est.fit(X, y.astype(bool)).weights_, expected)


LABELS = {
    "strings": np.array(["cat", "horse", "zebra"]),
    "objects": np.array(["cat", "horse", "zebra"], dtype=object),
    "negative": np.array([-7, 0, 5]),
    "floats": np.array([-1.0, 2.0, 3.0]),
    "uint8": np.array([1, 4, 250], np.uint8),
    "large": np.array([-(2**40), 0, 2**40]),
}


@pytest.mark.parametrize("kind", LABELS)
def test_labels_of_any_type(quick, blobs, kind):
    X, y = blobs
    labels = LABELS[kind]
    est = quick(DenseNetClassifier, epochs=20)
    expected = est.fit(X, y).predict(X)
    est.fit(X, labels[y])
    np.testing.assert_array_equal(est.classes_, labels)
    assert est.classes_.dtype == labels.dtype
    np.testing.assert_array_equal(est.predict(X), labels[expected])


def test_boolean_labels(quick, binary):
    X, y = binary
    est = quick(DenseNetClassifier).fit(X, y == 1)
    assert est.classes_.tolist() == [False, True]
    assert est.predict(X).dtype == bool


@pytest.mark.parametrize(
    "wrap",
    [
        list,
        lambda y: pd.Series(y, index=np.arange(len(y))[::-1]),
        lambda y: pd.Series(y).astype("category"),
        lambda y: pd.Series(y).astype("string"),
        pl.Series,
    ],
    ids=["list", "pandas", "category", "pandas string", "polars"],
)
def test_labels_in_any_container(quick, blobs, wrap):
    X, y = blobs
    names = np.array(["a", "b", "c"])
    est = quick(DenseNetClassifier, epochs=1)
    expected = est.fit(X, names[y]).weights_
    est.fit(X, wrap(names[y]))
    assert list(est.classes_) == ["a", "b", "c"]
    assert_all_equal(est.weights_, expected)


def test_one_hot_rows_are_multilabel_and_a_warning(quick, blobs):
    X, y = blobs
    with pytest.warns(UserWarning, match=r"every row sums to one.*y\.argmax\(axis=1\)"):
        est = quick(DenseNetClassifier).fit(X, np.eye(3, dtype=int)[y])
    assert est.target_type_ == "multilabel-indicator"
    assert est.predict(X).shape == (len(y), 3)


def test_column_vector_is_a_warning(quick, blobs):
    X, y = blobs
    est = quick(DenseNetClassifier, epochs=1)
    expected = est.fit(X, y).weights_
    with pytest.warns(DataConversionWarning, match="column-vector y was passed"):
        est.fit(X, y[:, None])
    assert_all_equal(est.weights_, expected)


@pytest.mark.parametrize(
    ("y", "error", "match"),
    [
        (None, ValueError, "requires y to be passed, but the target y is None"),
        (lambda y: y + 0.5, ValueError, "Unknown label type: continuous"),
        (lambda y: np.stack([y, y], 1), ValueError, "Unknown label type: multiclass-m"),
        (lambda y: np.where(y == 0, np.nan, y), ValueError, "Input y contains NaN"),
        (lambda y: y[:-1], ValueError, "inconsistent numbers of samples"),
        (lambda y: np.eye(3)[y] * 2 - 1, ValueError, "must consist of 0 and 1; y has"),
        (lambda y: np.eye(3)[y] + 1, ValueError, r"0 and 1; y has .*\[1.0, 2.0\]"),
    ],
    ids=["None", "continuous", "columns", "NaN", "short", "-1/1", "1/2"],
)
def test_bad_target(quick, blobs, y, error, match):
    X, labels = blobs
    with pytest.raises(error, match=match):
        quick(DenseNetClassifier).fit(X, y if y is None else y(labels))

"""Probabilities, and the labels that follow from them."""

import json

import numpy as np
import pytest

from sknets import DenseNetClassifier
from sknets._estimators import predictions
from sknets._parts import arrays


@pytest.fixture(params=["binary", "multiclass", "multilabel"])
def fitted(request, quick, blobs, binary, multilabel):
    data = {"binary": binary, "multiclass": blobs, "multilabel": multilabel}
    X, y = data[request.param]
    return quick(DenseNetClassifier).fit(X, y), X


def test_probabilities_are_float64(fitted):
    net, X = fitted
    proba = net.predict_proba(X)
    assert proba.dtype == net.predict_log_proba(X).dtype == np.float64
    assert net.decision_function(X).dtype == np.float64
    assert net.weights_[0].dtype == np.float32
    np.testing.assert_allclose(np.log(proba), net.predict_log_proba(X), atol=1e-12)
    json.dumps({"p": proba[0, 0]})


def test_rows_sum_to_one_for_generators(quick, blobs):
    X, y = blobs
    proba = quick(DenseNetClassifier).fit(X, y).predict_proba(X)
    assert np.abs(proba.sum(axis=1) - 1).max() < 1e-15
    rng = np.random.default_rng(0)
    for row in proba:
        assert rng.multinomial(10, row).sum() == 10
        assert np.random.RandomState(0).multinomial(10, row).sum() == 10


@pytest.mark.parametrize("bias", [0.0, 1e-30, -1e-30, 1e-12])
def test_predict_is_the_first_maximum_of_probabilities(fitted, bias):
    """A logit of 1e-30 is positive, but its probability is one half."""
    net, X = fitted
    *first, kernel, last = net.weights_
    logits = bias * np.arange(1, len(last) + 1)
    net.weights_ = [*first, np.zeros_like(kernel), logits.astype(np.float32)]
    proba, predicted = net.predict_proba(X), net.predict(X)
    if predicted.ndim == 2:
        np.testing.assert_array_equal(predicted, proba > 0.5)
    else:
        np.testing.assert_array_equal(predicted, net.classes_[proba.argmax(axis=1)])


def test_labels_of_many_rows_are_found_block_by_block(fitted, monkeypatch):
    net, X = fitted
    expected = net.predict(X)
    lengths = []

    def labels(self, logits):
        lengths.append(len(logits))
        return of_class(self, logits)

    of_class = predictions.ClassPredictions._labels
    monkeypatch.setattr(predictions.ClassPredictions, "_labels", labels)
    n_outputs = net.decision_function(X[:1]).size
    monkeypatch.setattr(predictions, "DECODED_VALUES", 7 * n_outputs)
    np.testing.assert_array_equal(net.predict(X), expected)
    assert lengths == [7] * (len(X) // 7) + [len(X) % 7] * (len(X) % 7 > 0)


@pytest.mark.parametrize("method", ["predict", "predict_proba", "decision_function"])
def test_arrays_on_disk_are_read_in_slices(fitted, method, tmp_path, monkeypatch):
    net, X = fitted
    monkeypatch.setattr(arrays, "SLICE_BYTES", 7 * X[0].nbytes)
    monkeypatch.setattr(arrays, "MAPPED_BYTES", 0)
    mapped = np.memmap(tmp_path / "x", X.dtype, "w+", shape=X.shape)
    mapped[:] = X
    lengths = []
    check = DenseNetClassifier._check_X

    def watched(self, X, *, reset):
        lengths.append(len(X))
        return check(self, X, reset=reset)

    monkeypatch.setattr(DenseNetClassifier, "_check_X", watched)
    found = getattr(net, method)(mapped)
    assert max(lengths) == 7
    assert sum(lengths) == len(X)
    np.testing.assert_array_equal(found, getattr(net, method)(X))
    with pytest.raises(ValueError, match="0 sample"):
        getattr(net, method)(mapped[:0])

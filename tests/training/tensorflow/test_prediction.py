"""Predictions by a compiled program: those in NumPy, and compiled once."""

import numpy as np
import pytest
import scipy.sparse as sp

import sknets
from sknets import DenseNetClassifier, SmallCNNClassifier
from sknets._training.tensorflow import prediction, program

QUICK = {"width": (4,), "epochs": 1, "batch_size": 16, "random_state": 0}
PIXELS = np.random.default_rng(0).integers(0, 256, (600, 5, 6), np.uint8)


@pytest.fixture(scope="module")
def cnn():
    return SmallCNNClassifier(**QUICK).fit(PIXELS[:48], np.arange(48) % 3)


@pytest.fixture
def compiled_calls(monkeypatch):
    """Numbers of rows that the compiled program was asked for."""
    calls = []
    real = prediction.compiled_logits

    def counted(network, weights, X, index, *others):
        calls.append(len(index))
        return real(network, weights, X, index, *others)

    monkeypatch.setattr(prediction, "compiled_logits", counted)
    return calls


def assert_compiled_agrees(net, X, calls):
    for method in ("predict_proba", "decision_function", "predict_log_proba"):
        expected = getattr(net, method)(X)
        with sknets.compiled_prediction():
            found = getattr(net, method)(X)
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    with sknets.compiled_prediction():
        np.testing.assert_array_equal(net.predict(X), net.predict(X))
    assert calls == [X.shape[0]] * 5


@pytest.mark.parametrize("scaling", ["robust", "standard", None])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_compiled_dense_network_agrees(scaling, n_classes, compiled_calls):
    X = np.random.default_rng(1).normal(7, 2, (300, 6))
    net = DenseNetClassifier(input_scaling=scaling, **QUICK)
    net.fit(X[:48], np.arange(48) % n_classes)
    assert_compiled_agrees(net, X, compiled_calls)


def test_compiled_program_takes_sparse_rows(compiled_calls):
    rows = np.random.default_rng(2).normal(size=(300, 6))
    X = sp.csr_array(np.where(rows > 0.5, rows, 0))
    net = DenseNetClassifier(**QUICK).fit(X[:48], np.arange(48) % 3)
    assert_compiled_agrees(net, X, compiled_calls)


@pytest.mark.parametrize("flat", [False, True])
def test_compiled_cnn_agrees(cnn, flat, compiled_calls):
    X = PIXELS[:300].reshape(300, -1) if flat else PIXELS[:300]
    assert_compiled_agrees(cnn, X, compiled_calls)


def test_compiled_program_takes_indicators_and_wide_types(compiled_calls):
    X = PIXELS[:300].astype(np.float64) / 255
    y = np.stack([np.arange(48) % 2, np.arange(48) % 3 == 0], axis=1)
    net = SmallCNNClassifier(**QUICK).fit(X[:48], y)
    assert_compiled_agrees(net, X, compiled_calls)


def test_no_number_of_rows_compiles_again(cnn):
    program.prediction_program.cache_clear()
    with sknets.compiled_prediction():
        for n_rows in (1, 2, 255, 256, 257, 511, 600):
            assert len(cnn.predict(PIXELS[:n_rows])) == n_rows
    assert program.prediction_program.cache_info().currsize == 1
    compiled = program.prediction_program(cnn._network.structure, None)
    # One for few and one for many rows.
    assert compiled.experimental_get_tracing_count() == 2

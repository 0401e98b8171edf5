"""The fitted state while it changes: refits beside predictions."""

import threading

import numpy as np
import pytest

from sknets import DenseNetClassifier, SmallCNNClassifier, TextPoolClassifier

METHODS = ["predict", "predict_proba", "predict_log_proba", "decision_function"]


def predict_beside(est, X, refit, expected):
    """Predict in 8 threads until `refit` is through; each answer is of one state."""
    ended, wrong = threading.Event(), []

    def predict(method):
        while not ended.is_set():
            try:
                got = getattr(est, method)(X)
            except Exception as error:
                wrong.append(repr(error))
                return
            if not any(np.array_equal(got, known) for known in expected[method]):
                wrong.append(f"{method}: {got[:2]}")
                return

    threads = [threading.Thread(target=predict, args=(m,)) for m in METHODS * 2]
    for thread in threads:
        thread.start()
    try:
        refit()
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    return wrong


def outputs(est, X):
    return {method: getattr(est, method)(X) for method in METHODS}


@pytest.mark.parametrize("estimator_class", [DenseNetClassifier, SmallCNNClassifier])
def test_predictions_beside_refits(quick, digits, estimator_class):
    X, y = digits
    ways = [np.array(["even", "odd"])[y % 2], y]  # one output unit, and ten
    est = quick(estimator_class, epochs=1)
    expected = [outputs(est.fit(X, labels), X[:9]) for labels in ways]

    def refit():
        for n in range(12):
            est.fit(X, ways[n % 2])

    known = {m: [states[m] for states in expected] for m in METHODS}
    assert predict_beside(est, X[:9], refit, known) == []


def test_predictions_beside_refits_of_texts():
    texts = ["a good film", "a bad film", "a long film", "good and long"] * 10
    ways = [[0, 1, 0, 1] * 10, list("abca") * 10]
    est = TextPoolClassifier(epochs=1, random_state=0)
    expected = [outputs(est.fit(texts, labels), texts[:4]) for labels in ways]

    def refit():
        for n in range(12):
            # Another vocabulary in between, which settles another network.
            est.fit(texts, ways[n % 2])

    known = {m: [states[m] for states in expected] for m in METHODS}
    assert predict_beside(est, texts[:4], refit, known) == []


def test_predictions_beside_partial_fit(quick, blobs):
    X, y = blobs
    serial = quick(DenseNetClassifier).fit(X, y)
    known = {method: [values] for method, values in outputs(serial, X).items()}
    for _ in range(12):
        for method, values in outputs(serial.partial_fit(X, y), X).items():
            known[method].append(values)
    est = quick(DenseNetClassifier).fit(X, y)

    def refit():
        for _ in range(12):
            est.partial_fit(X, y)

    assert predict_beside(est, X, refit, known) == []


def test_nothing_of_an_older_fit_stays(quick, blobs):
    pd = pytest.importorskip("pandas")
    X, y = blobs
    est = quick(DenseNetClassifier, warm_start=True)
    est.fit(pd.DataFrame(X, columns=list("abcd")), y)
    assert {"feature_names_in_", "optimizer_state_"} <= vars(est).keys()
    est.set_params(warm_start=False).fit(X, y)
    assert not {"feature_names_in_", "optimizer_state_"} & vars(est).keys()


def test_parameters_set_while_another_thread_fits_stay(quick, blobs):
    est = quick(DenseNetClassifier, epochs=200)
    fitting = threading.Thread(target=est.fit, args=blobs)
    fitting.start()
    est.set_params(dropout=0.25)
    fitting.join()
    assert est.dropout == 0.25
    assert est.n_iter_ == 200

"""A prediction depends on its row alone, down to the last bit."""

import numpy as np
import pytest

from sknets import DenseNetClassifier, SmallCNNClassifier, TextPoolClassifier
from sknets._core import prediction

N_ROWS = 230
rng = np.random.default_rng(0)
WORDS = np.array(["a", "dull", "film", "with", "good", "people", "in", "it"])
ROWS = {
    "narrow": rng.normal(size=(N_ROWS, 3)),
    "wide": rng.normal(size=(N_ROWS, 517)),
    "images": rng.integers(0, 256, (N_ROWS, 13, 11), np.uint8),
    "colours": rng.normal(size=(N_ROWS, 9, 10, 3)),
    "texts": [" ".join(rng.choice(WORDS, rng.integers(1, 9))) for _ in range(N_ROWS)],
}
QUICK = {"epochs": 1, "batch_size": 64, "random_state": 0}
NETS = {
    "narrow": DenseNetClassifier((33, 7), activation="gelu", **QUICK),
    "wide": DenseNetClassifier((130, 64), activation="tanh", **QUICK),
    "images": SmallCNNClassifier((5, 9), dense_width=17, **QUICK),
    "colours": SmallCNNClassifier((4, 6), **QUICK),
    "texts": TextPoolClassifier(12, pooling="mean_max", dense_width=9, **QUICK),
}
METHODS = ("decision_function", "predict_proba", "predict_log_proba")


@pytest.fixture(scope="module", params=NETS)
def fitted(request):
    X = ROWS[request.param]
    net = NETS[request.param].fit(X, np.arange(N_ROWS) % 3)
    return net, X


def chosen(X, rows):
    return [X[i] for i in rows] if isinstance(X, list) else X[rows]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 64, 101, 229])
def test_any_batch_gives_the_same_bits(fitted, method, size):
    net, X = fitted
    predict = getattr(net, method)
    rows = np.random.default_rng(size).permutation(N_ROWS)[:size]
    np.testing.assert_array_equal(predict(chosen(X, rows)), predict(X)[rows])


def test_blocks_give_the_same_bits(fitted, monkeypatch):
    net, X = fitted
    whole = net.decision_function(X)
    for size in (1, 7, 100):
        monkeypatch.setattr(prediction, "MAX_BLOCK_ROWS", size)
        np.testing.assert_array_equal(net.decision_function(X), whole)

"""`to_onnx` and `token_weights`: ONNX Runtime gives what the estimators predict."""

import sys

import keras
import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression

from sknets import (
    DenseNetClassifier,
    DenseNetRegressor,
    KerasClassifier,
    SmallCNNClassifier,
    SmallCNNRegressor,
    TextPoolClassifier,
    TextPoolRegressor,
)
from sknets._core.poolings import POOLINGS
from sknets.interop import to_onnx, token_weights

onnxruntime = pytest.importorskip("onnxruntime")
pytest.importorskip("tf2onnx")

QUICK = {"epochs": 2, "batch_size": 16, "random_state": 0}
TEXTS = ["a good film film film", "bad bad film", "", "a dull film", "good good", "ah"]


def run(graph, **inputs):
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    return session.run(None, inputs)[0]


def rows():
    return np.random.default_rng(0).normal(50, 20, (48, 6)).astype(np.float32)


def images():
    return np.random.default_rng(0).integers(0, 256, (48, 5, 4, 1), np.uint8)


@pytest.fixture
def quick_text():
    net = TextPoolClassifier(
        2,
        min_df=1,
        ngram_range=(1, 1),
        binary=False,
        sublinear_tf=True,
        epochs=1,
        random_state=0,
    )
    return net.fit(["good good", "bad"], [1, 0])


@pytest.mark.parametrize(
    ("net", "X"),
    [
        (DenseNetClassifier(8, **QUICK), rows()),
        (SmallCNNClassifier((4,), **QUICK), images()),
    ],
    ids=["dense", "cnn"],
)
def test_classifiers(net, X):
    net.fit(X, np.arange(len(X)) % 3)
    graph = to_onnx(net)
    for n_rows in (1, len(X)):
        found = run(graph, X=X[:n_rows].astype(np.float32))
        np.testing.assert_allclose(found, net.predict_proba(X[:n_rows]), atol=1e-5)


@pytest.mark.parametrize(
    ("net", "X"),
    [
        (DenseNetRegressor(8, **QUICK), rows()),
        (SmallCNNRegressor((4,), **QUICK), images()),
    ],
    ids=["dense", "cnn"],
)
def test_regressors(net, X):
    net.fit(X, 1000 + 100 * X.reshape(len(X), -1)[:, :2].astype(float))
    found = run(to_onnx(net), X=X.astype(np.float32))
    np.testing.assert_allclose(found, net.predict(X), rtol=1e-5)


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("y", [[1, 0, 0, 0, 1, 1], [0, 1, 2, 0, 1, 2]])
def test_texts_with_weights(pooling, y):
    """Three classes damp the counts of repeated n-grams, which Keras cannot take."""
    net = TextPoolClassifier(
        4, pooling=pooling, min_df=1, epochs=4, batch_size=2, random_state=0
    ).fit(TEXTS, y)
    numbers, weights = token_weights(net, TEXTS)
    assert (weights.max() > 1) == (max(y) > 1)
    found = run(to_onnx(net), X=numbers, weights=weights)
    expected = net.predict_proba(TEXTS)
    expected = expected if max(y) > 1 else expected[:, 1:]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_texts_to_numbers():
    y = [5.0, 1.0, 3.0, 2.0, 5.0, 3.0]
    net = TextPoolRegressor(min_df=1, epochs=4, random_state=0).fit(TEXTS, y)
    numbers, weights = token_weights(net, TEXTS)
    found = run(to_onnx(net), X=numbers, weights=weights)
    np.testing.assert_allclose(found[:, 0], net.predict(TEXTS), rtol=1e-5)


@pytest.mark.filterwarnings("ignore:.*copy keyword:DeprecationWarning")
def test_keras_model_and_file(tmp_path):
    def build(meta):
        inputs = keras.Input((meta["n_features_in_"],))
        hidden = keras.layers.Dense(4, activation="gelu")(inputs)
        return keras.Model(inputs, keras.layers.Dense(3, activation="softmax")(hidden))

    X = rows() / 50
    clf = KerasClassifier(build, loss="sparse_categorical_crossentropy", random_state=0)
    clf.fit(X, np.arange(len(X)) % 3)
    to_onnx(clf, tmp_path / "net.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "net.onnx"))
    [found] = session.run(None, {"X": X})
    np.testing.assert_allclose(found, clf.predict_proba(X), atol=1e-5)


def test_what_cannot_be_converted():
    with pytest.raises(TypeError, match="takes a fitted classifier .* Of a pipeline"):
        to_onnx(LogisticRegression())
    with pytest.raises(NotFittedError):
        to_onnx(DenseNetClassifier())


def test_token_weights(quick_text):
    numbers, weights = token_weights(quick_text, ["bad good bad", "", "unseen good"])
    bad, good = (1 + quick_text.vocabulary_[word] for word in ("bad", "good"))
    first = dict(zip(numbers[0].tolist(), weights[0], strict=True))
    assert first == pytest.approx({bad: 1 + np.log(2), good: 1})
    assert numbers[1:].tolist() == [[0, 0], [good, 0]]
    assert weights[1:].tolist() == [[0, 0], [1, 0]]
    assert (numbers.dtype, weights.dtype) == (np.int32, np.float32)
    numbers, weights = token_weights(quick_text, ["", ""])
    assert numbers.shape == weights.shape == (2, 1)


def test_without_tf2onnx(monkeypatch):
    net = DenseNetClassifier(4, **QUICK).fit(rows(), np.arange(48) % 2)
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    with pytest.raises(ModuleNotFoundError, match="pip install tf2onnx onnx"):
        to_onnx(net)

"""`model_`: a standard Keras model, and the files that can be made of it."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from sknets import DenseNetClassifier, SmallCNNClassifier, TextPoolClassifier
from sknets.interop import token_numbers

TEXTS = ["a good film", "bad bad film", "", "a dull film", "good good", "unseen"]


@pytest.fixture(scope="module")
def rows():
    """Features of three magnitudes, one of them constant, one with an outlier.

    float32, which is what Keras models compute in.
    """
    X = np.random.default_rng(0).normal(0, 1, (60, 6))
    X = X * [1, 100, 1e-3, 1, 0, 1] + [0, 1e3, 5, 0, 7, 0]
    X[0, 5] = 1e4
    return X.astype(np.float32)


@pytest.fixture(scope="module")
def pixels():
    return np.random.default_rng(0).integers(0, 256, (60, 5, 4), np.uint8)


def fit(estimator, X, **params):
    params = {"epochs": 2, "batch_size": 16, "random_state": 0, **params}
    return estimator(**params).fit(X, np.arange(len(X)) % 3)


@pytest.fixture(scope="module")
def fitted(rows, pixels):
    """Estimator, its input, and that of its Keras model, by name."""
    images = pixels[..., None]
    dense = {"width": 8, "dropout": 0.1}
    cnn = {"width": (4,), "dense_width": 6}
    return {
        "robust": (fit(DenseNetClassifier, rows, **dense), rows, rows),
        "standard": (
            fit(DenseNetClassifier, rows, input_scaling="standard", **dense),
            rows,
            rows,
        ),
        "bytes": (fit(SmallCNNClassifier, pixels, **cnn), pixels, images),
        "floats": (
            fit(SmallCNNClassifier, pixels / 16, **cnn),
            pixels / 16,
            images / 16,
        ),
        "standardised": (
            fit(SmallCNNClassifier, pixels / 64 - 2, **cnn),
            pixels / 64 - 2,
            images / 64 - 2,
        ),
    }


@pytest.fixture(scope="module")
def text():
    clf = TextPoolClassifier(
        4, min_df=1, pooling="mean_max", epochs=2, batch_size=8, random_state=0
    )
    clf.fit(TEXTS, [1, 0, 0, 0, 1, 1])
    return clf, TEXTS, token_numbers(clf, TEXTS)


NAMES = ["robust", "standard", "bytes", "floats", "standardised", "text"]


@pytest.fixture
def case(request, name):
    if name == "text":
        return request.getfixturevalue("text")
    return request.getfixturevalue("fitted")[name]


def assert_probabilities(found, clf, X):
    """For two classes, the Keras model gives the probability of the second."""
    expected = clf.predict_proba(X)
    if clf.target_type_ == "binary":
        expected = expected[:, 1:]
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_model_gives_the_probabilities(case):
    clf, X, model_X = case
    model = clf.model_
    assert isinstance(model, keras.Model)
    assert all(type(layer).__module__.startswith("keras.") for layer in model.layers)
    assert_probabilities(model.predict(model_X, verbose=0), clf, X)


@pytest.mark.parametrize("name", NAMES)
def test_scaling_adds_no_parameters(case):
    clf, _, _ = case
    n_parameters = sum(weight.size for weight in clf.weights_)
    assert clf.model_.count_params() == n_parameters
    assert len(clf.model_.weights) == len(clf.weights_)


def test_binary_and_multilabel_models(rows):
    params = {"width": 8, "epochs": 1, "batch_size": 16, "random_state": 0}
    clf = DenseNetClassifier(**params).fit(rows, rows[:, 0] > 0)
    assert_probabilities(clf.model_.predict(rows, verbose=0), clf, rows)
    y = (rows[:, [0, 3]] > 0).astype(int)
    clf = DenseNetClassifier(**params).fit(rows, y)
    assert_probabilities(clf.model_.predict(rows, verbose=0), clf, rows)


def test_changing_the_model_leaves_the_estimator(fitted, rows):
    clf, _, _ = fitted["robust"]
    before = clf.predict_proba(rows)
    model = clf.model_
    model.set_weights([np.zeros_like(weight) for weight in model.get_weights()])
    np.testing.assert_array_equal(clf.predict_proba(rows), before)


@pytest.mark.parametrize("input_scaling", ["robust", "standard"])
def test_features_far_from_zero(input_scaling):
    """A large shift is made in float64 by the estimator, in float32 by the model."""
    noise = np.random.default_rng(0).normal(0, 1, (60, 6))
    y = (noise[:, 0] > 0).astype(int)
    params = {"width": 8, "epochs": 20, "batch_size": 16, "random_state": 0}
    clf = DenseNetClassifier(input_scaling=input_scaling, learning_rate=0.05, **params)
    assert clf.fit(1e9 + noise, y).score(1e9 + noise, y) > 0.9
    X = (1e5 + noise).astype(np.float32)
    clf.set_params(epochs=1).fit(X, y)
    assert_probabilities(clf.model_.predict(X, verbose=0), clf, X)


# --- Files ---------------------------------------------------------------------------


# Keras' way of saving variables is older than NumPy 2.
@pytest.mark.filterwarnings("ignore:.*copy keyword:DeprecationWarning")
@pytest.mark.parametrize("name", NAMES)
def test_keras_file(case, tmp_path):
    clf, X, model_X = case
    clf.model_.save(tmp_path / "net.keras")
    loaded = keras.saving.load_model(tmp_path / "net.keras", safe_mode=True)
    assert_probabilities(loaded.predict(model_X, verbose=0), clf, X)


@pytest.mark.parametrize("name", ["robust", "bytes", "text"])
def test_saved_model(case, tmp_path):
    clf, X, model_X = case
    clf.model_.export(str(tmp_path / "net"))
    loaded = tf.saved_model.load(str(tmp_path / "net"))
    kind = np.int32 if model_X.dtype == np.int32 else np.float32
    assert_probabilities(loaded.serve(tf.constant(model_X, kind)), clf, X)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
@pytest.mark.parametrize("name", NAMES)
def test_onnx(case):
    tf2onnx = pytest.importorskip("tf2onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    clf, X, model_X = case
    model = clf.model_
    spec = tf.TensorSpec(model.inputs[0].shape, model.inputs[0].dtype, name="x")
    function = tf.function(lambda x: model(x), input_signature=[spec])
    onnx_model, _ = tf2onnx.convert.from_function(function, input_signature=[spec])
    session = onnxruntime.InferenceSession(onnx_model.SerializeToString())
    for n_rows in (len(X), 1):
        values = model_X[:n_rows].astype(spec.dtype.as_numpy_dtype)
        assert_probabilities(session.run(None, {"x": values})[0], clf, X[:n_rows])

"""Predictions in numpy and by a compiled program, against the Keras model."""

import sys
import threading

import keras
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp

import sknets
from sknets import (
    DenseNetClassifier,
    SmallCNNClassifier,
    TextPoolClassifier,
)
from sknets._core import objectives, prediction
from sknets._core.activations import ACTIVATIONS
from sknets._core.build import cnn_layers, dense_layers
from sknets._core.layers import Conv, Dense, Flatten, MaxPool
from sknets._core.network import Network
from sknets._training.tensorflow import prediction as compiled_prediction
from sknets._training.tensorflow import program
from sknets.architectures import to_keras

SIZES = st.integers(1, 9)
WIDTHS = st.integers(1, 6)
RATES = st.sampled_from([0.0, 0.3])
BLOCKS = WIDTHS | st.tuples(WIDTHS, WIDTHS)

dense_networks = st.builds(
    lambda n_features, width, rate, activation, n_outputs: (
        dense_layers(width, rate, activation, n_outputs),
        (n_features,),
    ),
    SIZES,
    st.lists(WIDTHS, max_size=3),
    RATES,
    st.sampled_from(sorted(ACTIVATIONS)),
    st.integers(1, 4),
)


def chain(layers, shape):
    return Network(tuple(layers), shape)


@st.composite
def image_networks(draw):
    """Networks of the CNN: its kernels and pools shrink to the image."""
    shape = (draw(SIZES), draw(SIZES), draw(st.integers(1, 3)))
    network = cnn_layers(
        shape,
        draw(st.lists(BLOCKS, min_size=1, max_size=3)),
        draw(RATES),
        draw(st.sampled_from(sorted(ACTIVATIONS))),
        draw(st.integers(1, 5) | st.tuples(SIZES, SIZES)),
        draw(st.sampled_from(["valid", "same"])),
        draw(st.booleans()),
        draw(st.lists(WIDTHS, max_size=2)),
        draw(st.integers(1, 4)),
    )
    return network, shape


def random_weights(network, shape, rng):
    """Weights with biases other than zero, of a size that keeps outputs near one."""
    return [
        rng.normal(size=s, scale=max(1, np.prod(s[:-1])) ** -0.5).astype(np.float32)
        for s in chain(network, shape).weight_shapes()
    ]


def keras_logits(network, shape, weights, rows):
    model = to_keras(chain(network, shape), objectives.Multiclass())
    model.set_weights(weights)
    return keras.Model(model.input, model.layers[-1].input)(rows).numpy()


def assert_equals_keras(network, shape, seed=0, n_rows=5):
    rng = np.random.default_rng(seed)
    weights = random_weights(network, shape, rng)
    rows = rng.normal(size=(n_rows, *shape)).astype(np.float32)
    before = rows.copy()
    ours = prediction.logits(chain(network, shape), weights, rows.__getitem__, n_rows)
    np.testing.assert_array_equal(rows, before)
    expected = keras_logits(network, shape, weights, rows)
    assert ours.dtype == np.float32
    assert ours.shape == expected.shape
    np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=3e-6)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(dense_networks | image_networks(), st.integers(0, 2**16))
def test_any_network_equals_its_keras_model(network_and_shape, seed):
    assert_equals_keras(*network_and_shape, seed)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activation_equals_that_of_keras(activation):
    x = np.r_[np.linspace(-12, 12, 97), -1e4, -100, 100, 1e4].astype(np.float32)
    expected = np.asarray(keras.activations.get(activation)(x.copy()))
    ours = ACTIVATIONS[activation].value(x.copy())
    np.testing.assert_allclose(ours, expected, rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_pooling_before_the_activation_changes_nothing(activation):
    network = [
        Conv(4, (3, 3), "same", activation),
        MaxPool((2, 2)),
        Flatten(),
        Dense(3),
    ]
    assert_equals_keras(network, (7, 6, 2))


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("kernel", [(1, 1), (2, 3), (3, 2), (4, 4), (5, 1), (6, 7)])
def test_every_kernel_size(kernel, padding):
    network = [Conv(3, kernel, padding, "relu"), Flatten(), Dense(2)]
    assert_equals_keras(network, (6, 7, 2))


@pytest.mark.parametrize("kernel", [(3, 3), (4, 5), (9, 2)])
def test_kernel_larger_than_the_image(kernel):
    network = [Conv(3, kernel, "same", "relu"), Flatten(), Dense(2)]
    assert_equals_keras(network, (2, 3, 1))


@pytest.mark.parametrize("size", [(1, 2), (2, 1), (2, 2), (3, 2)])
def test_odd_rest_of_a_pool_is_left_out(size):
    network = [MaxPool(size), Flatten(), Dense(2)]
    assert_equals_keras(network, (7, 5, 2))


@pytest.mark.parametrize(
    ("network", "shape"),
    [
        (dense_layers((5, 4), 0.0, "relu", 3), (6,)),
        (cnn_layers((6, 5, 1), (3,), 0.0, "relu", 3, "same", True, (), 2), (6, 5, 1)),
    ],
    ids=["dense", "cnn"],
)
def test_blocks_of_rows_give_the_same(network, shape, monkeypatch):
    rng = np.random.default_rng(0)
    weights = random_weights(network, shape, rng)
    rows = rng.normal(size=(11, *shape)).astype(np.float32)
    whole = chain(network, rows.shape[1:]).predict(weights, rows)
    sizes = []

    def read(chosen):
        sizes.append(len(rows[chosen]))
        return rows[chosen]

    monkeypatch.setattr(prediction, "MAX_BLOCK_ROWS", 4)
    blocks = prediction.logits(chain(network, shape), weights, read, len(rows))
    assert sizes == [4, 4, 3]
    np.testing.assert_allclose(blocks, whole, rtol=1e-6, atol=1e-7)


def test_blocks_of_a_wide_network_are_small():
    wide = prediction.block_rows(chain(dense_layers(100_000, 0.0, "relu", 2), (10,)))
    assert wide == prediction.DENSE_BYTES // (8 * 100_000) == 20
    assert (
        prediction.block_rows(chain(dense_layers(9_000_000, 0.0, "relu", 2), (10,)))
        == 1
    )
    narrow = prediction.block_rows(chain(dense_layers(2, 0.0, "relu", 2), (3,)))
    assert narrow == prediction.MAX_BLOCK_ROWS


# Probabilities, against float64

Z = np.array([[-200, 0, 90], [1, 2, 3], [-1e-3, 0, 1e-3], [5, 5, 5]], np.float32)


def test_softmax():
    expected = np.exp(Z - logsumexp(Z.astype(np.float64), axis=1, keepdims=True))
    np.testing.assert_allclose(objectives.softmax(Z), expected, rtol=1e-6, atol=1e-37)


def test_log_softmax_keeps_small_probabilities():
    expected = Z - logsumexp(Z.astype(np.float64), axis=1, keepdims=True)
    np.testing.assert_allclose(
        objectives.log_softmax(Z), expected, rtol=1e-6, atol=1e-6
    )
    assert objectives.log_softmax(Z)[0, 0] == pytest.approx(-290)


def test_sigmoid_and_its_logarithm():
    z = np.array([-200, -20, -1, 0, 1, 9], np.float32)
    exact = 1 / (1 + np.exp(-z.astype(np.float64)))
    np.testing.assert_allclose(objectives.sigmoid(z), exact, rtol=1e-6, atol=1e-37)
    np.testing.assert_allclose(objectives.log_sigmoid(z), np.log(exact), rtol=1e-5)


def test_logarithm_of_a_probability_that_rounds_to_one_is_zero():
    z = np.array([18, 30, 1e4], np.float32)
    np.testing.assert_array_equal(objectives.sigmoid(z), 1)
    np.testing.assert_array_equal(objectives.log_sigmoid(z), 0)


# --- The compiled program ------------------------------------------------------------

QUICK = {"width": (4,), "epochs": 1, "batch_size": 16, "random_state": 0}
PIXELS = np.random.default_rng(0).integers(0, 256, (600, 5, 6), np.uint8)


@pytest.fixture(scope="module")
def cnn():
    return SmallCNNClassifier(**QUICK).fit(PIXELS[:48], np.arange(48) % 3)


@pytest.fixture
def compiled_calls(monkeypatch):
    """Numbers of rows that the compiled program was asked for."""
    calls = []
    real = compiled_prediction.compiled_logits

    def counted(network, weights, X, index, *others):
        calls.append(len(index))
        return real(network, weights, X, index, *others)

    monkeypatch.setattr(compiled_prediction, "compiled_logits", counted)
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


def test_compiled_program_is_used_within_the_block_only(cnn, compiled_calls):
    cnn.predict(PIXELS[:3])
    assert compiled_calls == []
    with sknets.compiled_prediction():
        with sknets.compiled_prediction():
            cnn.predict(PIXELS[:3])
        cnn.predict(PIXELS[:4])
        thread = threading.Thread(target=cnn.predict, args=(PIXELS[:5],))
        thread.start()
        thread.join()
    with pytest.raises(ZeroDivisionError), sknets.compiled_prediction():
        raise ZeroDivisionError
    cnn.predict(PIXELS[:6])
    assert compiled_calls == [3, 4]


def test_text_stays_in_numpy(compiled_calls):
    net = TextPoolClassifier(4, min_df=1, epochs=1, batch_size=16, random_state=0)
    texts = ["good", "bad", "a film"] * 16
    net.fit(texts, np.arange(48) % 3)
    expected = net.predict_proba(texts)
    with sknets.compiled_prediction():
        np.testing.assert_array_equal(net.predict_proba(texts), expected)
    assert compiled_calls == []


def test_compiled_prediction_without_tensorflow(cnn, monkeypatch):
    monkeypatch.setitem(sys.modules, "sknets._training.tensorflow.prediction", None)
    with (
        pytest.raises(ModuleNotFoundError, match="compiled_prediction needs Tensor"),
        sknets.compiled_prediction(),
    ):
        cnn.predict(PIXELS[:3])

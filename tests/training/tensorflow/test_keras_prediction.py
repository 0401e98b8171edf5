"""Predictions of Keras models by programs that equal models share."""

from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
import scipy.sparse as sp
from keras import layers

from sknets._training.tensorflow import keras_prediction
from sknets._training.tensorflow.keras_prediction import predict


@pytest.fixture(autouse=True)
def no_predictors(monkeypatch):
    """A cache of its own for each test, which is returned."""
    empty = type(keras_prediction._predictors)()
    monkeypatch.setattr(keras_prediction, "_predictors", empty)
    return empty


def build():
    return keras.Sequential([
        keras.Input((3,)),
        layers.Dense(4, activation="relu"),
        layers.Dropout(0.5),
        layers.BatchNormalization(),
        layers.Dense(2),
    ])  # fmt: skip


def random_weights(seed):
    rng = np.random.default_rng(seed)
    return [rng.uniform(0.5, 1, w.shape) for w in build().get_weights()]


def by_keras(weights, x):
    model = build()
    model.set_weights(weights)
    return model(x, training=False).numpy()


def rows(n_rows):
    return np.random.default_rng(0).normal(size=(n_rows, 3)).astype(np.float32)


@pytest.mark.parametrize("n_rows", [1, 4096, 9000])
def test_predictions_are_those_of_the_model_without_dropout(n_rows):
    weights, x = random_weights(0), rows(n_rows)
    found = predict("key", build, weights, x)
    np.testing.assert_allclose(found, by_keras(weights, x), rtol=1e-5, atol=1e-6)


def test_rows_go_through_the_model_in_blocks_of_bounded_size(monkeypatch):
    monkeypatch.setattr(keras_prediction, "BLOCK_BYTES", 50 * 3 * 4)
    sizes = [len(block) for block in keras_prediction._blocks(rows(120))]
    assert sizes == [50, 50, 20]
    monkeypatch.setattr(keras_prediction, "BLOCK_BYTES", 1)
    sizes = [len(block) for block in keras_prediction._blocks(rows(70))]
    assert sizes == [32, 32, 6]


def test_several_inputs_and_outputs():
    def build_several():
        a, b = keras.Input((1,), name="a"), keras.Input((2,), name="b")
        x = layers.Concatenate()([a, b])
        outputs = {"sum": layers.Dense(1)(x), "pair": layers.Dense(2)(x)}
        return keras.Model({"a": a, "b": b}, outputs)

    model, x = build_several(), rows(5000)
    parts = {"a": x[:, :1], "b": x[:, 1:]}
    expected = model(parts)
    found = predict("several", build_several, model.get_weights(), parts)
    assert found.keys() == {"sum", "pair"}
    for name, values in found.items():
        np.testing.assert_allclose(values, expected[name], rtol=1e-5, atol=1e-6)


def test_equal_models_share_a_program_and_keep_their_weights_apart():
    built = []

    def counted():
        built.append(build())
        return built[-1]

    x, several = rows(10), [random_weights(seed) for seed in range(3)]
    for weights in [*several, *several]:
        found = predict("shared", counted, weights, x)
        np.testing.assert_allclose(found, by_keras(weights, x), rtol=1e-5, atol=1e-6)
    assert len(built) == 1
    predict("shared", counted, several[0], x.astype(np.float64))  # of another type
    predict("other", counted, several[0], x)
    assert len(built) == 3


def test_threads_with_other_weights_do_not_disturb_each_other():
    x, several = rows(50), [random_weights(seed) for seed in range(4)]
    expected = [predict("threads", build, weights, x) for weights in several]
    with ThreadPoolExecutor(4) as pool:
        found = pool.map(
            lambda n: predict("threads", build, several[n % 4], x), range(40)
        )
        for number, values in enumerate(found):
            np.testing.assert_array_equal(values, expected[number % 4])


def test_programs_that_are_longest_unused_are_forgotten(monkeypatch, no_predictors):
    monkeypatch.setattr(keras_prediction, "MAX_PROGRAMS", 2)
    for key in ("one", "two", "one", "three"):
        predict(key, build, random_weights(0), rows(2))
    assert [key for key, *_ in no_predictors] == ["one", "three"]


def test_sparse_rows_are_filled_up_in_blocks(monkeypatch):
    weights, x = random_weights(0), rows(100)
    x[x < 0.5] = 0
    monkeypatch.setattr(keras_prediction, "BLOCK_BYTES", 50 * 3 * 4)
    sparse = sp.csr_matrix(x)
    assert [block.shape[0] for block in keras_prediction._blocks(sparse)] == [50, 50]
    found = predict("key", build, weights, sparse)
    np.testing.assert_array_equal(found, predict("key", build, weights, x))

"""Steps of compiled programs against Keras, and programs that are compiled once."""

import keras
import numpy as np
import pytest

from sknets import DenseNetClassifier, SmallCNNClassifier
from sknets._core.build import cnn_layers, dense_layers
from sknets._core.objectives import CLASS_OBJECTIVES
from sknets._training import data as data_module
from sknets._training.loop import Settings, train
from sknets._training.optimizers import make_optimizer
from sknets._training.tensorflow import trainer
from sknets.architectures import to_keras
from tests.networks import (
    BOTH_WAYS,
    N_OUTPUTS,
    chain,
    random_target,
    random_weights,
    step,
    training_data,
)

pytestmark = pytest.mark.usefixtures("compiled_unless_said_otherwise")


# --- One step against Keras ----------------------------------------------------------


def keras_loss(kind, smoothing):
    if kind != "multiclass":
        return keras.losses.BinaryCrossentropy(label_smoothing=smoothing)
    return keras.losses.CategoricalCrossentropy(label_smoothing=smoothing)


def keras_step(network, shape, weights, X, y, kind, smoothing, sample_weight=None):
    model = to_keras(chain(network, shape), CLASS_OBJECTIVES[kind])
    model.set_weights(weights)
    model.compile(keras.optimizers.SGD(0.1), keras_loss(kind, smoothing))
    target = np.eye(3, dtype=np.float32)[y] if kind == "multiclass" else y
    model.train_on_batch(X, target, sample_weight=sample_weight)
    return model.get_weights()


@BOTH_WAYS
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("kind", N_OUTPUTS)
def test_step_of_dense_layers_is_that_of_keras(way, kind, smoothing):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(12, 4)).astype(np.float32)
    y = random_target(kind, 12, rng)
    network = dense_layers((5, 4), 0.0, "tanh", N_OUTPUTS[kind])
    weights = random_weights(network, (4,))
    ours = step(
        network, (4,), weights, training_data(X, y, kind), smoothing=smoothing
    ).weights
    theirs = keras_step(network, (4,), weights, X, y, kind, smoothing)
    for mine, expected, before in zip(ours, theirs, weights, strict=True):
        assert np.abs(expected - before).max() > 1e-4
        np.testing.assert_allclose(mine, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("padding", ["same", "valid"])
def test_step_of_convolutions_is_that_of_keras(padding):
    rng = np.random.default_rng(0)
    shape = (7, 6, 2)
    X = rng.normal(size=(9, *shape)).astype(np.float32)
    y = random_target("multiclass", 9, rng)
    network = cnn_layers(
        shape, ((2, 3), 3), 0.0, "silu", (3, 2), padding, False, (4,), 3
    )
    weights = random_weights(network, shape)
    ours = step(network, shape, weights, training_data(X, y, "multiclass")).weights
    theirs = keras_step(network, shape, weights, X, y, "multiclass", 0.0)
    for mine, expected, before in zip(ours, theirs, weights, strict=True):
        assert np.abs(expected - before).max() > 1e-4
        np.testing.assert_allclose(mine, expected, rtol=1e-5, atol=1e-6)


@BOTH_WAYS
def test_weighted_step_is_that_of_keras(way):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(12, 4)).astype(np.float32)
    y = random_target("multiclass", 12, rng)
    w = rng.uniform(0.1, 3, 12).astype(np.float32)
    network = dense_layers(5, 0.0, "relu", 3)
    weights = random_weights(network, (4,))
    ours = step(network, (4,), weights, training_data(X, y, "multiclass", w))
    theirs = keras_step(network, (4,), weights, X, y, "multiclass", 0.0, w)
    for mine, expected in zip(ours.weights, theirs, strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-5, atol=1e-6)


@BOTH_WAYS
@pytest.mark.parametrize("kind", N_OUTPUTS)
def test_recorded_loss_is_measured_before_the_step_and_without_smoothing(way, kind):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(12, 4)).astype(np.float32)
    y = random_target(kind, 12, rng)
    w = rng.uniform(0.1, 3, y.shape).astype(np.float32)
    network = dense_layers(5, 0.0, "relu", N_OUTPUTS[kind])
    weights = random_weights(network, (4,))
    hidden = np.maximum(X @ weights[0] + weights[1], 0)
    z = (hidden @ weights[2] + weights[3]).astype(np.float64)
    if kind == "multiclass":
        p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        losses, right = -np.log(p[np.arange(12), y]), p.argmax(axis=1) == y
        row_weights = w
    else:
        p = 1 / (1 + np.exp(-z))
        losses = -(y * np.log(p) + (1 - y) * np.log(1 - p))
        right, row_weights = ((p > 0.5) == (y == 1)).all(axis=1), w.mean(axis=1)
    expected_loss = (losses * w).sum() / w.sum()
    expected_accuracy = (right * row_weights).sum() / row_weights.sum()
    data = training_data(X, y, kind, w)
    history = step(network, (4,), weights, data, smoothing=0.3).history
    assert history["loss"] == [pytest.approx(expected_loss, rel=1e-5)]
    assert history["accuracy"] == [pytest.approx(expected_accuracy, rel=1e-5)]


@BOTH_WAYS
@pytest.mark.parametrize("batch_size", [5, 12, 64])
def test_every_row_is_seen_once_an_epoch(way, batch_size):
    """With a tiny learning rate, the loss of an epoch is that of all rows."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(12, 4)).astype(np.float32)
    data = training_data(X, random_target("multiclass", 12, rng), "multiclass")
    network = dense_layers(5, 0.0, "relu", 3)
    weights = random_weights(network, (4,))
    optimizer = make_optimizer("sgd", 1e-12, None, {})
    settings = Settings(epochs=1, batch_size=batch_size, optimizer=optimizer)
    result = train(chain(network, (4,)), weights, data, settings, rng)
    expected = step(network, (4,), weights, data).history["loss"]
    assert result.history["loss"] == pytest.approx(expected, rel=1e-6)
    assert result.n_steps == -(-12 // batch_size)


# --- Programs are compiled once ------------------------------------------------------


@pytest.fixture
def count_traces(monkeypatch):
    """Function that returns how often the programs used until now were traced."""
    programs = {}

    def record(key):
        programs[key] = original(key)
        return programs[key]

    original = trainer.training_program
    monkeypatch.setattr(trainer, "training_program", record)

    def count():
        traces = [p.experimental_get_tracing_count() for p in programs.values()]
        return len(programs), sum(traces)

    return count


@pytest.mark.parametrize("estimator_class", [DenseNetClassifier, SmallCNNClassifier])
def test_second_fit_compiles_nothing(quick, blobs, count_traces, estimator_class):
    X, y = blobs
    est = quick(estimator_class, dropout=0.2, optimizer="adam")
    est.fit(X, y)
    before = count_traces()
    est.set_params(epochs=2).fit(X, y)
    est.set_params(
        random_state=3,
        learning_rate=0.3,
        dropout=0.4,
        learning_rate_schedule="one_cycle",
        warmup=0.1,
        weight_decay=0.1,
        label_smoothing=0.1,
        optimizer__beta_1=0.5,
        class_weight="balanced",
    ).fit(X, y, sample_weight=np.arange(len(y)))
    for n_rows in (89, 73, 65):  # another number of batches, and of rows in the last
        est.fit(X[:n_rows], y[:n_rows])
    est.set_params(early_stopping=True).fit(X, y)
    est.partial_fit(X[:50], y[:50])
    assert before[1] >= 1
    assert count_traces() == before


@pytest.mark.parametrize("n_rows", [120, 500, 1000])
@pytest.mark.parametrize("batch_size", [16, 100, 256])
def test_folds_that_differ_by_a_row_share_a_program(
    quick, n_rows, batch_size, monkeypatch
):
    """Same batch size and number of steps, so that nothing else is compiled."""
    keys = set()

    class Stop(Exception):
        pass

    def record(key):
        keys.add(key)
        raise Stop

    monkeypatch.setattr(trainer, "training_program", record)
    rng = np.random.default_rng(0)
    steps = set()
    for size in (n_rows, n_rows + 1):
        X, y = rng.normal(size=(size, 4)), np.arange(size) % 3
        with pytest.raises(Stop):
            quick(DenseNetClassifier, batch_size=batch_size).fit(X, y)
        data = training_data(X.astype(np.float32), y.astype(np.int32), "multiclass")
        steps.add(data_module.steps_per_chunk(data, batch_size))
    assert len(keys) == 1
    assert len(steps) == 1

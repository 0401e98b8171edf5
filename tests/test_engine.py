"""Training: gradients, weights of rows, dropout, programs, memory, threads, signals."""

import os
import random
import signal
import subprocess
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
import scipy.sparse as sp
import tensorflow as tf
from scipy import stats
from sklearn.exceptions import ConvergenceWarning

from sknets import DenseNetClassifier, SmallCNNClassifier
from sknets._core import prediction, scaling
from sknets._core.activations import ACTIVATIONS
from sknets._core.build import cnn_layers, dense_layers
from sknets._core.network import Network
from sknets._core.objectives import CLASS_OBJECTIVES
from sknets._training import data as data_module
from sknets._training import dense_trainer, loop
from sknets._training.data import TrainingData
from sknets._training.loop import Settings, train
from sknets._training.optimizers import make_optimizer
from sknets._training.schedule import factors
from sknets._training.tensorflow import trainer
from sknets._training.tensorflow.randomness import dropout
from sknets.architectures import to_keras

BOTH_WAYS = pytest.mark.parametrize("way", ["numpy", "compiled"], indirect=True)
N_OUTPUTS = {"binary": 1, "multiclass": 3, "multilabel-indicator": 3}


@pytest.fixture(autouse=True)
def compiled_unless_said_otherwise(request, monkeypatch):
    if "way" not in request.fixturenames:
        monkeypatch.setattr(dense_trainer, "MAX_SECONDS", 0.0)


def chain(layers, shape):
    return Network(tuple(layers), shape)


def patch_epochs(monkeypatch, replace):
    """Put something in the place of the method that runs an epoch."""
    for kind in (trainer.TensorFlowTrainer, dense_trainer.DenseTrainer):
        monkeypatch.setattr(kind, "run_epoch", replace(kind.run_epoch))


def random_weights(network, shape, seed=0):
    rng = np.random.default_rng(seed)
    return [
        rng.normal(size=s, scale=0.5).astype(np.float32)
        for s in chain(network, shape).weight_shapes()
    ]


def random_target(kind, n_rows, rng):
    if kind == "multiclass":
        return rng.integers(0, 3, n_rows).astype(np.int32)
    return rng.integers(0, 2, (n_rows, N_OUTPUTS[kind])).astype(np.float32)


def training_data(X, y, kind, w=None):
    w = np.ones_like(y, np.float32) if w is None else w
    return TrainingData(
        X, np.arange(len(X)), y, w, CLASS_OBJECTIVES[kind], scaling.identity()
    )


def step(network, shape, weights, data, *, learning_rate=0.1, smoothing=0.0, seed=0):
    """One step of gradient descent on all rows."""
    settings = Settings(
        epochs=1,
        batch_size=len(data),
        optimizer=make_optimizer("sgd", learning_rate, None, {}),
        label_smoothing=smoothing,
    )
    rng = np.random.default_rng(seed)
    return train(chain(network, shape), weights, data, settings, rng)


def assert_all_equal(arrays_a, arrays_b):
    for a, b in zip(arrays_a, arrays_b, strict=True):
        np.testing.assert_array_equal(a, b)


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


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activation_in_the_program_is_that_of_keras(activation):
    x = np.linspace(-6, 6, 41, dtype=np.float32)
    expected = np.asarray(keras.activations.get(activation)(tf.constant(x)))
    ours = np.asarray(ACTIVATIONS[activation].in_graph(tf, tf.constant(x)))
    # GELU by the error function, not by the tanh approximation: they differ by 1e-4.
    np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-6)


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


# --- The two ways to train -----------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "activation"),
    [
        *(("multiclass", activation) for activation in ACTIVATIONS),
        ("binary", "relu"),
        ("multilabel-indicator", "gelu"),
    ],
)
def test_both_ways_train_the_same(monkeypatch, kind, activation):
    """Some epochs of batches, the last one not full, without dropout."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(21, 4)).astype(np.float32)
    y = random_target(kind, 21, rng)
    w = rng.uniform(0.1, 3, y.shape).astype(np.float32)
    network = dense_layers((6, 5), 0.0, activation, N_OUTPUTS[kind])
    settings = Settings(
        epochs=3,
        batch_size=8,
        optimizer=make_optimizer("adam", 0.01, 0.1, {"clipnorm": 1.0}),
        label_smoothing=0.1,
    )
    results = []
    for seconds in (0.0, 1.0):
        monkeypatch.setattr(dense_trainer, "MAX_SECONDS", seconds)
        start, data = random_weights(network, (4,)), training_data(X, y, kind, w)
        results.append(train(chain(network, (4,)), start, data, settings, _rng()))
    compiled, in_numpy = results
    for name in ("loss", "accuracy"):
        np.testing.assert_allclose(
            in_numpy.history[name], compiled.history[name], rtol=1e-4
        )
    for a, b in zip(compiled.weights, in_numpy.weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)
    for a, b in zip(compiled.slots, in_numpy.slots, strict=True):
        for slot_a, slot_b in zip(a, b, strict=True):
            np.testing.assert_allclose(slot_a, slot_b, rtol=1e-2, atol=1e-4)


def test_small_fits_need_no_tensorflow_and_large_ones_do(monkeypatch):
    monkeypatch.undo()  # the size decides
    chosen = {}
    for name, width, n_rows in [("small", 32, 500), ("large", (512, 512), 50_000)]:
        network = dense_layers(width, 0.1, "relu", 3)
        settings = Settings(10, 32, make_optimizer("adam", 0.01, None, {}))
        chosen[name] = loop._kind_of_trainer(chain(network, (64,)), n_rows, settings)
    assert chosen == {
        "small": dense_trainer.DenseTrainer,
        "large": trainer.TensorFlowTrainer,
    }


def test_dropout_in_numpy_has_its_rate_and_is_independent(monkeypatch):
    """The weights of units that were dropped in the only step stay as they were."""
    network = dense_layers((2_000, 2_000), (0.3, 0.6), "linear", 3)
    monkeypatch.setattr(dense_trainer, "MAX_SECONDS", 60.0)
    X = np.ones((1, 2), np.float32)
    masks = []
    for seed in (0, 1):
        data = training_data(X, np.zeros(1, np.int32), "multiclass")
        weights = [
            0.01 * np.ones(s, np.float32) for s in chain(network, (2,)).weight_shapes()
        ]
        trained = step(network, (2,), weights, data, learning_rate=1.0, seed=seed)
        # A bias moves where the unit behind it is kept.
        masks += [trained.weights[i] != weights[i] for i in (1, 3)]
    for mask_of_layer, rate in zip(masks, [0.3, 0.6] * 2, strict=True):
        deviation = np.sqrt(rate * (1 - rate) / 2_000)
        assert abs(mask_of_layer.mean() - (1 - rate)) < 4 * deviation
    for i, j in [(0, 1), (0, 2), (1, 3)]:
        correlation = np.corrcoef(masks[i], masks[j])[0, 1]
        assert abs(correlation) < 4 / np.sqrt(2_000)


# --- Weights of rows -----------------------------------------------------------------


@pytest.fixture
def weighted(blobs):
    """Rows with whole weights, zeros among them, and the same rows repeated."""
    X, y = blobs
    counts = np.random.default_rng(0).integers(0, 4, len(y))
    return X, y, counts, np.repeat(X, counts, axis=0), np.repeat(y, counts)


ONE_STEP = {
    "optimizer": "sgd",
    "learning_rate": 0.1,
    "learning_rate_schedule": "constant",
    "epochs": 1,
    "batch_size": 256,
}


@BOTH_WAYS
@pytest.mark.parametrize("class_weight", [None, "balanced", {0: 3.0, 2: 0.5}])
def test_weighted_full_batch_equals_repeated_rows(way, quick, weighted, class_weight):
    X, y, counts, X_repeated, y_repeated = weighted
    est = quick(
        DenseNetClassifier,
        **ONE_STEP,
        input_scaling="standard",
        class_weight=class_weight,
    )
    est.fit(X, y, sample_weight=counts)
    loss, weights = est.history_["loss"][0], est.weights_
    est.fit(X_repeated, y_repeated)
    assert est.history_["loss"][0] == pytest.approx(loss, rel=1e-5)
    for a, b in zip(weights, est.weights_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5 * np.abs(b).max())


@BOTH_WAYS
@pytest.mark.parametrize("input_scaling", ["robust", "standard", None])
def test_rows_of_weight_zero_are_as_good_as_removed(
    way, quick, blobs, multilabel, input_scaling
):
    """They reach neither scaling, validation split, class balance nor loss."""
    X, y = blobs
    X = np.vstack([X, 1e6 + X[:40]])
    w = np.r_[np.linspace(0.5, 2, len(y)), np.zeros(40)]
    y = np.r_[y, np.zeros(40, y.dtype)]
    order = np.random.default_rng(0).permutation(len(y))
    X, y, w = X[order], y[order], w[order]
    est = quick(
        DenseNetClassifier,
        early_stopping=True,
        class_weight="balanced",
        input_scaling=input_scaling,
    )
    est.fit(X, y, sample_weight=w)
    with_zeros = est.weights_
    history = est.history_
    est.fit(X[w > 0], y[w > 0], sample_weight=w[w > 0])
    assert list(est.classes_) == [0, 1, 2]
    assert est.history_ == history
    assert "val_loss" in history
    assert_all_equal(with_zeros, est.weights_)


def test_pixels_of_weight_zero_do_not_set_the_range(quick, digits):
    X, y = digits
    w = np.r_[np.ones(150), np.zeros(50)]
    est = quick(SmallCNNClassifier, epochs=1)
    est.fit(np.vstack([X[:150], 100 * X[150:]]), y, sample_weight=w)
    with_zeros = est.weights_
    assert est.pixel_range_ == (0, 16)
    est.fit(X[:150], y[:150])
    assert_all_equal(with_zeros, est.weights_)


@BOTH_WAYS
def test_only_the_proportions_of_weights_matter(way, quick, weighted):
    X, y, counts, *_ = weighted
    est = quick(DenseNetClassifier, epochs=2)
    expected = est.fit(X, y, sample_weight=counts).weights_
    for a, b in zip(
        est.fit(X, y, sample_weight=64 * counts).weights_, expected, strict=True
    ):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@BOTH_WAYS
def test_class_weight_is_a_sample_weight(way, quick, blobs):
    X, y = blobs
    est = quick(DenseNetClassifier, epochs=2, class_weight={0: 1.0, 1: 4.0, 2: 0.5})
    by_class = est.fit(X, y).weights_
    est.set_params(class_weight=None)
    est.fit(X, y, sample_weight=np.array([1.0, 4.0, 0.5])[y])
    assert_all_equal(by_class, est.weights_)


# --- Dropout -------------------------------------------------------------------------

SHAPE = (200, 50)
N_VALUES = SHAPE[0] * SHAPE[1]


def mask(rate=0.3, key=1, stream=0, shape=SHAPE):
    """Which of the values are kept: 0 or 1."""
    ones = tf.ones(shape)
    out = dropout(ones, tf.constant(rate), tf.constant(key, tf.uint32), stream)
    return (out.numpy() > 0).astype(float)


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9])
def test_dropout_keeps_the_mean(rate):
    x = tf.constant(np.random.default_rng(0).normal(size=SHAPE), tf.float32)
    out = dropout(x, tf.constant(rate), tf.constant(3, tf.uint32), 0).numpy()
    kept = out != 0
    np.testing.assert_allclose(out[kept], x.numpy()[kept] / (1 - rate), rtol=1e-6)
    deviation = np.sqrt(rate * (1 - rate) / N_VALUES)
    assert abs(kept.mean() - (1 - rate)) <= 4 * deviation


@pytest.mark.parametrize("rate", [0.2, 0.5])
@pytest.mark.parametrize("axis", [0, 1])
def test_dropout_hits_all_rows_and_units_alike(rate, axis):
    """Counts of each row and unit, over some steps, follow the binomial law."""
    n_steps = 40
    dropped = sum((1 - mask(rate, key)).sum(axis) for key in range(n_steps))
    n_draws = n_steps * SHAPE[axis]
    z = (dropped - n_draws * rate) / np.sqrt(n_draws * rate * (1 - rate))
    p_value = stats.chi2.sf(np.square(z).sum(), len(z))
    assert 1e-4 < p_value < 1 - 1e-4


@pytest.mark.parametrize(
    "pair",
    [
        lambda: (mask(key=1), mask(key=2)),
        lambda: (mask(key=7), mask(key=7 + 2**31)),
        lambda: (mask(stream=0), mask(stream=1)),
        lambda: (mask(stream=1), mask(stream=2)),
        lambda: (mask()[:-1], mask()[1:]),
        lambda: (mask()[:, :-1], mask()[:, 1:]),
        lambda: (mask().ravel()[:-3], mask().ravel()[3:]),
        lambda: (mask(key=1, stream=1), mask(key=2, stream=0)),
        lambda: (mask(), np.arange(N_VALUES).reshape(SHAPE) % 2.0),
    ],
    ids=[
        "steps",
        "keys far apart",
        "layers",
        "later layers",
        "neighbouring rows",
        "neighbouring units",
        "shifted",
        "step and layer",
        "parity of the position",
    ],
)
def test_dropout_is_independent_between(pair):
    a, b = (values.ravel() for values in pair())
    assert abs(np.corrcoef(a, b)[0, 1]) < 4 / np.sqrt(N_VALUES)


def test_dropout_repeats_for_the_same_key():
    np.testing.assert_array_equal(mask(key=5), mask(key=5))


def outputs_of_dropout(rng_seed, rate=0.5, n_epochs=1):
    """Weights after training on rows that are all the same, in steps of four."""
    X = np.ones((16, 4), np.float32)
    data = training_data(X, np.zeros(16, np.int32), "multiclass")
    network = dense_layers(8, rate, "relu", 3)
    settings = Settings(n_epochs, 4, make_optimizer("sgd", 0.1, None, {}))
    weights = [
        np.full(s, 0.1, np.float32) for s in chain(network, (4,)).weight_shapes()
    ]
    rng = np.random.default_rng(rng_seed)
    return train(chain(network, (4,)), weights, data, settings, rng).weights


@BOTH_WAYS
def test_seeds_differ_in_their_dropout(way):
    a, b = outputs_of_dropout(1), outputs_of_dropout(2)
    assert np.abs(a[2] - b[2]).max() > 1e-3
    assert_all_equal(a, outputs_of_dropout(1))


@BOTH_WAYS
def test_units_of_a_layer_are_dropped_apart(way):
    kernel = outputs_of_dropout(1)[2]
    assert len(np.unique(kernel[:, 0])) == 8
    same = outputs_of_dropout(1, rate=1e-9)[2]
    np.testing.assert_allclose(same[:, 0], same[0, 0], rtol=1e-6)


@BOTH_WAYS
def test_nothing_is_dropped_in_validation(way, quick, blobs):
    X, y = blobs
    est = quick(DenseNetClassifier, dropout=0.5, epochs=2)
    est.fit(X, y, X_val=X, y_val=y)
    p = est.predict_proba(X)[np.arange(len(y)), y]
    assert est.history_["val_loss"][-1] == pytest.approx(-np.log(p).mean(), rel=1e-5)
    assert est.history_["val_accuracy"][-1] == pytest.approx(est.score(X, y))


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
    est = quick(estimator_class, dropout=0.2)
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


def test_training_goes_on_over_many_chunks(quick, blobs, monkeypatch):
    """Chunks of two batches give what one chunk of all gives."""
    est = quick(DenseNetClassifier, dropout=0.2)
    whole = est.fit(*blobs).weights_
    monkeypatch.setattr(data_module, "CHUNK_BYTES", 2 * 16 * 4 * 4)
    sizes = []
    original = trainer.chunks

    def spy(*args):
        for chunk, filled in original(*args):
            sizes.append((len(chunk["X"]), filled))
            yield chunk, filled

    monkeypatch.setattr(trainer, "chunks", spy)
    parts = est.fit(*blobs).weights_
    assert set(sizes) == {(2, 2)}
    for a, b in zip(whole, parts, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


# --- Types of input ------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole_numbers():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 17, (90, 4)).astype(np.uint8)
    X[rng.random(X.shape) < 0.4] = 0
    return X, (X.sum(axis=1) > 20).astype(int)


FORMS = {
    "uint8": lambda X, _: X,
    "int8": lambda X, _: X.astype(np.int8),
    "int64": lambda X, _: X.astype(np.int64),
    "uint32": lambda X, _: X.astype(np.uint32),
    "float16": lambda X, _: X.astype(np.float16),
    "float64": lambda X, _: X.astype(np.float64),
    "big endian": lambda X, _: X.astype(">f8"),
    "list": lambda X, _: X.tolist(),
    "Fortran": lambda X, _: np.asfortranarray(X),
    "strides": lambda X, _: np.repeat(X, 2, axis=1)[:, ::2],
    "CSR": lambda X, _: sp.csr_array(X),
    "CSR float64": lambda X, _: sp.csr_array(X.astype(np.float64)),
    "CSC": lambda X, _: sp.csc_array(X.astype(np.float32)),
    "memory map": lambda X, folder: memory_map(X, folder),
}


def memory_map(X, folder):
    np.save(folder / "X.npy", X)
    return np.load(folder / "X.npy", mmap_mode="r")


@BOTH_WAYS
@pytest.mark.parametrize("form", FORMS)
def test_form_of_the_input_does_not_matter(way, quick, whole_numbers, form, tmp_path):
    X, y = whole_numbers
    est = quick(DenseNetClassifier, input_scaling=None, epochs=2)
    expected = est.fit(X.astype(np.float32), y).weights_
    scores = est.decision_function(X.astype(np.float32))
    other = FORMS[form](X, tmp_path)
    est.fit(other, y)
    assert_all_equal(est.weights_, expected)
    np.testing.assert_array_equal(est.decision_function(other), scores)


@BOTH_WAYS
@pytest.mark.parametrize("form", [form for form in FORMS if "int8" not in form])
@pytest.mark.parametrize("input_scaling", ["robust", "standard"])
def test_form_of_the_input_does_not_matter_to_the_scaling(
    way, quick, whole_numbers, form, input_scaling, tmp_path
):
    X, y = whole_numbers
    est = quick(DenseNetClassifier, input_scaling=input_scaling, epochs=1)
    expected = est.fit(X.astype(np.float32), y).weights_
    est.fit(FORMS[form](X, tmp_path), y)
    for a, b in zip(est.weights_, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


# --- Memory --------------------------------------------------------------------------


def peak_of(function):
    """Bytes of numpy and Python memory that a call adds at its peak."""
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@BOTH_WAYS
@pytest.mark.parametrize("input_scaling", ["robust", "standard"])
def test_memory_map_is_never_in_memory_as_a_whole(
    way, quick, tmp_path, monkeypatch, input_scaling
):
    monkeypatch.setattr(data_module, "CHUNK_BYTES", 2**18)
    monkeypatch.setattr(scaling, "BLOCK_VALUES", 2**15)
    monkeypatch.setattr(prediction, "DENSE_BYTES", 2**20)
    X = np.lib.format.open_memmap(
        tmp_path / "X.npy", "w+", np.float64, (20_000, 256)
    )  # 41 MB of zeros, which take no room on the disk
    X[::7] = 1
    y = np.arange(len(X)) % 2
    est = quick(
        DenseNetClassifier,
        input_scaling=input_scaling,
        epochs=1,
        batch_size=64,
        early_stopping=True,
    )
    assert peak_of(lambda: est.fit(X, y)) < X.nbytes / 3
    assert peak_of(lambda: est.predict(X)) < X.nbytes / 3


@BOTH_WAYS
@pytest.mark.filterwarnings("ignore:The network has not learnt")  # from noise
@pytest.mark.parametrize("estimator_class", [DenseNetClassifier, SmallCNNClassifier])
def test_sparse_rows_are_never_dense_as_a_whole(
    way, quick, monkeypatch, estimator_class
):
    monkeypatch.setattr(data_module, "CHUNK_BYTES", 2**18)
    monkeypatch.setattr(scaling, "BLOCK_VALUES", 2**15)
    monkeypatch.setattr(prediction, "DENSE_BYTES", 2**20)
    X = sp.random(2_000, 60**2, density=1e-3, format="csr", random_state=0)
    as_dense = 8 * X.shape[0] * X.shape[1]  # 58 MB
    y = np.arange(X.shape[0]) % 2
    params = {"width": (1,)} if estimator_class is SmallCNNClassifier else {}
    est = quick(estimator_class, epochs=1, **params)
    assert peak_of(lambda: est.fit(X, y)) < as_dense / 4
    assert peak_of(lambda: est.predict(X)) < as_dense / 4


def test_bytes_stay_bytes_until_inside_the_program(quick, digits, monkeypatch):
    X, y = digits
    seen = set()
    original = trainer.chunks

    def spy(*args):
        for chunk, filled in original(*args):
            seen.add(chunk["X"].dtype)
            yield chunk, filled

    monkeypatch.setattr(trainer, "chunks", spy)
    quick(DenseNetClassifier, epochs=1).fit(X.astype(np.uint8), y)
    assert seen == {np.dtype(np.uint8)}


# --- Random state, threads, signals, forks -------------------------------------------


@BOTH_WAYS
@pytest.mark.parametrize("estimator_class", [DenseNetClassifier, SmallCNNClassifier])
def test_same_seed_same_bits(way, quick, blobs, estimator_class):
    est = quick(estimator_class, dropout=0.3, early_stopping=True)
    a = est.fit(*blobs)
    weights, history = a.weights_, a.history_
    est.fit(*blobs)
    assert_all_equal(weights, est.weights_)
    assert est.history_ == history
    est.set_params(random_state=1).fit(*blobs)
    assert np.abs(est.weights_[0] - weights[0]).max() > 1e-2


@BOTH_WAYS
def test_no_seed_differs_from_fit_to_fit(way, quick, blobs):
    est = quick(DenseNetClassifier, random_state=None, epochs=1)
    assert np.abs(est.fit(*blobs).weights_[0] - est.fit(*blobs).weights_[0]).max() > 0


def test_random_state_instance_moves_on(quick, blobs):
    a, b = np.random.RandomState(0), np.random.RandomState(0)
    est = quick(DenseNetClassifier, random_state=a, epochs=1)
    first, second = est.fit(*blobs).weights_, est.fit(*blobs).weights_
    assert np.abs(first[0] - second[0]).max() > 1e-3
    assert_all_equal(est.set_params(random_state=b).fit(*blobs).weights_, first)


@BOTH_WAYS
@pytest.mark.parametrize("estimator_class", [DenseNetClassifier, SmallCNNClassifier])
@pytest.mark.parametrize("random_state", [0, None])
def test_global_random_state_of_the_user_stays(
    way, quick, blobs, estimator_class, random_state
):
    def draws():
        return (
            random.random(),
            np.random.rand(),  # noqa: NPY002
            float(tf.random.uniform(())),
            float(keras.random.uniform(())),
        )

    def seed():
        keras.backend.clear_session()  # for Keras' own generator
        keras.utils.set_random_seed(5)  # those of Python, numpy and TensorFlow
        keras.random.uniform(())

    seed()
    expected = draws()
    seed()
    est = quick(
        estimator_class, random_state=random_state, dropout=0.2, early_stopping=True
    )
    est.fit(*blobs)
    est.predict_proba(blobs[0])
    assert draws() == expected


@BOTH_WAYS
@pytest.mark.parametrize("estimator_class", [DenseNetClassifier, SmallCNNClassifier])
def test_concurrent_fits_equal_serial_ones(way, quick, blobs, estimator_class):
    X, y = blobs

    def fit(seed):
        est = quick(estimator_class, dropout=0.1 * (1 + seed % 3), random_state=seed)
        return est.fit(X, y, X_val=X, y_val=y)

    serial = [fit(seed) for seed in range(6)]
    with ThreadPoolExecutor(4) as pool:
        concurrent = list(pool.map(fit, range(6)))
    for a, b in zip(serial, concurrent, strict=True):
        assert_all_equal(a.weights_, b.weights_)
        assert a.history_ == b.history_


def test_concurrent_predictions_equal_serial_ones(quick, digits):
    X, y = digits
    est = quick(SmallCNNClassifier, epochs=1).fit(X, y)
    expected = est.decision_function(X)
    with ThreadPoolExecutor(4) as pool:
        for scores in pool.map(lambda _: est.decision_function(X), range(20)):
            np.testing.assert_array_equal(scores, expected)


@BOTH_WAYS
@pytest.mark.parametrize("warm_start", [False, True])
def test_interrupt_leaves_the_fitted_state(
    way, quick, blobs, monkeypatch, request, warm_start
):
    # Whoever starts the tests may have told them to ignore it.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, handler))
    X, y = blobs
    est = quick(DenseNetClassifier, warm_start=warm_start).fit(X, y)
    before = dict(vars(est))
    scores = est.decision_function(X)
    epochs = []

    def interrupted(original):
        def run_epoch(self, *args):
            epochs.append(1)
            if len(epochs) == 3:
                signal.raise_signal(signal.SIGINT)
            return original(self, *args)

        return run_epoch

    patch_epochs(monkeypatch, interrupted)
    with pytest.raises(KeyboardInterrupt):
        est.fit(X + 5, y)
    assert len(epochs) == 3
    assert vars(est) == before
    np.testing.assert_array_equal(est.decision_function(X), scores)


@pytest.fixture(scope="module")
def forked():
    """What a process says that was told to use one core, and that forks."""
    program = """
import os
import signal
import numpy as np
from sknets import DenseNetClassifier
from sknets._training import dense_trainer

dense_trainer.MAX_SECONDS = 0.0
X, y = np.eye(6), np.arange(6) % 2
est = DenseNetClassifier(2, epochs=1).fit(X, y)

import tensorflow as tf
print(tf.config.threading.get_intra_op_parallelism_threads(), flush=True)
print(tf.config.threading.get_inter_op_parallelism_threads(), flush=True)

child = os.fork()
if child == 0:
    signal.alarm(60)  # no process stays behind, should it hang
    try:
        assert est.predict(X).shape == (6,)
        dense_trainer.MAX_SECONDS = 1.0
        est.fit(X, y)  # in numpy
        dense_trainer.MAX_SECONDS = 0.0
        est.fit(X, y)
    except RuntimeError as error:
        os.write(1, str(error).encode())
    os._exit(0)
os.waitpid(child, 0)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
def test_fork_after_training_is_an_error_and_no_hang(forked):
    message = forked[-1]
    assert "forked after TensorFlow had run in its parent" in message
    assert "'loky' backend of joblib" in message


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
def test_worker_takes_its_share_of_the_cores(forked):
    assert forked[:2] == ["1", "1"]


def test_nothing_is_written_to_disk(quick, blobs, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    quick(DenseNetClassifier).fit(*blobs)
    assert not list(tmp_path.iterdir())


# --- Schedules -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schedule", "warmup", "n_steps", "expected"),
    [
        ("constant", 0.0, 4, [1, 1, 1, 1]),
        ("constant", 0.5, 8, [0.25, 0.5, 0.75, 1, 1, 1, 1, 1]),
        ("cosine", 0.0, 4, [1, (2 + 2**0.5) / 4, 0.5, (2 - 2**0.5) / 4]),
        ("cosine", 0.5, 8, [0.25, 0.5, 0.75, 1, 1, 0.853553, 0.5, 0.146447]),
        ("one_cycle", 0.5, 4, [0.52, 1, 1, 0.50005]),
    ],
)
def test_schedule(schedule, warmup, n_steps, expected):
    ours = factors(schedule, warmup, np.arange(n_steps), n_steps)
    np.testing.assert_allclose(ours, expected, rtol=1e-5)


def test_one_cycle_rises_over_thirty_percent_and_falls_to_nearly_nothing():
    ours = factors("one_cycle", 0.0, np.arange(1000), 1000)
    assert ours[0] == pytest.approx(1 / 25, rel=0.01)
    assert ours.argmax() in (299, 300)
    assert ours.max() == 1
    assert (np.diff(ours[:300]) > 0).all()
    assert (np.diff(ours[300:]) < 0).all()
    assert ours[-1] == pytest.approx(1e-4, rel=0.1)


def test_schedule_is_that_of_the_whole_run_whatever_the_epoch():
    whole = factors("cosine", 0.1, np.arange(30), 30)
    parts = [factors("cosine", 0.1, np.arange(i, i + 10), 30) for i in (0, 10, 20)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


@BOTH_WAYS
@pytest.mark.parametrize("schedule", ["constant", "cosine", "one_cycle"])
def test_schedule_reaches_the_steps(way, quick, blobs, schedule, monkeypatch):
    rates = []

    def spy(original):
        def run_epoch(self, order, learning_rates, keys):
            rates.extend(learning_rates)
            return original(self, order, learning_rates, keys)

        return run_epoch

    patch_epochs(monkeypatch, spy)
    est = quick(
        DenseNetClassifier, epochs=3, learning_rate_schedule=schedule, warmup=0.25
    )
    est.fit(*blobs)
    n_steps = 3 * 6  # 90 rows in batches of 16
    expected = 0.05 * factors(schedule, 0.25, np.arange(n_steps), n_steps)
    np.testing.assert_allclose(rates, expected, rtol=1e-6)


# --- A loss that is not finite -------------------------------------------------------


@BOTH_WAYS
@pytest.mark.parametrize("early_stopping", [False, True])
def test_loss_that_explodes_is_a_warning_and_keeps_good_weights(
    way, quick, blobs, early_stopping
):
    est = quick(
        DenseNetClassifier,
        activation="linear",
        optimizer="sgd",
        learning_rate=1e12,
        learning_rate_schedule="constant",
        early_stopping=early_stopping,
    )
    with pytest.warns(ConvergenceWarning, match="infinite or NaN in epoch .*clipnorm"):
        est.fit(*blobs)
    assert all(np.isfinite(w).all() for w in est.weights_)
    losses = est.history_["loss"]
    assert len(losses) == est.n_iter_ < 5
    assert np.isfinite(losses[:-1]).all()


@BOTH_WAYS
def test_weights_that_explode_in_the_last_step_are_not_good_ones(way, quick, blobs):
    """A loss is measured before the step, so it may look fine."""
    est = quick(
        DenseNetClassifier,
        activation="linear",
        optimizer="sgd",
        input_scaling=None,
        learning_rate=3e38,
        learning_rate_schedule="constant",
        batch_size=128,  # one step an epoch
        epochs=1,
    )
    with (
        pytest.warns(UserWarning, match="features are large"),
        pytest.warns(ConvergenceWarning, match="infinite or NaN in epoch 1"),
    ):
        est.fit(1e3 * blobs[0], blobs[1])
    assert all(np.isfinite(w).all() for w in est.weights_)


@BOTH_WAYS
def test_training_can_go_on_after_an_explosion(way, quick, blobs):
    est = quick(
        DenseNetClassifier,
        activation="linear",
        optimizer="sgd",
        optimizer__momentum=0.9,
        learning_rate=1e12,
        warm_start=True,
    )
    with pytest.warns(ConvergenceWarning, match="infinite or NaN"):
        est.fit(*blobs)
    est.set_params(learning_rate=0.01, epochs=20).fit(*blobs)
    assert est.score(*blobs) > 0.9


# --- The loop ------------------------------------------------------------------------


class LossesTrainer:
    """Stands in for the training: its losses are given, its weight is the epoch."""

    losses: list[float] = []

    def __init__(self, network, input_shape, weights, *_):
        self.weights, self.epoch = weights, 0

    def run_epoch(self, order, learning_rates, keys):
        self.epoch += 1
        self.weights = [np.array([self.epoch], np.float32)]
        return self.losses[self.epoch - 1] * len(order), 0.0

    def read_weights(self):
        return list(self.weights)

    def write_weights(self, weights):
        self.weights = list(weights)

    def read_slots(self):
        return []


@pytest.mark.parametrize(
    ("losses", "patience", "n_epochs", "best_epoch"),
    [
        ([5, 4, 3, 2, 1], 2, 5, 5),
        ([5, 4, 6, 7, 1], 2, 4, 2),
        ([5, 4, 6, 3, 7], 2, 5, 4),
        ([5, 5, 5, 5, 5], 3, 4, 1),
        ([1, 2, 3, 4, 5], 1, 2, 1),
        ([1, 2, 3, 4, 5], 9, 5, 1),
    ],
)
def test_early_stopping_and_patience(
    monkeypatch, losses, patience, n_epochs, best_epoch
):
    monkeypatch.setattr(loop, "_kind_of_trainer", lambda *_: LossesTrainer)
    monkeypatch.setattr(LossesTrainer, "losses", losses)
    settings = Settings(
        5, 4, make_optimizer("sgd", 0.1, None, {}), early_stopping=True,
        patience=patience,
    )  # fmt: skip
    data = training_data(np.ones((4, 1)), np.zeros(4, np.int32), "multiclass")
    start = [np.zeros(1, np.float32)]
    result = train(chain([], (1,)), start, data, settings, _rng())
    assert (result.n_epochs, result.best_epoch) == (n_epochs, best_epoch)
    assert result.history["loss"] == losses[:n_epochs]
    assert result.weights[0] == best_epoch


def test_without_early_stopping_the_last_epoch_is_kept(monkeypatch):
    monkeypatch.setattr(loop, "_kind_of_trainer", lambda *_: LossesTrainer)
    monkeypatch.setattr(LossesTrainer, "losses", [1, 2, 3])
    settings = Settings(3, 4, make_optimizer("sgd", 0.1, None, {}), patience=1)
    data = training_data(np.ones((4, 1)), np.zeros(4, np.int32), "multiclass")
    start = [np.zeros(1, np.float32)]
    result = train(chain([], (1,)), start, data, settings, _rng())
    assert (result.n_epochs, result.best_epoch, result.weights[0]) == (3, 3, 3)


def _rng():
    return np.random.default_rng(0)

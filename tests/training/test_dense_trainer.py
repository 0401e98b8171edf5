"""Training dense networks in NumPy: the same as in a program."""

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import threadpoolctl

from sknets import DenseNetClassifier
from sknets._core.activations import ACTIVATIONS
from sknets._core.build import dense_layers
from sknets._training import dense_trainer, loop
from sknets._training.loop import Settings, train
from sknets._training.optimizers import make_optimizer
from sknets._training.tensorflow import trainer
from tests.networks import (
    N_OUTPUTS,
    assert_all_equal,
    chain,
    generator,
    random_target,
    random_weights,
    training_data,
)

pytestmark = pytest.mark.usefixtures("compiled_unless_said_otherwise")


@pytest.mark.parametrize(
    ("kind", "activation"),
    [
        *(("multiclass", activation) for activation in ACTIVATIONS),
        ("binary", "relu"),
        ("multilabel-indicator", "gelu"),
    ],
)
@pytest.mark.parametrize("n_soft_steps", [0, 7])
def test_both_ways_train_the_same(monkeypatch, kind, activation, n_soft_steps):
    """Some epochs of batches, the last one not full, without dropout."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(21, 4)).astype(np.float32)
    y = random_target(kind, 21, rng)
    w = rng.uniform(0.1, 3, y.shape).astype(np.float32)
    network = dense_layers((6, 5), 0.0, activation, N_OUTPUTS[kind], n_soft_steps)
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
        results.append(train(chain(network, (4,)), start, data, settings, generator()))
    compiled, in_numpy = results
    if n_soft_steps:
        assert_all_equal(compiled.weights[:2], start[:2])
        assert_all_equal(in_numpy.weights[:2], start[:2])
    for name in ("loss", "accuracy"):
        np.testing.assert_allclose(
            in_numpy.history[name], compiled.history[name], rtol=1e-4
        )
    for a, b in zip(compiled.weights, in_numpy.weights, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)
    for a, b in zip(compiled.slots, in_numpy.slots, strict=True):
        for slot_a, slot_b in zip(a, b, strict=True):
            np.testing.assert_allclose(slot_a, slot_b, rtol=1e-2, atol=1e-4)


def test_arrays_start_with_a_cache_line():
    """NumPy's own arrays start within one, and products of them take longer."""
    layers = dense_layers((6, 5), 0.0, "relu", 3, 7)
    network, start = chain(layers, (4,)), random_weights(layers, (4,))
    settings = Settings(1, 8, make_optimizer("adam", 0.01, None, {}))
    data = training_data(np.zeros((8, 4)), np.arange(8) % 3, "multiclass")
    slots = settings.optimizer.first_slots(start)
    ours = dense_trainer.DenseTrainer(network, start, slots, data, settings, 0)
    vectors = (ours.vector, ours.gradient, *ours.slots)
    for vector in (*vectors, ours.scratch):
        assert len(vector) == len(ours.vector)
        for array in ours._views(vector):
            assert array.ctypes.data % 64 == 0
    assert_all_equal(ours.read_weights(), start)


def test_without_tensorflow_large_dense_fits_take_numpy(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    settings = Settings(10, 32, make_optimizer("adam", 0.01, None, {}))
    dense = chain(dense_layers((512, 512), 0.1, "relu", 3, 300), (64,))
    found = loop._kind_of_trainer(dense, 50_000, settings)
    assert found is dense_trainer.DenseTrainer


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


def blas_threads():
    found = threadpoolctl.threadpool_info()
    return [
        library["num_threads"] for library in found if library["user_api"] == "blas"
    ]


def test_fits_in_threads_leave_the_limits_of_the_process():
    X = np.random.default_rng(0).normal(size=(60, 4))
    y = np.arange(60) % 2
    before = blas_threads()

    def fit(epochs):
        return DenseNetClassifier(8, epochs=epochs, random_state=0).fit(X, y)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(fit, [3, 9, 5, 7] * 3))
    assert blas_threads() == before
    fit(1)

    def limited():
        with threadpoolctl.threadpool_limits(1, user_api="blas"):
            return blas_threads()

    with ThreadPoolExecutor(1) as threads:  # of a thread that has not limited before
        assert threads.submit(limited).result() == [1] * len(before)


def test_a_thread_trains_to_the_same_bits():
    X = np.random.default_rng(0).normal(size=(300, 20))
    y = np.arange(300) % 3

    def fit():
        return DenseNetClassifier(epochs=2, random_state=0).fit(X, y).weights_

    expected = fit()
    with ThreadPoolExecutor(1) as threads:
        found = threads.submit(fit).result()
    assert_all_equal(found, expected)

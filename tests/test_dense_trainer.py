"""Training dense networks in NumPy: the same as in a program."""

import numpy as np
import pytest
from training import (
    N_OUTPUTS,
    chain,
    generator,
    random_target,
    random_weights,
    step,
    training_data,
)

from sknets._core.activations import ACTIVATIONS
from sknets._core.build import dense_layers
from sknets._training import dense_trainer, loop
from sknets._training.loop import Settings, train
from sknets._training.optimizers import make_optimizer
from sknets._training.tensorflow import trainer


@pytest.fixture(autouse=True)
def compiled_unless_said_otherwise(request, monkeypatch):
    if "way" not in request.fixturenames:
        monkeypatch.setattr(dense_trainer, "MAX_SECONDS", 0.0)


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
        results.append(train(chain(network, (4,)), start, data, settings, generator()))
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

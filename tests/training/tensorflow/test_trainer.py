"""The trainer of compiled programs: chunks, state that goes in and out, reports."""

import numpy as np
import pytest

from sknets import DenseNetClassifier
from sknets._core.build import cnn_layers, dense_layers
from sknets._training import data as data_module
from sknets._training import dense_trainer
from sknets._training.optimizers import make_optimizer
from sknets._training.settings import Settings
from sknets._training.tensorflow import trainer
from sknets._training.tensorflow.trainer import TensorFlowTrainer
from tests.networks import assert_all_equal, chain, random_weights, training_data

N_ROWS, BATCH = 20, 4
NETWORK = chain(dense_layers(5, 0.0, "tanh", 3), (4,))


def rows(shape=(4,)):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N_ROWS, *shape)).astype(np.float32)
    return training_data(X, np.arange(N_ROWS, dtype=np.int32) % 3, "multiclass")


def make(weights=None, slots=None, n_steps=0):
    optimizer = make_optimizer("adam", 0.01, None, {})
    weights = random_weights(NETWORK.layers, (4,)) if weights is None else weights
    slots = optimizer.first_slots(weights) if slots is None else slots
    settings = Settings(1, BATCH, optimizer)
    return TensorFlowTrainer(NETWORK, weights, slots, rows(), settings, n_steps)


def run(one, order):
    n_steps = -(-len(order) // BATCH)
    rates = np.full(n_steps, 0.01, np.float32)
    return one.run_epoch(order, rates, np.arange(n_steps, dtype=np.uint32))


def test_training_goes_on_over_many_chunks(quick, blobs, monkeypatch):
    """Chunks of two batches give what one chunk of all gives."""
    monkeypatch.setattr(dense_trainer, "MAX_SECONDS", 0.0)
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


def test_a_trainer_goes_on_where_another_has_ended():
    order = np.random.default_rng(1).permutation(N_ROWS)
    whole = make()
    sums = run(whole, order)
    first = make()
    first_sums = run(first, order[: 2 * BATCH])
    assert first.n_steps == 2
    second = make(first.read_weights(), first.read_slots(), first.n_steps)
    second_sums = run(second, order[2 * BATCH :])
    assert second.n_steps == whole.n_steps == 5
    np.testing.assert_allclose(np.add(first_sums, second_sums), sums, rtol=1e-6)
    assert_all_equal(second.read_weights(), whole.read_weights())
    # Steps are counted for Adam: from another number they would be others.
    anew = make(first.read_weights(), first.read_slots(), 0)
    run(anew, order[2 * BATCH :])
    assert np.abs(anew.read_weights()[0] - whole.read_weights()[0]).max() > 1e-4


def test_steps_that_are_done_are_reported_after_each_chunk(monkeypatch):
    monkeypatch.setattr(data_module, "CHUNK_BYTES", 2 * BATCH * 4 * 4)
    one, told = make(), []
    one.report = told.append
    run(one, np.arange(N_ROWS))
    assert told == [2, 4, 5]


def test_what_is_read_stays_as_it_was():
    one = make()
    weights, slots = one.read_weights(), one.read_slots()
    kept = [weight.copy() for weight in weights]
    run(one, np.arange(N_ROWS))
    assert_all_equal(weights, kept)
    assert not any(slot.any() for own in slots for slot in own)
    weights[0][...] = 7.0  # and is the caller's own
    assert not (one.read_weights()[0] == 7.0).any()


def test_weights_that_are_written_are_trained_on():
    one = make()
    one.write_weights([np.zeros_like(weight) for weight in one.read_weights()])
    loss, _ = run(one, np.arange(BATCH))
    assert loss == pytest.approx(BATCH * np.log(3), rel=1e-6)


@pytest.mark.parametrize("shape", [(4,), (4, 4, 1)], ids=["dense", "cnn"])
def test_logits_are_those_of_the_network(shape):
    layers = dense_layers(5, 0.5, "tanh", 3)
    if len(shape) > 1:
        layers = cnn_layers(shape, (2,), 0.5, "relu", 3, "same", True, (), 3)
    network, weights = chain(layers, shape), random_weights(layers, shape)
    optimizer = make_optimizer("sgd", 0.1, None, {})
    slots, settings = optimizer.first_slots(weights), Settings(1, BATCH, optimizer)
    data = rows(shape)
    one = TensorFlowTrainer(network, weights, slots, data, settings, 0)
    expected = network.predict(network.prepared(weights), data.X)
    np.testing.assert_allclose(one.logits(data), expected, rtol=1e-5, atol=1e-5)

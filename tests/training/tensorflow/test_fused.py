"""What XLA compiles for all networks alike: long vectors of few lengths."""

import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from sknets import SmallCNNClassifier
from sknets._training.tensorflow import fused, program, randomness, trainer

sys.path.insert(0, str(Path(__file__).parents[2] / "robustness"))

import memory_of_shapes


@pytest.mark.parametrize("n", [1, 255, 256, 257, 1000, 4097, 10**6, 2**24 + 1])
def test_vectors_are_hardly_longer_than_asked_for(n):
    length = fused.padded_length(n)
    assert n <= length <= max(n * 1.125, 256)


def test_vectors_have_few_lengths():
    lengths = {fused.padded_length(n) for n in range(1, 2**16)}
    assert len(lengths) <= 8 * 8 + 2


def test_factors_are_those_of_the_rule():
    args = ((3, 5, 41), tf.constant(0.3), tf.constant(7, tf.uint32), 2)
    expected = randomness.dropout_factors(*args).numpy()
    np.testing.assert_array_equal(fused.dropout_factors(*args).numpy(), expected)
    assert 0.2 < (expected == 0).mean() < 0.4


@pytest.mark.parametrize("size", [(2, 2), (1, 2), (3, 2)])
@pytest.mark.parametrize("n_values", [3, 10**6])
def test_gradient_of_pooling_is_that_of_tensorflow(size, n_values):
    rng = np.random.default_rng(0)
    # Few values are many windows with several highest ones, as black borders have.
    x = tf.constant(rng.integers(0, n_values, (4, 7, 8, 3)).astype(np.float32))
    w = tf.constant(rng.normal(size=(4, 7 // size[0], 8 // size[1], 3)), tf.float32)

    def gradient(pool):
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = tf.reduce_sum(pool(x, size) * w)
        return tape.gradient(total, x).numpy()

    expected = gradient(lambda x, size: tf.nn.max_pool2d(x, size, size, "VALID"))
    found = gradient(fused.max_pool_of_long_training)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("normalization", [None, "batch", "pooled"])
def test_long_trainings_give_the_weights_of_short_ones(monkeypatch, normalization):
    rng = np.random.default_rng(0)
    X, y = rng.random((70, 9, 11, 2), np.float32), np.arange(70) % 3
    X[:, :3] = 0.0
    net = SmallCNNClassifier(
        (4, 6), pool_last=True, normalization=normalization, epochs=2, random_state=0
    )
    keys = []

    def program_of(key, make=program.training_program):
        keys.append(key.is_long)
        return make(key)

    monkeypatch.setattr(trainer, "training_program", program_of)
    short = net.fit(X, y).weights_
    monkeypatch.setattr(program, "LONG_TRAINING", 1)
    long = net.fit(X, y).weights_
    assert keys == [False, True]
    for one, other in zip(short, long, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_networks_of_another_shape_compile_nothing_by_xla(digits, monkeypatch):
    """That would stay in memory for good."""
    X, y = digits
    compiled = memory_of_shapes.compiled_by_xla(monkeypatch.setattr)

    def fit(width):
        SmallCNNClassifier(
            (width,), 0.1, batch_size=16, epochs=1, augment={"shift": 0.1}
        ).fit(X[:48].reshape(-1, 8, 8), y[:48])
        return sum(f.experimental_get_tracing_count() for f in compiled)

    first = fit(65)
    assert first >= 4  # kernels, biases, dropout, images
    assert fit(66) == first

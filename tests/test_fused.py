"""What XLA compiles for all networks alike: long vectors of few lengths."""

import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from sknets import SmallCNNClassifier
from sknets._training.tensorflow import fused, randomness, updates

sys.path.insert(0, str(Path(__file__).parent / "robustness"))

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


@pytest.mark.parametrize("shapes", [[(3, 2), (2,), (5, 1), (1,)], [(4,)], [(2, 2)]])
def test_packed_arrays_come_back(shapes):
    arrays = [np.random.default_rng(0).random(s, np.float32) for s in shapes]
    layout = updates.Packed(shapes)
    parts = layout.packed(arrays)
    assert [part.shape[0] for part in parts] == [256] * len(layout.decays)
    for array, back in zip(arrays, layout.unpacked(parts), strict=True):
        np.testing.assert_array_equal(back, array)


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

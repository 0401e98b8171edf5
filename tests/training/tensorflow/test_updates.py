"""Arrays packed for an update, penalties and clipping of gradients."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from sknets._training.optimizers import make_optimizer
from sknets._training.tensorflow import updates


@pytest.mark.parametrize("shapes", [[(3, 2), (2,), (5, 1), (1,)], [(4,)], [(2, 2)]])
def test_packed_arrays_come_back(shapes):
    arrays = [np.random.default_rng(0).random(s, np.float32) for s in shapes]
    layout = updates.Packed(shapes)
    parts = layout.packed(arrays)
    assert [part.shape[0] for part in parts] == [256] * len(layout.kinds)
    for array, back in zip(arrays, layout.unpacked(parts), strict=True):
        np.testing.assert_array_equal(back, array)


def test_kernels_and_biases_lie_in_vectors_of_their_own():
    arrays = [np.full((2, 3), 1.0), np.full(3, 2.0), np.full((1, 2, 3, 4), 3.0)]
    arrays = [array.astype(np.float32) for array in arrays]
    layout = updates.Packed([array.shape for array in arrays])
    kernels, biases = layout.packed(arrays)
    assert layout.kinds == [updates.Kind(True), updates.Kind(False)]
    assert np.unique(kernels[:30]).tolist() == [1, 3]
    assert np.unique(biases[:3]).tolist() == [2]
    assert not kernels[30:].numpy().any()
    assert not biases[3:].numpy().any()


def test_hidden_kernels_stay_as_they_are():
    shapes = [(2, 3), (3,), (3, 1), (1,)]
    arrays = [np.full(s, n, np.float32) for n, s in enumerate(shapes, start=1)]
    layout = updates.Packed(shapes, hidden=[0])
    kernels, biases, hidden = layout.packed(arrays)
    assert layout.kinds == [
        updates.Kind(True), updates.Kind(False), updates.Kind(True, is_hidden=True)
    ]  # fmt: skip
    assert hidden.shape == (2, 3)
    assert np.unique(kernels[:3]).tolist() == [3]
    assert np.unique(biases[:4]).tolist() == [2, 4]
    for array, back in zip(
        arrays, layout.unpacked([kernels, biases, hidden]), strict=True
    ):
        np.testing.assert_array_equal(back, array)


def gradients_and_weights():
    rng = np.random.default_rng(0)
    shapes = [(3, 2), (2,), (2, 2, 1, 3)]
    return [
        [tf.constant(rng.normal(size=shape), tf.float32) for shape in shapes]
        for _ in range(2)
    ]


def test_penalties_add_the_gradient_of_the_regularizer_to_kernels():
    gradients, weights = gradients_and_weights()
    with tf.GradientTape() as tape:
        tape.watch(weights)
        penalty = keras.regularizers.L1L2(0.02, 0.3)
        total = penalty(weights[0]) + penalty(weights[2])
    added = tape.gradient(total, weights, unconnected_gradients="zero")
    found = updates.with_penalties(gradients, weights, tf.constant([0.02, 0.3]))
    for ours, plain, more in zip(found, gradients, added, strict=True):
        np.testing.assert_allclose(ours, plain + more, rtol=1e-5)


@pytest.mark.parametrize("limit", [0.5, 100.0])
@pytest.mark.parametrize("clipping", [None, "clipvalue", "clipnorm", "global_clipnorm"])
def test_gradients_are_clipped_as_by_keras(clipping, limit):
    settings = {} if clipping is None else {clipping: limit}
    optimizer = make_optimizer("sgd", 0.1, None, settings)
    values = tf.constant([optimizer.values[name] for name in optimizer.value_names])
    gradients, _ = gradients_and_weights()
    found = updates.clipped(gradients, optimizer.structure, values)
    expected = keras.optimizers.SGD(**settings)._clip_gradients(gradients)
    for ours, theirs, plain in zip(found, expected, gradients, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)
        as_it_was = clipping is None or limit == 100
        assert np.allclose(ours, plain) == as_it_was

"""Embedding and pooling as a layer: sizes, first values, what Keras may say."""

import keras
import numpy as np
import pytest
import scipy.sparse as sp

from sknets._core.layers import EmbeddingPool, UnreadableError


@pytest.mark.parametrize(
    ("pooling", "expected"),
    [
        ("mean", [[3, -1], [0, 0]]),
        ("max", [[4, 3], [0, 0]]),
        ("mean_max", [[3, -1, 4, 3], [0, 0, 0, 0]]),
        ("sqrtn", [[6, -2], [0, 0]]),
    ],
)
def test_texts_become_pooled_rows_of_the_table(pooling, expected):
    table = np.array([[9, 9], [2, 3], [4, -5]], np.float32)
    texts = sp.csr_array(np.array([[0, 2, 2], [0, 0, 0]], np.float32))
    layer = EmbeddingPool(3, 2, pooling)
    np.testing.assert_array_equal(layer.predict([table], texts), expected)
    assert layer.output_shape(()) == (len(expected[0]),)


def test_first_values_are_those_of_keras_embeddings():
    (weight,) = EmbeddingPool(300, 20, "mean").weights(())
    ours = weight.initial(weight.shape, np.random.default_rng(0))
    theirs = keras.layers.Embedding(300, 20)
    theirs.build(())
    assert ours.shape == theirs.get_weights()[0].shape
    assert np.abs(ours).max() == pytest.approx(0.05, rel=0.01)
    assert np.abs(theirs.get_weights()[0]).max() == pytest.approx(0.05, rel=0.01)
    assert ours.std() == pytest.approx(0.05 / np.sqrt(3), rel=0.05)


def test_an_embedding_with_a_mask_is_read():
    layer = keras.layers.Embedding(30, 4, mask_zero=True)
    assert EmbeddingPool.from_keras(layer, ()) == EmbeddingPool(30, 4, "mean")
    with pytest.raises(UnreadableError, match="mask_zero=False is not supported"):
        EmbeddingPool.from_keras(keras.layers.Embedding(30, 4), ())


@pytest.mark.parametrize(
    "layer",
    [
        EmbeddingPool(0, 4, "mean"),
        EmbeddingPool(3, 4.0, "mean"),
        EmbeddingPool(3, 4, "median"),
    ],
)
def test_values_that_no_layer_has(layer):
    assert not layer.is_valid()

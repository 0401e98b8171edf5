"""Which rows of an embedding are kept, and what 8 bits leave of them."""

import pickle

import numpy as np
import pytest
import scipy.sparse as sp

from sknets._core.build import text_layers
from sknets._core.network import Network
from sknets._texts import compression
from tests.reviews import quick_text


def network(dense_width=()):
    layers = text_layers(5, 2, 0.0, "relu", "mean", dense_width, 1)
    return Network(tuple(layers), ())


TABLE = np.array([[0, 0], [1, 1], [3, -3], [0, 2], [-1, 0]], np.float32)
# Row 1 is in three texts, rows 2 and 3 in one, row 4 in four; with the same share.
SHARES = sp.csr_array(
    np.array([[0, 1, 1, 0, 1], [0, 1, 0, 1, 1], [0, 1, 0, 0, 1], [0, 0, 0, 0, 1]]) / 2
)


def kept(net, weights, n_kept):
    mask = compression.most_contributing(net, weights, SHARES, n_kept)
    return np.flatnonzero(mask).tolist()


def test_contributions_are_counted_in_the_logits_where_they_are_linear():
    # Logits of the rows: 0, 2, 0, 2, -1.5; times the roots of the numbers of texts
    # they are in: 0, 3.5, 0, 2, 3.
    table = TABLE * [[1], [1], [1], [1], [1.5]]
    weights = [table, np.ones((2, 1), np.float32), np.zeros(1, np.float32)]
    assert kept(network(), weights, 1) == [0, 1]
    assert kept(network(), weights, 2) == [0, 1, 4]
    assert kept(network(), weights, 3) == [0, 1, 3, 4]


def test_contributions_are_counted_in_the_embedding_before_dense_layers():
    # Largest values 0, 1, 3, 2, 1; times these roots: 0, 1.7, 3, 2, 2.
    weights = [TABLE, *(np.ones(s, np.float32) for s in [(2, 3), 3, (3, 1), 1])]
    assert kept(network(dense_width=3), weights, 1) == [0, 2]
    assert kept(network(dense_width=3), weights, 3) == [0, 2, 3, 4]


def test_a_rare_word_that_decides_outweighs_a_common_one_that_hardly_does():
    """What a common word adds everywhere is the same in all texts."""
    table = np.array([[0], [0.5], [4]], np.float32)
    weights = [table, np.ones((1, 1), np.float32), np.zeros(1, np.float32)]
    shares = sp.csr_array(np.array([[0, 1, 0]] * 24 + [[0, 1, 1]]) / 10)
    mask = compression.most_contributing(network(), weights, shares, 1)
    assert mask.tolist() == [True, False, True]


def test_more_than_there_are_keeps_all():
    weights = [TABLE, np.ones((2, 1), np.float32), np.zeros(1, np.float32)]
    assert kept(network(), weights, 99) == [0, 1, 2, 3, 4]


def test_rounding_is_off_by_half_a_step_at_most():
    table = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    numbers, step = compression.rounded(table)
    assert numbers.dtype == np.int8
    assert np.abs(numbers.astype(int)).max() == 127
    assert np.abs(numbers * step - table).max() <= step * 0.50001


def test_an_embedding_of_zeros_stays_one():
    for table in (np.zeros((3, 2), np.float32), np.zeros((0, 2), np.float32)):
        numbers, step = compression.rounded(table)
        np.testing.assert_array_equal(numbers * step, table)
        assert step > 0


def test_packing_is_undone_to_the_bit():
    numbers, step = compression.rounded(TABLE / 7)
    state = {"weights_": [numbers * step, TABLE], "embedding_step_": float(step)}
    packed = compression.pack(state)
    assert packed["weights_"][0].dtype == np.int8
    again = compression.unpack(packed)["weights_"]
    np.testing.assert_array_equal(again[0], state["weights_"][0], strict=True)
    assert again[1] is TABLE
    assert state["weights_"][0].dtype == np.float32  # that of the estimator stays


@pytest.mark.parametrize("factor", [2, 1 / 3])
def test_weights_in_the_place_of_rounded_ones_are_kept_as_they_are(factor):
    numbers, step = compression.rounded(TABLE)
    table = np.float32(factor) * (numbers * step)
    state = {"weights_": [table, TABLE], "embedding_step_": float(step)}
    packed = compression.pack(state)
    assert packed["weights_"][0] is table
    assert compression.unpack(packed)["weights_"][0] is table


def test_what_is_not_rounded_is_left_alone():
    state = {"weights_": [TABLE]}
    assert compression.pack(state) is state
    assert compression.unpack(state) is state


def test_compressed_network_is_small_on_disk_and_equal_again():
    words = [f"word{i}" for i in range(3000)]
    texts, labels = [" ".join(words[i::7]) for i in range(7)] * 8, [0, 1] * 28
    net = quick_text(compress_to=3000, width=40, epochs=1).fit(texts, labels)
    packed = pickle.dumps(net)
    counter = len(pickle.dumps(net.counter_))
    assert len(packed) < counter + net.weights_[0].size * 1.05 + 5000
    again = pickle.loads(packed)
    np.testing.assert_array_equal(again.weights_[0], net.weights_[0])
    assert again.weights_[0].dtype == np.float32


def test_line_is_that_of_least_squares():
    rng = np.random.default_rng(0)
    found = rng.normal(size=(50, 2))
    wanted = found * [2.0, -3.0] + [1.0, 4.0]
    slope, shift = compression.line(found, wanted)
    np.testing.assert_allclose(slope, [2, -3])
    np.testing.assert_allclose(shift, [1, 4])
    slope, shift = compression.line(np.zeros((3, 1)), np.full((3, 1), 5.0))
    assert (slope, shift) == (1, 5)

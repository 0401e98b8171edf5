"""Networks: shapes and weights of a chain, what is known of it, its table."""

import numpy as np
import pytest

from sknets._core.activations import ACTIVATIONS
from sknets._core.build import dense_layers, text_layers
from sknets._core.layers import BatchNorm, Conv, Dense, Dropout, Flatten, MaxPool
from sknets._core.network import Network
from sknets._core.poolings import POOLINGS
from tests.networks import assert_equals_keras, chain

SMALL = chain(
    [
        Conv(3, (2, 2), "valid", "relu"),
        BatchNorm("tanh", 0.9),
        MaxPool((2, 2)),
        Dropout(0.3),
        Flatten(),
        Dense(2),
    ],
    (5, 6, 1),
)


def test_shapes_follow_each_other():
    shapes = [(5, 6, 1), (4, 5, 3), (4, 5, 3), (2, 2, 3), (2, 2, 3), (12,), (2,)]
    assert SMALL.shapes() == shapes
    assert SMALL.n_outputs == 2
    kernel_and_bias, norm = [(2, 2, 1, 3), (3,)], [(3,)] * 4
    assert SMALL.weight_shapes() == [*kernel_and_bias, *norm, (12, 2), (2,)]


def test_first_weights_have_their_shapes_and_follow_the_seed():
    one, same, other = (
        SMALL.initial_weights(np.random.default_rng(seed)) for seed in (0, 0, 1)
    )
    assert [weight.shape for weight in one] == SMALL.weight_shapes()
    assert all(map(np.array_equal, one, same))
    assert not np.array_equal(one[0], other[0])


def test_each_layer_gets_its_own_weights():
    own = [numbers for _, numbers in SMALL.own_weights(range(8))]
    assert own == [[0, 1], [2, 3, 4, 5], [], [], [], [6, 7]]


def test_plain_values_give_the_network_back():
    assert Network.from_stored(SMALL.stored(), [5, 6, 1]) == SMALL


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_pooling_before_the_activation_changes_nothing(activation):
    network = [
        Conv(4, (3, 3), "same", activation),
        MaxPool((2, 2)),
        Flatten(),
        Dense(3),
    ]
    assert_equals_keras(network, (7, 6, 2))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_pooling_moves_before_increasing_activations_only(activation):
    network = chain([Conv(4, (3, 3), "same", activation), MaxPool((2, 2))], (7, 6, 2))
    n_layers = 1 if ACTIVATIONS[activation].increases else 2
    assert len(network.pooled_early().layers) == n_layers


def test_networks_that_differ_in_dropout_rates_have_one_structure():
    one, other = (chain(dense_layers(4, rate, "relu", 2), (3,)) for rate in (0.1, 0.7))
    assert one != other
    assert one.structure == other.structure
    assert (one.dropout_rates, other.dropout_rates) == ([0.1], [0.7])
    assert one.structure != chain(dense_layers(5, 0.1, "relu", 2), (3,)).structure


@pytest.mark.parametrize("pooling", POOLINGS)
def test_logits_are_a_sum_over_the_tokens_where_nothing_bends_them(pooling):
    def text_network(dense_width):
        return chain(text_layers(5, 2, 0.2, "relu", pooling, dense_width, 3), ())

    assert text_network(()).takes_tokens
    assert text_network(()).is_linear_text == (pooling in ("mean", "sqrtn"))
    assert not text_network(4).is_linear_text
    assert not SMALL.takes_tokens
    assert not SMALL.is_linear_text


TABLE = """
net
-----------------------------------------------
Layer                  Output shape  Parameters
-----------------------------------------------
conv 2x2 same 3, relu  (n, 5, 6, 3)          15
flatten                (n, 90)                0
dense 40, linear       (n, 40)            3,640
dropout 0.25           (n, 40)                0
-----------------------------------------------
Total parameters: 3,655"""


def test_table():
    layers = [Conv(3, (2, 2), "same", "relu"), Flatten(), Dense(40), Dropout(0.25)]
    assert "\n" + chain(layers, (5, 6, 1)).table("net") == TABLE

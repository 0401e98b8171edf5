"""What every layer has to keep, for each in the table, and what layers share."""

import gc

import keras
import numpy as np
import pytest
import scipy.sparse as sp
import tensorflow as tf

from sknets._core.layers import (
    LAYERS,
    BatchNorm,
    Conv,
    Dense,
    Dropout,
    EmbeddingPool,
    Flatten,
    MaxPool,
    UnreadableError,
    base,
    from_stored,
)

# An example of each, and the shape of the rows that it takes.
EXAMPLES = {
    "dense": (Dense(3, "tanh"), (4,)),
    "conv": (Conv(3, (3, 2), "same", "relu"), (5, 6, 2)),
    "max_pool": (MaxPool((2, 3)), (5, 6, 2)),
    "flatten": (Flatten(), (2, 3, 2)),
    "dropout": (Dropout(0.25), (4,)),
    "batch_norm": (BatchNorm("relu", 0.9), (3, 3, 2)),
    "embedding_pool": (EmbeddingPool(7, 3, "mean_max"), ()),
}
each = pytest.mark.parametrize("kind", LAYERS)
each_in_numpy = pytest.mark.parametrize(
    "kind", [kind for kind, layer in LAYERS.items() if layer.trains_in_numpy]
)
N_ROWS = 6


def example(kind):
    """Layer, shape of its rows, weights of which none is zero, and rows."""
    layer, shape = EXAMPLES[kind]
    rng = np.random.default_rng(0)
    weights = [
        rng.uniform(0.3, 1, weight.shape).astype(np.float32)
        for weight in layer.weights(shape)
    ]
    rows = rng.normal(size=(N_ROWS, *shape)).astype(np.float32)
    if kind == "embedding_pool":
        rows = sp.csr_array(rng.integers(0, 3, (N_ROWS, layer.rows)), dtype=np.float32)
    return layer, shape, weights, rows


def predicted(layer, weights, rows):
    before = rows.copy()
    found = np.asarray(layer.predict(layer.prepared(weights), rows))
    assert abs(rows - before).max() == 0  # rows stay as they are
    return found


def test_every_layer_has_an_example():
    assert EXAMPLES.keys() == LAYERS.keys()
    assert all(EXAMPLES[kind][0].kind == kind for kind in LAYERS)


@each
def test_plain_values_give_the_layer_back(kind):
    layer, _ = EXAMPLES[kind]
    assert layer.is_valid()
    stored = layer.stored()
    assert stored["layer"] == kind
    assert from_stored(stored) == layer
    assert all(type(v) in (str, int, float, bool, tuple) for v in stored.values())


@each
def test_weights_have_first_values(kind):
    layer, shape, _, _ = example(kind)
    weights = layer.weights(shape)
    assert len(weights) == layer.n_weights
    rng = np.random.default_rng(0)
    for weight in weights:
        first = weight.initial(weight.shape, rng)
        assert first.shape == weight.shape
        assert first.dtype == np.float32
        assert np.isfinite(first).all()


@each
def test_output_has_the_shape_that_is_said(kind):
    layer, shape, weights, rows = example(kind)
    out = predicted(layer, weights, rows)
    assert out.shape == (N_ROWS, *layer.output_shape(shape))
    assert layer.n_axes in (None, len(shape))
    assert layer.n_values(shape) >= 1


@each
def test_rows_are_predicted_by_themselves(kind):
    layer, _, weights, rows = example(kind)
    whole = predicted(layer, weights, rows)
    for number in range(N_ROWS):
        alone = predicted(layer, weights, rows[number : number + 1])
        np.testing.assert_allclose(alone, whole[number : number + 1], rtol=1e-6)


@each
def test_a_workspace_holds_nothing_of_the_rows_before(kind):
    layer, _, weights, rows = example(kind)
    prepared, workspace = layer.prepared(weights), base.Workspace()
    for part in (rows[2:5], rows, rows[::-1], rows[1:2], rows.astype(np.float64)):
        found = layer.predict(prepared, part, workspace)
        np.testing.assert_array_equal(found, predicted(layer, weights, part))


@pytest.mark.parametrize("kind", [kind for kind in LAYERS if kind != "embedding_pool"])
def test_numpy_graph_and_keras_predict_the_same(kind):
    layer, shape, weights, rows = example(kind)
    ours = predicted(layer, weights, rows)
    in_graph = layer.in_graph(tf, [tf.constant(w) for w in weights], rows, None)
    np.testing.assert_allclose(in_graph, ours, rtol=1e-5, atol=1e-6)
    inputs = keras.Input(shape)
    model = keras.Model(inputs, layer.to_keras(keras.layers, inputs))
    model.set_weights(weights)
    np.testing.assert_allclose(model(rows), ours, rtol=1e-5, atol=1e-6)
    read = type(layer).from_keras(model.layers[1], shape)
    assert type(model.layers[1]).__name__ == layer.keras_kind
    if kind == "batch_norm":  # in Keras, an activation is a layer behind it
        read = BatchNorm("relu", read.momentum, read.epsilon)
    assert read == layer


@each_in_numpy
def test_gradients_are_those_of_small_changes(kind):
    layer, _, weights, rows = example(kind)
    values = [rows.astype(np.float64), *(w.astype(np.float64) for w in weights)]
    rng = np.random.default_rng(1)

    def output(x, *weights):
        return layer.train(list(weights), x.copy(), np.random.default_rng(2))

    out, kept = output(*values)
    by_output = rng.normal(size=out.shape)
    gradients = [np.full_like(weight, np.nan) for weight in values[1:]]
    by_input = layer.backward(values[1:], kept, by_output.copy(), gradients)()
    for number, found in enumerate([by_input, *gradients]):
        for place in np.ndindex(found.shape):
            ends = []
            for change in (-1e-6, 1e-6):
                moved = [value.copy() for value in values]
                moved[number][place] += change
                ends.append((output(*moved)[0] * by_output).sum())
            expected = (ends[1] - ends[0]) / 2e-6
            assert found[place] == pytest.approx(expected, rel=1e-4, abs=1e-6)


@each
def test_a_line_of_the_table_describes_it(kind):
    assert EXAMPLES[kind][0].describe()


# --- What layers share ---------------------------------------------------------------


@pytest.mark.parametrize("shape", [(40, 60), (3, 3, 16, 32)])
def test_first_kernels_have_the_spread_of_glorot(shape):
    """As wide as those of Keras, and filling their range evenly."""
    ours = base.glorot_uniform(shape, np.random.default_rng(0))
    theirs = np.asarray(keras.initializers.GlorotUniform(seed=0)(shape))
    limit = np.abs(theirs).max()
    assert np.abs(ours).max() == pytest.approx(limit, rel=0.01)
    assert ours.std() == pytest.approx(limit / np.sqrt(3), rel=0.05)
    assert abs(ours.mean()) < 0.1 * limit


def test_frozen_arrays_are_converted_once_and_forgotten_with_their_array():
    weight = np.full(5, 0.1, np.float32)
    assert base.double(weight) is not base.double(weight)
    weight.flags.writeable = False
    gc.collect()  # what earlier tests have left
    n_kept = len(base._doubles)
    converted = base.double(weight)
    assert converted is base.double(weight)
    assert converted.dtype == np.float64
    np.testing.assert_array_equal(converted, weight)
    del weight
    gc.collect()
    assert len(base._doubles) == n_kept


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        (base.is_size, [1, 7], [0, -1, 2.0, True, "3", None]),
        (base.is_pair, [(1, 2)], [[1, 2], (1,), (1, 2, 3), (0, 1), 3]),
        (base.is_number, [0, 1.5, -2], [True, "1", None, float("nan"), float("inf")]),
        (lambda name: base.is_name(name, {"a": 1}), ["a"], ["b", 1, None, ["a"]]),
    ],
    ids=["size", "pair", "number", "name"],
)
def test_values_of_files_are_checked_by_type_and_range(check, right, wrong):
    assert all(map(check, right))
    assert not any(map(check, wrong))


def test_settings_that_are_not_expected_are_refused():
    layer = keras.layers.Dense(3, use_bias=False)
    assert base.settings_of(layer, units=3, use_bias=False)["activation"] == "linear"
    with pytest.raises(UnreadableError, match="units=3 is not supported, only 4"):
        base.settings_of(layer, units=4)

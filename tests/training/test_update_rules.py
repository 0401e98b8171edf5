"""Each update rule against the Keras optimizer of its name."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from sknets._core.build import dense_layers, text_layers
from sknets._core.network import Network
from sknets._core.objectives import CLASS_OBJECTIVES
from sknets._core.scaling import identity
from sknets._training import update_rules
from sknets._training.data import TrainingData
from sknets._training.dense_trainer import DenseTrainer
from sknets._training.loop import Settings
from sknets._training.optimizers import make_optimizer
from sknets._training.tensorflow import updates
from sknets._training.update_rules import RULES

KERAS = {
    "sgd": keras.optimizers.SGD,
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "nadam": keras.optimizers.Nadam,
    "adamax": keras.optimizers.Adamax,
    "rmsprop": keras.optimizers.RMSprop,
    "adagrad": keras.optimizers.Adagrad,
    "adadelta": keras.optimizers.Adadelta,
    "lion": keras.optimizers.Lion,
}
if hasattr(keras.optimizers, "Muon"):  # from Keras 3.11 on
    KERAS["muon"] = keras.optimizers.Muon
CASES = [
    ("sgd", {}),
    ("sgd", {"momentum": 0.8}),
    ("sgd", {"momentum": 0.8, "nesterov": True}),
    ("adam", {}),
    ("adam", {"beta_1": 0.5, "beta_2": 0.7, "epsilon": 1e-3}),
    ("adam", {"beta_2": 0.5, "amsgrad": True}),
    ("adamw", {}),
    ("adamw", {"amsgrad": True, "weight_decay": 0.3}),
    ("nadam", {}),
    ("nadam", {"beta_1": 0.5, "beta_2": 0.7, "epsilon": 1e-3}),
    ("adamax", {}),
    ("adamax", {"beta_1": 0.5, "beta_2": 0.7, "epsilon": 1e-2}),
    ("rmsprop", {}),
    ("rmsprop", {"rho": 0.5, "epsilon": 1e-2}),
    ("rmsprop", {"momentum": 0.6}),
    ("rmsprop", {"centered": True}),
    ("rmsprop", {"momentum": 0.6, "centered": True}),
    ("adagrad", {}),
    ("adagrad", {"initial_accumulator_value": 0.7, "epsilon": 1e-2}),
    ("adadelta", {}),
    ("adadelta", {"rho": 0.5, "epsilon": 1e-2}),
    ("lion", {}),
    ("lion", {"beta_1": 0.5, "beta_2": 0.3}),
    ("sgd", {"clipnorm": 0.7}),
    ("sgd", {"clipvalue": 0.3}),
    ("sgd", {"global_clipnorm": 0.7}),
    ("adam", {"clipnorm": 0.7, "weight_decay": 0.2}),
    ("lion", {"weight_decay": 0.2}),
]
N_STEPS = 5
# Adadelta's own steps start at the root of epsilon.
LEARNING_RATE = {"adadelta": 1.0}


@pytest.fixture(scope="module")
def arrays():
    """A kernel, a bias, and gradients of some steps; one step has small ones."""
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=shape).astype(np.float32) for shape in [(3, 4), (4,)]]
    steps = [
        [rng.normal(size=w.shape).astype(np.float32) for w in weights]
        for _ in range(N_STEPS)
    ]
    steps[2] = [1e-3 * g for g in steps[2]]
    return weights, steps


def updated_in_program(optimizer, weights, steps, arrangement=updates.Separate):
    """Weights after some steps of our rule, as compiled programs take it."""
    layout = arrangement([w.shape for w in weights])
    update = updates.updater(optimizer.structure, layout)
    values = {
        "optimizer": tf.constant(
            [optimizer.values[name] for name in optimizer.value_names], tf.float32
        ),
        "weight_decay": tf.constant(optimizer.weight_decay, tf.float32),
    }
    slots = zip(*optimizer.first_slots(weights), strict=True)
    slots = list(zip(*map(layout.packed, slots), strict=True))
    parts = layout.packed([tf.constant(w) for w in weights])
    for number, gradients in enumerate(steps, start=1):
        batch = {
            "learning_rate": tf.constant(optimizer.learning_rate, tf.float32),
            "number": tf.constant(number, tf.float32),
        }
        gradients = [tf.constant(g) for g in gradients]
        gradients = updates.clipped(gradients, optimizer.structure, values["optimizer"])
        gradients = layout.packed(gradients)
        parts, slots = update(parts, gradients, slots, batch, values)
    return [w.numpy() for w in layout.unpacked(parts)]


def updated_in_vectors(optimizer, weights, steps):
    """The same in the long vectors of networks with convolutions."""
    return updated_in_program(optimizer, weights, steps, updates.Packed)


def updated_in_numpy(optimizer, weights, steps, network=None):
    """Weights after some steps of our rule, as small fits take it."""
    n_inputs, n_outputs = weights[0].shape
    given = Network(tuple(dense_layers((), 0.0, "relu", n_outputs)), (n_inputs,))
    network = network or given
    n_weights = len(weights)
    missing = [np.zeros(w.shape, np.float32) for w in network.weights()[n_weights:]]
    weights = [*weights, *missing]
    data = TrainingData(
        np.zeros((1, 3)), np.arange(1), [0], [1], CLASS_OBJECTIVES["binary"], identity()
    )
    trainer = DenseTrainer(
        network, weights, optimizer.first_slots(weights), data,
        Settings(1, 1, optimizer), 0,
    )  # fmt: skip
    for gradients in steps:
        for mine, given in zip(trainer.gradients, gradients + missing, strict=True):
            mine[...] = given
        trainer.n_steps += 1
        trainer._clip(trainer.gradients)
        trainer._update(np.float32(optimizer.learning_rate))
    return trainer.read_weights()[:n_weights]


WAYS = {
    "program": updated_in_program,
    "vectors": updated_in_vectors,
    "numpy": updated_in_numpy,
}


def updated_by_keras(optimizer, weights, steps):
    variables = [keras.Variable(w) for w in weights]
    optimizer.build(variables)
    for gradients in steps:
        optimizer.apply([tf.constant(g) for g in gradients], variables)
    return [v.numpy() for v in variables]


def ids(case):
    name, settings = case
    return "-".join([name, *(f"{key}={value}" for key, value in settings.items())])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", CASES, ids=ids)
def test_rule_is_that_of_keras(case, way, arrays):
    name, settings = case
    weights, steps = arrays
    learning_rate = LEARNING_RATE.get(name, 0.05)
    ours = make_optimizer(name, learning_rate, None, settings)
    theirs = KERAS[name](learning_rate, **settings)
    if ours.weight_decay:
        weights, steps = weights[:1], [step[:1] for step in steps]
    for mine, expected, before in zip(
        WAYS[way](ours, weights, steps),
        updated_by_keras(theirs, weights, steps),
        weights,
        strict=True,
    ):
        assert np.abs(expected - before).max() > 1e-3
        np.testing.assert_allclose(mine, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("shape", [(7,), (200, 300)])
@pytest.mark.parametrize("name", [n for n, rule in RULES.items() if rule.in_place])
@pytest.mark.parametrize("switches", [{}, {"amsgrad": True}])
def test_a_step_in_place_is_a_step(name, switches, shape):
    rng = np.random.default_rng(0)

    def draw(size=1.0):
        return (size * rng.normal(size=shape)).astype(np.float32)

    rule = RULES[name]
    h = {key: np.float32(value) for key, value in rule.defaults.items()}
    slots = [draw(), abs(draw()), abs(draw())][: 2 + len(switches)]
    for rate in (np.float32(0.01), abs(draw(0.01))):
        p, g = draw(), draw()
        step = (np.float32(3), rate, h)
        expected, expected_slots = rule.update(p, g, slots, *step, **switches)
        before = g.copy()
        rule.in_place(p, g, slots, *step, np.empty_like(p), **switches)
        np.testing.assert_allclose(p, expected, rtol=1e-5, atol=1e-6)
        for found, wanted in zip(slots, expected_slots, strict=True):
            np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(g, before)


def test_every_rule_is_compared():
    compared = {(name, key) for name, settings in CASES for key in settings}
    # Muon is compared below: by Keras, arrays of two axes go by its own rule.
    assert {name for name, _ in CASES} == set(RULES) - {"muon"}
    assert {
        (name, switch)
        for name, rule in RULES.items()
        for switch in rule.switches
        if name != "muon"
    } <= compared


@pytest.mark.parametrize("name", KERAS)
def test_defaults_are_those_of_keras(name):
    ours, config = make_optimizer(name, None, None, {}), KERAS[name]().get_config()
    assert ours.learning_rate == pytest.approx(config["learning_rate"])
    assert ours.weight_decay == pytest.approx(config["weight_decay"] or 0.0)
    for key, value in RULES[name].defaults.items():
        assert value == pytest.approx(config[key])
    on = {switch for switch in RULES[name].switches if config[switch]}
    assert on == set(RULES[name].are_on) == set(ours.switches)


@pytest.mark.parametrize("way", WAYS)
def test_biases_do_not_decay(way, arrays):
    weights, steps = arrays
    kernel, bias = WAYS[way](make_optimizer("adam", 0.05, 0.0, {}), weights, steps)
    decayed, same = WAYS[way](make_optimizer("adam", 0.05, 0.5, {}), weights, steps)
    np.testing.assert_array_equal(same, bias)
    assert np.abs(decayed - kernel).max() > 1e-2


# Muon


MUON_CASES = [
    {},
    {"momentum": 0.5, "nesterov": False},
    {"adam_beta_1": 0.5, "adam_beta_2": 0.7, "epsilon": 1e-3, "adam_lr_ratio": 0.3},
    {"rms_rate": 0.7, "clipnorm": 0.7},
]


def two_layers(seed=0):
    """Weights of a network with a hidden layer, and gradients of some steps."""
    rng = np.random.default_rng(seed)
    shapes = [(7, 3), (3,), (3, 2), (2,)]
    arrays = [[rng.normal(size=s).astype(np.float32) for s in shapes] for _ in range(6)]
    return arrays[0], arrays[1:]


def moved_in_program(optimizer, weights, steps, kind):
    def arrangement(shapes):
        return kind(shapes, hidden=[0])

    return updated_in_program(optimizer, weights, steps, arrangement)


def moved_in_numpy(optimizer, weights, steps, kind):
    network = Network(tuple(dense_layers((3,), 0.0, "relu", 2)), (7,))
    return updated_in_numpy(optimizer, weights, steps, network)


@pytest.mark.skipif("muon" not in KERAS, reason="Keras has no Muon before 3.11")
@pytest.mark.parametrize("settings", MUON_CASES)
@pytest.mark.parametrize(
    ("moved", "kind"),
    [
        (moved_in_program, updates.Separate),
        (moved_in_program, updates.Packed),
        (moved_in_numpy, None),
    ],
    ids=["program", "vectors", "numpy"],
)
def test_muon_is_that_of_keras(settings, moved, kind):
    """The kernel of the hidden layer by matrix, all else by Adam."""
    weights, steps = two_layers()
    ours = make_optimizer("muon", 0.05, 0.0, settings)
    theirs = keras.optimizers.Muon(
        0.05,
        exclude_layers=["^output$"],
        weight_decay=None,
        adam_weight_decay=None,
        **settings,
    )
    variables = [
        keras.Variable(w, name=name)
        for w, name in zip(weights, ["hidden", "b", "output", "c"], strict=True)
    ]
    theirs.build(variables)
    for gradients in steps:
        theirs.apply([tf.constant(g) for g in gradients], variables)
    found = moved(ours, weights, steps, kind)
    for mine, expected, before in zip(found, variables, weights, strict=True):
        assert np.abs(expected.numpy() - before).max() > 1e-3
        np.testing.assert_allclose(mine, expected.numpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shape", [(3, 3, 8, 16), (3, 3, 1, 24), (5, 5, 16, 4)])
def test_muon_moves_a_convolution_in_all_directions_alike(shape):
    """The step is close to a matrix whose singular values are all the same."""
    rng = np.random.default_rng(0)
    gradient = rng.normal(size=shape).astype(np.float32)
    gradient *= np.geomspace(1, 30, shape[-1], dtype=np.float32)
    hyper = {"momentum": np.float32(0.95), "rms_rate": np.float32(1.0)}
    first = np.zeros(shape, np.float32)
    moved, (momentum, _) = update_rules._muon(
        first, gradient, (first, first), 1, np.float32(1), hyper
    )
    np.testing.assert_array_equal(momentum, gradient)
    matrix = moved.reshape(-1, shape[-1])
    values = np.linalg.svd(matrix, compute_uv=False) / np.sqrt(max(matrix.shape))
    assert values.max() < 1.3
    assert values.min() > 0.6


@pytest.mark.parametrize("rank", [0, 1, 3])
def test_muon_of_a_gradient_without_full_rank(rank):
    """A step of few rows has no more directions than rows: the others stay small."""
    rng = np.random.default_rng(0)
    wide = rng.normal(size=(40, rank)) @ rng.normal(size=(rank, 64))
    step = update_rules._orthogonal(wide.astype(np.float32))
    values = np.linalg.svd(step, compute_uv=False)
    assert (values[:rank] > 0.6).all()
    assert (values[rank:] < 0.01).all()


def test_the_output_and_embeddings_are_no_hidden_kernels():
    dense = Network(tuple(dense_layers((5, 4), 0.0, "relu", 2)), (7,))
    assert dense.hidden_kernels() == [True, False, True, False, False, False]
    text = Network(tuple(text_layers(9, 4, 0.0, "relu", "mean", (5,), 2)), ())
    assert text.hidden_kernels() == [False, True, False, False, False]

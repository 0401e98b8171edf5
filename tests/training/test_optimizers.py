"""Each update rule against the Keras optimizer of its name, and its settings."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.base import clone

from sknets import DenseNetClassifier
from sknets._core.build import dense_layers
from sknets._core.network import Network
from sknets._core.objectives import CLASS_OBJECTIVES
from sknets._core.scaling import identity
from sknets._training.data import TrainingData
from sknets._training.dense_trainer import DenseTrainer
from sknets._training.loop import Settings
from sknets._training.optimizers import (
    RULES,
    check_settings,
    make_optimizer,
    valid_names,
)
from sknets._training.tensorflow import updates

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


def updated_in_numpy(optimizer, weights, steps):
    """Weights after some steps of our rule, as small fits take it."""
    data = TrainingData(
        np.zeros((1, 3)), np.arange(1), [0], [1], CLASS_OBJECTIVES["binary"], identity()
    )
    trainer = DenseTrainer(
        Network(tuple(dense_layers((), 0.0, "relu", 4)), (3,)), weights,
        optimizer.first_slots(weights), data, Settings(1, 1, optimizer), 0,
    )  # fmt: skip
    for gradients in steps:
        for mine, given in zip(trainer.gradients, gradients, strict=True):
            mine[...] = given
        trainer.n_steps += 1
        trainer._clip(trainer.gradients)
        trainer._update(np.float32(optimizer.learning_rate))
    return trainer.read_weights()


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


def test_every_rule_is_compared():
    compared = {(name, key) for name, settings in CASES for key in settings}
    assert {name for name, _ in CASES} == set(RULES) == set(KERAS)
    assert {
        (name, switch) for name, rule in RULES.items() for switch in rule.switches
    } <= compared


@pytest.mark.parametrize("name", RULES)
def test_defaults_are_those_of_keras(name):
    ours, config = make_optimizer(name, None, None, {}), KERAS[name]().get_config()
    assert ours.learning_rate == pytest.approx(config["learning_rate"])
    assert ours.weight_decay == pytest.approx(config["weight_decay"] or 0.0)
    for key, value in RULES[name].defaults.items():
        assert value == pytest.approx(config[key])
    assert not any(config[switch] for switch in RULES[name].switches)


@pytest.mark.parametrize("way", WAYS)
def test_biases_do_not_decay(way, arrays):
    weights, steps = arrays
    kernel, bias = WAYS[way](make_optimizer("adam", 0.05, 0.0, {}), weights, steps)
    decayed, same = WAYS[way](make_optimizer("adam", 0.05, 0.5, {}), weights, steps)
    np.testing.assert_array_equal(same, bias)
    assert np.abs(decayed - kernel).max() > 1e-2


# Settings


def test_valid_names_are_arguments_of_the_keras_class():
    for name in RULES:
        assert set(valid_names(name)) <= set(KERAS[name]().get_config())


def test_unknown_optimizer(quick, blobs):
    with pytest.raises(ValueError, match=r"one of \['adadelta'.*got 'newton'"):
        quick(DenseNetClassifier, optimizer="newton").fit(*blobs)


def test_keras_instance_gives_its_settings(quick, blobs):
    instance = keras.optimizers.SGD(0.02, momentum=0.6, nesterov=True, clipnorm=1.0)
    by_instance = quick(DenseNetClassifier, optimizer=instance, learning_rate=None)
    by_name = quick(
        DenseNetClassifier,
        weight_decay=None,
        optimizer="sgd",
        learning_rate=0.02,
        optimizer__momentum=0.6,
        optimizer__nesterov=True,
        optimizer__clipnorm=1.0,
    )
    for mine, expected in zip(
        by_instance.fit(*blobs).weights_, by_name.fit(*blobs).weights_, strict=True
    ):
        np.testing.assert_allclose(mine, expected, rtol=1e-5, atol=1e-7)


def test_estimators_learning_rate_wins_over_the_instances():
    settled = make_optimizer(keras.optimizers.Adam(0.3), 0.1, None, {})
    assert settled.learning_rate == 0.1
    settled = make_optimizer("adam", 0.1, None, {"learning_rate": 0.2})
    assert settled.learning_rate == 0.2


def test_instance_with_a_schedule_is_refused():
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 10)
    with pytest.raises(ValueError, match="Set learning_rate_schedule="):
        make_optimizer(keras.optimizers.Adam(schedule), None, None, {})


def test_instance_of_another_kind_is_refused():
    with pytest.raises(ValueError, match="its class of one of these kinds"):
        make_optimizer(keras.optimizers.Ftrl(), None, None, {})


def test_two_clippings_are_refused():
    with pytest.raises(ValueError, match="Only one of clipnorm, clipvalue"):
        make_optimizer("adam", None, None, {"clipnorm": 1.0, "clipvalue": 1.0})


@pytest.mark.parametrize("name", sorted(RULES))
def test_class_is_its_name(name):
    [kind] = [k for k in vars(keras.optimizers).values() if _named(k, name)]
    assert make_optimizer(kind, None, None, {}) == (
        make_optimizer(name, None, None, {})
    )


def _named(kind, name):
    return isinstance(kind, type) and kind.__name__.lower() == name


SCHEDULE = keras.optimizers.schedules.ExponentialDecay(0.1, 100, 0.9)


@pytest.mark.parametrize(
    "params",
    [
        {"learning_rate": SCHEDULE},
        {"optimizer__learning_rate": SCHEDULE},
        {"optimizer": keras.optimizers.SGD(SCHEDULE)},
    ],
)
def test_schedule_objects(blobs, params):
    with pytest.raises(ValueError, match="not a schedule object.*learning_rate_schedu"):
        DenseNetClassifier(**params).fit(*blobs)


def test_setting_left_over_from_another_optimizer(quick, blobs):
    est = quick(DenseNetClassifier, optimizer__beta_1=0.8).fit(*blobs)
    est.set_params(optimizer="sgd")
    with pytest.raises(
        ValueError,
        match=r"one of adam, .*set_params\(optimizer__beta_1=None\) takes it away",
    ):
        est.fit(*blobs)
    est.set_params(optimizer__beta_1=None).fit(*blobs)
    plain = quick(DenseNetClassifier, optimizer="sgd").fit(*blobs)
    np.testing.assert_array_equal(est.weights_[0], plain.weights_[0])
    assert clone(est).get_params()["optimizer__beta_1"] is None
    # It takes back the setting of the optimizer, too.
    unset = quick(DenseNetClassifier, optimizer__beta_1=None).fit(*blobs)
    default = quick(DenseNetClassifier).fit(*blobs)
    np.testing.assert_array_equal(unset.weights_[0], default.weights_[0])


def test_unknown_setting_is_refused_even_as_none():
    with pytest.raises(ValueError, match="Invalid parameter optimizer__no_such"):
        check_settings("sgd", {"no_such": None})

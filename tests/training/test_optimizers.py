"""Optimizers by name, class or instance of Keras, and the checks of their settings."""

import keras
import numpy as np
import pytest
from sklearn.base import clone

from sknets import DenseNetClassifier
from sknets._training.optimizers import check_settings, make_optimizer, valid_names
from sknets._training.update_rules import RULES

KERAS = {
    kind.__name__.lower(): kind
    for kind in vars(keras.optimizers).values()
    if isinstance(kind, type) and kind.__name__.lower() in RULES
}


def test_valid_names_are_arguments_of_the_keras_class():
    for name in KERAS:
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


@pytest.mark.parametrize("name", sorted(KERAS))
def test_class_is_its_name(name):
    by_class = make_optimizer(KERAS[name], None, None, {})
    assert by_class == make_optimizer(name, None, None, {})


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

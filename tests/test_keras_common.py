"""scikit-learn's own checks of estimators, for Keras models of several kinds."""

import re

import keras
import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from sknets import KerasClassifier, KerasRegressor

COMMON = {
    "optimizer": "adam",
    "optimizer__learning_rate": 0.05,
    "epochs": 20,
    "batch_size": 32,
    "random_state": 0,
}
FLOAT32 = (
    "compares trainings to 1e-7, but float32 sums differ with the order of their "
    "terms and a training amplifies that"
)


def units_and_activation(meta):
    if meta["target_type_"] == "binary":
        return 1, "sigmoid"
    if meta["target_type_"] == "multiclass":
        return meta["n_classes_"], "softmax"
    return meta["n_classes_"], "sigmoid"


def sequential(meta, compile_kwargs):
    """Any target: the loss follows from it."""
    units, activation = units_and_activation(meta)
    loss = "sparse_categorical_crossentropy"
    if activation == "sigmoid":
        loss = "binary_crossentropy"
    model = keras.Sequential(
        [
            keras.layers.Dense(8, activation="relu"),
            keras.layers.Dense(units, activation=activation),
        ]
    )
    model.compile(**{**compile_kwargs, "loss": loss})
    return model


def functional(meta):
    """Labels as numbers of classes, of which there may be two, or one."""
    inputs = keras.Input((meta["n_features_in_"],))
    x = keras.layers.Dense(8, activation="relu")(inputs)
    units = max(2, meta["n_classes_"])
    outputs = keras.layers.Dense(units, activation="softmax")(x)
    return keras.Model(inputs, outputs)


def numbers(meta):
    inputs = keras.Input((meta["n_features_in_"],))
    x = keras.layers.Dense(8, activation="relu")(inputs)
    return keras.Model(inputs, keras.layers.Dense(meta["n_outputs_"])(x))


class GoodClassifier(KerasClassifier):
    """With a model that learns, so that the checks look at the score."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.poor_score = False
        return tags


class GoodRegressor(KerasRegressor):
    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.regressor_tags.poor_score = False
        return tags


ESTIMATORS = [
    GoodClassifier(sequential, **COMMON),
    GoodClassifier(functional, loss="sparse_categorical_crossentropy", **COMMON),
    GoodRegressor(numbers, loss="mse", **COMMON),
]


EXPECTED = {
    "check_sample_weight_equivalence_on_dense_data": FLOAT32,
    "check_sample_weight_equivalence_on_sparse_data": FLOAT32,
}


CHECKS = parametrize_with_checks(ESTIMATORS, expected_failed_checks=lambda _: EXPECTED)


def without_address(value):
    """Name of a test that is the same in all processes which share the tests."""
    return re.sub("at0x[0-9a-f]+", "", CHECKS.kwargs["ids"](value))


@pytest.mark.parametrize("make", [KerasClassifier, KerasRegressor])
def test_a_model_of_which_nothing_is_known_may_be_bad(make):
    tags = make(numbers, loss="mse").__sklearn_tags__()
    assert (tags.classifier_tags or tags.regressor_tags).poor_score


@pytest.mark.parametrize(*CHECKS.args, ids=without_address)
def test_scikit_learn_checks(estimator, check):
    check(estimator)

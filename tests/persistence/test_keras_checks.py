"""The state of Keras estimators: parameters without code, and what predicting reads."""

import copy
import json

import keras
import numpy as np
import pytest
from keras import layers

from sknets import KerasClassifier, KerasRegressor
from sknets._keras.stored import Stored
from sknets._persistence import keras_files
from sknets._persistence.keras_checks import FITTED, check_fitted, check_parameters
from sknets._persistence.requirements import StateError

rng = np.random.default_rng(0)
X = rng.normal(size=(24, 4)).astype(np.float32)
NAMES = np.array(["ant", "bee", "cat"])[np.arange(24) % 3]
ADAM = keras.optimizers.Adam


def chain(units, activation):
    hidden = layers.Dense(3, "relu")
    output = layers.Dense(units, activation)
    return keras.Sequential([keras.Input((4,)), hidden, output])


@pytest.fixture(scope="module")
def classifier():
    loss = "sparse_categorical_crossentropy"
    model = chain(3, "softmax")
    return KerasClassifier(model, loss=loss, optimizer=ADAM).fit(X, NAMES)


@pytest.fixture(scope="module")
def regressor():
    parts = {"a": keras.Input((2,), name="a"), "b": keras.Input((2,), name="b")}
    joined = layers.Concatenate()([*parts.values()])
    model = keras.Model(parts, layers.Dense(1)(joined))
    inputs = {"a": [0, 1], "b": [2, 3]}
    return KerasRegressor(model, loss="mse", inputs=inputs).fit(X, X[:, 0])


def from_file(estimator, **changed):
    """The estimator as a file has it, some of its attributes changed."""
    other = object.__new__(type(estimator))
    state = copy.deepcopy(keras_files.state_of(estimator))
    other.__dict__.update({**state, **changed})
    return other


def test_what_fit_leaves_is_fine(classifier, regressor):
    for estimator in (classifier, regressor):
        loaded = from_file(estimator)
        check_parameters(loaded)
        check_fitted(loaded)


# --- Parameters ----------------------------------------------------------------------

CONFIG = json.dumps({"class_name": "Adam"})


@pytest.mark.parametrize(
    "stored",
    [
        Stored("absent", "build", None),
        Stored("name", "Adam", ["keras.src.optimizers.adam", "Adam"]),
        Stored("object", "Adam", {"config": CONFIG, "code": None}),
        Stored("dict", "it", [["a", Stored("absent", "build", None)]]),
        Stored(
            "model",
            "it",
            {"config": CONFIG, "compile": None, "weights": [X], "code": None},
        ),
    ],
)
def test_what_stands_for_keras_objects(stored, classifier):
    check_parameters(from_file(classifier, loss=stored))


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        (Stored("file", "it", None), "loss stands for something of kind 'file'"),
        (Stored("code", "it", b""), "loss stands for something of kind 'code'"),
        (Stored("absent", 3, None), "loss stands for something of kind 'absent'"),
        (Stored("absent", "it", "code"), "loss has no content of a absent"),
        (Stored("name", "it", ["os", "system"]), "loss has no content of a name"),
        (Stored("name", "it", ["keras.src.losses"]), "loss has no content of a name"),
        (
            Stored("object", "it", {"config": "{", "code": None}),
            "loss has no content of a object",
        ),
        (
            Stored("object", "it", {"config": CONFIG, "code": b"x"}),
            "loss has no content of a object",
        ),
        (Stored("model", "it", {"config": CONFIG}), "loss has no content of a model"),
        (Stored("dict", "it", [[1, 2]]), "loss has no content of a dict"),
        ([{"a": Stored("file", "it", None)}], "of kind 'file'"),
        (
            Stored("list", "it", [Stored("name", "it", ["os", "system"])]),
            "loss has no content of a name",
        ),
        (
            Stored("dict", "it", [["a", Stored("file", "it", None)]]),
            "loss stands for something of kind 'file'",
        ),
    ],
)
def test_other_stand_ins_are_refused(stored, message, classifier):
    with pytest.raises(StateError, match=message):
        check_parameters(from_file(classifier, loss=stored))
    with pytest.raises(StateError, match=message.replace("loss", "model__units")):
        check_parameters(from_file(classifier, _extra={"model__units": stored}))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("_custom", {"a": 1}, "_custom must be empty"),
        ("_extra", {1: 2}, "_extra must be a dict of parameters"),
        ("_extra", None, "_extra must be a dict of parameters"),
        ("_classes", ["ant"], "_classes is no array"),
    ],
)
def test_other_private_attributes_are_refused(name, value, message, classifier):
    with pytest.raises(StateError, match=message):
        check_parameters(from_file(classifier, **{name: value}))


# --- Fitted attributes ---------------------------------------------------------------


@pytest.mark.parametrize("name", FITTED)
def test_none_may_be_missing(name, classifier):
    loaded = from_file(classifier)
    del loaded.__dict__[name]
    with pytest.raises(StateError, match=f"^{name} is missing$"):
        check_fitted(loaded)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("weights_", ["a"], "weights_ must be a list of arrays of numbers"),
        ("weights_", [NAMES], "weights_ must be a list of arrays of numbers"),
        ("seed_states_", None, "seed_states_ must be a list of arrays of numbers"),
        ("optimizer_state_", [None], "optimizer_state_ must be arrays"),
        ("keras_config_", "[]", "keras_config_ is no configuration"),
        ("keras_config_", None, "keras_config_ is no configuration"),
        ("compile_config_", "{", "compile_config_ is none"),
        ("constants_", 1, "constants_ must be text"),
        ("built_from_", 1, "built_from_ must be a dict of dicts"),
        ("built_from_", {"model": {}}, "built_from_ must be a dict of dicts"),
        ("predict_hooks_", 1, "predict_hooks_ must be a bool"),
        ("X_shape_", 5, "X_shape_ is 5"),
        ("X_shape_", (4, -1), r"X_shape_ is \(4, -1\)"),
        ("X_shape_", {"a": ()}, r"X_shape_ is \{'a': \(\)\}"),
        ("target_encoder_", None, "target_encoder_ is a NoneType"),
        ("feature_encoder_", None, "feature_encoder_ is of no known kind"),
    ],
)
def test_other_values_are_refused(name, value, message, classifier):
    with pytest.raises(StateError, match=message):
        check_fitted(from_file(classifier, **{name: value}))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("positions", [0, 1, 2, 99], "names weights that are not there"),
        ("positions", [0, 1, 2, -1], "names weights that are not there"),
        ("positions", [2, 3, 0, 1], r"weights_\[0\] must have shape"),
        ("input_shape", (5,), r"weights_\[0\] must have shape \(5, 3\)"),
        ("input_shape", [4], r"chain_ takes \[4\]"),
        ("network", [], "chain_ has no last layer"),
        ("network", [{"layer": "dropout", "rate": 0.1}], "chain_ has no last layer"),
        ("scaling", None, "input_scaling_ must be a dict"),
        ("link", "tanh", "chain_ ends in 'tanh'"),
    ],
)
def test_other_chains_are_refused(name, value, message, classifier):
    changed = {**classifier.chain_, name: value}
    with pytest.raises(StateError, match=message):
        check_fitted(from_file(classifier, chain_=changed))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("_y_shape", 24, "target_encoder_ has no shape"),
        ("_target_type", "continuous", "target_encoder_ is for 'continuous'"),
        ("classes_", None, "target_encoder_ has no classes_"),
        ("classes_", NAMES[:0], "target_encoder_ has no classes_"),
        ("n_classes_", 2, "target_encoder_ has 3 classes_"),
        ("_target_type", "multiclass-multioutput", "target_encoder_ has classes_"),
    ],
)
def test_other_label_encoders_are_refused(name, value, message, classifier):
    loaded = from_file(classifier)
    vars(loaded.target_encoder_)[name] = value
    with pytest.raises(StateError, match=message):
        check_fitted(loaded)


def test_encoders_belong_to_their_estimators(classifier, regressor):
    swapped = from_file(regressor, target_encoder_=classifier.target_encoder_)
    with pytest.raises(StateError, match="target_encoder_ is a ClassifierLabelEncod"):
        check_fitted(swapped)
    loaded = from_file(regressor)
    loaded.feature_encoder_.columns_ = [0, 1]
    with pytest.raises(StateError, match="feature_encoder_ has no columns"):
        check_fitted(loaded)

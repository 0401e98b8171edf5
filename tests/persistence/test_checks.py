"""Whether the state of an estimator is one that fitting could have left."""

import copy

import numpy as np
import pandas as pd
import pytest

import sknets
from sknets import (
    DenseNetClassifier,
    DenseNetRegressor,
    ImageNormalizer,
    ImageReshaper,
    SmallCNNClassifier,
    TextPoolClassifier,
)
from sknets._persistence.checks import check_names, check_state
from sknets._persistence.requirements import StateError

QUICK = {"epochs": 1, "batch_size": 16, "random_state": 0}
rng = np.random.default_rng(0)
TABLE = rng.normal(3, 2, (24, 16))
IMAGES = rng.integers(0, 256, (24, 4, 4), np.uint8)
NAMES = np.array(["ant", "bee", "cat"])[np.arange(24) % 3]
WORDS = np.array(["red", "blue"])[np.arange(24) % 2]
TEXTS = [f"{name} or {word}" for name, word in zip(NAMES, WORDS, strict=True)]
FRAME = pd.DataFrame({"size": TABLE[:, 0], "colour": WORDS})


def dense():
    return DenseNetClassifier((8,), **QUICK)


def text(n_features=32):
    return TextPoolClassifier(4, min_df=1, n_features=n_features, **QUICK)


FITTED = {
    "table": lambda: dense().fit(pd.DataFrame(TABLE).add_prefix("x"), NAMES),
    "columns": lambda: dense().fit(FRAME, NAMES),
    "binary": lambda: dense().fit(TABLE, NAMES == "ant"),
    "multilabel": lambda: dense().fit(TABLE, TABLE[:, :3] > 3),
    "number": lambda: DenseNetRegressor((8,), **QUICK).fit(TABLE, TABLE[:, 0]),
    "images": lambda: SmallCNNClassifier((4,), **QUICK).fit(IMAGES, NAMES),
    "texts": lambda: text().partial_fit(TEXTS, NAMES),
    "normalizer": lambda: ImageNormalizer("pixel").fit(IMAGES),
    "reshaper": lambda: ImageReshaper().fit(TABLE),
}


@pytest.fixture(scope="module")
def fitted():
    """Function that gives a copy of an estimator, some attributes of it changed."""
    made = {}

    def make(name, **changed):
        if name not in made:
            made[name] = FITTED[name]()
        estimator = copy.deepcopy(made[name])
        vars(estimator).update(changed)
        return estimator

    return make


def refused(message):
    return pytest.raises(StateError, match=message)


@pytest.mark.parametrize("name", FITTED)
def test_what_fit_leaves_is_fine(name, fitted):
    estimator = fitted(name)
    check_names(type(estimator), estimator.__getstate__())
    check_state(estimator)
    check_state(type(estimator)())


# --- Through save --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("weights_", [], "weights_ must be a list of 4 arrays"),
        ("classes_", NAMES, "classes_ must be sorted, each there once"),
        ("predict", 1, "attribute 'predict' is neither a parameter nor a fitted"),
        ("note", "mine", "attribute 'note' is neither a parameter nor a fitted"),
    ],
)
def test_state_that_does_not_fit_is_not_saved(fitted, name, value, message, tmp_path):
    changed = fitted("table", **{name: value})
    with pytest.raises(ValueError, match=f"cannot save this DenseNet.*: {message}"):
        sknets.save(changed, tmp_path / "net.sknets")
    assert not list(tmp_path.iterdir())


def test_attributes_of_the_user_are_kept(fitted, tmp_path):
    changed = fitted("table", note_="trained on a Friday")
    sknets.save(changed, tmp_path / "net.sknets")
    assert sknets.load(tmp_path / "net.sknets").note_ == "trained on a Friday"


# --- Names ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["fit", "__class__", "_logits", "model_", "notes", "a b_", "_classes"]
)
def test_names_that_shadow_or_mean_nothing_are_refused(name, fitted):
    state = fitted("table").__getstate__()
    with refused(f"attribute '{name}' is neither a parameter nor a fitted attribute"):
        check_names(DenseNetClassifier, {**state, name: 1})


def test_settings_of_optimizers_belong_to_networks():
    check_names(DenseNetClassifier, {"optimizer__clipnorm": 1.0})
    with refused("attribute 'optimizer__clipnorm' is neither"):
        check_names(ImageReshaper, {"optimizer__clipnorm": 1.0})


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"versions_": None}, "versions_ is None"),
        ({"versions_": {"sknets": "1", "state_format": "1"}}, "versions_ is {"),
        ({"_sklearn_output_config": {"transform": 1}}, "_sklearn_output_config is {"),
        ({"embedding_step_": -1.0}, "embedding_step_ is -1.0"),
        (
            {"embedding_step_": 0.5, "weights_": [np.ones((2, 2))]},
            r"weights_\[0\] must be of 8 bits",
        ),
    ],
)
def test_what_is_read_before_anything_else(changed, message):
    with refused(message):
        check_names(TextPoolClassifier, changed)


# --- Values --------------------------------------------------------------------------


def test_parameters_and_fitted_attributes_are_all_there(fitted):
    for name, missing, message in [
        ("table", "width", "parameter width is missing"),
        ("table", "weights_", "weights_ is missing, but .*classes_.* is there"),
        ("table", "history_", "history_ is missing"),
        ("number", "target_shape_", "target_shape_ is missing"),
        ("images", "pixel_range_", "pixel_range_ is missing"),
        ("texts", "counter_", "counter_ is missing"),
        ("normalizer", "scale_", "scale_ is missing"),
    ]:
        changed = fitted(name)
        del vars(changed)[missing]
        with refused(message):
            check_state(changed)


COLUMN_NAMES = np.array([f"x{i}" for i in range(16)], object)
TOO_SMALL = {"shift": np.zeros(1), "scale": np.zeros(1)}


@pytest.mark.parametrize(
    ("kind", "name", "value", "message"),
    [
        ("table", "classes_", ["a", "b", "c"], "classes_ must be an array of one ax"),
        ("table", "classes_", np.array(["a", "b"]), "are 2 classes_ for multiclass ta"),
        ("table", "classes_", np.array([1, "a", None], object), "must be sorted"),
        ("table", "target_type_", "binary", "there are 3 classes_ for binary targets"),
        ("table", "target_type_", [1], "target_type_ must be one of"),
        ("binary", "classes_", np.array([False]), "are 1 classes_ for binary targets"),
        ("multilabel", "classes_", np.arange(2), "a linear dense layer of 2 units"),
        ("table", "n_features_in_", 15, "feature_names_in_ must have shape"),
        ("table", "feature_names_in_", COLUMN_NAMES[1:], "feature_names_in_ must have"),
        ("table", "feature_names_in_", COLUMN_NAMES == 0, "must have dtype object"),
        ("table", "n_iter_", -1, "n_iter_ is -1"),
        ("table", "best_epoch_", 2, "best_epoch_ is 2 of 1 epochs"),
        ("table", "history_", {"loss": "ab"}, r"history_\['loss'\] is no curve"),
        ("table", "history_", {"a": [], "b": [1]}, "has curves of several lengths"),
        ("table", "optimizer_state_", None, "optimizer_state_ must be a dict"),
        ("columns", "columns_", {}, "columns_ must be a dict of"),
        ("number", "objective_", {"loss": "hinge", "quantile": None}, "loss 'hinge'"),
        ("number", "objective_", {"loss": "quantile", "quantile": 2.0}, "quantile 2.0"),
        ("number", "objective_", {"loss": "huber", "quantile": 0.5}, "quantile 0.5"),
        ("number", "objective_", "huber", "objective_ must be a dict"),
        ("number", "target_shape_", (2,), "target_scaling_"),
        ("number", "target_shape_", "ab", "target_shape_ is 'ab'"),
        ("number", "target_scaling_", TOO_SMALL, "above 0"),
        ("number", "target_scaling_", {"shift": np.zeros(1)}, "target_scaling_ must "),
        ("images", "image_shape_", (4, 4), r"image_shape_ is \(4, 4\) for 16 features"),
        ("images", "image_shape_", (4, 4, 2), "image_shape_ .* for 16 features"),
        ("images", "pixel_type_", "object", "pixel_type_ is 'object'"),
        ("images", "pixel_range_", (1.0, 0.0), r"pixel_range_ is \(1.0, 0.0\)"),
        ("images", "seen_range_", [0, 1], r"seen_range_ is \[0, 1\]"),
        ("images", "normalization_", "x", "normalization_ is 'x'"),
        ("images", "augment_", True, "augment_ is True"),
        ("images", "n_rows_", -1, "n_rows_ is -1"),
        ("table", "n_soft_steps_", "x", "n_soft_steps_ is 'x'"),
        ("table", "soft_steps_", -1, "soft_steps_ is -1"),
        ("texts", "counter_", None, "counter_ must be an NgramCounter"),
        ("texts", "n_ngrams_given_", -1, "n_ngrams_given_ is -1"),
        ("texts", "class_counts_", {}, "class_counts_ must be a dict of"),
        ("normalizer", "input_shape_", (4, 5), r"input_shape_ is \(4, 5\) for 16 feat"),
        ("normalizer", "scale_", 0.0, "scale_ must be above zero"),
        ("normalizer", "offset_", np.zeros((4, 4)), "offset_ must have shape"),
        ("normalizer", "offset_", "0", "offset_ must be a finite number; got '0'"),
        ("normalizer", "input_dtype_", "object", "input_dtype_ is 'object'"),
        ("reshaper", "input_shape_", "16", "input_shape_ is '16' for 16 features"),
    ],
)
def test_states_that_no_fit_leaves(kind, name, value, message, fitted):
    with refused(message):
        check_state(fitted(kind, **{name: value}))


def test_columns_that_do_not_fit_the_weights_are_refused(fitted):
    changed = fitted("columns")
    [categories] = changed.columns_["categories"]
    categories["has_others"] = not categories["has_others"]
    with refused(r"weights_\[0\] must have shape|values for"):
        check_state(changed)


def test_counts_of_n_grams_fit_their_counter(fitted):
    changed = fitted("texts")
    changed.class_counts_["inside"] = -changed.class_counts_["inside"]
    with refused(r"class_counts_\['inside'\] must be numbers that are not negative"):
        check_state(changed)
    changed = fitted("texts")
    changed.class_counts_["slope"] = float("nan")
    with refused(r"class_counts_\['slope'\] must be a number"):
        check_state(changed)
    other = text(n_features=64).fit(TEXTS, NAMES)
    with refused("network_ has 33 rows for 64 n-grams"):
        check_state(fitted("texts", counter_=other.counter_))

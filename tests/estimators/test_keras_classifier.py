"""KerasClassifier: labels of any kind, probabilities and class weights."""

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import DataConversionWarning
from sklearn.metrics import log_loss
from sklearn.model_selection import cross_val_score
from sklearn.preprocessing import FunctionTransformer

from sknets import KerasClassifier
from tests.own_models import QUICK, build, one_layer

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4)).astype(np.float32)
BINARY = np.where(X[:, 0] > 0, "yes", "no")
THREE = np.array(["a", "b", "c"])[np.digitize(X[:, 0], [-0.5, 0.5])]


def classifier(model=None, **params):
    defaults = {"loss": "sparse_categorical_crossentropy", "epochs": 1}
    model = one_layer() if model is None else model
    return KerasClassifier(model, random_state=0, **{**defaults, **params})


def test_a_build_function_learns_labels_of_any_type(clf, blobs):
    X, y = blobs
    labels = np.array(["red", "green", "blue"])[y]
    clf.fit(X, labels)
    assert clf.score(X, labels) > 0.9
    assert clf.classes_.tolist() == ["blue", "green", "red"]
    assert clf.predict_proba(X).sum(axis=1) == pytest.approx(np.ones(len(X)), 1e-5)
    assert clf.engine_ == "loop"


@pytest.mark.parametrize(
    ("y", "classes"),
    [
        (pd.Series(BINARY == "yes", dtype="boolean"), [False, True]),
        ((BINARY == "yes").astype(object), [False, True]),
        (pd.Series(BINARY == "yes", dtype="Int64"), [0, 1]),
        ((BINARY == "yes").astype(int).astype(object), [0, 1]),
        (pd.Series(BINARY, dtype="category"), ["no", "yes"]),
    ],
)
def test_labels_keep_the_type_that_they_have(y, classes):
    clf = classifier(one_layer(2)).fit(X, y)
    assert clf.classes_.tolist() == classes
    assert type(clf.classes_.tolist()[0]) is type(classes[0])
    assert clf.predict(X).dtype == clf.classes_.dtype


@pytest.mark.parametrize(
    ("label", "match"),
    [(None, "contains NaN or other missing values, in rows 0, 1"), (1, "int and str")],
)
def test_labels_of_several_types(label, match):
    y = BINARY.astype(object)
    y[:2] = label
    with pytest.raises(ValueError, match=match):
        classifier(one_layer(2)).fit(X, y)


def test_class_weight_moves_predictions(blobs):
    X, y = blobs
    X = np.zeros_like(X)  # nothing but the weights tells the classes apart
    heavy = KerasClassifier(build, **QUICK, class_weight={0: 1, 1: 9, 2: 1})
    assert (heavy.fit(X, y).predict(X) == 1).all()
    heavy.set_params(class_weight={"0": 1, "1": 9})  # strings of digits, not all given
    assert (heavy.fit(X, y.astype(str)).predict(X) == "1").all()


def test_class_weights_of_one_hot_rows_go_by_column():
    one_hot = pd.get_dummies(THREE).to_numpy(np.float32)
    params = {"loss": "categorical_crossentropy", "optimizer": "sgd"}
    model = one_layer()
    plain = classifier(model, **params).fit(X, one_hot)
    ones = dict.fromkeys(range(3), 1.0)
    equal = classifier(model, class_weight=ones, **params).fit(X, one_hot)
    np.testing.assert_allclose(
        equal.predict_proba(X), plain.predict_proba(X), rtol=1e-5
    )
    only_last = classifier(class_weight={0: 0.0, 1: 0.0, 2: 1.0}, epochs=40, **params)
    only_last.set_params(optimizer__learning_rate=0.5).fit(X, one_hot)
    assert only_last.predict(X)[:, 2].mean() > 0.7


def test_class_weights_of_labels_that_are_not_there():
    match = r"class_weight has the keys \['x', 'y'\], but the classes of y are"
    with pytest.raises(ValueError, match=match):
        classifier(class_weight={"x": 1.0, "y": 2.0}).fit(X, THREE)


@pytest.mark.parametrize("weights", [{"a": 1, "b": 9, "c": 1}, "balanced"])
def test_class_weights_of_a_call_go_by_label_as_well(weights):
    expected = classifier(class_weight=weights, epochs=3).fit(X, THREE)
    for found in (
        classifier(epochs=3).fit(X, THREE, class_weight=weights),
        classifier(epochs=3, fit__class_weight=weights).fit(X, THREE),
    ):
        assert (found.predict_proba(X) == expected.predict_proba(X)).all()


def test_one_hot_rows_and_labels_for_a_categorical_crossentropy(blobs):
    X, y = blobs
    params = {**QUICK, "loss": "categorical_crossentropy"}
    clf = KerasClassifier(build, **params).fit(X, y)
    assert clf.score(X, y) > 0.9
    one_hot = np.eye(3, dtype=int)[y]
    assert clf.fit(X, one_hot).predict(X).shape == one_hot.shape
    assert clf.score(X, one_hot) > 0.9


def test_two_classes_and_two_units_with_categorical_crossentropy():
    net = classifier(one_layer(2), loss="categorical_crossentropy", epochs=40)
    net.set_params(optimizer="adam", optimizer__learning_rate=0.1).fit(X, BINARY)
    assert net.score(X, BINARY) > 0.9
    assert net.predict_proba(X).shape == (60, 2)


def test_logits_give_probabilities(blobs):
    X, y = blobs
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    clf = KerasClassifier(
        model, **QUICK | {"loss": "SparseCategoricalCrossentropy"},
        loss__from_logits=True,
    ).fit(X, y)  # fmt: skip
    assert clf.predict_proba(X).sum(axis=1) == pytest.approx(np.ones(len(X)), 1e-5)
    assert clf.score(X, y) > 0.9


def test_probabilities_sum_to_one_in_double_precision(clf, blobs, binary):
    X, y = blobs
    found = clf.set_params(epochs=1).fit(X, y).predict_proba(X)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=0, atol=1e-15)
    log_loss(y, found)  # which warns of other sums
    one = KerasClassifier(one_layer(1, "sigmoid"), loss="binary_crossentropy")
    found = one.fit(*binary).predict_proba(binary[0])
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=0, atol=1e-15)
    net = KerasClassifier(one_layer(3, "sigmoid"), loss="poisson").fit(X, np.eye(3)[y])
    raw = net.model_.predict(X, verbose=0)  # other sums stay
    np.testing.assert_allclose(net.predict_proba(X), raw, rtol=1e-6)


def test_binary_and_multilabel(binary, multilabel):
    X, y = binary
    params = {**QUICK, "loss": "binary_crossentropy"}

    def build(meta):
        units = 1 if meta["target_type_"] == "binary" else meta["n_classes_"]
        last = keras.layers.Dense(units, activation="sigmoid")
        return keras.Sequential([keras.Input((4,)), last])

    clf = KerasClassifier(build, **params).fit(X, y)
    assert clf.predict_proba(X).shape == (len(X), 2)
    X, y = multilabel
    assert clf.fit(X, y).predict(X).shape == y.shape


def test_folds_are_stratified_and_scored(clf, blobs):
    X, y = blobs
    order = np.argsort(y)
    assert cross_val_score(clf, X[order], y[order], cv=3).min() > 0.8


def test_later_parts_have_the_classes_of_the_first(clf, blobs):
    X, y = blobs
    clf.partial_fit(X[y < 2], y[y < 2], classes=[2, 1, 0])
    clf.partial_fit(X, y, classes=[0, 1, 2])
    assert clf.predict_proba(X).shape == (90, 3)
    with pytest.raises(ValueError, match="not the same as in an earlier call"):
        clf.partial_fit(X, y, classes=[0, 1, 2, 3])


def test_logarithms_of_probabilities_are_finite():
    model = one_layer(1, "sigmoid")
    model.layers[-1].bias.assign([200.0])
    clf = KerasClassifier(model).initialize(X, BINARY)
    assert clf.predict_proba(X[:1]).tolist() == [[0, 1]]
    found = clf.predict_log_proba(X[:1])
    assert found.tolist() == [[np.log(np.finfo(float).tiny), 0]]


def test_logarithms_of_the_probabilities_of_several_outputs():
    class Split(FunctionTransformer):
        def transform(self, y):
            return [y[:, :1], y[:, 1:]]

        def inverse_transform(self, y, return_proba=False):
            return [np.hstack([1 - part, part]) for part in y]

    class Two(KerasClassifier):
        target_encoder = Split()

    inputs = keras.Input((4,))
    outputs = [keras.layers.Dense(1, "sigmoid")(inputs) for _ in "ab"]
    clf = Two(keras.Model(inputs, outputs), loss="binary_crossentropy")
    clf.fit(X, np.column_stack([BINARY == "yes", THREE == "a"]).astype(np.float32))
    np.testing.assert_allclose(
        clf.predict_log_proba(X), np.log(clf.predict_proba(X)), rtol=1e-6
    )


def test_a_model_of_more_outputs_than_the_target(blobs):
    inputs = keras.Input((4,))
    outputs = [keras.layers.Dense(3, activation="softmax")(inputs) for _ in "ab"]
    clf = KerasClassifier(keras.Model(inputs, outputs), loss=["mse", "mse"])
    with pytest.raises(ValueError, match="target has 1 output, but the model has 2"):
        clf.fit(*blobs)


def test_a_column_of_labels_is_made_flat_for_a_sparse_loss(blobs):
    X, y = blobs
    with pytest.warns(DataConversionWarning, match="column-vector y was passed"):
        clf = classifier().fit(X, y.reshape(-1, 1))
    assert clf.predict(X).shape == (90,)


def test_tags_say_whether_labels_may_have_columns():
    assert not classifier().__sklearn_tags__().target_tags.multi_output
    tags = classifier(loss="binary_crossentropy").__sklearn_tags__()
    assert tags.target_tags.multi_output
    assert tags.classifier_tags.multi_label


def test_weights_of_rows_and_classes_that_leave_nothing():
    weights = np.where(BINARY == "no", 1.0, 0.0)
    clf = classifier(one_layer(2), class_weight={"no": 0.0, "yes": 1.0})
    with pytest.raises(ValueError, match="No row has any weight: class_weight is 0"):
        clf.fit(X, BINARY, sample_weight=weights)

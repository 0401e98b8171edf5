"""Targets of Keras estimators: what a loss takes, and predictions back again."""

import functools

import keras
import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from sknets._estimators.keras_targets import (
    ClassifierLabelEncoder,
    PassThrough,
    RegressorTargetEncoder,
    is_one_hot_loss,
    name_of,
    takes_numbers,
)

NAMES = np.array(["cat", "ant", "bee", "ant"])


def test_numbers_are_no_labels(clf, numbers):
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        clf.fit(*numbers)


@pytest.mark.parametrize("kind", ["name", "class", "function", "object"])
@pytest.mark.parametrize("sparse", [False, True])
def test_what_a_loss_takes_is_told_by_its_name(kind, sparse):
    losses = keras.losses
    snake = "sparse_" * sparse + "categorical_crossentropy"
    camel = "Sparse" * sparse + "CategoricalCrossentropy"
    loss = {
        "name": snake,
        "class": getattr(losses, camel),
        "function": getattr(losses, snake),
        "object": getattr(losses, camel)(),
    }[kind]
    assert takes_numbers(loss) is sparse
    assert is_one_hot_loss(loss) is not sparse


class Derived(keras.losses.CategoricalCrossentropy):
    """Takes the columns that its base takes."""


class Encoding(keras.losses.CategoricalCrossentropy):
    """Takes class numbers, as it makes columns of them itself."""

    def call(self, y_true, y_pred):
        rows = keras.ops.one_hot(keras.ops.cast(y_true[:, 0], "int32"), 3)
        return super().call(rows, y_pred)


@pytest.mark.parametrize(
    ("loss", "one_hot"),
    [
        (Derived, True),
        (Derived(), True),
        (Encoding(), False),
        (functools.partial(keras.losses.kl_divergence), True),
    ],
)
def test_what_a_loss_of_ones_own_takes(loss, one_hot, clf, blobs):
    assert is_one_hot_loss(loss) is one_hot
    clf.set_params(loss=loss)
    assert clf.fit(*blobs).score(*blobs) > 0.9


@pytest.mark.parametrize(
    "name",
    [
        *("categorical_focal_crossentropy", "CategoricalFocalCrossentropy"),
        *("categorical_hinge", "CategoricalHinge"),
        *("kl_divergence", "kld", "KLD", "KLDivergence"),
    ],
)
def test_losses_of_one_column_for_each_class(name):
    assert is_one_hot_loss(name)
    assert is_one_hot_loss(keras.losses.get(name))


def test_other_losses_take_neither():
    for loss in (None, "mse", keras.losses.Huber()):
        assert not takes_numbers(loss)
        assert not is_one_hot_loss(loss)
    assert name_of(None) is None


class TestLabels:
    def test_numbers_of_classes_in_a_column(self):
        encoder = ClassifierLabelEncoder().fit(NAMES)
        assert encoder.classes_.tolist() == ["ant", "bee", "cat"]
        assert encoder.transform(NAMES).tolist() == [[2], [0], [1], [0]]
        assert encoder.transform(NAMES).dtype == np.float32

    def test_one_hot_rows_for_a_loss_that_takes_them(self):
        encoder = ClassifierLabelEncoder("categorical_crossentropy").fit(NAMES)
        expected = [[0, 0, 1], [1, 0, 0], [0, 1, 0], [1, 0, 0]]
        assert encoder.transform(NAMES).tolist() == expected
        encoder = ClassifierLabelEncoder("categorical_crossentropy").fit(NAMES[:2])
        assert encoder.transform(NAMES[:2]).tolist() == [[0, 1], [1, 0]]

    def test_the_most_probable_label_in_the_shape_of_y(self):
        p = [[0.2, 0.3, 0.5], [0.6, 0.4, 0.0]]
        encoder = ClassifierLabelEncoder().fit(NAMES)
        assert encoder.inverse_transform(p).tolist() == ["cat", "ant"]
        assert encoder.inverse_transform(p, return_proba=True).tolist() == p
        encoder = ClassifierLabelEncoder().fit(NAMES.reshape(-1, 1))
        assert encoder.inverse_transform(p).tolist() == [["cat"], ["ant"]]

    @pytest.mark.parametrize("p", [[0.25, 0.75], [[0.25], [0.75]]])
    def test_one_unit_gives_the_second_of_two_classes(self, p):
        encoder = ClassifierLabelEncoder().fit(NAMES[:2])
        assert encoder.inverse_transform(p).tolist() == ["ant", "cat"]
        found = encoder.inverse_transform(p, return_proba=True)
        assert found.tolist() == [[0.75, 0.25], [0.25, 0.75]]

    def test_one_class_is_certain(self):
        encoder = ClassifierLabelEncoder().fit(np.array(["ant", "ant"]))
        p = [[0.2], [0.9]]
        assert encoder.inverse_transform(p).tolist() == ["ant", "ant"]
        assert encoder.inverse_transform(p, return_proba=True).tolist() == [[1], [1]]

    def test_columns_of_labels_are_rounded_each(self):
        y = np.array([[1, 1, 0], [0, 0, 0], [0, 1, 1]])
        encoder = ClassifierLabelEncoder().fit(y)
        assert encoder.transform(y) is y
        found = encoder.inverse_transform([[0.6, 0.7, 0.1], [0.1, 0.2, 0.3]])
        assert found.tolist() == [[1, 1, 0], [0, 0, 0]]
        assert encoder.get_metadata()["n_classes_"] == 3

    def test_one_hot_rows_get_a_one_each(self):
        encoder = ClassifierLabelEncoder().fit(np.eye(3, dtype=int))
        found = encoder.inverse_transform([[0.1, 0.3, 0.2], [0.4, 0.3, 0.2]])
        assert found.tolist() == [[0, 1, 0], [1, 0, 0]]

    def test_classes_that_y_does_not_show(self):
        given = [np.array(["dog", "cat", "ant", "bee"])]
        encoder = ClassifierLabelEncoder(categories=given).fit(NAMES[:2])
        assert encoder.classes_.tolist() == ["ant", "bee", "cat", "dog"]
        assert encoder.transform(NAMES).ravel().tolist() == [2, 0, 1, 0]
        assert encoder.inverse_transform([[0.1, 0.2, 0.3, 0.4]]).tolist() == ["dog"]
        match = r"unknown categories \['eel'\] in y.*classes=\["
        with pytest.raises(ValueError, match=match):
            encoder.transform(np.array(["ant", "eel"]))
        with pytest.raises(ValueError, match="y has 2 columns"):
            encoder.transform(np.array([["ant", "bee"]]))

    def test_several_targets_at_once_have_no_labels(self):
        y = np.array([[0, 2], [1, 0], [2, 1]])
        encoder = ClassifierLabelEncoder().fit(y)
        assert encoder.classes_ is None
        with pytest.raises(NotImplementedError, match="several multiclass targets"):
            encoder.inverse_transform(np.ones((3, 2)))

    def test_not_fitted(self):
        with pytest.raises(NotFittedError, match="Call fit before inverse_transform"):
            ClassifierLabelEncoder().inverse_transform([[1.0]])


@pytest.mark.parametrize("shape", [(4,), (4, 1), (4, 2)])
def test_numbers_come_back_in_the_shape_of_y(shape):
    y = np.arange(np.prod(shape)).reshape(shape)
    encoder = RegressorTargetEncoder().fit(y)
    columns = shape[1] if len(shape) > 1 else 1
    assert encoder.transform(y) is y
    assert encoder.get_metadata() == {"n_outputs_": columns, "n_outputs_expected_": 1}
    found = encoder.inverse_transform(y.reshape(-1, columns).astype(np.float32))
    np.testing.assert_array_equal(found, y)
    assert found.dtype == np.float64
    with pytest.raises(ValueError, match=f"fitted with {columns}"):
        encoder.transform(np.ones((4, 3)))


def test_what_passes_through():
    encoder = PassThrough().fit(NAMES)
    assert encoder.transform(NAMES) is encoder.inverse_transform(NAMES) is NAMES


def test_numbers_of_which_no_target_was_seen():
    encoder = RegressorTargetEncoder()
    assert encoder.inverse_transform(np.ones((3, 1), np.float32)).shape == (3,)
    assert encoder.inverse_transform(np.ones((3, 2), np.float32)).shape == (3, 2)

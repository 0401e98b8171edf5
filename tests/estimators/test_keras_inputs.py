"""Inputs of Keras estimators: one array, several, or columns cut into several."""

import keras
import numpy as np
import pytest
import scipy.sparse
from sklearn.base import clone

from sknets import KerasClassifier
from sknets._estimators import keras_inputs
from sknets.wrappers import BaseWrapper
from tests.own_models import QUICK, one_layer


def two_inputs():
    a, b = keras.Input((1,), name="age"), keras.Input((3,), name="rest")
    x = keras.layers.Concatenate()([a, keras.layers.Dense(4)(b)])
    return keras.Model(
        {"age": a, "rest": b}, keras.layers.Dense(3, activation="softmax")(x)
    )


def test_columns_are_cut_by_number_and_by_name(blobs):
    pd = pytest.importorskip("pandas")
    X, y = blobs
    by_number = {"age": [0], "rest": slice(1, None)}
    first = KerasClassifier(two_inputs(), **QUICK, inputs=by_number).fit(X, y)
    frame = pd.DataFrame(X, columns=["a", "b", "c", "d"])
    by_name = {"age": ["a"], "rest": ["b", "c", "d"]}
    second = clone(first).set_params(inputs=by_name).fit(frame, y)
    assert second.score(frame, y) > 0.9
    assert (first.predict(X) == second.predict(frame)).all()
    with pytest.raises(ValueError, match=r"inputs\['age'\] names column 'z'"):
        second.set_params(inputs={"age": ["z"]}).fit(frame, y)


def test_a_dict_of_arrays(blobs):
    X, y = blobs
    parts = {"age": X[:, :1], "rest": X[:, 1:]}
    clf = KerasClassifier(two_inputs(), **QUICK).fit(parts, y)
    assert clf.score(parts, y) > 0.9


@pytest.mark.parametrize(
    ("X", "several"),
    [
        ({"a": np.ones((4, 2))}, True),
        ([np.ones((4, 2)), np.ones((4, 3))], True),
        (4 * [np.ones(4)], False),
        ([np.ones((4, 2)), np.ones((5, 2))], False),
        ([[1, 2], [3, 4], [5, 6], [7, 8]], False),
        (np.ones((4, 2)), False),
        (scipy.sparse.dok_matrix((4, 2)), False),
    ],
    ids=["dict", "arrays", "rows", "lengths", "numbers", "array", "sparse"],
)
def test_what_counts_as_several_arrays_of_four_rows(X, several):
    assert keras_inputs.is_several(X, 4) is several


def test_a_bad_array_is_called_by_its_name(blobs):
    X, y = blobs
    clf = KerasClassifier(two_inputs(), **QUICK)
    parts = {"age": X[:, :1], "rest": X[:, 1:].copy()}
    parts["rest"][3, 1] = np.nan
    with pytest.raises(ValueError, match=r"Input X\['rest'\] contains NaN"):
        clf.fit(parts, y)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        clf.fit({"age": X[:-1, :1], "rest": X[:, 1:]}, y)


@pytest.mark.parametrize(
    ("X", "dtype"),
    [
        (np.ones((3, 4)), "float64"),
        (np.ones((3, 4), np.int16), "int16"),
        (np.ones((3, 4)).astype(object), "float32"),
        (scipy.sparse.csr_matrix(np.ones((3, 4), np.float32)), "float32"),
    ],
)
def test_numbers_keep_their_type_and_objects_become_numbers(X, dtype):
    base = BaseWrapper(one_layer()).initialize(X)
    assert base.X_dtype_ == dtype
    assert base.X_shape_ == (3, 4)


def test_objects_that_are_texts_stay_texts():
    X = np.array([["red"], ["blue"]], dtype=object)
    checked = keras_inputs.check_one(BaseWrapper(), X, reset=True)
    assert checked.dtype.kind == "U"
    assert checked.tolist() == X.tolist()


@pytest.mark.parametrize("dtype", ["str", "object", "category"])
def test_frames_of_texts_stay_texts(dtype):
    pd = pytest.importorskip("pandas")
    X = pd.DataFrame({"a": ["red", "blue"], "b": ["big", "small"]}).astype(dtype)
    checked = keras_inputs.check_one(BaseWrapper(), X, reset=True)
    assert checked.dtype.kind == "U"
    assert checked.tolist() == [["red", "big"], ["blue", "small"]]


def test_categories_beside_numbers_have_to_be_numbers():
    pd = pytest.importorskip("pandas")
    X = pd.DataFrame({"a": [0.5, 1.5], "b": pd.Categorical([3, 4])})
    for checked in (
        keras_inputs.check_one(BaseWrapper(), X, reset=True),
        keras_inputs.check_several({"x": X})["x"],
    ):
        assert checked.dtype.kind == "f"
        assert checked.tolist() == [[0.5, 3], [1.5, 4]]
    X["b"] = pd.Categorical(["red", "blue"])
    with pytest.raises(ValueError, match="could not convert string to float: '"):
        keras_inputs.check_one(BaseWrapper(), X, reset=True)


def test_shapes_and_types_have_the_structure_of_the_input():
    X = {"a": np.ones((4, 2)), "b": [np.ones(4, int), np.ones((4, 1), np.float32)]}
    assert keras_inputs.shape_of(X) == {"a": (4, 2), "b": [(4,), (4, 1)]}
    assert keras_inputs.dtype_of(X) == {"a": float, "b": [int, np.float32]}
    assert keras_inputs.n_rows(X) == keras_inputs.n_rows(X["b"]) == 4


@pytest.mark.parametrize(
    ("part", "columns"),
    [
        (slice(1, None), [1, 2, 3]),
        ([0, -1], [0, 3]),
        (["d", "a"], [3, 0]),
        (2, 2),
        ("b", 1),
    ],
)
def test_the_columns_of_an_input(part, columns):
    X = np.arange(12).reshape(3, 4)
    cutter = keras_inputs.InputCutter({"it": part}, list("abcd"))
    np.testing.assert_array_equal(cutter.fit_transform(X)["it"], X[:, columns])


def test_columns_that_are_not_there():
    X = np.ones((3, 4))
    with pytest.raises(ValueError, match=r"inputs\['it'\] has column 4, but X has 4"):
        keras_inputs.InputCutter({"it": [0, 4]}).fit(X)
    with pytest.raises(ValueError, match="column 'a', but X has no names of columns"):
        keras_inputs.InputCutter({"it": "a"}).fit(X)


def test_one_array_for_several_inputs_is_an_error(blobs):
    X, y = blobs
    several = {"age": X[:, :1], "rest": X[:, 1:]}
    net = KerasClassifier(two_inputs(), **QUICK).fit(several, y)
    with pytest.raises(ValueError, match="X must be one, too; got ndarray"):
        net.predict(X)


def test_one_row_of_the_shape_and_type_of_the_input():
    X = {"a": np.ones((4, 2)), "b": [np.ones(4, int), np.ones((4, 1), np.float32)]}
    shape, dtype = keras_inputs.shape_of(X), keras_inputs.dtype_of(X)
    row = keras_inputs.row_of(shape, dtype)
    assert keras_inputs.shape_of(row) == {"a": (1, 2), "b": [(1,), (1, 1)]}
    assert keras_inputs.dtype_of(row) == dtype

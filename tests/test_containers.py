"""What X may be in classifiers of numbers and images, and in the transformers."""

import itertools
from collections import deque

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from PIL import Image

from sknets import DenseNetClassifier, DenseNetRegressor, SmallCNNClassifier
from sknets._containers import as_numbers, stack_images
from sknets.preprocessing import ImageNormalizer, ImageReshaper

LABELS = [0, 1, 0, 1]
ESTIMATORS = [
    DenseNetClassifier(width=2, epochs=1),
    SmallCNNClassifier(width=(2,), epochs=1, augment=None),
    ImageNormalizer(),
    ImageReshaper(),
]
# The dense estimators take columns of any kind; test_columns.py has their errors.
OF_NUMBERS = pytest.mark.parametrize(
    "estimator", ESTIMATORS[1:], ids=lambda estimator: type(estimator).__name__
)
each_estimator = pytest.mark.parametrize(
    "estimator", ESTIMATORS, ids=lambda estimator: type(estimator).__name__
)


def image_batch(n=4, side=6):
    return np.random.default_rng(0).integers(0, 256, (n, side, side), dtype=np.uint8)


# --- Containers of images ------------------------------------------------------------


@pytest.mark.parametrize(
    "contain",
    [
        list,
        tuple,
        deque,
        lambda images: images.tolist(),
        lambda images: [image.tolist() for image in images],
        lambda images: pd.Series(list(images)),
        lambda images: pd.DataFrame({"image": list(images)}),
        lambda images: [Image.fromarray(image) for image in images],
        lambda images: pd.Series([Image.fromarray(image) for image in images]),
    ],
)
def test_images_in_other_containers(contain):
    images = image_batch()
    np.testing.assert_array_equal(as_numbers(contain(images)), images)


def test_images_in_an_array_of_objects():
    images = image_batch()
    column = np.empty((4, 1), object)
    column[:, 0] = list(images)
    for objects in (column, column[:, 0]):
        np.testing.assert_array_equal(as_numbers(objects), images)


@each_estimator
def test_a_series_of_images_gives_what_their_array_gives(estimator):
    images = image_batch()
    params = {"random_state": 0} if hasattr(estimator, "random_state") else {}
    estimator = estimator.__class__(**{**estimator.get_params(), **params})
    method = "predict_proba" if hasattr(estimator, "predict_proba") else "transform"
    expected = getattr(estimator.fit(images, LABELS), method)(images)
    found = getattr(estimator.fit(pd.Series(list(images)), LABELS), method)(
        pd.DataFrame({"image": list(images)})
    )
    np.testing.assert_array_equal(found, expected)


@each_estimator
def test_images_of_different_sizes(estimator):
    images = [np.zeros((5, 5)), np.zeros((5, 5)), np.zeros((6, 5)), np.zeros((5, 5))]
    message = r"shapes differ: \(5, 5\) in row 0, \(6, 5\) in row 2; bring them to one"
    for contained in (images, pd.Series(images)):
        with pytest.raises(ValueError, match=message):
            estimator.fit(contained, LABELS)


def test_grey_images_beside_coloured_ones():
    images = [Image.new("L", (5, 5)), Image.new("RGB", (5, 5))]
    message = r"\(5, 5\) in row 0, \(5, 5, 3\) in row 1; bring them to one mode"
    with pytest.raises(ValueError, match=message):
        stack_images(images)


def test_images_of_different_scales():
    images = [np.zeros((5, 5), np.uint8), np.zeros((5, 5))]
    with pytest.raises(ValueError, match="uint8 in row 0, numbers in row 1; their sc"):
        stack_images(images)


def test_images_with_a_palette():
    images = [Image.new("L", (5, 5)), Image.new("P", (5, 5))]
    message = r"Image 1 of X has a palette.*image.convert\('RGB'\)"
    with pytest.raises(ValueError, match=message):
        stack_images(images)


def test_rows_that_are_no_rectangle():
    with pytest.raises(ValueError, match="Row 1 of X is a sequence whose parts differ"):
        as_numbers([[[1, 2], [3, 4]], [[1], [2, 3]]])


# --- One image -----------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(6, 6), (5, 7), (6, 6, 3), (6, 6, 1)])
@each_estimator
def test_one_image_without_the_axis_of_samples(estimator, shape):
    images = np.random.default_rng(0).random((4, *shape))
    estimator.fit(images, LABELS)
    predict = getattr(estimator, "predict", None) or estimator.transform
    name = "sample"
    if hasattr(estimator, "image_shape_"):
        name = r"image of image_shape_=\(\d, \d, \d\)"
    message = rf"as many values as one {name}: .* X\[None\]"
    with pytest.raises(ValueError, match=message):
        predict(images[0])
    assert len(predict(images[0][None])) == 1


# --- What is no rectangle of numbers -------------------------------------------------


class Batches:
    """A sequence of batches, as Keras' PyDataset and its kin."""

    num_batches = None

    def __len__(self):
        return 2**62

    def __getitem__(self, number):
        return np.zeros((2, 4)), np.zeros(2)


class Flow(Batches):
    """Endless batches, as those of `ImageDataGenerator().flow`."""

    def __iter__(self):
        return self

    def __next__(self):
        return self[0]


class Dataset:
    """As `tf.data.Dataset`."""

    element_spec = None

    def __iter__(self):
        return itertools.repeat(np.zeros(4))


class Lazy:
    """As the collections of Dask."""

    def __dask_graph__(self):
        return {}

    def __array__(self, dtype=None, copy=None):
        raise AssertionError("read whole")


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (
            (row for row in [[1, 2]]),
            r"got generator.*collect its rows first, list\(X\)",
        ),
        (map(abs, [1]), "got map.*collect its rows first"),
        (itertools.repeat([1, 2]), "got itertools repeat, .* it may be endless"),
        (Flow(), r"Flow, .*np.concatenate\(\[batch\[0\].*parameter augment"),
        (Batches(), r"Batches, .*the arrays it was made of"),
        (Dataset(), r"Dataset, .*dataset.as_numpy_iterator\(\)"),
        (Lazy(), r"Lazy, .*X.compute\(\).*partial_fit"),
        (pl.LazyFrame({"a": [1, 2]}), r"LazyFrame, .*X.collect\(\)"),
        ({"a": [1, 2]}, r"got dict. Pass pandas.DataFrame\(X\)"),
        ({1, 2}, "got set"),
        ("1 2", "got str"),
        (None, "got NoneType"),
        (object(), "got object"),
        (np.ndarray, "got type"),
    ],
)
@each_estimator
def test_what_is_no_array(estimator, X, message):
    with pytest.raises(TypeError, match=f"X must be an array.*{message}"):
        estimator.fit(X, LABELS)


def test_arrays_of_dask():
    da = pytest.importorskip("dask.array")
    with pytest.raises(TypeError, match=r"got dask Array.*X.compute\(\)"):
        DenseNetClassifier().partial_fit(da.zeros((4, 2)), LABELS)


DATES = pd.date_range("2026-01-01", periods=4)


@pytest.mark.parametrize(
    ("frame", "error", "message"),
    [
        ({"b": DATES}, TypeError, "'b' of X holds dates or times.*seconds since"),
        ({"b": DATES - DATES[0]}, TypeError, "'b' of X holds dates or times"),
        ({"b": DATES.date}, TypeError, "'b' of X holds dates or times"),
        ({"b": list("1234")}, ValueError, "not compatible.*'b' of X .*'1'; pd.to_num"),
        ({"b": [1.0, "2", 3, 4]}, ValueError, "not compatible.*'b' of X .*'2'"),
        (
            {"b": pd.Categorical(list("1212"))},
            ValueError,
            "column 'b' .*OrdinalE",
        ),
        ({"b": [1.0, None, "x", "y"]}, ValueError, "column 'b' of X .* holds 'x'"),
        ({"b": [{}] * 4}, TypeError, "'b' of X .*a dict: .*must be a string or a num"),
        (
            {"b": pd.Series([10**400, 1, 2, 3], dtype=object)},
            ValueError,
            "too large for dtype.*column 'b'",
        ),
        ({"b": [1j] * 4}, ValueError, "Complex data not supported"),
        (
            {"b": [np.zeros(3)] * 4},
            ValueError,
            r"'b' of X holds arrays, beside 1",
        ),
    ],
)
@OF_NUMBERS
def test_columns_that_are_no_numbers(estimator, frame, error, message):
    frame = pd.DataFrame({"a": [1.0, 2, 3, 4], **frame})
    with pytest.raises(error, match=message):
        estimator.fit(frame, LABELS)


@each_estimator
def test_columns_of_one_name(estimator):
    frame = pd.DataFrame(np.eye(4), columns=list("abca"))
    with pytest.raises(ValueError, match="X has 2 columns of the name 'a'"):
        estimator.fit(frame, LABELS)


def test_columns_of_polars_that_are_no_numbers():
    frame = pl.DataFrame({"a": [1.0, 2.0], "b": ["1", "2"], "c": [True, False]})
    with pytest.raises(ValueError, match="column 'b' of X"):
        as_numbers(frame)
    assert as_numbers(frame.drop("b")) is not None


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        ([[10**400]] * 4, ValueError, "a value too large for dtype"),
        (np.array([[10**400]] * 4, object), ValueError, "too large for dtype"),
        (np.array([[1.0, "2"]] * 4, object), ValueError, "not compatible.*X holds '2'"),
        (np.array([[{}]] * 4), TypeError, "argument must be a string or a real number"),
        (np.zeros((4, 2), "M8[D]"), TypeError, r"X must hold numbers.*datetime64\[D\]"),
        (np.ma.masked_less(np.eye(4), 1), ValueError, r"12 masked values.*X.filled"),
    ],
)
@OF_NUMBERS
def test_arrays_that_are_no_numbers(estimator, X, error, message):
    with pytest.raises(error, match=message):
        estimator.fit(X, LABELS)


@pytest.mark.skipif(
    np.finfo(np.longdouble).max == np.finfo(np.float64).max,
    reason="np.longdouble is float64 here",
)
@pytest.mark.parametrize(
    ("contain", "where"),
    [
        (np.asarray, ""),
        (sp.csr_array, ""),
        (sp.coo_array, ""),
        (lambda X: pd.DataFrame(X, columns=["a", "b"]), ", in column 'b'"),
        (lambda X: pd.DataFrame({"a": X[:, 1], "c": list("xyxy")}), ", in column 'a'"),
    ],
)
def test_numbers_beyond_float64(contain, where):
    values = np.eye(4, 2, dtype=np.longdouble)
    net = DenseNetClassifier(width=2, epochs=1).fit(contain(values), LABELS)
    values[2, 1] = np.longdouble("-1e1000")
    for train in (net.fit, lambda X, y: net.predict(X)):
        with pytest.raises(ValueError, match=f"too large for dtype.'float64'.{where}"):
            train(contain(values), LABELS)


@pytest.mark.skipif(
    np.finfo(np.longdouble).max == np.finfo(np.float64).max,
    reason="np.longdouble is float64 here",
)
@each_estimator
def test_pixels_beyond_float64(estimator):
    images = np.full((4, 6, 6), np.longdouble("1e1000"))
    with pytest.raises(ValueError, match="too large for dtype"):
        estimator.fit(images, LABELS)


def test_columns_that_are_numbers_pass():
    frame = pd.DataFrame(
        {
            "float": [1.0, 2, 3, 4],
            "bool": [True, False, True, False],
            "Int64": pd.array([1, 2, 3, 4], "Int64"),
            "object": np.array([1, 2.5, True, 4], object),
        }
    )
    net = DenseNetClassifier(width=2, epochs=1, random_state=0)
    expected = net.fit(frame.astype(float), LABELS).predict_proba(frame.astype(float))
    assert not hasattr(net.fit(frame, LABELS), "columns_")
    np.testing.assert_array_equal(net.fit(frame, LABELS).predict_proba(frame), expected)


# --- NaN and infinite pixels ---------------------------------------------------------


@pytest.mark.parametrize("shape", [(4, 6, 6), (4, 36)])
@pytest.mark.parametrize("estimator", ESTIMATORS[1:], ids=lambda e: type(e).__name__)
@pytest.mark.parametrize(("value", "name"), [(np.nan, "NaN"), (np.inf, "infinity")])
def test_pixels_that_are_not_finite(estimator, shape, value, name):
    images = np.zeros(shape)
    images[2:].flat[[5, 7]] = value
    message = rf"Input X contains {name}.*2 pixels of 1 images, the first in image 2"
    with pytest.raises(ValueError, match=f"(?s){message}.*np.nan_to_num") as caught:
        estimator.fit(images, LABELS)
    assert "imputer" not in str(caught.value)


@pytest.mark.skipif(
    not hasattr(np.dtypes, "StringDType"), reason="NumPy 2 brought StringDType"
)
def test_strings_of_variable_width_are_no_numbers():
    strings = np.array(["1.5", "a", "b"], dtype=np.dtypes.StringDType())
    with pytest.raises(ValueError, match=r"not compatible.*X holds '1\.5'"):
        SmallCNNClassifier().fit(np.tile(strings, (4, 3)), [0, 1, 0, 1])
    with pytest.raises(ValueError, match=r"y holds strings such as '1\.5'"):
        DenseNetRegressor().fit(np.eye(3), strings)


@pytest.mark.parametrize("dtype", ["str", "category", object])
def test_a_series_of_strings_is_no_image_nor_table(dtype):
    strings = pd.Series(list("ab") * 4, dtype=dtype)
    for estimator in (DenseNetClassifier(), SmallCNNClassifier()):
        with pytest.raises(ValueError, match="X holds 'a'"):
            estimator.fit(strings, [0, 1] * 4)


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize(
    "contain",
    [
        list,
        pd.Series,
        lambda images: pd.DataFrame({"image": images}),
        lambda images: np.fromiter(images, object),
    ],
)
def test_an_image_that_is_missing_is_named(contain, number):
    images = [np.ones((4, 4))] * 3
    images[number] = None
    with pytest.raises(ValueError, match=f"^Row {number} of X is None, as where"):
        as_numbers(contain(images))

"""Shapes of images: read from rows, agreed upon, and refused where they cannot be."""

import re
from collections import deque
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from sknets import SmallCNNClassifier
from sknets._images import shapes
from sknets._images.shapes import warn_of_rectangle
from sknets.preprocessing import ImageNormalizer, ImageReshaper

# Two images of 2 x 3 pixels, red, green and blue of a pixel being neighbours.
RGB = np.arange(36).reshape(2, 2, 3, 3)


@pytest.mark.parametrize(
    ("n_features", "expected"),
    [
        (784, (28, 28, 1)),
        (3072, (32, 32, 3)),
        (64, (8, 8, 1)),  # and not 4 x 4 x 4
        (12, (2, 2, 3)),
        (10, (1, 10, 1)),
        (1, (1, 1, 1)),
    ],
)
def test_rows_are_squares_where_they_can_be_and_signals_else(n_features, expected):
    assert shapes.infer_image_shape(n_features) == expected


@pytest.mark.parametrize(
    ("n_features", "shown"), [(320, "(20, 16)"), (10304, "(112, 92)"), (96, "(12, 8)")]
)
def test_rows_that_may_be_rectangles(n_features, shown):
    message = rf"image_shape=\(1, {n_features}\).*such as {re.escape(shown)} or"
    with pytest.warns(UserWarning, match=message):
        warn_of_rectangle((n_features,), None)
    with pytest.warns(UserWarning, match=message):
        ImageReshaper().fit(np.zeros((2, n_features)))


@pytest.mark.parametrize("n_features", [1, 13, 49, 40, 127, 192, 254, 3 * 81])
def test_squares_and_signals_do_not_warn(n_features):
    warn_of_rectangle((n_features,), None)
    ImageReshaper().fit(np.zeros((2, n_features)))


def test_what_is_said_of_the_shape_is_not_questioned():
    warn_of_rectangle((320,), (1, 320))
    ImageReshaper((1, 320)).fit(np.zeros((2, 320)))
    warn_of_rectangle((16, 20), None)


@pytest.mark.parametrize(
    ("shape", "image_shape", "channels", "expected"),
    [
        ((6,), (2, 3), "last", (2, 3, 1)),
        ((2, 3), None, "last", (2, 3, 1)),
        ((2, 3), [2, 3, 1], "last", (2, 3, 1)),
        ((4, 6, 3), None, "last", (4, 6, 3)),
        ((3, 4, 6), None, "first", (4, 6, 3)),
        ((3, 4, 6), (4, 6, 3), "first", (4, 6, 3)),
        ((np.int64(5), 4, 2), (np.int8(5), 4, 2), "last", (5, 4, 2)),
        # Feature maps: a square in front tells where the channels are.
        ((4, 4, 64), None, "last", (4, 4, 64)),
    ],
)
def test_shape_that_is_settled(shape, image_shape, channels, expected):
    settled = shapes.settle_image_shape(shape, image_shape, channels)
    assert settled == expected
    assert {type(size) for size in settled} == {int}


@pytest.mark.parametrize(
    ("shape", "image_shape", "channels", "message"),
    [
        ((6,), (2, 0), "last", r"all positive integers, got \(2, 0\)"),
        ((6,), (6,), "last", r"must be \(height, width\) or \(height, width, channels"),
        (
            (3, 32, 40),
            None,
            "last",
            r"\(n_samples, 3, 32, 40\), which looks like channels first, but channels "
            r"last .*input_channels='first'.* image_shape=\(3, 32, 40\)",
        ),
        ((32, 40, 3), None, "first", "looks like channels last, but channels first"),
        (
            (6, 4, 3),
            (4, 6, 3),
            "last",
            r"image_shape=\(4, 6, 3\) expects \(n_samples, 72\) or "
            r"\(n_samples, 4, 6, 3\)\.$",
        ),
        ((5, 5), (4, 4), "last", r"expects .*16\) or .*4, 4, 1\) or .*, 4, 4\)\.$"),
        ((3, 4, 6), (4, 6, 3), "last", r"\)\. Read it with .*channels='first'\)\.$"),
        ((72,), (4, 6), "last", r"with 3 channels, give image_shape=\(4, 6, 3\)\.$"),
    ],
)
def test_shapes_that_do_not_agree(shape, image_shape, channels, message):
    with pytest.raises(ValueError, match=message):
        shapes.settle_image_shape(shape, image_shape, channels)


@pytest.mark.parametrize("shape", [(18,), (2, 3, 3)])
def test_images_go_there_and_back_in_both_orders_of_channels(shape):
    last = RGB.reshape(2, *shape)
    np.testing.assert_array_equal(shapes.to_images(last, (2, 3, 3), "last"), RGB)
    np.testing.assert_array_equal(shapes.from_images(RGB, shape, "last"), last)
    shape = shape if len(shape) == 1 else (3, 2, 3)
    first = RGB.transpose(0, 3, 1, 2).reshape(2, *shape)
    np.testing.assert_array_equal(shapes.to_images(first, (2, 3, 3), "first"), RGB)
    np.testing.assert_array_equal(shapes.from_images(RGB, shape, "first"), first)


@pytest.mark.parametrize(
    ("dtype", "pixels", "limits", "scale"),
    [
        ("uint8", [0, 9], (0, 255), "uint8"),
        ("int8", [0, 9], (-128, 127), "int8"),
        ("uint16", [0, 9], (0, 65535), "uint16"),
        ("int64", [0, 9], (0, 9), None),
        ("float32", [0, 0.5], (0, 1), "float"),
        ("float64", [-2, 7], (-2, 7), "float"),
        ("float64", [3, 7], (0, 7), "float"),
    ],
)
def test_range_of_pixels_is_that_of_short_types_or_what_is_seen(
    dtype, pixels, limits, scale
):
    pixels = np.array(pixels, dtype)
    assert shapes.pixel_range(pixels) == limits
    assert shapes.pixel_scale(pixels.dtype) == scale


@pytest.mark.parametrize(
    ("dtype", "pixels", "limits"),
    [
        ("uint8", [0, 80], (0, 255)),
        ("uint8", [0, 1], (0, 1)),  # a mask
        ("uint16", [20, 4095], (20, 4095)),  # of a camera with 12 bits
        ("int16", [-1000, 3000], (-1000, 3000)),
        ("uint16", [7, 7], (0, 65535)),
        ("float32", [293, 297], (293, 297)),  # kelvins
        ("float32", [0.2, 0.5], (0, 1)),
        ("bool", [0, 1], (0, 1)),
    ],
)
def test_shown_range_is_that_which_is_seen_where_little_is_filled(
    dtype, pixels, limits
):
    assert shapes.shown_range(np.array(pixels, dtype)) == limits


@pytest.mark.parametrize("shape", [(2, 8, 7), (2, 8, 8, 3)])
def test_images_of_another_shape_are_named(shape):
    fitted = ImageReshaper().fit(np.zeros((2, 8, 8)))
    found = re.escape(f"(n_samples, {str(shape[1:])[1:]}, and")
    message = rf"expecting 64 .* has shape {found} .*=\(8, 8, 1\): bring"
    with pytest.raises(ValueError, match=message):
        fitted.transform(np.zeros(shape))


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 1)])
def test_a_single_image_is_refused_with_what_to_do(shape):
    one = np.zeros(shape)
    shown = r"image of image_shape_=\(8, 8, 1\).*X\[None\]"
    X = np.random.default_rng(0).random((8, 8, 8))
    net = SmallCNNClassifier((2,), epochs=1, random_state=0).fit(X, np.arange(8) % 2)
    with pytest.raises(ValueError, match=shown):
        net.predict(one)
    assert net.predict(one[None]).shape == (1,)


def test_a_single_sample_of_what_are_no_images():
    fitted = SimpleNamespace(n_features_in_=12)
    message = r"^X has 4 features, but SimpleNamespace is expecting 12 .*as one sample:"
    with pytest.raises(ValueError, match=message):
        shapes.refuse_single_image(fitted, np.zeros((3, 4)))
    shapes.refuse_single_image(fitted, np.zeros((1, 12)))
    shapes.refuse_single_image(fitted, np.zeros(12))


def test_where_pixels_are_not_finite_is_told():
    X = np.zeros((5, 2, 2))
    X[1, 0, 1] = X[1, 1, 1] = X[3, 0, 0] = np.nan
    message = "These are 3 pixels of 2 images, the first in image 1. SmallCNNClassifier"
    with pytest.raises(ValueError, match=message):
        shapes.check_finite_pixels(SmallCNNClassifier(), X)
    # Finite, though their sum is not.
    shapes.check_finite_pixels(SmallCNNClassifier(), np.full((2, 2), 1.7e308))


# --- Images in a list ----------------------------------------------------------------

FRACTIONS = np.full((2, 2), 0.5, np.float32)
BYTES = np.full((2, 2), 200, np.uint8)
OF_16_BITS = np.full((2, 2), 4000, np.uint16)
OF_LISTS = pytest.mark.parametrize("contain", [list, tuple, deque])


@OF_LISTS
@pytest.mark.parametrize("number", [0, 2])
def test_an_image_that_is_none_is_named(contain, number):
    images = [BYTES] * 3
    images[number] = None
    with pytest.raises(ValueError, match=f"^Row {number} of X is None.*of y too"):
        shapes.as_pixels(contain(images))


@OF_LISTS
@pytest.mark.parametrize(
    ("others", "message"),
    [
        (
            (BYTES, FRACTIONS),
            r"image 0 has bytes \(uint8\) of 0 to 255, image 2 has fractions \(float",
        ),
        ((FRACTIONS, BYTES), "image 0 has fractions.*image 2 has bytes.*image / 255"),
        ((BYTES, Image.new("F", (2, 2), 0.5)), "image 0 has bytes.*image 2 has fract"),
        ((BYTES, -FRACTIONS.astype(float)), "image 2 has fractions"),
        ((BYTES, OF_16_BITS), "image 0 has bytes.*image 2 has integers of 16 bits"),
        ((OF_16_BITS, FRACTIONS), "image 0 has integers of 16.*image 2 has fractions"),
    ],
)
def test_images_on_different_scales_are_named_with_both(contain, others, message):
    first, second = others
    with pytest.raises(ValueError, match=f"^The images of X are on.*{message}"):
        shapes.as_pixels(contain([first, 0 * BYTES, second, second]))


@pytest.mark.parametrize(
    "images",
    [
        [BYTES, 255 * FRACTIONS],  # bytes after an interpolation
        [BYTES, np.zeros((2, 2))],
        [BYTES, np.full((2, 2), 300)],  # of 64 bits: any scale
        [np.eye(2, dtype=np.uint8), FRACTIONS],  # a mask
        [np.eye(2, dtype=bool), FRACTIONS],
        [FRACTIONS, FRACTIONS.astype(np.float64)],
        [BYTES, BYTES.astype(np.uint16)],
        [OF_16_BITS, OF_16_BITS.astype(np.int16)],
        [BYTES, FRACTIONS.tolist()],
    ],
)
def test_images_whose_scales_may_be_one(images):
    found = shapes.as_pixels(images)
    np.testing.assert_array_equal(found, np.stack([np.asarray(i) for i in images]))


@pytest.mark.parametrize(
    "estimator",
    [SmallCNNClassifier((2,), epochs=1), ImageReshaper(), ImageNormalizer()],
    ids=lambda estimator: type(estimator).__name__,
)
def test_lists_are_looked_at_in_fit_and_after(estimator):
    X, y = np.random.default_rng(0).integers(0, 256, (4, 6, 6), np.uint8), [0, 1, 0, 1]
    mixed, with_none = [*X[:3], X[3] / 255], [*X[:3], None]
    with pytest.raises(ValueError, match="image 0 has bytes.*image 3 has fractions"):
        estimator.fit(mixed, y)
    estimator.fit(list(X), y)
    apply = getattr(estimator, "predict", None) or estimator.transform
    with pytest.raises(ValueError, match="image 0 has bytes.*image 3 has fractions"):
        apply(mixed)
    with pytest.raises(ValueError, match="Row 3 of X is None"):
        apply(with_none)


@pytest.mark.parametrize("contain", ["list", "numpy.array", "pandas.Series"])
@pytest.mark.parametrize("name", ["a.png", Path("a.png")], ids=["string", "path"])
def test_names_of_files_are_no_images(contain, name):
    module, _, function = contain.rpartition(".")
    X = getattr(pytest.importorskip(module or "builtins"), function)([name, name])
    for estimator in (SmallCNNClassifier(), ImageReshaper(), ImageNormalizer()):
        with pytest.raises(ValueError, match=r"X holds 'a\.png' .*PIL\.Image\.open"):
            estimator.fit(X, [0, 1])


def test_dates_are_no_pixels():
    days = np.array(["2020-01-01"], "M8[D]")
    with pytest.raises(TypeError, match="X must hold numbers, but it has dtype datet"):
        shapes.check_numeric(days)

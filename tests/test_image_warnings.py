"""Warnings and errors about pixels: their range, their type and their shape."""

import re

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from sknets import SmallCNNClassifier
from sknets._images.augment import settled
from sknets._images.shapes import warn_of_rectangle
from sknets.preprocessing import ImageReshaper

Y = np.arange(20) % 2


def net(**params):
    return SmallCNNClassifier((2,), epochs=1, augment=None, random_state=0, **params)


@pytest.fixture(scope="module")
def binary_images():
    return np.random.default_rng(0).integers(0, 2, (20, 6, 6), dtype=np.uint8)


@pytest.fixture(scope="module")
def bytes_net(binary_images):
    return net().fit(binary_images * np.uint8(255), Y)


@pytest.fixture(scope="module")
def binary_net(binary_images):
    return net().fit(binary_images, Y)


def test_bytes_of_zeros_and_ones_do_not_warn(binary_images, binary_net):
    binary_net.predict(binary_images)


def test_bytes_that_others_scaled_still_warn(binary_images, bytes_net):
    with pytest.warns(UserWarning, match="X seems to be scaled otherwise"):
        bytes_net.predict(binary_images)


def test_the_same_numbers_as_floats(binary_images, bytes_net, binary_net):
    for fitted, scale in ((bytes_net, 255), (binary_net, 1)):
        pixels = binary_images * np.uint8(scale)
        expected = fitted.predict_proba(pixels)
        for same in (pixels.astype(float), pixels.astype(np.float32)):
            np.testing.assert_allclose(fitted.predict_proba(same), expected, atol=1e-6)
    expected = binary_net.predict_proba(binary_images)
    found = binary_net.predict_proba(binary_images.astype(bool))
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_the_same_numbers_as_bytes(binary_images):
    for scale in (1.0, 255.0):
        fitted = net().fit(binary_images * scale, Y)
        expected = fitted.predict_proba(binary_images * scale)
        found = fitted.predict_proba((binary_images * scale).astype(np.uint8))
        np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("factor", [1 / 255, 100.0, -1.0])
def test_floats_in_other_units_are_refused(binary_images, bytes_net, factor):
    with pytest.raises(ValueError, match="X has pixels of type float64, but .* uint8"):
        bytes_net.predict(binary_images * 255 * factor)


def test_bytes_for_floats_up_to_one_are_refused(binary_images):
    fitted = net().fit(binary_images * 1.0, Y)
    with pytest.raises(ValueError, match="X has pixels of type uint8, but .* float"):
        fitted.predict(binary_images * np.uint8(255))


def test_constant_images_are_the_cause():
    images, y = np.zeros((64, 6, 6), np.uint8), np.arange(64) % 2
    fitted = SmallCNNClassifier((2,), epochs=30, batch_size=16, augment=None)
    with pytest.warns(ConvergenceWarning, match="All training rows are the same"):
        fitted.fit(images, y)


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
    ImageReshaper((1, n_features)).fit(np.zeros((2, n_features)))


def test_augment_in_numpy_types():
    shape = (8, 8, 1)
    for given, same in [
        (np.True_, True),
        ({"flip": np.True_}, {"flip": True}),
        ({"shift": np.array([-0.1, 0.2])}, {"shift": (-0.1, 0.2)}),
        ({"zoom": np.float32(0.25)}, {"zoom": 0.25}),
        ({"zoom": np.array(0.25)}, {"zoom": 0.25}),
    ]:
        found, expected = settled(given, shape, 0.0), settled(same, shape, 0.0)
        np.testing.assert_array_equal(found.ranges, expected.ranges)
    assert settled(np.False_, shape, 0.0) is None
    with pytest.raises(ValueError, match=r"augment\['shift'\] must be a pair"):
        settled({"shift": np.zeros(3)}, shape, 0.0)

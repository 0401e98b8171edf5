"""Convolution and pooling of images in NumPy, against SciPy and worked examples."""

import numpy as np
import pytest
from scipy.signal import correlate

from sknets._core.images import convolve, max_pool


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("size", [(1, 1), (3, 3), (2, 4), (5, 2)])
def test_convolution_is_the_correlation_with_each_kernel(padding, size):
    rng = np.random.default_rng(0)
    images, kernel = rng.normal(size=(4, 5, 6, 3)), rng.normal(size=(*size, 3, 2))
    found = convolve(images, kernel, padding)
    if padding == "same":  # the odd row or column of zeros lies at the end
        around = [((k - 1) // 2, k // 2) for k in size]
        images = np.pad(images, [(0, 0), *around, (0, 0)])
    expected = [
        [correlate(image, kernel[..., n], "valid")[..., 0] for n in range(2)]
        for image in images
    ]
    np.testing.assert_allclose(found, np.moveaxis(expected, 1, -1), atol=1e-12)


def test_an_image_does_not_depend_on_those_beside_it():
    rng = np.random.default_rng(0)
    images = rng.normal(size=(20, 9, 8, 5)).astype(np.float32)
    kernel = rng.normal(size=(3, 3, 5, 7)).astype(np.float32)
    whole = convolve(images, kernel, "same")
    for number in (0, 7, 19):
        alone = convolve(images[number : number + 1], kernel, "same")
        np.testing.assert_array_equal(alone[0], whole[number])


def test_images_in_any_order_of_memory_are_read():
    images = np.arange(60.0).reshape(1, 5, 6, 2)
    kernel = np.ones((2, 2, 2, 1))
    turned = np.asfortranarray(images)
    np.testing.assert_array_equal(
        convolve(turned, kernel, "valid"), convolve(images, kernel, "valid")
    )


def test_pooling_takes_the_maximum_of_each_window():
    image = np.array([[1, 2, 0, 9], [4, 3, 5, 8], [7, 7, 6, 6]])
    images = np.stack([image, -image], axis=-1)[None]
    found = max_pool(images, (2, 2))
    np.testing.assert_array_equal(found[0, :, :, 0], [[4, 9]])
    np.testing.assert_array_equal(found[0, :, :, 1], [[-1, 0]])


@pytest.mark.parametrize("size", [(1, 1), (1, 2), (2, 1), (3, 2)])
def test_pooling_leaves_its_input_alone(size):
    images = np.random.default_rng(0).normal(size=(2, 7, 5, 3))
    before = images.copy()
    pooled = max_pool(images, size)
    assert pooled.shape == (2, 7 // size[0], 5 // size[1], 3)
    pooled[...] = 0.0
    np.testing.assert_array_equal(images, before)

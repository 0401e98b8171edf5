"""Convolution and pooling of images in NumPy."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import as_strided

Shape = tuple[int, ...]


def convolve(images: np.ndarray, kernel: np.ndarray, padding: str) -> np.ndarray:
    """Convolve images of shape (n, height, width, channels), stride one.

    Patches of each image times the matrix of kernels: one product for each image, so
    that what an image becomes does not depend on the images beside it.
    """
    if padding == "same":
        images = _pad_same(images, kernel.shape[:2])
    patches = _patches(images, kernel.shape[:2])
    n, height, width, n_values = patches.shape
    # Of an array of four dimensions NumPy makes a product for each row of pixels, which
    # takes two to five times as long.
    products = patches.reshape(n, -1, n_values) @ kernel.reshape(n_values, -1)
    return products.reshape(n, height, width, -1)


def _pad_same(images: np.ndarray, kernel: Shape) -> np.ndarray:
    """Zeros around the images, the odd one at the end, as TensorFlow has it."""
    before = [(k - 1) // 2 for k in kernel]
    n, height, width, channels = images.shape
    padded = np.zeros(
        (n, height + kernel[0] - 1, width + kernel[1] - 1, channels), images.dtype
    )
    padded[:, before[0] : before[0] + height, before[1] : before[1] + width] = images
    return padded


def _patches(images: np.ndarray, kernel: Shape) -> np.ndarray:
    """All patches: (n, out_height, out_width, kernel_height x kernel_width x channels).

    The pixels of one kernel row lie side by side in memory, so one copy moves
    ``kernel_width x channels`` values at a time.
    """
    images = np.ascontiguousarray(images)
    n, height, width, channels = images.shape
    out_height, out_width = height - kernel[0] + 1, width - kernel[1] + 1
    per_image, per_row, per_pixel, per_value = images.strides
    windows = as_strided(
        images,
        (n, out_height, out_width, kernel[0], kernel[1] * channels),
        (per_image, per_row, per_pixel, per_row, per_value),
        writeable=False,
    )
    return windows.reshape(n, out_height, out_width, -1)


def max_pool(images: np.ndarray, size: Shape) -> np.ndarray:
    """Maximum over windows that do not overlap; an odd last row or column is left."""
    height = images.shape[1] // size[0] * size[0]
    width = images.shape[2] // size[1] * size[1]
    rows = images[:, 0 : height : size[0]]
    for i in range(1, size[0]):
        rows = np.maximum(rows, images[:, i : height : size[0]])
    out = rows[:, :, 0 : width : size[1]]
    for j in range(1, size[1]):
        out = np.maximum(out, rows[:, :, j : width : size[1]])
    return out if out.base is None else out.copy()

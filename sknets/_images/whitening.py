"""First kernels that whiten the patches of images.

Neighbouring pixels are much alike, so that filters that are drawn at random mostly see
the brightness of a patch, and a short training has to find its edges and colours. The
principal components of the patches, each divided by its standard deviation, see all of
that alike: Coates and Ng, "Learning feature representations with k-means", 2012. As the
first layer of a network: Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU",
2024.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from .._core.sampling import some_rows

# Images to look at, of large ones fewer, and patches of them.
N_IMAGES, N_VALUES, N_PATCHES = 2000, 2**24, 100_000
# Variance, as a share of the mean one, that is added to that of each component: what
# varies less is noise.
LEAST_VARIANCE = 5e-4
# Of scaled pixels, which have a variance near one.
LEAST_FLOOR = 1e-12
# Scaled pixels further from zero count as this far: few of them would rule all.
MOST = 5.0


def some_images(n_images: int, n_values: int) -> np.ndarray:
    """Numbers of the images to look at, of some that have so many values each."""
    return some_rows(n_images, max(1, min(N_IMAGES, N_VALUES // n_values)))


def whitening_kernel(
    images: np.ndarray, weights: np.ndarray, kernel: np.ndarray
) -> np.ndarray:
    """Kernel of the largest principal components of patches, each with both signs.

    Parameters
    ----------
    images : ndarray of shape (n, height, width, channels)
        As the network takes them.
    weights : ndarray of shape (n,)
        Not negative, and not all zero.
    kernel : ndarray of shape (kernel_height, kernel_width, channels, filters)
        As it was drawn; its size is kept, and filters beyond two of each component.

    Returns
    -------
    ndarray of float32, of the shape of `kernel`
    """
    *patch_shape, n_filters = kernel.shape
    variances, components = _principal_components(images, weights, patch_shape)
    n = min(n_filters // 2, len(variances))
    floor = LEAST_VARIANCE * variances.mean()
    if not (n and floor > LEAST_FLOOR):  # one filter, or constant images
        return kernel
    white = components[:, :n] / np.sqrt(variances[:n] + floor)
    white = np.hstack([white, -white])
    white *= np.sqrt(np.square(kernel).mean() / np.square(white).mean())
    filled = kernel.copy()
    filled[..., : 2 * n] = white.reshape(*patch_shape, 2 * n)
    return filled


def _principal_components(
    images: np.ndarray, weights: np.ndarray, patch_shape: list[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Variances of the components of patches, decreasing, and these as columns."""
    height, width, channels = patch_shape
    windows = sliding_window_view(images, (height, width, channels), axis=(1, 2, 3))
    n, n_rows, n_columns = windows.shape[:3]
    # Odd, so that the places of one image are not those of the next.
    step = n * n_rows * n_columns // N_PATCHES | 1
    places = np.arange(0, n * n_rows * n_columns, step)
    image, row, column = np.unravel_index(places, (n, n_rows, n_columns))
    patches = windows[image, row, column, 0].reshape(len(places), -1)
    patches = np.clip(patches, -MOST, MOST).astype(np.float64)
    shares = weights[image, None] / weights[image].sum()
    patches -= (shares * patches).sum(axis=0)
    variances, components = np.linalg.eigh(patches.T @ (shares * patches))
    return np.maximum(variances[::-1], 0), components[:, ::-1]

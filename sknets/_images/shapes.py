"""Images in the layouts that users have: their shape, checks, and pixel ranges."""

from __future__ import annotations

import math
import os
from collections import deque
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils import assert_all_finite, check_array
from sklearn.utils.validation import check_is_fitted, validate_data

from .._containers import as_numbers
from .._core.scaling import is_narrow_integer, type_range, widened
from .._warnings import warn_user

# Grey, grey + alpha, RGB, RGBA: an axis this short can be the channels of an image.
MAX_USUAL_CHANNELS = 4
# Shortest side of a rectangle that flat rows are suspected to be.
MIN_SIDE = 8
# Share of the range of their type that pixels fill where it is shown as a whole.
LEAST_SHOWN = 0.25
OPPOSITE = {"first": "last", "last": "first"}


def infer_image_shape(n_features: int) -> tuple:
    """Shape of the square grey or RGB image in a flat row, else a 1 x f signal.

    Four channels cannot be told from one: 4 x side x side is a square itself.
    """
    for n_channels in (1, 3):
        side = math.isqrt(n_features // n_channels)
        if side * side * n_channels == n_features:
            return side, side, n_channels
    return 1, n_features, 1


def warn_of_rectangle(shape: tuple, image_shape: Any) -> None:
    """Warn if flat rows are taken for signals although they may be images.

    Parameters
    ----------
    shape : tuple
        `X.shape[1:]` in `fit`.
    image_shape : tuple, list or None
        The parameter of that name.
    """
    if image_shape is not None or len(shape) > 1:
        return
    if infer_image_shape(shape[0])[0] > 1:
        return
    n_features = shape[0]
    width = next(w for w in range(math.isqrt(n_features), 0, -1) if n_features % w == 0)
    if width < MIN_SIDE or n_features // width > 2 * width:
        return
    warn_user(
        f"X has flat rows of {n_features} features, which are no square images, so "
        f"they are read as signals, image_shape=(1, {n_features}). If they are images, "
        f"give their image_shape=(height, width), such as ({n_features // width}, "
        f"{width}) or ({width}, {n_features // width}).",
    )


def check_image_shape(image_shape: Any) -> tuple:
    """Return the parameter `image_shape` as (height, width, channels)."""
    if len(image_shape) not in (2, 3) or not all(
        isinstance(size, Integral) and int(size) > 0 for size in image_shape
    ):
        raise ValueError(
            "image_shape must be (height, width) or (height, width, channels), "
            f"all positive integers, got {image_shape!r}."
        )
    height, width, *channels = map(int, image_shape)
    return (height, width, *(channels or [1]))


def stored_shape(image_shape: tuple, channels: str) -> tuple:
    """Axes of one image as stored with its channels "first" or "last"."""
    return image_shape if channels == "last" else (image_shape[2], *image_shape[:2])


def _read_shape(shape: tuple, channels: str) -> tuple:
    """Shape (height, width, channels) of one image stored with `shape`."""
    return shape if channels == "last" else (*shape[1:], shape[0])


def sample_shapes(image_shape: tuple, channels: str) -> list[tuple]:
    """Every sample shape that is read as an image of `image_shape`."""
    shapes = [(math.prod(image_shape),), stored_shape(image_shape, channels)]
    return shapes + ([image_shape[:2]] if image_shape[2] == 1 else [])


def name_shape(sample_shape: tuple) -> str:
    return f"(n_samples, {', '.join(map(str, sample_shape))})"


def check_channel_axis(shape: tuple, channels: str) -> None:
    """Raise if one image of `shape` seems to have its channels at the other end."""
    image_shape = _read_shape(shape, channels)
    opposite_axis = shape[0] if channels == "last" else shape[2]
    # A square in front lets small feature maps pass: 4 x 4 x 64, say.
    if (
        image_shape[2] > MAX_USUAL_CHANNELS >= opposite_axis
        and image_shape[0] != image_shape[1]
    ):
        opposite = OPPOSITE[channels]
        raise ValueError(
            f"X has shape {name_shape(shape)}, which looks like channels {opposite}, "
            f"but channels {channels} is expected. Read it with "
            f"ImageReshaper(input_channels={opposite!r}); if it does have "
            f"{image_shape[2]} channels, say so with image_shape={image_shape}."
        )


def check_agreement(shape: tuple, image_shape: tuple, channels: str) -> None:
    """Raise if samples of `shape` are no images of `image_shape`."""
    expected = sample_shapes(image_shape, channels)
    if shape in expected:
        return
    message = (
        f"X has shape {name_shape(shape)}, but image_shape={image_shape} expects "
        f"{' or '.join(map(name_shape, expected))}."
    )
    opposite = OPPOSITE[channels]
    if shape == stored_shape(image_shape, opposite):
        message += f" Read it with ImageReshaper(input_channels={opposite!r})."
    n_channels, rest = divmod(math.prod(shape), math.prod(image_shape[:2]))
    if rest == 0 and n_channels != image_shape[2]:
        message += (
            f" For images with {n_channels} channels, give "
            f"image_shape={(*image_shape[:2], n_channels)}."
        )
    raise ValueError(message)


def settle_image_shape(shape: tuple, image_shape: Any, channels: str) -> tuple:
    """Shape (height, width, channels) of samples of `shape`, settled at fit.

    Parameters
    ----------
    shape : tuple
        `X.shape[1:]`: one axis for flat rows, two or three for images.
    image_shape : tuple, list or None
        The parameter of that name.
    channels : {"first", "last"}
        Where a flat row or a sample of three axes has its channels.
    """
    if image_shape is not None:
        settled = check_image_shape(image_shape)
        check_agreement(shape, settled, channels)
        return settled
    if len(shape) == 1:
        return infer_image_shape(shape[0])
    if len(shape) == 2:
        return (*shape, 1)
    check_channel_axis(shape, channels)
    return _read_shape(shape, channels)


def as_pixels(X: Any) -> Any:
    """Return X as `as_numbers` does, the images of a list checked one by one.

    Raises
    ------
    ValueError
        If X holds names of files, or one of a list is on another scale than the others.
    """
    is_list = isinstance(X, list | tuple | deque)
    is_array = isinstance(X, np.ndarray) and X.ndim == 1
    if is_list or is_array or hasattr(X, "to_list"):  # a Series has to_list
        _refuse_file_names(X)
    if is_list:
        _check_each(list(X))
    return as_numbers(X)


def _refuse_file_names(X: Any) -> None:
    """Raise if the first of some images, which may be any object, is a name."""
    first = next(iter(X), None)
    if isinstance(first, str | os.PathLike):
        raise ValueError(
            f"X holds {str(first)!r:.60} in the place of an image: read the files "
            "first, to one mode and one size, such as [np.asarray(PIL.Image.open(name)"
            ".convert('RGB').resize((64, 64))) for name in X]."
        )


def _check_each(images: list) -> None:
    if len({str(getattr(image, "dtype", None)) for image in images}) < 2:
        return
    first_of: dict[str, int] = {}
    for number, image in enumerate(images):
        scale = _scale_of(image)
        if scale is not None:
            first_of.setdefault(scale, number)
    if len(first_of) > 1:
        (one, number), (other, another), *_ = first_of.items()
        raise ValueError(
            f"The images of X are on different scales: image {number} has {one}, image "
            f"{another} has {other}. Bring all to one: bytes to fractions by image / "
            "255, for example."
        )


def _scale_of(image: Any) -> str | None:
    """What the pixels of an image are; None where it may be on any scale."""
    if not hasattr(image, "__array_interface__"):  # a list, whose types tell little
        return None
    pixels = np.asarray(image)
    if pixels.size == 0 or pixels.dtype.kind not in "iuf":
        return None
    low, high = pixels.min(), pixels.max()
    if pixels.dtype.kind == "f":
        has_fractions = low >= -1 and high <= 1 and bool((pixels % 1).any())
        return "fractions (float) of at most 1" if has_fractions else None
    if pixels.dtype == np.uint8:
        return "bytes (uint8) of 0 to 255" if high > 1 else None
    is_of_16_bits = is_narrow_integer(pixels.dtype) and high > 255
    return "integers of 16 bits" if is_of_16_bits else None


def check_pixels(estimator: Any, X: Any) -> np.ndarray:
    """Return `X` as a finite numeric array of 2 to 4 dimensions, not copied.

    `X` is what `as_pixels` returns.
    """
    pixels = check_array(
        X,
        allow_nd=True,
        estimator=estimator,
        input_name="X",
        ensure_all_finite=False,
    )
    check_numeric(pixels)
    check_finite_pixels(estimator, pixels)
    name = type(estimator).__name__
    if pixels.ndim > 4:
        raise ValueError(
            f"Found array with dim {pixels.ndim}, while dim <= 4 is required by {name}:"
            " flat rows (n_samples, n_features), or images (n_samples, height, width) "
            "or (n_samples, height, width, channels)."
        )
    if pixels.size == 0:
        raise ValueError(
            f"Found array with 0 feature(s) (shape={pixels.shape}) while a minimum of "
            f"1 is required by {name}."
        )
    return pixels


def check_numeric(X: Any) -> Any:
    """Return checked X; raise if scikit-learn let another type pass, such as dates."""
    if X.dtype.kind not in "biuf":
        raise TypeError(
            f"X must hold numbers, but it has dtype {X.dtype}: convert it first, dates "
            "for example to the seconds since one of them."
        )
    return X


def check_finite_pixels(estimator: Any, pixels: Any) -> None:
    """Raise for NaN and infinite pixels, in scikit-learn's words, with the image."""
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # in the sum of them
            assert_all_finite(pixels, input_name="X")
    except ValueError as error:
        bad = ~np.isfinite(pixels.data if hasattr(pixels, "indptr") else pixels)
        where = ""
        if bad.ndim > 1:
            of_image = bad.reshape(len(bad), -1).any(axis=1)
            where = (
                f" These are {int(bad.sum())} pixels of {int(of_image.sum())} images, "
                f"the first in image {int(of_image.argmax())}."
            )
        raise ValueError(
            f"{error}{where} {type(estimator).__name__} takes finite pixels: leave "
            "such images out, or fill the pixels, for example with np.nan_to_num(X)."
        ) from None


def refuse_single_image(estimator: Any, X: Any) -> None:
    """Raise if X is one sample of those seen in `fit`, without the axis of samples."""
    shape = getattr(X, "shape", ())
    n_features = estimator.n_features_in_
    # One flat row of shape (n_features,) is a matter of scikit-learn's own words.
    if len(shape) not in (2, 3) or hasattr(X, "columns"):
        return
    if math.prod(shape) != n_features or math.prod(shape[1:]) == n_features:
        return
    image_shape = getattr(estimator, "image_shape_", None)
    raise ValueError(
        f"X has {math.prod(shape[1:])} features, but {type(estimator).__name__} is "
        f"expecting {n_features} features as input. X has shape {shape}, as many "
        "values as one "
        + (f"image of image_shape_={image_shape}" if image_shape else "sample")
        + ": pass a single one with an axis for the samples in front, X[None], or in "
        "a list, [X]."
    )


def record_input(estimator: Any, X: Any, shape: tuple, image_shape: tuple) -> None:
    """Set what both transformers keep about the input of `fit`."""
    # ensure_2d=False: n_features_in_ would be the height of an image.
    validate_data(estimator, X, reset=True, skip_check_array=True, ensure_2d=False)
    estimator.n_features_in_ = math.prod(shape)
    estimator.input_shape_ = shape
    estimator.image_shape_ = image_shape


def check_n_features(estimator: Any, pixels: np.ndarray) -> None:
    """Raise if samples have another number of pixels than those of `fit`."""
    n_features = math.prod(pixels.shape[1:])
    if n_features != estimator.n_features_in_:
        message = (
            f"X has {n_features} features, but {type(estimator).__name__} is "
            f"expecting {estimator.n_features_in_} features as input."
        )
        fitted = getattr(estimator, "image_shape_", None)
        if pixels.ndim > 2 and fitted is not None:
            message += (
                f" X has shape {name_shape(pixels.shape[1:])}, and fit saw images of "
                f"image_shape_={fitted}: bring all images to that size and number of "
                "channels."
            )
        raise ValueError(message)


def check_fitted_pixels(estimator: Any, X: Any, *, names: bool = True) -> np.ndarray:
    """Return `X` as `check_pixels` does, names and number of features checked."""
    check_is_fitted(estimator)
    X = as_pixels(X)
    if names:
        validate_data(estimator, X, reset=False, skip_check_array=True, ensure_2d=False)
    refuse_single_image(estimator, X)
    pixels = check_pixels(estimator, X)
    check_n_features(estimator, pixels)
    return pixels


def to_images(pixels: np.ndarray, image_shape: tuple, channels: str) -> np.ndarray:
    """View of `pixels` as images of shape (n_samples, height, width, channels)."""
    check_agreement(pixels.shape[1:], image_shape, channels)
    images = pixels.reshape(len(pixels), *stored_shape(image_shape, channels))
    return images if channels == "last" else np.moveaxis(images, 1, -1)


def from_images(images: np.ndarray, shape: tuple, channels: str) -> np.ndarray:
    """Images of shape (n, height, width, channels) as samples of `shape`."""
    if channels == "first":
        images = np.moveaxis(images, -1, 1)
    return images.reshape(len(images), *shape)


def pixel_range(pixels: np.ndarray) -> tuple[float, float]:
    """Lowest and highest value that pixels of this type and content can take."""
    return type_range(pixels.dtype) or widened(float(pixels.min()), float(pixels.max()))


def shown_range(pixels: np.ndarray) -> tuple[float, float]:
    """Values to show as black and white: `pixel_range`, if the pixels fill enough.

    Those of a scanner with 12 bits, masks of zeros and ones in bytes, or temperatures
    in kelvins would all look alike in it; of such the range is the one seen.
    """
    low, high = pixel_range(pixels)
    bottom, top = float(pixels.min()), float(pixels.max())
    is_narrow = 0 < top - bottom < LEAST_SHOWN * (high - low)
    return (bottom, top) if is_narrow else (low, high)


def pixel_scale(dtype: np.dtype) -> str | None:
    """Name of the scale that a type suggests; None: any (lists of whole numbers)."""
    if is_narrow_integer(dtype):
        return dtype.name
    return None if dtype.kind in "iu" else "float"

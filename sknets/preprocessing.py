"""Image transformers: flat rows to images and back, and pixel scaling.

Both transformers look at their input as images of shape ``(n_samples, height,
width, channels)``, whatever layout it comes in. That look is always a view.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Sequence
from numbers import Real
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import (
    BaseEstimator,
    OneToOneFeatureMixin,
    TransformerMixin,
)
from sklearn.utils import gen_batches
from sklearn.utils.metaestimators import available_if

from ._core.scaling import FLOAT32_MAX, SHRINK
from ._dask import kind_of, lazily
from ._images.shapes import (
    as_pixels,
    check_fitted_pixels,
    check_pixels,
    from_images,
    pixel_range,
    pixel_scale,
    record_input,
    settle_image_shape,
    stored_shape,
    to_images,
    warn_of_rectangle,
)
from ._sklearn import DocumentationLink, StrOptions, fit_context

__all__ = ["ImageNormalizer", "ImageReshaper"]

# Pixels converted to floating point at a time: few enough to stay in the cache,
# which makes `transform` of uint8 rows 1.8 times as fast as with 2**20.
_BATCH_PIXELS = 2**18


def _batches(images: np.ndarray) -> Iterator[slice]:
    return gen_batches(len(images), max(1, _BATCH_PIXELS // images[0].size))


def _pixel_statistics(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of every pixel, each of shape (height, width, channels).

    One pass over batches, merged as in Chan, Golub and LeVeque (1983), "Algorithms
    for computing the sample variance". Differences to the first image are summed, so
    that the variance of a constant pixel is exactly zero.
    """
    first = images[0].astype(np.float64)
    mean, squares = np.zeros_like(first), np.zeros_like(first)
    for rows in _batches(images):
        batch = np.subtract(images[rows], first, dtype=np.float64)
        batch_mean = batch.mean(axis=0)
        batch -= batch_mean
        difference = batch_mean - mean
        mean += difference * (len(batch) / rows.stop)
        squares += np.square(batch, out=batch).sum(axis=0)
        squares += difference**2 * (rows.start * len(batch) / rows.stop)
    return first + mean, squares / len(images)


def _channel_statistics(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of every channel, each of shape (channels,)."""
    mean, variance = _pixel_statistics(images)
    difference = mean - mean[0, 0]  # exactly zero in a constant channel
    return (
        mean[0, 0] + difference.mean(axis=(0, 1)),
        variance.mean(axis=(0, 1)) + difference.var(axis=(0, 1)),
    )


def _check_input_range(input_range: Any) -> tuple[float, float]:
    """Return the parameter `input_range` as two floats."""
    if (
        len(input_range) != 2
        or not all(isinstance(end, Real) and math.isfinite(end) for end in input_range)
        or not input_range[0] < input_range[1]
    ):
        raise ValueError(
            "input_range must be (low, high), finite numbers with low < high, "
            f"got {input_range!r}."
        )
    return float(input_range[0]), float(input_range[1])


class ImageReshaper(
    DocumentationLink, OneToOneFeatureMixin, TransformerMixin, BaseEstimator
):
    """Reshape flat rows to images, images to flat rows, or move the channel axis.

    The type of the pixels is kept, and the result is a view of the input where the
    order of the pixels in memory allows it.

    Parameters
    ----------
    image_shape : tuple (height, width) or (height, width, channels), default=None
        Shape of one image, always in this order; without `channels` it has one. If
        None, images tell it themselves, and flat rows are square images with one
        channel or else with three. Rows that are neither are a signal of shape
        `(1, n_features, 1)`. Flat rows of four channels need `image_shape`: their
        number of features is that of a square image with one channel.
    output : {"images", "flat"}, default="images"
        Whether `transform` returns images of four axes or flat rows.
    input_channels, output_channels : {"last", "first"}, default="last"
        Whether an image of three axes is `(height, width, channels)` or `(channels,
        height, width)`, and flat rows the same, ravelled.

    Attributes
    ----------
    image_shape_ : tuple (height, width, channels)
        Shape of one image, in this order for either place of the channels.
    input_shape_ : tuple
        Shape of one sample as passed to `fit`, which `inverse_transform` restores.
    n_features_in_ : int
        Number of pixels of one image: height x width x channels.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns seen during `fit`, if `X` had any.

    See Also
    --------
    ImageNormalizer : Scale the pixels.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sknets.preprocessing import ImageReshaper
    >>> X, y = load_digits(return_X_y=True)
    >>> X.shape
    (1797, 64)
    >>> reshaper = ImageReshaper().fit(X)
    >>> reshaper.transform(X).shape
    (1797, 8, 8, 1)
    >>> reshaper.inverse_transform(reshaper.transform(X)).shape
    (1797, 64)
    """

    __module__ = "sknets"

    _parameter_constraints = {
        "image_shape": [tuple, list, None],
        "output": [StrOptions({"images", "flat"})],
        "input_channels": [StrOptions({"first", "last"})],
        "output_channels": [StrOptions({"first", "last"})],
    }

    def __init__(
        self,
        image_shape: Sequence[int] | None = None,
        *,
        output: Literal["images", "flat"] = "images",
        input_channels: Literal["first", "last"] = "last",
        output_channels: Literal["first", "last"] = "last",
    ) -> None:
        self.image_shape = image_shape
        self.output = output
        self.input_channels = input_channels
        self.output_channels = output_channels

    def _reshape(self, pixels: np.ndarray) -> np.ndarray:
        images = to_images(pixels, self.image_shape_, self.input_channels)
        shape = stored_shape(self.image_shape_, self.output_channels)
        if self.output == "flat":
            shape = (self.n_features_in_,)
        return from_images(images, shape, self.output_channels)

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Settle the shape of the images.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), (n_samples, height, width), \
                (n_samples, height, width, channels) or, with \
                `input_channels="first"`, (n_samples, channels, height, width)
            Flat rows or images.
        y : None
            Ignored.

        Returns
        -------
        self : ImageReshaper
            The fitted transformer.

        Raises
        ------
        ValueError
            If `X` does not agree with `image_shape`, or its channels seem to be at
            the other end than `input_channels` says.
        """
        X = as_pixels(X)
        shape = check_pixels(self, X).shape[1:]
        warn_of_rectangle(shape, self.image_shape)
        image_shape = settle_image_shape(shape, self.image_shape, self.input_channels)
        record_input(self, X, shape, image_shape)
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Reshape flat rows or images to what `output` and `output_channels` say.

        Parameters
        ----------
        X : array-like
            Flat rows or images of the size seen during `fit`, in any layout that
            `fit` takes, not only in that of `fit`.

        Returns
        -------
        X_out : ndarray of shape (n_samples, height, width, channels), (n_samples, \
                channels, height, width) or (n_samples, n_features)
            The same pixels, of the same type.

        Raises
        ------
        ValueError
            If the images have another shape than during `fit`.
        """
        if kind_of(X):
            return lazily(copy.copy(self), "transform", X)
        return self._reshape(check_fitted_pixels(self, X))

    def inverse_transform(self, X: Any) -> np.ndarray:
        """Bring the result of `transform` back to the layout passed to `fit`.

        Parameters
        ----------
        X : array-like
            Images or flat rows as `transform` returns them.

        Returns
        -------
        X_original : ndarray of shape (n_samples, ...)
            The same pixels, of the same type.
        """
        if kind_of(X):
            return lazily(copy.copy(self), "inverse_transform", X)
        pixels = check_fitted_pixels(self, X, names=False)
        images = to_images(pixels, self.image_shape_, self.output_channels)
        return from_images(images, self.input_shape_, self.input_channels)

    # An array of four axes has no columns: without names, set_output is off as well.
    @available_if(lambda self: self.output == "flat")
    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the columns of flat output, in its order.

        Parameters
        ----------
        input_features : array-like of str of shape (`n_features_in_`,), default=None
            Names of the input features; if None, `feature_names_in_`, or else "x0",
            "x1" and so on.

        Returns
        -------
        feature_names_out : ndarray of str of shape (`n_features_in_`,)
            The same names, moved as the pixels are.
        """
        names = super().get_feature_names_out(input_features)
        return self._reshape(names[np.newaxis])[0]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32", "int64"]
        return tags


class ImageNormalizer(
    DocumentationLink, OneToOneFeatureMixin, TransformerMixin, BaseEstimator
):
    """Scale pixels to `(X - offset_) / scale_`, in float32, in the layout of `X`.

    Parameters
    ----------
    method : {"range", "channel", "pixel"}, default="range"
        "range" maps the range of the pixels to 0..1. "channel" and "pixel" subtract
        the mean and divide by the standard deviation, of each channel or of each
        pixel, as learned by `fit` in one pass over small batches.
    input_range : tuple (low, high), default=None
        Range of the pixels, for `method="range"` only. If None, it is

        - the range of the type for integers of 8 and 16 bits, 0..255 for uint8;
        - otherwise (floats, longer integers, booleans) the observed range, widened
          where needed to contain 0 and 1. So 0..1 stays as it is, however dark the
          images, 0..255 is divided by 255, and the 0..16 of `load_digits` by 16.

        Values outside the range give results outside 0..1; nothing is clipped but what
        is beyond the largest float32.
    image_shape : tuple (height, width) or (height, width, channels), default=None
        Shape of one image; if None it is found as in :class:`ImageReshaper`.
        Channels are last.

    Attributes
    ----------
    offset_ : float or ndarray of shape (channels,) or (height, width, channels)
        Low end of the range, or mean of the channels or pixels.
    scale_ : float or ndarray of shape (channels,) or (height, width, channels)
        Width of the range, or standard deviation; 1 for a constant channel or pixel.
    image_shape_ : tuple (height, width, channels)
        Shape of one image.
    input_shape_ : tuple
        Shape of one sample as passed to `fit`.
    input_dtype_ : str
        Name of the type of the pixels passed to `fit`.
    n_features_in_ : int
        Number of pixels of one image: height x width x channels.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns seen during `fit`, if `X` had any.

    See Also
    --------
    ImageReshaper : Reshape flat rows to images and back.

    Examples
    --------
    >>> import numpy as np
    >>> from sknets.preprocessing import ImageNormalizer
    >>> X = np.array([[0, 51], [102, 255]], dtype=np.uint8)
    >>> ImageNormalizer().fit_transform(X)
    array([[0. , 0.2],
           [0.4, 1. ]], dtype=float32)
    >>> ImageNormalizer(method="pixel").fit_transform(X)
    array([[-1., -1.],
           [ 1.,  1.]], dtype=float32)
    """

    __module__ = "sknets"

    _parameter_constraints = {
        "method": [StrOptions({"range", "channel", "pixel"})],
        "input_range": [tuple, list, None],
        "image_shape": [tuple, list, None],
    }

    def __init__(
        self,
        method: Literal["range", "channel", "pixel"] = "range",
        *,
        input_range: Sequence[float] | None = None,
        image_shape: Sequence[int] | None = None,
    ) -> None:
        self.method = method
        self.input_range = input_range
        self.image_shape = image_shape

    def _learn(self, images: np.ndarray) -> tuple[Any, Any]:
        """Return offset and scale of `images`."""
        if self.method == "range":
            low, high = (
                pixel_range(images)
                if self.input_range is None
                else _check_input_range(self.input_range)
            )
            return low, high - low
        if self.input_range is not None:
            raise ValueError(
                f"input_range={self.input_range!r} has no effect with "
                f"method={self.method!r}: set method='range', or input_range=None."
            )
        is_by_channel = self.method == "channel"
        learn = _channel_statistics if is_by_channel else _pixel_statistics
        try:
            with np.errstate(over="raise"):
                mean, variance = learn(images)
            deviation = np.sqrt(variance)
        except FloatingPointError:  # squares of values beyond 1e154 or so
            mean, variance = learn(images * np.float64(SHRINK))
            mean, deviation = mean / SHRINK, np.sqrt(variance) / SHRINK
        # What float32 cannot divide by counts as constant.
        return mean, np.where(deviation < np.finfo(np.float32).tiny, 1.0, deviation)

    def _check_scale(self, dtype: np.dtype) -> None:
        """Raise if the type contradicts the one whose scale was learned."""
        fitted_dtype = np.dtype(self.input_dtype_)
        scales = {pixel_scale(dtype), pixel_scale(fitted_dtype)} - {None}
        if self.input_range is None and len(scales) > 1:
            raise ValueError(
                f"X has dtype {dtype}, but ImageNormalizer was fitted on "
                f"{self.input_dtype_} pixels, whose scale is another. Bring X to the "
                "scale and type it had during fit; if only the type differs, use "
                f"X.astype({self.input_dtype_!r})."
            )

    def _apply(self, pixels: np.ndarray, *steps: tuple[np.ufunc, Any]) -> np.ndarray:
        """Apply pairs of ufunc and operand, batch by batch, in at least float32."""
        images = to_images(pixels, self.image_shape_, "last")
        dtype = np.result_type(images.dtype, np.float32)
        # Whole images as operands: numpy is slow at an inner axis of three channels.
        image_steps = [
            (ufunc, np.broadcast_to(operand, self.image_shape_).astype(dtype))
            for ufunc, operand in steps
        ]
        X_out = np.empty(images.shape, dtype=np.float32)
        for rows in _batches(images):
            batch = images[rows].astype(dtype)
            with np.errstate(over="ignore"):
                for ufunc, operand in image_steps:
                    ufunc(batch, operand, out=batch)
                X_out[rows] = batch
            if not np.isfinite(X_out[rows]).all():
                np.clip(X_out[rows], -FLOAT32_MAX, FLOAT32_MAX, out=X_out[rows])
        return X_out.reshape(pixels.shape)

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn offset and scale.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), (n_samples, height, width) \
                or (n_samples, height, width, channels)
            Flat rows or images.
        y : None
            Ignored.

        Returns
        -------
        self : ImageNormalizer
            The fitted transformer.

        Raises
        ------
        ValueError
            If `X` does not agree with `image_shape`, `X` seems to have its channels
            first, or `input_range` is no range or given where it has no effect.
        """
        X = as_pixels(X)
        pixels = check_pixels(self, X)
        shape = pixels.shape[1:]
        image_shape = settle_image_shape(shape, self.image_shape, "last")
        offset, scale = self._learn(to_images(pixels, image_shape, "last"))
        record_input(self, X, shape, image_shape)
        self.input_dtype_ = pixels.dtype.name
        self.offset_ = offset
        self.scale_ = scale
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Scale the pixels.

        Parameters
        ----------
        X : array-like
            Flat rows or images of the size seen during `fit`.

        Returns
        -------
        X_out : ndarray of float32, of the shape of `X`
            The scaled pixels, in a new array.

        Raises
        ------
        ValueError
            If the images have another shape than during `fit`, or, without
            `input_range`, a type of another scale: floats or booleans, integers of 8
            bits and integers of 16 bits contradict each other. Longer integers, as
            lists of whole numbers give them, contradict none.
        """
        if kind_of(X):
            return lazily(copy.copy(self), "transform", X)
        pixels = check_fitted_pixels(self, X)
        self._check_scale(pixels.dtype)
        return self._apply(
            pixels, (np.subtract, self.offset_), (np.divide, self.scale_)
        )

    def inverse_transform(self, X: Any) -> np.ndarray:
        """Bring scaled pixels back to their original scale.

        Parameters
        ----------
        X : array-like
            Flat rows or images of scaled pixels.

        Returns
        -------
        X_original : ndarray of float32, of the shape of `X`
            `X * scale_ + offset_`, neither rounded nor clipped. For uint8 images use
            `X_original.round().clip(0, 255).astype("uint8")`.
        """
        if kind_of(X):
            return lazily(copy.copy(self), "inverse_transform", X)
        pixels = check_fitted_pixels(self, X, names=False)
        return self._apply(pixels, (np.multiply, self.scale_), (np.add, self.offset_))

    # Images have no columns: fitted on them, set_output has no effect either.
    @available_if(lambda self: len(getattr(self, "input_shape_", (0,))) == 1)
    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the columns: those of the input.

        Parameters
        ----------
        input_features : array-like of str of shape (`n_features_in_`,), default=None
            Names of the input features; if None, `feature_names_in_`, or else "x0",
            "x1" and so on.

        Returns
        -------
        feature_names_out : ndarray of str of shape (`n_features_in_`,)
            The same names.
        """
        return super().get_feature_names_out(input_features)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags

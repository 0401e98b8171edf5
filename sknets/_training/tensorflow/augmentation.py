"""Random changes of training images, inside the compiled program.

Shift, rotation, zoom and flip are one affine map for each image, to which elastic waves
are added; each pixel is read once, between the four around its source. XLA makes one
loop of it, which takes a third of the time of TensorFlow's
`ImageProjectiveTransformV3`; all changes together take a few percent of a training
step of three convolutions.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import tensorflow as tf

from ..._core.layers.base import Shape
from .randomness import random_uniform

# The random numbers of these streams; those of the layers count from 0.
STREAM, UNCHANGED_STREAM = -1, -2
N_RANGES = 9
# Draws of an image that stays as it is; it is flipped where the fifth is not negative.
NEUTRAL = (0.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 0.0)
# Control points of the elastic waves along each side.
N_POINTS = 6


def augmented(
    rows: Any, ranges: Any, black: Any, unchanged: Any, key: Any, shape: Shape
) -> Any:
    """Change each image by a random draw of its own.

    Parameters
    ----------
    rows : tensor of float32 of shape (n_rows, height * width * channels)
        Images.
    ranges : tensor of shape (9, 2)
        Lowest and highest value, as in `sknets._images.augment.Changes`.
    black : scalar tensor
        Value of a pixel without light.
    unchanged : scalar tensor
        Probability that an image stays as it is.
    key : scalar tensor of uint32
        Key of the step.
    shape : (height, width, channels)

    Returns
    -------
    tensor of float32 of the shape of `rows`
    """
    height, width, channels = shape
    n_rows = rows.shape[0]
    uniform = random_uniform(key, STREAM, (n_rows, N_RANGES + 4 + 2 * N_POINTS**2))
    ranged, place, direction, points = tf.split(uniform, [N_RANGES, 3, 1, -1], axis=1)
    low, high = ranges[:, 0], ranges[:, 1]
    stays = random_uniform(key, UNCHANGED_STREAM, (n_rows, 1)) < unchanged
    draws = tf.where(stays, tf.constant(NEUTRAL), low + ranged * (high - low))
    (vertical, horizontal, turn, zoom, flip, elastic,
     brightness, illumination, erase) = tf.unstack(draws, axis=1)  # fmt: skip
    y, x = _sources(vertical, horizontal, turn, zoom, flip, height, width)
    waves_y, waves_x = _waves(elastic, points, height, width)
    y, x = y + height * waves_y, x + width * waves_x
    images = _sampled(tf.reshape(rows, (-1, height * width, channels)), y, x, shape)
    light = _log_light(brightness, illumination, direction, height, width)
    # Nothing is added where the factor is 1, so that such pixels keep their bits.
    images += (images - black) * tf.math.expm1(light)[..., None]
    hidden = _rectangle(erase, place, height, width)
    mean = tf.reduce_mean(images, axis=(1, 2), keepdims=True)
    return tf.reshape(tf.where(hidden[..., None], mean, images), rows.shape)


def _sources(
    vertical: Any, horizontal: Any, turn: Any, zoom: Any, flip: Any, height: int,
    width: int,
) -> tuple[Any, Any]:  # fmt: skip
    """Where each pixel of each image comes from: row and column, (n, height, width).

    The content is flipped, turned around the centre and zoomed, then shifted; the
    sources are found by the inverse steps in the inverse order.
    """
    middle_y, middle_x = (height - 1) / 2, (width - 1) / 2
    y = tf.reshape(tf.range(height, dtype=tf.float32) - middle_y, (1, -1, 1))
    x = tf.reshape(tf.range(width, dtype=tf.float32) - middle_x, (1, 1, -1))
    y -= _per_image(vertical) * height
    x -= _per_image(horizontal) * width
    angle = _per_image(turn) * (2 * math.pi)
    cos, sin = tf.cos(angle), tf.sin(angle)
    size = 1.0 + _per_image(zoom)
    mirror = tf.where(_per_image(flip) >= 0, -1.0, 1.0)
    source_y = (cos * y + sin * x) / size
    source_x = (cos * x - sin * y) / size * mirror
    return source_y + middle_y, source_x + middle_x


def _waves(elastic: Any, points: Any, height: int, width: int) -> tuple[Any, Any]:
    """Smooth random displacements of that standard deviation: two of (n, h, w)."""
    values = math.sqrt(12) * (tf.reshape(points, (-1, 2, N_POINTS, N_POINTS)) - 0.5)
    values *= tf.reshape(elastic, (-1, 1, 1, 1))
    waves = tf.einsum("hk,nckl,wl->cnhw", _splines(height), values, _splines(width))
    return waves[0], waves[1]


def _splines(size: int) -> np.ndarray:
    """Weights of the control points at each pixel: cubic B-splines of unit norm."""
    place = np.linspace(1, N_POINTS - 2, size)
    distance = np.abs(place[:, None] - np.arange(N_POINTS))
    near = 2 / 3 - distance**2 + distance**3 / 2
    far = np.maximum(2 - distance, 0) ** 3 / 6
    weights = np.where(distance < 1, near, far)
    weights /= np.linalg.norm(weights, axis=1, keepdims=True)
    return weights.astype(np.float32)


def _sampled(rows: Any, y: Any, x: Any, shape: Shape) -> Any:
    """Bilinear interpolation at (y, x); beyond the border its pixels go on."""
    height, width, channels = shape
    y = tf.clip_by_value(y, 0.0, height - 1.0)
    x = tf.clip_by_value(x, 0.0, width - 1.0)
    top, left = tf.floor(y), tf.floor(x)
    down, right = (y - top)[..., None], (x - left)[..., None]
    top, left = tf.cast(top, tf.int32), tf.cast(left, tf.int32)
    below = tf.minimum(top + 1, height - 1)
    beside = tf.minimum(left + 1, width - 1)
    pixels = tf.reshape(rows, (-1, channels))
    first = tf.reshape(tf.range(rows.shape[0]) * (height * width), (-1, 1, 1))

    def at(row: Any, column: Any) -> Any:
        return tf.gather(pixels, first + row * width + column)

    upper = at(top, left) * (1.0 - right) + at(top, beside) * right
    lower = at(below, left) * (1.0 - right) + at(below, beside) * right
    return upper * (1.0 - down) + lower * down


def _log_light(
    brightness: Any, illumination: Any, direction: Any, height: int, width: int
) -> Any:
    """Logarithm of the factor on each pixel's light: (n, height, width).

    It is `brightness` at the centre, and rises by `illumination` up to the border in
    a direction given in turns.
    """
    angle = _per_image(direction) * (2 * math.pi)
    y = (2 * tf.range(height, dtype=tf.float32) + 1) / height - 1
    x = (2 * tf.range(width, dtype=tf.float32) + 1) / width - 1
    slope = tf.sin(angle) * y[:, None] + tf.cos(angle) * x
    return _per_image(brightness) + _per_image(illumination) * slope


def _per_image(values: Any) -> Any:
    return tf.reshape(values, (-1, 1, 1))


def _rectangle(share: Any, uniform: Any, height: int, width: int) -> Any:
    """Mask of a random rectangle of `share` of each image: bool (n, height, width)."""
    # The ratio of its sides, relative to those of the image, is between 1/3 and 3.
    stretch = 3.0 ** (uniform[:, 0] - 0.5)
    side = tf.sqrt(share)

    def inside(length: Any, start: Any, size: int) -> Any:
        n_pixels = tf.round(tf.minimum(length, 1.0) * size)
        first = tf.floor(start * (size - n_pixels + 1.0))[:, None]
        pixel = tf.range(size, dtype=tf.float32)
        return (pixel >= first) & (pixel < first + n_pixels[:, None])

    rows = inside(side * stretch, uniform[:, 1], height)
    columns = inside(side / stretch, uniform[:, 2], width)
    return rows[:, :, None] & columns[:, None, :]

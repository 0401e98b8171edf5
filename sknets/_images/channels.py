"""What is lost where all pixels are scaled alike.

The channels of a photograph are alike. A height in metres beside a vegetation index is
not: scaled as the height is, the index is next to constant, and a network hardly learns
from it. Nor does it from pale colours beside an opacity that is 255 everywhere, nor
from heights of some hundred metres beside a few pixels of -32768, which stand for no
data.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .._core.sampling import some_rows
from .._core.scaling import QUANTILE_ROWS, Moments, blocks, extremes
from .._warnings import warn_user
from .whitening import some_images

# Standard deviation of a channel, as a share of that of all pixels, below which it is
# hardly learnt from: at a tenth, classes that are told by it alone and right in 78
# percent of the images were right in 40. Channels of photographs have more than a half.
LEAST_SHARE = 0.1
# Fewer images may be dark in a channel by chance, such as the first of a stream.
FEWEST_IMAGES = 10
# Ranges of all other pixels that a value is away from them. With one percent of such
# pixels at 5 ranges, digits were right in 89 percent instead of 98, at 20 in 70.
FAR = 3.0


def warn_of_lost_contrast(X: Any, index: np.ndarray, n_channels: int) -> None:
    """Warn if a channel varies far less than all pixels do, but is not constant.

    Or if all do, beside a few pixels of one value that is far from the others.

    Parameters
    ----------
    X : ndarray of shape (n, ...) or CSR matrix
        Pixels, with their channels last.
    index : ndarray of int
        The rows to look at.
    n_channels : int
    """
    if _warn_of_far_value(X, index):
        return
    if n_channels == 1 or len(index) < FEWEST_IMAGES:
        return
    moments = Moments()
    try:
        with np.errstate(over="raise"):
            for rows in blocks(X, index[some_rows(len(index), QUANTILE_ROWS)]):
                pixels = rows.reshape(-1, n_channels)
                moments.add(pixels, np.ones(len(pixels)))
            each = moments.scaling()
            deviations, of_all = _deviations(each["shift"], each["scale"])
    except FloatingPointError:  # squares of values beyond 1e154 or so
        return
    lost = (deviations > 0) & (deviations < LEAST_SHARE * of_all)
    if lost.any():
        channel = int(np.argmax(lost))
        warn_user(
            f"Channel {channel} of X has a standard deviation of "
            f"{deviations[channel]:.3g}, and all pixels together have {of_all:.3g}. "
            "They are scaled alike, so that hardly anything is learned from it: put "
            "ImageNormalizer(method='channel') in front, in a Pipeline, or leave out "
            "channels that tell nothing, such as a constant one.",
        )


def _deviations(mean: np.ndarray, scale: np.ndarray) -> tuple[np.ndarray, float]:
    """Standard deviation of each channel, and of the pixels of all."""
    each = np.divide(1, scale, out=np.zeros_like(scale), where=scale > 0)
    return each, float(np.sqrt(np.mean(each**2) + mean.var()))


def _warn_of_far_value(X: Any, index: np.ndarray) -> bool:
    """Warn if the lowest or the highest value is far from all others; return whether.

    Such a value of most pixels is the background of a drawing, and one of very few
    changes little.
    """
    if X.dtype.itemsize == 1:  # bytes lie close together
        return False
    index = index[some_images(len(index), math.prod(X.shape[1:]))]
    low, high = extremes(X, index)
    for far in (low, high):
        found = _others(X, index, far, (high - low) / (1 + FAR))
        if found is None:
            continue
        share, bottom, top = found
        away = max(abs(far - bottom), abs(far - top)) - (top - bottom)
        if share < 0.5 and 0 < (top - bottom) / 2 < math.sqrt(share) * away:
            value = repr(far).removesuffix(".0")
            warn_user(
                f"{100 * share:.2g} percent of the pixels of X are {value}, and all "
                f"others lie between {bottom:g} and {top:g}. They are scaled alike, so "
                "that hardly anything is learned from the others. If the value stands "
                f"for no data, put another one there, np.where(X == {value}, "
                f"{bottom:g}, X) for example, before fit and before predict.",
            )
            return True
    return False


def _others(
    X: Any, index: np.ndarray, far: float, most: float
) -> tuple[float, float, float] | None:
    """Share of the pixels that are `far`; lowest and highest of all the others.

    None if these have a range of more than `most`, as the first of them tell mostly.
    """
    n_far, n_pixels, bottom, top = 0, 0, math.inf, -math.inf
    for rows in blocks(X, index):
        others = rows[rows != far]
        n_far, n_pixels = n_far + rows.size - others.size, n_pixels + rows.size
        if others.size:
            bottom = min(bottom, float(others.min()))
            top = max(top, float(others.max()))
        if top - bottom > most:
            return None
    return n_far / n_pixels, bottom, top

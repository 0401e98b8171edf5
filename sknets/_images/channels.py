"""Channels that are lost where all pixels are scaled alike.

The channels of a photograph are alike. A height in metres beside a vegetation index is
not: scaled as the height is, the index is next to constant, and a network hardly learns
from it. Nor does it from pale colours beside an opacity that is 255 everywhere.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._core.sampling import some_rows
from .._core.scaling import QUANTILE_ROWS, Moments, blocks
from .._warnings import warn_user

# Standard deviation of a channel, as a share of that of all pixels, below which it is
# hardly learnt from: at a tenth, classes that are told by it alone and right in 78
# percent of the images were right in 40. Channels of photographs have more than a half.
LEAST_SHARE = 0.1
# Fewer images may be dark in a channel by chance, such as the first of a stream.
FEWEST_IMAGES = 10


def warn_of_lost_channel(X: Any, index: np.ndarray, n_channels: int) -> None:
    """Warn if a channel varies far less than all pixels do, but is not constant.

    Parameters
    ----------
    X : ndarray of shape (n, ...) or CSR matrix
        Pixels, with their channels last.
    index : ndarray of int
        The rows to look at.
    n_channels : int
    """
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

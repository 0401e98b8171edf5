"""A drawing made into an image as those of MNIST were made.

Each digit of MNIST was scaled into a box of 20 x 20 pixels, keeping its aspect ratio,
with anti-aliased edges, and was then placed in a field of 28 x 28 pixels with its
centre of mass at the centre (Y. LeCun, C. Cortes and C. Burges, "The MNIST database of
handwritten digits"). A network that learned from such images sees a drawing as
something else unless it is made the same way.

Drawings come as strokes, the points that the pen passed, not as pixels: they do not
depend on the size and sharpness of the screen, and the line that is drawn after
scaling always has the width of the lines in MNIST, however small the drawing was.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

FIELD = 28
BOX = 20
# Pixel 14 is where the centres of mass of MNIST's training images lie (mean of the
# first 20 000: 14.00 down and 14.01 across), half a pixel off the middle.
CENTRE = 14.0
# Full width at half of the ink's height. A straight "1" of MNIST has a median of 2.9
# pixels of ink in a row.
LINE_WIDTH = 2.8
# A drawing smaller than this share of the pad is not blown up to the whole box: a
# dot stays a dot.
SMALLEST = 0.1
# Points closer than this, in pixels of the field, change nothing that can be seen.
_SPACING = 0.25
# How many segments are measured at once, so that they stay in the cache.
_BLOCK = 64


def to_image(strokes: Sequence[Sequence[Sequence[float]]]) -> np.ndarray | None:
    """Draw strokes into a field of 28 x 28 pixels.

    Parameters
    ----------
    strokes : sequence of strokes
        A stroke is a sequence of points (x, y), in units of the pad's side, x to the
        right and y down. One point alone is a dot.

    Returns
    -------
    image : ndarray of shape (28, 28), uint8, or None
        255 is ink. None if there is no point at all.
    """
    lines = [np.asarray(stroke, dtype=float) for stroke in strokes if len(stroke)]
    if not lines:
        return None
    segments = _segments(_into_box(lines))
    first = _ink(segments)
    # No further than the margin, so that nothing leaves the field.
    margin = (FIELD - BOX) / 2
    shift = np.clip(CENTRE - centre_of_mass(first), -margin, margin)
    return np.rint(255 * _ink(segments + shift)).astype(np.uint8)


def centre_of_mass(image: np.ndarray) -> np.ndarray:
    """Centre (x, y) of the ink of an image of shape (28, 28), in pixels."""
    pixels = np.arange(FIELD)
    return np.array([image.sum(0) @ pixels, image.sum(1) @ pixels]) / image.sum()


def _into_box(lines: list[np.ndarray]) -> list[np.ndarray]:
    """Lines in pixels, their box in the middle of the field, its longer side BOX."""
    points = np.concatenate(lines)
    low, high = points.min(0), points.max(0)
    extent = max((high - low).max(), SMALLEST)
    scale = (BOX - LINE_WIDTH) / extent
    middle = (low + high) / 2
    return [(line - middle) * scale + CENTRE - 0.5 for line in lines]


def _segments(lines: list[np.ndarray]) -> np.ndarray:
    """Both ends of all straight pieces, of shape (n_segments, 2 ends, 2)."""
    pieces = []
    for line in map(_thinned, lines):
        # A dot is a segment whose ends are the same point.
        ends = line[1:] if len(line) > 1 else line
        pieces.append(np.stack([line[: len(ends)], ends], axis=1))
    return np.concatenate(pieces)


def _thinned(line: np.ndarray) -> np.ndarray:
    """The line with at most one point in each `_SPACING` of its way, and its ends."""
    steps = np.hypot(*np.diff(line, axis=0).T)
    stretch = np.floor(np.concatenate([[0], np.cumsum(steps)]) / _SPACING)
    keep = np.diff(stretch, prepend=-1) > 0
    keep[-1] = True
    return line[keep]


def _ink(segments: np.ndarray) -> np.ndarray:
    """Share of ink in each pixel, of shape (28, 28), between 0 and 1.

    A pixel whose centre is `d` from the nearest segment holds as much ink as a line
    with a straight edge would leave in it: it fades over one pixel.
    """
    grid = np.arange(FIELD, dtype=float)[:, None]
    nearest = np.full((FIELD, FIELD), np.inf)
    for start in range(0, len(segments), _BLOCK):
        begin, end = segments[start : start + _BLOCK].transpose(1, 2, 0)
        way = end - begin
        length = np.maximum((way**2).sum(0), 1e-12)
        # Rows of the field, columns of the field, segments.
        down, across = (grid - begin[1])[:, None], (grid - begin[0])[None]
        along = down * way[1] + across * way[0]
        share = np.clip(along / length, 0, 1)
        # The square of the distance to begin + share * way, multiplied out.
        distances = down**2 + across**2 - share * (2 * along - share * length)
        nearest = np.minimum(nearest, distances.min(axis=-1))
    # Rounding can leave a square just below zero.
    return np.clip(LINE_WIDTH / 2 + 0.5 - np.sqrt(np.maximum(nearest, 0)), 0, 1)

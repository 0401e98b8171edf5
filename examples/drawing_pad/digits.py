"""Digits to train on and to ask: MNIST, or what scikit-learn ships in its place.

The stand-in is `sklearn.datasets.load_digits`: 1797 digits of 8 x 8 pixels. They are
enlarged as the drawings are made, into a box of 20 x 20 pixels with the centre of mass
in the middle of 28 x 28, and with lines about as thin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.ndimage import affine_transform, zoom
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sknets.datasets import load_mnist

from .strokes import BOX, CENTRE, FIELD

MNIST = "MNIST"
STAND_IN = "scikit-learn's digits"

# How many times larger the 8 x 8 pixels are made before a line is cut out of them.
_ZOOM = 5
# Share of full ink where the edge of the line is put: the higher, the thinner.
_LEVEL = 0.55
# Variants of each training digit of the stand-in.
_VARIANTS = 4


@dataclass(frozen=True)
class Digits:
    """Images of shape (n, 28, 28), uint8, their digits, and where they are from."""

    images: np.ndarray
    labels: np.ndarray
    source: str


def load(subset: str, data: Any) -> Digits:
    """Load the digits to train on ("train") or the others ("test").

    `data` is the folder of MNIST, None where it is not known. MNIST is then still
    looked for in the folder `SKNETS_DATA` and in Keras' download cache.

    Raises
    ------
    FileNotFoundError
        If MNIST is not in the folder that was named.
    ValueError
        If the file of MNIST is damaged.
    """
    try:
        mnist = load_mnist(subset=subset, data_home=data, download_if_missing=False)
    except FileNotFoundError:
        if data is not None:
            raise
        return stand_in(subset)
    return Digits(mnist.images, mnist.target, MNIST)


def stand_in(subset: str) -> Digits:
    """Enlarged digits of scikit-learn: varied to train on, as they are to test."""
    X, y = load_digits(return_X_y=True)
    # One by one: as a block, the images would be interpolated between, too.
    enlarged = [zoom(image, _ZOOM, order=3) for image in X.reshape(-1, 8, 8) / 16]
    large = np.clip(enlarged, 0, 1)
    train, test = train_test_split(
        np.arange(len(y)), test_size=0.2, stratify=y, random_state=0
    )
    if subset == "test":
        images = [to_field(large[row]) for row in test]
        return Digits(np.array(images), y[test], STAND_IN)
    rng = np.random.default_rng(0)
    images = [vary(large[row], rng) for _ in range(_VARIANTS) for row in train]
    return Digits(np.array(images), np.tile(y[train], _VARIANTS), STAND_IN)


def vary(large: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw an image turned, slanted, stretched, with a thinner or thicker line."""
    turn, slant, stretch = rng.normal(0, [0.1, 0.2, 0.12])
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    shaped = np.array([[np.exp(stretch), 0], [slant, np.exp(-stretch)]])
    return to_field(large, turned @ shaped, rng.uniform(0.4, 0.7))


def to_field(
    large: np.ndarray, matrix: np.ndarray | None = None, level: float = _LEVEL
) -> np.ndarray:
    """Place an enlarged digit in the field as a drawing is placed.

    Parameters
    ----------
    large : ndarray of shape (height, width)
        Ink from 0 to 1, with blurred lines.
    matrix : ndarray of shape (2, 2), default=None
        What turns and slants positions (down, across); None leaves them.
    level : float, default=0.55
        Share of full ink where the edge of the line is put.

    Returns
    -------
    image : ndarray of shape (28, 28), uint8
    """
    matrix = np.eye(2) if matrix is None else matrix
    ink = np.argwhere(large > level) @ matrix.T
    scale = BOX / (np.ptp(ink, axis=0).max() + 1)
    # `affine_transform` asks where in `large` a pixel of the field comes from.
    back = np.linalg.inv(matrix) / scale
    start = np.linalg.inv(matrix) @ ink.mean(0) - back @ np.full(2, CENTRE)
    # The blurred edge of an enlarged line is made as wide as a pixel of the field.
    sharp = np.clip((large - level) * 3 + 0.5, 0, 1)
    field = affine_transform(sharp, back, start, (FIELD, FIELD), order=1)
    return np.rint(255 * field).astype(np.uint8)

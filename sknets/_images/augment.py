"""The parameter `augment`: which random changes training images undergo, how far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np

from .._core.build import is_signal
from .._core.layers.base import Shape

# Lowest and highest value that an entry may have.
LIMITS = {
    "shift": (-1.0, 1.0),
    "rotation": (-1.0, 1.0),
    "zoom": (-0.9, 9.0),
    "flip": (0.0, 1.0),
    "elastic": (0.0, 1.0),
    "brightness": (-3.0, 3.0),
    "illumination": (0.0, 3.0),
    "erase": (0.0, 1.0),
}
# Entries that are no changes: the share of images that stay as they are, and the epochs
# that follow on such images alone, as a share of all.
UNCHANGED, REFINE = "unchanged", "refine"
# Where "flip" is among the ranges: "shift" has two, vertical and horizontal.
FLIP = 1 + list(LIMITS).index("flip")
# What an error calls them by, so that nobody passes degrees, percent or factors.
UNITS = {
    "shift": "shares of height and width",
    "rotation": "full turns (0.05 is 18 degrees)",
    "zoom": "growths of the size (0.1 is 10 percent)",
    "elastic": "shares of height and width",
    "brightness": "logarithms of a factor (0 is no change)",
    "illumination": "logarithms of a factor (0 is no change)",
    "erase": "shares of the area",
}
# Those of which a single number r stands for the range from -r to r.
BOTH_WAYS = ("shift", "rotation", "zoom", "brightness")
# Chosen by validation on digits, letters, faces and photographs; see the user guide. A
# network that never sees images as they are does not learn textures and noise, which
# all changes smooth.
AUTO: Mapping[str, Any] = {
    "shift": 0.06,
    "rotation": 0.02,
    "zoom": 0.08,
    "elastic": 0.04,
    "brightness": 0.3,
    "illumination": 0.3,
    UNCHANGED: 0.125,
    REFINE: 0.125,
}
# Of images with numbers, which may well be places, sizes, counts or brightness.
AUTO_OF_NUMBERS: Mapping[str, Any] = {"shift": 0.05, "elastic": 0.02, REFINE: 0.125}
# Of signals, for classes and numbers: half the shift, since in spectra places tell.
AUTO_OF_SIGNALS: Mapping[str, Any] = {"shift": 0.03, UNCHANGED: 0.125, REFINE: 0.125}
# Smallest height and width of images that "auto" changes: a row of a few features may
# be no picture at all, and a mild shift of a smaller one is less than half a pixel.
AUTO_SIDE = 8


@dataclass(frozen=True)
class Changes:
    """Random changes, as the engine takes them.

    Attributes
    ----------
    ranges : ndarray of shape (9, 2)
        Lowest and highest value of each random draw: vertical shift in heights,
        horizontal shift in widths, rotation in turns counter-clockwise, growth of the
        size, flip (done where the draw is not negative), deviation of the elastic
        waves in heights and widths, logarithm of the factor on the light, its rise
        from the centre to the border, and share of the area to erase.
    black : float
        Value of a pixel without light, after the input scaling.
    unchanged : float
        Probability that an image stays as it is.
    refine : float
        Epochs that follow on images as they are, as a share of those before.
    """

    ranges: np.ndarray
    black: float
    unchanged: float
    refine: float = 0.0

    @property
    def mirrors(self) -> bool:
        """Whether some images are flipped."""
        return bool(self.ranges[FLIP, 1] > 0)


def settled(augment: Any, image_shape: Shape, black: float) -> Changes | None:
    """Return the changes that the parameter asks for, or None where there are none.

    Parameters
    ----------
    augment : None, bool, "auto" or mapping
        The parameter of that name.
    image_shape : (height, width, channels)
        Decides about "auto".
    black : float
        See `Changes`.

    Raises
    ------
    ValueError
        If an entry is unknown or out of its limits, with its name.
    """
    settings = named(augment, image_shape) or {}
    pairs = {key: _pair(key, settings.get(key, 0.0)) for key in LIMITS}
    shares = [_share(key, settings.get(key, 0.0)) for key in (UNCHANGED, REFINE)]
    if not any(value for pair in pairs.values() for value in pair):
        return None
    probability = pairs["flip"][1]
    pairs["flip"] = (probability - 1.0, probability)
    ranges = np.array([pairs["shift"], *pairs.values()], np.float32)
    return Changes(ranges, black, *shares)


def named(
    augment: Any, image_shape: Shape, auto: Mapping[str, Any] = AUTO
) -> Mapping[str, Any] | None:
    """Return the parameter as a mapping of the changes, or None where it asks for none.

    "auto" is as if there were few rows: the changes `auto`, where they are no signals.
    """
    if isinstance(augment, np.bool_):
        augment = bool(augment)
    if isinstance(augment, str):  # "auto"
        if is_signal(image_shape):
            auto = AUTO_OF_SIGNALS
        elif min(image_shape[:2]) < AUTO_SIDE:
            auto = {}
        augment = dict(auto) or None
    if augment is None or augment is False:
        return None
    if augment is True:
        return dict(AUTO)
    valid = (*LIMITS, UNCHANGED, REFINE)
    unknown = [key for key in augment if key not in valid]
    if unknown:
        raise ValueError(
            f"augment has an unknown entry {unknown[0]!r}; valid are "
            f"{', '.join(map(repr, valid))}."
        )
    return augment


def _pair(key: str, value: Any) -> tuple[float, float]:
    """Lowest and highest value of an entry, from a number or a pair of them."""
    low, high = LIMITS[key]
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    numbers = tuple(value) if isinstance(value, Sequence) else (value,)
    if key == "flip":
        numbers = (0.0, 0.5 * value if isinstance(value, bool) else value)
    elif len(numbers) == 1 and isinstance(value, Real):
        numbers = (-value if key in BOTH_WAYS else 0.0, value)
    if (
        len(numbers) != 2
        or any(isinstance(n, bool) or not isinstance(n, Real) for n in numbers)
        or not low <= numbers[0] <= numbers[1] <= high
    ):
        raise ValueError(f"augment[{key!r}] must be {_expected(key)}; got {value!r}.")
    return float(numbers[0]), float(numbers[1])


def _share(key: str, value: Any) -> float:
    """An entry that is a share, of the images or of the epochs."""
    is_number = isinstance(value, Real) and not isinstance(value, bool | np.bool_)
    if not is_number or not 0 <= value <= 1:
        raise ValueError(
            f"augment[{key!r}] must be a share of the "
            f"{'images' if key == UNCHANGED else 'epochs'} between 0 and 1; "
            f"got {value!r}."
        )
    return float(value)


def _expected(key: str) -> str:
    if key == "flip":
        return "True, False or a probability"
    low, high = LIMITS[key]
    return (
        f"a pair (lowest, highest) of {UNITS[key]} between {low:g} and {high:g}, or a "
        "number r for " + ("(-r, r)" if key in BOTH_WAYS else "(0, r)")
    )

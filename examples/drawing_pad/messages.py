"""What a browser may send, checked to the last value.

Every function takes what JSON gave and returns plain Python values, or raises
`BadRequest` with a message for the sender.
"""

from __future__ import annotations

import json
from typing import Any

MAX_BODY = 128 * 1024  # bytes
MAX_STROKES = 200
MAX_POINTS = 3000
QUIZ_LENGTHS = (10, 20, 50)


class BadRequest(Exception):
    """The request cannot be answered; the message says what is wrong with it."""


def parse(body: bytes) -> dict[str, Any]:
    """Read a JSON object."""
    try:
        value = json.loads(body.decode("utf-8"))
    except UnicodeDecodeError:
        raise BadRequest("The body is not UTF-8.") from None
    except (ValueError, RecursionError):
        raise BadRequest("The body is not JSON.") from None
    if not isinstance(value, dict):
        raise BadRequest("The body must be a JSON object.")
    return value


def strokes(value: dict[str, Any]) -> list[list[list[float]]]:
    """Check ``{"strokes": [[[x, y], ...], ...]}``, coordinates from 0 to 1."""
    _only_fields(value, {"strokes"})
    drawing = value["strokes"]
    if not isinstance(drawing, list) or len(drawing) > MAX_STROKES:
        raise BadRequest(f"strokes must be a list of at most {MAX_STROKES} strokes.")
    if not all(isinstance(stroke, list) and stroke for stroke in drawing):
        raise BadRequest("A stroke must be a list of points, at least one.")
    if sum(map(len, drawing)) > MAX_POINTS:
        raise BadRequest(f"A drawing may have at most {MAX_POINTS} points.")
    return [[_point(point) for point in stroke] for stroke in drawing]


def quiz_length(value: dict[str, Any]) -> int:
    """Check ``{"length": 10}``."""
    _only_fields(value, {"length"})
    length = value["length"]
    if not _is_int(length) or length not in QUIZ_LENGTHS:
        allowed = ", ".join(map(str, QUIZ_LENGTHS))
        raise BadRequest(f"length must be one of {allowed}.")
    return length


def quiz_answer(value: dict[str, Any], n_images: int) -> tuple[int, int]:
    """Check ``{"image": 3, "digit": 7}``: number of an image and a person's answer."""
    _only_fields(value, {"image", "digit"})
    image, digit = value["image"], value["digit"]
    if not _is_int(image) or not 0 <= image < n_images:
        raise BadRequest(f"image must be a whole number from 0 to {n_images - 1}.")
    if not _is_int(digit) or not 0 <= digit <= 9:
        raise BadRequest("digit must be a whole number from 0 to 9.")
    return image, digit


def _only_fields(value: dict[str, Any], fields: set[str]) -> None:
    if value.keys() != fields:
        raise BadRequest(
            f"The body must have these fields: {', '.join(sorted(fields))}."
        )


def _point(value: Any) -> list[float]:
    if not isinstance(value, list) or len(value) != 2:
        raise BadRequest("A point must be a list [x, y].")
    for number in value:
        # bool is an int to Python, and its reader of JSON lets NaN and Infinity in.
        if not (_is_int(number) or isinstance(number, float)) or not 0 <= number <= 1:
            raise BadRequest("Coordinates must be numbers from 0 to 1.")
    return [float(number) for number in value]


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)

"""Names of classes and fits in a figure: as they are, readable, not too wide."""

from __future__ import annotations

import functools
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from .._warnings import warn_user

# Of what stands above an image, in points.
FONT_SIZE = 9
# Longer lines are wrapped, so that a long name does not widen a whole figure.
MAX_LINE = 32

_warned: set[str] = set()


def wrapped(text: str, width: int = MAX_LINE) -> str:
    """The whole text in lines of at most `width` characters."""
    return "\n".join(
        line if len(line) <= width else "\n".join(textwrap.wrap(line, width))
        for line in text.split("\n")
    )


def text_size(texts: Iterable[str], font_size: float = FONT_SIZE) -> tuple[float, int]:
    """Inches that the longest line takes, and lines of the highest text."""
    lines = [text.split("\n") for text in texts]
    longest = max(len(line) for text in lines for line in text)
    return 0.6 * font_size * (longest + 1) / 72, max(map(len, lines))


def caption_size(captions: Sequence[str]) -> tuple[float, float]:
    """Inches that the widest and the highest caption take, with the space around."""
    width, n_lines = text_size(captions)
    return width, (1.2 * FONT_SIZE * n_lines + 14) / 72


def percent(probability: float) -> str:
    """A probability in percent that never reads 100 % if it is less."""
    return "> 99 %" if 0.995 <= probability < 1 else f"{100 * probability:.0f} %"


def literal(texts: Iterable[Any]) -> None:
    """Let drawn texts show what is in them: dollar signs, and all characters.

    A name may have a "$" without being mathematics. Where the font lacks a character,
    an installed one that has it is added; without any, a warning says what to do.
    """
    texts = list(texts)
    for text in texts:
        text.set_parse_math(False)
    missing = _missing("".join(text.get_text() for text in texts))
    if not missing:
        return
    family = _family_with(missing)
    if family is None:
        _warn_once(missing)
        return
    for text in texts:
        text.set_fontfamily([*text.get_fontfamily(), family])


def _missing(text: str) -> frozenset[str]:
    """Characters that none of the fonts in use has."""
    from matplotlib import font_manager, rcParams

    known: set[int] = set()
    for family in rcParams["font.family"]:
        path = font_manager.findfont(font_manager.FontProperties(family=[family]))
        known |= _characters_of(path)
    return frozenset(c for c in text if not c.isspace() and ord(c) not in known)


@functools.lru_cache(maxsize=512)
def _characters_of(path: str) -> frozenset[int]:
    from matplotlib import font_manager

    try:
        return frozenset(font_manager.get_font(path).get_charmap())
    except (OSError, RuntimeError):  # a damaged font
        return frozenset()


@functools.lru_cache(maxsize=32)
def _family_with(characters: frozenset[str]) -> str | None:
    """An installed family that has all of the characters, upright and regular first."""
    from matplotlib import font_manager

    codes = {ord(c) for c in characters}
    fonts = sorted(
        font_manager.fontManager.ttflist,
        key=lambda font: (font.style != "normal", str(font.weight) not in _REGULAR),
    )
    for font in fonts:
        # Has a picture of its code for every character.
        if "LastResort" not in font.name.replace(" ", "") and codes <= _characters_of(
            font.fname
        ):
            return font.name
    return None


_REGULAR = ("400", "normal", "regular")


def _warn_once(characters: frozenset[str]) -> None:
    new = characters - _warned
    if not new:
        return
    _warned.update(new)
    shown = "".join(sorted(new)[:10]) + ("..." if len(new) > 10 else "")
    warn_user(
        f"No installed font has the characters {shown}, which will be drawn as boxes. "
        "Install a font that has them, such as Noto Sans CJK (Debian: fonts-noto-cjk), "
        "and start Python anew; or give display_labels in other letters.",
    )


def wrong_colour(figure: Any) -> str:
    """A red that can be read on the background of the figure."""
    from matplotlib.colors import to_rgb

    red, green, blue = to_rgb(figure.get_facecolor())
    is_dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
    return "salmon" if is_dark else "firebrick"


def distinct_colours(n: int) -> list[Any]:
    """Colours of the style, or others where it has too few."""
    from matplotlib import colormaps, rcParams

    if n <= len(rcParams["axes.prop_cycle"].by_key().get("color", [])):
        return [f"C{number}" for number in range(n)]
    if n <= 20:  # the ten darker ones first
        return [colormaps["tab20"](i) for i in (*range(0, 20, 2), *range(1, 20, 2))][:n]
    # Not its ends, which are nearly black.
    return [colormaps["turbo"](0.05 + 0.9 * i / (n - 1)) for i in range(n)]

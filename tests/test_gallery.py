"""The gallery's examples, most of them not run: the documentation does that."""

import ast
import re
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
GALLERY = ROOT / "examples" / "gallery"
EXAMPLES = sorted(GALLERY.rglob("*.py"))


def test_gallery_is_large_enough_and_each_topic_has_a_title():
    assert len(EXAMPLES) >= 25
    for folder in {path.parent for path in EXAMPLES} | {GALLERY}:
        assert (folder / "GALLERY_HEADER.rst").is_file()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example(path):
    """It is run, has a title and a picture, is short, and downloads nothing."""
    text = path.read_text(encoding="utf-8")
    assert path.name.startswith("plot_"), "sphinx-gallery runs no other files"
    _, title, line, *_ = ast.get_docstring(ast.parse(text), clean=False).split("\n")
    assert line == "=" * len(title)
    assert re.search(r"plt\.|Display", text)
    assert len(text.splitlines()) <= 100
    assert not re.search(r"\bfetch_|urlopen|requests|load_(mnist|faces|imdb)", text)


@pytest.mark.parametrize("name", ["importances", "calibration", "partial_dependence"])
def test_nothing_black_in_pictures_that_others_draw(name, monkeypatch):
    """Lines that matplotlib and scikit-learn draw black are seen on dark pages."""
    plt = pytest.importorskip("matplotlib.pyplot")
    pytest.importorskip("pandas")
    monkeypatch.syspath_prepend(ROOT / "docs")
    from picture_style import STYLE

    monkeypatch.delitem(sys.modules, "picture_style")
    plt.switch_backend("agg")
    plt.close("all")
    with plt.rc_context(STYLE):
        runpy.run_path(str(GALLERY / "tables" / f"plot_{name}.py"))
        (figure,) = map(plt.figure, plt.get_fignums())
        figure.canvas.draw()
        pixels = np.asarray(figure.canvas.buffer_rgba())
        plt.close(figure)
    opaque = pixels[..., 3] > 128
    assert opaque.any()
    assert not (opaque & (pixels[..., :3].max(axis=-1) < 60)).any()

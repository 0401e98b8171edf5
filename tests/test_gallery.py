"""The gallery's examples, without running them: the documentation does that."""

import ast
import re
from pathlib import Path

import pytest

GALLERY = Path(__file__).parents[1] / "examples" / "gallery"
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

"""Figures on the front page are those of the tables."""

import csv
import inspect
import re
from pathlib import Path

import pytest

import sknets

DOCS = Path(__file__).parents[1] / "docs"
INDEX = (DOCS / "index.rst").read_text(encoding="utf-8")


def rows(name):
    with open(DOCS / name, newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_figures_of_the_front_page():
    figures = re.findall(r"\*\*([\d.]+)(?: %)?\*\*", INDEX)
    text = " ".join(" ".join(row) for row in rows("benchmarks.csv"))
    systems = {row[0]: row for row in rows("reference_systems.csv")}
    c3 = systems["C3"]
    assert figures == [c3[5], "92.5", "0.022", "0.14"]
    assert f"reports {c3[3]}" in " ".join(INDEX.split())
    assert "accuracy 92.5 against 88.7 %" in text
    assert "GridSearchCV on digits scikeras / skorch / MLPClassifier 0.022 / " in text
    assert text.split("GridSearchCV on digits")[1].split("/")[4].split()[0] == "0.39"
    assert "first prediction: time scikeras / MLPClassifier 0.14 / " in text


def test_how_many_answers():
    text = (DOCS / "how_to.rst").read_text(encoding="utf-8")
    assert text.count("\n~~~") >= 30


@pytest.mark.parametrize("kind", ["DenseNet", "SmallCNN", "TextPool"])
@pytest.mark.parametrize("task", ["Classifier", "Regressor"])
def test_each_parameter_has_its_line(kind, task):
    page = (DOCS / "user_guide" / "parameters.rst").read_text(encoding="utf-8")
    names = set(inspect.signature(getattr(sknets, kind + task)).parameters)
    assert not [name for name in names if not re.search(rf"``{name}\*?``", page)]

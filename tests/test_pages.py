"""Code and figures of the front page, answers, and the table of parameters."""

import ast
import csv
import doctest
import inspect
import json
import re
import textwrap
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import sknets

DOCS = Path(__file__).parents[1] / "docs"
INDEX = (DOCS / "index.rst").read_text(encoding="utf-8")
HOW_TO = (DOCS / "how_to.rst").read_text(encoding="utf-8")


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


def code_blocks(page):
    """Code of a page that doctest does not run."""
    block = r"^( *)\.\. code-block:: python\n\n((?:\1 .*\n|\n)+)"
    found = re.findall(block, page, re.MULTILINE)
    return [textwrap.dedent(code) for _, code in found]


def test_code_of_the_front_page():
    (code,) = code_blocks(INDEX)
    *lines, last = ast.parse(code).body
    names = {}
    exec(compile(ast.Module(lines, []), "index.rst", "exec"), names)
    names["search"].set_params(estimator__epochs=2, cv=2)
    last = compile(ast.Expression(last.value), "index.rst", "eval")
    assert eval(last, names).shape == (5, 10)


def test_how_many_answers():
    assert HOW_TO.count("\n~~~") >= 30


def test_code_of_the_answers(monkeypatch):
    """All but the code with Optuna, which has a test of its own."""
    keras = pytest.importorskip("keras")
    base, with_optuna = code_blocks(HOW_TO)
    assert "optuna" in with_optuna
    whole = keras.applications.MobileNetV3Small
    without_download = partial(whole, weights=None, input_shape=(32, 32, 3))
    monkeypatch.setattr(keras.applications, "MobileNetV3Small", without_download)
    images = np.random.default_rng(0).integers(0, 256, (8, 32, 32, 3)).astype("uint8")
    names = {"images": images, "labels": [0, 1] * 4}
    exec(compile(base, "how_to.rst", "exec"), names | vars(sknets))


def defaults_of_the_page():
    """What the page of the parameters says of the default of each."""
    page = (DOCS / "user_guide" / "parameters.rst").read_text(encoding="utf-8")
    found = {}
    for row in re.split(r"^   \* - ", page, flags=re.MULTILINE)[1:]:
        names, default, *_ = row.split("\n     - ")
        found |= dict.fromkeys(re.findall(r"``(\w+)``", names), default)
    return found


@pytest.mark.parametrize("kind", ["DenseNet", "SmallCNN", "TextPool"])
@pytest.mark.parametrize("task", ["Classifier", "Regressor"])
def test_each_parameter_has_its_line_with_its_default(kind, task):
    page = defaults_of_the_page()
    parameters = inspect.signature(getattr(sknets, kind + task)).parameters
    for name, parameter in parameters.items():
        if parameter.kind is not parameter.VAR_KEYWORD and "as in" not in page[name]:
            assert repr(parameter.default).replace("'", '"') in page[name], name


def test_each_thing_that_users_look_for_leads_to_a_page():
    page = (DOCS / "coming_from" / "what_users_look_for.rst").read_text(
        encoding="utf-8"
    )
    rows = re.split(r"^   \* - ", page, flags=re.MULTILINE)[1:]
    topics = {row.splitlines()[0]: row.split("\n     - ") for row in rows}
    assert len(topics) > 40
    for topic, cells in topics.items():
        assert len(cells) == 7, topic
        assert topic == "Topic" or re.search(":(doc|ref):`", cells[1]), topic


def test_service_of_the_tutorial_in_a_file_of_its_own(tmp_path, monkeypatch):
    """With the imports, and the file of the network, that the page tells of."""
    pytest.importorskip("flask")
    pd = pytest.importorskip("pandas")
    page = (DOCS / "tutorials" / "csv_to_service.rst").read_text(encoding="utf-8")
    examples = [found.source for found in doctest.DocTestParser().get_examples(page)]
    code = "".join(examples)
    service = code[code.index("from flask") : code.index("wine = ")]
    service = service.replace('folder / "wines.sknets"', '"wines.sknets"')
    columns = re.search(r'\[\["(.*)"\]\]', page).group(1).split('", "')
    X = pd.DataFrame(np.random.default_rng(0).random((30, 5)), columns=columns)
    net = sknets.DenseNetClassifier(epochs=1).fit(X, ["Rossi", "Verdi"] * 15)
    monkeypatch.chdir(tmp_path)
    sknets.save(net, "wines.sknets")
    names = {}
    exec("import pandas as pd\nimport sknets\n" + service, names)
    asked = re.search(r"-d '(\{.*\})'", page).group(1)
    answer = names["app"].test_client().post("/maker", json=json.loads(asked))
    assert answer.status_code == 200
    assert set(answer.json) == {"Rossi", "Verdi"}

"""README's commands and snippets, and the files beside the code, say what is true."""

import re
import shlex
import tomllib
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

import sknets

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


SEARCH, NUMBERS, PICTURES, SERVICE = blocks("python")
COMMANDS = [line for block in blocks("bash") for line in block.splitlines()]


def run(code, **names):
    exec(compile(code, "README.md", "exec"), names)
    return names


def small_digits(**options):
    X, y = load_digits(**options)
    return X[:120], y[:120]


def test_search(monkeypatch, capsys):
    monkeypatch.setattr("sklearn.datasets.load_digits", small_digits)
    names = run(SEARCH)
    assert len(names["search"].cv_results_["params"]) == 4
    assert re.match(r"\{'dropout'.*\} 0\.\d+$", capsys.readouterr().out.strip())


def test_numbers(capsys):
    run(NUMBERS)
    assert 0.4 < float(capsys.readouterr().out) < 0.6


def test_pictures(monkeypatch, capsys):
    pyplot = pytest.importorskip("matplotlib.pyplot")

    def load_mnist(subset, return_X_y):
        assert return_X_y
        part = slice(200) if subset == "train" else slice(200, 260)
        digits = load_digits()
        return np.kron(digits.images[part], np.ones((2, 2))), digits.target[part]

    monkeypatch.setattr("sknets.datasets.load_mnist", load_mnist)
    pyplot.close("all")
    run(PICTURES.replace("early_stopping=True", "epochs=2, early_stopping=True"))
    assert len(pyplot.get_fignums()) == 2
    assert "Total parameters" in capsys.readouterr().out
    pyplot.close("all")


def test_service(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    net = sknets.DenseNetClassifier(4, epochs=1, random_state=0)
    X, y = small_digits(return_X_y=True)
    net.fit(X, y)
    [dump] = re.findall(r"joblib\.dump\(.*?\)", SERVICE)
    run(f"import joblib\n{dump}", net=net)
    run(SERVICE, X=X)


@pytest.mark.parametrize("line", COMMANDS)
def test_command_names_what_there_is(line):
    for command in line.split(" && "):
        words = shlex.split(command.split(">=")[0])
        for extras in re.findall(r"^\.\[(.*)\]$", "\n".join(words), re.MULTILINE):
            assert set(extras.split(",")) <= set(PROJECT["optional-dependencies"])
        if words[0] == "python":
            assert (ROOT / words[1]).exists()


def test_paths_in_the_text():
    found = re.findall(r"(?:docs|examples|tests)/[\w./-]*\w", README)
    assert len(found) > 5
    for path in set(found) - {"docs/_build", "docs/_build/index.html"}:
        assert (ROOT / path).exists(), path


def test_versions_and_requirements_agree():
    recipe = (ROOT / "docs/packaging/recipe.yaml").read_text(encoding="utf-8")
    citation = (ROOT / "docs/CITATION.cff").read_text(encoding="utf-8")
    citing = (ROOT / "docs/project/citing.rst").read_text(encoding="utf-8")
    version = sknets.__version__
    assert f'  version: "{version}"' in recipe
    assert f"\nversion: {version}\n" in citation
    assert f"version = {{{version}}}" in citing
    run_part = recipe.partition("  run:\n")[2].partition("\n\n")[0]
    wanted = {line.replace(">=", " >=") for line in PROJECT["dependencies"]}
    found = {line.removeprefix("    - ") for line in run_part.splitlines()}
    assert found - {"python >=${{ python_min }}"} == wanted
    assert f">={recipe.partition('python_min: ')[2][1:5]}" == PROJECT["requires-python"]

"""README's commands and snippets, and the files beside the code, say what is true."""

import ast
import json
import re
import shlex
import subprocess
import sys
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


# --- Snippets, as they stand, one after the other ------------------------------------

# The comment of the last snippet has what makes its file.
[DUMP] = re.findall(r"joblib\.dump\(.*?\)", SERVICE)
SNIPPETS = [SEARCH, NUMBERS, PICTURES, f"import joblib\n{DUMP}\n", SERVICE]


# Run when IPython or a kernel starts: the snippets need not learn all digits again.
FEWER_DIGITS = """\
import sklearn.datasets
X, y = sklearn.datasets.load_digits(return_X_y=True)
sklearn.datasets.load_digits = lambda return_X_y: (X[:400], y[:400])
"""


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """A folder of its own, with a small data set that passes for MNIST."""
    startup = tmp_path / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "fewer_digits.py").write_text(FEWER_DIGITS, encoding="utf-8")
    digits = load_digits()
    X = np.pad(np.kron(digits.images, np.ones((3, 3))), ((0, 0), (2, 2), (2, 2)))
    X, y = (X * 15.9).astype(np.uint8), digits.target
    path = tmp_path / "mnist.npz"
    np.savez(path, x_train=X[:120], y_train=y[:120], x_test=X[-200:], y_test=y[-200:])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SKNETS_DATA", str(tmp_path))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))


def run(*command):
    done = subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def check(printed):
    """Look for what the text around the snippets says that they print."""
    best, mean = re.search(
        r"^(\{'dropout'.*\}) (0\.\d+)$", printed, re.MULTILINE
    ).groups()
    assert set(ast.literal_eval(best)) == {"dropout", "width"}
    assert float(mean) > 0.9
    [r2] = re.findall(r"^(?:np\.float64\()?(0\.\d+)\)?$", printed, re.MULTILINE)
    assert float(r2) == pytest.approx(0.5, abs=0.1)
    assert "stopped after epoch" in printed
    assert "Total parameters: 225,034" in printed


@pytest.mark.parametrize("kind", ["python", "ipython"])
def test_snippets_in_a_script(kind, environment, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.setenv("MPLBACKEND", "agg")
    figures = "from matplotlib import pyplot\nprint(pyplot.get_fignums(), 'figures')\n"
    script = Path("readme.ipy" if kind == "ipython" else "readme.py")
    script.write_text("\n".join([*SNIPPETS, figures]), encoding="utf-8")
    if kind == "ipython":
        pytest.importorskip("IPython")
        printed = run("-m", "IPython", "--colors=NoColor", str(script))
    else:
        printed = run(str(script))
    check(printed)
    assert "[1, 2] figures" in printed


def test_snippets_in_a_notebook(environment, monkeypatch):
    """The pictures appear by themselves; nothing but them is shown."""
    pytest.importorskip("nbclient")
    pytest.importorskip("matplotlib")
    monkeypatch.delenv("MPLBACKEND", raising=False)
    cells = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": str(number),
            "metadata": {},
            "outputs": [],
            "source": source,
        }
        for number, source in enumerate(SNIPPETS)
    ]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    Path("readme.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    run("-c", "from nbclient.cli import main; main()", "--inplace", "readme.ipynb")
    done = json.loads(Path("readme.ipynb").read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in done for output in cell["outputs"]]
    check("".join("".join(output.get("text", "")) for output in outputs))
    shown = [set(output["data"]) for output in outputs if "data" in output]
    assert sum("image/png" in kinds for kinds in shown) == 2


# --- Commands ------------------------------------------------------------------------


@pytest.mark.parametrize("line", COMMANDS)
def test_command_names_what_there_is(line):
    for command in line.split(" && "):
        words = shlex.split(command.split(">=")[0])
        for extras in re.findall(r"^\.\[(.*)\]$", "\n".join(words), re.MULTILINE):
            assert set(extras.split(",")) <= set(PROJECT["optional-dependencies"])
        if words[0] == "python":
            assert (ROOT / words[1]).exists()


@pytest.mark.parametrize("line", COMMANDS)
def test_command_is_run(line):
    """By .ci/run, as it stands; it makes environments in its own way."""
    environment = {"python3 -m venv .venv", ". .venv/bin/activate"}
    part_of_tests = 'pip install -e ".[plots]"'
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert f"as_in_readme '{line}'" in ci or line in {*environment, part_of_tests}


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

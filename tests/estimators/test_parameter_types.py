"""What mypy and pyright tell users of sknets."""

import importlib.util
import inspect
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

import sknets
from sknets._core.objectives import NUMBER_OBJECTIVES
from sknets._estimators.parameter_types import Loss, OptimizerSettings
from sknets._training.optimizers import valid_names
from sknets._training.update_rules import RULES


def test_losses_are_named():
    assert set(get_args(Loss)) == set(NUMBER_OBJECTIVES)


PROGRAM = """
import numpy as np

from sknets import (
    DenseNetClassifier,
    ImageNormalizer,
    ImageReshaper,
    SmallCNNClassifier,
    TextPoolClassifier,
)

X, y = np.zeros((8, 64)), np.zeros(8)

DenseNetClassifier((8, 4), epochs=5, optimizer="sgd", optimizer__momentum=0.9)
DenseNetClassifier(32, 0.5, class_weight={0: 1.0}, random_state=None)
SmallCNNClassifier((8, (16, 16)), augment={"shift": 0.1}, image_shape=(8, 8))
TextPoolClassifier(tokenizer=str.split, ngram_range=(1, 2), min_df=0.1)

SmallCNNClassifier(widht=3)  # error
SmallCNNClassifier(padding="sam")  # error
DenseNetClassifier(epochs="lots")  # error
DenseNetClassifier("wide")  # error
DenseNetClassifier(optimizer__momentun=0.9)  # error
DenseNetClassifier(optimizer__momentum="high")  # error
DenseNetClassifier(learning_rate_schedule="cosin")  # error
DenseNetClassifier(max_iter=100)  # error
TextPoolClassifier(analyzer="letters")  # error
TextPoolClassifier(hidden_layer_sizes=(3,))  # error
DenseNetClassifier().fit(X, y, epochs=3)  # error
ImageReshaper(output="rows")  # error
ImageNormalizer(method="pixels")  # error

net = SmallCNNClassifier().fit(X, y)
reveal_type(net)  # SmallCNNClassifier
reveal_type(ImageReshaper((8, 8), output="images").fit(X))  # ImageReshaper
reveal_type(ImageNormalizer("pixel").fit(X).transform(X))  # ndarray
reveal_type(net.partial_fit(X, y))  # SmallCNNClassifier
reveal_type(net.set_params(epochs=3))  # SmallCNNClassifier
reveal_type(net.predict(X))  # ndarray
reveal_type(net.predict_proba(X))  # ndarray
reveal_type(net.decision_function(X))  # ndarray
reveal_type(net.history_)  # dict[str, list[float]]
reveal_type(net.n_iter_)  # int
reveal_type(net.best_epoch_)  # int
reveal_type(net.classes_)  # ndarray
reveal_type(net.image_shape_)  # tuple[int, int, int]
reveal_type(net.get_params())  # dict[str, Any]
reveal_type(TextPoolClassifier().vocabulary_)  # dict[str, int]
"""
LINES = PROGRAM.splitlines()


@pytest.fixture
def program(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    package = Path(sknets.__file__).parents[1].as_posix()
    (tmp_path / "mypy.ini").write_text(
        f"[mypy]\nmypy_path = {package}\nfollow_imports = silent\n"
        "[mypy-sklearn.*]\nignore_missing_imports = True\n"
    )
    # Pyright's own default; basedpyright's is stricter.
    settings = {"typeCheckingMode": "standard", "extraPaths": [package]}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    return tmp_path


# As mypy and as pyright write them.
ERROR = re.compile(r"program\.py:(\d+)\S* *(?:- )?error")
TYPE = re.compile(r"program\.py:(\d+).*(?:type is|Type of .* is) \"(.*)\"")


def run(checker, folder):
    """Line numbers of errors, and the revealed types by line number."""
    if importlib.util.find_spec(checker[0]) is None:
        pytest.skip(f"{checker[0]} is not installed")
    done = subprocess.run(
        [sys.executable, "-m", *checker, "program.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    errors, types = set(), {}
    for line in done.stdout.splitlines():
        if found := TYPE.search(line):
            types[int(found[1])] = found[2]
        elif found := ERROR.search(line):
            errors.add(int(found[1]))
    return errors, types, done.stdout + done.stderr


@pytest.mark.parametrize(
    "checker",
    [["mypy", "--cache-dir=cache"], ["basedpyright"]],
    ids=["mypy", "pyright"],
)
def test_user_program(checker, program):
    errors, types, output = run(checker, program)
    expected = {n for n, line in enumerate(LINES, 1) if line.endswith("# error")}
    assert errors == expected, output
    for number, line in enumerate(LINES, 1):
        if line.startswith("reveal_type"):
            assert line.partition("# ")[2] in types[number].replace("builtins.", "")


def test_settings_of_all_optimizers_have_types():
    names = {f"optimizer__{name}" for rule in RULES for name in valid_names(rule)}
    assert set(OptimizerSettings.__annotations__) == names


@pytest.mark.parametrize("name", sknets.__all__)
def test_parameters_are_annotated(name):
    public = getattr(sknets, name)
    if not callable(public):
        return
    parameters = inspect.signature(public).parameters.values()
    missing = [p.name for p in parameters if p.annotation is p.empty]
    assert not missing

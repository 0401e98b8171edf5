"""The program that runs scikit-learn's own tests with our network in their place."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

PEERS = Path(__file__).parent / "peers"


@pytest.fixture
def replaced(monkeypatch):
    monkeypatch.syspath_prepend(PEERS)
    yield importlib.import_module("replaced")
    sys.modules.pop("replaced", None)


def test_names_are_bound_anew_behind_their_import(replaced, tmp_path, monkeypatch):
    (tmp_path / "some_tests.py").write_text(
        "from sklearn.svm import SVC as Machine, SVR\n"
        "from sklearn.ensemble import BaggingClassifier\n"
        "made = Machine(kernel='linear', random_state=5)\n"
        "known = isinstance(made, Machine)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    make = replaced.dense_net
    by = dict.fromkeys(replaced.plain_classifiers(), replaced.stand_in(make, 2))
    finder = replaced.Finder({"some_tests"}, by)
    monkeypatch.setattr(sys, "meta_path", [finder, *sys.meta_path])
    module = importlib.import_module("some_tests")
    sys.modules.pop("some_tests")
    assert type(module.made).__name__ == "DenseNetClassifier"
    assert module.made.random_state == 7
    assert module.known
    assert module.SVR.__name__ == "SVR"
    assert module.BaggingClassifier.__name__ == "BaggingClassifier"


def test_meta_estimators_stay(replaced):
    names = replaced.plain_classifiers()
    assert {"SVC", "LogisticRegression", "DecisionTreeClassifier"} <= names
    assert not names & {"BaggingClassifier", "VotingClassifier", "DummyClassifier"}


def test_table_of_one_module():
    found = subprocess.run(
        [sys.executable, PEERS / "run.py", "confusion display"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert found.returncode == 0, found.stdout + found.stderr
    name, passed, failed, *_, alone = found.stdout.splitlines()[-1].rsplit(maxsplit=5)
    assert name.strip() == "confusion display"
    assert int(passed) > 10
    assert int(failed) == int(alone) == 0

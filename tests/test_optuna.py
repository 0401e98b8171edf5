"""The answer about Optuna in the documentation prunes trials by epoch."""

import re
from pathlib import Path

import pytest
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split

from sknets import DenseNetClassifier

optuna = pytest.importorskip("optuna")
PAGE = Path(__file__).parents[1] / "docs" / "how_to.rst"


def recipe():
    """The code of the page up to the study, with few and small trials."""
    text = PAGE.read_text(encoding="utf-8")
    start = r"   import keras\n   import optuna\n"
    [block] = re.findall(rf"{start}.*?\n\n\S", text, re.DOTALL)
    lines = (line[3:] for line in block[:-3].splitlines())
    code, _, study = "\n".join(lines).partition("study = ")
    assert "n_trials=50" in study
    return code.replace("[32, 128, 512]", "[2, 8]")


def test_a_hopeless_trial_is_pruned_before_its_last_epoch():
    X, y = load_iris(return_X_y=True)
    X_train, X_val, y_train, y_val = train_test_split(X, y, random_state=0)
    names = {"X_train": X_train, "y_train": y_train, "X_val": X_val, "y_val": y_val}
    names["DenseNetClassifier"] = DenseNetClassifier
    exec(compile(recipe(), "how_to.rst", "exec"), names)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        sampler=optuna.samplers.RandomSampler(seed=0),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=1),
    )
    # The second trial has two units and much dropout, and is worse from the start.
    study.enqueue_trial({"width": 8, "dropout": 0.0})
    study.enqueue_trial({"width": 2, "dropout": 0.6})
    study.optimize(names["objective"], n_trials=2)
    good, hopeless = study.trials
    assert good.state == optuna.trial.TrialState.COMPLETE
    assert hopeless.state == optuna.trial.TrialState.PRUNED
    assert len(hopeless.intermediate_values) < len(good.intermediate_values)
    assert study.best_value == good.intermediate_values[max(good.intermediate_values)]

"""Warnings point at the line of the user."""

import inspect

import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknets import DenseNetClassifier
from sknets._warnings import renamed, warn_user

X = [[0.0], [1.0], [2.0], [3.0]]
NET = DenseNetClassifier(2, epochs=1, batch_size=4, random_state=0)
PIPELINE = make_pipeline(StandardScaler(), NET)


@pytest.mark.parametrize(
    "call",
    [
        lambda: NET.fit(X, [1, 1, 1, 1]),
        lambda: PIPELINE.fit(X, [1, 1, 1, 1]),
        lambda: cross_val_score(PIPELINE, X, [1, 1, 1, 1], cv=2, error_score="raise"),
    ],
)
def test_one_class(call):
    with pytest.warns(UserWarning, match="only one class") as seen:
        call()
    places = {(one.filename, one.lineno) for one in seen}
    assert places == {(__file__, inspect.getsourcelines(call)[1])}


@pytest.mark.parametrize(
    ("arguments", "category"),
    [
        (("plain",), UserWarning),
        (("given", ConvergenceWarning), ConvergenceWarning),
        ((DeprecationWarning("its own"),), DeprecationWarning),
    ],
)
def test_categories(arguments, category):
    with pytest.warns(category) as seen:
        warn_user(*arguments)
    assert seen[0].filename == __file__


def test_another_name_within_a_block():
    with (
        renamed(lambda message: message.replace("X", "X_val")),
        pytest.warns(UserWarning, match="^X_val is odd"),
    ):
        warn_user("X is odd.")
    with pytest.warns(UserWarning, match="^X is odd"):
        warn_user("X is odd.")

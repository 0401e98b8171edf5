"""sknets.wrappers in the place of scikeras.wrappers."""

import pickle

import pytest
from scikeras import wrappers as theirs
from scikeras.utils import transformers as their_transformers
from sklearn.base import is_classifier, is_regressor

import sknets
from sknets import wrappers as ours


def test_the_names_of_scikeras_are_found():
    for module in (theirs, their_transformers):
        public = {
            name
            for name, value in vars(module).items()
            if isinstance(value, type) and value.__module__.startswith("scikeras.")
        }
        # A helper of their own encoders.
        assert public - {"TargetReshaper"} <= set(ours.__all__)


def test_estimators_are_those_at_the_top_of_the_package():
    assert ours.KerasClassifier is sknets.KerasClassifier
    assert ours.KerasRegressor is sknets.KerasRegressor
    assert is_classifier(ours.KerasClassifier())
    assert is_regressor(ours.KerasRegressor())
    assert not is_classifier(ours.BaseWrapper())
    assert not is_regressor(ours.BaseWrapper())


@pytest.mark.parametrize("name", ours.__all__)
def test_pickles_refer_to_public_names(name):
    kind = getattr(ours, name)
    assert kind.__module__ in ("sknets", "sknets.wrappers")
    assert pickle.loads(pickle.dumps(kind)) is kind

"""Parameters of Keras estimators: those of the signature, and routed ones."""

import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from sknets import KerasClassifier
from sknets._estimators.keras_params import without_nested
from tests.own_models import build


def test_routed_ones_are_kept_by_clone_and_searched(clf, blobs):
    clf.set_params(model__width=5, epochs=2)
    assert clone(clf).get_params()["model__width"] == 5
    search = GridSearchCV(clf, {"model__width": [4, 6]}, cv=2).fit(*blobs)
    assert search.best_params_["model__width"] in (4, 6)


def test_set_params_refuses_unknown_names_and_sets_nothing(clf):
    with pytest.raises(ValueError, match="Invalid parameter nope.*warm_start"):
        clf.set_params(epochs=77, nope=1)
    assert clf.epochs == 12


def test_routed_ones_are_attributes(clf):
    clf.set_params(model__width=5)
    assert clf.model__width == 5
    with pytest.raises(AttributeError, match="no attribute 'model__height'"):
        clf.model__height  # noqa: B018


class OfWidth(KerasClassifier):
    def __init__(self, width=4, **kwargs):
        super().__init__(**kwargs)
        self.width = width


def test_a_subclass_has_the_parameters_of_both_signatures():
    own = OfWidth(6, epochs=3, fit__shuffle=False)
    params = own.get_params()
    assert (params["width"], params["epochs"], params["fit__shuffle"]) == (6, 3, False)
    assert set(KerasClassifier().get_params()) < set(params)
    own.set_params(width=2, epochs=1, compile__run_eagerly=True)
    assert (own.width, own.epochs) == (2, 1)
    assert clone(own).get_params() == own.get_params()


class OfThreeEpochs(KerasClassifier):
    """Fixes what the base would take, as its signature has no **kwargs."""

    def __init__(self, shuffle=True):
        loss = "sparse_categorical_crossentropy"
        super().__init__(build, loss=loss, epochs=3, shuffle=shuffle)


def test_a_closed_signature_hides_the_parameters_that_it_fixes(blobs):
    own = OfThreeEpochs()
    assert own.get_params() == {"shuffle": True}
    with pytest.raises(ValueError, match="Invalid parameter epochs"):
        own.set_params(epochs=2)
    assert own.fit(*blobs).n_iter_ == 3


def test_an_argument_with_a_prefix_comes_before_the_plain_one(clf, blobs):
    clf.set_params(epochs=5, fit__epochs=2)
    assert clf.fit(*blobs).n_iter_ == 2
    assert clf.fit(*blobs, epochs=1).n_iter_ == 1


def test_parts_of_a_part_are_left_out():
    given = {"epochs": 2, "callbacks__0__patience": 3}
    assert without_nested(given) == {"epochs": 2}

"""The ``optimizer__*`` parameters: get_params, set_params, clones and searches."""

import keras
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from sknets import DenseNetClassifier, SmallCNNRegressor
from tests.networks import assert_all_equal


def test_settings_survive_set_params_get_params_and_clone():
    est = DenseNetClassifier(optimizer="sgd", optimizer__momentum=0.5)
    est.set_params(optimizer__nesterov=True, optimizer__momentum=0.7)
    copy = clone(est)
    for e in (est, copy):
        params = e.get_params()
        assert params["optimizer__momentum"] == 0.7
        assert params["optimizer__nesterov"] is True
    assert "optimizer__momentum=0.7" in repr(copy)


def test_settings_reach_the_training(quick, blobs):
    X, y = blobs
    plain = quick(DenseNetClassifier, epochs=1, optimizer="sgd").fit(X, y)
    heavy = quick(
        DenseNetClassifier, epochs=1, optimizer="sgd", optimizer__momentum=0.9
    ).fit(X, y)
    explicit = quick(
        DenseNetClassifier, epochs=1, optimizer="sgd", optimizer__momentum=0.0
    ).fit(X, y)
    assert np.abs(plain.weights_[0] - heavy.weights_[0]).max() > 1e-2
    np.testing.assert_array_equal(plain.weights_[0], explicit.weights_[0])


def test_search_over_a_setting(quick, blobs):
    grid = {"optimizer": ["sgd"], "optimizer__momentum": [0.0, 0.9]}
    search = GridSearchCV(quick(DenseNetClassifier), grid, cv=2).fit(*blobs)
    assert list(search.cv_results_["param_optimizer__momentum"]) == [0.0, 0.9]
    best = search.best_params_["optimizer__momentum"]
    assert search.best_estimator_.optimizer__momentum == best
    # As with the momentum set by hand.
    by_hand = quick(DenseNetClassifier, optimizer="sgd", optimizer__momentum=best)
    assert_all_equal(search.best_estimator_.weights_, by_hand.fit(*blobs).weights_)


def test_unknown_setting_fails_in_set_params_and_sets_nothing():
    est = DenseNetClassifier(width=3)
    with pytest.raises(
        ValueError,
        match="optimizer__momentum for optimizer 'adam'.*optimizer__beta_1, ",
    ):
        est.set_params(width=5, optimizer__momentum=0.9)
    assert est.width == 3
    assert "optimizer__momentum" not in est.get_params()


def test_setting_is_checked_against_the_optimizer_set_with_it():
    est = DenseNetClassifier().set_params(optimizer="sgd", optimizer__momentum=0.9)
    assert est.optimizer__momentum == 0.9


def test_unknown_setting_given_to_init_fails_in_fit(quick, blobs):
    est = quick(DenseNetClassifier, optimizer__no_such=1)
    with pytest.raises(ValueError, match="Invalid parameter optimizer__no_such"):
        est.fit(*blobs)


def test_unknown_argument_is_a_type_error():
    with pytest.raises(TypeError, match="unexpected keyword argument 'widht'"):
        DenseNetClassifier(widht=3)


def test_unknown_parameter_in_set_params():
    with pytest.raises(ValueError, match="Invalid parameter 'widht'.*'width'"):
        DenseNetClassifier().set_params(widht=3)


def test_class_in_the_estimator(quick, blobs):
    named, by_class = (
        quick(DenseNetClassifier, optimizer=kind, learning_rate="auto").fit(*blobs)
        for kind in ("sgd", keras.optimizers.SGD)
    )
    np.testing.assert_array_equal(named.weights_[0], by_class.weights_[0])
    assert clone(by_class).optimizer is keras.optimizers.SGD
    with pytest.raises(ValueError, match="Invalid parameter optimizer__beta_1 for o"):
        by_class.set_params(optimizer__beta_1=0.5)


def test_search_over_optimizers_with_settings_of_one(quick, blobs):
    est = quick(DenseNetClassifier, epochs=1)
    grid = {"optimizer": ["adam", "sgd"], "optimizer__momentum": [0.0, 0.9]}
    with pytest.raises(ValueError, match="one of muon, rmsprop, sgd: .* list of grids"):
        GridSearchCV(est, grid, cv=2, error_score="raise").fit(*blobs)
    grids = [
        {"optimizer": ["sgd"], "optimizer__momentum": [0.0, 0.9]},
        {"optimizer": ["adam"]},
    ]
    search = GridSearchCV(est, grids, cv=2, error_score="raise").fit(*blobs)
    assert len(search.cv_results_["params"]) == 3


def test_a_refused_parameter_leaves_the_optimizers_settings_as_they_were():
    est = DenseNetClassifier(optimizer="sgd", optimizer__momentum=0.5)
    with pytest.raises(ValueError, match="Invalid parameter 'widht'"):
        est.set_params(widht=3, optimizer__momentum=0.9)
    assert est.optimizer__momentum == 0.5


@pytest.mark.parametrize(
    ("params", "learning_rate", "weight_decay"),
    [
        ({}, 0.001, 0.004),
        ({"optimizer": "adam"}, 0.001, 0.0),
        ({"learning_rate": None, "optimizer": "sgd"}, 0.01, 0.0),
        ({"learning_rate": 0.3, "weight_decay": 0.1}, 0.3, 0.1),
        ({"optimizer__learning_rate": 0.2}, 0.2, 0.004),
        ({"optimizer": keras.optimizers.AdamW(0.4, weight_decay=0.5)}, 0.4, 0.5),
    ],
)
def test_auto_counts_as_the_optimizers_own_value(params, learning_rate, weight_decay):
    settled = SmallCNNRegressor(**params)._settled_optimizer()
    assert settled.learning_rate == pytest.approx(learning_rate)
    assert settled.weight_decay == pytest.approx(weight_decay)

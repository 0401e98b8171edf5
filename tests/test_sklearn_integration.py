"""The estimators among scikit-learn's own tools."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import randint
from sklearn import config_context
from sklearn.base import is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.feature_selection import SequentialFeatureSelector
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import get_scorer
from sklearn.model_selection import (
    GridSearchCV,
    RandomizedSearchCV,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler

from sknets import DenseNetClassifier, SmallCNNClassifier

BOTH = pytest.mark.parametrize(
    "estimator_class", [DenseNetClassifier, SmallCNNClassifier]
)


@pytest.fixture
def net(quick):
    return quick(DenseNetClassifier, epochs=10)


@BOTH
def test_cross_val_score_stratifies(quick, blobs, estimator_class):
    """On sorted labels, folds that are not stratified have unknown classes only."""
    X, y = blobs
    order = np.argsort(y, kind="stable")
    scores = cross_val_score(
        quick(estimator_class, epochs=10), X[order], y[order], cv=3
    )
    assert scores.min() > 0.8
    assert is_classifier(quick(estimator_class))


@pytest.mark.parametrize(
    "scoring", ["accuracy", "roc_auc_ovr", "neg_log_loss", "f1_macro"]
)
def test_scorers(net, blobs, scoring):
    net.fit(*blobs)
    assert np.isfinite(get_scorer(scoring)(net, *blobs))


def test_scores_of_two_classes(net, binary):
    results = cross_validate(
        net, *binary, cv=3, scoring=["roc_auc", "neg_brier_score", "average_precision"]
    )
    assert results["test_roc_auc"].min() > 0.9
    assert results["test_neg_brier_score"].min() > -0.2


def test_grid_search_over_width_and_dropout_in_two_workers(net, blobs):
    grid = {"width": [2, 8], "dropout": [0.0, 0.3]}
    parallel = GridSearchCV(net, grid, cv=3, n_jobs=2).fit(*blobs)
    serial = GridSearchCV(net, grid, cv=3).fit(*blobs)
    np.testing.assert_allclose(
        parallel.cv_results_["mean_test_score"],
        serial.cv_results_["mean_test_score"],
    )
    assert parallel.best_score_ > 0.9
    assert parallel.predict(blobs[0]).shape == (90,)


def test_randomized_search_draws_numpy_numbers(net, blobs):
    search = RandomizedSearchCV(
        net, {"width": randint(2, 4), "dropout": [np.float32(0.1)]}, n_iter=2, cv=2,
        random_state=0,
    )  # fmt: skip
    assert search.fit(*blobs).best_score_ > 0.4


def test_voting(net, blobs):
    X, y = blobs
    names = np.array(["a", "b", "c"])[y]
    voting = VotingClassifier(
        [("net", net), ("linear", LogisticRegression())], voting="soft"
    ).fit(X, names)
    assert voting.score(X, names) > 0.9
    expected = (
        voting.named_estimators_["net"].predict_proba(X)
        + voting.named_estimators_["linear"].predict_proba(X)
    ) / 2
    np.testing.assert_allclose(voting.predict_proba(X), expected, rtol=1e-5)


@pytest.mark.parametrize("method", ["predict_proba", "decision_function"])
def test_stacking(net, blobs, method):
    stack = StackingClassifier(
        [("net", net)], LogisticRegression(), stack_method=method, cv=3
    )
    assert stack.fit(*blobs).score(*blobs) > 0.9


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_calibration(net, blobs, method):
    calibrated = CalibratedClassifierCV(net, method=method, cv=3).fit(*blobs)
    assert calibrated.score(*blobs) > 0.9
    np.testing.assert_allclose(calibrated.predict_proba(blobs[0]).sum(axis=1), 1)


def test_one_versus_rest(net, blobs):
    one_versus_rest = OneVsRestClassifier(net).fit(*blobs)
    assert len(one_versus_rest.estimators_) == 3
    assert one_versus_rest.score(*blobs) > 0.9


def test_chain_and_bagging(net, blobs, multilabel):
    assert ClassifierChain(net).fit(*multilabel).predict(multilabel[0]).shape == (90, 3)
    bagging = BaggingClassifier(net, n_estimators=2, random_state=0).fit(*blobs)
    assert bagging.score(*blobs) > 0.9


def test_learning_curve(net, blobs):
    sizes, train_scores, test_scores = learning_curve(
        net, *blobs, train_sizes=[0.5, 1.0], cv=3, shuffle=True, random_state=0
    )
    assert sizes.tolist() == [30, 60]
    assert train_scores.shape == test_scores.shape == (2, 3)
    assert test_scores[1].mean() > 0.8


def test_permutation_importance(net, blobs):
    """A column of noise matters least."""
    X, y = blobs
    X = np.c_[X, np.random.default_rng(0).normal(size=len(y))]
    result = permutation_importance(net.fit(X, y), X, y, random_state=0)
    assert result.importances_mean[:-1].max() > 0.2
    assert result.importances_mean[-1] < 0.1


def test_cross_val_predict(net, blobs):
    p = cross_val_predict(net, *blobs, cv=3, method="predict_proba")
    assert p.shape == (90, 3)
    assert (p.argmax(axis=1) == blobs[1]).mean() > 0.9


def test_feature_selection(quick, blobs):
    net = quick(DenseNetClassifier, epochs=2)
    selector = SequentialFeatureSelector(net, n_features_to_select=1, cv=2)
    assert selector.fit_transform(*blobs).shape == (90, 1)


def test_pipeline_with_a_column_transformer(net, blobs):
    X, y = blobs
    frame = pd.DataFrame(X, columns=list("abcd"))
    frame["colour"] = np.where(y == 0, "red", "blue")
    columns = ColumnTransformer(
        [
            ("number", StandardScaler(), ["a", "b"]),
            ("name", OneHotEncoder(), ["colour"]),
        ]
    )
    pipeline = Pipeline([("columns", columns), ("net", net)])
    pipeline.set_params(net__width=6, net__optimizer__clipnorm=1.0)
    pipeline.fit(frame, y)
    assert pipeline.score(frame, y) > 0.9
    assert pipeline[-1].weights_[0].shape == (4, 6)
    assert pipeline.get_params()["net__optimizer__clipnorm"] == 1.0


def test_pipeline_with_frames_between_its_steps(net, blobs):
    X, y = blobs
    pipeline = make_pipeline(StandardScaler().set_output(transform="pandas"), net)
    pipeline.fit(pd.DataFrame(X, columns=list("abcd")), y)
    assert pipeline[-1].feature_names_in_.tolist() == list("abcd")


@BOTH
def test_pipeline_passes_and_transforms_validation_rows(quick, blobs, estimator_class):
    """With metadata routing, X_val goes through the steps before the estimator."""
    X, y = blobs
    train, val = slice(None, 60), slice(60, None)
    weights = np.linspace(0, 1, 60), np.linspace(1, 0, 30)
    with config_context(enable_metadata_routing=True):
        est = quick(estimator_class).set_fit_request(
            X_val=True, y_val=True, sample_weight=True, sample_weight_val=True
        )
        pipeline = Pipeline(
            [("scale", MinMaxScaler((0, 5))), ("net", est)], transform_input=["X_val"]
        )
        pipeline.fit(
            X[train], y[train], X_val=X[val], y_val=y[val],
            sample_weight=weights[0], sample_weight_val=weights[1],
        )  # fmt: skip
    scaler = MinMaxScaler((0, 5)).fit(X[train])
    expected = quick(estimator_class).fit(
        scaler.transform(X[train]),
        y[train],
        weights[0],
        X_val=scaler.transform(X[val]),
        y_val=y[val],
        sample_weight_val=weights[1],
    )
    assert len(expected.history_["val_loss"]) == 5
    assert pipeline[-1].history_ == expected.history_


def test_weights_are_routed_through_a_search(net, blobs):
    X, y = blobs
    weight = np.where(y == 0, 0.0, 1.0)
    with config_context(enable_metadata_routing=True):
        net.set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        search = GridSearchCV(net, {"width": [8]}, cv=3)
        search.fit(X, y, sample_weight=weight)
    assert list(search.best_estimator_.classes_) == [0, 1, 2]
    assert 0 not in search.best_estimator_.predict(X[y > 0])

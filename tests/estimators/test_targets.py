"""Classes: which there are, where weights or the whole of y leave few of them."""

import functools
import pickle

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_iris
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.model_selection import cross_val_score, learning_curve
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.semi_supervised import SelfTrainingClassifier

import sknets
from sknets import DenseNetClassifier, SmallCNNClassifier, TextPoolClassifier
from sknets._estimators import number_targets
from sknets.interop import to_scikeras

ONE_CLASS = "y has only one class"
TEXTS = ["a good film", "good fun", "a bad film", "bad, very bad"] * 3


@pytest.fixture(scope="module")
def iris():
    return load_iris(return_X_y=True)


@pytest.fixture
def net(quick):
    return quick(DenseNetClassifier)


def rare_class(n_rows, n_rare):
    X = np.random.default_rng(0).normal(size=(n_rows, 3))
    y = np.r_[np.zeros(n_rows - n_rare, int), np.ones(n_rare, int)]
    return X + 3 * y[:, None], y


# --- A class whose rows all have weight zero -----------------------------------------


@pytest.mark.parametrize("others", [{}, {"early_stopping": True, "patience": 2}])
def test_weights_choose_the_rows_and_y_has_the_classes(quick, iris, others):
    X, y = iris
    w = (y > 0).astype(float)
    est = quick(DenseNetClassifier, **others).fit(X, y, w)
    assert est.classes_.tolist() == [0, 1, 2]
    assert est.predict_proba(X).shape == (150, 3)
    assert est.score(X[y > 0], y[y > 0]) > 0.8
    # Whatever lies in rows of weight zero has no influence: scaling, split, training.
    X = np.where(y[:, None] == 0, 1e6, X)
    changed = quick(DenseNetClassifier, **others).fit(X, y, w)
    for a, b in zip(est.weights_, changed.weights_, strict=True):
        np.testing.assert_array_equal(a, b)


def test_balanced_weights_leave_out_a_class_without_weight(quick, iris):
    X, y = iris
    keep = (y > 0) & (np.arange(150) % 7 > 0)
    w = keep * np.where(y == 1, 3.0, 1.0)
    quick = functools.partial(quick, input_scaling=None)  # weights have a part in that
    balanced = quick(DenseNetClassifier, class_weight="balanced").fit(X, y, w)
    w[y == 1] /= w[y == 1].sum()
    w[y == 2] /= w[y == 2].sum()
    by_hand = quick(DenseNetClassifier).fit(X, y, w)
    for a, b in zip(balanced.weights_, by_hand.weights_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)


def test_vocabulary_is_that_of_texts_with_weight():
    y = np.array(["good", "good", "bad", "bad"] * 3)
    w = (y == "good").astype(float)
    est = TextPoolClassifier(epochs=1, min_df=1, ngram_range=(1, 1), random_state=0)
    est.fit(TEXTS, y, w)
    assert est.classes_.tolist() == ["bad", "good"]
    assert sorted(est.vocabulary_) == ["a", "film", "fun", "good"]


def test_labels_without_weight_must_be_known(net, iris):
    X, y = iris
    net.partial_fit(X, y)
    with pytest.raises(ValueError, match=r"not among the classes.*\[7\]"):
        net.partial_fit(X, np.where(y == 0, 7, y), sample_weight=(y > 0) * 1.0)


@pytest.mark.parametrize(
    "around",
    [
        lambda net: VotingClassifier([("net", net)], voting="soft"),
        lambda net: CalibratedClassifierCV(net, cv=3),
        lambda net: StackingClassifier([("net", net)], cv=3),
    ],
    ids=["voting", "calibrated", "stacking"],
)
def test_meta_estimators_hand_weights_on(net, iris, around):
    X, y = iris
    est = around(net).fit(X, y, sample_weight=(y > 0) * 1.0)
    assert est.score(X[y > 0], y[y > 0]) > 0.8


def test_boosting_has_a_column_for_each_class(net, iris):
    X, y = iris
    est = AdaBoostClassifier(net, n_estimators=2)
    # AdaBoost itself takes the logarithm of the zero weights.
    with np.errstate(divide="ignore"):
        est.fit(X, y, sample_weight=(y > 0) * 1.0)
    assert est.predict_proba(X).shape == (150, 3)


@pytest.mark.parametrize("scoring", ["roc_auc_ovr", "neg_log_loss"])
def test_scores_over_all_classes_under_weights(net, iris, scoring):
    X, y = iris
    weights = {"sample_weight": (y > 0) * 1.0}
    scores = cross_val_score(
        net, X, y, cv=3, scoring=scoring, params=weights, error_score="raise"
    )
    assert np.isfinite(scores).all()


@pytest.mark.parametrize(("n_rows", "n_rare"), [(100, 4), (200, 5)])
def test_bags_that_miss_a_class(quick, n_rows, n_rare):
    """scikit-learn 1.9 hands bootstrap counts over as weights."""
    X, y = rare_class(n_rows, n_rare)
    net = quick(DenseNetClassifier, epochs=1)
    for seed in range(10):
        bag = BaggingClassifier(net, n_estimators=5, random_state=seed).fit(X, y)
        assert bag.predict_proba(X).shape == (n_rows, 2)


def test_bags_that_miss_one_of_three_classes(quick):
    X, y = rare_class(100, 4)
    y[:40] = 2
    net = quick(DenseNetClassifier, epochs=1)
    bag = BaggingClassifier(net, n_estimators=10, random_state=0).fit(X, y)
    assert bag.decision_function(X).shape == (100, 3)


# --- One class alone -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("estimator", "X"),
    [
        (DenseNetClassifier(4, epochs=2, random_state=0), np.eye(12)),
        (SmallCNNClassifier((4,), epochs=1, random_state=0), np.ones((12, 8, 8))),
        (TextPoolClassifier(epochs=1, random_state=0), TEXTS),
    ],
    ids=["dense", "cnn", "text"],
)
def test_one_class_is_predicted_for_every_row(estimator, X, tmp_path):
    with pytest.warns(UserWarning, match=f"{ONE_CLASS}, 'cat': it will be predicted"):
        estimator.fit(X, ["cat"] * 12)
    sknets.save(estimator, tmp_path / "net.sknets")
    copies = [
        pickle.loads(pickle.dumps(estimator)),
        sknets.load(tmp_path / "net.sknets"),
    ]
    for est in (estimator, *copies):
        assert est.classes_.tolist() == ["cat"]
        assert (est.predict(X) == "cat").all()
        np.testing.assert_array_equal(est.predict_proba(X), np.ones((12, 1)))
        np.testing.assert_array_equal(est.predict_log_proba(X), np.zeros((12, 1)))
        assert est.decision_function(X).shape == (12,)
        assert est.score(X, ["cat"] * 12) == 1
    assert set(estimator.history_["accuracy"]) == {1.0}
    estimator.set_params(warm_start=True).fit(X, ["cat"] * 12)
    estimator.partial_fit(X, ["cat"] * 12)
    assert (estimator.predict(X) == "cat").all()
    with pytest.raises(ValueError, match=r"not among the classes \['cat'\]: \['dog'\]"):
        estimator.partial_fit(X, ["dog"] * 12)


def test_one_class_for_partial_fit_has_to_be_named(net, iris):
    X, y = iris
    with pytest.raises(ValueError, match=r"only one class: 0. Name all.*classes=\["):
        net.partial_fit(X[:50], y[:50])
    with pytest.warns(UserWarning, match=ONE_CLASS):
        net.partial_fit(X[:50], y[:50], classes=[0])
    assert net.classes_.tolist() == [0]


def test_early_stopping_with_one_class(quick, iris):
    est = quick(DenseNetClassifier, epochs=20, early_stopping=True, patience=2)
    with pytest.warns(UserWarning, match=ONE_CLASS):
        est.fit(iris[0], np.zeros(150, int))
    assert est.history_["val_loss"] == [0.0] * 3


@pytest.mark.filterwarnings(f"ignore:{ONE_CLASS}")
def test_meta_estimators_with_one_class(net, iris):
    X, y = iris
    Y = np.c_[np.ones(150, int), y > 0]
    for around in (MultiOutputClassifier, ClassifierChain):
        predicted = around(net).fit(X, Y).predict(X)
        assert (predicted[:, 0] == 1).all()
        assert (predicted[:, 1] == Y[:, 1]).mean() > 0.9
    _, _, scores = learning_curve(net, X, y, cv=3, train_sizes=[20, 100])
    assert np.isfinite(scores).all()
    labels = np.where(np.arange(150) < 40, 0, -1)
    assert (SelfTrainingClassifier(net).fit(X, labels).predict(X) == 0).all()


@pytest.mark.filterwarnings(f"ignore:{ONE_CLASS}")
def test_keras_model_of_one_class(net, iris):
    X, _ = iris
    model = net.fit(X, np.zeros(150, int)).model_
    with pytest.warns(UserWarning, match="will always return the value 1"):
        proba = model.predict(X[:5], verbose=0)
    np.testing.assert_array_equal(proba, np.ones((5, 1)))
    with pytest.raises(ValueError, match=r"two or more classes; classes_ is \[0\]"):
        to_scikeras(net)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (3, "y must be a list or array; got 3 of type int"),
        (np.array(3), "y must be a list or array; got array"),
        (iter([0, 1]), "y must be a list or array.* of type list_iterator"),
        ({0, 1}, "y must be a list or array.* of type set"),
        (np.zeros((4, 2, 2)), r"y must have shape.*its shape is \(4, 2, 2\)"),
        (np.zeros((4, 0)), r"y must have shape.*its shape is \(4, 0\)"),
        ([], r"y must have shape.*its shape is \(0,\)"),
        ([1j, 2j, 1j, 2j], "y has complex numbers. Complex data not supported"),
    ],
)
def test_errors_about_the_form_of_y(y, message):
    with pytest.raises(ValueError, match=message):
        DenseNetClassifier(epochs=1).fit(np.eye(4), y)
    with pytest.raises(ValueError, match=message):
        number_targets.check_numbers(y, DenseNetClassifier())


def test_numbers_in_rows_of_several_lengths():
    with pytest.raises(ValueError, match="y has rows of several lengths"):
        number_targets.check_numbers([[1.0], [1.0, 2.0]], DenseNetClassifier())


@pytest.mark.parametrize(
    ("sample_weight", "message"),
    [
        (np.array(1.0), r"sample_weight must have one number for each row.*\(\)"),
        ([], r"sample_weight must have one number for each row.*\(0,\)"),
        ("a", "sample_weight must consist of numbers; found 'a'"),
        ({}, "sample_weight must consist of numbers; found {}"),
        (iter([1.0]), "sample_weight must consist of numbers; found <list_iterator"),
    ],
)
def test_errors_about_the_form_of_weights(sample_weight, message):
    with pytest.raises(ValueError, match=message):
        DenseNetClassifier(epochs=1).fit(np.eye(4), [0, 1, 0, 1], sample_weight)


def test_masked_weights_are_refused():
    weight = np.ma.masked_array([1.0, 1.0, 99.0], [False, False, True])
    with pytest.raises(ValueError, match=r"sample_weight is a masked array .*filled"):
        DenseNetClassifier(4, epochs=1).fit(np.eye(3), [0, 1, 1], weight)

"""What the three classifiers share: class labels, and how they are smoothed."""

import math

import numpy as np
import pytest
from sklearn.base import is_classifier

from sknets import DenseNetClassifier, SmallCNNClassifier, TextPoolClassifier
from tests.networks import assert_all_equal

ALL = pytest.mark.parametrize(
    "estimator_class", [DenseNetClassifier, SmallCNNClassifier, TextPoolClassifier]
)


@ALL
def test_tags_say_what_it_takes(estimator_class):
    est = estimator_class()
    assert is_classifier(est)
    assert est.__sklearn_tags__().classifier_tags.multi_label
    assert est.__sklearn_tags__().classifier_tags.multi_class


@pytest.mark.parametrize(
    ("y", "target_type", "n_outputs"),
    [
        (["no", "yes"], "binary", 1),
        (["a", "b", "c"], "multiclass", 3),
        ([[0, 1], [1, 0], [1, 1]], "multilabel-indicator", 2),
    ],
)
def test_outputs_follow_the_kind_of_target(quick, y, target_type, n_outputs):
    X = np.eye(len(y))
    est = quick(DenseNetClassifier, epochs=1).fit(X, y)
    assert est.target_type_ == target_type
    assert est.weights_[-1].shape == (n_outputs,)
    assert est.predict_proba(X).shape == (len(y), max(n_outputs, 2))
    assert est.predict(X).shape == np.shape(y)


def test_first_part_names_classes_that_come_later(quick, blobs):
    X, y = blobs
    names = np.array(["ant", "bee", "cat"])[y]
    est = quick(DenseNetClassifier)
    est.partial_fit(X[y < 2], names[y < 2], classes=["cat", "bee", "ant"])
    assert est.classes_.tolist() == ["ant", "bee", "cat"]
    assert est.predict_proba(X).shape == (90, 3)
    for _ in range(20):
        est.partial_fit(X, names)
    assert est.score(X, names) > 0.9


def test_a_refused_part_leaves_what_was_learnt(quick, blobs):
    X, y = blobs
    est = quick(DenseNetClassifier).partial_fit(X, y)
    weights, n_epochs = est.weights_, est.n_iter_
    with pytest.raises(ValueError, match=r"not among the classes.*\[7\]"):
        est.partial_fit(X, y + 5 * (y == 2))
    assert est.n_iter_ == n_epochs
    assert_all_equal(est.weights_, weights)


@pytest.mark.parametrize(
    ("n_rows", "params", "smoothing"),
    [
        (90, {}, 0.02),
        (9000, {}, 1 / math.sqrt(9000)),
        (9000, {"label_smoothing": 0.3}, 0.3),
    ],
)
def test_label_smoothing_follows_the_rows(n_rows, params, smoothing):
    settings = DenseNetClassifier(**params)._settings(n_rows, False)
    assert settings.label_smoothing == pytest.approx(smoothing)


def test_smoothed_labels_hold_probabilities_back(quick, blobs):
    """Labels of 1 - s + s / 3: no answer is better than that share of certainty."""
    X, y = blobs
    est = quick(DenseNetClassifier, label_smoothing=0.3, weight_decay=None, epochs=100)
    likely = est.fit(X, y).predict_proba(X).max(axis=1)
    assert np.median(likely) == pytest.approx(0.8, abs=0.01)


@pytest.mark.parametrize("optimizer", ["adam", "an instance"])
def test_auto_label_smoothing_is_at_most_a_fiftieth(digits, optimizer):
    X, y = digits
    if optimizer != "adam":
        optimizer = pytest.importorskip("keras").optimizers.Adam(0.002)
    params = {"optimizer": optimizer, "learning_rate": None, "epochs": 3}
    params |= {"batch_size": 16, "random_state": 0, "augment": None}
    auto, given, none = (
        SmallCNNClassifier((4,), label_smoothing=smoothing, **params).fit(X, y)
        for smoothing in ("auto", 0.02, 0.0)
    )
    assert_all_equal(auto.weights_, given.weights_)
    assert not np.array_equal(auto.weights_[0], none.weights_[0])


@pytest.mark.parametrize("n_classes", [2, 3])
def test_rare_classes_do_not_seem_frequent(n_classes):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(6000, 5))
    y = (X[:, 0] > 0).astype(int) * (n_classes - 2)
    y[rng.permutation(6000)[:6]] = n_classes - 1  # 1:1000, and nothing tells them
    # Steps enough for so small a network to get there.
    params = {"width": 8, "epochs": 20, "batch_size": 64}
    params |= {"dropout": 0.0, "random_state": 0}
    nets = {
        smoothing: DenseNetClassifier(**params, label_smoothing=smoothing).fit(X, y)
        for smoothing in ("auto", 1 / math.sqrt(6000))
    }
    mean = {s: net.predict_proba(X)[:, -1].mean() for s, net in nets.items()}
    auto, given = mean.values()
    assert 0.0005 < auto < 0.002
    assert given > 3 * auto
    first, *others = (net.decision_function(X) for net in nets.values())
    if n_classes == 2:  # the ranking stays
        assert np.diff(others[0][np.argsort(first)]).min() > -1e-6


def test_balanced_rare_classes_are_not_shifted(quick, blobs):
    X, y = blobs
    X, y = np.repeat(X, 10, axis=0), np.repeat(y, 10)
    rows = np.flatnonzero((y != 2) | (np.cumsum(y == 2) <= 2))
    auto, given = (
        quick(DenseNetClassifier, label_smoothing=s, class_weight="balanced").fit(
            X[rows], y[rows]
        )
        for s in ("auto", 0.02)
    )
    assert_all_equal(auto.weights_, given.weights_)


def test_going_on_does_not_make_rare_classes_ever_rarer():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(6000, 5))
    y = np.zeros(6000, int)
    y[rng.permutation(6000)[:6]] = 1
    net = DenseNetClassifier(
        8, warm_start=True, epochs=10, soft_steps=None, random_state=0
    ).fit(X, y)
    net.set_params(epochs=1)
    for _ in range(4):
        net.fit(X, y)
    assert net.predict_proba(X)[:, 1].mean() > 0.0005

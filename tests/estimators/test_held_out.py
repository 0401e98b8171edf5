"""Rows that are held out: shares, groups, splitters; recorded with and without
early stopping."""

import numpy as np
import pytest
import sklearn
from sklearn.metrics import log_loss
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    PredefinedSplit,
    ShuffleSplit,
    StratifiedKFold,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sknets import (
    DenseNetClassifier,
    DenseNetRegressor,
    SmallCNNClassifier,
    SmallCNNRegressor,
    TextPoolClassifier,
    TextPoolRegressor,
)
from sknets._estimators.held_out import split

LABELS = np.arange(60) % 3
GROUPS = np.arange(60) // 5


def test_share_is_stratified():
    train, held_out = split(LABELS, None, 0.2, seed=0, stratify=True)
    assert np.bincount(LABELS[held_out]).tolist() == [4, 4, 4]
    assert np.array_equal(np.sort(np.r_[train, held_out]), np.arange(60))


def test_classes_that_are_held_out_whole_are_told_of(quick):
    X, y = np.random.default_rng(0).normal(size=(30, 4)), np.arange(30)
    net = quick(DenseNetClassifier, early_stopping=True)
    with pytest.warns(UserWarning, match="All rows of 3 of 30 classes are held out"):
        net.fit(X, y)
    net.set_params(validation_fraction=None).fit(X, y)


def test_numbers_are_not_stratified():
    shares = [
        np.bincount(LABELS[split(LABELS, None, 0.2, seed, stratify=False)[1]])
        for seed in range(5)
    ]
    assert any(share.tolist() != [4, 4, 4] for share in shares)


@pytest.mark.parametrize("validation_fraction", [0.2, GroupKFold(4)])
def test_groups_stay_together(validation_fraction):
    train, held_out = split(LABELS, GROUPS, validation_fraction, seed=0, stratify=True)
    assert not set(GROUPS[train]) & set(GROUPS[held_out])
    assert len(set(GROUPS[held_out])) == 3
    assert len(train) + len(held_out) == 60


@pytest.mark.parametrize(
    "splitter", [KFold(5), StratifiedKFold(5), PredefinedSplit(np.arange(60) % 5)]
)
def test_first_split_of_a_splitter(splitter):
    first = next(splitter.split(np.zeros((60, 1)), LABELS))
    for ours, theirs in zip(
        split(LABELS, None, splitter, seed=0, stratify=True), first, strict=True
    ):
        np.testing.assert_array_equal(ours, np.sort(theirs))


def test_splitter_without_a_seed_takes_that_of_the_estimator():
    splitter = ShuffleSplit(test_size=0.3)
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    one, two, other = (
        split(LABELS, None, splitter, seed, stratify=True)[1] for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)
    assert splitter.random_state is None
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002


class Wrong:
    def __init__(self, *parts):
        self.parts = parts

    def split(self, X, y=None, groups=None):
        return iter(self.parts)


@pytest.mark.parametrize(
    ("validation_fraction", "groups", "match"),
    [
        (0.99, None, "=0.99 cannot hold out some of 60 rows: .* Give X_val and y_val"),
        (0.2, np.zeros(60), "cannot hold out some of 60 rows"),
        (GroupKFold(4), None, "The 'groups' parameter should not be None"),
        (KFold(61), None, "Cannot have number of splits"),
        (Wrong(), None, "gives nothing"),
        (Wrong(([0, 1], [1])), None, "2 rows to train on and 1 to validate on"),
        (Wrong(([0, 1], [])), None, "and 0 to validate on"),
    ],
)
def test_impossible_splits(validation_fraction, groups, match):
    with pytest.raises(ValueError, match=match):
        split(LABELS, groups, validation_fraction, seed=0, stratify=True)


def test_recorded_without_early_stopping(quick, blobs):
    X, y = blobs
    est = quick(DenseNetClassifier, validation_fraction=0.2).fit(X, y)
    assert len(est.history_["val_loss"]) == est.n_iter_ == est.best_epoch_ == 5
    stopping = quick(
        DenseNetClassifier, validation_fraction=0.2, early_stopping=True, patience=5
    ).fit(X, y)
    assert stopping.history_ == est.history_


@pytest.mark.parametrize("validation_fraction", ["auto", None])
def test_nothing_is_held_out_by_default(quick, blobs, validation_fraction):
    est = quick(DenseNetClassifier, validation_fraction=validation_fraction)
    assert set(est.fit(*blobs).history_) == {"loss", "accuracy"}


def test_auto_holds_out_a_tenth_for_early_stopping(quick, blobs):
    auto, tenth = (
        quick(DenseNetClassifier, early_stopping=True, **params).fit(*blobs)
        for params in ({}, {"validation_fraction": 0.1})
    )
    assert auto.history_ == tenth.history_
    assert "val_loss" in auto.history_


def held_out_sizes(monkeypatch):
    sizes = []

    def spy(y, groups, validation_fraction, seed, *, stratify):
        parts = split(y, groups, validation_fraction, seed, stratify=stratify)
        sizes.append((groups, *parts))
        return parts

    monkeypatch.setattr("sknets._estimators.base.split", spy)
    return sizes


def test_groups_of_fit(quick, blobs, monkeypatch):
    X, y = blobs
    seen = held_out_sizes(monkeypatch)
    groups = np.array(["a", "b", "c", "d", "e", "f"])[np.arange(90) // 15]
    weight = np.ones(90)
    weight[::9] = 0
    est = quick(DenseNetClassifier, validation_fraction=0.3)
    est.fit(X, y, groups=groups.tolist(), sample_weight=weight)
    used, train, held_out = seen[0]
    np.testing.assert_array_equal(used, groups[weight > 0])
    assert len(set(used[held_out])) == 2
    assert not set(used[train]) & set(used[held_out])


def test_groups_are_routed(quick, blobs, monkeypatch):
    X, y = blobs
    seen = held_out_sizes(monkeypatch)
    groups = np.arange(90) // 15
    with sklearn.config_context(enable_metadata_routing=True):
        net = quick(DenseNetClassifier, validation_fraction=GroupKFold(3))
        pipeline = make_pipeline(StandardScaler(), net.set_fit_request(groups=True))
        pipeline.fit(X, y, groups=groups)
    np.testing.assert_array_equal(seen[0][0], groups)


def test_groups_of_another_length(quick, blobs):
    with pytest.raises(ValueError, match=r"inconsistent numbers of samples.*\[90, 9"):
        quick(DenseNetClassifier).fit(*blobs, groups=np.zeros(9))


def test_validation_rows_of_partial_fit(quick, blobs):
    X, y = blobs
    est = quick(DenseNetClassifier, scoring="f1_macro")
    for _ in range(3):
        est.partial_fit(X, y, X_val=X[:30], y_val=y[:30])
    assert len(est.history_["val_loss"]) == 3
    assert est.history_["val_accuracy"][-1] == est.score(X[:30], y[:30])
    assert len(est.history_["val_f1_macro"]) == 3
    with pytest.raises(ValueError, match="X_val and y_val must be given together"):
        est.partial_fit(X, y, X_val=X)


def test_texts_by_groups(monkeypatch):
    seen = held_out_sizes(monkeypatch)
    texts, labels = ["a good film", "a bad film"] * 20, [1, 0] * 20
    est = TextPoolClassifier(validation_fraction=0.25, random_state=0)
    est.fit(texts, labels, groups=np.arange(40) // 10)
    assert len(seen[0][2]) == 10
    assert len(est.history_["val_loss"]) == est.n_iter_


def test_rows_in_the_order_of_the_data(quick, blobs):
    X, y = blobs
    one_step = {"batch_size": 45, "optimizer": "sgd", "weight_decay": 0.0, "epochs": 1}
    one_step |= {"learning_rate": 0.5, "learning_rate_schedule": "constant"}
    one_step |= {"label_smoothing": 0.0, "input_scaling": "standard"}
    ordered = quick(DenseNetClassifier, shuffle=False, **one_step).fit(X, y)
    # The same two steps, one call for each.
    halves = quick(DenseNetClassifier, **one_step).partial_fit(X, y)
    assert not np.array_equal(ordered.weights_[0], halves.weights_[0])
    twice = quick(DenseNetClassifier, shuffle=False, **one_step).fit(X, y)
    np.testing.assert_array_equal(ordered.weights_[0], twice.weights_[0])
    # Another order within the batches changes nothing, one between them does.
    within = np.r_[np.arange(45)[::-1], 45 + np.arange(45)[::-1]]
    same = quick(DenseNetClassifier, shuffle=False, **one_step)
    same.fit(X[within], y[within])
    np.testing.assert_allclose(same.weights_[0], ordered.weights_[0], atol=1e-5)
    other = quick(DenseNetClassifier, shuffle=False, **one_step).fit(X[::-2], y[::-2])
    assert not np.allclose(other.weights_[0], ordered.weights_[0], atol=1e-3)


@pytest.mark.parametrize("share", ["odd", "", b"auto"])
def test_strings_are_no_splitters(share):
    net = DenseNetClassifier(epochs=1, validation_fraction=share)
    with pytest.raises(ValueError, match="validation_fraction"):
        net.fit(np.eye(4), [0, 1, 0, 1])


# --- What is held out teaches nothing ------------------------------------------------

LAST_THIRD = PredefinedSplit(np.repeat([-1, 0], [60, 30]))


@pytest.mark.parametrize(
    "estimator_class",
    [DenseNetClassifier, SmallCNNClassifier, DenseNetRegressor, SmallCNNRegressor],
)
@pytest.mark.parametrize("early_stopping", [False, True])
def test_held_out_rows_do_not_set_the_scaling(
    quick, blobs, estimator_class, early_stopping
):
    X, y = abs(blobs[0]), blobs[1]
    alone = quick(estimator_class, epochs=1).fit(X[:60], y[:60])
    larger = np.where(np.arange(90)[:, None] < 60, X, 1000 * X)
    est = quick(
        estimator_class,
        epochs=1,
        validation_fraction=LAST_THIRD,
        early_stopping=early_stopping,
    ).fit(larger, y)
    for name in ("shift", "scale"):
        np.testing.assert_array_equal(
            est.input_scaling_[name], alone.input_scaling_[name]
        )


@pytest.mark.parametrize("estimator_class", [TextPoolClassifier, TextPoolRegressor])
def test_held_out_texts_do_not_enter_the_vocabulary(estimator_class):
    texts = ["good film", "bad film"] * 30 + ["unseen"] * 30
    est = estimator_class(epochs=1, random_state=0, validation_fraction=LAST_THIRD)
    est.fit(texts, [1, 0] * 45)
    assert not any("unseen" in ngram for ngram in est.vocabulary_)


@pytest.mark.parametrize("target", ["numbers", "two numbers"])
def test_held_out_targets_do_not_set_the_scaling(quick, blobs, target):
    X, y = blobs[0], blobs[1].astype(float)
    y = np.column_stack([y, -y]) if target == "two numbers" else y
    alone = quick(DenseNetRegressor, epochs=1).fit(X[:60], y[:60])
    larger = y.copy()
    larger[60:] *= 1000
    est = quick(DenseNetRegressor, epochs=1, validation_fraction=LAST_THIRD)
    est.fit(X, larger)
    for name, value in alone.target_scaling_.items():
        np.testing.assert_array_equal(est.target_scaling_[name], value)


def test_held_out_rows_do_not_count_in_class_weights(quick, blobs):
    X, y = blobs[0], np.r_[np.arange(60) % 3, np.full(30, 2)]
    est = quick(DenseNetClassifier, epochs=2, validation_fraction=LAST_THIRD)
    balanced = est.set_params(class_weight="balanced").fit(X, y)
    history = balanced.history_
    # Balanced as they are without the held-out ones: weights of one.
    plain = est.set_params(class_weight=None).fit(X, y)
    assert history["loss"] == plain.history_["loss"]
    assert history["val_loss"] == plain.history_["val_loss"]


def test_weights_and_groups_stay_with_their_rows():
    rng = np.random.default_rng(0)
    X, weight = rng.normal(size=(60, 3)), rng.uniform(0.1, 5, 60)
    y = (X[:, 0] + rng.normal(size=60) > 0).astype(int)
    weight[:7] = 0
    groups = np.arange(60) % 6
    seen = {}

    class OneGroup:
        def get_n_splits(self):
            return 1

        def split(self, X, y, groups):
            seen["groups"] = groups
            return [(np.flatnonzero(groups != 2), np.flatnonzero(groups == 2))]

    net = DenseNetClassifier(
        4, epochs=2, batch_size=8, random_state=0, validation_fraction=OneGroup()
    )
    net.fit(X, y, weight, groups=groups)
    np.testing.assert_array_equal(seen["groups"], groups[7:])
    held_out = np.flatnonzero((groups == 2) & (weight > 0))
    expected = log_loss(
        y[held_out],
        net.predict_proba(X[held_out]),
        sample_weight=weight[held_out],
        labels=[0, 1],
    )
    assert net.history_["val_loss"][-1] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("groups", "match"),
    [
        (np.array(["a", None] * 5, object), "missing values, the first in row 1"),
        (np.array([1.0, np.nan] * 5), "missing values, the first in row 1"),
        (np.ones((10, 2)), r"its shape is \(10, 2\)"),
    ],
)
def test_groups_that_name_no_group(groups, match):
    net = DenseNetClassifier(4, epochs=1, early_stopping=True)
    with pytest.raises(ValueError, match=f"groups .*{match}"):
        net.fit(np.eye(10), [0, 1] * 5, groups=groups)

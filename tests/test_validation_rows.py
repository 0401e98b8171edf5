"""Held-out and given validation rows."""

import numpy as np
import pytest
from sklearn.metrics import log_loss

from sknets import DenseNetClassifier, SmallCNNClassifier
from tests.networks import assert_all_equal, spy_on_split

BOTH = pytest.mark.parametrize(
    "estimator_class", [DenseNetClassifier, SmallCNNClassifier]
)


def test_history_of_a_plain_fit(quick, blobs):
    est = quick(DenseNetClassifier, epochs=8).fit(*blobs)
    assert set(est.history_) == {"loss", "accuracy"}
    assert {len(values) for values in est.history_.values()} == {8}
    assert est.n_iter_ == est.best_epoch_ == 8
    assert est.history_["loss"][-1] < est.history_["loss"][0] / 2
    assert 0.9 < est.history_["accuracy"][-1] <= 1
    assert all(isinstance(v, float) for v in est.history_["loss"])


@pytest.mark.parametrize("n_classes", [2, 3])
def test_early_stopping_holds_out_a_stratified_fraction(
    quick, blobs, monkeypatch, n_classes
):
    X, y = blobs
    X, y = X[y < n_classes], y[y < n_classes]
    seen = spy_on_split(monkeypatch)
    est = quick(DenseNetClassifier, early_stopping=True, validation_fraction=0.2)
    est.fit(X, y)
    both = np.concatenate([seen["train"], seen["validation"]])
    np.testing.assert_array_equal(np.sort(both), np.arange(len(y)))
    assert np.bincount(y[seen["validation"]]).tolist() == [6] * n_classes
    assert set(est.history_) == {"loss", "accuracy", "val_loss", "val_accuracy"}


def test_class_with_one_row_falls_back_to_a_random_split(quick, blobs, monkeypatch):
    X, y = blobs
    y = y.copy()
    y[0] = 7
    seen = spy_on_split(monkeypatch)
    est = quick(DenseNetClassifier, early_stopping=True, validation_fraction=0.2)
    est.fit(X, y)
    assert len(seen["validation"]) == 18
    assert list(est.classes_) == [0, 1, 2, 7]


def test_multilabel_split_is_random(quick, multilabel, monkeypatch):
    seen = spy_on_split(monkeypatch)
    quick(DenseNetClassifier, early_stopping=True).fit(*multilabel)
    assert len(seen["validation"]) == 9


def test_split_follows_the_seed(quick, blobs, monkeypatch):
    seen = spy_on_split(monkeypatch)
    est = quick(DenseNetClassifier, early_stopping=True, epochs=1)
    splits = [
        est.set_params(random_state=seed).fit(*blobs) and seen["validation"].tolist()
        for seed in (0, 0, 1)
    ]
    assert splits[0] == splits[1] != splits[2]


def test_too_few_rows_to_hold_out(quick):
    est = quick(DenseNetClassifier, early_stopping=True, validation_fraction=0.99)
    with pytest.raises(
        ValueError, match="=0.99 cannot hold out some of 2 rows.*Give X_v"
    ):
        est.fit([[0.0], [1.0]], [0, 1])


def test_validation_fraction_none_monitors_the_training_loss(quick, blobs, monkeypatch):
    seen = spy_on_split(monkeypatch)
    est = quick(
        DenseNetClassifier,
        early_stopping=True,
        validation_fraction=None,
        epochs=30,
        patience=2,
        learning_rate=1.0,
        learning_rate_schedule="constant",
    ).fit(*blobs)
    assert len(seen["train"]) == 90
    assert seen["validation"] is None
    assert set(est.history_) == {"loss", "accuracy"}
    assert est.best_epoch_ == 1 + int(np.argmin(est.history_["loss"]))


@BOTH
def test_best_weights_are_restored(quick, blobs, estimator_class):
    X, y = blobs
    rng = np.random.default_rng(0)
    y_noisy = np.where(rng.random(len(y)) < 0.4, rng.integers(0, 3, len(y)), y)
    est = quick(
        estimator_class,
        early_stopping=True,
        patience=3,
        epochs=60,
        learning_rate_schedule="constant",
        learning_rate=0.2,
    ).fit(X[::2], y_noisy[::2], X_val=X[1::2], y_val=y_noisy[1::2])
    losses = est.history_["val_loss"]
    assert est.best_epoch_ == 1 + int(np.argmin(losses))
    assert est.best_epoch_ < est.n_iter_ == len(losses)
    p = est.predict_proba(X[1::2])
    assert log_loss(y_noisy[1::2], p) == pytest.approx(min(losses), rel=1e-4)
    score = est.score(X[1::2], y_noisy[1::2])
    assert score == pytest.approx(est.history_["val_accuracy"][est.best_epoch_ - 1])


@BOTH
def test_explicit_validation_rows_are_recorded_only(quick, blobs, estimator_class):
    X, y = blobs
    w = np.linspace(0, 1, 30)
    est = quick(estimator_class)
    plain = est.fit(X[:60], y[:60]).weights_
    est.fit(X[:60], y[:60], X_val=X[60:], y_val=y[60:], sample_weight_val=w)
    assert_all_equal(est.weights_, plain)
    assert est.n_iter_ == est.best_epoch_ == 5
    p = est.predict_proba(X[60:])
    expected = log_loss(y[60:], p, sample_weight=w)
    assert est.history_["val_loss"][-1] == pytest.approx(expected, rel=1e-4)
    assert est.history_["val_accuracy"][-1] == pytest.approx(
        est.score(X[60:], y[60:], sample_weight=w)
    )


def test_validation_labels_go_through_the_same_encoder(quick, blobs):
    X, y = blobs
    names = np.array(["a", "b", "c"])
    only_two = y > 0
    est = quick(DenseNetClassifier)
    est.fit(X, names[y], X_val=X[only_two], y_val=names[y[only_two]])
    assert est.history_["val_accuracy"][-1] == pytest.approx(
        est.score(X[only_two], names[y[only_two]])
    )
    with pytest.raises(ValueError, match=r"not among the classes .*'a'.*\['d'\]"):
        est.fit(X, names[y], X_val=X[:2], y_val=["a", "d"])


@pytest.mark.parametrize("missing", ["X_val", "y_val"])
def test_half_of_the_validation_data(quick, blobs, missing):
    X, y = blobs
    given = {"X_val": X, "y_val": y, "sample_weight_val": np.ones(len(y))}
    del given[missing]
    with pytest.raises(ValueError, match="X_val and y_val must be given together"):
        quick(DenseNetClassifier).fit(X, y, **given)


def test_validation_rows_with_other_features(quick, blobs):
    X, y = blobs
    with pytest.raises(ValueError, match="X_val has 3 features, but DenseNet"):
        quick(DenseNetClassifier).fit(X, y, X_val=X[:, :3], y_val=y)


def test_validation_rows_of_no_weight(quick, blobs):
    X, y = blobs
    with pytest.raises(ValueError, match="weight zero|at least one non-zero number"):
        quick(DenseNetClassifier).fit(
            X, y, X_val=X, y_val=y, sample_weight_val=np.zeros(len(y))
        )


def test_warnings_name_them_as_well():
    X = np.random.default_rng(0).uniform(0, 255, (40, 8, 8))
    net = SmallCNNClassifier((2,), epochs=1)
    with pytest.warns(UserWarning, match="Pixels of X_val lie .*: X_val seems to be"):
        net.fit(X, np.arange(40) % 2, X_val=X / 255, y_val=np.arange(40) % 2)

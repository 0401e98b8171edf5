"""The dense and the CNN estimator: targets, weights, validation, input, state."""

import copy
import io
import pickle
import subprocess
import sys

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits, load_iris
from sklearn.exceptions import DataConversionWarning, NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import cross_val_score, train_test_split

from sknets import DenseNetClassifier, SmallCNNClassifier
from sknets._core import scaling

BOTH = pytest.mark.parametrize(
    "estimator_class", [DenseNetClassifier, SmallCNNClassifier]
)


def assert_all_equal(arrays_a, arrays_b):
    for a, b in zip(arrays_a, arrays_b, strict=True):
        np.testing.assert_array_equal(a, b)


# --- Targets -------------------------------------------------------------------------


@BOTH
def test_binary(quick, binary, estimator_class):
    X, y = binary
    est = quick(estimator_class, epochs=20).fit(X, y)
    assert est.score(X, y) > 0.95
    z = est.decision_function(X)
    assert z.shape == (len(y),)
    p = est.predict_proba(X)
    np.testing.assert_allclose(p[:, 1], 1 / (1 + np.exp(-z)), rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(est.predict(X), (z > 0).astype(int))
    assert est.weights_[-1].shape == (1,)  # one output unit


@BOTH
def test_multiclass(quick, blobs, estimator_class):
    X, y = blobs
    est = quick(estimator_class, epochs=20).fit(X, y)
    assert est.score(X, y) > 0.95
    z = est.decision_function(X)
    assert z.shape == (len(y), 3)
    e = np.exp(z.astype(np.float64))
    np.testing.assert_allclose(
        est.predict_proba(X), e / e.sum(axis=1, keepdims=True), rtol=1e-4, atol=1e-7
    )
    np.testing.assert_array_equal(est.predict(X), z.argmax(axis=1))


@BOTH
def test_multilabel(quick, multilabel, estimator_class):
    X, y = multilabel
    est = quick(estimator_class, epochs=60).fit(X, y)
    z = est.decision_function(X)
    assert z.shape == y.shape
    np.testing.assert_allclose(
        est.predict_proba(X), 1 / (1 + np.exp(-z)), rtol=1e-5, atol=1e-7
    )
    np.testing.assert_array_equal(est.predict(X), (z > 0).astype(int))
    assert (est.predict(X) == y).mean() > 0.8
    np.testing.assert_array_equal(est.classes_, [0, 1, 2])


@pytest.mark.parametrize("n_classes", [2, 3])
def test_logarithms_of_probabilities(quick, blobs, n_classes):
    X, y = blobs
    X, y = X[y < n_classes], y[y < n_classes]
    est = quick(DenseNetClassifier).fit(X, y)
    np.testing.assert_allclose(
        est.predict_log_proba(X), np.log(est.predict_proba(X)), rtol=1e-4, atol=1e-6
    )
    far = est.predict_log_proba(1e3 * X)
    assert np.isfinite(far).all()


def test_sparse_indicator_matrix(quick, multilabel):
    X, y = multilabel
    est = quick(DenseNetClassifier, epochs=1)
    expected = est.fit(X, y).weights_
    assert_all_equal(est.fit(X, sp.csr_array(y)).weights_, expected)


def test_boolean_indicator_matrix(quick, multilabel):
    X, y = multilabel
    est = quick(DenseNetClassifier, epochs=1)
    expected = est.fit(X, y).weights_
    assert_all_equal(est.fit(X, y.astype(bool)).weights_, expected)


LABELS = {
    "strings": np.array(["cat", "horse", "zebra"]),
    "objects": np.array(["cat", "horse", "zebra"], dtype=object),
    "negative": np.array([-7, 0, 5]),
    "floats": np.array([-1.0, 2.0, 3.0]),
    "uint8": np.array([1, 4, 250], np.uint8),
    "large": np.array([-(2**40), 0, 2**40]),
}


@pytest.mark.parametrize("kind", LABELS)
def test_labels_of_any_type(quick, blobs, kind):
    X, y = blobs
    labels = LABELS[kind]
    est = quick(DenseNetClassifier, epochs=20)
    expected = est.fit(X, y).predict(X)
    est.fit(X, labels[y])
    np.testing.assert_array_equal(est.classes_, labels)
    assert est.classes_.dtype == labels.dtype
    np.testing.assert_array_equal(est.predict(X), labels[expected])


def test_boolean_labels(quick, binary):
    X, y = binary
    est = quick(DenseNetClassifier).fit(X, y == 1)
    assert est.classes_.tolist() == [False, True]
    assert est.predict(X).dtype == bool


@pytest.mark.parametrize(
    "wrap",
    [
        list,
        lambda y: pd.Series(y, index=np.arange(len(y))[::-1]),
        lambda y: pd.Series(y).astype("category"),
        lambda y: pd.Series(y).astype("string"),
        pl.Series,
    ],
    ids=["list", "pandas", "category", "pandas string", "polars"],
)
def test_labels_in_any_container(quick, blobs, wrap):
    X, y = blobs
    names = np.array(["a", "b", "c"])
    est = quick(DenseNetClassifier, epochs=1)
    expected = est.fit(X, names[y]).weights_
    est.fit(X, wrap(names[y]))
    assert list(est.classes_) == ["a", "b", "c"]
    assert_all_equal(est.weights_, expected)


def test_one_hot_rows_are_multilabel_and_a_warning(quick, blobs):
    X, y = blobs
    with pytest.warns(UserWarning, match=r"every row sums to one.*y\.argmax\(axis=1\)"):
        est = quick(DenseNetClassifier).fit(X, np.eye(3, dtype=int)[y])
    assert est.target_type_ == "multilabel-indicator"
    assert est.predict(X).shape == (len(y), 3)


def test_column_vector_is_a_warning(quick, blobs):
    X, y = blobs
    est = quick(DenseNetClassifier, epochs=1)
    expected = est.fit(X, y).weights_
    with pytest.warns(DataConversionWarning, match="column-vector y was passed"):
        est.fit(X, y[:, None])
    assert_all_equal(est.weights_, expected)


@pytest.mark.parametrize(
    ("y", "error", "match"),
    [
        (None, ValueError, "requires y to be passed, but the target y is None"),
        (lambda y: y + 0.5, ValueError, "Unknown label type: continuous"),
        (lambda y: np.stack([y, y], 1), ValueError, "Unknown label type: multiclass-m"),
        (lambda y: np.where(y == 0, np.nan, y), ValueError, "Input y contains NaN"),
        (lambda y: y[:-1], ValueError, "inconsistent numbers of samples"),
        (lambda y: np.eye(3)[y] * 2 - 1, ValueError, "must consist of 0 and 1; y has"),
        (lambda y: np.eye(3)[y] + 1, ValueError, r"0 and 1; y has .*\[1.0, 2.0\]"),
    ],
    ids=["None", "continuous", "columns", "NaN", "short", "-1/1", "1/2"],
)
def test_bad_target(quick, blobs, y, error, match):
    X, labels = blobs
    with pytest.raises(error, match=match):
        quick(DenseNetClassifier).fit(X, y if y is None else y(labels))


# --- Weights -------------------------------------------------------------------------


def test_balanced_counts_as_its_formula(quick, blobs):
    X, y = blobs
    keep = np.r_[0:90][(y != 2) | (np.arange(90) % 5 == 0)]
    X, y = X[keep], y[keep]
    weight = len(y) / (3 * np.bincount(y))
    est = quick(DenseNetClassifier, class_weight="balanced", epochs=2)
    by_name = est.fit(X, y).weights_
    est.set_params(class_weight=dict(enumerate(weight))).fit(X, y)
    for a, b in zip(by_name, est.weights_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    est.set_params(class_weight=None).fit(X, y)
    assert np.abs(by_name[0] - est.weights_[0]).max() > 1e-3


def test_balanced_weighs_the_sample_weights(quick, blobs):
    """A weight of two counts like a row that is there twice."""
    X, y = blobs
    w = 1.0 + (y == 1)
    est = quick(DenseNetClassifier, epochs=1, class_weight="balanced")
    by_weight = est.fit(X, y, sample_weight=w).weights_
    est.set_params(class_weight=None).fit(X, y)
    for a, b in zip(by_weight, est.weights_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_weights_change_what_is_learned(quick):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 2))
    y = (X[:, 0] + rng.normal(size=200) > 0).astype(int)
    est = quick(DenseNetClassifier, epochs=20)
    shares = [
        est.set_params(class_weight={0: 1, 1: w}).fit(X, y).predict(X).mean()
        for w in (0.05, 1, 20)
    ]
    assert shares[0] < 0.15 < shares[1] < 0.85 < shares[2]


def test_class_weight_of_strings(quick, blobs):
    X, y = blobs
    names = np.array(["a", "b", "c"])
    est = quick(DenseNetClassifier, class_weight={"b": 3.0}, epochs=1)
    by_name = est.fit(X, names[y]).weights_
    est.set_params(class_weight={1: 3.0}).fit(X, y)
    assert_all_equal(by_name, est.weights_)


@pytest.mark.parametrize(
    "class_weight", ["balanced", [{0: 1, 1: 3}, {0: 2, 1: 1}, {0: 1, 1: 1}]]
)
def test_multilabel_class_weight(quick, multilabel, class_weight):
    X, y = multilabel
    y = y.copy()
    y[::2, 1] = 0
    plain_sgd = {"epochs": 1, "optimizer": "sgd", "weight_decay": None}
    est = quick(DenseNetClassifier, batch_size=128, **plain_sgd)
    plain = est.fit(X, y).history_["loss"][0]
    p = (y * 0.5).mean()  # of the first epoch, before any step: see the tables
    est.set_params(class_weight=class_weight).fit(X, y)
    if class_weight == "balanced":
        tables = [len(y) / (2 * np.bincount(column)) for column in y.T]
    else:
        tables = [np.array([t[0], t[1]]) for t in class_weight]
    w = np.stack([table[column] for table, column in zip(tables, y.T, strict=True)], 1)
    # Loss of the untrained network: of another one of the same seed and size.
    untrained = quick(DenseNetClassifier, learning_rate=1e-30, **plain_sgd).fit(X, y)
    z = untrained.decision_function(X).astype(np.float64)
    losses = np.logaddexp(0, z) - y * z
    assert plain == pytest.approx(losses.mean(), rel=1e-4)
    assert p < 1
    expected = (losses * w).sum() / w.sum()
    assert est.history_["loss"][0] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    ("class_weight", "match"),
    [
        ({0: -1.0}, "must not be negative"),
        ({99: 1.0}, "are not in class_weight"),
        ([{0: 1, 1: 1}], "must be None, 'balanced' or a dict"),
        ({0: 0, 1: 0, 2: 0}, "All rows to train or validate on have weight zero"),
    ],
)
def test_bad_class_weight(quick, blobs, class_weight, match):
    with pytest.raises(ValueError, match=match):
        quick(DenseNetClassifier, class_weight=class_weight).fit(*blobs)


def test_bad_multilabel_class_weight(quick, multilabel):
    with pytest.raises(ValueError, match="a list of 3 dicts.*got {0: 2}"):
        quick(DenseNetClassifier, class_weight={0: 2}).fit(*multilabel)


@pytest.mark.parametrize(
    ("weight", "match"),
    [
        (lambda n: np.zeros(n), "[Ss]ample weights must contain at least one non-zero"),
        (lambda n: -np.ones(n), "Negative values in data passed to `sample_weight`"),
        (lambda n: np.ones(n + 1), r"sample_weight.shape == \(91,\), expected \(90,\)"),
        (lambda n: np.full(n, np.nan), "sample_weight contains NaN"),
    ],
)
def test_bad_sample_weight(quick, blobs, weight, match):
    X, y = blobs
    with pytest.raises(ValueError, match=match):
        quick(DenseNetClassifier).fit(X, y, sample_weight=weight(len(y)))


@BOTH
def test_nothing_of_the_caller_is_changed(quick, blobs, estimator_class):
    X, y = (array.copy() for array in blobs)
    w = np.linspace(0, 3, len(y))
    class_weight = {0: 2.0, 1: 1.0}
    given = (X, y, w, class_weight)
    before = copy.deepcopy(given)
    est = quick(
        estimator_class, class_weight=class_weight, early_stopping=True, width=[4]
    )
    est.fit(X, y, sample_weight=w, X_val=X, y_val=y, sample_weight_val=w)
    est.predict_proba(X)
    for now, then in zip(given[:3], before[:3], strict=True):
        np.testing.assert_array_equal(now, then)
    assert class_weight == before[3]
    assert est.class_weight is class_weight
    assert est.width == [4]


# --- Validation and early stopping ---------------------------------------------------


def test_history_of_a_plain_fit(quick, blobs):
    est = quick(DenseNetClassifier, epochs=8).fit(*blobs)
    assert set(est.history_) == {"loss", "accuracy"}
    assert {len(values) for values in est.history_.values()} == {8}
    assert est.n_iter_ == est.best_epoch_ == 8
    assert est.history_["loss"][-1] < est.history_["loss"][0] / 2
    assert 0.9 < est.history_["accuracy"][-1] <= 1
    assert all(isinstance(v, float) for v in est.history_["loss"])


def spy_on_split(monkeypatch):
    """Numbers of the rows of each data set that training gets."""
    from sknets._training import loop

    seen = {}
    original = loop.train

    def train(network, weights, data, *args, validation=None, **kwargs):
        seen["train"] = data.index
        seen["validation"] = None if validation is None else validation.index
        return original(network, weights, data, *args, validation=validation, **kwargs)

    monkeypatch.setattr(loop, "train", train)
    return seen


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


# --- partial_fit and warm_start ------------------------------------------------------


@BOTH
def test_partial_fit_learns_in_pieces(quick, blobs, estimator_class):
    X, y = blobs
    est = quick(estimator_class)
    for _ in range(10):
        est.partial_fit(X[y == 0], y[y == 0], classes=[0, 1, 2])
        est.partial_fit(X[y > 0], y[y > 0])
    assert list(est.classes_) == [0, 1, 2]
    assert est.score(X, y) > 0.9
    assert est.n_iter_ == len(est.history_["loss"]) == 20


def test_partial_fit_takes_one_pass_and_holds_nothing_out(quick, blobs, monkeypatch):
    seen = spy_on_split(monkeypatch)
    est = quick(DenseNetClassifier, early_stopping=True).partial_fit(*blobs)
    assert est.n_iter_ == 1
    assert len(seen["train"]) == 90
    assert seen["validation"] is None


def test_partial_fit_classes(quick, blobs):
    X, y = blobs
    est = quick(DenseNetClassifier).partial_fit(X, y, classes=[2, 1, 0])
    est.partial_fit(X, y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match=r"classes=\[0, 1\] is not the same"):
        est.partial_fit(X, y, classes=[0, 1])
    with pytest.raises(ValueError, match=r"not among the classes.*\[9\]"):
        est.partial_fit(X, np.where(y == 0, 9, y))


def test_partial_fit_balances_the_rows_of_each_call(quick, blobs):
    X, y = blobs
    est = quick(DenseNetClassifier, class_weight="balanced")
    est.partial_fit(X, y).partial_fit(X[20:], y[20:])
    balanced = est.weights_
    w = len(y[20:]) / (3 * np.bincount(y[20:]))
    est = quick(DenseNetClassifier).partial_fit(X, y)
    est.partial_fit(X[20:], y[20:], sample_weight=w[y[20:]])
    for a, b in zip(balanced, est.weights_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_calls_of_partial_fit_differ_in_their_random_numbers(quick, blobs, monkeypatch):
    """The first call has drawn weights too, so that the later ones are compared."""
    from sknets._training import dense_trainer

    orders = []
    original = dense_trainer.DenseTrainer.run_epoch

    def spy(self, order, *args):
        orders.append(order.tolist())
        return original(self, order, *args)

    monkeypatch.setattr(dense_trainer.DenseTrainer, "run_epoch", spy)
    est = quick(DenseNetClassifier)
    for _ in range(3):
        est.partial_fit(*blobs)
    assert orders[1] != orders[2]


@BOTH
def test_warm_start_goes_on(quick, blobs, estimator_class):
    est = quick(estimator_class, warm_start=True, epochs=3)
    est.fit(*blobs)
    first = est.history_["loss"].copy()
    est.set_params(epochs=2).fit(*blobs)
    assert est.n_iter_ == 5
    assert est.history_["loss"][:3] == first
    assert est.history_["loss"][3] < first[0]
    est.set_params(warm_start=False).fit(*blobs)
    assert est.n_iter_ == 2
    assert est.history_["loss"][0] == pytest.approx(first[0], rel=0.2)


def test_warm_start_keeps_the_state_of_the_optimizer(quick, blobs):
    """Two fits of one epoch with momentum move as one of two does, not as two firsts.

    One batch an epoch, so that the order of the rows does not matter.
    """
    X, y = blobs
    params = {
        "optimizer": "sgd",
        "optimizer__momentum": 0.9,
        "learning_rate_schedule": "constant",
        "batch_size": 128,
    }
    both = quick(DenseNetClassifier, epochs=2, **params).fit(X, y).weights_
    est = quick(DenseNetClassifier, epochs=1, warm_start=True, **params)
    est.fit(X, y).fit(X, y)
    for a, b in zip(both, est.weights_, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("learned", ["fit", "other optimizer"])
def test_fresh_optimizer_state_starts_counting_anew(quick, blobs, learned):
    """Adam's first step is of the size of the learning rate, whatever came before."""
    X, y = blobs
    est = quick(DenseNetClassifier, epochs=30, warm_start=learned != "fit")
    if learned == "other optimizer":
        est.set_params(optimizer="sgd", optimizer__momentum=0.5)
    est.fit(X, y)
    before = est.weights_
    for name in [name for name in est.get_params() if name.startswith("optimizer__")]:
        delattr(est, name)
    est.set_params(optimizer="adam", batch_size=128, learning_rate=1e-3)
    est.partial_fit(X, y)
    steps = np.abs(est.weights_[0] - before[0])
    assert steps.max() == pytest.approx(1e-3, rel=0.02)


@pytest.mark.parametrize("call", ["fit", "partial_fit"])
def test_going_on_with_another_width(quick, blobs, call):
    est = quick(DenseNetClassifier, warm_start=True).fit(*blobs)
    est.set_params(width=9)
    with pytest.raises(ValueError, match=r"shapes are \[\(4, 8\).*ask for \[\(4, 9\)"):
        getattr(est, call)(*blobs)


def test_going_on_with_another_dropout(quick, blobs):
    est = quick(DenseNetClassifier, warm_start=True, epochs=20).fit(*blobs)
    loss = est.history_["loss"][-1]
    est.set_params(dropout=0.9, learning_rate=1e-9).fit(*blobs)
    assert est.history_["loss"][-1] > 2 * loss
    assert any(layer.get("rate") == 0.9 for layer in est.network_)


def test_going_on_with_other_labels(quick, blobs):
    X, y = blobs
    est = quick(DenseNetClassifier, warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match=r"not among the classes.*\[5\]"):
        est.fit(X, np.where(y == 1, 5, y))


# --- Bad input -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("X", "error", "match"),
    [
        (np.full((4, 3), np.nan), ValueError, "Input X contains NaN"),
        (np.full((4, 3), np.inf), ValueError, "Input X contains infinity"),
        (np.full((4, 3, 3), np.nan), ValueError, "Input X contains NaN"),
        (np.ones((4, 3)) + 1j, ValueError, "Complex data not supported"),
        (np.ones((4, 3, 3)) + 1j, ValueError, "Complex data not supported"),
        (np.ones((0, 3)), ValueError, r"0 sample\(s\)"),
        (np.ones((4, 0)), ValueError, r"0 feature\(s\)"),
        (np.ones((4, 0, 3)), ValueError, r"0 feature\(s\) \(shape=\(4, 0, 3\)\)"),
        (np.ones((4, 1, 1, 1, 1)), ValueError, "dim 5, while dim <= 4 is required"),
        (np.ones(4), ValueError, "Expected 2D array, got 1D array"),
        (np.float64(3), ValueError, "Expected 2D array, got scalar"),
        ([[1, 2], [3], [4], [5]], ValueError, "their shapes differ: .* in row 0"),
        ([["a"], ["b"], ["c"], ["d"]], ValueError, "could not convert|bytes/strings"),
        (np.ones((5, 3)), ValueError, "inconsistent numbers of samples"),
    ],
    ids=str,
)
@BOTH
def test_bad_input_gives_scikit_learns_error(quick, estimator_class, X, error, match):
    with pytest.raises(error, match=match):
        quick(estimator_class).fit(X, [0, 1, 0, 1])


@BOTH
def test_single_row(quick, estimator_class):
    with pytest.warns(UserWarning, match="y has only one class, 7"):
        est = quick(estimator_class).fit([[1.0, 2.0]], [7])
    assert est.predict([[3.0, 4.0]]).tolist() == [7]


@BOTH
def test_bad_input_to_predict(quick, blobs, estimator_class):
    X, y = blobs
    est = quick(estimator_class, epochs=1)
    with pytest.raises(NotFittedError, match="not fitted yet"):
        est.predict(X)
    est.fit(X, y)
    for method in ("predict", "predict_proba", "predict_log_proba"):
        predict = getattr(est, method)
        with pytest.raises(ValueError, match="X has 3 features, but .* expecting 4"):
            predict(X[:, :3])
        with pytest.raises(ValueError, match="Expected 2D array, got 1D array"):
            predict(X[0])
        with pytest.raises(ValueError, match="contains NaN"):
            predict(np.full((2, 4), np.nan))
    with pytest.raises(ValueError, match="X has 9 features, but .* expecting 4"):
        est.predict(np.zeros((2, 3, 3)))


@pytest.mark.parametrize("method", ["summary", "decision_function"])
def test_unfitted_estimator_says_so(method):
    est = DenseNetClassifier()
    arguments = () if method == "summary" else ([[1.0]],)
    with pytest.raises(NotFittedError, match="DenseNetClassifier instance is not fit"):
        getattr(est, method)(*arguments)
    assert not hasattr(est, "model_")


# --- Parameters ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"width": 0}, "'width' parameter of DenseNetClassifier must be"),
        ({"width": (8, 0)}, "width must consist of positive integers; got 0"),
        ({"width": (8, 2.5)}, "width must consist of positive integers; got 2.5"),
        ({"dropout": 1.0}, "'dropout' parameter of DenseNetClassifier must be"),
        ({"dropout": -0.1}, "'dropout' parameter of DenseNetClassifier must be"),
        ({"width": (8, 8), "dropout": (0.1, 1.5)}, "less than 1; got 1.5"),
        ({"width": (8, 8), "dropout": (0.1,)}, "one entry for each of the 2 hidden"),
        ({"activation": "rleu"}, "'activation' parameter .* Got 'rleu'"),
        ({"epochs": 0}, "'epochs' parameter"),
        ({"batch_size": 0}, "'batch_size' parameter"),
        ({"learning_rate": 0}, "'learning_rate' parameter"),
        ({"learning_rate_schedule": "step"}, "'learning_rate_schedule' .* Got 'step'"),
        ({"warmup": 1.0}, "'warmup' parameter"),
        ({"label_smoothing": 1}, "'label_smoothing' parameter"),
        ({"validation_fraction": 1.0}, "'validation_fraction' parameter"),
        ({"patience": 0}, "'patience' parameter"),
        ({"input_scaling": "minmax"}, "'input_scaling' parameter .* Got 'minmax'"),
    ],
    ids=str,
)
def test_bad_parameter(quick, blobs, params, match):
    with pytest.raises(ValueError, match=match):
        quick(DenseNetClassifier, **params).fit(*blobs)


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"kernel_size": 0}, "'kernel_size' parameter of SmallCNNClassifier"),
        ({"kernel_size": (3, 3, 3)}, "an int or a pair of them; got"),
        ({"padding": "full"}, "'padding' parameter .* Got 'full'"),
        ({"width": ((4, 0),)}, "width must consist of positive integers; got 0"),
        ({"dense_width": (0,)}, "dense_width must consist of positive"),
        ({"dropout": (0.1, 0.2, 0.3)}, "each of the 1 blocks and dense layers"),
        ({"image_shape": (2, 3)}, r"image_shape=\(2, 3, 1\) expects"),
        ({"image_shape": (2.5, 2)}, "all positive integers"),
    ],
    ids=str,
)
def test_bad_parameter_of_the_cnn(quick, blobs, params, match):
    with pytest.raises(ValueError, match=match):
        quick(SmallCNNClassifier, **params).fit(*blobs)


@pytest.mark.parametrize(
    "width", [np.int64(8), np.array([8]), [8], (np.int32(8),)], ids=repr
)
def test_width_may_come_from_numpy(quick, blobs, width):
    est = quick(DenseNetClassifier, epochs=1, width=width, dropout=np.float32(0.25))
    est.fit(*blobs)
    expected = quick(DenseNetClassifier, epochs=1, width=8, dropout=0.25).fit(*blobs)
    assert_all_equal(est.weights_, expected.weights_)


def test_automatic_batch_size_and_epochs_follow_the_rows():
    est = DenseNetClassifier(batch_size="auto", epochs="auto")
    sizes = [est._auto_size(n_rows) for n_rows in (20, 300, 5_000, 60_000, 10**6)]
    batch_sizes, epochs = zip(*sizes, strict=True)
    assert list(batch_sizes) == sorted(batch_sizes)
    assert list(epochs) == sorted(epochs, reverse=True)
    assert all(size & (size - 1) == 0 for size in batch_sizes)
    assert batch_sizes[0] < batch_sizes[-1]
    assert epochs[0] > epochs[-1] >= 1
    est.set_params(batch_size=50, epochs=3)
    assert est._auto_size(5_000) == (50, 3)


# --- Input ---------------------------------------------------------------------------


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
@BOTH
def test_feature_names_are_kept_and_checked(quick, blobs, estimator_class, frame):
    X, y = blobs
    names = ["a", "b", "c", "d"]
    columns = {name: X[:, number] for number, name in enumerate(names)}
    est = quick(estimator_class, epochs=1)
    expected = est.fit(X, y).weights_
    est.fit(frame(columns), y)
    assert_all_equal(est.weights_, expected)
    assert est.feature_names_in_.tolist() == names
    with pytest.raises(ValueError, match="feature names should match"):
        est.predict(frame({name: columns[name] for name in reversed(names)}))
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        est.predict(X)
    est.fit(X, y)
    assert not hasattr(est, "feature_names_in_")
    with pytest.warns(UserWarning, match="X has feature names, but .* was fitted with"):
        est.predict(frame(columns))


def test_images_after_a_frame_forget_the_names(quick, blobs):
    X, y = blobs
    est = quick(SmallCNNClassifier, epochs=1)
    est.fit(pd.DataFrame(X, columns=list("abcd")), y)
    est.fit(X.reshape(-1, 2, 2), y)
    assert not hasattr(est, "feature_names_in_")


def test_read_only_input_and_targets(quick, blobs, tmp_path):
    X, y = blobs
    assert not X.flags.writeable
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    est = quick(DenseNetClassifier, epochs=1)
    expected = est.fit(X.copy(), y.copy()).weights_
    assert_all_equal(est.fit(X, y).weights_, expected)
    assert_all_equal(est.fit(mapped, y).weights_, expected)


@pytest.mark.parametrize("input_scaling", ["robust", "standard"])
@pytest.mark.parametrize("factor", [1e-300, 1e-30, 1e6, 1e300])
def test_units_of_the_features_do_not_matter(quick, blobs, input_scaling, factor):
    X, y = blobs
    est = quick(DenseNetClassifier, input_scaling=input_scaling, epochs=3)
    expected = est.fit(X, y).decision_function(X)
    if factor == 1e300:  # the squares in a deviation have to stay finite
        factor = 1e150 if input_scaling == "standard" else factor
    if factor == 1e-300:
        factor = 1e-140 if input_scaling == "standard" else factor
    scores = est.fit(factor * X + 3 * factor, y).decision_function(
        factor * X + 3 * factor
    )
    np.testing.assert_allclose(scores, expected, rtol=1e-3, atol=1e-3)


def test_large_offset_keeps_the_signal(quick, blobs):
    """As float32, 1e9 + noise is 1e9."""
    X, y = blobs
    est = quick(DenseNetClassifier, epochs=20).fit(1e9 + X, y)
    assert est.score(1e9 + X, y) > 0.95


def test_constant_feature_tells_nothing(quick, blobs):
    X, y = blobs
    X = np.c_[X, np.full(len(y), 3.0)]
    est = quick(DenseNetClassifier).fit(X, y)
    scores = est.decision_function(X)
    X[:, -1] = 1e6
    np.testing.assert_array_equal(est.decision_function(X), scores)


def test_raw_features_are_learned():
    """Unscaled features of all sizes; logistic regression on scaled ones has 0.98."""
    X, y = load_breast_cancer(return_X_y=True)
    est = DenseNetClassifier(
        16, 0.0, epochs=20, batch_size=16, learning_rate=0.01, random_state=0
    )
    assert cross_val_score(est, X, y, cv=5).mean() > 0.95


def test_no_hidden_layer_is_logistic_regression():
    X, y = load_iris(return_X_y=True)
    est = DenseNetClassifier(
        (), 0.0, input_scaling="standard", label_smoothing=0.0, epochs=300,
        batch_size=256, learning_rate=0.3, weight_decay=0.0, random_state=0,
    ).fit(X, y)  # fmt: skip
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    reference = LogisticRegression(C=1e6, max_iter=5000).fit(Z, y)
    assert (est.predict(X) == reference.predict(Z)).mean() > 0.97
    assert log_loss(y, est.predict_proba(X)) < 0.06


# --- Images --------------------------------------------------------------------------


def test_layouts_of_an_image_are_the_same(quick, digits):
    X, y = digits
    layouts = [X, X.reshape(-1, 8, 8), X.reshape(-1, 8, 8, 1), X.tolist()]
    est = quick(SmallCNNClassifier, epochs=1)
    for fitted_on in (X, X.reshape(-1, 8, 8), X.reshape(-1, 8, 8).tolist()):
        est.fit(fitted_on, y)
        assert est.n_features_in_ == 64
        assert est.image_shape_ == (8, 8, 1)
        scores = [est.decision_function(layout) for layout in layouts]
        for other in scores[1:]:
            np.testing.assert_array_equal(other, scores[0])


def test_dense_net_takes_images_as_rows(quick, digits):
    X, y = digits
    est = quick(DenseNetClassifier, epochs=1)
    expected = est.fit(X, y).weights_
    assert_all_equal(est.fit(X.reshape(-1, 4, 4, 4), y).weights_, expected)
    assert est.n_features_in_ == 64


@pytest.mark.parametrize(
    ("shape", "image_shape", "settled"),
    [
        ((75,), None, (5, 5, 3)),
        ((5,), None, (1, 5, 1)),
        ((6,), (2, 3), (2, 3, 1)),
        ((12,), (2, 3, 2), (2, 3, 2)),
        ((5, 4), None, (5, 4, 1)),
        ((5, 4, 3), None, (5, 4, 3)),
        ((2, 2), None, (2, 2, 1)),
        ((1, 1), None, (1, 1, 1)),
        ((3, 7), None, (3, 7, 1)),
    ],
    ids=str,
)
def test_image_shapes(quick, shape, image_shape, settled):
    """Kernels and pools shrink to what there is."""
    rng = np.random.default_rng(0)
    X = rng.random((12, *shape))
    y = np.arange(12) % 2
    est = quick(
        SmallCNNClassifier,
        image_shape=image_shape,
        epochs=1,
        width=(2, (2, 2), 2),
        padding="valid",
        pool_last=True,
    ).fit(X, y)
    assert est.image_shape_ == settled
    assert est.predict_proba(X).shape == (12, 2)


def test_channels_first_is_an_error_that_names_the_remedy(quick):
    X = np.zeros((4, 3, 32, 32), np.uint8)
    with pytest.raises(
        ValueError, match=r"channels first.*ImageReshaper\(input_channe"
    ):
        quick(SmallCNNClassifier).fit(X, [0, 1, 0, 1])
    est = quick(SmallCNNClassifier, epochs=1).fit(X.transpose(0, 2, 3, 1), [0, 1, 0, 1])
    with pytest.raises(ValueError, match=r"\(n_samples, 3, 32, 32\).*ImageReshaper"):
        est.predict(X)


PIXELS = {
    "bytes": lambda X: (X * 15.9375).astype(np.uint8),
    "int64 0..255": lambda X: (X * 15.9375).astype(np.int64),
    "float64 0..255": lambda X: np.floor(X * 15.9375),
    "float64 0..16": lambda X: X,
    "float32 0..1": lambda X: (X / 16).astype(np.float32),
    "float16 0..1": lambda X: (X / 16).astype(np.float16),
    "standardised": lambda X: (X - X.mean()) / X.std(),
    "uint16": lambda X: (X * 4095).astype(np.uint16),
    "int8": lambda X: (X * 15 - 120).astype(np.int8),
    "sparse": lambda X: sp.csr_array(X),
    "booleans": lambda X: X > 8,
}


@pytest.mark.parametrize("kind", PIXELS)
def test_pixels_of_any_kind_are_learned(quick, digits, kind):
    X, y = digits
    pixels = PIXELS[kind](X)
    est = quick(SmallCNNClassifier, epochs=12, width=(8,), learning_rate=0.02)
    est.fit(pixels, y)
    assert est.score(pixels, y) > 0.9
    assert est.input_scaling_["scale"].shape == (1,)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("bytes", (0, 255)),
        ("int64 0..255", (0, 255)),
        ("float64 0..16", (0, 16)),
        ("float32 0..1", (0, 1)),
        ("int8", (-128, 127)),
    ],
)
def test_range_of_the_pixels_is_kept(quick, digits, kind, expected):
    X, y = digits
    est = quick(SmallCNNClassifier, epochs=1, input_scaling="range")
    est.fit(PIXELS[kind](X), y)
    assert est.pixel_range_ == expected
    scaling = est.input_scaling_
    low = (np.array(expected) - scaling["shift"]) * scaling["scale"]
    np.testing.assert_allclose(low, [0, 1], atol=1e-12)


@pytest.mark.parametrize("kind", sorted(PIXELS))
def test_pixels_are_standardised_by_default(quick, digits, kind):
    X, y = digits
    pixels = PIXELS[kind](X)
    est = quick(SmallCNNClassifier, epochs=1).fit(pixels, y)
    scaled = scaling.apply(scaling.dense_rows(pixels, slice(None)), est.input_scaling_)
    assert scaled.mean() == pytest.approx(0, abs=1e-3)
    assert scaled.std() == pytest.approx(1, abs=1e-3)


def test_scaling_is_learned_from_the_whole_range_not_from_a_batch(quick, digits):
    X, y = digits
    est = quick(SmallCNNClassifier, epochs=2).fit(X, y)
    np.testing.assert_allclose(
        est.decision_function(X)[:1], est.decision_function(X[:1]), rtol=1e-4, atol=1e-5
    )


def test_bytes_at_fit_and_floats_at_predict(quick, digits):
    X, y = digits
    est = quick(SmallCNNClassifier, epochs=1).fit(PIXELS["bytes"](X), y)
    with pytest.raises(
        ValueError,
        match=r"type float64.*fitted on pixels of type uint8.*astype\(np.uint8\)",
    ):
        est.predict(X / 16)
    est.predict(PIXELS["int64 0..255"](X))  # lists of bytes are such


def test_small_floats_at_fit_and_bytes_at_predict(quick, digits):
    X, y = digits
    est = quick(SmallCNNClassifier, epochs=1).fit(X / 16, y)
    with pytest.raises(ValueError, match=r"type uint8.*type float between 0 and 1"):
        est.predict(PIXELS["bytes"](X))


def test_batch_far_outside_or_inside_the_range_is_a_warning(quick, digits):
    X, y = digits
    est = quick(SmallCNNClassifier, epochs=1).fit(PIXELS["float64 0..255"](X), y)
    with pytest.warns(UserWarning, match="X seems to be scaled otherwise"):
        est.predict(X / 16)
    with pytest.warns(UserWarning, match="between 0 and 4080, those seen in fit betw"):
        est.predict(255 * X)
    est.predict(np.zeros((1, 64)))  # one dark image is none
    est.predict(X)


# --- State ---------------------------------------------------------------------------


@BOTH
def test_failed_refit_leaves_the_fitted_state(quick, blobs, estimator_class):
    X, y = blobs
    est = quick(estimator_class).fit(X, y)
    before = dict(vars(est))
    scores = est.decision_function(X)
    bad = [
        (X[:, :2] * np.nan, y),
        (X[:, :2], y + 0.5),
        (X[:, :2], y[:-1]),
    ]
    for X_bad, y_bad in bad:
        with pytest.raises(ValueError, match="NaN|continuous|inconsistent"):
            est.fit(X_bad, y_bad)
        with pytest.raises(ValueError, match="NaN|features|inconsistent"):
            est.partial_fit(X_bad, y_bad)
    assert vars(est) == before
    np.testing.assert_array_equal(est.decision_function(X), scores)


def test_failure_in_training_leaves_the_fitted_state(quick, blobs, monkeypatch):
    from sknets._training import dense_trainer

    X, y = blobs
    est = quick(DenseNetClassifier).fit(X, y)
    before = dict(vars(est))

    def fail(*_):
        raise MemoryError("no room")

    monkeypatch.setattr(dense_trainer.DenseTrainer, "run_epoch", fail)
    with pytest.raises(MemoryError, match="no room"):
        est.fit(np.c_[X, X], y)
    assert vars(est) == before


def test_refit_forgets_what_was_before(quick, blobs, multilabel):
    X, y = blobs
    est = quick(DenseNetClassifier, warm_start=True).fit(X, y)
    assert hasattr(est, "optimizer_state_")
    est.set_params(warm_start=False).fit(X[:, :2], multilabel[1])
    assert est.n_features_in_ == 2
    assert est.target_type_ == "multilabel-indicator"
    assert not hasattr(est, "optimizer_state_")
    assert est.n_iter_ == len(est.history_["loss"]) == 5


COPIES = {
    **{
        f"pickle {protocol}": lambda est, protocol=protocol: pickle.loads(
            pickle.dumps(est, protocol)
        )
        for protocol in range(2, 6)
    },
    "deepcopy": copy.deepcopy,
    "joblib": lambda est: through_joblib(est, 0),
    "joblib compressed": lambda est: through_joblib(est, 3),
}


def through_joblib(est, compress):
    file = io.BytesIO()
    joblib.dump(est, file, compress=compress)
    file.seek(0)
    return joblib.load(file)


@pytest.mark.parametrize("copied_by", COPIES)
@BOTH
def test_copies_predict_the_same_bits(quick, digits, estimator_class, copied_by):
    X, y = digits
    est = quick(estimator_class, epochs=1, optimizer="sgd", optimizer__momentum=0.5)
    unfitted = COPIES[copied_by](est)
    assert unfitted.get_params() == est.get_params()
    est.fit(X, y)
    same = COPIES[copied_by](est)
    np.testing.assert_array_equal(same.decision_function(X), est.decision_function(X))
    assert same.get_params() == est.get_params()
    assert same.history_ == est.history_


def test_clone_is_unfitted(quick, blobs):
    est = quick(DenseNetClassifier, width=(4, 3), callbacks=[]).fit(*blobs)
    other = clone(est)
    assert other.get_params() == est.get_params()
    with pytest.raises(NotFittedError, match="not fitted yet"):
        other.predict(blobs[0])


@BOTH
def test_keras_model_predicts_the_same(quick, digits, estimator_class):
    X, y = digits
    est = quick(estimator_class, epochs=1).fit(X, y)
    rows = X if estimator_class is DenseNetClassifier else X.reshape(-1, 8, 8, 1)
    np.testing.assert_allclose(
        est.model_(rows.astype(np.float32)), est.predict_proba(X), rtol=1e-4, atol=1e-6
    )
    assert est.model_ is not est.model_


def test_summary_has_layers_shapes_and_counts(quick, digits, capsys):
    X, y = digits
    est = quick(
        SmallCNNClassifier,
        width=(4, 5),
        dropout=0.2,
        dense_width=7,
        padding="valid",
        epochs=1,
    ).fit(X, y)
    est.summary()
    printed = capsys.readouterr().out
    for part in ("conv 3x3 valid 4, relu", "(n, 6, 6, 4)", "dropout 0.2", "dense 7"):
        assert part in printed
    assert f"Total parameters: {est.model_.count_params():,}" in printed


@BOTH
def test_nothing_is_printed_by_default(quick, blobs, estimator_class, capfd):
    est = quick(estimator_class, early_stopping=True).fit(*blobs)
    est.partial_fit(*blobs).predict(blobs[0])
    assert capfd.readouterr().out == ""


def test_verbose_prints_each_epoch(quick, blobs, capsys):
    est = quick(DenseNetClassifier, verbose=1, epochs=3)
    X, y = blobs
    est.fit(X, y, X_val=X, y_val=y)
    printed = capsys.readouterr().out
    assert "\r" not in printed  # no terminal
    for value in (est.history_["loss"][2], est.history_["val_accuracy"][1]):
        assert f"{value:.4f}" in printed


def test_html_and_text_representation(quick, blobs):
    est = quick(DenseNetClassifier, optimizer__beta_1=0.5).fit(*blobs)
    assert "DenseNetClassifier" in est._repr_html_()
    assert "optimizer__beta_1=0.5" in repr(est)


def test_importing_and_predicting_need_no_tensorflow(quick, digits, tmp_path):
    """Nor does the import load pandas, polars or matplotlib by itself."""
    X, y = digits
    estimators = [
        quick(DenseNetClassifier, epochs=1).fit(X, y),
        quick(SmallCNNClassifier, epochs=1).fit(X, y),
    ]
    scores = [est.decision_function(X) for est in estimators]
    joblib.dump((estimators, X, scores), tmp_path / "fitted.joblib")
    program = f"""
import sys
import joblib
import sklearn.model_selection  # which imports pandas where it is installed
before = set(sys.modules)
import sknets
heavy = {{"pandas", "polars", "matplotlib", "tensorflow", "keras", "scikeras"}}
assert not heavy & (set(sys.modules) - before), heavy & set(sys.modules)
estimators, X, scores = joblib.load({str(tmp_path / "fitted.joblib")!r})
for est, expected in zip(estimators, scores):
    assert (est.decision_function(X) == expected).all()
    est.predict_proba(X), est.predict(X), est.score(X, est.predict(X)), repr(est)
assert "tensorflow" not in sys.modules
assert "keras" not in sys.modules
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr


# --- Accuracy ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("estimator", "lowest"),
    [
        (DenseNetClassifier(64, 0.0, epochs=20), 0.97),
        (SmallCNNClassifier((16, 32), 0.0, epochs=10), 0.97),
    ],
    ids=["dense", "cnn"],
)
def test_digits_are_learned(estimator, lowest):
    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, y, random_state=0, stratify=y)
    estimator.set_params(batch_size=32, learning_rate=0.005, random_state=0)
    assert estimator.fit(X, y).score(X_test, y_test) >= lowest

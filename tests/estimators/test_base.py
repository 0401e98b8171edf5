"""The fitted state: refits, copies, the Keras model, what is printed."""

import copy
import io
import pickle
import subprocess
import sys

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import train_test_split

from sknets import DenseNetClassifier, SmallCNNClassifier

BOTH = pytest.mark.parametrize(
    "estimator_class", [DenseNetClassifier, SmallCNNClassifier]
)


# --- State ---------------------------------------------------------------------------


@BOTH
def test_partial_fit_does_not_begin_with_what_scales_all_to_zero(
    quick, digits, estimator_class
):
    X, y = digits
    est = quick(estimator_class)
    before = dict(vars(est))
    with pytest.raises(ValueError, match="first call of partial_fit settles the scal"):
        est.partial_fit(0 * X[:20], y[:20], classes=range(10))
    assert vars(est) == before
    est.partial_fit(X, y).partial_fit(np.repeat(X[:1], 20, axis=0), y[:20])


def test_partial_fit_of_images_may_begin_with_equal_bytes(quick, digits):
    X, y = digits[0].astype(np.uint8) * 15, digits[1]
    net = quick(SmallCNNClassifier, augment=None).partial_fit(0 * X, y)
    for _ in range(20):
        net.partial_fit(X, y)
    assert net.score(X, y) > 0.9


@BOTH
def test_failed_refit_leaves_the_fitted_state(quick, blobs, estimator_class):
    X, y = blobs
    est = quick(estimator_class).fit(X, y)
    before = dict(vars(est))
    scores = est.decision_function(X)
    bad = [
        (np.full((len(X), 2), np.inf), y),
        (X[:, :2], y + 0.5),
        (X[:, :2], y[:-1]),
    ]
    for X_bad, y_bad in bad:
        with pytest.raises(ValueError, match="infinity|continuous|inconsistent"):
            est.fit(X_bad, y_bad)
        with pytest.raises(ValueError, match="infinity|features|inconsistent"):
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

"""What `fit` warns of when it has plainly not learnt, and when it keeps silent."""

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, log_loss

from sknets import DenseNetClassifier, SmallCNNClassifier
from sknets._core.objectives import CLASS_OBJECTIVES
from sknets._training import dense_trainer


@pytest.fixture(autouse=True)
def _train_in_numpy(monkeypatch):
    monkeypatch.setattr(dense_trainer, "MAX_SECONDS", np.inf)


@pytest.fixture(scope="module")
def table():
    """A table of 200 rows with two classes that a network learns at once."""
    return make_classification(200, 6, random_state=0, class_sep=2)


def net(**params):
    defaults = {"width": 16, "dropout": 0.0, "epochs": 20, "random_state": 0}
    return DenseNetClassifier(**{**defaults, "batch_size": 16, **params})


def cnn(**params):
    defaults = {"width": (4,), "dropout": 0.0, "batch_size": 16, "random_state": 0}
    return SmallCNNClassifier(**{**defaults, **params})


# --- Not learnt ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "cause"),
    [
        ({"learning_rate": 1e-9}, "learning_rate=1e-09 is very low; 0.001 is usual"),
        (
            {"learning_rate": 30.0, "width": (16, 16, 16)},
            "learning_rate=30 is very high; 0.001 is usual",
        ),
        (
            {"optimizer": "sgd", "learning_rate": 1e-9},
            "learning_rate=1e-09 is very low; 0.01 is usual",
        ),
    ],
)
def test_learning_rate_is_named_as_the_cause(digits, params, cause):
    X, y = digits
    with pytest.warns(ConvergenceWarning, match=f"has not learnt: .*{cause}") as seen:
        net(**params).fit(X, y)
    assert seen[0].filename == __file__


def test_dead_units_are_named_as_the_cause():
    """All inputs are positive and all first kernels negative: ReLU gives 0 for ever."""
    X, y = np.random.default_rng(0).uniform(1, 2, (200, 3)), np.arange(200) % 2
    est = net(input_scaling=None, warm_start=True, epochs=1).fit(X, y)
    est.weights_ = [np.full_like(est.weights_[0], -1.0), *est.weights_[1:]]
    with pytest.warns(
        ConvergenceWarning, match="All rows get the same answer, .*hidden units"
    ):
        est.set_params(epochs=20).fit(X, y)


def test_labels_are_named_as_the_cause():
    """Noise in so few features that nothing can be learnt by heart."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(4000, 1)), rng.integers(0, 2, 4000)
    with pytest.warns(ConvergenceWarning, match="Look whether y belongs to"):
        net(width=8, epochs=3).fit(X, y)


def test_high_dropout_is_named_as_the_cause(table):
    X, y = table
    with pytest.warns(ConvergenceWarning, match="dropout=0.99 leaves too little"):
        net(width=2, dropout=0.99).fit(X, y)


@pytest.mark.parametrize("n_labels", [2, 3])
def test_multilabel_and_multiclass_are_diagnosed_too(n_labels):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 4))
    y = (X[:, :n_labels] > 0).astype(int) if n_labels == 2 else rng.integers(0, 3, 200)
    with pytest.warns(ConvergenceWarning, match="has not learnt"):
        net(learning_rate=1e-9, random_state=1).fit(X, y)


def test_a_cnn_is_diagnosed_too(digits):
    est = cnn(learning_rate=1e-9, epochs=10)
    with pytest.warns(ConvergenceWarning, match="has not learnt"):
        est.fit(*digits)


# --- No false alarm: any warning is an error -----------------------------------------


def test_a_network_that_learns_is_silent(table):
    net().fit(*table)


@pytest.mark.parametrize("n_rows", [40, 400])
def test_permuted_labels_are_silent(n_rows):
    """A permutation test fits many of these."""
    X, y = make_classification(n_rows, 8, random_state=0)
    for seed in range(3):
        permuted = np.random.default_rng(seed).permutation(y)
        DenseNetClassifier(random_state=0).fit(X, permuted)


def test_one_answer_that_is_right_for_all_weight_is_silent(table):
    """Label smoothing keeps the loss above that of the answer."""
    X, y = table
    weights = {0: 1000, 1: 1e-4}
    est = net(class_weight=weights, label_smoothing=0.01).fit(X, y)
    assert est.history_["loss"][-1] > 1e-5


def test_rare_classes_are_silent():
    """An accuracy that only equals the share of the majority is no failure."""
    X, y = make_classification(1000, 8, weights=[0.95], class_sep=0.5, random_state=0)
    est = net().fit(X, y)
    assert est.score(X, y) == pytest.approx(np.mean(y == 0), abs=0.03)


@pytest.mark.parametrize(("n_rows", "epochs"), [(20, 20), (200, 1)])
def test_tiny_data_and_single_epochs_are_silent(n_rows, epochs):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(n_rows, 4)), np.arange(n_rows) % 2
    net(learning_rate=1e-9, epochs=epochs).fit(X, y)


def test_partial_fit_is_silent(table):
    net(learning_rate=1e-9, batch_size=1).partial_fit(*table)


# --- The constant answer that networks are compared with -----------------------------


def test_constant_answer_of_classes():
    y = np.array([0, 0, 2, 1, 2, 2], np.int32)
    w = np.array([1, 2, 1, 1, 3, 1], np.float32)
    shares = np.array([3, 1, 5]) / 9
    loss, accuracy = CLASS_OBJECTIVES["multiclass"].constant_answer(y, w)
    expected = log_loss(y, np.tile(shares, (6, 1)), sample_weight=w)
    assert loss == pytest.approx(expected)
    assert accuracy == pytest.approx(accuracy_score(y, [2] * 6, sample_weight=w))


def test_constant_answer_of_labels():
    y = np.array([[0, 1], [1, 1], [1, 1], [0, 0]], np.float32)
    w = np.array([[1, 1], [2, 2], [1, 1], [1, 1]], np.float32)
    loss, accuracy = CLASS_OBJECTIVES["multilabel-indicator"].constant_answer(y, w)
    row_weights = w[:, 0]
    expected = [
        log_loss(y[:, k], np.full(4, row_weights @ y[:, k] / 5), sample_weight=w[:, k])
        for k in (0, 1)
    ]
    assert loss == pytest.approx(np.mean(expected))
    assert accuracy == pytest.approx(3 / 5)


# --- Unscaled input ------------------------------------------------------------------


def test_unscaled_pixels_are_a_warning(digits):
    X, y = digits
    with pytest.warns(
        UserWarning, match="features are large .*pixels by 1/255"
    ) as seen:
        net(input_scaling=None, epochs=1).fit(X * 15.0, y)
    assert seen[0].filename == __file__


def test_scaled_pixels_and_outliers_are_silent(digits, table):
    X, y = digits
    net(input_scaling=None, epochs=1).fit(X / 16, y)
    net(epochs=1).fit(X * 15.0, y)
    X, y = table
    X = X.copy()
    X[0, 0] = 300.0
    net(input_scaling=None, epochs=1).fit(X, y)


# --- After an explosion --------------------------------------------------------------


@pytest.mark.parametrize("validated", [False, True])
def test_the_epoch_that_explodes_is_in_the_history(table, validated):
    X, y = table
    est = net(activation="linear", optimizer="sgd", learning_rate=1e12, epochs=5)
    validation = {"X_val": X, "y_val": y} if validated else {}
    with pytest.warns(ConvergenceWarning, match="NaN in epoch 1;") as seen:
        est.fit(X, y, **validation)
    assert seen[0].filename == __file__
    assert est.n_iter_ == 1
    assert est.best_epoch_ == 0
    names = ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert list(est.history_) == names[: 4 if validated else 2]
    assert all(len(values) == 1 for values in est.history_.values())
    assert np.isnan(est.history_.get("val_loss", [np.nan])).all()
    assert all(np.isfinite(weight).all() for weight in est.weights_)


def test_constant_images_are_the_cause():
    images, y = np.zeros((64, 6, 6), np.uint8), np.arange(64) % 2
    fitted = SmallCNNClassifier((2,), epochs=30, batch_size=16, augment=None)
    with pytest.warns(ConvergenceWarning, match="All training rows are the same"):
        fitted.fit(images, y)


# --- Only changed images learnt ------------------------------------------------------


def bright_images(n_rows=120):
    """Images of three classes that differ by their brightness."""
    rng = np.random.default_rng(0)
    y = np.arange(n_rows) % 3
    means = np.array([60.0, 100.0, 140.0])[y]
    return rng.normal(means[:, None, None], 5, (n_rows, 8, 8)).clip(0, 255), y


def test_images_that_are_only_learnt_changed_are_a_warning():
    X, y = bright_images()
    brighter = cnn(augment={"brightness": (1.0, 1.0)}, epochs=40)
    with pytest.warns(ConvergenceWarning, match="Set augment=None, leave out"):
        brighter.fit(X, y)
    assert brighter.history_["accuracy"][-1] > 0.9
    assert brighter.score(X, y) < 0.5


@pytest.mark.filterwarnings("error::sklearn.exceptions.ConvergenceWarning")
def test_images_that_are_learnt_with_their_changes_are_none():
    X, y = bright_images()
    assert cnn(augment={"shift": 0.1}, epochs=40).fit(X, y).score(X, y) > 0.9

"""partial_fit and warm_start."""

import copy

import numpy as np
import pytest

from sknets import DenseNetClassifier, SmallCNNClassifier
from tests.networks import assert_all_equal, spy_on_split

BOTH = pytest.mark.parametrize(
    "estimator_class", [DenseNetClassifier, SmallCNNClassifier]
)


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


def test_weights_of_partial_fit_are_taken_as_they_are(quick, blobs):
    """Twice the weight of all rows is twice the step."""
    X, y = blobs
    one_step = {"batch_size": 90, "optimizer": "sgd", "learning_rate": 0.01}
    est = quick(DenseNetClassifier, weight_decay=0.0, **one_step)
    first = est.partial_fit(X, y).weights_
    moved = []
    for factor in (1.0, 2.0):
        twin = copy.deepcopy(est)
        twin.partial_fit(X, y, sample_weight=np.full(90, factor))
        moved.append(twin.weights_[0] - first[0])
    assert np.abs(moved[0]).max() > 1e-5
    np.testing.assert_allclose(moved[1], 2 * moved[0], rtol=1e-2, atol=1e-7)


def test_a_class_that_a_call_lacks_is_not_balanced(quick, blobs):
    """The weights are those of the two classes that are there."""
    X, y = blobs
    there = y < 2
    est = quick(DenseNetClassifier, class_weight="balanced", shuffle=False)
    est.partial_fit(X[there], y[there], classes=[0, 1, 2])
    plain = quick(DenseNetClassifier, shuffle=False)
    plain.partial_fit(X[there], y[there], classes=[0, 1, 2])
    assert_all_equal(est.weights_, plain.weights_)


@pytest.mark.parametrize("n_calls", [1, 3])
def test_steps_count_on(n_calls):
    """Adam corrects the start of its means by the number of steps so far."""
    X, y = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20) % 2
    net = DenseNetClassifier(4, epochs=2, batch_size=8, warm_start=True, random_state=0)
    for _ in range(n_calls):
        net.fit(X, y)
    assert net.optimizer_state_["n_steps"] == n_calls * 2 * 3


def test_training_that_goes_on_holds_the_same_rows_out(quick, blobs, monkeypatch):
    X, y = blobs
    seen = spy_on_split(monkeypatch)
    est = quick(DenseNetClassifier, warm_start=True, validation_fraction=0.2)
    held_out = []
    for _ in range(3):
        est.fit(X, y)
        held_out.append(seen["validation"].tolist())
    assert held_out[0] == held_out[1] == held_out[2]

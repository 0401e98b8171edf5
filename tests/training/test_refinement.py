"""The last epochs on images as they are, and the mean of the weights."""

import keras
import numpy as np
import pytest

from sknets import SmallCNNClassifier, SmallCNNRegressor
from sknets._training import loop, refinement
from tests.networks import assert_all_equal, assert_same_weights

CHANGES = {"shift": 0.2, "brightness": 0.5}


@pytest.fixture(scope="module")
def task():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 8, 8)).astype(np.float32)
    y = np.arange(60) % 3
    X[y == 1, :4] += 1
    X[y == 2, :, :4] += 1
    return X, y


def net(refine=0.25, *, kind=SmallCNNClassifier, **params):
    quick = {"width": (4,), "epochs": 4, "batch_size": 16, "random_state": 0}
    augment = {**CHANGES, "refine": refine}
    return kind(**{**quick, "augment": augment, **params})


@pytest.fixture
def after(monkeypatch):
    """What the last epochs were told and left, call by call."""
    calls = []

    def watched(network, weights, data, settings, rng, **others):
        trained = loop.train(network, weights, data, settings, rng, **others)
        calls.append((weights, settings, trained))
        return trained

    monkeypatch.setattr(refinement, "train", watched)
    return calls


def test_numbers_are_predicted_by_the_mean_of_the_weights(task, after):
    fitted = net(kind=SmallCNNRegressor).fit(*task)
    plain = net(0, kind=SmallCNNRegressor).fit(*task)
    ((before, settings, trained),) = after
    assert settings.epochs == trained.n_epochs == 1
    assert_all_equal(fitted.weights_, mean(before, trained.weights))
    assert_all_equal(plain.weights_, before)
    assert fitted.history_ == plain.history_
    assert fitted.n_iter_ == 4


@pytest.mark.parametrize("classes", [2, 3, "several"])
def test_classes_are_predicted_as_surely_as_before(task, after, classes):
    """Logits of the training images have the size that they had."""
    X, y = task
    labels = {2: y % 2, 3: y, "several": np.eye(3, dtype=int)[y, 1:]}[classes]
    fitted = net(label_smoothing=0.0).fit(X, labels)
    plain = net(0, label_smoothing=0.0).fit(X, labels)
    ((before, _, trained),) = after
    *hidden, kernel, bias = mean(before, trained.weights)
    assert_all_equal(fitted.weights_[:-2], hidden)
    factor = fitted.weights_[-2][0, 0] / kernel[0, 0]
    assert factor != 1
    np.testing.assert_allclose(fitted.weights_[-2], kernel * factor, rtol=1e-6)
    np.testing.assert_allclose(fitted.weights_[-1], bias * factor, rtol=1e-6)
    sizes = [size_of_logits(one, X) for one in (fitted, plain)]
    assert sizes[0] == pytest.approx(sizes[1], rel=1e-4)


def mean(one, other):
    return [(a + b) / 2 for a, b in zip(one, other, strict=True)]


def size_of_logits(net, X):
    proba = net.predict_proba(X).astype(np.float64)
    if net.target_type_ == "multiclass":
        z = np.log(proba)
        z -= z.mean(axis=1, keepdims=True)
    else:
        z = np.log(proba / (1 - proba))
    return np.sqrt(np.mean(z**2))


def test_logits_that_nearly_vanish_are_made_twice_as_large_at_most(task, monkeypatch):
    def small(*args, **others):
        trained = loop.train(*args, **others)
        trained.weights = [0 * weight for weight in trained.weights]
        return trained

    monkeypatch.setattr(refinement, "train", small)
    fitted, plain = net().fit(*task), net(0).fit(*task)
    np.testing.assert_array_equal(fitted.weights_[-2], plain.weights_[-2])


def test_images_stay_as_they_are(task, after):
    net().fit(*task)
    assert after[0][1].augment.unchanged == 1


@pytest.mark.parametrize(
    "params",
    [
        {"warm_start": True},
        {"early_stopping": True},
        {"augment": None},
        {"augment": {"shift": 0.2, "refine": 0.125}},  # of four epochs
        {"callbacks": [keras.callbacks.Callback()]},
    ],
)
def test_nothing_follows_where_training_may_go_on_or_nothing_changed(
    task, after, params
):
    net(**params).fit(*task)
    assert not after


def test_partial_fit_refines_nothing(task, after):
    net().partial_fit(*task)
    assert not after


def test_an_interrupt_leaves_the_weights_of_before(task, monkeypatch):
    def interrupted(*args, **others):
        raise KeyboardInterrupt

    monkeypatch.setattr(refinement, "train", interrupted)
    assert_same_weights(net().fit(*task), net(0).fit(*task))


def test_an_explosion_leaves_the_weights_of_before(task, monkeypatch):
    def exploded(*args, **others):
        trained = loop.train(*args, **others)
        trained.exploded = True
        return trained

    monkeypatch.setattr(refinement, "train", exploded)
    assert_same_weights(net().fit(*task), net(0).fit(*task))


def test_a_seed_repeats(task):
    assert_same_weights(net().fit(*task), net().fit(*task))


def test_parts_are_refined_too(task, after):
    X, y = task
    net().fit([(X[:30], y[:30]), (X[30:], y[30:])])
    assert len(after) == 1

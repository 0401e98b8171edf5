"""The last epochs on images as they are, and the mean of the weights."""

import keras
import numpy as np
import pytest

from sknets import SmallCNNClassifier, SmallCNNRegressor
from sknets._training import loop, refinement
from tests.networks import assert_same_weights

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


@pytest.mark.parametrize("kind", [SmallCNNClassifier, SmallCNNRegressor])
def test_the_weights_are_the_mean_of_before_and_after(task, after, kind):
    fitted = net(kind=kind).fit(*task)
    plain = net(0, kind=kind).fit(*task)
    ((before, settings, trained),) = after
    assert settings.epochs == trained.n_epochs == 1
    for one, other, mean in zip(before, trained.weights, fitted.weights_, strict=True):
        np.testing.assert_array_equal((one + other) / 2, mean)
    for one, weight in zip(before, plain.weights_, strict=True):
        np.testing.assert_array_equal(one, weight)
    assert fitted.history_ == plain.history_
    assert fitted.n_iter_ == 4


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

"""What DenseNetClassifier settles by itself where a parameter is "auto"."""

import math

import keras
import numpy as np
import pytest
from sklearn.datasets import load_digits

from sknets import DenseNetClassifier
from sknets._training import dense_trainer, loop


@pytest.fixture(autouse=True)
def _train_in_numpy(monkeypatch):
    monkeypatch.setattr(dense_trainer, "MAX_SECONDS", np.inf)


@pytest.fixture
def settings_of(monkeypatch, blobs):
    """Function that fits and returns the settings that the training got."""
    X, y = blobs
    seen = []
    train = loop.train

    def spy(network, weights, data, settings, *args, **more):
        seen.append(settings)
        return train(network, weights, data, settings, *args, **more)

    monkeypatch.setattr(loop, "train", spy)

    def fit(method="fit", repeats=1, **params):
        est = DenseNetClassifier(width=4, random_state=0, **params)
        getattr(est, method)(np.tile(X, (repeats, 1)), np.tile(y, repeats))
        return seen[-1]

    return fit


@pytest.mark.parametrize(
    ("params", "highest"),
    [
        ({}, 0.002),
        ({"learning_rate_schedule": "constant"}, 0.001),
        ({"optimizer": "sgd"}, 0.02),
        ({"learning_rate": None}, 0.001),
        ({"learning_rate": 0.3}, 0.3),
        ({"optimizer__learning_rate": 0.3}, 0.3),
        ({"optimizer": keras.optimizers.Adam(0.25)}, 0.25),
    ],
)
def test_mean_learning_rate_is_the_optimizers_own(settings_of, params, highest):
    settings = settings_of(**params)
    assert settings.optimizer.learning_rate == pytest.approx(highest, rel=2e-3)


@pytest.mark.parametrize(("schedule", "mean"), [("cosine", 0.5), ("constant", 0.875)])
def test_mean_learning_rate_with_a_warm_up(settings_of, schedule, mean):
    """A quarter of the steps has a mean factor of 1/2."""
    settings = settings_of(warmup=0.25, epochs=100, learning_rate_schedule=schedule)
    assert settings.optimizer.learning_rate == pytest.approx(0.001 / mean, rel=2e-3)


@pytest.mark.parametrize(
    ("params", "decay"),
    [
        # 90 rows in batches of 9 make 10 steps an epoch.
        ({"epochs": 100}, 1 / (0.002 * 1000)),
        ({"epochs": 100, "learning_rate": 0.05}, 1 / (0.05 * 1000)),
        # Very few steps do not get a larger and larger decay.
        ({"epochs": 1, "learning_rate": 0.05}, 1 / (0.05 * 500)),
        ({"weight_decay": 0.25}, 0.25),
        ({"weight_decay": None}, 0.0),
        ({"weight_decay": None, "optimizer": "adamw"}, 0.004),
        ({"optimizer__weight_decay": 0.125}, 0.125),
        ({"optimizer": keras.optimizers.Adam(weight_decay=0.5)}, 0.5),
    ],
)
def test_weight_decay_takes_off_the_same_share(settings_of, params, decay):
    settings = settings_of(batch_size=9, **params)
    assert settings.optimizer.weight_decay == pytest.approx(decay, rel=2e-3)


@pytest.mark.parametrize(
    ("repeats", "params", "smoothing"),
    [
        (1, {}, 0.02),
        (100, {}, 1 / math.sqrt(9000)),
        (100, {"label_smoothing": 0.3}, 0.3),
    ],
)
def test_label_smoothing_follows_the_rows(settings_of, repeats, params, smoothing):
    settings = settings_of(repeats=repeats, epochs=1, **params)
    assert settings.label_smoothing == pytest.approx(smoothing)


def test_partial_fit_has_no_decay_and_the_own_rate(settings_of):
    settings = settings_of("partial_fit")
    assert settings.optimizer.weight_decay == 0.0
    assert settings.optimizer.learning_rate == pytest.approx(0.001)


@pytest.mark.parametrize("n_rows", [10, 30])
def test_a_handful_of_rows_is_enough_for_a_plain_rule(n_rows):
    """No default needs many rows."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(500, 3)) * [1, 1e3, 1e-3]
    y = (X[:, 1] > 0).astype(int)
    X[:, 1] += 1000 * (2 * y - 1)
    est = DenseNetClassifier(random_state=0).fit(X[:n_rows], y[:n_rows])
    assert est.score(X, y) > 0.85


# --- Bytes ---------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.uint8, np.int8])
@pytest.mark.parametrize("highest", [1, 9])
def test_bytes_that_are_no_pixels_are_learned_like_other_numbers(dtype, highest):
    rng = np.random.default_rng(0)
    X = rng.integers(0, highest + 1, (400, 8)).astype(dtype)
    y = (X[:, 0] > highest / 2).astype(int)
    net = DenseNetClassifier(32, epochs=15, random_state=0).fit(X, y)
    assert net.score(X, y) > 0.97
    same = DenseNetClassifier(32, epochs=15, random_state=0).fit(X.astype(float), y)
    np.testing.assert_allclose(
        net.input_scaling_["scale"], same.input_scaling_["scale"]
    )


@pytest.mark.parametrize("seconds", [np.inf, 0.0])  # in numpy, and in a program
@pytest.mark.parametrize("shape", [(-1, 64), (-1, 8, 8)])
def test_the_type_of_pixels_does_not_decide(monkeypatch, seconds, shape):
    """Bytes, the same numbers in floats, and these in 0..1 end at one network."""
    monkeypatch.setattr(dense_trainer, "MAX_SECONDS", seconds)
    X, y = load_digits(return_X_y=True)
    X, y = (X[:300] * 15.9375).astype(np.uint8).reshape(shape), y[:300]
    net = DenseNetClassifier(32, epochs=2, random_state=0)
    proba = net.fit(X, y).predict_proba(X)
    for floats in (X.astype(np.float32), X / 255):
        same = net.fit(floats, y).predict_proba(floats)
        np.testing.assert_allclose(proba, same, atol=1e-3)


def test_bytes_far_from_zero_are_centred():
    """Bright pixels without this: many alike inputs drown what tells them apart."""
    rng = np.random.default_rng(0)
    y = np.arange(60) % 10
    X = 200 + 10 * rng.normal(size=(10, 3000))[y] + rng.normal(size=(60, 3000))
    X = X.clip(0, 255).astype(np.uint8)
    net = DenseNetClassifier(16, epochs=20, random_state=0).fit(X, y)
    assert net.score(X, y) == 1.0


def test_bytes_scaled_by_an_earlier_version_are_trained_on():
    X = np.random.default_rng(0).integers(0, 256, (60, 4)).astype(np.uint8)
    net = DenseNetClassifier(4, epochs=1).fit(X, np.arange(60) % 2)
    net.input_scaling_ = {
        "shift": np.zeros(1),
        "scale": np.array([1 / 255]),
        "clip": None,
    }
    assert net.partial_fit(X, np.arange(60) % 2).n_iter_ == 2


def test_a_standard_column_that_needs_no_scaling_goes_on():
    X = np.array([[-1.0], [1.0]] * 20)
    net = DenseNetClassifier(4, input_scaling="standard").partial_fit(X, X[:, 0] > 0)
    assert net.partial_fit(X, X[:, 0] > 0).n_iter_ == 2

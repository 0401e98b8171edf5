"""What DenseNetClassifier settles by itself where a parameter is "auto"."""

import keras
import numpy as np
import pytest

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
        # Batches twice as large as usual have a rate for them.
        ({}, 0.002 * 2**0.5),
        ({"learning_rate_schedule": "constant"}, 0.001 * 2**0.5),
        ({"optimizer": "sgd"}, 0.02 * 2**0.5),
        ({"batch_size": 4}, 0.002),
        ({"learning_rate": None}, 0.001),
        ({"learning_rate": 0.3}, 0.3),
        ({"optimizer__learning_rate": 0.3}, 0.3),
        ({"optimizer": keras.optimizers.Adam(0.25)}, 0.25),
    ],
)
def test_mean_learning_rate_is_the_optimizers_own(settings_of, params, highest):
    settings = settings_of(**params, epochs=100)
    assert settings.optimizer.learning_rate == pytest.approx(highest, rel=2e-3)


@pytest.mark.parametrize(("schedule", "mean"), [("cosine", 0.5), ("constant", 0.875)])
def test_mean_learning_rate_with_a_warm_up(settings_of, schedule, mean):
    """A quarter of the steps has a mean factor of 1/2."""
    settings = settings_of(
        warmup=0.25, epochs=100, batch_size=4, learning_rate_schedule=schedule
    )
    assert settings.optimizer.learning_rate == pytest.approx(0.001 / mean, rel=2e-3)


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

"""Early stopping, validation rows and the best weights."""

import numpy as np
import pytest

from sknets._training import loop
from sknets._training.loop import Settings, train
from sknets._training.optimizers import make_optimizer
from tests.networks import chain, generator, training_data

pytestmark = pytest.mark.usefixtures("compiled_unless_said_otherwise")


class LossesTrainer:
    """Stands in for the training: its losses are given, its weight is the epoch."""

    losses: list[float] = []

    def __init__(self, network, input_shape, weights, *_):
        self.weights, self.epoch = weights, 0

    def run_epoch(self, order, learning_rates, keys):
        self.epoch += 1
        self.weights = [np.array([self.epoch], np.float32)]
        return self.losses[self.epoch - 1] * len(order), 0.0

    def read_weights(self):
        return list(self.weights)

    def write_weights(self, weights):
        self.weights = list(weights)

    def read_slots(self):
        return []


@pytest.mark.parametrize(
    ("losses", "patience", "n_epochs", "best_epoch"),
    [
        ([5, 4, 3, 2, 1], 2, 5, 5),
        ([5, 4, 6, 7, 1], 2, 4, 2),
        ([5, 4, 6, 3, 7], 2, 5, 4),
        ([5, 5, 5, 5, 5], 3, 4, 1),
        ([1, 2, 3, 4, 5], 1, 2, 1),
        ([1, 2, 3, 4, 5], 9, 5, 1),
    ],
)
def test_early_stopping_and_patience(
    monkeypatch, losses, patience, n_epochs, best_epoch
):
    monkeypatch.setattr(loop, "_kind_of_trainer", lambda *_: LossesTrainer)
    monkeypatch.setattr(LossesTrainer, "losses", losses)
    settings = Settings(
        5, 4, make_optimizer("sgd", 0.1, None, {}), early_stopping=True,
        patience=patience,
    )  # fmt: skip
    data = training_data(np.ones((4, 1)), np.zeros(4, np.int32), "multiclass")
    start = [np.zeros(1, np.float32)]
    result = train(chain([], (1,)), start, data, settings, generator())
    assert (result.n_epochs, result.best_epoch) == (n_epochs, best_epoch)
    assert result.history["loss"] == losses[:n_epochs]
    assert result.weights[0] == best_epoch


def test_without_early_stopping_the_last_epoch_is_kept(monkeypatch):
    monkeypatch.setattr(loop, "_kind_of_trainer", lambda *_: LossesTrainer)
    monkeypatch.setattr(LossesTrainer, "losses", [1, 2, 3])
    settings = Settings(3, 4, make_optimizer("sgd", 0.1, None, {}), patience=1)
    data = training_data(np.ones((4, 1)), np.zeros(4, np.int32), "multiclass")
    start = [np.zeros(1, np.float32)]
    result = train(chain([], (1,)), start, data, settings, generator())
    assert (result.n_epochs, result.best_epoch, result.weights[0]) == (3, 3, 3)

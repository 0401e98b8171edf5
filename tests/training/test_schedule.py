"""Learning-rate schedules."""

import numpy as np
import pytest

from sknets import DenseNetClassifier
from sknets._training.schedule import factors
from tests.networks import BOTH_WAYS, patch_epochs

pytestmark = pytest.mark.usefixtures("compiled_unless_said_otherwise")


@pytest.mark.parametrize(
    ("schedule", "warmup", "n_steps", "expected"),
    [
        ("constant", 0.0, 4, [1, 1, 1, 1]),
        ("constant", 0.5, 8, [0.25, 0.5, 0.75, 1, 1, 1, 1, 1]),
        ("cosine", 0.0, 4, [1, (2 + 2**0.5) / 4, 0.5, (2 - 2**0.5) / 4]),
        ("cosine", 0.5, 8, [0.25, 0.5, 0.75, 1, 1, 0.853553, 0.5, 0.146447]),
        ("one_cycle", 0.5, 4, [0.52, 1, 1, 0.50005]),
    ],
)
def test_schedule(schedule, warmup, n_steps, expected):
    ours = factors(schedule, warmup, np.arange(n_steps), n_steps)
    np.testing.assert_allclose(ours, expected, rtol=1e-5)


def test_one_cycle_rises_over_thirty_percent_and_falls_to_nearly_nothing():
    ours = factors("one_cycle", 0.0, np.arange(1000), 1000)
    assert ours[0] == pytest.approx(1 / 25, rel=0.01)
    assert ours.argmax() in (299, 300)
    assert ours.max() == 1
    assert (np.diff(ours[:300]) > 0).all()
    assert (np.diff(ours[300:]) < 0).all()
    assert ours[-1] == pytest.approx(1e-4, rel=0.1)


def test_schedule_is_that_of_the_whole_run_whatever_the_epoch():
    whole = factors("cosine", 0.1, np.arange(30), 30)
    parts = [factors("cosine", 0.1, np.arange(i, i + 10), 30) for i in (0, 10, 20)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


@BOTH_WAYS
@pytest.mark.parametrize("schedule", ["constant", "cosine", "one_cycle"])
def test_schedule_reaches_the_steps(way, quick, blobs, schedule, monkeypatch):
    rates = []

    def spy(original):
        def run_epoch(self, order, learning_rates, keys):
            rates.extend(learning_rates)
            return original(self, order, learning_rates, keys)

        return run_epoch

    patch_epochs(monkeypatch, spy)
    est = quick(
        DenseNetClassifier, epochs=3, learning_rate_schedule=schedule, warmup=0.25
    )
    est.fit(*blobs)
    n_steps = 3 * 6  # 90 rows in batches of 16
    expected = 0.05 * factors(schedule, 0.25, np.arange(n_steps), n_steps)
    np.testing.assert_allclose(rates, expected, rtol=1e-6)

"""What is recorded of each epoch."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sknets._training import history


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.float32(0.5), {"f1": 0.5}),
        (np.array([0.25, 0.5]), {"f1_0": 0.25, "f1_1": 0.5}),
    ],
)
def test_metrics_of_several_values_have_numbers(values, expected):
    found = history.scalars("f1", np.asarray(values))
    assert found == expected
    assert json.loads(json.dumps(found)) == expected


def test_epochs_without_a_number_have_nan():
    recorded: history.History = {}
    history.record(recorded, {"loss": 3.0, "f1": 0.1})
    history.record(recorded, {"loss": 2.0})
    history.record(recorded, {"loss": 1.0, "rate": 0.5})
    assert history.n_epochs(recorded) == 3
    assert recorded["loss"] == [3, 2, 1]
    np.testing.assert_array_equal(recorded["f1"], [0.1, np.nan, np.nan])
    np.testing.assert_array_equal(recorded["rate"], [np.nan, np.nan, 0.5])


def test_what_is_recorded_later_belongs_to_the_latest_epoch():
    recorded: history.History = {}
    history.record(recorded, {"loss": 2.0})
    history.record_more(recorded, {"loss": 2.0, "rate": np.float32(0.5), "at": "now"})
    history.record(recorded, {"loss": 1.0})
    history.record_more(recorded, {"loss": 1.0})
    assert recorded.keys() == {"loss", "rate"}
    assert recorded["loss"] == [2, 1]
    np.testing.assert_array_equal(recorded["rate"], [0.5, np.nan])


def test_losses_come_first_and_those_of_validation_last():
    logs = {"val_f1": 0, "f1": 0, "val_loss": 0, "loss": 0}
    assert list(history.numbers(logs)) == ["loss", "f1", "val_loss", "val_f1"]

"""Small versions of the programs in tests/robustness, which say what they are for."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "robustness"))

import disturbed_fits
import random_estimators
import saved_files


@pytest.mark.parametrize(
    "outcomes",
    [
        pytest.param(lambda folder: saved_files.crafted(folder, 7), id="crafted"),
        pytest.param(lambda folder: saved_files.flipped_bits(folder, 100), id="bits"),
        pytest.param(lambda folder: saved_files.truncations(folder, 50), id="cuts"),
    ],
)
def test_files(outcomes, tmp_path):
    found = dict(outcomes(tmp_path))
    assert len(found) >= 50
    assert {k: v for k, v in found.items() if v != "refused"} == {}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("name", "outcomes"),
    [
        ("interrupts", lambda: disturbed_fits.interrupted(3)),
        ("exceptions of callbacks", lambda: disturbed_fits.failing_callbacks(6)),
        (
            "predictions beside refits",
            lambda: disturbed_fits.predictions_beside_refits(4, 2),
        ),
        ("searches in workers", lambda: disturbed_fits.loky_searches(1)),
    ],
)
def test_disturbed_fits(name, outcomes):
    assert set(outcomes()) <= disturbed_fits.EXPECTED[name]


def test_random_estimators():
    found = random_estimators.outcomes(25)
    assert len(found) >= 20
    assert set(found) == {""}

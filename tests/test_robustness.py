"""Small versions of the programs in tests/robustness, which say what they are for."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "robustness"))

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

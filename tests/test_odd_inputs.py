"""A part of the odd inputs of `tests/robustness/odd_inputs.py`."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "robustness"))

import odd_inputs


@pytest.mark.parametrize("start", [0, 7])
def test_odd_inputs_end_well(start):
    """Without networks that TensorFlow trains, which take most of the time."""
    counts, faults = odd_inputs.run(
        11, start, seconds=60, keep=lambda name: "cnn" not in name
    )
    assert faults == []
    assert counts["fine"] > 40
    assert counts["clear"] > 200


def test_a_hang_is_noticed():
    def endless():
        class Endless(list):
            def __len__(self):
                while True:
                    pass

        return Endless()

    assert odd_inputs.outcome("normalizer", "X", endless, 0.1) == ("hang", "")


def test_an_error_from_deep_inside_is_noticed():
    class Broken:
        def __array__(self, dtype=None, copy=None):
            raise KeyError("no")

    assert odd_inputs.outcome("dense", "X", Broken, 9)[0] == "unclear"

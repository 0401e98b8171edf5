"""What the trainers are told: a penalty that is asked for is one."""

import pytest

from sknets._training.optimizers import make_optimizer
from sknets._training.settings import Settings


@pytest.mark.parametrize(
    ("l1", "l2", "expected"),
    [(0.0, 0.0, False), (1e-9, 0.0, True), (0.0, 1e-9, True), (0.1, 0.1, True)],
)
def test_either_of_the_penalties_is_one(l1, l2, expected):
    optimizer = make_optimizer("sgd", 0.1, None, {})
    assert Settings(1, 1, optimizer, l1=l1, l2=l2).has_penalty == expected

"""What all objectives share: weighted losses and metrics, and equality."""

import numpy as np
import pytest

from sknets._core.objectives import Huber, Quantile, SquaredError


def test_objectives_are_keys_of_programs():
    assert Quantile(0.3) == Quantile(0.3)
    assert hash(Quantile(0.3)) == hash(Quantile(0.3))
    assert Quantile(0.3) != Quantile(0.4)
    assert SquaredError() == SquaredError()
    assert SquaredError() != Huber()


def test_weights_count_in_loss_and_accuracy(of_classes):
    """A weight of two is the row twice."""
    objective, z, y, _ = of_classes
    twice = np.arange(len(z)) % 3 == 0
    rows = np.repeat(np.arange(len(z)), 1 + twice)
    w = np.ones(y.shape)
    w[twice] = 2
    expected = objective.evaluate(z[rows], y[rows], np.ones(y[rows].shape))
    np.testing.assert_allclose(objective.evaluate(z, y, w), expected)
    assert objective.evaluate(z, y, np.ones(y.shape)) != pytest.approx(expected)

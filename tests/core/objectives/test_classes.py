"""Losses of classes, against numerical gradients, and the shift of rare ones."""

import numpy as np
import pytest

from sknets._core.objectives import CLASS_OBJECTIVES, row_weights


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_gradient_of_classes_is_the_numerical_one(of_classes, smoothing):
    objective, z, y, w = of_classes
    n_classes = z.shape[1]

    def mean_loss(z):
        if not objective.is_exclusive:  # between the label and one half
            straight, other = objective.losses(z, y), objective.losses(z, 1 - y)
            losses = (1 - smoothing / 2) * straight + smoothing / 2 * other
            return (losses * w).mean()
        every = [objective.losses(z, np.full(len(z), k)) for k in range(n_classes)]
        own = (1 - smoothing) * objective.losses(z, y)
        return ((own + smoothing * np.mean(every, axis=0)) * w).mean()

    numerical = np.empty_like(z)
    for place in np.ndindex(z.shape):
        step = np.zeros_like(z)
        step[place] = 1e-5
        numerical[place] = (mean_loss(z + step) - mean_loss(z - step)) / 2e-5
    loss, correct, gradient = objective.train(z.copy(), y, w, smoothing)
    np.testing.assert_allclose(gradient, numerical, atol=1e-7)
    # What is recorded is the loss without smoothing, as in validation.
    found = np.array([loss, correct]) / row_weights(w).sum()
    np.testing.assert_allclose(found, objective.evaluate(z, y, w), rtol=1e-6)


def test_rare_classes_are_shifted_by_the_ratio_of_the_shares():
    y = np.array([0] * 2 + [1] * 40 + [2] * 58, np.int32)
    multiclass, labels = (CLASS_OBJECTIVES[n] for n in ("multiclass", "binary"))
    w = np.ones(100)
    found = multiclass.rare_class_shift(y, w, 0.3, 4)  # 0.075 for each class
    expected = [np.log(0.02 / 0.075), 0, 0, 0]  # nothing known of the last one
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    w[:2] = 20  # two rows of weight 20 are 40 of 138
    assert not multiclass.rare_class_shift(y, w, 0.3, 4).any()
    rare = np.column_stack([y == 0, y != 0, y == 1]).astype(np.float32)
    found = labels.rare_class_shift(rare, np.ones(rare.shape), 0.1, 3)  # 0.05
    expected = [np.log(0.02 / 0.05), -np.log(0.02 / 0.05), 0]
    np.testing.assert_allclose(found, expected, rtol=1e-5)

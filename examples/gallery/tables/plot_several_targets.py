"""
Multi-output regression: several targets at once
================================================

An arm of two links: from the angles of its joints, a network learns where the hand is.
``y`` has two columns, and so has the prediction.
"""

import matplotlib.pyplot as plt
import numpy as np

from sknets import DenseNetRegressor


def hand(angles):
    shoulder, elbow = angles.T
    x = np.cos(shoulder) + 0.7 * np.cos(shoulder + elbow)
    y = np.sin(shoulder) + 0.7 * np.sin(shoulder + elbow)
    return np.column_stack([x, y])


rng = np.random.default_rng(0)
angles = rng.uniform([0, 0], [np.pi, 2.5], (1500, 2))
net = DenseNetRegressor((128, 128), dropout=0.0, random_state=0)
net.fit(angles, hand(angles) + rng.normal(0, 0.02, (1500, 2)))

# %%
# The hand is to draw a spiral through the joints' angles.

t = np.linspace(0, 1, 120)
path = np.column_stack([0.3 + 2.5 * t, 1.2 + 0.9 * np.sin(14 * t)])
true, predicted = hand(path), net.predict(path)
print(f"mean distance: {np.linalg.norm(true - predicted, axis=1).mean():.3f}")

fig, ax = plt.subplots()
ax.plot(*true.T, ":", lw=3, label="hand")
ax.plot(*predicted.T, lw=1.5, label="predicted")
ax.plot(0, 0, "o", color="gray", label="shoulder")
ax.set_aspect("equal")
ax.legend()

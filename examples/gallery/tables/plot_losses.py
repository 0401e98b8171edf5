"""
Robust losses: when some numbers are wrong
==========================================

A tenth of the targets is far off: a comma in the wrong place, a sensor that stuck. The
squared error takes them seriously; ``loss="absolute_error"`` and ``"huber"`` do not.
"""

import matplotlib.pyplot as plt
import numpy as np

from sknets import DenseNetRegressor

rng = np.random.default_rng(0)
x = np.sort(rng.uniform(-3, 3, 300))
truth = np.tanh(2 * x) + 0.3 * x
y = truth + rng.normal(0, 0.1, len(x))
wrong = rng.random(len(x)) < 0.1
y[wrong] = rng.uniform(3, 8, wrong.sum())

fig, ax = plt.subplots()
ax.plot(x, y, ".", color="gray", alpha=0.6)
for loss in ("squared_error", "huber", "absolute_error"):
    net = DenseNetRegressor(loss=loss, dropout=0.0, random_state=0)
    predicted = net.fit(x[:, None], y).predict(x[:, None])
    off = np.abs(predicted - truth).mean()
    ax.plot(x, predicted, lw=2, label=f"{loss}: off by {off:.2f}")
ax.set_ylim(-2.5, 5)
ax.legend()

"""
Uncertainty: where the network has seen nothing
===============================================

A network answers everywhere, also where there was no data. Ten of them, each on rows
drawn anew, agree where there was, and part where there was none: ``BaggingRegressor``
with a network inside.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.ensemble import BaggingRegressor

from sknets import DenseNetRegressor

rng = np.random.default_rng(0)
x = np.concatenate([rng.uniform(-4, -1, 60), rng.uniform(1.5, 3, 60)])
y = np.sin(2 * x) + 0.2 * x + rng.normal(0, 0.1, len(x))

net = DenseNetRegressor(
    (64, 64), dropout=0.0, weight_decay=0.0, learning_rate=0.01, epochs=100
)
bag = BaggingRegressor(net, n_estimators=10, random_state=0).fit(x[:, None], y)

fine = np.linspace(-5.5, 4.5, 200)
curves = np.array([net.predict(fine[:, None]) for net in bag.estimators_])
mean, spread = curves.mean(axis=0), curves.std(axis=0)

fig, ax = plt.subplots()
ax.plot(fine, curves.T, color="tab:orange", alpha=0.35, lw=0.8)
ax.fill_between(fine, mean - 2 * spread, mean + 2 * spread, alpha=0.2, color="tab:blue")
ax.plot(fine, mean, lw=2, color="tab:blue")
ax.plot(x, y, ".", color="gray")
ax.set_ylim(-3, 3)

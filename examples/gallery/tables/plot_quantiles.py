"""
Prediction intervals by quantile regression
===========================================

One number says little where the noise differs. Three networks with ``loss="quantile"``
give the middle, and the bounds between which nine of ten values should lie.
"""

import matplotlib.pyplot as plt
import numpy as np

from sknets import DenseNetRegressor

rng = np.random.default_rng(0)
x = rng.uniform(0, 10, 1500)
y = x * np.sin(x) + rng.normal(0, 0.5 + 0.35 * x)
X = x[:, None]

fine = np.linspace(0, 10, 200)
bounds = {}
for quantile in (0.05, 0.5, 0.95):
    net = DenseNetRegressor(
        loss="quantile", quantile=quantile, dropout=0.0, random_state=0
    )
    net.fit(X[:1000], y[:1000])
    bounds[quantile] = net.predict(X[1000:]), net.predict(fine[:, None])

low, high = bounds[0.05][0], bounds[0.95][0]
inside = np.mean((low <= y[1000:]) & (y[1000:] <= high))
print(f"{inside:.1%} of 500 new values lie between the bounds")

fig, ax = plt.subplots()
ax.plot(x[1000:], y[1000:], ".", alpha=0.5, ms=4)
ax.fill_between(fine, bounds[0.05][1], bounds[0.95][1], alpha=0.25, color="tab:orange")
ax.plot(fine, bounds[0.5][1], color="tab:orange", lw=2)

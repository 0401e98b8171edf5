"""
Regression: a curve through points
==================================

``DenseNetRegressor`` is the same network, trained for numbers. The target is scaled
inside and turned back, so that its units do not matter.
"""

import matplotlib.pyplot as plt
import numpy as np

from sknets import DenseNetRegressor

rng = np.random.default_rng(0)
x = np.sort(rng.uniform(0, 10, 200))
y = 1000 + 300 * np.sin(x) * np.exp(-x / 8) + rng.normal(0, 25, len(x))

net = DenseNetRegressor(
    (64, 64),
    dropout=0.0,
    weight_decay=0.0,
    learning_rate=0.01,
    epochs=150,
    random_state=0,
)
net.fit(x[:, None], y)
print(f"R2: {net.score(x[:, None], y):.3f}")

fine = np.linspace(0, 10, 500)
fig, ax = plt.subplots()
ax.plot(x, y, ".", alpha=0.6, label="observed")
ax.plot(fine, 1000 + 300 * np.sin(fine) * np.exp(-fine / 8), ":", label="without noise")
ax.plot(fine, net.predict(fine[:, None]), lw=2, label="predicted")
ax.legend()

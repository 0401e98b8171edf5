"""
Decision boundaries: what width buys
====================================

Two half moons, and networks of one hidden layer with 2, 8 and 128 units. Each unit can
bend the boundary once.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import make_moons
from sklearn.inspection import DecisionBoundaryDisplay

from sknets import DenseNetClassifier

X, y = make_moons(300, noise=0.2, random_state=0)
fig, axes = plt.subplots(1, 3, figsize=(9, 3), layout="constrained")
for width, ax in zip((2, 8, 128), axes, strict=True):
    net = DenseNetClassifier(
        width, dropout=0.0, learning_rate=0.02, weight_decay=0.0, random_state=0
    ).fit(X, y)
    DecisionBoundaryDisplay.from_estimator(
        net, X, response_method="predict_proba", cmap="RdBu", vmin=0, vmax=1, ax=ax
    )
    ax.scatter(*X.T, c=y, cmap="RdBu", edgecolors="white", linewidths=0.4, s=18)
    ax.set(title=f"width {width}: {net.score(X, y):.1%}", xticks=(), yticks=())

# %%
# The pale band is where the network is not sure. Dropout and weight decay, which keep
# wide networks from learning noise, are off here, so that width alone is seen.

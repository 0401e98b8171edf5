"""
Voting and stacking: together with trees
========================================

A network and a forest are wrong about different rows. ``VotingClassifier`` averages
their probabilities, ``StackingClassifier`` learns how far to trust each.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_classification
from sklearn.ensemble import (
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score

from sknets import DenseNetClassifier

X, y = make_classification(
    600, 16, n_informative=8, n_classes=3, class_sep=1.0, random_state=3
)
net = DenseNetClassifier(64, epochs=15, random_state=0)
forest = RandomForestClassifier(50, random_state=0)
both = [("net", net), ("forest", forest)]
models = {
    "network": net,
    "forest": forest,
    "voting": VotingClassifier(both, voting="soft"),
    "stacking": StackingClassifier(both, LogisticRegression(), cv=3),
}
scores = {
    name: -cross_val_score(model, X, y, cv=3, scoring="neg_log_loss")
    for name, model in models.items()
}

fig, ax = plt.subplots()
for name, of_model in scores.items():
    ax.bar(name, of_model.mean(), color="tab:blue", alpha=0.7)
    ax.plot([name] * len(of_model), of_model, "o", color="tab:orange")
ax.set_ylabel("log-loss of three folds (less is better)")
best = min(scores, key=lambda name: np.mean(scores[name]))
print(f"least log-loss: {best}")

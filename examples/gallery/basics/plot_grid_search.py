"""
Grid search over dropout and width
==================================

``GridSearchCV`` takes a network as it takes any estimator. Candidates of one shape and
all folds share a compiled program, and small networks need none at all, so that a grid
of nets costs about what one of small models does.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV

from sknets import DenseNetClassifier

X, y = load_digits(return_X_y=True)
grid = {"dropout": [0.0, 0.2, 0.4, 0.6], "width": [16, 64, 128]}
net = DenseNetClassifier(epochs=10, batch_size=64, random_state=0)
search = GridSearchCV(net, grid, cv=3).fit(X, y)
print(f"best: {search.best_params_}, accuracy {search.best_score_:.3f}")

# %%
# Narrow networks have nothing to spare, and dropout takes it from them; wide ones lose
# less by it in these ten epochs.

scores = search.cv_results_["mean_test_score"].reshape(4, 3)
fig, ax = plt.subplots()
image = ax.imshow(scores, vmin=scores.min())
ax.set(
    xlabel="width",
    ylabel="dropout",
    xticks=range(3),
    yticks=range(4),
    xticklabels=grid["width"],
    yticklabels=grid["dropout"],
)
for row, of_row in enumerate(scores):
    for column, score in enumerate(of_row):
        dark = score < scores.mean()
        ax.text(
            column, row, f"{score:.3f}", ha="center", color="white" if dark else "black"
        )
fig.colorbar(image, label="accuracy of three folds")

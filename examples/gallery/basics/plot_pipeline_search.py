"""
Grid search through a whole pipeline
====================================

Names with two underscores reach into the steps of a pipeline, so that how the data are
prepared is searched together with the network. Here: into how few components can the
digits be pressed before the network reads them badly?
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

from sknets import DenseNetClassifier

X, y = load_digits(return_X_y=True)
pipeline = Pipeline(
    [
        ("pca", PCA(random_state=0)),
        ("net", DenseNetClassifier(dropout=0.1, epochs=10, random_state=0)),
    ]
)
n_components, widths = [2, 4, 8, 16, 32], [16, 64]
search = GridSearchCV(
    pipeline, {"net__width": widths, "pca__n_components": n_components}, cv=3
)
search.fit(X, y)
print(f"best: {search.best_params_}, accuracy {search.best_score_:.3f}")

# %%
# Two numbers of the 64 are enough for more than half of the digits, and a wide network
# gets more out of them than a narrow one.

scores = search.cv_results_["mean_test_score"].reshape(len(widths), -1)
fig, ax = plt.subplots()
for width, of_width in zip(widths, scores, strict=True):
    ax.plot(n_components, of_width, "o-", label=f"width {width}")
ax.set(xscale="log", xlabel="components", ylabel="accuracy of three folds")
ax.set_xticks(n_components, [str(n) for n in n_components])
ax.minorticks_off()
ax.legend()

"""
Permutation importance: which features matter
=============================================

The weights of a network do not say. What does: shuffle a column of rows that it has not
seen, and see how much worse it gets.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_wine
from sklearn.inspection import permutation_importance
from sklearn.model_selection import train_test_split

from sknets import DenseNetClassifier

X, y = load_wine(return_X_y=True, as_frame=True)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, test_size=0.4, stratify=y, random_state=0
)
net = DenseNetClassifier(32, random_state=0).fit(X_train, y_train)
print(f"test accuracy: {net.score(X_test, y_test):.3f}")

result = permutation_importance(
    net, X_test, y_test, scoring="neg_log_loss", n_repeats=10, random_state=0
)
order = result.importances_mean.argsort()
fig, ax = plt.subplots(layout="constrained")
ax.boxplot(
    result.importances[order].T, orientation="horizontal", tick_labels=X.columns[order]
)
ax.axvline(0, ls=":", color="gray")
ax.set_xlabel("rise of the log-loss when the column is shuffled")

# %%
# The logarithmic loss says more than accuracy here: accuracy moves only where a row
# changes sides.

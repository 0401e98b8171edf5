"""
Multilabel classification: any number of labels
===============================================

Two digits lie over one another in a picture; which? ``y`` has a column of zeros and
ones for each digit, and ``predict_proba`` a probability for each of them.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.metrics import f1_score

from sknets import DenseNetClassifier

digits = load_digits()
rng = np.random.default_rng(0)


def overlaid(rows, n):
    """n pictures of two digits each, and which digits they are."""
    first, second = rng.choice(rows, n), rng.choice(rows, n)
    X = np.maximum(digits.data[first], digits.data[second])
    y = np.zeros((n, 10), int)
    y[np.arange(n), digits.target[first]] = 1
    y[np.arange(n), digits.target[second]] = 1
    return X, y


X, y = overlaid(np.arange(1200), 3000)
X_test, y_test = overlaid(np.arange(1200, 1797), 500)
net = DenseNetClassifier(epochs=15, random_state=0).fit(X, y)
found = net.predict(X_test)
print(f"F1, mean of the labels: {f1_score(y_test, found, average='macro'):.3f}")
print(f"both digits right: {np.mean((found == y_test).all(axis=1)):.1%}")

# %%
# Five pictures that were not trained on; bars are what the network gives each digit.

proba = net.predict_proba(X_test[:5])
fig, axes = plt.subplots(2, 5, figsize=(9, 3.6), layout="constrained")
for column, (pixels, bars) in enumerate(zip(X_test, proba, strict=False)):
    axes[0, column].imshow(pixels.reshape(8, 8), cmap="gray")
    axes[0, column].axis("off")
    axes[0, column].set_title(" and ".join(map(str, np.flatnonzero(y_test[column]))))
    axes[1, column].bar(range(10), bars)
    axes[1, column].set(xticks=range(10), yticks=(), ylim=(0, 1))

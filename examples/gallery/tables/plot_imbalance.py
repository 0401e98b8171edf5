"""
Imbalanced classes: one in twenty
=================================

Where one class is rare, the most accurate classifier misses most of its rows.
``class_weight="balanced"`` makes a mistake on a rare row as expensive as the twenty on
common ones, and finds more of them, for more false alarms.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import make_classification
from sklearn.metrics import PrecisionRecallDisplay, precision_score, recall_score
from sklearn.model_selection import train_test_split

from sknets import DenseNetClassifier

X, y = make_classification(
    3000, 12, n_informative=6, weights=[0.95], class_sep=0.7, random_state=1
)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

fig, ax = plt.subplots(layout="constrained")
for class_weight in (None, "balanced"):
    net = DenseNetClassifier(class_weight=class_weight, epochs=10, random_state=0)
    net.fit(X_train, y_train)
    found = net.predict(X_test)
    recall, precision = recall_score(y_test, found), precision_score(y_test, found)
    print(f"{class_weight}: finds {recall:.0%}, and {precision:.0%} of these are right")
    name = f"class_weight={class_weight!r}"
    PrecisionRecallDisplay.from_estimator(net, X_test, y_test, name=name, ax=ax)
    ax.plot(recall, precision, "o", color=ax.lines[-1].get_color(), ms=9)
ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), frameon=False)

# %%
# The dots are where ``predict`` stands on each curve; AP is the average precision, the
# area below it, and much the same here. Another way to move along one is
# to leave the weights alone and choose the threshold, which
# ``sklearn.model_selection.TunedThresholdClassifierCV`` does by cross-validation.

from sklearn.model_selection import TunedThresholdClassifierCV

net = DenseNetClassifier(epochs=10, random_state=0)
tuned = TunedThresholdClassifierCV(net, scoring="f1", cv=3).fit(X_train, y_train)
found = tuned.predict(X_test)
print(f"threshold {tuned.best_threshold_:.2f}: finds {recall_score(y_test, found):.0%}")

"""
Early stopping
==============

How many epochs are enough? With ``early_stopping=True`` a tenth of the training rows
is held out, training ends once their loss has not fallen for ``patience`` epochs, and
the weights of the best epoch come back.
"""

from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

from sknets import DenseNetClassifier
from sknets.display import TrainingCurvesDisplay

X, y = load_breast_cancer(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

net = DenseNetClassifier(
    64,
    epochs=200,
    learning_rate=0.001,
    learning_rate_schedule="constant",
    early_stopping=True,
    patience=8,
    random_state=0,
)
net.fit(X_train, y_train)
print(f"{net.n_iter_} of 200 epochs; the weights are those of epoch {net.best_epoch_}")
print(f"test accuracy: {net.score(X_test, y_test):.3f}")

# %%
# The dot marks the epoch that was kept.

TrainingCurvesDisplay.from_estimator(net)

# %%
# The default schedule lets the learning rate end at zero after ``epochs``, so that it
# wants to be run to its end; a constant rate, as here, goes well with stopping early.
# :doc:`/user_guide/validation` has rows of your own, groups and other scores.

"""
A first network
===============

Three lines train a network: load, fit, score. The digits that scikit-learn ships are
8 x 8 pixels in 64 columns; nothing has to be scaled, encoded or tuned.
"""

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sknets import DenseNetClassifier

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)

net = DenseNetClassifier(random_state=0).fit(X_train, y_train)
print(f"{net.score(X_test, y_test):.1%} of {len(y_test)} digits are read correctly")

# %%
# It is an ordinary scikit-learn classifier, so scikit-learn's displays know what to do
# with it. Which digits are taken for which others?

from sklearn.metrics import ConfusionMatrixDisplay

ConfusionMatrixDisplay.from_estimator(net, X_test, y_test, colorbar=False)

# %%
# ``summary()`` is the layer table that Keras users know.

net.summary()

"""
Calibration: probabilities that mean what they say
==================================================

Of all rows that are given 80 %, eight in ten should be of that class. A network that
has learnt its rows by heart is much surer than it is right; label smoothing, weight
decay and dropout, which are there by default, mend most of it.
"""

import matplotlib.pyplot as plt
from sklearn.calibration import CalibrationDisplay
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split

from sknets import DenseNetClassifier
from sknets.metrics import expected_calibration_error

X, y = make_classification(
    4000, 20, n_informative=8, flip_y=0.2, class_sep=0.8, random_state=0
)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, train_size=800, random_state=0
)

nets = {
    "the defaults": DenseNetClassifier(random_state=0),
    "nothing against over-fitting": DenseNetClassifier(
        dropout=0.0,
        weight_decay=0.0,
        label_smoothing=0.0,
        learning_rate_schedule="constant",
        random_state=0,
    ),
}
fig, ax = plt.subplots()
for name, net in nets.items():
    net.fit(X_train, y_train)
    proba = net.predict_proba(X_test)
    error = expected_calibration_error(y_test, proba)
    print(f"{name}: accuracy {net.score(X_test, y_test):.3f}, off by {error:.3f}")
    CalibrationDisplay.from_predictions(
        y_test, proba[:, 1], n_bins=10, name=name, ax=ax, ref_line=False
    )
ax.axline((0, 0), slope=1, ls=":", color="gray", label="perfectly calibrated")
ax.legend(loc="upper left")

# %%
# The number behind *off by* is the expected calibration error: the mean distance
# between how sure the network was and how often it was right.

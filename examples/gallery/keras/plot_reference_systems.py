"""
Eleven published programs as one family
=======================================

Small Keras programs that people publish and copy, each as one constructor call. The
points are the test accuracies that sknets reached with the settings of the source, the
crosses what the source reports.
"""

import csv
from pathlib import Path

import matplotlib.pyplot as plt

# The folder of the documentation, where these pages are built.
with open(Path("../../..") / "docs/reference_systems.csv", newline="") as file:
    rows = list(csv.DictReader(file))

fig, ax = plt.subplots(layout="constrained")
for row in (row for row in reversed(rows) if row["Source, %"]):
    name = f"{row['System']}: {row['Network']}"
    low, high = map(float, row["Range"].split(" to "))
    ax.plot([low, high], [name, name], color="tab:blue", lw=4, alpha=0.4)
    (ours,) = ax.plot(float(row["sknets, %"]), name, "o", color="tab:blue")
    (source,) = ax.plot(float(row["Source, %"]), name, "x", color="tab:orange", ms=8)
ax.set_xlabel("test accuracy on MNIST, %")
fig.legend(
    [ours, source],
    ["sknets, mean and range of the seeds", "source"],
    loc="outside upper center",
    ncols=2,
)

# %%
# One of them, with the settings of its source spelled out. What sknets does by itself
# for more accuracy (a learning rate that falls, weight decay, label smoothing) is
# switched off.

from sklearn.datasets import load_digits

from sknets import DenseNetClassifier

d3 = DenseNetClassifier(
    (256, 128, 64),
    dropout=0.0,
    learning_rate=0.001,
    learning_rate_schedule="constant",
    weight_decay=0.0,
    label_smoothing=0.0,
    epochs=10,
    batch_size=128,
    random_state=0,
)
X, y = load_digits(return_X_y=True)  # in the place of MNIST
d3.fit(X[:1200], y[:1200])
d3.summary()

# %%
# :doc:`/reference_systems` has the whole table, and ``examples/`` the programs.

"""
Reference systems: eleven published programs as one family
==========================================================

Small Keras programs that people publish and copy, each as one constructor call. The
points are the test accuracies that sknets reached with the settings of the source, the
crosses what the source reports, if it does.

This page reads a table of the documentation and imports the programs: to run it, clone
the repository and start it in its folder there, ``examples/gallery/keras``.
"""

import csv
from pathlib import Path

import matplotlib.pyplot as plt

with open(Path("../../..") / "docs/reference_systems.csv", newline="") as file:
    rows = list(csv.DictReader(file))

fig, axes = plt.subplots(
    2, 1, figsize=(6.4, 5.6), height_ratios=(9, 4), layout="constrained"
)
reported = [row for row in rows if row["Source, %"]]
for ax, part in zip(axes, (reported, rows[len(reported) :]), strict=True):
    for row in reversed(part):
        name = f"{row['System']}: {row['Network']}"
        low, high = map(float, row["Range"].split(" to "))
        ax.plot([low, high], [name, name], color="tab:blue", lw=4, alpha=0.4)
        (ours,) = ax.plot(float(row["sknets, %"]), name, "o", color="tab:blue")
        if row["Source, %"]:
            (source,) = ax.plot(float(row["Source, %"]), name, "x", color="tab:orange")
axes[1].margins(y=0.15)
axes[1].set_xlabel("test accuracy, %")
fig.legend(
    [ours, source],
    ["sknets, mean and range of the seeds", "source"],
    loc="outside upper center",
    ncols=2,
)

# %%
# ``examples/`` has the programs. Each is one constructor call and differs from the
# others in a few words. C5 has two networks more, for two sets of faces.

import sys

sys.path.append("../..")  # the folder of the programs
from reference_results import SYSTEMS

family = {name: system.module().SYSTEMS[name] for name, system in SYSTEMS.items()}
for name, net in family.items():
    shown = ", ".join(
        f"{word}={value}"
        for word in ("width", "dropout", "dense_width", "epochs", "batch_size")
        if (value := net.get_params().get(word)) not in (None, ())
    )
    print(f"{name}: {type(net).__name__}\n    {shown}")

# %%
# What they have in common is that everything is switched off which sknets does by
# itself for more accuracy: a learning rate that falls, weight decay, label smoothing,
# soft steps, changed images. Only pixels are scaled. One of them in full, on the small
# digits of scikit-learn in the place of MNIST:

from sklearn.datasets import load_digits

X, y = load_digits(return_X_y=True)
d3 = family["D3"].set_params(verbose=0)
print(d3)
d3.fit(X[:1200], y[:1200]).summary()

# %%
# :doc:`/reference_systems` has the whole table.

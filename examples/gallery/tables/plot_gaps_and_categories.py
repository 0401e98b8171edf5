"""
Missing values and categories in a table
========================================

Real tables have words in one column and holes in another. The dense estimators take
them as they are: a category becomes an indicator, a gap the median of its column, with
a note that something was missing. How many holes can a table have?
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.model_selection import cross_val_score

from sknets import DenseNetClassifier

table, progression = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
table["sex"] = np.where(table["sex"] == 1, "f", "m")
y = np.where(progression > progression.median(), "worse", "better")

# %%
# A third of all values is lost, in every column.

rng = np.random.default_rng(0)
print(table.mask(rng.random(table.shape) < 1 / 3).head(4).to_string())

# %%
# More and more of them, and the same network is fitted to what is left.

shares, means, errors = [0.0, 0.2, 0.4, 0.6], [], []
for share in shares:
    with_gaps = table.mask(rng.random(table.shape) < share)
    net = DenseNetClassifier(64, epochs=20, random_state=0)
    scores = cross_val_score(net, with_gaps, y, cv=4)
    means.append(scores.mean())
    errors.append(scores.std() / np.sqrt(len(scores)))

fig, ax = plt.subplots()
ax.errorbar(shares, means, errors, marker="o", capsize=4)
ax.axhline(np.mean(y == "worse"), ls=":", color="gray", label="always the same answer")
ax.set(xlabel="share of values that are missing", ylabel="accuracy of four folds")
ax.legend()

# %%
# What the network takes in the place of a column can be seen, and other treatments
# stand in a pipeline before it: :doc:`/user_guide/tables`.

print(net.fit(with_gaps, y).get_feature_names_out()[-4:])

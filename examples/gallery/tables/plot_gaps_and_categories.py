"""
A table with gaps and categories
================================

Real tables have words in one column and holes in another. scikit-learn's
``ColumnTransformer`` prepares each kind of column, and the network stands at the end of
the same pipeline, so that everything is learnt from training rows alone.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_diabetes
from sklearn.impute import SimpleImputer
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from sknets import DenseNetClassifier

table, progression = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
table["sex"] = np.where(table["sex"] == 1, "f", "m")
y = np.where(progression > progression.median(), "worse", "better")
print(table.head(3))

# %%
# An imputer fills gaps with the median, and adds a column that says where they were:
# that a value was not measured may mean something, too.


def make_model():
    prepare = make_column_transformer(
        (OneHotEncoder(drop="if_binary"), ["sex"]),
        remainder=SimpleImputer(strategy="median", add_indicator=True),
    )
    return make_pipeline(prepare, DenseNetClassifier(64, epochs=30, random_state=0))


# %%
# Now holes are made, more and more of them, and the same pipeline is fitted again.

numbers = table.columns.drop("sex")
shares, means, errors = [0.0, 0.2, 0.5], [], []
rng = np.random.default_rng(0)
for share in shares:
    with_gaps = table.copy()
    holes = rng.random(table[numbers].shape) < share
    with_gaps[numbers] = table[numbers].mask(holes)
    scores = cross_val_score(make_model(), with_gaps, y, cv=4)
    means.append(scores.mean())
    errors.append(scores.std() / np.sqrt(len(scores)))

fig, ax = plt.subplots()
ax.errorbar(shares, means, errors, marker="o", capsize=4)
ax.axhline(np.mean(y == "worse"), ls=":", color="gray", label="always the same answer")
ax.set(xlabel="share of values that are missing", ylabel="accuracy of four folds")
ax.legend()

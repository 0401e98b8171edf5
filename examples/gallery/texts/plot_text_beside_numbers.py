"""
Mixed columns: a text beside numbers
====================================

Which package is a function from? There is its docstring, which is a text, and there are
numbers: how many arguments it has, how many of them with a default, how many that
have to be named. A network for each, and one that listens to both.
"""

import importlib
import inspect

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from sknets import DenseNetClassifier, TextPoolClassifier, TextPoolVectorizer

MODULES = {
    "numpy": ["numpy", "numpy.linalg", "numpy.fft", "numpy.polynomial.polynomial"],
    "standard library": ["os", "shutil", "random", "statistics", "inspect", "ast"],
    "scipy": ["scipy.linalg", "scipy.signal", "scipy.ndimage"],
    "scikit-learn": ["sklearn.metrics", "sklearn.datasets", "sklearn.preprocessing"],
}
rows = []
for package, modules in MODULES.items():
    for module in map(importlib.import_module, modules):
        for _, function in inspect.getmembers(module, inspect.isfunction):
            parameters = inspect.signature(function).parameters.values()
            rows.append(
                {
                    "package": package,
                    "text": (inspect.getdoc(function) or "").partition("\n")[0],
                    "arguments": len(parameters),
                    "defaults": sum(p.default is not p.empty for p in parameters),
                    "keyword only": sum(p.kind is p.KEYWORD_ONLY for p in parameters),
                }
            )
table = pd.DataFrame(rows)
print(table.sample(4, random_state=1).to_string(index=False))

# %%
# ``TextPoolVectorizer`` turns the text into a score for each package, learnt from other
# rows than those it scores, so that the dense network can weigh it against the numbers.

numbers = make_column_transformer(
    ("passthrough", ["arguments", "defaults", "keyword only"])
)
both = make_column_transformer(
    (TextPoolVectorizer(random_state=0), "text"), remainder="passthrough"
)
models = {
    "numbers": make_pipeline(numbers, DenseNetClassifier(32, random_state=0)),
    "text": make_pipeline(
        make_column_transformer(("passthrough", ["text"])),
        TextPoolClassifier(random_state=0),
    ),
    "both": make_pipeline(both, DenseNetClassifier(32, random_state=0)),
}
y = table.pop("package")
fig, ax = plt.subplots(figsize=(6, 2.4), layout="constrained")
for name, model in models.items():
    score = cross_val_score(model, table, y, cv=3).mean()
    bar = ax.barh(name, score, color="tab:blue")
    ax.bar_label(bar, [f"{score:.1%}"], label_type="center", color="white")
ax.axvline(y.value_counts(normalize=True).max(), ls=":", color="gray")
ax.set(xlim=(0, 1), xlabel="accuracy of three folds")

# %%
# The dotted line is what the most frequent package would get.

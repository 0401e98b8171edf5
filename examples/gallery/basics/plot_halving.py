"""
Successive halving: epochs for those that deserve them
======================================================

``HalvingGridSearchCV`` gives all candidates a few epochs, keeps the best third, gives
those three times as many, and so on. The resource can be any parameter that is a
number; ``epochs`` is the natural one of a network.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import HalvingGridSearchCV

from sknets import DenseNetClassifier

X, y = load_digits(return_X_y=True)
grid = {
    "dropout": [0.1, 0.4],
    "width": [16, 64],
    "learning_rate": [0.0003, 0.003, 0.03],
}
search = HalvingGridSearchCV(
    DenseNetClassifier(batch_size=64, random_state=0),
    grid,
    resource="epochs",
    min_resources=2,
    max_resources=18,
    cv=3,
    random_state=0,
).fit(X, y)
print(f"best: {search.best_params_}")
print(f"accuracy {search.best_score_:.3f}")

# %%
# Each line is a candidate, as far as it got.

results = search.cv_results_
fig, ax = plt.subplots()
names = [
    ", ".join(f"{v}" for k, v in params.items() if k != "epochs")
    for params in results["params"]
]
for name in dict.fromkeys(names):
    of_name = np.array([found == name for found in names])
    epochs = [params["epochs"] for params in np.array(results["params"])[of_name]]
    ax.plot(epochs, results["mean_test_score"][of_name], "o-", alpha=0.8)
ax.set(xscale="log", xlabel="epochs", ylabel="accuracy of three folds")
ax.set_xticks(search.n_resources_, [f"{n}" for n in search.n_resources_])
ax.minorticks_off()

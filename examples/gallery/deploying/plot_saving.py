"""
Saving and loading: pickle, joblib, sknets.save
===============================================

A fitted network is arrays and plain values. It pickles like any estimator, and
``sknets.save`` makes files that a crash does not destroy and that run no code when they
are loaded.
"""

import pickle
import tempfile
from pathlib import Path

import joblib
import matplotlib.pyplot as plt
from sklearn.datasets import load_digits

import sknets

X, y = load_digits(return_X_y=True)
folder = Path(tempfile.mkdtemp())
sizes = {}
for width in (16, 64, 256):
    net = sknets.DenseNetClassifier(width, epochs=3, random_state=0).fit(X, y)
    sknets.save(net, folder / "net.sknets")
    joblib.dump(net, folder / "net.joblib", compress=3)
    (folder / "net.pickle").write_bytes(pickle.dumps(net))
    n_parameters = sum(weight.size for weight in net.weights_)
    sizes[n_parameters] = {
        path.suffix: path.stat().st_size / 1000 for path in sorted(folder.iterdir())
    }

# %%
# What comes back predicts the same to the last bit.

loaded = sknets.load(folder / "net.sknets")
assert (loaded.predict_proba(X) == net.predict_proba(X)).all()

fig, ax = plt.subplots()
for suffix in (".sknets", ".pickle", ".joblib"):
    ax.plot(list(sizes), [of[suffix] for of in sizes.values()], "o-", label=suffix)
ax.plot(list(sizes), [n * 4 / 1000 for n in sizes], ":", color="gray", label="4 bytes")
ax.set(xscale="log", yscale="log", xlabel="parameters", ylabel="file, kB")
ax.legend()

# %%
# :doc:`/user_guide/deploying` compares the formats.

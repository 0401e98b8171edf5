"""
Data in chunks: Dask
====================

A network learns from a Dask array chunk by chunk, and what it predicts of one is lazy:
nothing is computed before it is asked for, and then a chunk at a time.
"""

import dask.array as da
import numpy as np

from sknets import DenseNetClassifier

rng = np.random.default_rng(0)
angle = rng.uniform(0.5, 3, 6000) * np.pi
arm = rng.integers(0, 3, 6000)
turned = angle + 2 * np.pi / 3 * arm
points = angle[:, None] * np.column_stack([np.cos(turned), np.sin(turned)])
points += rng.normal(scale=0.5, size=points.shape)

X = da.from_array(points, chunks=(1000, 2))
y = da.from_array(arm, chunks=1000)
net = DenseNetClassifier((64, 64), random_state=0).fit(X, y)

# %%
# A grid of 160,000 points is not made either, but described. Each of its chunks would
# be predicted where it is, on a cluster as well.

side = da.linspace(-11, 11, 400, chunks=100)
grid = da.stack(da.meshgrid(side, side), axis=-1).reshape(-1, 2).rechunk((20_000, 2))
proba = net.predict_proba(grid)
print(type(proba).__name__, proba.shape, "in chunks of", proba.chunksize)

# %%
# Drawing it asks for the numbers. Each arm has a colour, which is the stronger the
# surer the network is.

import matplotlib.pyplot as plt

colours = np.array([[0.12, 0.47, 0.71], [1.0, 0.5, 0.05], [0.17, 0.63, 0.17]])
picture = (proba @ da.from_array(colours)).compute().reshape(400, 400, 3)
fig, ax = plt.subplots(figsize=(5, 5))
ax.imshow(picture, origin="lower", extent=(-11, 11, -11, 11), alpha=0.8)
ax.scatter(*points[::12].T, c=colours[arm[::12]], s=8, edgecolor="white", lw=0.3)
ax.set(xticks=[], yticks=[])

# %%
# :doc:`/user_guide/larger_than_memory` says what else is read in parts, and
# :doc:`/user_guide/searches` how a cluster runs a search.

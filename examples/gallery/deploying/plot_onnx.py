"""
ONNX: predicting elsewhere
==========================

``to_onnx`` writes a file that ONNX Runtime reads in C++, Java, JavaScript and Python,
with the input scaling inside. No TensorFlow is needed where it runs, and no sknets.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import onnxruntime
from sklearn.datasets import load_digits

from sknets import SmallCNNClassifier
from sknets.interop import to_onnx

digits = load_digits()
net = SmallCNNClassifier((8, 16), epochs=5, random_state=0)
net.fit(digits.images[:1500], digits.target[:1500])

path = Path(tempfile.mkdtemp()) / "net.onnx"
graph = to_onnx(net, path)
print(f"{path.stat().st_size / 1000:.0f} kB,", len(graph.graph.node), "operations")

# %%
# The file takes images with channels, in float32, and gives the columns of
# ``predict_proba``.

X_test = digits.images[1500:]
session = onnxruntime.InferenceSession(str(path))
[proba] = session.run(None, {"X": X_test[..., None].astype(np.float32)})
difference = np.abs(proba - net.predict_proba(X_test))
print(f"largest difference of a probability: {difference.max():.1e}")

# %%
# The two side by side, for all ten classes of 297 digits.

fig, ax = plt.subplots()
ax.plot(net.predict_proba(X_test).ravel(), proba.ravel(), ".", alpha=0.4)
ax.axline((0, 0), slope=1, color="gray", ls=":")
ax.set(xlabel="probability in sknets", ylabel="in ONNX Runtime", aspect="equal")

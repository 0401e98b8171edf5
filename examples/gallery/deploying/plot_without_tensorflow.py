"""
Predicting without TensorFlow
=============================

A machine that only predicts does not need TensorFlow, and a process that only predicts
does not import it. How long until a fresh process has its first answer?
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import joblib
import matplotlib.pyplot as plt
from sklearn.datasets import load_digits
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sknets import SmallCNNClassifier

digits = load_digits()
pipeline = make_pipeline(
    FunctionTransformer(), SmallCNNClassifier((8, 16), epochs=5, random_state=0)
)
pipeline.fit(digits.images, digits.target)
folder = Path(tempfile.mkdtemp())
joblib.dump(pipeline, folder / "net.joblib")
print(f"the file has {(folder / 'net.joblib').stat().st_size / 1000:.0f} kB")

# %%
# A process of its own loads the file and answers. At its end, TensorFlow is not among
# its modules.

CODE = """
import sys, time
start = time.perf_counter()
import numpy as np, joblib
net = joblib.load(sys.argv[1])
loaded = time.perf_counter()
net.predict(np.zeros((1, 8, 8)))
first = time.perf_counter()
for _ in range(20):
    net.predict(np.zeros((1, 8, 8)))
later = time.perf_counter()
print("tensorflow" in sys.modules, loaded - start, first - loaded, (later - first) / 20)
"""
done = subprocess.run(
    [sys.executable, "-c", CODE, folder / "net.joblib"],
    check=True,
    capture_output=True,
    text=True,
)
imported, *seconds = done.stdout.split()
print(f"TensorFlow imported: {imported}")

# %%
# Nearly all of the time is Python reading modules, which a service does once.

fig, ax = plt.subplots(figsize=(6, 2.4), layout="constrained")
steps = ["import and load", "first prediction", "each later one"]
milliseconds = [1000 * float(value) for value in seconds]
bars = ax.barh(steps, milliseconds)
ax.bar_label(bars, [f"{value:.1f} ms" for value in milliseconds], padding=4)
ax.invert_yaxis()
ax.set(xscale="log", xlabel="milliseconds")
ax.set_xlim(right=30 * max(milliseconds))

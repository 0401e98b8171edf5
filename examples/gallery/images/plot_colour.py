"""
Colour images: photographs in pieces
====================================

scikit-learn ships two photographs, of a Chinese temple and of a flower. Cut into small
squares, can a network say which picture a piece is from? And can it, where the colours
are taken away?
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_sample_images
from sklearn.model_selection import train_test_split

from sknets import SmallCNNClassifier
from sknets.display import ImageGridDisplay

SIZE = 16
pieces, labels = [], []
for name, photo in zip(("temple", "flower"), load_sample_images().images, strict=True):
    height, width = (side // SIZE * SIZE for side in photo.shape[:2])
    rows = photo[:height, :width].reshape(height // SIZE, SIZE, width // SIZE, SIZE, 3)
    pieces.append(rows.swapaxes(1, 2).reshape(-1, SIZE, SIZE, 3))
    labels += [name] * len(pieces[-1])
X, y = np.concatenate(pieces), np.array(labels)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, train_size=600, stratify=y, random_state=0
)
ImageGridDisplay.from_samples(X_train, y_train, n_images=18, n_cols=9)

# %%
# The same network with colours, with their mean, and with little windows of 8 x 8.


def fit(name, change):
    net = SmallCNNClassifier((16, 32), epochs=6, random_state=0)
    net.fit(change(X_train), y_train)
    return name, net.score(change(X_test), y_test)


scores = dict(
    [
        fit("colour", lambda X: X),
        fit("grey", lambda X: X.mean(axis=-1)),
        fit("grey, 8 x 8", lambda X: X[:, 4:12, 4:12].mean(axis=-1)),
    ]
)
fig, ax = plt.subplots(figsize=(6, 2.2), layout="constrained")
bars = ax.barh(list(scores), list(scores.values()))
ax.bar_label(bars, fmt="{:.1%}", label_type="center", color="white")
ax.set(xlim=(0.5, 1), xlabel="accuracy on pieces not trained on")

"""
Filters, feature maps, saliency: what the network sees
======================================================

A convolution looks for small patterns everywhere. The patterns are its filters; what it
makes of an image are the feature maps; and the gradient of the score says which pixels
the answer hangs on.
"""

import matplotlib.pyplot as plt
from sklearn.datasets import load_digits

from sknets import SmallCNNClassifier
from sknets.display import FeatureMapsDisplay, FiltersDisplay, SaliencyDisplay

digits = load_digits()
net = SmallCNNClassifier((16, 32), epochs=8, random_state=0)
net.fit(digits.images[10:], digits.target[10:])

fig, axes = plt.subplots(1, 2, figsize=(8, 3.2), layout="compressed")
FiltersDisplay.from_estimator(net, n_cols=4, ax=axes[0])
FeatureMapsDisplay.from_estimator(net, digits.images[3], n_cols=4, ax=axes[1])
axes[0].set_title("16 filters of 3 x 3 pixels")
axes[1].set_title("what they find in a three")

# %%
# Which pixels would change the answer most?

SaliencyDisplay.from_estimator(net, digits.images[3])

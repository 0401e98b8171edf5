"""
Image regression: a number from an image
========================================

By how much was this letter turned? ``SmallCNNRegressor`` learns the angle, of letters
turned at random.
"""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sknets import SmallCNNRegressor

FONT = ImageFont.truetype(mpl.get_data_path() + "/fonts/ttf/DejaVuSans-Bold.ttf", 40)
rng = np.random.default_rng(0)


def turned(letter, angle):
    image = Image.new("L", (64, 64))
    ImageDraw.Draw(image).text((32, 32), letter, 255, FONT, anchor="mm")
    image = image.rotate(angle, Image.Resampling.BICUBIC)
    return np.asarray(image.resize((16, 16), Image.Resampling.BOX))


angles = rng.uniform(-60, 60, 1200)
X = np.array([turned(rng.choice(list("AEFGKR")), angle) for angle in angles])
net = SmallCNNRegressor((16, 32), augment=None, epochs=15, random_state=0)
net.fit(X[:900], angles[:900])
predicted = net.predict(X[900:])
print(f"off by {np.abs(predicted - angles[900:]).mean():.1f} degrees on average")

fig, axes = plt.subplots(1, 2, figsize=(8, 3.6), layout="constrained")
axes[0].plot(angles[900:], predicted, ".")
axes[0].axline((0, 0), slope=1, color="gray", ls=":")
axes[0].set(xlabel="turned by", ylabel="predicted", aspect="equal")
axes[1].imshow(np.hstack(X[900:904]), cmap="gray")
axes[1].set_xticks(8 + 16 * np.arange(4), [f"{angle:.0f}°" for angle in predicted[:4]])
axes[1].set(yticks=(), xlabel="predicted")

# %%
# ``augment`` is switched off. By default a regressor shifts images and bends them a
# little, which does not help here. It never turns them: turned images with the same
# number would teach the network the contrary of what it is to learn.

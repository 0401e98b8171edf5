"""
An image classifier in five minutes
===================================

The letters A to Z, drawn in fonts that matplotlib ships. The network learns to read
from most of them, and is then given a font that it has never seen.
"""

import matplotlib as mpl
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sknets import SmallCNNClassifier
from sknets.display import ImageGridDisplay

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FONTS = [
    "DejaVuSans",
    "DejaVuSans-Bold",
    "DejaVuSansMono",
    "DejaVuSerif-Bold",
    "DejaVuSerif-Italic",
    "STIXGeneralBol",
    "STIXGeneralItalic",
    "cmr10",
    "cmss10",
    "cmti10",
]
FOLDER = mpl.get_data_path() + "/fonts/ttf/"


def draw(letter, font, size):
    """A letter as 20 x 20 bytes, white on black."""
    image = Image.new("L", (20, 20))
    font = ImageFont.truetype(f"{FOLDER}{font}.ttf", size)
    ImageDraw.Draw(image).text((10, 10), letter, 255, font, anchor="mm")
    return np.asarray(image)


def alphabet(font):
    sizes = (12, 14, 16)
    images = [draw(letter, font, size) for letter in LETTERS for size in sizes]
    return np.array(images), np.repeat(list(LETTERS), len(sizes))


X, y = map(np.concatenate, zip(*map(alphabet, FONTS), strict=True))
X_test, y_test = alphabet("DejaVuSerif")
print(X.shape, X.dtype, y[:4])

# %%
# Arrays of images go in as they are, bytes or floats, and labels as they are.

net = SmallCNNClassifier((16, 32), epochs=12, random_state=0).fit(X, y)
print(f"{net.score(X_test, y_test):.1%} of the letters of a new font")

ImageGridDisplay.from_estimator(net, X_test, y_test, n_images=24, n_cols=8)

# %%
# Few images go far because ``fit`` shows them changed a little in each epoch: see
# :ref:`sphx_glr_gallery_images_plot_changed_images.py`.

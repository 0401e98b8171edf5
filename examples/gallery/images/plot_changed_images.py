"""
Data augmentation: few images go far
====================================

A letter that is moved or turned a little is the same letter. With ``augment``, which is
mild by default, each epoch sees other versions of the training images, so that few of
them teach more. Here the training letters come from two to eight fonts, all of one size
and in the middle of the image; those to be read are of other fonts and sizes, and most
of them a pixel off the middle.
"""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sknets import SmallCNNClassifier
from sknets.display import ImageGridDisplay

LETTERS = list("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
FONTS = [
    "DejaVuSans",
    "DejaVuSerif-Bold",
    "STIXGeneralItalic",
    "cmss10",
    "DejaVuSansMono-Bold",
    "cmti10",
    "STIXGeneral",
    "DejaVuSans-BoldOblique",
]
OTHERS = ["DejaVuSerif", "cmtt10", "STIXGeneralBol", "DejaVuSans-Oblique"]
FOLDER = mpl.get_data_path() + "/fonts/ttf/"


def alphabet(font, size=14, x=10, y=10):
    """26 letters, each 20 x 20 bytes, with their middle at (x, y)."""
    font = ImageFont.truetype(f"{FOLDER}{font}.ttf", size)
    images = [Image.new("L", (20, 20)) for _ in LETTERS]
    for image, letter in zip(images, LETTERS, strict=True):
        ImageDraw.Draw(image).text((x, y), letter, 255, font, anchor="mm")
    return np.array([np.asarray(image) for image in images])


rng = np.random.default_rng(0)
X_test = np.concatenate(
    [
        alphabet(font, rng.integers(12, 17), *rng.integers(9, 12, 2))
        for font in 3 * OTHERS
    ]
)
y_test = np.tile(LETTERS, 3 * len(OTHERS))

fig, ax = plt.subplots()
for augment in (None, "auto"):
    scores = {}
    for n_fonts in (2, 4, 8):
        X = np.concatenate([alphabet(font) for font in FONTS[:n_fonts]])
        net = SmallCNNClassifier((16, 32), augment=augment, epochs=40, random_state=0)
        net.fit(X, np.tile(LETTERS, n_fonts))
        scores[n_fonts] = net.score(X_test, y_test)
    print(f"augment={augment!r}:", *(f"{score:.2f}" for score in scores.values()))
    ax.plot(scores.keys(), scores.values(), "o-", label=f"augment={augment!r}")
ax.set(xlabel="fonts to learn from", ylabel="letters of other fonts that are read")
ax.set_ylim(0, 1)
ax.legend(loc="lower right")

# %%
# With changed images, two fonts teach more than eight without.
#
# The last network, of eight fonts and changed images, reads sixteen letters like this.
# They are drawn by lot from all that the curve counts.

some = rng.choice(len(X_test), 16, replace=False)
ImageGridDisplay.from_estimator(net, X_test[some], y_test[some], n_images=16, n_cols=8)

# %%
# :doc:`/user_guide/recipe_images` lists the changes that there are (flips, zoom,
# elastic waves, light, erasing) and what they were worth on larger data.

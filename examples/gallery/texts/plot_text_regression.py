"""
Text regression: how many stars?
================================

``TextPoolRegressor`` reads a text and gives a number. These reviews were made up by a
program in which each adjective is worth something; nobody tells the network what. It
finds out from the reviews and their stars.
"""

import matplotlib.pyplot as plt
import numpy as np

from sknets import TextPoolRegressor

WORTH = {
    "awful": -2.0,
    "dull": -1.2,
    "lazy": -0.8,
    "slow": -0.4,
    "long": -0.1,
    "quiet": 0.1,
    "clever": 0.6,
    "warm": 0.8,
    "moving": 1.3,
    "superb": 2.0,
}
PARTS = ["story", "cast", "music", "ending", "camera"]
rng = np.random.default_rng(0)


def review():
    words = rng.choice(list(WORTH), 3, replace=False)
    parts = rng.choice(PARTS, 3, replace=False)
    sentences = [f"the {a} is {b}" for a, b in zip(parts, words, strict=True)]
    stars = 3 + sum(WORTH[word] for word in words) / 3 + rng.normal(0, 0.2)
    return ", ".join(sentences), stars


texts, stars = zip(*[review() for _ in range(800)], strict=True)
net = TextPoolRegressor(analyzer="word", ngram_range=(1, 1), random_state=0)
net.fit(texts[:600], stars[:600])
print(f"{texts[0]}: {stars[0]:.1f} stars, predicted {net.predict(texts[:1])[0]:.1f}")
print(f"R2 on 200 other reviews: {net.score(texts[600:], stars[600:]):.3f}")

# %%
# What each word is worth to the network, beside what it is worth to the program.

explained = net.explain(" ".join(WORTH))
found = dict(zip(explained.ngrams, np.ravel(explained.contributions), strict=True))
fig, ax = plt.subplots()
for word, worth in WORTH.items():
    ax.plot(worth, found[word], "o", color="tab:blue")
    ax.annotate(word, (worth, found[word]), (6, -4), textcoords="offset points")
ax.set(xlabel="worth to the program", ylabel="contribution in the network")
ax.margins(x=0.15)

"""
Online learning from a stream of texts
======================================

More text than fits into memory, or that is not there yet: with ``n_features`` the
n-grams are hashed, so that nothing has to be known beforehand, and ``partial_fit``
learns from one portion after another.
"""

import matplotlib.pyplot as plt
import numpy as np
from babel import Locale

from sknets import TextPoolClassifier

LANGUAGES = "da de en es fi fr hu it nl pl".split()
names = {}
for code in LANGUAGES:
    for name in {**Locale(code).territories, **Locale(code).languages}.values():
        names[name] = code if name not in names else None
names = [(name, code) for name, code in names.items() if code]  # of one language alone
order = np.random.default_rng(0).permutation(len(names))
texts, labels = zip(*[names[row] for row in order], strict=True)
texts, X_test = texts[:-1500], texts[-1500:]
labels, y_test = labels[:-1500], labels[-1500:]

# %%
# A stream cannot be looked at beforehand, so that it is said here that parts of words
# are to be read. The first portion says which classes there will be. Each portion is
# first predicted and then learnt from, so that the thin line is honest as well.

net = TextPoolClassifier(
    analyzer="char_wb", ngram_range=(1, 4), n_features=2**16, random_state=0
)
seen, ahead, held_out = [], [], []
for start in range(0, len(texts), 250):
    X, y = texts[start : start + 250], labels[start : start + 250]
    if start:
        ahead.append(net.score(X, y))
    net.partial_fit(X, y, classes=LANGUAGES)
    seen.append(start + len(X))
    held_out.append(net.score(X_test, y_test))

fig, ax = plt.subplots()
ax.plot(seen[:-1], ahead, ".-", alpha=0.6, label="the portion that comes next")
ax.plot(seen, held_out, lw=2, label="1,500 names at the side")
ax.set(xlabel="names seen", ylabel="language is right")
ax.legend(loc="lower right")

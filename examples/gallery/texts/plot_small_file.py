"""
A small text model, of a few kilobytes
======================================

``compress_to`` keeps only so many n-grams, those that contribute most, with a byte for
each of their values. How small can a model be that knows fifteen languages?
"""

import pickle

import matplotlib.pyplot as plt
from babel import Locale
from sklearn.model_selection import train_test_split

from sknets import TextPoolClassifier

LANGUAGES = "cs da de en es fi fr hu it nl pl pt ro sv tr".split()
languages = {}
for code in LANGUAGES:
    for name in sorted({*Locale(code).languages.values()}):
        languages.setdefault(name, []).append(code)
texts = [name for name, found in languages.items() if len(found) == 1]
labels = [languages[name][0] for name in texts]
X_train, X_test, y_train, y_test = train_test_split(
    texts, labels, stratify=labels, random_state=0
)

sizes, scores, kept = [], [], (300, 1000, 3000, 10000, None)
for compress_to in kept:
    net = TextPoolClassifier(compress_to=compress_to, random_state=0)
    net.fit(X_train, y_train)
    sizes.append(len(pickle.dumps(net)) / 1000)
    scores.append(net.score(X_test, y_test))
    print(f"{compress_to}: {sizes[-1]:.0f} kB, accuracy {scores[-1]:.3f}")

fig, ax = plt.subplots()
ax.plot(sizes, scores, "o-")
for size, score, n in zip(sizes, scores, kept, strict=True):
    ax.annotate(f"{n or 'all'}", (size, score), (4, -12), textcoords="offset points")
ax.set(xscale="log", xlabel="pickle, kB", ylabel="accuracy")

"""
Text classification from raw strings, and why
=============================================

Which language is it? Strings go in as they are; ``explain`` says what each piece of a
text counts for and against. The texts are names of countries and languages, from the
locale data of Babel.
"""

import matplotlib.pyplot as plt
import numpy as np
from babel import Locale
from sklearn.model_selection import train_test_split

from sknets import TextPoolClassifier

LANGUAGES = "cs da de en es fi fr hu it nl pl pt ro sv tr".split()
languages = {}
for code in LANGUAGES:
    locale = Locale(code)
    for name in {*locale.territories.values(), *locale.languages.values()}:
        languages.setdefault(name, []).append(locale.english_name)

# A name that several languages share, such as "Angola", says nothing.
texts = sorted(name for name, found in languages.items() if len(found) == 1)
labels = [languages[name][0] for name in texts]
X_train, X_test, y_train, y_test = train_test_split(
    texts, labels, stratify=labels, random_state=0
)
print(len(texts), "names, such as", X_train[:3])

# %%
# Nothing is split into words or numbered beforehand. Short texts are read in parts of
# words, too.

net = TextPoolClassifier(random_state=0).fit(X_train, y_train)
print(f"{net.score(X_test, y_test):.1%} of {len(X_test)} names")
for text in ("Neuseeland", "Nueva Zelanda", "Nouvelle-Zélande", "Új-Zéland"):
    print(f"{text}: {net.predict([text])[0]}")

# %%
# Why does it take a word that it has never seen (Wonderland) for Hungarian? The
# contributions of the parts and the bias add up to its score.

explained = net.explain("Csodaország")
contributions = explained.contributions[:, list(net.classes_).index("Hungarian")]
order = np.argsort(contributions)[-12:]
fig, ax = plt.subplots(layout="constrained")
names = [explained.ngrams[row].removeprefix("char_wb__") for row in order]
ax.barh([f"“{name}”" for name in names], contributions[order])
ax.set_xlabel("in favour of Hungarian")

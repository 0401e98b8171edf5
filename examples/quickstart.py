"""Fit all three classifiers on data that needs no download.

Tables and images are the handwritten digits that scikit-learn ships; texts are the
docstrings of installed packages, to be told apart by package.
"""

import importlib
import inspect

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline

from sknets import (
    DenseNetClassifier,
    ImageReshaper,
    SmallCNNClassifier,
    TextPoolClassifier,
)

MODULES = {
    "numpy": ["numpy", "numpy.linalg", "numpy.random", "numpy.polynomial.polynomial"],
    "scipy": ["scipy.optimize", "scipy.signal", "scipy.stats", "scipy.ndimage"],
    "scikit-learn": ["sklearn.metrics", "sklearn.datasets", "sklearn.preprocessing"],
    "standard library": ["logging", "os", "shutil", "random", "statistics", "inspect"],
}


def load_docstrings():
    """Paragraphs of docstrings, and the package that each is from."""
    texts, packages = [], []
    for package, modules in MODULES.items():
        found = set()
        for module in map(importlib.import_module, modules):
            for _, member in inspect.getmembers(module, callable):
                found.update((inspect.getdoc(member) or "").split("\n\n"))
        found = sorted(text for text in found if len(text) > 60)[:1000]
        texts += found
        packages += [package] * len(found)
    return texts, np.array(packages)


def main():
    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, stratify=y, random_state=0
    )

    print("== A search over dropout and width, dense network, 8 x 8 digits")
    search = GridSearchCV(
        DenseNetClassifier(epochs=20, random_state=0),
        {"dropout": [0.1, 0.3], "width": [64, (128, 64)]},
        cv=3,
    ).fit(X_train, y_train)
    print(f"best: {search.best_params_}")
    print(f"test accuracy: {search.score(X_test, y_test):.3f}\n")

    print("== A pipeline with a convolutional network, the same digits as images")
    pipeline = make_pipeline(
        ImageReshaper(), SmallCNNClassifier(epochs=10, random_state=0, verbose=1)
    ).fit(X_train, y_train)
    pipeline[-1].summary()
    print(f"test accuracy: {pipeline.score(X_test, y_test):.3f}\n")

    print("== Raw texts: which package is this docstring from?")
    texts, packages = load_docstrings()
    texts_train, texts_test, p_train, p_test = train_test_split(
        texts, packages, stratify=packages, random_state=0
    )
    net = TextPoolClassifier(random_state=0, verbose=1)
    net.fit(texts_train, p_train)
    print(f"test accuracy: {net.score(texts_test, p_test):.3f} of {len(p_test)} texts")


if __name__ == "__main__":
    main()

"""TextPoolClassifier beside linear peers on corpora of topics and questions.

Run as ``python text_topics.py FOLDER``, where FOLDER has a file ``NAME.train.tsv`` and
a file ``NAME.test.tsv`` for each corpus: a label, a tab and a text in each line. Prints
the accuracies on the test texts in per cent, and the logarithmic loss where there are
probabilities. The user guide has them of these corpora:

- TREC, questions with 6 and 50 classes (Li and Roth, COLING 2002);
- banking77, queries of customers (Casanueva et al., NLP4ConvAI 2020);
- CLINC150, queries by their 10 domains (Larson et al., EMNLP 2019);
- R8 of Reuters-21578 and the 23 classes of Ohsumed (as in Yao et al., AAAI 2019);
- 20 newsgroups by date, without headers, footers and quotes;
- titles of Stack Overflow with 20 tags (Xu et al., 2015), every third to test;
- one-sentence reviews (SST-2; MR), customer reviews (CR), opinions (MPQA), as Kim has
  them (EMNLP 2014), every third to test where there is no test part;
- Chinese reviews of hotels and of meals, every third to test.

Peers are LinearSVC and logistic regression (``C=10``) behind tf-idf of words and pairs,
in Chinese of one to three characters, and, where it is installed, fastText with
bigrams (50 epochs, 50 dimensions, learning rate 1).
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from sknets import TextPoolClassifier


class FastText(ClassifierMixin, BaseEstimator):
    """fastText behind `fit` and `predict`."""

    def fit(self, X: list[str], y: np.ndarray) -> FastText:
        import fasttext

        self.classes_, codes = np.unique(y, return_inverse=True)
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            for text, code in zip(X, codes, strict=True):
                print(f"__label__{code} {' '.join(text.lower().split())}", file=file)
            file.flush()
            self.model_ = fasttext.train_supervised(
                file.name, wordNgrams=2, dim=50, epoch=50, lr=1.0, thread=2,
                bucket=200_000, verbose=0,
            )  # fmt: skip
        return self

    def predict(self, X: list[str]) -> np.ndarray:
        lines = [" ".join(text.lower().split()) + "\n" for text in X]
        # `predict` of the package fails with NumPy 2.
        found = self.model_.f.multilinePredict(lines, 1, 0.0, "strict")[0]
        codes = [int(labels[0][9:]) if labels else 0 for labels in found]
        return self.classes_[codes]


def classifiers(*, unspaced: bool) -> Iterator[tuple[str, Any]]:
    words: dict[str, Any] = {"ngram_range": (1, 2)}
    if unspaced:
        words = {"analyzer": "char", "ngram_range": (1, 3)}
    yield "TextPoolClassifier()", TextPoolClassifier(random_state=0)
    yield "LinearSVC", make_pipeline(TfidfVectorizer(**words), LinearSVC())
    logistic = LogisticRegression(C=10, max_iter=1000)
    yield "LogisticRegression", make_pipeline(TfidfVectorizer(**words), logistic)
    if find_spec("fasttext") and not unspaced:
        yield "fastText", FastText()


def read(path: Path) -> tuple[list[str], np.ndarray]:
    with path.open(encoding="utf-8", newline="\n") as lines:
        pairs = [line.rstrip("\n").split("\t", 1) for line in lines]
    return [text for _, text in pairs], np.array([label for label, _ in pairs])


def main() -> None:
    warnings.simplefilter("ignore", ConvergenceWarning)
    for path in sorted(Path(sys.argv[1]).glob("*.train.tsv")):
        name = path.name.removesuffix(".train.tsv")
        X, y = read(path)
        classes = np.unique(y)
        X_test, y_test = read(path.with_name(f"{name}.test.tsv"))
        for peer, model in classifiers(unspaced="chinese" in name):
            try:
                model.fit(X, y)
            except RuntimeError as error:  # fastText diverges now and then
                print(f"{name:24} {peer:22} {error}", flush=True)
                continue
            accuracy = 100 * np.mean(model.predict(X_test) == y_test)
            line = f"{name:24} {peer:22} {accuracy:6.2f}"
            if hasattr(model, "predict_proba"):
                loss = log_loss(y_test, model.predict_proba(X_test), labels=classes)
                line += f" {loss:7.3f}"
            print(line, flush=True)


if __name__ == "__main__":
    main()

"""Raw text to test accuracy: sknets and its peers on movie reviews, side by side.

Run from a checkout with ``pip install -e ".[benchmarks]"``::

    python tests/benchmarks/text.py --data FOLDER

See docs/benchmarks.rst for what each row measures.
"""

from __future__ import annotations

import argparse
import functools
import lzma
import os
import pickle
import re
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any

import numpy as np
import timing
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from timing import Row

from sknets import TextPoolClassifier

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

Options = argparse.Namespace
SEEDS = range(3)
# The table says what share of the reviews it was kept to.
KEPT_NGRAMS = 150_000


@dataclass
class Reviews:
    """Texts and labels, to train on and to test on."""

    train: list[str]
    y_train: np.ndarray
    test: list[str]
    y_test: np.ndarray


@dataclass
class Measured:
    """Seconds of `fit` and of `predict` on the test texts, and test accuracy."""

    fit: float
    predict: float
    accuracy: float
    fitted: Any = None


@functools.cache
def load(folder: str | None, trial: bool) -> Reviews:
    if folder is None:
        raise SystemExit("--data (or SKNETS_DATA) must name a folder with the reviews.")
    parts: list[Any] = []
    for name in ("imdb_train.tsv.xz", "imdb_test.tsv.xz"):
        with lzma.open(Path(folder) / name, "rt", encoding="utf-8", newline="\n") as f:
            lines = [line.rstrip("\n").split("\t", 1) for line in f]
        lines = lines[:: 25 if trial else 1]
        parts += [[text for _, text in lines], np.array([int(y) for y, _ in lines])]
    return Reviews(*parts)


def measured(model: Any, reviews: Reviews) -> Measured:
    """Fit and predict with anything that has scikit-learn's methods."""
    start = time.perf_counter()
    model.fit(reviews.train, reviews.y_train)
    fitted = time.perf_counter()
    predicted = model.predict(reviews.test)
    end = time.perf_counter()
    accuracy = float((predicted == reviews.y_test).mean())
    return Measured(fitted - start, end - fitted, accuracy, model)


# --- Peers ---------------------------------------------------------------------------


class FastText:
    """fastText with the text preparation that its tutorial has."""

    def __init__(self, **settings: Any) -> None:
        self.settings = {"thread": os.cpu_count(), "verbose": 0, **settings}

    @staticmethod
    def prepared(text: str) -> str:
        return " ".join(re.findall(r"\w+", text.lower()))

    def fit(self, X: list[str], y: np.ndarray) -> None:
        import fasttext

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "train.txt"
            # It does not shuffle, and learns nothing from one class after the other.
            order = np.random.default_rng(0).permutation(len(X))
            lines = (f"__label__{y[i]} {self.prepared(X[i])}\n" for i in order)
            path.write_text("".join(lines), encoding="utf-8")
            self.model = fasttext.train_supervised(str(path), **self.settings)

    def predict(self, X: list[str]) -> np.ndarray:
        labels, _ = self.model.predict([self.prepared(text) for text in X])
        return np.array([int(label.removeprefix("__label__")) for (label,) in labels])


class KerasT1:
    """TextVectorization, Embedding, GlobalAveragePooling1D, one sigmoid unit."""

    def __init__(self, width: int, epochs: int, max_tokens: int, length: int) -> None:
        self.width, self.epochs = width, epochs
        self.max_tokens, self.length = max_tokens, length

    def fit(self, X: list[str], y: np.ndarray) -> None:
        import keras
        import tensorflow as tf

        self.read = keras.layers.TextVectorization(
            max_tokens=self.max_tokens, output_sequence_length=self.length
        )
        self.read.adapt(tf.data.Dataset.from_tensor_slices(X).batch(512))
        self.model = keras.Sequential(
            [
                keras.layers.Embedding(self.max_tokens, self.width, mask_zero=True),
                keras.layers.GlobalAveragePooling1D(),
                keras.layers.Dense(1, activation="sigmoid"),
            ]
        )
        self.model.compile("adam", "binary_crossentropy")
        numbers = self.read(tf.constant(X)).numpy()
        self.model.fit(numbers, y, batch_size=32, epochs=self.epochs, verbose=0)

    def predict(self, X: list[str]) -> np.ndarray:
        import tensorflow as tf

        numbers = self.read(tf.constant(X)).numpy()
        return (self.model.predict(numbers, batch_size=512, verbose=0)[:, 0] > 0.5) * 1


# --- Rows ----------------------------------------------------------------------------


def side_by_side(
    reviews: Reviews, runs: int, work: dict[str, Callable[[], Any]]
) -> dict[str, Measured]:
    """Medians over runs that take turns; None of a peer that is not installed."""
    turns = timing.alternate(
        {
            name: lambda make=make: measured(make(), reviews)
            for name, make in work.items()
        },
        runs,
    )
    return {
        name: Measured(
            median(result.fit for _, result in done),
            median(result.predict for _, result in done),
            mean(result.accuracy for _, result in done),
        )
        for name, done in turns.items()
    }


def t1(random_state: int = 0) -> TextPoolClassifier:
    return TextPoolClassifier(16, ngram_range=(1, 1), random_state=random_state)


def unigram_rows(options: Options) -> list[Row]:
    reviews = load(options.data, options.trial)
    done = side_by_side(
        reviews,
        options.runs,
        {"sknets": t1, "fastText": lambda: FastText(dim=100, epoch=5)},
    )
    ours, theirs = done["sknets"], done["fastText"]
    note = f"accuracy {ours.accuracy:.2%} / {theirs.accuracy:.2%}"
    return [
        Row("T1, fit", "fastText, 1-grams, dim 100, 5 epochs", ours.fit, theirs.fit,
            bar=1.0, aim=0.5, note=note),
    ]  # fmt: skip


def keras_rows(options: Options) -> list[Row]:
    reviews = load(options.data, options.trial)
    # As the Keras tutorial of this data has it.
    peer = functools.partial(KerasT1, 16, 10, max_tokens=10_000, length=250)
    peer()  # the import of TensorFlow is outside the clock
    import tensorflow  # noqa: F401

    done = side_by_side(reviews, 1, {"sknets": t1, "Keras": peer})
    ours, theirs = done["sknets"], done["Keras"]
    note = f"accuracy {ours.accuracy:.2%} / {theirs.accuracy:.2%}"
    return [
        Row("T1, fit", "the same in Keras, 10 epochs, batch 32", ours.fit, theirs.fit,
            bar=0.15, aim=0.08, note=note),
    ]  # fmt: skip


def default_rows(options: Options) -> list[Row]:
    reviews = load(options.data, options.trial)
    done = side_by_side(
        reviews,
        options.runs,
        {
            "sknets": lambda: TextPoolClassifier(random_state=0),
            "tf-idf": lambda: make_pipeline(
                TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression()
            ),
            "fastText": lambda: FastText(dim=16, epoch=10, lr=0.5, wordNgrams=2),
        },
    )
    ours, tfidf, fasttext = done["sknets"], done["tf-idf"], done["fastText"]
    note = f"accuracy {ours.accuracy:.2%}"
    return [
        Row("default, fit", "tf-idf 1-2-grams, logistic regression",
            ours.fit, tfidf.fit, bar=1.0, aim=0.4,
            note=f"{note} / {tfidf.accuracy:.2%}"),
        Row("default, fit", "fastText, 1-2-grams, dim 16, 10 epochs",
            ours.fit, fasttext.fit, note=f"{note} / {fasttext.accuracy:.2%}"),
        Row("default, predict", "fastText, 1-2-grams",
            ours.predict, fasttext.predict, bar=1.2, aim=0.7,
            note=f"{len(reviews.test):,} texts"),
    ]  # fmt: skip


def accuracy_rows(options: Options) -> list[Row]:
    """Test accuracies over three seeds, in per cent."""
    reviews = load(options.data, options.trial)
    rows = []
    settings = {
        "T1, accuracy": (t1, 88.5),
        "default, accuracy": (lambda seed: TextPoolClassifier(random_state=seed), 91.2),
    }
    for name, (make, bar) in settings.items():
        scores = [100 * measured(make(seed), reviews).accuracy for seed in SEEDS]
        note = f"mean of {len(scores)} seeds, {min(scores):.2f} to {max(scores):.2f}"
        rows.append(
            Row(name, "what is asked for", mean(scores), bar, unit="%", note=note)
        )
    return rows


def small_rows(options: Options) -> list[Row]:
    """Size and accuracy of the compressed network, against the whole one."""
    reviews = load(options.data, options.trial)
    rows = []
    whole = measured(TextPoolClassifier(random_state=0), reviews)
    for kept in (50_000, KEPT_NGRAMS):
        model = TextPoolClassifier(random_state=0, compress_to=kept)
        done = measured(model, reviews)
        sizes = (len(pickle.dumps(one.fitted)) / 1e6 for one in (done, whole))
        note = f"accuracy {done.accuracy:.2%} / {whole.accuracy:.2%}"
        rows.append(
            Row(f"compress_to={kept:,}", "not compressed", *sizes, unit="MB", note=note)
        )
    return rows


def one_row(options: Options) -> list[Row]:
    reviews = load(options.data, options.trial)
    ours = measured(TextPoolClassifier(random_state=0), reviews).fitted
    peer = FastText(dim=16, epoch=1, wordNgrams=2)
    peer.fit(reviews.train, reviews.y_train)
    texts = reviews.test[:300]
    seconds = timing.median_seconds(
        {
            name: lambda model=model: [model.predict([text]) for text in texts]
            for name, model in {"sknets": ours, "fastText": peer}.items()
        },
        options.runs,
    )
    own, theirs = (1e3 * seconds[name] / len(texts) for name in ("sknets", "fastText"))
    return [Row("default, predict one text", "fastText", own, theirs, unit="ms")]


def memory_rows(options: Options) -> list[Row]:
    """Peak memory of a fit beyond the texts, in a process of its own."""
    used = timing.in_fresh_process(peak_of_fit, options.data, options.trial)
    return [
        Row(
            "default, fit", "bar of memory", used, 1500.0, unit="MB", bar=1.0, aim=1 / 3
        )
    ]


def peak_of_fit(folder: str, trial: bool) -> float:
    reviews = load(folder, trial)
    before = timing.resident_megabytes()
    TextPoolClassifier(random_state=0).fit(reviews.train, reviews.y_train)
    return timing.peak_megabytes() - before


def multiclass_rows(options: Options) -> list[Row]:
    """Documentation of Python's own modules: which package does a docstring tell of?

    Or the folder given as ``--texts``, laid out as `sklearn.datasets.load_files` asks.
    """
    reviews = docstrings() if options.texts is None else from_folder(options.texts)
    done = side_by_side(
        reviews,
        options.runs,
        {
            "sknets": lambda: TextPoolClassifier(random_state=0),
            "tf-idf": lambda: make_pipeline(
                TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(max_iter=1000)
            ),
        },
    )
    ours, theirs = done["sknets"], done["tf-idf"]
    n = len(np.unique(reviews.y_train))
    note = f"{n} classes, accuracy {ours.accuracy:.2%} / {theirs.accuracy:.2%}"
    return [Row("several classes, fit", "tf-idf 1-2-grams, logistic regression",
                ours.fit, theirs.fit, note=note)]  # fmt: skip


def from_folder(folder: str) -> Reviews:
    from sklearn.datasets import load_files

    found = load_files(folder, encoding="utf-8", decode_error="replace")
    return _split(found.data, found.target)


def docstrings() -> Reviews:
    """Docstrings of the packages that sknets needs, the package being the label."""
    import ast

    import joblib
    import scipy
    import sklearn

    texts: list[str] = []
    labels: list[str] = []
    for package in (np, scipy, sklearn, joblib):
        root = Path(package.__file__).parent
        for path in sorted(root.rglob("*.py")):
            part = path.relative_to(root).parts[0].removesuffix(".py")
            for node in ast.walk(ast.parse(path.read_bytes())):
                if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
                    text = ast.get_docstring(node)
                    if text and len(text) > 40:
                        texts.append(text)
                        labels.append(f"{package.__name__}.{part}")
    names, numbers, counts = np.unique(labels, return_inverse=True, return_counts=True)
    common = counts[numbers] >= 50
    kept = [text for text, is_common in zip(texts, common, strict=True) if is_common]
    return _split(kept, names[numbers[common]])


def _split(texts: list[str], labels: np.ndarray) -> Reviews:
    train, test, y_train, y_test = train_test_split(
        texts, labels, test_size=0.25, random_state=0, stratify=labels
    )
    return Reviews(train, y_train, test, y_test)


ROWS = {
    "unigrams": unigram_rows,
    "default": default_rows,
    "accuracy": accuracy_rows,
    "small": small_rows,
    "one": one_row,
    "memory": memory_rows,
    "multiclass": multiclass_rows,
    "keras": keras_rows,
}

if __name__ == "__main__":
    timing.report(ROWS, __doc__.splitlines()[0])

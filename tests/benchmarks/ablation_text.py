"""What each part of the recipe for text adds, over corpora of many kinds.

Run from a checkout, with the packages that text_sets.py names unpacked in a folder::

    python tests/benchmarks/ablation_text.py --packages FOLDER --data FOLDER

It writes ``docs/user_guide/ablation_text.csv``: accuracies in per cent on texts that
were not trained on, means over corpora, and the mean logarithmic loss. Each corpus of
`CORPORA`, the smaller half of those that the defaults were chosen on, gives 1,000
training texts and up to 2,000 others.
"""

from __future__ import annotations

import argparse
import csv
import os
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC
from text_sets import CHOICE, Corpus, Folders

from sknets import TextPoolClassifier
from sknets._texts import naive_bayes, ridge

TARGET = Path(__file__).parents[2] / "docs/user_guide/ablation_text.csv"
N_TRAIN, MAX_TEST = 1000, 2000
CORPORA = (
    *("one-sentence reviews", "tweets by author", "Chinese reviews", "fortunes"),
    *("small talk", "languages of man pages"),
)
UNSPACED = ("packages, Japanese", "Chinese reviews")
# Probability of a class that was in no training text, for the logarithmic loss.
UNSEEN = 1e-3

# Parameters, and functions of modules with what stands in for them.
Setting = tuple[dict[str, Any], dict[tuple[Any, str], Callable]]


def one_against_the_rest(inside, outside, n_in, n_out, is_exclusive):
    return RATIO(inside, outside, n_in, n_out, False)


def no_rarity(counts, is_exclusive):
    return np.ones(len(counts["inside"]), np.float32)


def no_balance(scores, texts, bias, slope):
    return np.ones(len(scores), np.float32)


RATIO = naive_bayes._log_ratio
NO_BALANCE = {(naive_bayes, "_balance"): no_balance}
NO_REGRESSION = {(ridge, "suits_classes"): lambda texts: False}
# What no parameter switches off has something else stand in.
SETTINGS: dict[str, Setting] = {
    "the default": ({}, {}),
    "words alone, up to 3": ({"analyzer": "word"}, {}),
    "words alone, up to 2": ({"analyzer": "word", "ngram_range": (1, 2)}, {}),
    "each n-gram once in a text": ({"binary": True}, {}),
    "damped counts": ({"binary": False}, {}),
    "counts as they are": ({"binary": False, "sublinear_tf": False}, {}),
    "one slope for words and parts": ({}, NO_BALANCE),
    "no regression beside naive Bayes": ({}, NO_REGRESSION),
    "neither": ({}, NO_BALANCE | NO_REGRESSION),
    "one class against the rest": (
        {},
        {(naive_bayes, "_log_ratio"): one_against_the_rest},
    ),
    "no inverse document frequency": ({}, {(naive_bayes, "_rarity"): no_rarity}),
    "min_df=2": ({"min_df": 2}, {}),
    "the start alone": ({"epochs": 1, "learning_rate": 1e-9}, {}),
    "twice as many epochs": ({"epochs": 12}, {}),
    "a random start": ({"embedding_init": "random"}, {}),
}


def split(corpus: Corpus) -> tuple[list, np.ndarray, list, np.ndarray]:
    order = np.random.default_rng(1).permutation(len(corpus.texts))
    train, test = order[:N_TRAIN], order[N_TRAIN:][:MAX_TEST]
    texts = corpus.texts
    return ([texts[i] for i in train], corpus.labels[train],
            [texts[i] for i in test], corpus.labels[test])  # fmt: skip


def scored(model: Any, parts: tuple) -> tuple[float, float]:
    """Accuracy and logarithmic loss, the latter NaN where there is none."""
    X, y, X_test, y_test = parts
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", UserWarning)
        model.fit(X, y)
    accuracy = 100 * float((model.predict(X_test) == y_test).mean())
    if not hasattr(model, "predict_proba"):
        return accuracy, np.nan
    p, seen = model.predict_proba(X_test), np.isin(y_test, model.classes_)
    of_class = np.full(len(y_test), UNSEEN)
    columns = np.searchsorted(model.classes_, y_test[seen])
    of_class[seen] = np.clip(p[seen, columns], 1e-15, 1)
    return accuracy, float(-np.log(of_class).mean())


def peers(name: str) -> dict[str, Any]:
    kind: dict[str, Any] = {"ngram_range": (1, 2)}
    if name in UNSPACED:
        kind = {"analyzer": "char", "ngram_range": (1, 3)}
    return {
        "tf-idf and LinearSVC": make_pipeline(TfidfVectorizer(**kind), LinearSVC()),
        "tf-idf and logistic regression": make_pipeline(
            TfidfVectorizer(**kind), LogisticRegression(C=10, max_iter=200)
        ),
    }


def run(at: Folders) -> dict[str, dict[str, list]]:
    """For each row and kind of corpus, accuracies and losses."""
    results: dict[str, dict[str, list]] = {}
    for name in CORPORA:
        parts = split(CHOICE[name](at))
        for row, (parameters, instead) in SETTINGS.items():
            with ExitStack() as stack:
                for (module, function), other in instead.items():
                    stack.enter_context(patch.object(module, function, other))
                net = TextPoolClassifier(random_state=0, **parameters)
                keep(results, row, name, parts, scored(net, parts))
        for row, model in peers(name).items():
            keep(results, row, name, parts, scored(model, parts))
    return results


def keep(results: dict, row: str, name: str, parts: tuple, scores: tuple) -> None:
    kind = "two" if len(set(parts[1])) == 2 else "several"
    own = results.setdefault(row, {})
    for key in ("all", "unspaced" if name in UNSPACED else kind):
        own.setdefault(key, []).append(scores)
    print(f"{name:24s} {row:32s} {scores[0]:.1f} {scores[1]:.2f}", flush=True)


COLUMNS = {
    "accuracy": ("all", 0),
    "log-loss": ("all", 1),
    "two classes": ("two", 0),
    "several classes": ("several", 0),
    "Chinese": ("unspaced", 0),
}


def write(results: dict, target: Path) -> None:
    with target.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["part", *COLUMNS])
        for row, own in results.items():
            means = [np.mean([s[i] for s in own[key]])
                     for key, i in COLUMNS.values()]  # fmt: skip
            digits = [2 if i else 1 for _, i in COLUMNS.values()]
            rows.writerow(
                [row]
                + [
                    "" if np.isnan(mean) else f"{mean:.{n}f}"
                    for mean, n in zip(means, digits, strict=True)
                ]
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--packages", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=os.environ.get("SKNETS_DATA"))
    parser.add_argument("--target", type=Path, default=TARGET)
    options = parser.parse_args()
    write(run(Folders(options.packages, Path(options.data))), options.target)

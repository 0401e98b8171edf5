"""Texts that tests learn from: reviews by their mood, and by their rating."""

import numpy as np

from sknets import TextPoolClassifier

GOOD = ["good", "great", "fun", "lovely", "superb"]
BAD = ["bad", "awful", "boring", "dreadful", "poor"]
FILLER = ["the", "film", "was", "and", "story", "actors", "scene", "music"]
RATING = {"awful": 1, "bad": 3, "fair": 5, "good": 7, "great": 9}


def make_reviews(n_texts=120, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.array(["neg", "pos"])[np.arange(n_texts) % 2]
    texts = []
    for label in labels:
        mood = rng.choice(GOOD if label == "pos" else BAD, 2)
        texts.append(" ".join(rng.permutation([*mood, *rng.choice(FILLER, 6)])))
    return texts, labels


def make_ratings(n_texts=200):
    """Texts of three words each that have a rating, and the mean of it."""
    rng = np.random.default_rng(0)
    words = rng.choice(list(RATING), size=(n_texts, 3))
    texts = [f"a {one} plot, {two} actors, {three} music" for one, two, three in words]
    return texts, np.array([np.mean([RATING[w] for w in row]) for row in words])


def quick_text(**parameters):
    """Classifier of single words with quick arguments, any of them replaced."""
    defaults = {
        "width": 4,
        "ngram_range": (1, 1),
        "min_df": 1,
        "binary": True,
        "epochs": 8,
        "batch_size": 16,
        "learning_rate": 0.05,
        "random_state": 0,
    }
    return TextPoolClassifier(**{**defaults, **parameters})

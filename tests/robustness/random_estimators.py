"""Fit random estimators on data of random shapes, and check what must always hold.

    python tests/robustness/random_estimators.py [--examples N]

hypothesis draws the parameters, the number of rows, features and classes, and the type
of the labels. After each fit: probabilities have the right shape, are finite and sum to
one; `predict` is their first maximum; a row's prediction does not depend on the others;
a second fit gives the same bits; a pickled copy predicts the same.
"""

import argparse
import pickle
import sys
import warnings
from collections import Counter

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sknets import DenseNetClassifier, SmallCNNClassifier, TextPoolClassifier

LABELS = {
    "integers": lambda y: y * 7 - 3,
    "strings": lambda y: np.array(["a", "ä b", "", "c"])[y],
    "booleans": lambda y: y % 2 == 0,
    "floats": lambda y: y + 0.0,
    "objects": lambda y: np.array(["a", "b", "c", "d"], object)[y],
}
WORDS = ["good", "bad", "film", "é", "!", "12", "a", ""]

common = {
    "dropout": st.sampled_from([0.0, 0.2, 0.9]),
    "activation": st.sampled_from(["relu", "tanh", "gelu", "elu"]),
    "epochs": st.integers(1, 3),
    "batch_size": st.sampled_from(["auto", 1, 7, 1000]),
    "optimizer": st.sampled_from(["adam", "sgd", "rmsprop", "lion", "adagrad"]),
    "learning_rate": st.sampled_from([1e-6, 1e-3, 0.1]),
    "learning_rate_schedule": st.sampled_from(["constant", "cosine", "one_cycle"]),
    "warmup": st.sampled_from([0.0, 0.5]),
    "weight_decay": st.sampled_from([None, 0.0, 0.1]),
    "class_weight": st.sampled_from([None, "balanced"]),
    "shuffle": st.booleans(),
    "random_state": st.integers(0, 2**31),
}
dense = {
    **common,
    "width": st.lists(st.integers(1, 40), max_size=3).map(tuple),
    "input_scaling": st.sampled_from(["robust", "standard", None]),
}
# Few shapes: TensorFlow compiles a program for each.
cnn = {
    **common,
    "width": st.sampled_from([(2,), (3, 2)]),
    "optimizer": st.just("adam"),
    "batch_size": st.just(8),
    "activation": st.just("relu"),
    "augment": st.just(None),
}
text = {
    **common,
    "width": st.integers(1, 9),
    "min_df": st.just(1),
    "pooling": st.sampled_from(["mean", "max"]),
    "analyzer": st.sampled_from(["word", "char_wb", "char"]),
}


@st.composite
def tasks(draw):
    """An unfitted estimator, X and y."""
    # One in 25 is trained by TensorFlow.
    kind = draw(st.sampled_from(["dense"] * 16 + ["text"] * 8 + ["cnn"]))
    n_rows, n_classes = draw(st.integers(2, 60)), draw(st.integers(2, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    numbers = np.arange(n_rows) % n_classes
    y = LABELS[draw(st.sampled_from(sorted(LABELS)))](numbers)
    if kind == "text":
        params = draw(st.fixed_dictionaries(text))
        X = ["of " + " ".join(rng.choice(WORDS, 5)) + f" {n}" for n in numbers]
        return TextPoolClassifier(**params), X, y
    if kind == "cnn":
        params = draw(st.fixed_dictionaries(cnn))
        X = rng.random((n_rows, 6, 6)) + numbers[:, None, None]
        return SmallCNNClassifier(**params), X, y
    params = draw(st.fixed_dictionaries(dense))
    n_features = draw(st.integers(1, 30))
    X = rng.normal(size=(n_rows, n_features)) * 10.0 ** draw(st.integers(-6, 6))
    return DenseNetClassifier(**params), X, y


def what_is_wrong(estimator, X, y):
    """Return "" or what does not hold."""
    proba = estimator.fit(X, y).predict_proba(X)
    if proba.shape != (len(y), len(np.unique(y))) or not np.isfinite(proba).all():
        return f"probabilities of shape {proba.shape}, or not finite"
    if abs(proba.sum(axis=1) - 1).max() > 1e-12:
        return "probabilities do not sum to one"
    if (estimator.predict(X) != estimator.classes_[proba.argmax(axis=1)]).any():
        return "predict is not the maximum of predict_proba"
    if not np.array_equal(estimator.predict_proba(X[1:2]), proba[1:2]):
        return "a row depends on the others"
    copy = pickle.loads(pickle.dumps(estimator))
    if not np.array_equal(copy.predict_proba(X), proba):
        return "a pickled copy predicts otherwise"
    weights = estimator.weights_
    if not all(map(np.array_equal, weights, estimator.fit(X, y).weights_)):
        return "a second fit gives other bits"
    return ""


def outcomes(n_examples):
    """List of the outcome of each example, "" where all holds."""
    found = []

    @settings(
        max_examples=n_examples,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(tasks())
    def run(task):
        estimator, X, y = task
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                wrong = what_is_wrong(estimator, X, y)
            except Exception as error:
                wrong = f"{type(error).__name__}: {error}"
        found.append(f"{wrong:.200}: {estimator} {np.shape(X)}" if wrong else "")

    run()
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--examples", type=int, default=1000)
    found = Counter(outcomes(parser.parse_args().examples))
    n_right = found.pop("", 0)
    print(*found, sep="\n")
    print(f"{n_right + found.total()} estimators: {found.total()} faults")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()

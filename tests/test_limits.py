"""Values out of range: of optimizers, class weights, sample weights, sizes."""

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from sknets import DenseNetClassifier, SmallCNNClassifier, TextPoolClassifier
from sknets._training.optimizers import LIMITS, make_optimizer, valid_names
from sknets._training.update_rules import RULES

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize("optimizer", sorted(RULES))
def test_every_number_of_an_optimizer_has_a_range(optimizer):
    for name in valid_names(optimizer):
        bad = [-1, NAN, -INF, "a", True, [1.0]]
        if name in RULES[optimizer].switches:
            bad = [-1, NAN, "a"]
        elif name == "learning_rate":  # what is no number might be a schedule
            bad = [-1, 0, NAN, INF, True]
        elif not name.startswith(("clip", "global")):
            bad += [INF]
        for value in bad:
            with pytest.raises(
                ValueError, match=rf"^optimizer__{name} must be .* got "
            ):
                make_optimizer(optimizer, None, None, {name: value})
    make_optimizer(optimizer, None, None, dict(RULES[optimizer].defaults))


@pytest.mark.parametrize(
    ("optimizer", "name", "value", "match"),
    [
        ("adam", "beta_1", 2, r"\[0, 1\); got 2"),
        ("adam", "beta_2", 1, r"\[0, 1\); got 1"),
        ("sgd", "momentum", -5, r"\[0, 1\]; got -5"),
        ("adam", "clipnorm", 0, r"\(0, inf\]; got 0"),
        ("adam", "learning_rate", 0, r"\(0, inf\); got 0"),
    ],
)
def test_optimizer_values_in_fit(quick, blobs, optimizer, name, value, match):
    est = quick(DenseNetClassifier, optimizer=optimizer)
    est.set_params(**{f"optimizer__{name}": value})
    with pytest.raises(
        ValueError, match=f"optimizer__{name} must be a number in {match}"
    ):
        est.fit(*blobs)


def test_infinite_learning_rate(quick, blobs):
    with pytest.raises(ValueError, match=r"learning_rate.* must be .*inf\)"):
        quick(DenseNetClassifier, learning_rate=INF).fit(*blobs)
    assert set(LIMITS) >= {"learning_rate", "weight_decay"}


def test_huge_learning_rate_in_a_short_fit(quick, blobs):
    est = quick(DenseNetClassifier, learning_rate=1e9, epochs=1)
    with pytest.warns(ConvergenceWarning, match="diverged.*=1e.09 is very high"):
        est.fit(*blobs)


@pytest.mark.parametrize("weight", [INF, NAN, -1.0, "a", None, [1]])
def test_class_weights_that_are_none(quick, blobs, multilabel, weight):
    match = "class_weight must be finite numbers and must not be negative; got"
    with pytest.raises(ValueError, match=match):
        quick(DenseNetClassifier, class_weight={0: weight, 1: 1, 2: 1}).fit(*blobs)
    tables = [{0: weight, 1: 1}] * 3
    with pytest.raises(ValueError, match=match):
        quick(DenseNetClassifier, class_weight=tables).fit(*multilabel)


@pytest.mark.parametrize(
    ("weight", "match"),
    [
        (["1"] * 90, "sample_weight must consist of numbers; found '1'"),
        ([None] * 90, "sample_weight must consist of numbers; found None"),
        ([INF] * 90, "Input sample_weight contains infinity"),
    ],
)
def test_sample_weights_that_are_none(quick, blobs, weight, match):
    X, y = blobs
    with pytest.raises(ValueError, match=match):
        quick(DenseNetClassifier).fit(X, y, sample_weight=weight)
    with pytest.raises(ValueError, match=match.replace("weight", "weight_val", 1)):
        quick(DenseNetClassifier).fit(X, y, X_val=X, y_val=y, sample_weight_val=weight)


@pytest.mark.parametrize("class_weight", [None, "balanced"])
@pytest.mark.parametrize("weight", [1e-46, 5e-324, 1.7e308])
def test_only_proportions_of_sample_weights_matter(quick, blobs, weight, class_weight):
    X, y = blobs
    est = quick(DenseNetClassifier, class_weight=class_weight)
    expected = est.fit(X, y).weights_
    est.fit(X, y, sample_weight=np.full(90, weight))
    for a, b in zip(est.weights_, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("weight", [1e-46, 1.7e308])
def test_weights_that_float32_cannot_hold(quick, blobs, weight):
    X, y = blobs
    w, match = (
        np.full(90, weight),
        "sample_weight times class_weight, go up to .*float32",
    )
    with pytest.raises(ValueError, match=match):
        quick(DenseNetClassifier).partial_fit(X, y, sample_weight=w)
    match = match.replace("weight", "weight_val", 1)
    with pytest.raises(ValueError, match=match):
        quick(DenseNetClassifier).fit(X, y, X_val=X, y_val=y, sample_weight_val=w)
    huge = {0: 1.7e308, 1: 1.7e308, 2: 1.0}
    quick(DenseNetClassifier, class_weight=huge, epochs=1).fit(X, y)


@pytest.mark.parametrize(
    ("est", "X"),
    [
        (DenseNetClassifier(10**9), np.eye(4)),
        (DenseNetClassifier(np.int64(2**62)), np.eye(4)),
        (SmallCNNClassifier((10**9,)), np.ones((4, 8, 8))),
        (SmallCNNClassifier((4,), dense_width=10**12), np.ones((4, 8, 8))),
        (TextPoolClassifier(10**12), ["a", "b", "c", "d"]),
        (TextPoolClassifier(2000, n_features=2**31 - 2), ["a", "b", "c", "d"]),
    ],
    ids=str,
)
def test_networks_beyond_the_memory(est, X):
    with pytest.raises(ValueError, match="weights: to train it takes about .* GB, and"):
        est.fit(X, [0, 1, 0, 1])


@pytest.mark.parametrize("n_features", [2**70, 10**12])
def test_more_hashed_rows_than_numbers(n_features):
    net = TextPoolClassifier(n_features=n_features)
    with pytest.raises(ValueError, match="'n_features' .* in the range .1, 2147483647"):
        net.fit(["a", "b"], [0, 1])

"""Feature names, units and offsets of the input."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import cross_val_score

from sknets import DenseNetClassifier, SmallCNNClassifier
from sknets._core import scaling
from tests.networks import assert_all_equal

BOTH = pytest.mark.parametrize(
    "estimator_class", [DenseNetClassifier, SmallCNNClassifier]
)


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
@BOTH
def test_feature_names_are_kept_and_checked(quick, blobs, estimator_class, frame):
    X, y = blobs
    names = ["a", "b", "c", "d"]
    columns = {name: X[:, number] for number, name in enumerate(names)}
    est = quick(estimator_class, epochs=1)
    expected = est.fit(X, y).weights_
    est.fit(frame(columns), y)
    assert_all_equal(est.weights_, expected)
    assert est.feature_names_in_.tolist() == names
    with pytest.raises(ValueError, match="feature names should match"):
        est.predict(frame({name: columns[name] for name in reversed(names)}))
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        est.predict(X)
    est.fit(X, y)
    assert not hasattr(est, "feature_names_in_")
    with pytest.warns(UserWarning, match="X has feature names, but .* was fitted with"):
        est.predict(frame(columns))


def test_images_after_a_frame_forget_the_names(quick, blobs):
    X, y = blobs
    est = quick(SmallCNNClassifier, epochs=1)
    est.fit(pd.DataFrame(X, columns=list("abcd")), y)
    est.fit(X.reshape(-1, 2, 2), y)
    assert not hasattr(est, "feature_names_in_")


def test_read_only_input_and_targets(quick, blobs, tmp_path):
    X, y = blobs
    assert not X.flags.writeable
    np.save(tmp_path / "X.npy", X)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    est = quick(DenseNetClassifier, epochs=1)
    expected = est.fit(X.copy(), y.copy()).weights_
    assert_all_equal(est.fit(X, y).weights_, expected)
    assert_all_equal(est.fit(mapped, y).weights_, expected)


@pytest.mark.parametrize("input_scaling", ["robust", "standard"])
@pytest.mark.parametrize("factor", [1e-300, 1e-30, 1e6, 1e300])
def test_units_of_the_features_do_not_matter(quick, blobs, input_scaling, factor):
    X, y = blobs
    est = quick(DenseNetClassifier, input_scaling=input_scaling, epochs=3)
    expected = est.fit(X, y).decision_function(X)
    scores = est.fit(factor * X + 3 * factor, y).decision_function(
        factor * X + 3 * factor
    )
    np.testing.assert_allclose(scores, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("learn", [scaling.learn_standard, scaling.learn_robust])
def test_numbers_near_the_least_of_float64_have_a_finite_scale(learn):
    X = np.array([[0.0, 1.0], [1e-310, 2.0], [5e-324, 4.0]])
    found = learn(X, np.arange(3), np.ones(3))
    assert found["scale"][0] > 1e307
    assert np.isfinite(found["scale"]).all()
    expected = learn(X[:, 1:], np.arange(3), np.ones(3))
    np.testing.assert_allclose(found["scale"][1], expected["scale"][0])


def test_large_offset_keeps_the_signal(quick, blobs):
    """As float32, 1e9 + noise is 1e9."""
    X, y = blobs
    est = quick(DenseNetClassifier, epochs=20).fit(1e9 + X, y)
    assert est.score(1e9 + X, y) > 0.95


def test_constant_feature_tells_nothing(quick, blobs):
    X, y = blobs
    X = np.c_[X, np.full(len(y), 3.0)]
    est = quick(DenseNetClassifier).fit(X, y)
    scores = est.decision_function(X)
    X[:, -1] = 1e6
    np.testing.assert_array_equal(est.decision_function(X), scores)


def test_raw_features_are_learned():
    """Unscaled features of all sizes; logistic regression on scaled ones has 0.98."""
    X, y = load_breast_cancer(return_X_y=True)
    est = DenseNetClassifier(
        16, 0.0, epochs=20, batch_size=16, learning_rate=0.01, random_state=0
    )
    assert cross_val_score(est, X, y, cv=5).mean() > 0.95


def test_no_hidden_layer_is_logistic_regression():
    X, y = load_iris(return_X_y=True)
    est = DenseNetClassifier(
        (), 0.0, input_scaling="standard", label_smoothing=0.0, epochs=300,
        batch_size=256, learning_rate=0.3, weight_decay=0.0, random_state=0,
    ).fit(X, y)  # fmt: skip
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    reference = LogisticRegression(C=1e6, max_iter=5000).fit(Z, y)
    assert (est.predict(X) == reference.predict(Z)).mean() > 0.97
    assert log_loss(y, est.predict_proba(X)) < 0.06


# --- What is learnt, to the number ---------------------------------------------------


def test_weights_of_standard_scaling_belong_to_their_rows(monkeypatch):
    monkeypatch.setattr(scaling, "BLOCK_VALUES", 3 * 7)  # blocks of seven rows
    rng = np.random.default_rng(0)
    X, weights = rng.normal(5, 2, (40, 3)), rng.uniform(0, 3, 40)
    learnt = scaling.learn_standard(X, np.arange(40), weights)
    mean = np.average(X, axis=0, weights=weights)
    variance = np.average((X - mean) ** 2, axis=0, weights=weights)
    np.testing.assert_allclose(learnt["shift"], mean, rtol=1e-12)
    np.testing.assert_allclose(learnt["scale"], variance**-0.5, rtol=1e-12)


@pytest.mark.parametrize(
    ("dtype", "pixels", "standard", "limits", "shift", "spread"),
    [
        ("uint8", [10, 20], False, (0, 255), 0, 255),
        ("int8", [10, 20], False, (-128, 127), -128, 255),
        ("int64", [10, 20], False, (0, 20), 0, 20),
        ("float32", [0.25, 0.5], False, (0, 1), 0, 1),
        ("float32", [-1, 3], False, (-1, 3), 1, 2),
        ("float32", [1, 5], True, (0, 5), 3, 2),
        ("uint8", [10, 20], True, (0, 255), 15, 5),
        # All equal: of bytes the range is known, and those to come may fill it.
        ("uint8", [7, 7], True, (0, 255), 127.5, 255 / 12**0.5),
        ("int8", [7, 7], True, (-128, 127), -0.5, 255 / 12**0.5),
        ("bool", [0, 0], True, (0, 1), 0.5, 1 / 12**0.5),
        ("uint16", [7, 7], True, (0, 65535), 7, np.inf),
        ("float64", [7, 7], True, (0, 7), 7, np.inf),
    ],
)
def test_scaling_of_pixels(dtype, pixels, standard, limits, shift, spread):
    X = np.array([pixels, pixels], dtype)
    found_limits, found = scaling.learn_pixels(X, np.arange(2), standard)
    assert found_limits == limits
    assert found["clip"] is None
    np.testing.assert_allclose(found["shift"], [shift])
    np.testing.assert_allclose(found["scale"], [1 / spread])


def test_range_of_pixels_is_that_of_all_blocks(monkeypatch):
    monkeypatch.setattr(scaling, "BLOCK_VALUES", 3 * 7)
    X = np.zeros((40, 3))
    X[0, 0], X[20, 1], X[39, 2] = -1.0, 5.0, -2.0
    pixel_range, _ = scaling.learn_pixels(X, np.arange(40))
    assert pixel_range == (-2.0, 5.0)


def test_robust_spread_of_heavy_tails():
    x = np.linspace(-4, 4, 401)
    X = np.stack([10**x, 10**x * (x > 0.5), x], axis=1)
    scale = scaling.learn_robust(X, np.arange(401), np.ones(401))["scale"]
    low, median = np.quantile(X[:, 0], [0.25, 0.5])
    np.testing.assert_allclose(scale[0], 1.349 / (2 * (median - low)))
    # More than half of the values are the same: the tails count as ever.
    assert scale[1] < 1.349 / 20
    np.testing.assert_allclose(scale[2], 1.349 / 4)


def test_features_with_heavy_tails_are_learnt(quick):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 4))
    y = (x.sum(axis=1) > 0).astype(int)
    X = 10 ** (1.5 * x)
    est = quick(DenseNetClassifier, epochs=40).fit(X[:200], y[:200])
    assert est.score(X[200:], y[200:]) > 0.85


def test_robust_spread():
    X = np.zeros((101, 4))
    X[:, 0] = np.arange(101)  # interquartile range 50, a third of 96 is less
    X[80:, 1] = 9.0  # mostly zero: the interquartile range is 0
    X[100, 2] = 4.0  # one value alone: half the range
    learnt = scaling.learn_robust(X, np.arange(101), np.ones(101))
    np.testing.assert_array_equal(learnt["shift"], [50, 0, 0, 0])
    np.testing.assert_allclose(learnt["scale"], [1.349 / 50, 1.349 / 3, 1.349 / 2, 0])


def test_rows_that_repeat_themselves():
    X = np.tile([0.0, 1.0, 2.0, 3.0], 4096)[:, None]
    weights, index = np.ones(len(X)), np.arange(len(X))
    found = scaling.learn_robust(X, index, weights)
    assert found["shift"][0] == pytest.approx(1.5, abs=0.5)
    assert found["scale"][0] > 0
    again = scaling.learn_robust(X, index, weights)
    assert found["scale"] == again["scale"]
    (mean,) = scaling.learn_pixels(X, index, standard=True)[1]["shift"]
    assert mean == pytest.approx(1.5, abs=0.1)


def test_rows_of_many_features_are_no_longer_than_those_of_512():
    X = np.random.default_rng(0).normal(size=(101, 2048))
    few, many = (
        scaling.learn_robust(part, np.arange(101), np.ones(101))
        for part in (X[:, :512], X)
    )
    assert (few["clip"], many["clip"]) == (5.0, 2.5)
    np.testing.assert_allclose(many["scale"][:512], few["scale"] / 2)
    # The same curve, half as high.
    np.testing.assert_allclose(
        scaling.apply(X, many)[:, :512], scaling.apply(X[:, :512], few) / 2, rtol=1e-5
    )


def test_rows_that_are_clipped_alone_stay_as_they_are():
    rows = np.array([[0.5, -20.0]], np.float32)
    clip = {"shift": np.zeros(2), "scale": np.ones(2), "clip": 5.0}
    expected = 5 * np.tanh(rows / 5)
    np.testing.assert_allclose(scaling.apply(rows, clip), expected, rtol=1e-6)
    np.testing.assert_array_equal(rows, [[0.5, -20.0]])


@pytest.mark.parametrize("learn", [scaling.learn_standard, scaling.learn_robust])
def test_what_differs_by_rounding_is_constant(learn):
    X = np.tile([[0.3], [0.1 + 0.2]], (20, 1))
    assert len(np.unique(X)) == 2
    assert learn(X, np.arange(40), np.ones(40))["scale"] == [0]
    near = 1e9 + np.arange(40.0)[:, None] / 1000  # a signal of 1e-12 of the values
    assert learn(near, np.arange(40), np.ones(40))["scale"] > 0


def test_rows_that_are_left_out_have_no_part_in_half_ranges():
    X = np.zeros((101, 1))
    X[50], X[100] = 4.0, 1000.0
    learnt = scaling.learn_robust(X, np.arange(100), np.ones(100))
    np.testing.assert_allclose(learnt["scale"], 1.349 / 2)


def test_one_column_of_bytes_that_is_standardised_is_not_taken_for_robust():
    X = np.array([[0.0], [510.0]] * 20)
    learnt = scaling.learn_standard(X, np.arange(40), np.ones(40))
    assert learnt["scale"] == [1 / 255]
    assert scaling.kind(learnt) == "standard"

"""Finite input gives finite probabilities, however large or small the numbers are."""

import numpy as np
import pytest

from sknets import DenseNetClassifier, SmallCNNClassifier
from sknets._core import scaling
from sknets.preprocessing import ImageNormalizer

LARGEST = np.finfo(np.float64).max
Y = np.arange(40) % 2


def table(scale=1.0, dtype=float):
    X = np.random.default_rng(0).uniform(-1, 1, (40, 3))
    X[:, 0] += 2 * Y - 1
    X[:, 2] = 0.5  # constant
    return (X / np.abs(X).max() * scale).astype(dtype)


def check_finite(net, X):
    for proba in (net.predict_proba(X), np.exp(net.predict_log_proba(X))):
        assert np.isfinite(proba).all()
        np.testing.assert_allclose(proba.sum(axis=1), 1, atol=1e-6)
    assert np.isfinite(net.decision_function(X)).all()
    assert np.isfinite(net.predict_log_proba(X)).all()


@pytest.mark.parametrize("input_scaling", ["robust", "standard", None])
@pytest.mark.parametrize(
    ("activation", "n_classes"),
    [("relu", 2), ("relu", 3), ("gelu", 3), ("silu", 2), ("selu", 3), ("tanh", 2)],
)
def test_large_values_at_predict(input_scaling, activation, n_classes):
    y = np.arange(40) % n_classes
    net = DenseNetClassifier(
        width=(4, 4), activation=activation, input_scaling=input_scaling, epochs=1
    ).fit(table(), y)
    X = table()[:6]
    before = net.predict_proba(X)
    X[0, 0], X[1, 0], X[2] = 1e200, -1e200, [LARGEST, -LARGEST, LARGEST]
    X[3] = [-LARGEST, LARGEST, -LARGEST]
    check_finite(net, X)
    np.testing.assert_array_equal(net.predict_proba(X)[4:], before[4:])
    check_finite(net, np.clip(X, -3.4e38, 3.4e38).astype(np.float32))


@pytest.mark.parametrize("input_scaling", ["robust", "standard"])
@pytest.mark.parametrize(
    ("scale", "dtype"),
    [
        (1.7e308, float),
        (1e300, float),
        (1e160, float),
        (1e-150, float),
        (3e38, np.float32),
        (1e-38, np.float32),
    ],
)
def test_the_unit_does_not_matter_in_fit(input_scaling, scale, dtype):
    net = DenseNetClassifier(
        width=4, input_scaling=input_scaling, epochs=5, random_state=0
    )
    expected = net.fit(table(), Y).predict_proba(table())
    X = table(scale, dtype)
    found = net.fit(X, Y).predict_proba(X)
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_one_huge_column_leaves_the_others_as_they_are():
    X = table()
    plain = scaling.learn_standard(X, np.arange(40), np.ones(40))
    X[:, 1] *= 1e300
    huge = scaling.learn_standard(X, np.arange(40), np.ones(40))
    np.testing.assert_allclose(huge["shift"], plain["shift"] * [1, 1e300, 1])
    np.testing.assert_allclose(huge["scale"], plain["scale"] / [1, 1e300, 1])


def images(scale=1.0, dtype=float):
    pixels = np.random.default_rng(0).random((40, 6, 6))
    pixels[Y == 1, :3] *= 0.2
    return (pixels * scale).astype(dtype)


@pytest.mark.parametrize("input_scaling", ["standard", "range"])
@pytest.mark.parametrize("dtype", [float, np.float32])
@pytest.mark.filterwarnings("ignore:Pixels of X lie between")
def test_one_huge_pixel(input_scaling, dtype):
    net = SmallCNNClassifier((2, 2), input_scaling=input_scaling, epochs=1)
    net.fit(images(dtype=dtype), Y)
    X = images(dtype=dtype)[:4]
    X[0, 1, 1] = 3e38
    if dtype is float:
        X[1, 1, 1] = 1e200
        X[2, 2:4] = LARGEST
    check_finite(net, X)


@pytest.mark.parametrize("scale", [1e200, 1.7e308])
def test_images_of_any_unit_in_fit(scale):
    net = SmallCNNClassifier((2,), epochs=2, augment=None, random_state=0)
    expected = net.fit(images(), Y).predict_proba(images())
    found = net.fit(images(scale), Y).predict_proba(images(scale))
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_huge_values_in_compiled_prediction():
    from sknets import compiled_prediction

    net = DenseNetClassifier(width=4, input_scaling="standard", epochs=1).fit(
        table(), Y
    )
    X = table()[:4]
    X[1] = 1e200
    expected = net.predict_proba(X)
    with compiled_prediction():
        check_finite(net, X)
        np.testing.assert_allclose(net.predict_proba(X), expected, atol=1e-6)


@pytest.mark.parametrize("method", ["range", "channel", "pixel"])
@pytest.mark.parametrize("scale", [1e200, 1.7e308])
def test_normalizer_of_any_unit(method, scale):
    normalizer = ImageNormalizer(method)
    expected = normalizer.fit_transform(images())
    found = normalizer.fit_transform(images(scale))
    if method != "range":  # where 0.99 stays what it is
        np.testing.assert_allclose(found, expected, atol=1e-4)
    assert np.isfinite(found).all()


@pytest.mark.parametrize("method", ["range", "channel", "pixel"])
def test_normalizer_of_huge_values_at_transform(method):
    normalizer = ImageNormalizer(method).fit(images())
    X = images()[:2]
    expected = normalizer.transform(X)
    X[0, 1, 1], X[0, 2, 2] = 1e200, -1e200
    found = normalizer.transform(X)
    assert np.isfinite(found).all()
    assert found[0, 1, 1] == -found[0, 2, 2] == np.finfo(np.float32).max
    np.testing.assert_array_equal(found[1], expected[1])

"""Layouts, shapes and pixels of images."""

import numpy as np
import pytest
import scipy.sparse as sp
from training import assert_all_equal

from sknets import DenseNetClassifier, SmallCNNClassifier
from sknets._core import scaling

BOTH = pytest.mark.parametrize(
    "estimator_class", [DenseNetClassifier, SmallCNNClassifier]
)


def test_layouts_of_an_image_are_the_same(quick, digits):
    X, y = digits
    layouts = [X, X.reshape(-1, 8, 8), X.reshape(-1, 8, 8, 1), X.tolist()]
    est = quick(SmallCNNClassifier, epochs=1)
    for fitted_on in (X, X.reshape(-1, 8, 8), X.reshape(-1, 8, 8).tolist()):
        est.fit(fitted_on, y)
        assert est.n_features_in_ == 64
        assert est.image_shape_ == (8, 8, 1)
        scores = [est.decision_function(layout) for layout in layouts]
        for other in scores[1:]:
            np.testing.assert_array_equal(other, scores[0])


def test_dense_net_takes_images_as_rows(quick, digits):
    X, y = digits
    est = quick(DenseNetClassifier, epochs=1)
    expected = est.fit(X, y).weights_
    assert_all_equal(est.fit(X.reshape(-1, 4, 4, 4), y).weights_, expected)
    assert est.n_features_in_ == 64


@pytest.mark.parametrize(
    ("shape", "image_shape", "settled"),
    [
        ((75,), None, (5, 5, 3)),
        ((5,), None, (1, 5, 1)),
        ((6,), (2, 3), (2, 3, 1)),
        ((12,), (2, 3, 2), (2, 3, 2)),
        ((5, 4), None, (5, 4, 1)),
        ((5, 4, 3), None, (5, 4, 3)),
        ((2, 2), None, (2, 2, 1)),
        ((1, 1), None, (1, 1, 1)),
        ((3, 7), None, (3, 7, 1)),
    ],
    ids=str,
)
def test_image_shapes(quick, shape, image_shape, settled):
    """Kernels and pools shrink to what there is."""
    rng = np.random.default_rng(0)
    X = rng.random((12, *shape))
    y = np.arange(12) % 2
    est = quick(
        SmallCNNClassifier,
        image_shape=image_shape,
        epochs=1,
        width=(2, (2, 2), 2),
        padding="valid",
        pool_last=True,
    ).fit(X, y)
    assert est.image_shape_ == settled
    assert est.predict_proba(X).shape == (12, 2)


def test_channels_first_is_an_error_that_names_the_remedy(quick):
    X = np.zeros((4, 3, 32, 32), np.uint8)
    with pytest.raises(
        ValueError, match=r"channels first.*ImageReshaper\(input_channe"
    ):
        quick(SmallCNNClassifier).fit(X, [0, 1, 0, 1])
    est = quick(SmallCNNClassifier, epochs=1).fit(X.transpose(0, 2, 3, 1), [0, 1, 0, 1])
    with pytest.raises(ValueError, match=r"\(n_samples, 3, 32, 32\).*ImageReshaper"):
        est.predict(X)


PIXELS = {
    "bytes": lambda X: (X * 15.9375).astype(np.uint8),
    "int64 0..255": lambda X: (X * 15.9375).astype(np.int64),
    "float64 0..255": lambda X: np.floor(X * 15.9375),
    "float64 0..16": lambda X: X,
    "float32 0..1": lambda X: (X / 16).astype(np.float32),
    "float16 0..1": lambda X: (X / 16).astype(np.float16),
    "standardised": lambda X: (X - X.mean()) / X.std(),
    "uint16": lambda X: (X * 4095).astype(np.uint16),
    "int8": lambda X: (X * 15 - 120).astype(np.int8),
    "sparse": lambda X: sp.csr_array(X),
    "booleans": lambda X: X > 8,
}


@pytest.mark.parametrize("kind", PIXELS)
def test_pixels_of_any_kind_are_learned(quick, digits, kind):
    X, y = digits
    pixels = PIXELS[kind](X)
    est = quick(SmallCNNClassifier, epochs=12, width=(8,), learning_rate=0.02)
    est.fit(pixels, y)
    assert est.score(pixels, y) > 0.9
    assert est.input_scaling_["scale"].shape == (1,)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("bytes", (0, 255)),
        ("int64 0..255", (0, 255)),
        ("float64 0..16", (0, 16)),
        ("float32 0..1", (0, 1)),
        ("int8", (-128, 127)),
    ],
)
def test_range_of_the_pixels_is_kept(quick, digits, kind, expected):
    X, y = digits
    est = quick(SmallCNNClassifier, epochs=1, input_scaling="range")
    est.fit(PIXELS[kind](X), y)
    assert est.pixel_range_ == expected
    scaling = est.input_scaling_
    low = (np.array(expected) - scaling["shift"]) * scaling["scale"]
    np.testing.assert_allclose(low, [0, 1], atol=1e-12)


@pytest.mark.parametrize("kind", sorted(PIXELS))
def test_pixels_are_standardised_by_default(quick, digits, kind):
    X, y = digits
    pixels = PIXELS[kind](X)
    est = quick(SmallCNNClassifier, epochs=1).fit(pixels, y)
    scaled = scaling.apply(scaling.dense_rows(pixels, slice(None)), est.input_scaling_)
    assert scaled.mean() == pytest.approx(0, abs=1e-3)
    assert scaled.std() == pytest.approx(1, abs=1e-3)


def test_scaling_is_learned_from_the_whole_range_not_from_a_batch(quick, digits):
    X, y = digits
    est = quick(SmallCNNClassifier, epochs=2).fit(X, y)
    np.testing.assert_allclose(
        est.decision_function(X)[:1], est.decision_function(X[:1]), rtol=1e-4, atol=1e-5
    )


def test_bytes_at_fit_and_floats_at_predict(quick, digits):
    X, y = digits
    est = quick(SmallCNNClassifier, epochs=1).fit(PIXELS["bytes"](X), y)
    with pytest.raises(
        ValueError,
        match=r"type float64.*fitted on pixels of type uint8.*astype\(np.uint8\)",
    ):
        est.predict(X / 16)
    est.predict(PIXELS["int64 0..255"](X))  # lists of bytes are such


def test_small_floats_at_fit_and_bytes_at_predict(quick, digits):
    X, y = digits
    est = quick(SmallCNNClassifier, epochs=1).fit(X / 16, y)
    with pytest.raises(ValueError, match=r"type uint8.*type float between 0 and 1"):
        est.predict(PIXELS["bytes"](X))


def test_batch_far_outside_or_inside_the_range_is_a_warning(quick, digits):
    X, y = digits
    est = quick(SmallCNNClassifier, epochs=1).fit(PIXELS["float64 0..255"](X), y)
    with pytest.warns(UserWarning, match="X seems to be scaled otherwise"):
        est.predict(X / 16)
    with pytest.warns(UserWarning, match="between 0 and 4080, those seen in fit betw"):
        est.predict(255 * X)
    est.predict(np.zeros((1, 64)))  # one dark image is none
    est.predict(X)

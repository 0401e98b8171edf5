"""Layouts, shapes and pixels of images."""

import numpy as np
import pytest

from sknets import SmallCNNClassifier


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


def test_black_images_are_on_any_scale(quick, digits):
    X, y = digits
    for pixels in (X, X / 16, (15 * X).astype(np.uint8), np.zeros_like(X)):
        black = np.zeros((2, 64), pixels.dtype)
        quick(SmallCNNClassifier, epochs=1).fit(pixels, y).predict(black)

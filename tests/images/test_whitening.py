import numpy as np
import pytest

from sknets._core.images import convolve
from sknets._images import whitening
from sknets._images.whitening import some_images, whitening_kernel


def smooth_images(n=200, side=12, channels=3, seed=0):
    """Noise whose neighbouring pixels and channels are alike."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(n, side + 2, side + 2, channels))
    for axis in (1, 2):
        noise = noise.cumsum(axis=axis) / 4
    mixed = noise @ (np.eye(channels) + 2 * np.ones((channels, channels)))
    images = mixed[:, 2:, 2:].astype(np.float32)
    return images / images.std()


def drawn(channels, n_filters, seed=1):
    rng = np.random.default_rng(seed)
    return rng.uniform(-0.2, 0.2, (3, 3, channels, n_filters)).astype(np.float32)


def whitened(images, kernel, weights=None):
    weights = np.ones(len(images)) if weights is None else weights
    return whitening_kernel(images, weights, kernel)


def covariance_of_filters(images, kernel):
    seen = convolve(images.astype(np.float64), kernel.astype(np.float64), "valid")
    return np.cov(seen.reshape(-1, kernel.shape[-1]).T)


def test_filters_are_uncorrelated_with_variances_alike():
    images, kernel = smooth_images(), drawn(3, 8)
    found = covariance_of_filters(images, whitened(images, kernel)[..., :4])
    np.testing.assert_allclose(found / found[0, 0], np.eye(4), atol=0.02)
    before = covariance_of_filters(images, kernel)
    correlation = before / np.sqrt(np.outer(np.diag(before), np.diag(before)))
    assert np.abs(correlation - np.eye(8)).max() > 0.9


def test_each_component_has_both_signs_and_the_size_is_kept():
    images, kernel = smooth_images(), drawn(3, 8)
    found = whitened(images, kernel)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found[..., :4], -found[..., 4:])
    assert np.square(found).mean() == pytest.approx(np.square(kernel).mean(), rel=1e-5)


def test_the_largest_components_come_first():
    images = smooth_images()
    few, more = (whitened(images, drawn(3, n)) for n in (4, 8))
    ratio = few[..., :2] / more[..., :2]
    np.testing.assert_allclose(
        ratio, np.broadcast_to(ratio[0, 0, 0], ratio.shape), 1e-3
    )
    # The first one is the brightness of the patch: all of one sign.
    assert np.abs(np.sign(few[..., 0]).sum()) == 27


def test_filters_beyond_the_components_stay_as_they_were():
    images, kernel = smooth_images(channels=1), drawn(1, 24)
    found = whitened(images, kernel)
    np.testing.assert_array_equal(found[..., 18:], kernel[..., 18:])
    assert (found[..., :18] != kernel[..., :18]).any(axis=(0, 1, 2)).all()
    assert (whitened(images, drawn(1, 1)) == drawn(1, 1)).all()


def test_images_without_weight_do_not_count():
    images, kernel = smooth_images(), drawn(3, 8)
    others = np.concatenate([images, 100 * smooth_images(seed=5)[:, ::-1]])
    weights = np.repeat([2.0, 0.0], len(images))
    np.testing.assert_allclose(
        np.abs(whitened(others, kernel, weights)),
        np.abs(whitened(images, kernel)),
        atol=0.02,
    )


def test_many_images_are_looked_at_in_part(monkeypatch):
    """The patches are some of all images, and at all places."""
    images, kernel = smooth_images(n=3000), drawn(3, 8)
    images[1500:] *= [1, 2, 4]
    images[:, :, 6:] *= [2, 1, 1]
    found = whitened(images, kernel)
    monkeypatch.setattr(whitening, "N_PATCHES", 10 * images.size)
    of_all = whitened(images, kernel)
    np.testing.assert_allclose(np.abs(found), np.abs(of_all), atol=0.01)
    assert (found != of_all).all()
    for part in (images[:1500], images[:, :, 6:]):
        assert np.abs(np.abs(whitened(part, kernel)) - np.abs(of_all)).max() > 0.03


@pytest.mark.parametrize("value", [0.0, 3.5])
def test_constant_images_change_nothing(value):
    kernel = drawn(1, 8)
    found = whitened(np.full((5, 6, 6, 1), value, np.float32), kernel)
    np.testing.assert_array_equal(found, kernel)


def test_a_border_that_is_always_black_leaves_it_finite():
    images = smooth_images(channels=1)
    images[:, :, 3:] = 0
    assert np.isfinite(whitened(images, drawn(1, 24))).all()


def test_an_outlier_does_not_rule():
    images, kernel = smooth_images(), drawn(3, 8)
    wild = images.copy()
    wild[0, 4, 4, 0] = 1e4
    found = covariance_of_filters(images, whitened(wild, kernel)[..., :4])
    np.testing.assert_allclose(found / found[0, 0], np.eye(4), atol=0.1)


@pytest.mark.parametrize("channels", [1, 3])
def test_one_patch_alone_changes_nothing(channels):
    kernel = drawn(channels, 8)
    image = smooth_images(1, 3, channels)
    np.testing.assert_array_equal(whitened(image, kernel), kernel)


def test_of_large_images_few_are_looked_at():
    assert len(some_images(60_000, 28 * 28)) == 2000
    assert len(some_images(500, 28 * 28)) == 500
    assert len(some_images(4000, 224 * 224 * 3)) == 111
    assert len(some_images(10, 10_000**2)) == 1

"""Random changes of images: what each does to the pixels, and how they are drawn."""

from functools import partial

import numpy as np
import pytest
import tensorflow as tf

from sknets._images.augment import settled
from sknets._training.tensorflow.augmentation import augmented

EXACT = {
    "shift": (0.25, 0.25),
    "rotation": (0.25, 0.25),
    "flip": 1.0,
}


@pytest.fixture(scope="module")
def change():
    """Function that changes images of 16 x 16 with 3 channels as a program does."""
    compiled = tf.function(
        partial(augmented, shape=(16, 16, 3)), jit_compile=True, autograph=False
    )

    def changed(images, augment, key=1, black=0.0):
        changes = settled({"erase": (0, 1e-9), **augment}, (16, 16, 3), black)
        rows = images.reshape(len(images), -1).astype(np.float32)
        key = tf.constant(key, tf.uint32)
        drawn = changes.ranges, changes.black, np.float32(changes.unchanged)
        out = compiled(rows, *drawn, key).numpy()
        assert out.dtype == np.float32
        return out.reshape(images.shape)

    return changed


@pytest.fixture(scope="module")
def images():
    """Random colour images, 64 of 16 x 16, as bytes."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (64, 16, 16, 3), dtype=np.uint8)


def displacements(change, augment, keys):
    """Rows and columns by which the pixels near the centre have moved."""
    ramp = np.arange(16, dtype=np.float32)
    image = np.zeros((64, 16, 16, 3), np.float32)
    image[..., 0], image[..., 1] = ramp[:, None], ramp[None, :]
    out = np.concatenate([change(image, augment, key) for key in keys])
    middle = slice(6, 10)
    return ((image[0] - out)[:, middle, middle, channel] for channel in (0, 1))


def test_nothing_asked_for_is_the_image_bit_for_bit(change, images):
    np.testing.assert_array_equal(change(images, {}), images)


def test_a_share_stays_as_it_is(change, images):
    all_changes = {**EXACT, "brightness": 1.0, "elastic": 0.1, "erase": 0.3}
    out = np.concatenate(
        [change(images, {**all_changes, "unchanged": 0.25}, key) for key in range(9)]
    )
    same = (out == np.concatenate([images] * 9)).all(axis=(1, 2, 3))
    assert 0.2 < same.mean() < 0.3
    # The others are changed as without it.
    others = np.concatenate([change(images, all_changes, key) for key in range(9)])
    np.testing.assert_array_equal(out[~same], others[~same])


def test_shift_moves_down_and_right_and_repeats_the_border(change, images):
    shifted = change(images, {"shift": (0.25, 0.25)})
    np.testing.assert_array_equal(shifted[:, 4:, 4:], images[:, :12, :12])
    np.testing.assert_array_equal(
        shifted[:, :4, 4:], np.repeat(images[:, :1, :12], 4, axis=1)
    )


def test_shift_by_half_a_pixel_is_the_mean_of_two(change, images):
    shifted = change(images, {"shift": (-0.5 / 16, -0.5 / 16)})
    x = images.astype(float)
    rows = (x[:, 1:] + x[:, :-1]) / 2
    expected = (rows[:, :, 1:] + rows[:, :, :-1]) / 2
    np.testing.assert_allclose(shifted[:, :-1, :-1], expected, rtol=1e-5)


@pytest.mark.parametrize("quarters", [1, 2, -1])
def test_rotation_by_quarter_turns_is_rot90(change, images, quarters):
    turned = change(images, {"rotation": (quarters / 4, quarters / 4)})
    expected = np.rot90(images, quarters, axes=(1, 2))
    np.testing.assert_allclose(turned, expected, atol=2e-3)


def test_flip_mirrors_left_and_right(change, images):
    np.testing.assert_array_equal(change(images, {"flip": 1.0}), images[:, :, ::-1])


def test_flip_happens_as_often_as_asked(change, images):
    mirrored = images[:, :, ::-1]
    n_flipped = 0
    for key in range(20):
        out = change(images, {"flip": 0.3}, key)
        flipped = (out == mirrored).all(axis=(1, 2, 3))
        assert ((out == images).all(axis=(1, 2, 3)) != flipped).all()
        n_flipped += flipped.sum()
    # 1280 images: three standard deviations are 0.04.
    assert n_flipped / (20 * len(images)) == pytest.approx(0.3, abs=0.04)


def test_zoom_doubles_the_size_of_the_content(change):
    """A square of 4 x 4 in the middle becomes one of 8 x 8."""
    image = np.zeros((1, 16, 16, 3), np.float32)
    image[:, 6:10, 6:10] = 1
    zoomed = change(image, {"zoom": (1, 1)})
    assert zoomed[0, 4:12, 4:12].min() >= 0.5
    assert zoomed.sum() == pytest.approx(4 * image.sum(), rel=1e-4)
    smaller = change(zoomed, {"zoom": (-0.5, -0.5)})
    assert smaller.sum() == pytest.approx(image.sum(), rel=1e-4)


def test_elastic_waves_are_smooth_and_as_far_as_asked(change):
    y, x = displacements(change, {"elastic": (0.1, 0.1)}, keys=range(8))
    for waves in (y, x):
        # 512 images: three standard deviations are 4 %.
        assert waves.std() == pytest.approx(0.1 * 16, rel=0.05)
        np.testing.assert_allclose(waves.std(axis=0), 1.6, rtol=0.2)  # at each pixel
        assert abs(waves.mean()) < 0.1
        assert np.abs(np.diff(waves, axis=2)).mean() < 0.4 * np.abs(waves).mean()
    # The correlation of so many independent pairs has a deviation of 4 %.
    assert abs(np.corrcoef(y[:, 2, 2], x[:, 2, 2])[0, 1]) < 0.13


@pytest.mark.parametrize("black", [0.0, 20.0])
def test_brightness_is_the_logarithm_of_a_factor_on_the_light(change, images, black):
    brighter = change(images, {"brightness": (0.7, 0.7)}, black=black)
    expected = (images - black) * np.exp(0.7) + black
    np.testing.assert_allclose(brighter, expected, rtol=1e-4, atol=1e-2)


def test_illumination_brightens_one_side_and_darkens_the_other(change):
    grey = np.full((64, 16, 16, 3), 100, np.uint8)
    logs = np.log(change(grey, {"illumination": (0.5, 0.5)})[..., 0] / 100)
    # A plane that is 0 at the centre and rises by 0.5 up to the border.
    np.testing.assert_allclose(logs, -logs[:, ::-1, ::-1], atol=1e-5)
    steps = np.gradient(logs, axis=(1, 2))
    for step in steps:
        np.testing.assert_allclose(step, step[:, :1, :1].repeat(16, 1).repeat(16, 2),
                                   atol=1e-5)  # fmt: skip
    rise_y, rise_x = (8 * step[:, 0, 0] for step in steps)
    np.testing.assert_allclose(np.hypot(rise_y, rise_x), 0.5, rtol=1e-4)
    # From all sides alike.
    quarters = np.histogram(np.arctan2(rise_y, rise_x), 4, (-np.pi, np.pi))[0]
    assert quarters.min() >= 6  # of 64: 16 expected, three deviations are 10


def test_light_and_erasing_keep_black_black(change, images):
    black = np.zeros_like(images)
    changes = {"brightness": 1.0, "illumination": 1.0, "erase": 0.3}
    np.testing.assert_array_equal(change(black, changes), 0)


@pytest.mark.parametrize("share", [0.1, 0.25, 0.5])
def test_erase_hides_that_share_behind_the_mean_of_the_image(change, images, share):
    erased = change(images, {"erase": (share, share)})
    means = images.mean(axis=(1, 2), keepdims=True)
    hidden = np.isclose(erased, means, atol=1e-3).all(axis=-1)
    kept = (erased == images).all(axis=-1)
    assert (hidden | kept).all()
    # Sides are whole pixels, and none is longer than the image.
    assert hidden.mean() == pytest.approx(share, rel=0.15)
    # One rectangle in each image, in other places: rows hidden are hidden alike.
    for mask in hidden:
        assert len(np.unique(mask[mask.any(axis=1)], axis=0)) == 1
    assert len({mask.tobytes() for mask in hidden}) > len(images) / 2
    assert hidden.any(axis=0).mean() > 0.9


def test_changes_follow_each_other_as_documented(change, images):
    """Flip, then rotation, then shift."""
    out = change(images, EXACT)
    expected = np.rot90(images[:, :, ::-1], axes=(1, 2))
    np.testing.assert_allclose(out[:, 4:, 4:], expected[:, :12, :12], atol=2e-3)


# --- Random draws --------------------------------------------------------------------


def shifts_of(change, key):
    """Vertical and horizontal shift in pixels of 64 images."""
    y, x = displacements(change, {"shift": 0.25}, [key])
    return y[:, 2, 2], x[:, 2, 2]


def test_draws_are_uniform_over_the_range(change):
    y, x = np.concatenate([shifts_of(change, key) for key in range(40)], axis=1)
    for values in (y, x):
        assert np.abs(values).max() <= 4 + 1e-4
        counts, _ = np.histogram(values, bins=8, range=(-4, 4))
        # 2560 draws: five standard deviations of a bin.
        np.testing.assert_allclose(counts, 320, atol=5 * np.sqrt(320))
    assert abs(np.corrcoef(y, x)[0, 1]) < 0.1


def test_draws_are_independent_between_rows_and_steps(change):
    draws = np.array([shifts_of(change, key)[0] for key in range(40)])
    # Twice the 1 % limit of a correlation of that many pairs of independent values.
    neighbours = np.corrcoef(draws[:, :-1].ravel(), draws[:, 1:].ravel())[0, 1]
    steps = np.corrcoef(draws[:-1].ravel(), draws[1:].ravel())[0, 1]
    assert abs(neighbours) < 0.1
    assert abs(steps) < 0.1
    assert len(np.unique(draws)) > 0.99 * draws.size


def test_the_same_key_repeats_the_draws(change):
    np.testing.assert_array_equal(shifts_of(change, 7), shifts_of(change, 7))

"""The parameter `augment`: what the changes do, whom they reach, and the seeds."""

import numpy as np
import pytest
from sklearn.base import clone

from sknets import SmallCNNClassifier
from sknets._images import whitening
from sknets._images.augment import settled
from sknets._training.tensorflow import program
from tests.networks import assert_same_weights


@pytest.fixture(scope="module")
def images():
    """Random colour images, 64 of 16 x 16, as bytes."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (64, 16, 16, 3), dtype=np.uint8)


def fit(X, y, augment, **params):
    """A quick fit; all of them share two programs, with and without changes."""
    defaults = {"epochs": 2, "batch_size": 16, "random_state": 0, "dropout": 0.0}
    return SmallCNNClassifier((4,), augment=augment, **{**defaults, **params}).fit(X, y)


@pytest.fixture(scope="module")
def task(images):
    """The images and three classes for them."""
    return images, np.arange(len(images)) % 3


def same_weights(a, b):
    return all(
        np.array_equal(*pair) for pair in zip(a.weights_, b.weights_, strict=True)
    )


# --- In fit --------------------------------------------------------------------------


@pytest.mark.parametrize("augment", [{}, {"shift": 0, "flip": 0}, False])
def test_ranges_of_zero_are_no_augmentation(task, augment):
    assert_same_weights(fit(*task, augment), fit(*task, None))


def test_negligible_ranges_give_the_bits_of_no_augmentation(task):
    """They run in the program that changes images, and change none."""
    assert_same_weights(fit(*task, {"erase": (0, 1e-9)}), fit(*task, None))


def test_a_seed_repeats_and_seeds_differ(task):
    augment = {"shift": 0.2, "erase": 0.2}
    first = fit(*task, augment)
    assert_same_weights(first, fit(*task, augment))
    assert not same_weights(first, fit(*task, None))
    # The same first weights and order of rows: what differs are the changes.
    assert not same_weights(first, fit(*task, {"shift": 0.1, "erase": 0.2}))
    assert not same_weights(first, fit(*task, augment, random_state=1))


def test_all_ranges_share_one_program(task):
    fit(*task, {"shift": 0.2})
    before = program.training_program.cache_info().misses
    for augment in (True, {"rotation": 0.1}, {"flip": True, "erase": (0.1, 0.2)}):
        fit(*task, augment)
    assert program.training_program.cache_info().misses == before


@pytest.fixture
def random_start(monkeypatch):
    """First kernels that do not follow the images, which may be mirrored ones."""
    monkeypatch.setattr(
        whitening, "whitening_kernel", lambda images, weights, kernel: kernel
    )


def test_only_training_rows_are_changed(task, random_start):
    """Training on mirrored images: those predict like the originals at validation."""
    X, y = task
    mirrored = X[:, :, ::-1]
    est = fit(X, y, {"flip": 1.0}, epochs=1, average_mirrored=False)
    plain = fit(mirrored, y, None, epochs=1)
    assert_same_weights(est, plain)
    np.testing.assert_array_equal(est.predict_proba(X), plain.predict_proba(X))


def test_validation_rows_are_not_changed(task, random_start):
    X, y = task
    flipped = SmallCNNClassifier((4,), 0.0, augment={"flip": 1.0}, epochs=2,
                                 average_mirrored=False, batch_size=16,
                                 random_state=0)  # fmt: skip
    flipped.fit(X, y, X_val=X[:20], y_val=y[:20])
    plain = clone(flipped).set_params(augment=None)
    plain.fit(X[:, :, ::-1], y, X_val=X[:20], y_val=y[:20])
    assert flipped.history_ == plain.history_


def test_padding_rows_of_the_last_batch_do_not_count(task, random_start):
    X, y = task
    est = fit(X[:50], y[:50], {"flip": 1.0})
    assert_same_weights(est, fit(X[:50, :, ::-1], y[:50], None))


def test_warm_start_and_partial_fit_go_on_with_other_draws(task):
    X, y = task
    est = fit(X, y, {"shift": 0.2}, epochs=1, warm_start=True)
    est.set_params(augment={"flip": 1.0}).fit(X, y)
    plain = fit(X, y, {"shift": 0.2}, epochs=1, warm_start=True)
    plain.set_params(augment=None).fit(X[:, :, ::-1], y)
    assert est.n_iter_ == 2
    assert_same_weights(est, plain)
    est.partial_fit(X, y)
    plain.partial_fit(X[:, :, ::-1], y)
    assert_same_weights(est, plain)


def test_flat_rows_and_floats_are_images_too(task):
    X, y = task
    augment = {"shift": 0.2, "rotation": 0.1}
    flat = fit(X.reshape(len(X), -1), y, augment, image_shape=(16, 16, 3))
    assert_same_weights(fit(X, y, augment), flat)
    floats = fit(X.astype(np.float32), y, augment)
    assert same_weights(floats, flat)


def test_light_is_counted_from_the_lowest_value_of_the_pixels(task):
    """Bytes from -128 on are the same pictures as bytes from 0 on."""
    X, y = task
    signed = (X.astype(np.int16) - 128).astype(np.int8)
    augment = {"brightness": 0.5, "illumination": 0.5}
    for one, other in zip(
        fit(X, y, augment).weights_, fit(signed, y, augment).weights_, strict=True
    ):
        np.testing.assert_allclose(one, other, atol=1e-4)


def test_an_outlier_below_zero_is_not_taken_for_black(task):
    """One pixel of -1000 among standard normal ones."""
    X, y = task
    X = np.random.default_rng(0).standard_normal(X.shape)
    signs = X + 2.0 * (y[:, None, None, None] - 1)
    signs[0, 0, 0, 0] = -1000.0
    net = fit(signs, y, {"brightness": 0.3}, epochs=15)
    assert net._black() == -2.0
    assert net.score(signs, y) > 0.9


@pytest.mark.parametrize(
    ("shape", "changes"),
    [((8, 8, 1), True), ((7, 8, 1), False), ((1, 31, 1), False)],
)
def test_auto_leaves_tiny_images_and_short_signals_alone(shape, changes):
    assert (settled("auto", shape, 0.0) is not None) == changes
    assert settled(True, shape, 0.0) is not None


# --- Errors --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("augment", "message"),
    [
        ({"shfit": 0.1}, r"unknown entry 'shfit'; valid are 'shift', 'rotation', "),
        ({"shift": "far"}, r"augment\['shift'\] must be a pair .* or a number r"),
        ({"shift": (0.2, 0.1)}, r"augment\['shift'\] .* got \(0.2, 0.1\)"),
        ({"shift": (0.1, 0.2, 0.3)}, r"augment\['shift'\] must be a pair"),
        (
            {"rotation": 15},
            r"augment\['rotation'\] must be a pair .* of full turns \(0.05 is 18 "
            r"degrees\) between -1 and 1",
        ),
        ({"zoom": 1.5}, r"augment\['zoom'\] .* -0.9 and 9, .* \(-r, r\); got 1.5"),
        ({"zoom": np.nan}, r"augment\['zoom'\] .* got nan"),
        ({"flip": "both"}, r"augment\['flip'\] must be True, False or a probability"),
        ({"flip": (0, 1)}, r"augment\['flip'\] must be True, False or a probability"),
        (
            {"brightness": 5},
            r"augment\['brightness'\] .* logarithms of a factor .* between -3 and 3",
        ),
        ({"illumination": -1}, r"augment\['illumination'\] .* for \(0, r\); got -1"),
        ({"erase": True}, r"augment\['erase'\] .* for \(0, r\); got True"),
        ({"unchanged": 1.5}, r"augment\['unchanged'\] must be a share of the images"),
        ({"unchanged": True}, r"augment\['unchanged'\] must be a share .* got True"),
        (
            {"refine": -0.1},
            r"augment\['refine'\] must be a share of the epochs .* -0.1",
        ),
        ("strong", r"'augment' parameter of SmallCNNClassifier must be"),
    ],
)
def test_what_cannot_be_is_an_error_that_names_the_entry(task, augment, message):
    with pytest.raises(ValueError, match=message):
        fit(*task, augment)


def test_flip_true_is_one_half():
    one, other = (settled({"flip": p}, (16, 16, 1), 0.0) for p in (True, 0.5))
    np.testing.assert_array_equal(one.ranges, other.ranges)


def test_augment_in_numpy_types():
    shape = (8, 8, 1)
    for given, same in [
        (np.True_, True),
        ({"flip": np.True_}, {"flip": True}),
        ({"shift": np.array([-0.1, 0.2])}, {"shift": (-0.1, 0.2)}),
        ({"zoom": np.float32(0.25)}, {"zoom": 0.25}),
        ({"zoom": np.array(0.25)}, {"zoom": 0.25}),
    ]:
        found, expected = settled(given, shape, 0.0), settled(same, shape, 0.0)
        np.testing.assert_array_equal(found.ranges, expected.ranges)
    assert settled(np.False_, shape, 0.0) is None
    with pytest.raises(ValueError, match=r"augment\['shift'\] must be a pair"):
        settled({"shift": np.zeros(3)}, shape, 0.0)

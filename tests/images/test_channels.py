"""Warnings of channels, or of nearly all pixels, that are next to constant."""

import functools
import re

import numpy as np
import pytest
import scipy.sparse as sp

from sknets import SmallCNNClassifier
from sknets._core import scaling
from sknets._images.channels import warn_of_lost_contrast


@pytest.fixture
def images():
    """30 images of 6 x 5 pixels: a height in metres, an index, a constant."""
    rng = np.random.default_rng(0)
    height = rng.normal(3000, 500, (30, 6, 5))
    index = rng.normal(0, 0.3, (30, 6, 5))
    return np.stack([height, index, np.full_like(height, 7)], axis=-1)


@pytest.mark.parametrize(
    "convert", [lambda X: X, sp.csr_array], ids=["array", "sparse"]
)
def test_a_channel_of_smaller_units_is_a_warning(images, convert):
    flat = images.reshape(30, -1)
    spread, of_all = images[..., 1].std(), images.std()
    message = f"Channel 1 of X has a standard deviation of {spread:.3g}, and all pixels"
    with pytest.warns(UserWarning, match=re.escape(message)) as caught:
        warn_of_lost_contrast(convert(flat), np.arange(30), 3)
    assert f"together have {of_all:.3g}." in str(caught[0].message)


@pytest.mark.parametrize(
    "change",
    [
        lambda X: X * [1, 1000, 1],  # alike, beside a constant one
        lambda X: X[..., [0]],
        lambda X: X[:5],  # too few to tell
        lambda X: X * 1e300,  # squares of which are infinite
    ],
    ids=["alike", "grey", "few", "huge"],
)
def test_other_channels_are_none(images, change):
    X = change(images)
    warn_of_lost_contrast(X, np.arange(len(X)), X.shape[-1])


def test_only_the_rows_of_the_index_count(images):
    images[:5] = 1e6
    images[..., 1] *= 1000
    warn_of_lost_contrast(images, np.arange(5, 30), 3)


# --- One value far from all others ---------------------------------------------------

look = functools.partial(warn_of_lost_contrast, index=np.arange(30), n_channels=1)


@pytest.fixture
def heights():
    """30 images of 6 x 5 pixels."""
    return np.linspace(900, 100, 900).round().reshape(30, 6, 5)


def changed(images, value):
    """The images with one percent of their pixels at another value."""
    images = images.copy()
    images.flat[50::100] = value
    return images


@pytest.mark.parametrize(
    ("value", "dtype", "shown"),
    [
        (-32768, np.int16, "-32768"),
        (-9999, np.float32, "-9999"),
        (65535, np.uint16, "65535"),
        (-(2.0**127), np.float32, "-1.7014118346046923e+38"),
        (1e308, np.float64, "1e+308"),
    ],
)
@pytest.mark.parametrize("convert", [np.asarray, sp.csr_array], ids=["array", "sparse"])
def test_a_value_far_from_all_others_is_a_warning(
    heights, value, dtype, shown, convert, monkeypatch
):
    monkeypatch.setattr(scaling, "BLOCK_VALUES", 150)  # blocks of five rows
    X = changed(heights, value).astype(dtype).reshape(30, -1)
    message = (
        f"1 percent of the pixels of X are {shown}, and all others lie between 100 and "
        "900."
    )
    with pytest.warns(UserWarning, match=re.escape(message)) as caught:
        look(convert(X))
    assert f"np.where(X == {shown}, 100, X)" in str(caught[0].message)
    found = np.where(float(shown) == X, 100, X)
    np.testing.assert_array_equal(found, changed(heights, 100).reshape(30, -1))


@pytest.mark.parametrize(
    "change",
    [
        lambda X: changed(X, -900),  # not so far
        lambda X: changed(X, 500),
        lambda X: changed(X * 0, 1e6),  # a mask: all others are equal
        lambda X: changed(X / 8, 255).astype(np.uint8),
        lambda X: np.where(X < 800, -9999, X),  # the background of most
        lambda X: np.concatenate([changed(X, -9999), X - 5000]),  # and others between
        lambda X: np.append(X, 5000).reshape(1, -1),
    ],
    ids=["near", "within", "mask", "bytes", "background", "between", "few"],
)
def test_other_values_are_not_far(heights, change):
    X = change(heights)
    look(X, index=np.arange(len(X)))


def test_rows_without_weight_have_no_part_in_far_values(heights):
    heights[:5] = -32768
    look(heights, index=np.arange(5, 30))


def test_far_values_are_told_before_the_channels_that_they_rule(images):
    images[0, 0, 0] = -1e6
    with pytest.warns(UserWarning, match="of the pixels of X are -1000000") as caught:
        warn_of_lost_contrast(images[:10, :2], np.arange(10), 3)
    assert len(caught) == 1


def test_a_fit_tells_of_a_far_value(heights):
    net = SmallCNNClassifier((2,), epochs=1, augment=None)
    with pytest.warns(UserWarning, match="1 percent of the pixels of X are -9999, and"):
        net.fit(changed(heights, -9999), np.arange(30) % 2)

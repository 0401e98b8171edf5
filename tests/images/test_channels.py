"""Warnings of channels that are next to constant beside the others."""

import re

import numpy as np
import pytest
import scipy.sparse as sp

from sknets._images.channels import warn_of_lost_channel


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
        warn_of_lost_channel(convert(flat), np.arange(30), 3)
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
    warn_of_lost_channel(X, np.arange(len(X)), X.shape[-1])


def test_only_the_rows_of_the_index_count(images):
    images[:5] = 1e6
    images[..., 1] *= 1000
    warn_of_lost_channel(images, np.arange(5, 30), 3)

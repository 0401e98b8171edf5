"""What the displays share: axes and images."""

import builtins
import subprocess
import sys

import numpy as np
import pytest
from matplotlib import pyplot as plt
from numpy.testing import assert_allclose, assert_array_equal

from sknets.display import (
    FiltersDisplay,
    ImageGridDisplay,
    SaliencyDisplay,
    TrainingCurvesDisplay,
)
from sknets.display._plotting import (
    as_images,
    grid_of_axes,
    one_axes,
    show_image,
)


def test_import_without_matplotlib():
    code = (
        "import sys, sknets; assert 'sknets.display' not in sys.modules; "
        "sknets.display.ImageGridDisplay; "
        "assert not {'matplotlib', 'tensorflow', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("caller", "draw"),
    {
        "TrainingCurvesDisplay.from_history": TrainingCurvesDisplay.from_history,
        "ImageGridDisplay.from_samples": ImageGridDisplay.from_samples,
        "FiltersDisplay.from_estimator": FiltersDisplay.from_estimator,
        "SaliencyDisplay.plot": lambda x: SaliencyDisplay(x, x).plot(),
    }.items(),
)
def test_missing(caller, draw, monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.split(".")[0] == "matplotlib":
            raise ImportError("No module named 'matplotlib'")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    message = rf"{caller} requires matplotlib.*pip install matplotlib"
    with pytest.raises(ImportError, match=message):
        draw(np.zeros((2, 2, 1)))


# --- Axes ----------------------------------------------------------------------------


def test_a_new_grid_is_filled_row_by_row_and_no_wider_than_its_plots():
    axes = grid_of_axes(None, 5, 3, (2.0, 1.5), gaps=(0, 0))
    places = [ax.get_subplotspec() for ax in axes]
    assert [(p.rowspan.start, p.colspan.start) for p in places] == [
        (0, 0), (0, 1), (0, 2), (1, 0), (1, 1),
    ]  # fmt: skip
    assert_allclose(axes[0].figure.get_size_inches(), (3 * 2.0, 2 * 1.5))
    (one,) = grid_of_axes(None, 1, 5, (2.0, 1.5), gaps=(0, 0))
    assert_allclose(one.figure.get_size_inches(), (2.0, 1.5))


def test_a_grid_in_the_place_of_axes_leaves_the_gaps_in_inches():
    figure, ax = plt.subplots(figsize=(6, 4))
    figure.subplots_adjust(0, 0, 1, 1)
    place = ax.get_window_extent().padded(0.5)
    axes = grid_of_axes(ax, 6, 3, (1, 1), gaps=(0.5, 0.25))
    first, beside, _, below, *_ = (one.get_window_extent() for one in axes)
    assert not ax.axison
    assert 0.5 <= (beside.x0 - first.x1) / figure.dpi < 0.6
    assert 0.25 <= (first.y0 - below.y1) / figure.dpi < 0.3
    for one in axes:
        box = one.get_window_extent()
        assert place.x0 <= box.x0 < box.x1 <= place.x1
        assert place.y0 <= box.y0 < box.y1 <= place.y1


def test_axes_given_are_used_as_they_are():
    _, given = plt.subplots(2, 2)
    assert list(grid_of_axes(given, 4, 1, (1, 1), (0, 0))) == list(given.flat)
    with pytest.raises(ValueError, match="Expected ax to have 3 axes, got 4"):
        grid_of_axes(given, 3, 1, (1, 1), (0, 0))
    assert one_axes(given[0, 0], (1, 1)) is given[0, 0]
    with pytest.raises(TypeError, match="ax must be one Axes; got ndarray"):
        one_axes(given, (1, 1))


# --- Images --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "image_shape", "expected"),
    [
        ((2, 9), None, (3, 3, 1)),
        ((2, 12), None, (2, 2, 3)),
        ((2, 12), (3, 4), (3, 4, 1)),
        ((2, 12), (1, 4, 3), (1, 4, 3)),
        ((2, 3, 4), None, (3, 4, 1)),
        ((2, 3, 2, 4), None, (3, 2, 4)),
    ],
)
def test_rows_become_images_in_their_order(shape, image_shape, expected):
    X = np.arange(np.prod(shape)).reshape(shape)
    images = as_images(X, image_shape)
    assert images.shape == (2, *expected)
    assert_array_equal(images.ravel(), X.ravel())


def test_channels_that_come_first_are_moved_to_the_end():
    X = np.random.default_rng(0).random((2, 3, 4, 5))
    assert_array_equal(as_images(X, None, "first"), X.transpose(0, 2, 3, 1))


def test_colours_are_scaled_to_the_limits_and_kept_within():
    ax = plt.subplots()[1]
    image = np.array([[[-10, 0, 10], [20, 30, 40]]], np.int8)
    drawn = show_image(ax, image, (0, 20), "gray", None)
    assert_array_equal(drawn.get_array(), [[[0, 0, 0.5], [1, 1, 1]]])
    assert len(ax.get_xticks()) == len(ax.get_yticks()) == 0

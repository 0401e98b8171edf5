"""What the displays share: axes and images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.utils import check_array

from .._containers import as_numbers
from .._dask import kind_of
from .._images.shapes import settle_image_shape, to_images


def check_matplotlib_support(caller: str) -> None:
    """Raise an ImportError that says how to install matplotlib, if it is missing.

    Parameters
    ----------
    caller : str
        What needs it, such as "ImageGridDisplay.plot".
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ImportError(
            f"{caller} requires matplotlib. You can install it with "
            "`pip install matplotlib`."
        ) from error


# --- Axes ----------------------------------------------------------------------------


def one_axes(ax: Any, size: tuple[float, float]) -> Any:
    """Return `ax`, or the axes of a new figure of this size in inches for None."""
    import matplotlib.pyplot as plt

    if ax is None:
        # "compressed" makes colour bars as high as images of a fixed aspect.
        return plt.subplots(figsize=size, layout="compressed")[1]
    if not isinstance(ax, plt.Axes):
        raise TypeError(f"ax must be one Axes; got {type(ax).__name__}.")
    return ax


def grid_of_axes(
    ax: Any,
    n_axes: int,
    n_cols: int,
    cell_size: tuple[float, float],
    gaps: tuple[float, float],
) -> np.ndarray:
    """Axes for a grid of plots, filled row by row.

    Parameters
    ----------
    ax : Axes, array of Axes or None
        None makes a figure; an Axes gives its place to the grid; an array is used as
        it is.
    n_axes : int
        At least 1.
    n_cols : int
    cell_size : (float, float)
        Width and height of one plot in inches, in a new figure.
    gaps : (float, float)
        Room to leave between plots in the place of an Axes, in inches: beside them
        for labels, and between rows for titles.

    Returns
    -------
    ndarray of Axes of shape (n_axes,)
    """
    import matplotlib.pyplot as plt

    n_rows, n_cols = grid_shape(n_axes, n_cols)
    figure: Any
    if ax is None:
        size = (n_cols * cell_size[0], n_rows * cell_size[1])
        figure = plt.figure(figsize=size, layout="constrained")
        grid = figure.add_gridspec(n_rows, n_cols)
    elif isinstance(ax, plt.Axes):
        figure, grid = ax.figure, _grid_in(ax, n_rows, n_cols, gaps)
    else:
        return _given_axes(ax, n_axes)
    return _object_array(
        [figure.add_subplot(grid[divmod(i, n_cols)]) for i in range(n_axes)]
    )


def grid_shape(n_plots: int, n_cols: int) -> tuple[int, int]:
    """Rows and columns of a grid of so many plots, `n_cols` at most in a row."""
    if n_cols < 1:
        raise ValueError(f"n_cols must be at least 1; got {n_cols!r}.")
    n_cols = min(n_cols, n_plots)
    return math.ceil(n_plots / n_cols), n_cols


def _grid_in(ax: Any, n_rows: int, n_cols: int, gaps: tuple[float, float]) -> Any:
    """A grid in the place of `ax`, which is hidden."""
    spec = ax.get_subplotspec()
    if spec is None or not ax.axison:
        raise ValueError(
            "ax must be an Axes made by plt.subplots or add_subplot, not yet used by "
            "another display; to draw again, pass ax=display.axes_."
        )
    ax.set_axis_off()
    if ax.figure.get_layout_engine() is not None:  # which makes room by itself
        return spec.subgridspec(n_rows, n_cols)
    # In units of the plots, which gaps never shrink below a quarter of their room.
    cells = inches(ax) / (n_cols, n_rows)
    wspace, hspace = gaps / np.maximum(cells - gaps, cells / 4)
    return spec.subgridspec(n_rows, n_cols, wspace=wspace, hspace=hspace)


def inches(ax: Any) -> np.ndarray:
    """Width and height of axes."""
    return ax.get_window_extent().size / ax.figure.dpi


def _given_axes(ax: Any, n_axes: int) -> np.ndarray:
    axes = _object_array(np.ravel(np.asarray(ax, dtype=object)))
    if len(axes) != n_axes:
        raise ValueError(f"Expected ax to have {n_axes} axes, got {len(axes)}.")
    return axes


def _object_array(items: Sequence[Any] | np.ndarray) -> np.ndarray:
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array


# --- Images --------------------------------------------------------------------------


def as_images(X: Any, image_shape: Any = None, channels: str = "last") -> np.ndarray:
    """Images or flat rows as an array of shape (n_samples, height, width, channels).

    Raises
    ------
    ValueError
        If rows are no square images and `image_shape` is None, or if images cannot
        be shown for their number of channels.
    """
    # Images in a list, a Series or a frame are stacked, as the estimators do.
    pixels = X if kind_of(X) else as_numbers(X)
    pixels = check_array(pixels, allow_nd=True, input_name="X")
    if pixels.ndim > 4:
        raise ValueError(
            "X must have flat rows (n_samples, n_features), or images (n_samples, "
            f"height, width[, channels]); found an array of shape {pixels.shape}."
        )
    shape = settle_image_shape(pixels.shape[1:], image_shape, channels)
    if pixels.ndim == 2 and image_shape is None and shape[0] == 1 < shape[1]:
        raise ValueError(
            f"X has rows of {pixels.shape[1]} pixels, which are no square image; give "
            "image_shape=(height, width) or (height, width, channels)."
        )
    if shape[2] not in (1, 3, 4):
        raise ValueError(
            "Images must have 1 channel (grey), 3 (RGB) or 4 (RGBA) to be shown; "
            f"found {shape[2]}."
        )
    return to_images(pixels, shape, channels)


def show_image(
    ax: Any, image: np.ndarray, limits: tuple[float, float], cmap: Any, im_kw: Any
) -> Any:
    """Draw one image of shape (height, width, channels) without ticks.

    `limits` are the pixel values shown in the first and the last colour of `cmap`,
    or as 0 and 1 of the channels of a colour image.
    """
    ax.set(xticks=[], yticks=[])
    if image.shape[2] > 1:
        low, high = limits
        colours = np.clip((image - np.float64(low)) / (high - low), 0, 1)
        return ax.imshow(colours, **(im_kw or {}))
    kw = {"cmap": cmap, "vmin": limits[0], "vmax": limits[1], **(im_kw or {})}
    return ax.imshow(image[:, :, 0], **kw)

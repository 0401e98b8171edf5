"""What the displays share: axes, images, and the estimators they look into."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from .._containers import as_numbers
from .._core import scaling
from .._dask import kind_of
from .._images.shapes import settle_image_shape, to_images
from ._text import FONT_SIZE, text_size


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

    if n_cols < 1:
        raise ValueError(f"n_cols must be at least 1; got {n_cols!r}.")
    n_cols = min(n_cols, n_axes)
    n_rows = math.ceil(n_axes / n_cols)
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


def caption_size(captions: Sequence[str]) -> tuple[float, float]:
    """Inches that the widest and the highest caption take, with the space around."""
    width, n_lines = text_size(captions)
    return width, (1.2 * FONT_SIZE * n_lines + 14) / 72


def percent(probability: float) -> str:
    """A probability in percent that never reads 100 % if it is less."""
    return "> 99 %" if 0.995 <= probability < 1 else f"{100 * probability:.0f} %"


# --- Estimators ----------------------------------------------------------------------


def fitted_estimator(estimator: Any) -> Any:
    """The best estimator of a search, or what is given; checked to be fitted."""
    check_is_fitted(estimator)
    return getattr(estimator, "best_estimator_", estimator)


def last_step(estimator: Any) -> Any:
    """The last step of a Pipeline or of the best one of a search."""
    estimator = fitted_estimator(estimator)
    return last_step(estimator[-1]) if isinstance(estimator, Pipeline) else estimator


def image_network(estimator: Any, caller: str) -> Any:
    """The fitted network of sknets in `estimator`, checked not to be one for text."""
    net = last_step(estimator)
    if not hasattr(net, "network_"):
        raise TypeError(
            f"{caller} needs a DenseNetClassifier or SmallCNNClassifier, or a Pipeline "
            f"or search of one; got {type(net).__name__}."
        )
    if net._network.takes_tokens:
        raise TypeError(
            f"{caller} needs a network whose input is images; {type(net).__name__} "
            "takes texts."
        )
    return net


def network_rows(estimator: Any, X: Any, net: Any) -> np.ndarray:
    """One image as `net` gets it: one unscaled row, after the steps before `net`.

    `X` is one image of any layout that the estimator takes, alone or as a batch of
    one. Returns an array whose first axis has length one.
    """
    estimator = fitted_estimator(estimator)
    rows = _batch_of_one(X, estimator.n_features_in_)
    if isinstance(estimator, Pipeline) and len(estimator) > 1:
        rows = estimator[:-1].transform(rows)
    rows = net._check_X(rows, reset=False)
    return rows.toarray() if hasattr(rows, "toarray") else rows


def _batch_of_one(X: Any, n_features: int) -> Any:
    if not hasattr(X, "shape"):
        X = np.asarray(X)
    if math.prod(X.shape) != n_features:
        raise ValueError(
            f"X must be one image of {n_features} pixels; found an array of shape "
            f"{tuple(X.shape)}."
        )
    is_batch = X.ndim > 1 and X.shape[0] == 1
    return X if is_batch else np.asarray(X)[np.newaxis]


def scaled_rows(net: Any, rows: np.ndarray) -> np.ndarray:
    """Rows as the first layer of `net` gets them."""
    flat = scaling.apply(scaling.dense_rows(rows, slice(None)), net.input_scaling_)
    return flat.reshape(len(flat), *net._input_shape())


def fitted_layout(fitted: Any, X: Any) -> tuple[Any, str]:
    """Image shape and place of the channels that a step of `fitted` has settled."""
    steps = [s for _, s in fitted.steps] if isinstance(fitted, Pipeline) else [fitted]
    n_features = math.prod(np.shape(X)[1:])
    for step in steps:
        shape = getattr(step, "image_shape_", (1,))
        # A height of 1 is what rows get that are not known to be images.
        if shape[0] > 1 and math.prod(shape) == n_features:
            return shape, getattr(step, "input_channels", "last")
    return None, "last"

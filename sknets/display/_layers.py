"""FiltersDisplay and FeatureMapsDisplay: what convolutions look for and find."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._core.layers import Conv
from .._core.network import Network
from ._fitted import image_network, network_rows, scaled_rows
from ._plotting import check_matplotlib_support, grid_shape, one_axes
from ._text import FONT_SIZE

# Space between two tiles, relative to the width of one.
GAP = 0.12


class _TilesDisplay:
    """Small pictures side by side in one axes, row by row, with common colours."""

    def _plot(self, tiles, limits, title, label, n_cols, colorbar, ax, im_kw):
        check_matplotlib_support(f"{type(self).__name__}.plot")
        shape = grid_shape(len(tiles), n_cols)
        height = tiles.shape[1] / tiles.shape[2] * shape[0] / shape[1]
        self.ax_ = one_axes(ax, (6.5, min(max(5.2 * height, 1.2), 8.0)))
        self.figure_ = self.ax_.figure
        self.images_ = _draw_tiles(self.ax_, tiles, limits, shape, im_kw)
        if not self.ax_.get_title():
            self.ax_.set_title(title, fontsize=FONT_SIZE + 1)
        self.colorbar_ = None
        if colorbar and tiles[0].ndim == 2:
            self.colorbar_ = self.figure_.colorbar(
                self.images_[0], ax=self.ax_, label=label
            )
        return self


class FiltersDisplay(_TilesDisplay):
    """Filters of the first convolution: the patterns of pixels that it answers to.

    It is recommended to use :meth:`from_estimator` to create a display.

    Parameters
    ----------
    filters : ndarray of shape (height, width, channels, n_filters)
        Weights of the filters, for 1 channel or 3, as in the `weights_` of the
        estimator.

    Attributes
    ----------
    ax_ : Axes
        Axes with the filters, row by row.
    figure_ : Figure
        Figure that contains the axes.
    images_ : ndarray of AxesImage of shape (n_filters,)
        The drawn filters.
    colorbar_ : Colorbar or None
        Scale of the weights; None for filters in colour.

    See Also
    --------
    FeatureMapsDisplay : What a convolution makes of an image.

    Notes
    -----
    The weights of one channel share one scale around zero. Those of three channels
    are shown as RGB colours, in which zero is middle grey.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sknets import SmallCNNClassifier
    >>> from sknets.display import FiltersDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> net = SmallCNNClassifier(width=(16, 32), epochs=1, random_state=0).fit(X, y)
    >>> display = FiltersDisplay.from_estimator(net)
    >>> len(display.images_)
    16
    """

    def __init__(self, filters):
        self.filters = filters

    @classmethod
    def from_estimator(
        cls, estimator, *, n_cols=8, cmap="RdBu_r", colorbar=True, ax=None, im_kw=None
    ):
        """Plot the filters of a fitted network.

        Parameters
        ----------
        estimator : SmallCNNClassifier
            Fitted network, or a Pipeline or search of one.
        n_cols : int, default=8
            Most filters in one row.
        cmap : str or Colormap, default="RdBu_r"
            Colours of filters of one channel; the middle one stands for zero.
        colorbar : bool, default=True
            Whether to add a scale of the weights.
        ax : Axes, default=None
            Axes to draw in. None makes a figure.
        im_kw : dict, default=None
            Keywords for `matplotlib.axes.Axes.imshow`.

        Returns
        -------
        display : FiltersDisplay
            The display, drawn.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        TypeError
            If it is no network for images, or has no convolution.
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        net = image_network(estimator, cls.__name__)
        _convolutions(net, cls.__name__)
        return cls(net.weights_[0]).plot(
            n_cols=n_cols, cmap=cmap, colorbar=colorbar, ax=ax, im_kw=im_kw
        )

    def plot(self, *, n_cols=8, cmap="RdBu_r", colorbar=True, ax=None, im_kw=None):
        """Plot the filters.

        Parameters
        ----------
        n_cols : int, default=8
            Most filters in one row.
        cmap : str or Colormap, default="RdBu_r"
            Colours of filters of one channel; the middle one stands for zero.
        colorbar : bool, default=True
            Whether to add a scale of the weights.
        ax : Axes, default=None
            Axes to draw in. None makes a figure.
        im_kw : dict, default=None
            Keywords for `matplotlib.axes.Axes.imshow`.

        Returns
        -------
        display : FiltersDisplay
            The display itself.
        """
        n_channels = np.shape(self.filters)[2]
        if n_channels not in (1, 3):
            raise ValueError(
                "Filters must have 1 channel or 3 (RGB) to be shown; found "
                f"{n_channels}. Show one channel with "
                "FiltersDisplay(net.weights_[0][:, :, [channel]]).plot()."
            )
        tiles = np.moveaxis(np.asarray(self.filters), -1, 0)
        # An epsilon, so that weights that are all zero have a scale, too.
        top = float(max(np.abs(tiles).max(), np.finfo(np.float32).eps))
        tiles = tiles[..., 0] if n_channels == 1 else 0.5 + tiles / (2 * top)
        kw = {"cmap": cmap, **(im_kw or {})}
        title = f"{_count(tiles, 'filter')} of {tiles.shape[1]} x {tiles.shape[2]}"
        return self._plot(tiles, (-top, top), title, "weight", n_cols, colorbar, ax, kw)


class FeatureMapsDisplay(_TilesDisplay):
    """Feature maps of one image: where each filter of a convolution found its pattern.

    It is recommended to use :meth:`from_estimator` to create a display.

    Parameters
    ----------
    feature_maps : ndarray of shape (height, width, n_filters)
        Values of each filter, after its activation and before pooling. In a network
        with `normalization` they are those before it and the activation.

    Attributes
    ----------
    ax_ : Axes
        Axes with the feature maps, row by row.
    figure_ : Figure
        Figure that contains the axes.
    images_ : ndarray of AxesImage of shape (n_filters,)
        The drawn feature maps.
    colorbar_ : Colorbar or None
        Scale of the values.

    See Also
    --------
    FiltersDisplay : The filters of the first convolution.
    SaliencyDisplay : Which pixels the prediction depends on.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sknets import SmallCNNClassifier
    >>> from sknets.display import FeatureMapsDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> net = SmallCNNClassifier(width=(16, 32), epochs=1, random_state=0).fit(X, y)
    >>> FeatureMapsDisplay.from_estimator(net, X[0]).feature_maps.shape
    (8, 8, 16)
    >>> FeatureMapsDisplay.from_estimator(net, X[0], layer=1).feature_maps.shape
    (4, 4, 32)
    """

    def __init__(self, feature_maps):
        self.feature_maps = feature_maps

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        *,
        layer=0,
        n_cols=8,
        cmap="viridis",
        colorbar=True,
        ax=None,
        im_kw=None,
    ):
        """Plot the feature maps of an image.

        Parameters
        ----------
        estimator : SmallCNNClassifier
            Fitted network, or a Pipeline or search of one.
        X : array-like
            One image as the estimator takes it, such as ``X[0]`` or ``X[:1]``.
        layer : int, default=0
            Which convolution, counted from 0; -1 is the last.
        n_cols : int, default=8
            Most feature maps in one row.
        cmap : str or Colormap, default="viridis"
            Colours of the values.
        colorbar : bool, default=True
            Whether to add a scale of the values.
        ax : Axes, default=None
            Axes to draw in. None makes a figure.
        im_kw : dict, default=None
            Keywords for `matplotlib.axes.Axes.imshow`.

        Returns
        -------
        display : FeatureMapsDisplay
            The display, drawn.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        TypeError
            If it is no network for images, or has no convolution.
        ValueError
            If X is not one image, or there is no such layer.
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        net = image_network(estimator, cls.__name__)
        convolutions = _convolutions(net, cls.__name__)
        if not -len(convolutions) <= layer < len(convolutions):
            raise ValueError(
                f"layer must be the number of one of the {len(convolutions)} "
                f"convolutions, counted from 0; got {layer!r}."
            )
        images = scaled_rows(net, network_rows(estimator, X, net))
        # Without the layers that follow, the convolution pools nothing, either.
        layers = net._network.layers[: convolutions[layer] + 1]
        network = Network(layers, net._network.input_shape)
        n_weights = len(network.weights())
        feature_maps = network.predict(net.weights_[:n_weights], images)[0]
        return cls(feature_maps).plot(
            n_cols=n_cols, cmap=cmap, colorbar=colorbar, ax=ax, im_kw=im_kw
        )

    def plot(self, *, n_cols=8, cmap="viridis", colorbar=True, ax=None, im_kw=None):
        """Plot the feature maps.

        Parameters
        ----------
        n_cols : int, default=8
            Most feature maps in one row.
        cmap : str or Colormap, default="viridis"
            Colours of the values.
        colorbar : bool, default=True
            Whether to add a scale of the values.
        ax : Axes, default=None
            Axes to draw in. None makes a figure.
        im_kw : dict, default=None
            Keywords for `matplotlib.axes.Axes.imshow`.

        Returns
        -------
        display : FeatureMapsDisplay
            The display itself.
        """
        tiles = np.moveaxis(np.asarray(self.feature_maps), -1, 0)
        limits = (min(0.0, float(tiles.min())), float(tiles.max()))
        kw = {"cmap": cmap, **(im_kw or {})}
        size = f"{tiles.shape[1]} x {tiles.shape[2]}"
        title = f"{_count(tiles, 'feature map')} of {size}"
        return self._plot(tiles, limits, title, "activation", n_cols, colorbar, ax, kw)


def _count(tiles: np.ndarray, what: str) -> str:
    return f"{len(tiles)} {what}{'s' * (len(tiles) != 1)}"


def _convolutions(net: Any, caller: str) -> list[int]:
    """Numbers of the layers of `net` that are convolutions."""
    layers = enumerate(net._network.layers)
    numbers = [number for number, layer in layers if isinstance(layer, Conv)]
    if not numbers:
        raise TypeError(
            f"{caller} needs a network with convolutions, such as SmallCNNClassifier; "
            f"{type(net).__name__} has none."
        )
    return numbers


def _draw_tiles(
    ax: Any,
    tiles: np.ndarray,
    limits: tuple[float, float],
    grid: tuple[int, int],
    im_kw: dict[str, Any],
) -> np.ndarray:
    """Draw tiles of shape (n_tiles, height, width[, 3]) row by row in one axes."""
    n_rows, n_cols = grid
    height = tiles.shape[1] / tiles.shape[2]  # relative to the width, which is 1
    images = np.empty(len(tiles), dtype=object)
    for i, tile in enumerate(tiles):
        row, column = divmod(i, n_cols)
        left, top = column * (1 + GAP), row * (height + GAP)
        kw = {"vmin": limits[0], "vmax": limits[1], **im_kw}
        extent = (left, left + 1, top + height, top)
        images[i] = ax.imshow(tile, extent=extent, **kw)
    ax.set(
        xlim=(0, n_cols * (1 + GAP) - GAP),
        ylim=(n_rows * (height + GAP) - GAP, 0),
        aspect="equal",
    )
    ax.set_axis_off()
    return images

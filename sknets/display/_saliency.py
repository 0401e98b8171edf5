"""SaliencyDisplay: which pixels of an image the prediction depends on."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._core import scaling
from .._images.shapes import shown_range
from .._optional import needs_tensorflow
from ._fitted import image_network, network_rows
from ._plotting import as_images, check_matplotlib_support, grid_of_axes, show_image
from ._text import FONT_SIZE, caption_size, literal, percent, wrapped


class SaliencyDisplay:
    """Saliency map: how much the score of a class changes with each pixel.

    It is recommended to use :meth:`from_estimator` to create a display.

    Parameters
    ----------
    image : ndarray of shape (height, width, channels)
        The image.
    gradient : ndarray of shape (height, width, channels)
        Gradient of the score with respect to the pixels.
    target : label, default=None
        Class of the score.
    probability : float, default=None
        Probability of that class.

    Attributes
    ----------
    saliency : ndarray of shape (height, width)
        Highest absolute gradient of each pixel's channels.
    axes_ : ndarray of Axes of shape (2,)
        Axes with the image and with its saliency map.
    figure_ : Figure
        Figure that contains them.
    images_ : ndarray of AxesImage of shape (2,)
        The drawn image and saliency map.

    See Also
    --------
    FeatureMapsDisplay : What a convolution makes of an image.

    Notes
    -----
    The score is the logit, before sigmoid or softmax [1]_: for the first of two classes
    that of the second, negated. The gradient is exact.

    References
    ----------
    .. [1] Simonyan, Vedaldi and Zisserman, "Deep inside convolutional networks:
       visualising image classification models and saliency maps", ICLR workshop, 2014.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sknets import SmallCNNClassifier
    >>> from sknets.display import SaliencyDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> net = SmallCNNClassifier(width=(16, 32), epochs=3, random_state=0).fit(X, y)
    >>> display = SaliencyDisplay.from_estimator(net, X[0])
    >>> display.saliency.shape
    (8, 8)
    """

    def __init__(self, image, gradient, *, target=None, probability=None):
        self.image = image
        self.gradient = gradient
        self.target = target
        self.probability = probability

    @property
    def saliency(self):
        return np.abs(self.gradient).max(axis=2)

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        *,
        target=None,
        image_shape=None,
        cmap="gray",
        saliency_cmap="inferno",
        ax=None,
        im_kw=None,
    ):
        """Plot the saliency map of an image.

        Computing it needs TensorFlow.

        Parameters
        ----------
        estimator : SmallCNNClassifier or DenseNetClassifier
            Fitted network, or a Pipeline or search of one. Of a Pipeline, the image
            is that which the last step gets.
        X : array-like
            One image as the estimator takes it, such as ``X[0]`` or ``X[:1]``.
        target : label, default=None
            Class whose score to look at. None takes the predicted one, or the most
            probable label of a multilabel estimator.
        image_shape : (height, width) or (height, width, channels), default=None
            Shape of the image for a DenseNetClassifier where X is a flat row. None
            takes square images with one or else three channels.
        cmap : str or Colormap, default="gray"
            Colours of a grey image.
        saliency_cmap : str or Colormap, default="inferno"
            Colours of the saliency map, from zero to its highest value.
        ax : Axes or array of Axes, default=None
            Axes to draw in: one that is divided, or two. None makes a figure.
        im_kw : dict, default=None
            Keywords for `matplotlib.axes.Axes.imshow` of both.

        Returns
        -------
        display : SaliencyDisplay
            The display, drawn.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If the estimator is not fitted.
        TypeError
            If it is no network for images.
        ValueError
            If X is not one image, or target is none of the classes.
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        net = image_network(estimator, cls.__name__)
        if not hasattr(net, "classes_"):
            raise TypeError(
                f"{cls.__name__} shows the score of a class, which "
                f"{type(net).__name__} does not have; take a classifier."
            )
        rows = network_rows(estimator, X, net)
        shape = getattr(net, "image_shape_", image_shape)
        image = as_images(rows, shape)[0]
        proba = net.predict_proba(rows)[0]
        column = int(proba.argmax()) if target is None else _column(net, target)
        return cls(
            image,
            _score_gradient(net, rows, column).reshape(image.shape),
            target=net.classes_[column],
            probability=float(proba[column]),
        ).plot(cmap=cmap, saliency_cmap=saliency_cmap, ax=ax, im_kw=im_kw)

    def plot(self, *, cmap="gray", saliency_cmap="inferno", ax=None, im_kw=None):
        """Plot the image and its saliency map.

        Parameters
        ----------
        cmap : str or Colormap, default="gray"
            Colours of a grey image.
        saliency_cmap : str or Colormap, default="inferno"
            Colours of the saliency map, from zero to its highest value.
        ax : Axes or array of Axes, default=None
            Axes to draw in: one that is divided, or two. None makes a figure.
        im_kw : dict, default=None
            Keywords for `matplotlib.axes.Axes.imshow` of both.

        Returns
        -------
        display : SaliencyDisplay
            The display itself.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        image, saliency = np.asarray(self.image), self.saliency
        height, width = saliency.shape
        captions = [wrapped(self._caption()), "saliency"]
        title = caption_size(captions)[1]
        cell = (2.6, min(2.6 * height / width, 5) + title)
        self.axes_ = grid_of_axes(ax, 2, 2, cell, gaps=(0.1, title))
        self.figure_ = self.axes_[0].figure
        self.images_ = np.empty(2, dtype=object)
        limits = shown_range(image)
        self.images_[0] = show_image(self.axes_[0], image, limits, cmap, im_kw)
        self.images_[1] = show_image(
            self.axes_[1],
            saliency[..., np.newaxis],
            (0.0, saliency.max()),
            saliency_cmap,
            im_kw,
        )
        literal(
            axes.set_title(caption, fontsize=FONT_SIZE)
            for axes, caption in zip(self.axes_, captions, strict=True)
        )
        return self

    def _caption(self):
        if self.target is None:
            return "image"
        chance = "" if self.probability is None else f", {percent(self.probability)}"
        return f"class {self.target}{chance}"


def _column(net: Any, target: Any) -> int:
    """Number of the class `target`."""
    columns = np.flatnonzero(net.classes_ == target)
    if not len(columns):
        raise ValueError(
            f"target must be one of the classes {net.classes_.tolist()}; got "
            f"{target!r}."
        )
    return int(columns[0])


def _score_gradient(net: Any, rows: np.ndarray, column: int) -> np.ndarray:
    """Gradient of the score of a class with respect to one row of pixels."""
    with needs_tensorflow("The gradient of a saliency map"):
        from .._training.tensorflow.gradients import logit_gradients

    binary = net.target_type_ == "binary"
    gradient = logit_gradients(
        net._network,
        net.weights_,
        scaling.dense_rows(rows, slice(None)),
        net.input_scaling_,
        0 if binary else column,
    )[0]
    return -gradient if binary and column == 0 else gradient

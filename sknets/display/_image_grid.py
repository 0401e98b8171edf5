"""ImageGridDisplay: images with their labels and predictions."""

from __future__ import annotations

import numpy as np
from sklearn.base import is_classifier, is_regressor
from sklearn.utils import check_array, check_consistent_length

from .._images.shapes import shown_range
from .._sklearn import safe_indexing
from ._choice import (
    check_n_images,
    choose_rows,
    has_fractions,
    labels_of,
    probability_of,
    settle_classes,
    shown_names,
    target_column,
)
from ._fitted import fitted_estimator, fitted_layout
from ._plotting import (
    as_images,
    check_matplotlib_support,
    grid_of_axes,
    inches,
    show_image,
)
from ._text import (
    FONT_SIZE,
    caption_size,
    literal,
    percent,
    wrapped,
    wrong_colour,
)


class ImageGridDisplay:
    """Grid of images with true and predicted labels or numbers, and probabilities.

    It is recommended to use :meth:`from_samples`, :meth:`from_estimator` or
    :meth:`from_predictions` to create a display.

    Parameters
    ----------
    images : ndarray of shape (n_images, height, width[, channels])
        Images with 1 channel (grey), 3 (RGB) or 4 (RGBA).
    y_true : array-like of shape (n_images,), default=None
        Label to show with each image.
    y_pred : array-like of shape (n_images,), default=None
        Predicted label of each image.
    probability : array-like of shape (n_images,), default=None
        Probability of each predicted label.
    indices : array-like of shape (n_images,), default=None
        Rows of X that the images are; for reference only.
    pixel_limits : (float, float), default=None
        Pixel values to show as black and white. None takes the range of the type for
        integers of 8 and 16 bits, and else the range of the images, widened to
        contain 0 and 1; of images that fill less than a quarter of it, their own.
    title : str, default=None
        Title of the figure.

    Attributes
    ----------
    axes_ : ndarray of Axes of shape (n_images,)
        Axes with one image each, row by row.
    figure_ : Figure
        Figure that contains the images.
    images_ : ndarray of AxesImage of shape (n_images,)
        The drawn images.
    titles_ : ndarray of Text of shape (n_images,)
        The labels above the images.

    See Also
    --------
    sklearn.metrics.ConfusionMatrixDisplay : How often each class is taken for another.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sknets.display import ImageGridDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> display = ImageGridDisplay.from_samples(X, y, n_images=10)
    >>> [title.get_text() for title in display.titles_[:4]]
    ['0', '1', '2', '3']
    >>> classifier = LogisticRegression(max_iter=5000).fit(X[:500], y[:500])
    >>> display = ImageGridDisplay.from_estimator(
    ...     classifier, X[500:], y[500:], misclassified_only=True, n_images=5
    ... )
    >>> print(display.titles_[0].get_text())
    true ...
    predicted ...
    """

    def __init__(
        self,
        images,
        *,
        y_true=None,
        y_pred=None,
        probability=None,
        indices=None,
        pixel_limits=None,
        title=None,
    ):
        self.images = images
        self.y_true = y_true
        self.y_pred = y_pred
        self.probability = probability
        self.indices = indices
        self.pixel_limits = pixel_limits
        self.title = title

    @classmethod
    def from_samples(
        cls,
        X,
        y=None,
        *,
        n_images=25,
        image_shape=None,
        labels=None,
        display_labels=None,
        n_cols=5,
        cmap="gray",
        ax=None,
        im_kw=None,
        text_kw=None,
    ):
        """Plot the first images with their labels.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), (n_samples, height, width) \
                or (n_samples, height, width, channels)
            Flat rows or images.
        y : array-like of shape (n_samples,), default=None
            Labels to show.
        n_images : int, default=25
            Most images to show.
        image_shape : (height, width) or (height, width, channels), default=None
            Shape of an image where X has flat rows. None takes square images with one
            or else three channels.
        labels : array-like of shape (n_classes,), default=None
            The classes that `display_labels` names. None takes those in y, sorted, or
            0 to n_classes - 1 where all of y are such integers.
        display_labels : array-like of shape (n_classes,), default=None
            Names to show for the classes.
        n_cols : int, default=5
            Most images in one row of the grid.
        cmap : str or Colormap, default="gray"
            Colours of grey images.
        ax : Axes or array of Axes, default=None
            Axes to draw in: one that is divided, or one for each image. None makes a
            figure.
        im_kw : dict, default=None
            Keywords for `matplotlib.axes.Axes.imshow`.
        text_kw : dict, default=None
            Keywords for `matplotlib.axes.Axes.set_title`.

        Returns
        -------
        display : ImageGridDisplay
            The display, drawn.
        """
        check_matplotlib_support(f"{cls.__name__}.from_samples")
        images = as_images(X, image_shape)
        rows = np.arange(min(check_n_images(n_images), len(images)))
        if y is not None:
            check_consistent_length(X, y)
            y = target_column(y, "y")
            found = labels_of(y, labels=labels, display_labels=display_labels)
            y = shown_names(y, found, labels, display_labels)[rows]
        return cls(
            images[rows],
            y_true=y,
            indices=rows,
            pixel_limits=shown_range(images),
        ).plot(n_cols=n_cols, cmap=cmap, ax=ax, im_kw=im_kw, text_kw=text_kw)

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y,
        *,
        misclassified_only=False,
        n_images=25,
        image_shape=None,
        display_labels=None,
        n_cols=5,
        cmap="gray",
        ax=None,
        im_kw=None,
        text_kw=None,
    ):
        """Plot images with the predictions of a classifier or regressor.

        Parameters
        ----------
        estimator : estimator
            Fitted classifier or regressor, or a Pipeline or search of one.
            Probabilities are shown if it has `predict_proba`.
        X : array-like of shape (n_samples, n_features), (n_samples, height, width) \
                or (n_samples, height, width, channels)
            Flat rows or images.
        y : array-like of shape (n_samples,)
            True labels or numbers.
        misclassified_only : bool, default=False
            Whether to show misclassified images only, those first whose wrong label
            has the highest probability. Otherwise the first images are shown.
        n_images : int, default=25
            Most images to show.
        image_shape : (height, width) or (height, width, channels), default=None
            Shape of an image where X has flat rows. None takes that which the
            estimator was fitted on, else square images with one or three channels.
        display_labels : array-like of shape (n_classes,), default=None
            Names to show for the classes, in the order of `classes_`.
        n_cols : int, default=5
            Most images in one row of the grid.
        cmap : str or Colormap, default="gray"
            Colours of grey images.
        ax : Axes or array of Axes, default=None
            Axes to draw in: one that is divided, or one for each image. None makes a
            figure.
        im_kw : dict, default=None
            Keywords for `matplotlib.axes.Axes.imshow`.
        text_kw : dict, default=None
            Keywords for `matplotlib.axes.Axes.set_title`.

        Returns
        -------
        display : ImageGridDisplay
            The display, drawn. If no image is misclassified its title says so, and it
            has no axes.
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        fitted = fitted_estimator(estimator)
        if not (is_classifier(fitted) or is_regressor(fitted)):
            raise ValueError(
                f"{cls.__name__}.from_estimator only supports classifiers and "
                f"regressors; got {type(fitted).__name__}."
            )
        check_consistent_length(X, y)
        layout = (image_shape,) if image_shape is not None else fitted_layout(fitted, X)
        images, y_true = as_images(X, *layout), target_column(y, "y")
        if not misclassified_only:  # what is not shown needs no prediction
            rows = np.arange(min(check_n_images(n_images), len(y_true)))
            X, y_true = safe_indexing(X, rows), y_true[rows]
        y_pred = fitted.predict(X)
        found = labels_of(
            y_true,
            y_pred,
            misclassified_only=misclassified_only,
            display_labels=display_labels,
        )
        classes = getattr(fitted, "classes_", np.empty(0))  # regressors have none

        def probability(rows: np.ndarray) -> np.ndarray:
            y_proba = fitted.predict_proba(safe_indexing(X, rows))
            return probability_of(y_pred[rows], y_proba, classes)

        given = probability if hasattr(fitted, "predict_proba") else None
        choice = choose_rows(y_true, y_pred, given, misclassified_only, n_images)
        return cls._chosen(
            images, y_true, y_pred, *choice, found, classes, display_labels
        ).plot(n_cols=n_cols, cmap=cmap, ax=ax, im_kw=im_kw, text_kw=text_kw)

    @classmethod
    def from_predictions(
        cls,
        X,
        y_true,
        y_pred,
        *,
        y_proba=None,
        misclassified_only=False,
        n_images=25,
        image_shape=None,
        labels=None,
        display_labels=None,
        n_cols=5,
        cmap="gray",
        ax=None,
        im_kw=None,
        text_kw=None,
    ):
        """Plot images with predictions that were made before.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), (n_samples, height, width) \
                or (n_samples, height, width, channels)
            Flat rows or images.
        y_true : array-like of shape (n_samples,)
            True labels.
        y_pred : array-like of shape (n_samples,)
            Predicted labels or numbers.
        y_proba : array-like of shape (n_samples, n_classes), default=None
            Probabilities, as `predict_proba` gives them.
        misclassified_only : bool, default=False
            Whether to show misclassified images only, those first whose wrong label
            has the highest probability. Otherwise the first images are shown.
        n_images : int, default=25
            Most images to show.
        image_shape : (height, width) or (height, width, channels), default=None
            Shape of an image where X has flat rows. None takes square images with one
            or else three channels.
        labels : array-like of shape (n_classes,), default=None
            The classes of the columns of y_proba and of `display_labels`. None takes
            those in y_true and y_pred, sorted, or 0 to n_classes - 1 where all are
            such integers.
        display_labels : array-like of shape (n_classes,), default=None
            Names to show for the classes.
        n_cols : int, default=5
            Most images in one row of the grid.
        cmap : str or Colormap, default="gray"
            Colours of grey images.
        ax : Axes or array of Axes, default=None
            Axes to draw in: one that is divided, or one for each image. None makes a
            figure.
        im_kw : dict, default=None
            Keywords for `matplotlib.axes.Axes.imshow`.
        text_kw : dict, default=None
            Keywords for `matplotlib.axes.Axes.set_title`.

        Returns
        -------
        display : ImageGridDisplay
            The display, drawn. If no image is misclassified its title says so, and it
            has no axes.
        """
        check_matplotlib_support(f"{cls.__name__}.from_predictions")
        check_consistent_length(X, y_true, y_pred, y_proba)
        images = as_images(X, image_shape)
        y_true = target_column(y_true, "y_true")
        y_pred = target_column(y_pred, "y_pred")
        found = labels_of(
            y_true,
            y_pred,
            misclassified_only=misclassified_only,
            y_proba=y_proba,
            labels=labels,
            display_labels=display_labels,
        )
        probability = None
        if y_proba is not None:
            y_proba = check_array(y_proba)
            classes = settle_classes(found, labels, y_proba.shape[1], "y_proba")
            all_rows = probability_of(y_pred, y_proba, classes)
            probability = all_rows.__getitem__
        choice = choose_rows(y_true, y_pred, probability, misclassified_only, n_images)
        return cls._chosen(
            images, y_true, y_pred, *choice, found, labels, display_labels
        ).plot(n_cols=n_cols, cmap=cmap, ax=ax, im_kw=im_kw, text_kw=text_kw)

    @classmethod
    def _chosen(
        cls, images, y_true, y_pred, rows, probability, title, found, labels, names
    ):
        """Display of the chosen rows, with labels replaced by their names."""
        return cls(
            images[rows],
            y_true=shown_names(y_true[rows], found, labels, names),
            y_pred=shown_names(y_pred[rows], found, labels, names),
            probability=probability,
            indices=rows,
            pixel_limits=shown_range(images),
            title=title,
        )

    def plot(self, *, n_cols=5, cmap="gray", ax=None, im_kw=None, text_kw=None):
        """Plot the images.

        Parameters
        ----------
        n_cols : int, default=5
            Most images in one row of the grid.
        cmap : str or Colormap, default="gray"
            Colours of grey images.
        ax : Axes or array of Axes, default=None
            Axes to draw in: one that is divided, or one for each image. None makes a
            figure.
        im_kw : dict, default=None
            Keywords for `matplotlib.axes.Axes.imshow`.
        text_kw : dict, default=None
            Keywords for `matplotlib.axes.Axes.set_title`.

        Returns
        -------
        display : ImageGridDisplay
            The display itself.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        captions = [self._caption(i) for i in range(len(self.images))]
        images = as_images(self.images) if captions else np.empty((0, 1, 1, 1))
        limits = self.pixel_limits
        if limits is None and captions:
            limits = shown_range(images)
        size = self._make_axes(captions, images.shape[1] / images.shape[2], n_cols, ax)
        self.images_ = np.empty(len(captions), dtype=object)
        self.titles_ = np.empty(len(captions), dtype=object)
        for i, axes in enumerate(self.axes_):
            self.images_[i] = show_image(axes, images[i], limits, cmap, im_kw)
            kw = {"fontsize": size, **self._colour(i), **(text_kw or {})}
            self.titles_[i] = axes.set_title(captions[i], **kw)
        literal(self.titles_)
        return self

    def _make_axes(self, captions, aspect, n_cols, ax):
        """Set `axes_` and `figure_`; return the size of the captions.

        The cells of a new figure fit them.
        """
        import matplotlib.pyplot as plt

        if not captions:
            return self._make_empty(ax)
        width, above = caption_size(captions)
        cell_width = max(1.0, width)
        cell = (cell_width, min(cell_width * aspect, 4.0) + above)
        self.axes_ = grid_of_axes(ax, len(captions), n_cols, cell, (0.1, above))
        self.figure_ = self.axes_[0].figure
        if self.title is not None and ax is None:
            self.figure_.suptitle(self.title, fontsize=FONT_SIZE + 1)
        elif self.title is not None and isinstance(ax, plt.Axes):
            # Above the captions of the first row.
            ax.set_title(self.title, fontsize=FONT_SIZE + 1, pad=72 * above - 4)
        # Captions that are too wide for the given axes are written smaller.
        room = min(inches(axes)[0] for axes in self.axes_)
        return FONT_SIZE if ax is None else FONT_SIZE * min(1, max(0.5, room / width))

    def _make_empty(self, ax):
        """Show the title instead of images."""
        import matplotlib.pyplot as plt

        self.axes_ = np.empty(0, dtype=object)
        if ax is None:
            ax = plt.figure(figsize=(4, 1)).add_subplot()
        ax = np.ravel(np.asarray(ax, dtype=object))[0]
        self.figure_ = ax.figure
        ax.set_axis_off()
        ax.text(0.5, 0.5, self.title or "no images", ha="center", va="center")

    def _of_numbers(self):
        return has_fractions(self.y_true, self.y_pred)

    def _caption(self, i):
        shown = "{:.4g}".format if self._of_numbers() else str
        if self.y_pred is None:
            return "" if self.y_true is None else wrapped(shown(self.y_true[i]))
        caption = f"predicted {shown(self.y_pred[i])}"
        if self.probability is not None:
            caption += f", {percent(self.probability[i])}"
        if self.y_true is not None:
            caption = f"true {shown(self.y_true[i])}\n{caption}"
        return wrapped(caption)

    def _colour(self, i):
        """Red for wrong labels; others, and numbers, have the colour of the style."""
        known = self.y_pred is not None and self.y_true is not None
        if known and not self._of_numbers() and self.y_true[i] != self.y_pred[i]:
            return {"color": wrong_colour(self.figure_)}
        return {}

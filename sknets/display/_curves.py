"""TrainingCurvesDisplay: loss and accuracy over the epochs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ._histories import fitted_histories, recorded_histories
from ._plotting import check_matplotlib_support, grid_of_axes, inches
from ._text import distinct_colours, literal, text_size, wrapped

# Lines, and inches, that a legend may take among the curves.
MAX_LINES_INSIDE = 8
MAX_WIDTH_INSIDE = 1.6

# Columns of a CSV log that are no metric.
_NO_METRICS = {"epoch", "learning_rate", "lr"}


class TrainingCurvesDisplay:
    """Curves of loss and accuracy over the epochs, training beside validation.

    It is recommended to use :meth:`from_estimator` or :meth:`from_history` to create
    a display.

    Parameters
    ----------
    histories : dict
        For each fit, under its name, a history: a dict of lists with one value an
        epoch, under ``loss``, ``accuracy``, ``val_loss`` and the like.
    best_epochs : dict, default=None
        For each fit, the epoch to mark, counted from 1, or None. Fits that are left
        out get none.

    Attributes
    ----------
    axes_ : ndarray of Axes of shape (n_metrics,)
        Axes with one metric each.
    figure_ : Figure
        Figure that contains the curves.
    lines_ : dict of dict
        The curves: ``lines_[name]["val_loss"]``.
    best_epoch_lines_ : dict of dict
        Marks of the best epoch, as `lines_`, for fits that have one.

    See Also
    --------
    sklearn.model_selection.LearningCurveDisplay : Scores over the number of training
        rows.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sknets import DenseNetClassifier
    >>> from sknets.display import TrainingCurvesDisplay
    >>> X, y = load_iris(return_X_y=True)
    >>> net = DenseNetClassifier(early_stopping=True, random_state=0).fit(X, y)
    >>> display = TrainingCurvesDisplay.from_estimator(net)
    >>> [ax.get_ylabel() for ax in display.axes_]
    ['loss', 'accuracy']
    """

    def __init__(self, histories, *, best_epochs=None):
        self.histories = histories
        self.best_epochs = best_epochs

    @classmethod
    def from_estimator(
        cls, estimator, *, metrics=None, mark_best=True, ax=None, line_kw=None
    ):
        """Plot the curves of one or more fitted estimators.

        Parameters
        ----------
        estimator : estimator or dict of estimator
            Fitted estimator with the attribute `history_`, or a Pipeline or search of
            one; or several under the names to show.
        metrics : str or list of str, default=None
            Metrics to draw, each in its own axes, such as "loss". None takes all.
        mark_best : bool, default=True
            Whether to mark the best epoch: `best_epoch_` where early stopping chose
            it, else the one of the lowest validation loss. Without early stopping the
            estimator has the weights of the last epoch all the same.
        ax : Axes or array of Axes, default=None
            Axes to draw in: one that is divided, or one for each metric. None makes a
            figure.
        line_kw : dict, default=None
            Keywords for `matplotlib.axes.Axes.plot`.

        Returns
        -------
        display : TrainingCurvesDisplay
            The display, drawn.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If an estimator is not fitted.
        TypeError
            If an estimator has no `history_`.
        """
        check_matplotlib_support(f"{cls.__name__}.from_estimator")
        histories, best = fitted_histories(estimator)
        return cls(histories, best_epochs=best).plot(
            metrics=metrics, mark_best=mark_best, ax=ax, line_kw=line_kw
        )

    @classmethod
    def from_history(
        cls, history, *, metrics=None, mark_best=True, ax=None, line_kw=None
    ):
        """Plot the curves of one or more training histories.

        Parameters
        ----------
        history : dict of list, keras.callbacks.History, str or path; or dict of these
            What a fit recorded: the values of each epoch, or a CSV file as Keras'
            ``CSVLogger`` writes it. Several are given under the names to show.
        metrics : str or list of str, default=None
            Metrics to draw, each in its own axes, such as "loss". None takes all.
        mark_best : bool, default=True
            Whether to mark the epoch of the lowest validation loss.
        ax : Axes or array of Axes, default=None
            Axes to draw in: one that is divided, or one for each metric. None makes a
            figure.
        line_kw : dict, default=None
            Keywords for `matplotlib.axes.Axes.plot`.

        Returns
        -------
        display : TrainingCurvesDisplay
            The display, drawn.

        Raises
        ------
        ValueError
            If a history has no epochs, lists of different lengths, or values that are
            no numbers.

        Examples
        --------
        >>> from sknets.display import TrainingCurvesDisplay
        >>> display = TrainingCurvesDisplay.from_history(
        ...     {
        ...         "slow": {"loss": [0.9, 0.7, 0.6]},
        ...         "fast": {"loss": [0.8, 0.3, 0.1]},
        ...     }
        ... )
        >>> display.lines_["fast"]["loss"].get_ydata()
        array([0.8, 0.3, 0.1])
        """
        check_matplotlib_support(f"{cls.__name__}.from_history")
        histories, best = recorded_histories(history)
        return cls(histories, best_epochs=best).plot(
            metrics=metrics, mark_best=mark_best, ax=ax, line_kw=line_kw
        )

    def plot(self, *, metrics=None, mark_best=True, ax=None, line_kw=None):
        """Plot the curves.

        Parameters
        ----------
        metrics : str or list of str, default=None
            Metrics to draw, each in its own axes, such as "loss". None takes all.
        mark_best : bool, default=True
            Whether to mark the best epochs.
        ax : Axes or array of Axes, default=None
            Axes to draw in: one that is divided, or one for each metric. None makes a
            figure.
        line_kw : dict, default=None
            Keywords for `matplotlib.axes.Axes.plot`.

        Returns
        -------
        display : TrainingCurvesDisplay
            The display itself.
        """
        check_matplotlib_support(f"{type(self).__name__}.plot")
        metrics = self._settle_metrics(metrics)
        n = len(metrics)
        self.axes_ = grid_of_axes(ax, n, n, (4.2, 3.2), gaps=(0.8, 0.0))
        self.figure_ = self.axes_[0].figure
        self.lines_: dict[str, dict] = {name: {} for name in self.histories}
        self.best_epoch_lines_: dict[str, dict] = {name: {} for name in self.histories}
        for axes, metric in zip(self.axes_, metrics, strict=True):
            for number, name in enumerate(self.histories):
                self._plot_fit(axes, metric, name, number, line_kw or {})
                if mark_best:
                    self._mark_best(axes, metric, name)
            _label_axes(axes, metric)
        self._add_legend(own_figure=ax is None)
        return self

    def _settle_metrics(self, metrics):
        found = list(
            dict.fromkeys(
                key.removeprefix("val_")
                for history in self.histories.values()
                for key in history
            )
        )
        if metrics is None:
            # Loss first: Keras' logs are sorted by name.
            kept = [metric for metric in found if metric not in _NO_METRICS]
            if not kept:
                raise ValueError(
                    f"The history has no metric to draw; it has {found}. Name one of "
                    "these as metrics=... to draw it."
                )
            return sorted(kept, key=lambda metric: metric != "loss")
        metrics = [metrics] if isinstance(metrics, str) else list(metrics)
        unknown = [metric for metric in metrics if metric not in found]
        if unknown or not metrics:
            raise ValueError(f"metrics must be some of {found}; got {metrics!r}.")
        return metrics

    def _plot_fit(self, axes, metric, name, number, line_kw):
        """Draw training and validation values of one fit.

        One fit has a colour for each of them, several fits have a colour each.
        """
        several = len(self.histories) > 1
        colours = distinct_colours(len(self.histories))
        training_style = "--" if several and self._has_validation() else "-"
        keys = ((metric, "training", "C0"), (f"val_{metric}", "validation", "C1"))
        for key, part, colour in keys:
            if key not in self.histories[name]:
                continue
            values = np.asarray(self.histories[name][key], dtype=float)
            kw = {
                "color": colours[number] if several else colour,
                "linestyle": training_style if key == metric else "-",
                "label": f"{name}, {part}" if several else part,
                # A single epoch would be no line at all.
                "marker": "." if len(values) == 1 else None,
                **line_kw,
            }
            (line,) = axes.plot(np.arange(1, len(values) + 1), values, **kw)
            self.lines_[name][key] = line

    def _mark_best(self, axes, metric, name):
        """Put a dot on the curve that was drawn last for this fit."""
        epoch = (self.best_epochs or {}).get(name)
        lines = self.lines_[name]
        line = lines.get(f"val_{metric}", lines.get(metric))
        if epoch is None or line is None:
            return
        (self.best_epoch_lines_[name][metric],) = axes.plot(
            epoch,
            line.get_ydata()[epoch - 1],
            linestyle="none",
            marker="o",
            markersize=7,
            markerfacecolor=line.get_color(),
            markeredgecolor=axes.xaxis.label.get_color(),
            label=f"best epoch ({epoch})",
            zorder=3,
        )

    def _has_validation(self):
        keys = [key for history in self.histories.values() for key in history]
        return any(key.startswith("val_") for key in keys)

    def _add_legend(self, own_figure):
        """Name curves and marks; of several fits, colours and line styles."""
        from matplotlib.lines import Line2D

        axes = self.axes_[0]
        if len(self.histories) == 1:
            axes.legend()
            return
        names = [name for name, lines in self.lines_.items() if lines]
        handles = [
            Line2D([], [], color=next(iter(self.lines_[name].values())).get_color())
            for name in names
        ]
        if self._has_validation():
            handles.append(Line2D([], [], color="grey", ls="--"))
            handles.append(Line2D([], [], color="grey"))
            names += ["training", "validation"]
        if any(self.best_epoch_lines_.values()):
            edge = axes.xaxis.label.get_color()
            face = axes.get_facecolor()
            handles.append(Line2D([], [], ls="none", marker="o", color=face, mec=edge))
            names.append("best epoch")
        names = [wrapped(str(name)) for name in names]
        _draw_legend(self.axes_, handles, names, own_figure)


def _draw_legend(
    axes: np.ndarray, handles: list, names: list[str], own_figure: bool
) -> None:
    """Among the curves where it is small, beside them where it would hide them."""
    width, _ = text_size(names)
    n_lines = sum(name.count("\n") + 1 for name in names)
    kw: dict[str, Any] = {"fontsize": "small"}
    inside = n_lines <= MAX_LINES_INSIDE and width <= MAX_WIDTH_INSIDE
    place = axes[0] if inside else axes[-1]
    if not inside:
        kw["ncols"] = math.ceil(0.17 * n_lines / max(inches(place)[1], 1.0))
        _make_room(place, kw["ncols"] * (width + 0.5), own_figure)
        kw |= {"loc": "upper left", "bbox_to_anchor": (1.02, 1.0), "borderaxespad": 0}
    # Names that begin with "_" would be left out of a legend.
    legend = place.legend(handles, ["-"] * len(names), **kw)
    for text, name in zip(legend.get_texts(), names, strict=True):
        text.set_text(name)
    literal(legend.get_texts())


def _make_room(axes: Any, width: float, own_figure: bool) -> None:
    """Leave some inches to the right of the axes: a wider figure, or narrower axes."""
    figure = axes.figure
    size = figure.get_size_inches()
    if own_figure:
        figure.set_size_inches(size[0] + width, size[1])
    elif figure.get_layout_engine() is None:  # which would make room by itself
        place = axes.get_position()
        left = max(place.width - width / size[0], 0.4 * place.width)
        axes.set_position([place.x0, place.y0, left, place.height])


def _label_axes(axes: Any, metric: str) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set(xlabel="epoch", ylabel=metric.replace("_", " "))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.grid(alpha=0.3)

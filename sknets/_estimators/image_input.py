"""What takes images: checks, pixel scales, random changes, the layers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, Literal

import numpy as np

from .._core import scaling
from .._core.build import auto_width, cnn_layers, is_signal
from .._core.layers import Layer
from .._core.layers.base import Shape, Weights
from .._core.network import Network
from .._images import augment, whitening
from .._images.augment import AUTO, Changes
from .._images.channels import warn_of_lost_contrast
from .._images.shapes import (
    check_image_shape,
    pixel_scale,
    settle_image_shape,
    warn_of_rectangle,
)
from .._sklearn import Interval, StrOptions
from .._warnings import warn_user
from .base import NeuralNet
from .parameter_types import Auto
from .state import snapshot
from .validation import check_rows

_AUTO = StrOptions({"auto"})
# From so many rows on, the network is deeper and normalised, which lets it learn in
# fewer steps: so many are aimed at, in fewest and most epochs. Each one more helps
# photographs, but not garments and digits.
MANY_ROWS, MANY_ROWS_STEPS, MANY_ROWS_EPOCHS = 4000, 1250, (4, 24)
FEWEST_EPOCHS_IN_COLOUR = 8
# Pixels of a side up to which few rows are convolved beyond the border.
SMALL_SIDE = 15
# In standard deviations from the mean, where pixels have no natural zero.
LOWEST_BLACK = -2.0


class ImageInput(NeuralNet):
    """What takes images: convolutions behind a scaling of the pixels."""

    width: int | Sequence[int | Sequence[int]] | Auto
    dropout: float | Sequence[float] | Auto
    activation: str
    kernel_size: int | Sequence[int]
    padding: Literal["auto", "valid", "same"]
    pool_last: bool
    dense_width: int | Sequence[int]
    normalization: Literal["auto", "batch", "pooled"] | None
    image_shape: Sequence[int] | None
    input_scaling: Literal["standard", "range"]
    augment: bool | Auto | dict[str, Any] | None
    average_mirrored: bool | Auto
    average_mirrored_: bool
    augment_: Mapping[str, Any] | None
    n_rows_: int
    normalization_: Literal["batch", "pooled"] | None
    image_shape_: tuple[int, int, int]
    pixel_range_: tuple[float, float]
    pixel_type_: str

    _auto_changes: Mapping[str, Any] = AUTO
    # Factor of the "auto" learning rate of a normalised network and many rows, by the
    # optimizer; "others" are all that are not named.
    _auto_rates: Mapping[str, float] = {"muon": 2.0, "others": 1.0}

    _parameter_constraints = {
        **NeuralNet._parameter_constraints,
        "width": ["array-like", Interval(Integral, 1, None, closed="left"), _AUTO],
        "dropout": [
            "array-like",
            Interval(Real, 0, 1, closed="left"),
            _AUTO,
        ],
        "kernel_size": ["array-like", Interval(Integral, 1, None, closed="left")],
        "padding": [StrOptions({"auto", "valid", "same"})],
        "pool_last": ["boolean"],
        "dense_width": ["array-like", Interval(Integral, 1, None, closed="left")],
        "normalization": [StrOptions({"auto", "batch", "pooled"}), None],
        "image_shape": [tuple, list, None],
        "learning_rate": [*NeuralNet._parameter_constraints["learning_rate"], _AUTO],
        "input_scaling": [StrOptions({"standard", "range"})],
        "augment": ["boolean", _AUTO, dict, None],
        "average_mirrored": ["boolean", _AUTO],
    }

    _auto_steps, _auto_epochs, _auto_batch = 3000, 6, 128
    _least_steps = 1200

    def _check_X(self, X: Any, *, reset: bool) -> Any:
        X = check_rows(self, X, reset=reset, pixels=True)
        if reset:
            warn_of_rectangle(X.shape[1:], self.image_shape)
            self.image_shape_ = settle_image_shape(
                X.shape[1:], self.image_shape, "last"
            )
            self.pixel_type_ = pixel_scale(X.dtype) or "any"
        else:
            settle_image_shape(X.shape[1:], self.image_shape_, "last")
            self._check_pixel_type(X)
            self._warn_of_range(X)
        return X

    def _check_part(self, X: Any) -> Any:
        # A part may well be darker than the first one: its range is not looked at.
        X = check_rows(self, X, reset=False, pixels=True)
        settle_image_shape(X.shape[1:], self.image_shape_, "last")
        if hasattr(self, "pixel_range_"):  # fitted before
            self._check_pixel_type(X)
        return X

    def _check_pixel_type(self, X: Any) -> None:
        """Raise if X has pixels on another scale than those seen at `fit`."""
        fitted, now = self.pixel_type_, pixel_scale(X.dtype) or "any"
        if "any" in (fitted, now) or fitted == now or self._has_same_units(X, now):
            return
        low, high = self.pixel_range_
        raise ValueError(
            f"X has pixels of type {X.dtype}, but {type(self).__name__} was fitted on "
            f"pixels of type {fitted} between {low:g} and {high:g}. Pass pixels as in "
            "fit, without scaling them yourself: for whole numbers 0..255, "
            "X.astype(np.uint8); for floats on another scale, fit on them, too."
        )

    def _has_same_units(self, X: Any, now: str) -> bool:
        """Whether floats and bytes count in the same units: both beyond 1, or not."""
        low, high = self._seen_range()
        bottom, top = _extremes(X)
        if {self.pixel_type_, now} != {"float", "uint8"} or low < 0 or bottom < 0:
            return False
        if top == 0 or (now == "uint8" and high > 1):  # dark, or dark bytes
            return True
        return (top > 1) == (high > 1) and top <= 255

    def _seen_range(self) -> tuple[float, float]:
        """Lowest and highest pixel of `fit`; the range of the type where unknown."""
        return getattr(self, "seen_range_", self.pixel_range_)

    def _warn_of_range(self, X: Any) -> None:
        """Warn if all of X lies far outside or far inside the range seen at `fit`."""
        low, high = self.pixel_range_
        spread = high - low
        bottom, top = _extremes(X)
        outside = top > high + spread or bottom < low - spread
        # Bytes may fill a small part of their range: zeros and ones.
        dark = min(spread, self._seen_range()[1]) / 50
        # One image may well be dark, but not of fractions where others were not.
        is_scaled = X.shape[0] > 1 or (self._seen_range()[1] > 1 and _has_fractions(X))
        # Zeros are black on any scale.
        inside = is_scaled and low == 0 and bottom >= 0 and 0 < top <= dark
        if outside or inside:
            warn_user(
                f"Pixels of X lie between {bottom:g} and {top:g}, those seen in fit "
                f"between {low:g} and {high:g}: X seems to be scaled otherwise.",
            )

    def _learn_input(self, X: Any, index: np.ndarray, weights: np.ndarray) -> Any:
        self.pixel_range_, self.input_scaling_ = scaling.learn_pixels(
            X, index, standard=self.input_scaling == "standard"
        )
        warn_of_lost_contrast(X, index, self.image_shape_[2])
        self.seen_range_ = scaling.extremes(X, index)
        self._settle_n_rows(len(index))
        return X

    def _learn_input_of_parts(self, summary: Any, X: Any, weights: np.ndarray) -> None:
        super()._learn_input_of_parts(summary, X, weights)
        self._settle_n_rows(summary.n_rows)  # of large images X has few

    def _settle_n_rows(self, n_rows: int) -> None:
        """Settle the number of rows to train on, and the normalisation that follows."""
        self.n_rows_ = n_rows
        self.normalization_ = self._settled("normalization")

    def _settled(self, name: str) -> Any:
        """A parameter that follows the number of rows and the size of images."""
        value = getattr(self, name)
        if not (isinstance(value, str) and value == "auto"):
            return value
        # Networks from elsewhere tell it by the normalisation, if at all.
        is_normalized = getattr(self, "normalization_", None) is not None
        n_rows = getattr(self, "n_rows_", MANY_ROWS if is_normalized else 0)
        has_many_rows = n_rows >= MANY_ROWS
        if name == "normalization":
            return "pooled" if has_many_rows else None
        if name == "width":
            return auto_width(self.image_shape_, n_rows, is_deep=has_many_rows)
        is_small = min(self.image_shape_[:2]) <= SMALL_SIDE
        is_deep = has_many_rows and isinstance(self.width, str)
        return "same" if is_small or is_deep else "valid"

    def _check_same_input(self) -> None:
        name = "image_shape"
        now: Any = self.image_shape
        fitted: Any = self.image_shape_
        if now is None or check_image_shape(now) == fitted:
            name, fitted, now = "input_scaling", self._scaled_by(), self.input_scaling
        if now != fitted and fitted is not None:
            raise ValueError(
                "warm_start and partial_fit go on from weights fitted with "
                f"{name}={fitted!r}; now {name}={now!r}. Set it back, or fit with "
                "warm_start=False."
            )

    def _scaled_by(self) -> str | None:
        """Value of `input_scaling` at `fit`; None where both are the same."""
        low = self.pixel_range_[0]
        shift, scale = (self.input_scaling_[name][0] for name in ("shift", "scale"))
        if shift == low and scale != 0:  # 0: constant images, standardised
            return "range"
        are_the_same = low < 0 and self.pixel_type_ == "float"
        return None if are_the_same else "standard"

    def _layers(self, n_outputs: int) -> list[Layer]:
        return cnn_layers(
            self.image_shape_,
            self._settled("width"),
            self.dropout,
            self.activation,
            self.kernel_size,
            self._settled("padding"),
            self.pool_last,
            self.dense_width,
            n_outputs,
            self._settled("normalization"),
        )

    def _auto_size(self, n_rows: int) -> tuple[int, int]:
        batch_size, epochs = super()._auto_size(n_rows)
        if self.epochs == "auto" and n_rows >= MANY_ROWS:
            fewest, most = MANY_ROWS_EPOCHS
            if self.image_shape_[2] > 1:
                fewest = FEWEST_EPOCHS_IN_COLOUR
            wanted = MANY_ROWS_STEPS / -(-n_rows // batch_size)
            epochs = int(np.clip(round(wanted), fewest, most))
        return batch_size, epochs

    def _settings(self, n_rows: int, one_pass: bool) -> Any:
        settings = super()._settings(n_rows, one_pass)
        optimizer = settings.optimizer
        is_normalized = self._settled("normalization") is not None
        is_large = n_rows >= MANY_ROWS and is_normalized
        if self._is_auto("learning_rate") and is_large and not one_pass:
            rates = self._auto_rates
            factor = rates.get(optimizer.name, rates["others"])
            rate = factor * optimizer.learning_rate
            optimizer = replace(optimizer, learning_rate=rate)
        changes = self._changes(self._settled_augment())
        return replace(settings, optimizer=optimizer, augment=changes)

    def _changes(self, changes: Any) -> Changes | None:
        return augment.settled(changes, self.image_shape_, self._black())

    def _settled_augment(self) -> Any:
        if isinstance(self.augment, str):  # "auto"
            return getattr(self, "augment_", self.augment)
        return self.augment

    def _settle_by_rows(
        self, network: Network, data: Any, rng: Any, one_pass: bool
    ) -> None:
        """Settle `augment_`; where it is "auto" and rows are many, by a trial."""
        self.augment_ = augment.named(
            self.augment, self.image_shape_, self._auto_changes
        )
        if one_pass or not isinstance(self.augment, str) or self.augment_ is None:
            return
        from .._training import image_trial

        data = data.sample
        if len(data) < image_trial.MIN_ROWS:
            return
        if is_signal(self.image_shape_):  # so many are learnt as they are
            self.augment_ = None
            return
        # A deep network, and the rate of many rows, would gain by any change of so few.
        few = snapshot(self)
        few.n_rows_ = image_trial.TRIAL_ROWS
        few.normalization = self._settled("normalization")
        settings = super(ImageInput, few)._settings(len(data), one_pass)
        found = image_trial.look(
            Network(tuple(few._layers(network.n_outputs)), network.input_shape),
            data,
            replace(settings, augment=self._changes(self.augment_)),
            rng.spawn(1)[0],
        )
        changes = dict(self.augment_) if found.pays else {}
        changes.pop(augment.REFINE, None)
        if found.mirrors:
            changes["flip"] = 0.5
        if found.shifts:
            changes.setdefault("shift", self.augment_["shift"])
        self.augment_ = changes or None

    def _first_weights(
        self, data: Any, rng: np.random.Generator, goes_on: bool, one_pass: bool
    ) -> Weights:
        first, *others = super()._first_weights(data, rng, goes_on, one_pass)
        if goes_on or not self._starts_whitened(first):
            return [first, *others]
        sample = data.sample
        rows = whitening.some_images(len(sample), sample.n_features)
        images = sample.scaled(rows).reshape(-1, *self.image_shape_)
        kernel = whitening.whitening_kernel(images, sample.row_weights[rows], first)
        return [kernel, *others]

    def _starts_whitened(self, first: np.ndarray) -> bool:
        """Whether the first kernel is one of convolutions that learn better so.

        Where nothing is normalised, grey images lose a little by it.
        """
        is_convolution = first.ndim == 4
        is_grey = self.image_shape_[2] == 1
        return is_convolution and not (is_grey and self.normalization_ is None)

    def _refined(
        self, trained: Any, data: Any, settings: Any, rng: np.random.Generator
    ) -> Any:
        refines = settings.augment is not None and settings.augment.refine > 0
        # Callbacks have seen, and perhaps saved, the weights of the last epoch.
        if self.callbacks or not refines or not self._is_complete(trained, settings):
            return trained
        from .._training.refinement import refined

        weights = refined(self._network, trained.weights, data, settings, rng)
        return replace(trained, weights=weights)

    def _settle_anew(self) -> None:
        """Settle `average_mirrored_`, "auto" as whether images are mirrored.

        And `augment_`, which is "auto" stays as it was settled first.
        """
        if not isinstance(self.augment, str):
            self.augment_ = augment.named(
                self.augment, self.image_shape_, self._auto_changes
            )
        if isinstance(self.average_mirrored, str):
            changes = self._changes(self._settled_augment())
            self.average_mirrored_ = changes is not None and changes.mirrors
        else:
            self.average_mirrored_ = bool(self.average_mirrored)

    @property
    def _network(self) -> Network:
        # Files of version 0.1 do not have it.
        is_mirrored = getattr(self, "average_mirrored_", False)
        return replace(super()._network, averages_mirrored=is_mirrored)

    def _black(self) -> float:
        """Value of a pixel without light, after the input scaling.

        That is the lowest of `fit`, unless that may be an outlier.
        """
        low = self._seen_range()[0]
        if not math.isfinite(low):  # unknown, of a network that came from elsewhere
            low = 0.0
        lows = np.full(len(self.input_scaling_["shift"]), low)
        black = scaling.apply(lows, self.input_scaling_).min()
        return max(float(black), LOWEST_BLACK)

    def _input_shape(self) -> Shape:
        return self.image_shape_

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags


def _has_fractions(X: Any) -> bool:
    """Whether all values are within 0 to 1, and some between."""
    values = X.data if hasattr(X, "indptr") else X
    return bool(np.all(values <= 1) and np.any(values % 1))


def _extremes(X: Any) -> tuple[float, float]:
    """Lowest and highest value; zeros that a sparse matrix does not store are some."""
    if not hasattr(X, "indptr"):
        return float(X.min()), float(X.max())
    stored = X.data if X.nnz == math.prod(X.shape) else np.append(X.data, 0)
    return float(stored.min()), float(stored.max())

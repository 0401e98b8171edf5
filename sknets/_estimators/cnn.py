"""SmallCNNClassifier: convolutions, max-pooling, dense layers."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from numbers import Integral, Real
from typing import Any, Literal, Unpack

import numpy as np

from .._core import prediction, scaling
from .._core.build import cnn_layers
from .._core.layers import Layer
from .._core.layers.base import Shape
from .._core.network import Network
from .._images import augment
from .._images.augment import AUTO, Changes
from .._images.shapes import (
    check_image_shape,
    pixel_scale,
    settle_image_shape,
    warn_of_rectangle,
)
from .._sklearn import Interval, StrOptions
from .base import NeuralNet
from .classifier import NeuralNetClassifier
from .parameter_types import (
    Auto,
    Callbacks,
    ClassWeight,
    Optimizer,
    OptimizerSettings,
    RandomState,
    Schedule,
    Scoring,
    ValidationFraction,
)
from .validation import check_rows

_AUTO = StrOptions({"auto"})
# From so many rows on, the network is normalised, which lets it learn in fewer steps:
# so many are aimed at, in fewest and most epochs.
MANY_ROWS, MANY_ROWS_STEPS, MANY_ROWS_EPOCHS = 4000, 1800, (10, 24)
# In standard deviations from the mean, where pixels have no natural zero.
LOWEST_BLACK = -2.0


class ImageInput(NeuralNet):
    """What takes images: convolutions behind a scaling of the pixels."""

    width: int | Sequence[int | Sequence[int]]
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
    augment_: Mapping[str, Any] | None
    normalization_: str | None
    image_shape_: tuple[int, int, int]
    pixel_range_: tuple[float, float]
    pixel_type_: str

    _auto_changes: Mapping[str, Any] = AUTO

    _parameter_constraints = {
        **NeuralNet._parameter_constraints,
        "width": ["array-like", Interval(Integral, 1, None, closed="left")],
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
        "augment": ["boolean", StrOptions({"auto"}), dict, None],
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
        inside = X.shape[0] > 1 and low == 0 and bottom >= 0 and top <= dark
        if outside or inside:
            warnings.warn(
                f"Pixels of X lie between {bottom:g} and {top:g}, those seen in fit "
                f"between {low:g} and {high:g}: X seems to be scaled otherwise.",
                UserWarning,
                stacklevel=4,
            )

    def _learn_input(self, X: Any, index: np.ndarray, weights: np.ndarray) -> Any:
        self.pixel_range_, self.input_scaling_ = scaling.learn_pixels(
            X, index, standard=self.input_scaling == "standard"
        )
        self.seen_range_ = _extremes(X)
        self.normalization_ = self.normalization
        if self.normalization == "auto":
            self.normalization_ = "pooled" if len(index) >= MANY_ROWS else None
        return X

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
        return "standard" if low == 0 else None

    def _layers(self, n_outputs: int) -> list[Layer]:
        padding = self.padding
        if padding == "auto":
            padding = "valid" if min(self.image_shape_[:2]) >= 16 else "same"
        return cnn_layers(
            self.image_shape_,
            self.width,
            self.dropout,
            self.activation,
            self.kernel_size,
            padding,
            self.pool_last,
            self.dense_width,
            n_outputs,
            self._settled_normalization(),
        )

    def _settled_normalization(self) -> str | None:
        if self.normalization != "auto":
            return self.normalization
        return getattr(self, "normalization_", None)  # unknown to files of version 0.1

    def _auto_size(self, n_rows: int) -> tuple[int, int]:
        batch_size, epochs = super()._auto_size(n_rows)
        if self.epochs == "auto" and n_rows >= MANY_ROWS:
            wanted = MANY_ROWS_STEPS / -(-n_rows // batch_size)
            epochs = int(np.clip(round(wanted), *MANY_ROWS_EPOCHS))
        return batch_size, epochs

    def _settings(self, n_rows: int, one_pass: bool) -> Any:
        settings = super()._settings(n_rows, one_pass)
        return replace(settings, augment=self._changes(self._settled_augment()))

    def _changes(self, changes: Any) -> Changes | None:
        return augment.settled(changes, self.image_shape_, self._black())

    def _settled_augment(self) -> Any:
        if isinstance(self.augment, str):  # "auto"
            return getattr(self, "augment_", self.augment)
        return self.augment

    def _settle_by_rows(
        self, network: Network, data: Any, rng: Any, one_pass: bool
    ) -> None:
        """Settle `augment_`; where it is "auto" and rows are many, by a pilot."""
        self.augment_ = augment.named(
            self.augment, self.image_shape_, self._auto_changes
        )
        if one_pass or not isinstance(self.augment, str) or self.augment_ is None:
            return
        from .._training import pilot

        data = data.sample
        if len(data) < pilot.MIN_ROWS:
            return
        settings = self._settings(len(data), False)
        pays, mirrors = pilot.look(network, data, settings, rng.spawn(1)[0])
        changes = {
            **(self.augment_ if pays else {}),
            **({"flip": 0.5} if mirrors else {}),
        }
        self.augment_ = changes or None

    def _black(self) -> float:
        """Value of a pixel without light, after the input scaling."""
        low = self.pixel_range_[0]
        if not math.isfinite(low):  # unknown, of a network that came from elsewhere
            low = 0.0
        black = float(scaling.apply(np.array([low]), self.input_scaling_)[0])
        # Signed numbers are standardised; the lowest of them may be an outlier.
        signed = low < 0 and self.pixel_type_ in ("float", "any")
        return max(black, LOWEST_BLACK) if signed else black

    def _input_shape(self) -> Shape:
        return self.image_shape_

    def _logits(self, X: Any) -> np.ndarray:
        shape = self.image_shape_

        def images(rows: slice) -> np.ndarray:
            flat = scaling.apply(scaling.dense_rows(X, rows), self.input_scaling_)
            return flat.reshape(len(flat), *shape)

        return prediction.logits(self._network, self.weights_, images, X.shape[0])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags


class SmallCNNClassifier(ImageInput, NeuralNetClassifier):
    """Convolutional network for small images: convolutions, pooling, dense layers.

    Pixels are taken as they come: their scale is settled in `fit` from their type and
    range. Predictions are computed in numpy; TensorFlow is needed only to train.

    The defaults are one recipe, chosen by validation on sets of 60 to 50 000 images:
    standardised pixels, Adam [1]_ with a warm-up and half a cosine [2]_, dropout before
    the output [3]_, mild random changes of the training images [4]_ and a little label
    smoothing [5]_. What is done from 4000 rows on was checked on digits, garments and
    photographs alone. The user guide says what each part adds.

    Parameters
    ----------
    width : int or tuple, default=(32, 64, 128)
        Filters of each block. An entry may itself be a tuple: several convolutions
        before one pooling.
    dropout : float, tuple of float or "auto", default="auto"
        Share of values dropped after each block and each dense layer. "auto" is 0.5
        before the output, and none elsewhere.
    activation : str, default="relu"
        Activation of convolutions and hidden dense layers: "relu", "elu", "selu",
        "gelu", "silu", "tanh", "sigmoid" or "linear".
    kernel_size : int or pair of int, default=3
        Height and width of the kernels; they shrink where the image is smaller.
    padding : {"auto", "valid", "same"}, default="auto"
        "valid" lets each convolution shrink the image by the kernel's size less one,
        "same" keeps its size. "auto" is "valid" where height and width are at least
        16, else "same".
    pool_last : bool, default=False
        Whether the last block is followed by max-pooling, as the others are.
    dense_width : int or tuple of int, default=()
        Units of dense layers between the convolutions and the output.
    normalization : {"auto", "batch", "pooled", None}, default="auto"
        "batch" normalises each convolution before its activation: in training by mean
        and variance of the batch, in prediction by their running averages [6]_. An
        epoch takes about 1.7 times as long. "pooled" does so behind the pooling of a
        block, where there are fewer values: 1.1 times. "auto" is "pooled" from 4000
        rows on, else None.
    image_shape : (height, width) or (height, width, channels), default=None
        Shape of an image where X has flat rows. None takes square images with one or
        else three channels; rows that are neither are a signal of shape
        (1, n_features, 1).
    input_scaling : {"standard", "range"}, default="standard"
        "standard" shifts and scales all pixels alike to mean 0 and standard deviation
        1. "range" scales them to 0..1: the range of their type for 8- and 16-bit
        integers, else up to the highest value seen; pixels of which some are negative
        are standardised.
    augment : None, "auto", bool or dict, default="auto"
        Random changes of the training images, drawn anew in each epoch; validation
        and prediction see images as they are. None or False is none. True is
        ``{"shift": 0.06, "rotation": 0.02, "zoom": 0.08, "elastic": 0.04,
        "brightness": 0.3, "illumination": 0.3}``. "auto" is the same (of the regressor
        ``{"shift": 0.05, "elastic": 0.02}``) for images of at least 8 x 8 pixels, else
        None. From 4000 rows on, two short trainings on 1500 of them decide by the loss
        of 1500 others: whether these changes are made, and whether images are mirrored.
        `augment_` says so. The entries of a dict are

        - "shift": vertical and horizontal shift, in heights and widths of the image,
        - "rotation": counter-clockwise, in full turns: 0.05 is 18 degrees,
        - "zoom": growth of the content, 0.1 being 10 percent,
        - "flip": probability to mirror left and right; True is 0.5,
        - "elastic": smooth waves that bend the content: standard deviation of the
          displacement, in heights and widths,
        - "brightness": natural logarithm of the factor on the light of all pixels:
          0.3 is from 0.74 to 1.35 times as bright. Without light are pixels of the
          lowest value, or of 2 standard deviations below the mean where signed floats
          go beyond that,
        - "illumination": light from a random side: rise of that logarithm from the
          centre to the border,
        - "erase": share of the area that a rectangle hides behind the mean pixel.

        A number r is a range from -r to r (for "elastic", "illumination" and "erase"
        from 0 to r), a pair is the range itself. What comes in from beyond the border
        repeats the border.
    epochs : int or "auto", default="auto"
        Passes over the training rows. "auto" makes about 3000 steps in at most 30
        epochs, but at least 1200 steps; from 4000 rows on about 1800 steps, within 10
        to 24 epochs.
    batch_size : int or "auto", default="auto"
        Rows in one step. "auto" is the power of two nearest to the square root of the
        number of rows, within 8 to 128.
    optimizer : str, keras.optimizers.Optimizer or class of one, default="adam"
        One of "adadelta", "adagrad", "adam", "adamax", "adamw", "lion", "nadam",
        "rmsprop" and "sgd", with Keras' formulas and defaults, or the Keras class of
        that name or an instance. Its settings are given as ``optimizer__*``.
    learning_rate : float, "auto" or None, default="auto"
        Highest learning rate. "auto" is such that the mean over the schedule is the
        optimizer's own rate (0.001; "sgd" 0.01): twice that for "cosine". None is the
        optimizer's own rate itself.
    learning_rate_schedule : {"constant", "cosine", "one_cycle"}, default="cosine"
        How the learning rate changes: not at all, down to zero along half a cosine,
        or up and down in one cycle.
    warmup : float in [0, 1), default=0.1
        Share of the steps over which the learning rate rises from zero.
    weight_decay : float or None, default=None
        Decoupled decay of kernels, not of biases: each step multiplies them by
        ``1 - learning_rate * weight_decay``. None is the optimizer's own (0.004 for
        "adamw", else 0).
    l1, l2 : float, default=0.0
        Penalties of the kernels, embeddings included and biases not: the loss grows by
        `l1` times the sum of their absolute values and `l2` times that of their
        squares, as with ``keras.regularizers.L1L2``. `history_` leaves them out.
    label_smoothing : float in [0, 1) or "auto", default="auto"
        Share of each target that is spread evenly over the classes [5]_. "auto" is
        ``1 / sqrt(n_rows)``, at most 0.02: few rows are learnt by heart, and then
        believed too firmly. In `partial_fit` these are the rows of the call.
    shuffle : bool, default=True
        Whether each epoch takes the rows in another order.
    early_stopping : bool, default=False
        Stop when `monitor` has not improved for `patience` epochs, and restore the
        weights of the best epoch.
    validation_fraction : float in (0, 1), splitter, "auto" or None, default="auto"
        Share of the rows to hold out, on which to validate after each epoch: whole
        `groups` if `fit` has some, else stratified where every class has rows enough.
        A splitter of scikit-learn holds out the rows of its first split. "auto" is 0.1
        with `early_stopping` and else None, which holds out nothing. Where ``X_val,
        y_val`` are given to `fit`, they are the validation rows.
    monitor : str, default="loss"
        What `early_stopping` watches: "loss", "accuracy" or a name in `scoring`, of the
        validation rows, or without those of the training rows.
    tol : float, default=0.0
        By how much `monitor` has to improve to count for `patience`.
    patience : int or np.inf, default=10
        Epochs without improvement before training stops.
    scoring : str, callable, list of str, dict or None, default=None
        Scores to record in `history_`: names of scikit-learn's scorers, a callable
        ``scorer(estimator, X, y)``, recorded as "score", or a dict of both. After each
        epoch they are computed of all training and validation rows, which takes time.
    class_weight : dict, "balanced", list of dict or None, default=None
        Weight of each class in the loss. "balanced" is inversely proportional to the
        weighted class frequencies. With an indicator matrix, a list with one dict of
        the weights of 0 and 1 for each label.
    warm_start : bool, default=False
        Whether `fit` goes on from the weights and the optimizer state of the last
        `fit`, for as many epochs more.
    callbacks : list of keras.callbacks.Callback, default=None
        Keras callbacks that work on whole epochs. Each `fit` uses copies.
    random_state : int, RandomState instance or None, default=None
        Seed of first weights, order of rows, changes of images, dropout and
        validation split. The same int, machine and number of threads give the same
        bits. None draws from the operating system. Global random states are neither
        read nor changed.
    verbose : int, default=0
        1 prints loss and accuracy of each epoch.
    **optimizer__ : dict
        Settings of the optimizer, such as ``optimizer__beta_1``,
        ``optimizer__momentum``, ``optimizer__clipnorm``. They can be set with
        `set_params` and searched over. None takes one away again.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels, sorted, in the type of y. For an indicator matrix the names
        of its columns, if it was a data frame, else their numbers.
    target_type_ : {"binary", "multiclass", "multilabel-indicator"}
        Kind of target: one sigmoid unit, a softmax, or a sigmoid for each label.
    n_features_in_ : int
        Number of features: height x width x channels.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns seen in `fit`, if X had any.
    image_shape_ : tuple (height, width, channels)
        Shape of an image.
    pixel_range_ : tuple (low, high)
        Range of the pixels: that of their type for 8- and 16-bit integers, else the
        one seen, widened to contain 0 and 1.
    seen_range_ : tuple (low, high)
        Lowest and highest pixel seen.
    pixel_type_ : str
        Scale that the type of the pixels suggests: "uint8" and the like, "float", or
        "any" for wider integers. Pixels on another one are refused in `predict`,
        except floats and bytes that both go beyond 1, or both do not.
    normalization_ : {"batch", "pooled", None}
        What `normalization` was, or "auto" chose.
    augment_ : dict or None
        What `augment` was as a dict, or "auto" chose.
    n_iter_ : int
        Number of epochs trained, with `warm_start` and `partial_fit` in all calls.
    history_ : dict of list
        Training ``loss`` and ``accuracy`` of each epoch, measured while it ran, and
        ``val_loss`` and ``val_accuracy`` after it where there were validation rows;
        what is in `scoring`, and ``val_`` and its name, after it.
        Losses are cross-entropies without smoothing. An epoch in which the loss or a
        weight became infinite or NaN is the last one here.
    best_epoch_ : int
        The epoch, counted from 1, whose weights the estimator holds: the best one
        with `early_stopping`, else the last; 0 if the first one failed.
    network_ : list of dict
        The layers.
    weights_ : list of ndarray
        Kernels and biases of the layers, float32, in the order and shapes of Keras;
        scale, offset, running mean and variance of each normalisation. They are
        read-only: assign a list of changed copies.
    input_scaling_ : dict
        What is done to the input before the first layer: ``shift``, ``scale`` and
        ``clip`` in ``clip * tanh((x - shift) * scale / clip)``.
    model_ : keras.Model
        The network as a Keras model, built anew at each access.

    See Also
    --------
    DenseNetClassifier : For tables.
    ImageReshaper : For channels first and other layouts.

    Notes
    -----
    X is an array of images of shape (n_samples, height, width) or (n_samples, height,
    width, channels), or an array-like or sparse matrix of flat rows of shape
    (n_samples, n_features). Images of one size in a list (as arrays or of PIL), a
    Series or the only column of a frame are stacked.

    References
    ----------
    .. [1] Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015.
    .. [2] Goyal et al., "Accurate, large minibatch SGD", 2017; Loshchilov and Hutter,
       "SGDR: stochastic gradient descent with warm restarts", ICLR 2017.
    .. [3] Hinton et al., "Improving neural networks by preventing co-adaptation of
       feature detectors", 2012.
    .. [4] Simard, Steinkraus and Platt, "Best practices for convolutional neural
       networks applied to visual document analysis", ICDAR 2003.
    .. [5] Szegedy et al., "Rethinking the Inception architecture for computer vision",
       CVPR 2016.
    .. [6] Ioffe and Szegedy, "Batch normalization: accelerating deep network training
       by reducing internal covariate shift", ICML 2015.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sknets import SmallCNNClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> net = SmallCNNClassifier(width=(16, 32), epochs=5, random_state=0).fit(X, y)
    >>> net.score(X, y) > 0.9
    True
    >>> net.image_shape_
    (8, 8, 1)
    """

    __module__ = "sknets"

    _parameter_constraints = {
        **NeuralNetClassifier._parameter_constraints,
        **ImageInput._parameter_constraints,
        "label_smoothing": [
            *NeuralNetClassifier._parameter_constraints["label_smoothing"],
            _AUTO,
        ],
    }

    def __init__(
        self,
        width: int | Sequence[int | Sequence[int]] = (32, 64, 128),
        dropout: float | Sequence[float] | Auto = "auto",
        *,
        activation: str = "relu",
        kernel_size: int | Sequence[int] = 3,
        padding: Literal["auto", "valid", "same"] = "auto",
        pool_last: bool = False,
        dense_width: int | Sequence[int] = (),
        normalization: Literal["auto", "batch", "pooled"] | None = "auto",
        image_shape: Sequence[int] | None = None,
        input_scaling: Literal["standard", "range"] = "standard",
        augment: bool | Auto | dict[str, Any] | None = "auto",
        epochs: int | Auto = "auto",
        batch_size: int | Auto = "auto",
        optimizer: Optimizer = "adam",
        learning_rate: float | Auto | None = "auto",
        learning_rate_schedule: Schedule = "cosine",
        warmup: float = 0.1,
        weight_decay: float | None = None,
        l1: float = 0.0,
        l2: float = 0.0,
        label_smoothing: float | Auto = "auto",
        shuffle: bool = True,
        early_stopping: bool = False,
        validation_fraction: ValidationFraction = "auto",
        monitor: str = "loss",
        tol: float = 0.0,
        patience: float = 10,
        scoring: Scoring = None,
        class_weight: ClassWeight = None,
        warm_start: bool = False,
        callbacks: Callbacks = None,
        random_state: RandomState = None,
        verbose: int = 0,
        **optimizer__: Unpack[OptimizerSettings],
    ) -> None:
        self.width = width
        self.dropout = dropout
        self.activation = activation
        self.kernel_size = kernel_size
        self.padding = padding
        self.pool_last = pool_last
        self.dense_width = dense_width
        self.normalization = normalization
        self.image_shape = image_shape
        self.input_scaling = input_scaling
        self.augment = augment
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.learning_rate_schedule = learning_rate_schedule
        self.warmup = warmup
        self.weight_decay = weight_decay
        self.l1 = l1
        self.l2 = l2
        self.label_smoothing = label_smoothing
        self.shuffle = shuffle
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.monitor = monitor
        self.tol = tol
        self.patience = patience
        self.scoring = scoring
        self.class_weight = class_weight
        self.warm_start = warm_start
        self.callbacks = callbacks
        self.random_state = random_state
        self.verbose = verbose
        self._set_optimizer_params(optimizer__)


def _extremes(X: Any) -> tuple[float, float]:
    """Lowest and highest value; 0 and 0 of a sparse matrix without any."""
    values = X.data if hasattr(X, "indptr") else X
    if values.size == 0:
        return 0.0, 0.0
    return float(values.min()), float(values.max())

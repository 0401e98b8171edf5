"""SmallCNNClassifier: convolutions, max-pooling, dense layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Unpack

from .._sklearn import StrOptions
from .classifier import NeuralNetClassifier
from .image_input import ImageInput
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


class SmallCNNClassifier(ImageInput, NeuralNetClassifier):
    """Convolutional network for small images: convolutions, pooling, dense layers.

    Pixels are taken as they come: their scale is settled in `fit` from their type and
    range. Predictions are computed in numpy; TensorFlow is needed only to train.

    The defaults are one recipe, chosen by validation on sets of 60 to 50 000 images:
    standardised pixels, Muon [1]_ with a warm-up and half a cosine [2]_, dropout before
    the output [3]_, mild random changes of the training images [4]_ and a little label
    smoothing [5]_. From 4000 rows on the network is deeper and normalised; that was
    checked on digits, garments and photographs alone. There, and for colour images of
    any number, the first convolution starts from filters that whiten patches of the
    images. The user guide says what each part adds.

    Parameters
    ----------
    width : int, tuple or "auto", default="auto"
        Filters of each block. An entry may itself be a tuple: several convolutions
        before one pooling. "auto" is (32, 64, 128) for images up to 63 x 63 pixels, or
        127 x 127 with fewer than 500 rows, and for each doubling of the size one block
        more: the last of (16, 16, 16, 32, 64, 128). Signals have as many as leave 6 to
        11 values. From 4000 rows on it is as many of the last of (16, 16, 16, 24, 64,
        128, 128) as leave images of about 4 x 4 pixels: four of them for images of 28 x
        28 and 32 x 32.
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
        16, else "same"; with `width` "auto", it is "same" from 4000 rows on.
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
        are standardised. Channels that have units of their own, such as heights beside
        reflectances, need :class:`ImageNormalizer` with ``method="channel"`` in front;
        `fit` warns of one that would be lost.
    augment : None, "auto", bool or dict, default="auto"
        Random changes of the training images, drawn anew in each epoch; validation
        and prediction see images as they are. None or False is none. True is
        ``{"shift": 0.06, "rotation": 0.02, "zoom": 0.08, "elastic": 0.04,
        "brightness": 0.3, "illumination": 0.3, "unchanged": 0.125, "refine": 0.125}``.
        "auto" is the same for classes, and ``{"shift": 0.05, "elastic": 0.02,
        "refine": 0.125}`` for numbers, where images have at least 8 x 8 pixels;
        ``{"shift": 0.03, "unchanged": 0.125, "refine": 0.125}`` for signals, of at most
        7 lines of at least 32 values; else None. From 4000 rows on, signals stay as
        they are, and of images two short trainings on 1500 of them decide by the loss
        of 1500 others: whether these changes are made, without "refine", and whether
        images are mirrored. `augment_` says so. The entries of a dict are

        - "shift": vertical and horizontal shift, in heights and widths of the image,
        - "rotation": counter-clockwise, in full turns: 0.05 is 18 degrees,
        - "zoom": growth of the content, 0.1 being 10 percent,
        - "flip": probability to mirror left and right; True is 0.5,
        - "elastic": smooth waves that bend the content: standard deviation of the
          displacement, in heights and widths,
        - "brightness": natural logarithm of the factor on the light of all pixels:
          0.3 is from 0.74 to 1.35 times as bright. Without light are pixels of the
          lowest value, or of 2 standard deviations below the mean where it is lower,
        - "illumination": light from a random side: rise of that logarithm from the
          centre to the border,
        - "erase": share of the area that a rectangle hides behind the mean pixel,
        - "unchanged": share of the images that stay as they are,
        - "refine": epochs that follow on images as they are alone, as a share of
          `epochs` [7]_; the weights are the mean of those before and after, and
          classes are predicted as surely as before. They are no part of `n_iter_` and
          `history_`. There are none where it is less than half an epoch, and with
          `callbacks`, `early_stopping` or `warm_start`.

        A number r is a range from -r to r (for "elastic", "illumination" and "erase"
        from 0 to r), a pair is the range itself. What comes in from beyond the border
        repeats the border.
    average_mirrored : bool or "auto", default="auto"
        Whether predictions are those of the mean of the logits of an image and of its
        mirror image, which takes twice the time. "auto" does so where `augment_` has
        "flip". Validation does as predictions do; the steps of training do not.
    epochs : int or "auto", default="auto"
        Passes over the training rows. "auto" makes about 3000 steps in at most 30
        epochs, but at least 1200 steps; from 4000 rows on about 1250 steps, within 4 to
        24 epochs, of colour images 8 to 24.
    batch_size : int or "auto", default="auto"
        Rows in one step. "auto" is the power of two nearest to the square root of the
        number of rows, within 8 to 128.
    optimizer : str, keras.optimizers.Optimizer or class of one, default="muon"
        One of "adadelta", "adagrad", "adam", "adamax", "adamw", "lion", "muon",
        "nadam", "rmsprop" and "sgd", with Keras' formulas and defaults, or the Keras
        class of that name or an instance. Its settings are given as ``optimizer__*``.
    learning_rate : float, "auto" or None, default="auto"
        Highest learning rate. "auto" is such that the mean over the schedule is the
        optimizer's own rate (0.001; "sgd" 0.01): twice that for "cosine". From 4000
        rows on `fit` takes four times that for a network with `normalization`, and
        eight times that with "muon". None is the optimizer's own rate itself.
    learning_rate_schedule : {"constant", "cosine", "one_cycle"}, default="cosine"
        How the learning rate changes: not at all, down to zero along half a cosine,
        or up and down in one cycle.
    warmup : float in [0, 1), default=0.1
        Share of the steps over which the learning rate rises from zero.
    weight_decay : float or None, default=None
        Decoupled decay of kernels, not of biases: each step multiplies them by
        ``1 - learning_rate * weight_decay``. None is the optimizer's own (0.004 for
        "adamw" and "muon", else 0).
    l1, l2 : float, default=0.0
        Penalties of the kernels, embeddings included and biases not: the loss grows by
        `l1` times the sum of their absolute values and `l2` times that of their
        squares, as with ``keras.regularizers.L1L2``. `history_` leaves them out.
    label_smoothing : float in [0, 1) or "auto", default="auto"
        Share of each target that is spread evenly over the classes [5]_. "auto" is
        ``1 / sqrt(n_rows)``, at most 0.02: few rows are learnt by heart, and then
        believed too firmly. In `partial_fit` these are the rows of the call. With
        "auto", `fit` then lowers the logits of classes rarer than their share of the
        smoothing, which would seem too frequent, unless `warm_start` is to go on; the
        ranking by one such class stays, and `history_` has the losses before.
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
    n_rows_ : int
        Number of rows that `fit` saw, which much that is "auto" follows.
    normalization_ : {"batch", "pooled", None}
        What `normalization` was, or "auto" chose.
    augment_ : dict or None
        What `augment` was as a dict, or "auto" chose.
    average_mirrored_ : bool
        What `average_mirrored` was, or "auto" chose.
    n_iter_ : int
        Number of epochs trained, with `warm_start` and `partial_fit` in all calls.
    history_ : dict of list
        Training ``loss`` and ``accuracy`` of each epoch, measured while it ran, and
        ``val_loss`` and ``val_accuracy`` after it where there were validation rows;
        what is in `scoring`, and ``val_`` and its name, after it; and numbers that
        callbacks add. Losses are cross-entropies without smoothing. An epoch in which
        the loss or a weight became infinite or NaN is the last one here.
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
    .. [1] Jordan et al., "Muon: an optimizer for hidden layers in neural networks",
       2024; Liu et al., "Muon is scalable for LLM training", 2025 (the length of its
       steps). Biases and the output are left to Adam: Kingma and Ba, "Adam: a method
       for stochastic optimization", ICLR 2015.
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
    .. [7] He et al., "Data augmentation revisited: rethinking the distribution gap
       between clean and augmented data", 2019 (images as they are at the end).

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

    _auto_rates = {"muon": 8.0, "others": 4.0}

    _parameter_constraints = {
        **NeuralNetClassifier._parameter_constraints,
        **ImageInput._parameter_constraints,
        "label_smoothing": [
            *NeuralNetClassifier._parameter_constraints["label_smoothing"],
            StrOptions({"auto"}),
        ],
    }

    def __init__(
        self,
        width: int | Sequence[int | Sequence[int]] | Auto = "auto",
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
        average_mirrored: bool | Auto = "auto",
        epochs: int | Auto = "auto",
        batch_size: int | Auto = "auto",
        optimizer: Optimizer = "muon",
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
        self.average_mirrored = average_mirrored
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

"""DenseNetClassifier: a multilayer perceptron with dropout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Unpack

from .._sklearn import StrOptions
from .classifier import NeuralNetClassifier
from .dense_input import DenseInput
from .parameter_types import (
    Auto,
    Callbacks,
    CategoricalFeatures,
    ClassWeight,
    Optimizer,
    OptimizerSettings,
    RandomState,
    Schedule,
    Scoring,
    ValidationFraction,
)


class DenseNetClassifier(DenseInput, NeuralNetClassifier):
    """Multilayer perceptron: dense layers with dropout.

    Features are taken as they come: their scales are learned in `fit`. Predictions
    are computed in numpy; TensorFlow is needed only to train, and not for small fits.

    Parameters
    ----------
    width : int or tuple of int, default=(256, 128)
        Units of each hidden layer.
    dropout : float or tuple of float, default=0.3
        Share of units dropped after each hidden layer.
    activation : str, default="relu"
        Activation of the hidden layers: "relu", "elu", "selu", "gelu", "silu", "tanh",
        "sigmoid" or "linear".
    input_scaling : {"robust", "standard"} or None, default="robust"
        "robust" subtracts the median of each feature, divides by its interquartile
        range and clips smoothly at 5 (after [1]_); beyond 512 features all are made
        smaller by the root of their number over 512. "standard" subtracts means and
        divides by standard deviations. None leaves the input as it is. The type of the
        numbers does not matter: bytes are scaled as the same numbers in floats are.
    categorical_features : array-like or "from_dtype" or None, default="from_dtype"
        Which columns are categories: a mask, positions or names. "from_dtype" takes
        those whose type says so and those of strings. None takes no column.
    soft_steps : int, "auto" or None, default="auto"
        Most steps of each feature in a first layer that is not trained: units of tanh,
        each of which rises between two quantiles of one feature. Targets that change
        many times along a feature are learnt faster from them. None has no such layer.
        "auto" has up to 16, or 64 in all if these are more, where a short training on
        at most 1333 rows has a loss of others that is not higher by more than 0.5 %
        than without them; of many features fewer, so that all have at most 256. With
        fewer than 1500 rows it has them where the nearest rows, or for numbers a linear
        model of the steps, explain more of the variance than a linear model of the
        features, by a tenth of it. With less than 60 rows, more than 64 features of
        many values, sparse rows, nearly all rows of one class and in `partial_fit` it
        is None.
    epochs : int or "auto", default="auto"
        Passes over the training rows. "auto" makes about 6000 steps, within 10 to
        30 epochs, but at least 400 steps.
    batch_size : int or "auto", default="auto"
        Rows in one step. "auto" is the power of two nearest to the square root of the
        number of rows, within 8 to 256; in `fit` twice that, as long as it is at most
        128.
    optimizer : str, keras.optimizers.Optimizer or class of one, default="adam"
        One of "adadelta", "adagrad", "adam", "adamax", "adamw", "lion", "muon",
        "nadam", "rmsprop" and "sgd", with Keras' formulas and defaults, or the Keras
        class of that name or an instance. Its settings are given as ``optimizer__*``.
    learning_rate : float, "auto" or None, default="auto"
        Highest learning rate. "auto" is such that the mean over the schedule is the
        optimizer's own rate (0.001; "sgd" 0.01): twice that for "cosine". Batches that
        "auto" doubles have 1.4 times as much. None is the optimizer's own rate itself.
    learning_rate_schedule : {"constant", "cosine", "one_cycle"}, default="cosine"
        How the learning rate changes: not at all, down to zero along half a cosine,
        or up and down in one cycle.
    warmup : float in [0, 1), default=0.0
        Share of the steps over which the learning rate rises from zero.
    weight_decay : float, "auto" or None, default="auto"
        Decoupled decay of kernels, not of biases: each step multiplies them by
        ``1 - learning_rate * weight_decay``. "auto" is ``1 / (learning_rate *
        n_steps)``, with at least 500 steps, so that a whole `fit` takes off the same
        share however long it is [2]_. In `partial_fit`, "auto" is None: the
        optimizer's own (0.004 for "adamw" and "muon", else 0).
    l1, l2 : float, default=0.0
        Penalties of the kernels, embeddings included and biases not: the loss grows by
        `l1` times the sum of their absolute values and `l2` times that of their
        squares, as with ``keras.regularizers.L1L2``. `history_` leaves them out.
    label_smoothing : float in [0, 1) or "auto", default="auto"
        Share of each target that is spread evenly over the classes [3]_. "auto" is
        ``1 / sqrt(n_rows)``, at most 0.02: few rows are learnt by heart, and then
        believed too firmly. In `partial_fit` these are the rows of the call. With
        "auto", `fit` then lowers the logits of classes rarer than their share of the
        smoothing, which would seem too frequent, unless `warm_start` is to go on; the
        ranking by one such class stays.
        And where a linear model explains less than half of at most 5000 rows of more
        than 10 features, so that part of what is learnt may be noise, a second network,
        trained on three quarters of the rows, tells how far to draw the logits to those
        of the class frequencies [5]_; not with `early_stopping` or `warm_start`.
        `history_` has the losses before.
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
        Seed of first weights, order of rows, dropout and validation split. The same
        int, machine and number of threads give the same bits. None draws from the
        operating system. Global random states are neither read nor changed.
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
        Number of features.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns seen in `fit`, if X had any.
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
        Kernels and biases of the layers, float32, in the order and shapes of Keras.
        They are read-only: assign a list of changed copies.
    soft_steps_ : int or None
        Most steps of a feature, as was chosen where `soft_steps` is "auto".
    n_soft_steps_ : int
        Steps of all features, which are the units of the first layer; 0 where there
        is none.
    columns_ : dict
        What the columns of a table become, where they are not numbers alone or had
        gaps in `fit`: the kind of each, what fills its gaps, its categories.
    input_scaling_ : dict
        What is done to the input before the first layer: ``shift``, ``scale`` and
        ``clip`` in ``clip * tanh((x - shift) * scale / clip)``.
    model_ : keras.Model
        The network as a Keras model, built anew at each access.

    See Also
    --------
    SmallCNNClassifier : For images.
    TextPoolClassifier : For raw text.

    Notes
    -----
    X is a frame of pandas or polars, a table of pyarrow, an array-like or a sparse
    matrix of shape (n_samples, n_features), or images of shape (n_samples, height,
    width[, channels]), which are flattened. Columns may hold numbers, truth values,
    categories, strings, dates and times, with gaps; NaN and None are gaps. Infinity is
    an error. The user guide says what becomes of each in "Tables".

    The defaults were chosen by cross-validation over 30 tables. They are scaled input
    with outliers drawn in [1]_, dropout, a cosine schedule [4]_, and weight decay,
    label smoothing, batches and epochs that follow the number of rows; with many rows
    soft steps [6]_, where they pay. The user guide shows what each part adds.

    A :class:`~sklearn.exceptions.ConvergenceWarning` says where `fit` has plainly not
    learnt, and a UserWarning where ``input_scaling=None`` leaves the features large.

    References
    ----------
    .. [1] Holzmüller, Grinsztajn and Steinwart, "Better by default: strong pre-tuned
       MLPs and boosted trees on tabular data", NeurIPS 2024.
    .. [2] Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019.
    .. [3] Szegedy et al., "Rethinking the Inception architecture for computer
       vision", CVPR 2016.
    .. [4] Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm
       restarts", ICLR 2017.
    .. [5] Guo et al., "On calibration of modern neural networks", ICML 2017.
    .. [6] Gorishniy, Rubachev and Babenko, "On embeddings for numerical features in
       tabular deep learning", NeurIPS 2022, whose functions are piecewise linear.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sknets import DenseNetClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> net = DenseNetClassifier(random_state=0).fit(X, y)
    >>> net.score(X, y) > 0.95
    True
    >>> net.predict_proba(X[:2]).shape
    (2, 3)
    """

    __module__ = "sknets"

    _parameter_constraints = {
        **NeuralNetClassifier._parameter_constraints,
        **DenseInput._parameter_constraints,
        "label_smoothing": [
            *NeuralNetClassifier._parameter_constraints["label_smoothing"],
            StrOptions({"auto"}),
        ],
    }

    def __init__(
        self,
        width: int | Sequence[int] = (256, 128),
        dropout: float | Sequence[float] = 0.3,
        *,
        activation: str = "relu",
        input_scaling: Literal["robust", "standard"] | None = "robust",
        categorical_features: CategoricalFeatures = "from_dtype",
        soft_steps: int | Auto | None = "auto",
        epochs: int | Auto = "auto",
        batch_size: int | Auto = "auto",
        optimizer: Optimizer = "adam",
        learning_rate: float | Auto | None = "auto",
        learning_rate_schedule: Schedule = "cosine",
        warmup: float = 0.0,
        weight_decay: float | Auto | None = "auto",
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
        self.input_scaling = input_scaling
        self.categorical_features = categorical_features
        self.soft_steps = soft_steps
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

    def _may_shrink(self) -> bool:
        # One that is given is kept to, and so are the probabilities that it makes.
        return self.label_smoothing == "auto"

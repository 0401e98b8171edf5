"""TextPoolRegressor: raw text, embedding, pooling over the tokens, numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, Unpack

import numpy as np
import scipy.sparse as sp
from sklearn.utils import Bunch

from .._core.layers.base import Weights
from .._core.poolings import POOLINGS
from .._sklearn import StrOptions
from .._texts import ridge
from .parameter_types import (
    Analyzer,
    Auto,
    Callbacks,
    Loss,
    Optimizer,
    OptimizerSettings,
    RandomState,
    Schedule,
    Scoring,
    ValidationFraction,
)
from .regressor import NeuralNetRegressor
from .state import snapshot
from .text_input import TextInput

# Learning rates relative to the first values: of further training that has to find
# something, and of one that would only forget the penalty, by how targets are scaled:
# predictions of training texts are more than their share of quantiles soon.
RATE = 0.1
SOLVED_RATES = {"moments": 0.01, "mean": 0.01, "quantiles": 0.003}
# Spreads from the middle beyond which a ridge regression does not go for medians.
FARTHEST = 5.0
# Which pooling is better depends on how long and how many the texts are.
POOLINGS_TO_CHOOSE = ("mean", "sqrtn")


class TextPoolRegressor(TextInput, NeuralNetRegressor):
    r"""Raw text in, numbers out: embedding of n-grams, pooling, dense layers.

    The architecture of fastText [1]_. Texts are split, counted and embedded by the
    estimator itself; no text is truncated. Training and predictions are computed in
    numpy, without TensorFlow.

    Parameters
    ----------
    width : int or "auto", default="auto"
        Embedding dimension. "auto" is one for each output where the output
        follows "mean" or "sqrtn" pooling directly, since more cannot help a linear
        network (at most 64 where all values together would be more than 33 million),
        and 16 to 64 with dense layers or another pooling.
    dropout : float or tuple of float, default=0.0
        Share of values dropped of the pooled vector and after each dense layer.
    loss : str, default="squared_error"
        "squared_error", whose predictions are means; "absolute_error", medians;
        "huber", which is the first up to a distance of one spread of the target and the
        second from there on; "poisson", means of counts and rates that are not
        negative; or "quantile".
    quantile : float in [0, 1], default=None
        Which quantile to predict; must be given with ``loss="quantile"``, and has no
        part in other losses.
    pooling : {"auto", "mean", "sqrtn", "max", "mean_max"}, default="auto"
        How the embeddings of a text become one vector. "sqrtn" is their sum over the
        root of their number. "auto" is "mean" or "sqrtn", whichever ridge regression
        predicts better with, of up to 5,000 texts, and "mean" with fewer than 100
        texts or without that start.
    dense_width : int or tuple of int, default=()
        Units of dense layers between the pooled vector and the output.
    activation : str, default="relu"
        Activation of the dense layers: "relu", "elu", "selu", "gelu", "silu", "tanh",
        "sigmoid" or "linear".
    analyzer : {"auto", "word", "char", "char_wb"} or tuple of these, default="auto"
        Whether n-grams are made of words or of characters; "char_wb" stays within
        words. With a tuple such as ``("word", "char_wb")`` both are learnt together.
        "auto" are words, with "char_wb" beside them where texts are short, and
        "char_wb" alone in a language without spaces and in long texts that have hardly
        a word, such as DNA (see `counter_` for what it was); with an `ngram_range`, a
        `tokenizer`, `stop_words` or a `vocabulary` it is "word", and with `n_features`
        one of both. A function gives the features of a text itself.
    ngram_range : tuple (min_n, max_n), tuple of these or "auto", default="auto"
        Shortest and longest n-gram; with several analyzers one pair for each. "auto"
        is (1, 3) for words alone, (1, 2) for words beside characters and, with
        ``analyzer="auto"``, for long texts of several classes, and (2, 5) for
        characters, (1, 4) in a language without spaces.
    max_features : int, default=None
        Keep only the n-grams of each analyzer with most occurrences (with `binary`,
        in most texts).
    min_df : int, float or "auto", default="auto"
        Ignore n-grams in fewer texts: a number of texts if int, a share of them if
        float. "auto" is 1, for parts of words 2 from 1,000 texts on, and for all 3
        from 10,000 on.
    max_df : int or float, default=1.0
        Ignore n-grams in more texts.
    binary : bool, default=True
        Whether an n-gram counts once in a text, however often it occurs.
    sublinear_tf : bool, default=True
        Replace a count c by ``1 + log(c)``; no effect with `binary`.
    lowercase : bool, default=True
        Convert texts to lower case first.
    token_pattern : str or None, default=r"(?u)\b\w+\b"
        Regular expression of a word; words of one letter count.
    tokenizer : callable, default=None
        Function from a text to its list of words, in place of `token_pattern`.
    strip_accents : {"ascii", "unicode"}, callable or None, default=None
        Remove accents, of characters that have an ASCII form or of all.
    preprocessor : callable, default=None
        Function from a text to the text that is split, in place of lower case and
        `strip_accents`.
    stop_words : {"english"}, list of str or None, default=None
        Words that do not count; longer n-grams reach over them.
    vocabulary : list of str, mapping or None, default=None
        The n-grams that count, instead of those of the training texts, in any container
        of them, such as an array or a Series; their order is that of `vocabulary_`.
    n_features : int, default=None
        Hash n-grams into this many rows of the embedding instead of learning a
        vocabulary, so that `partial_fit` can go through a stream of texts. Without
        it, the first call of `partial_fit` settles the vocabulary.
    embedding_init : {"ridge", "random"}, default="ridge"
        First values of the embedding. "ridge" is a ridge regression on the n-grams of
        the texts, rare ones weighted up [2]_, with the penalty that predicts a fifth of
        the texts best from the others. The learning rate of each value then is
        relative to its start, and that of all other weights 0.03 of it. For other
        losses than "squared_error" the bias is moved by what cross-validated
        predictions are off, and outliers count for medians and quantiles as five
        spreads. "random" is uniform in +-0.05, as in Keras, with one learning
        rate for all; it is used with more outputs than `width`, too, and with the
        pooling "max" or "mean_max".
    compress_to : int or None, default=None
        Keep only this many n-grams after training, those that contribute most to the
        training texts, and round the embedding to 8 bits. A file then has a byte for
        each n-gram and column of the embedding, and some ten for what it is made of.
    epochs : int or "auto", default="auto"
        Passes over the training rows. "auto" makes about 250 steps, within 2 to 3
        epochs; where the ridge regression is nearly the solution (see `learning_rate`)
        about 100 steps, within 1 to 3.
    batch_size : int or "auto", default="auto"
        Rows in one step. "auto" is the power of two nearest to the square root of the
        number of rows, within 8 to 128; in `partial_fit` it is 128.
    optimizer : str, keras.optimizers.Optimizer or class of one, default="adam"
        One of "adadelta", "adagrad", "adam", "adamax", "adamw", "lion", "muon",
        "nadam", "rmsprop" and "sgd", with Keras' formulas and defaults, or the Keras
        class of that name or an instance. Its settings are given as ``optimizer__*``.
    learning_rate : float, "auto" or None, default="auto"
        Highest learning rate; None is the optimizer's own (0.001; "sgd" 0.01). "auto"
        is 0.1, but in `fit` 0.01 where the ridge regression is nearly the solution, in
        a network without hidden layers; 0.003 for quantiles, medians and "huber".
    learning_rate_schedule : {"constant", "cosine", "one_cycle"}, default="cosine"
        How the learning rate changes: not at all, down to zero along half a cosine,
        or up and down in one cycle.
    warmup : float in [0, 1), default=0.0
        Share of the steps over which the learning rate rises from zero.
    weight_decay : float or None, default=None
        Decoupled decay of kernels and embeddings, not of biases: each step multiplies
        them by ``1 - learning_rate * weight_decay``. None is the optimizer's own
        (0.004 for "adamw" and "muon", else 0).
    l1, l2 : float, default=0.0
        Penalties of the kernels, embeddings included and biases not: the loss grows by
        `l1` times the sum of their absolute values and `l2` times that of their
        squares, as with ``keras.regularizers.L1L2``. `history_` leaves them out.
    shuffle : bool, default=True
        Whether each epoch takes the rows in another order.
    early_stopping : bool, default=False
        Stop when `monitor` has not improved for `patience` epochs, and restore the
        weights of the best epoch.
    validation_fraction : float in (0, 1), splitter, "auto" or None, default="auto"
        Share of the rows to hold out, on which to validate after each epoch: whole
        `groups` if `fit` has some. A splitter of scikit-learn holds out the rows of its
        first split. "auto" is 0.1 with `early_stopping` and else None, which holds out
        nothing. Where ``X_val, y_val`` are given to `fit`, they are the validation
        rows.
    monitor : str, default="loss"
        What `early_stopping` watches: "loss" or a name in `scoring`, of the validation
        rows, or without those of the training rows.
    tol : float, default=0.0
        By how much `monitor` has to improve to count for `patience`.
    patience : int or np.inf, default=10
        Epochs without improvement before training stops.
    scoring : str, callable, list of str, dict or None, default=None
        Scores to record in `history_`: names of scikit-learn's scorers, a callable
        ``scorer(estimator, X, y)``, recorded as "score", or a dict of both. After each
        epoch they are computed of all training and validation rows, which takes time.
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
        1 prints the loss of each epoch.
    **optimizer__ : dict
        Settings of the optimizer, such as ``optimizer__beta_1``,
        ``optimizer__momentum``, ``optimizer__clipnorm``. They can be set with
        `set_params` and searched over. None takes one away again.

    Attributes
    ----------
    target_scaling_ : dict
        ``shift`` and ``scale`` of each target, float64: training takes ``(y - shift) /
        scale``. They are mean and standard deviation for "squared_error", 0 and the
        mean for "poisson", else the quantile that is predicted (of "huber" the median)
        and a spread in which outliers have no part.
    target_shape_ : tuple
        Shape of the target of one row: () or (n_outputs,).
    pooling_ : str
        The pooling of the network.
    alpha_ : float
        Penalty of the ridge regression that the embedding started from, where the
        n-grams of a text have a vector of length one in the mean.
    objective_ : dict
        The `loss` and the `quantile` that the network was trained for.
    vocabulary_ : dict of str to int
        Number of each n-gram, built anew at each access; not with `n_features`.
    counter_ : NgramCounter or NgramUnion
        What splits and counts texts; the latter with several analyzers.
    n_iter_ : int
        Number of epochs trained, with `warm_start` and `partial_fit` in all calls.
    history_ : dict of list
        Training ``loss`` of each epoch, measured while it ran, and ``val_loss`` after
        it where there were validation rows; what is in `scoring`, and ``val_`` and its
        name, after it; and numbers that callbacks add. Losses are those of scaled
        targets, so that 1 is what the mean of y has with "squared_error";
        ``scoring="neg_mean_squared_error"`` records in the units of y. For "huber" they
        are half the squared error up to a distance of 1, for "poisson" half the
        deviance. An epoch in which the loss or a weight became infinite or NaN is the
        last one here.
    best_epoch_ : int
        The epoch, counted from 1, whose weights the estimator holds: the best one
        with `early_stopping`, else the last; 0 if the first one failed.
    network_ : list of dict
        The layers.
    weights_ : list of ndarray
        Kernels and biases of the layers, float32, in the order and shapes of Keras.
        They are read-only: assign a list of changed copies.
    input_scaling_ : dict
        What is done to the input before the first layer: ``shift``, ``scale`` and
        ``clip`` in ``clip * tanh((x - shift) * scale / clip)``.
    model_ : keras.Model
        The network as a Keras model, built anew at each access.

    See Also
    --------
    DenseNetRegressor : For tables.
    TextPoolClassifier : For classes.

    Notes
    -----
    X is a list, ndarray, Series or one-column frame (of pandas, polars, pyarrow or
    xarray) of strings, or a list of sequences of word numbers as
    ``keras.datasets.imdb`` has them, where 0 is padding.
    Row 0 of the embedding belongs to padding, row ``i + 1`` to n-gram ``i``. N-grams
    that were not seen in `fit` are left out.

    References
    ----------
    .. [1] Joulin, Grave, Bojanowski and Mikolov, "Bag of tricks for efficient text
       classification", EACL 2017.
    .. [2] Hoerl and Kennard, "Ridge regression: biased estimation for nonorthogonal
       problems", 1970.

    Examples
    --------
    >>> from sknets import TextPoolRegressor
    >>> texts = ["a good film", "good fun", "a bad film", "bad, very bad"]
    >>> net = TextPoolRegressor(random_state=0).fit(texts, [8.0, 9.0, 3.0, 1.0])
    >>> good, bad = net.predict(["what a good evening", "a bad one"])
    >>> bool(good > bad)
    True
    """

    __module__ = "sknets"

    _parameter_constraints = {
        **NeuralNetRegressor._parameter_constraints,
        **TextInput._parameter_constraints,
        "pooling": [StrOptions({"auto", *POOLINGS})],
        "binary": ["boolean"],
        "embedding_init": [StrOptions({"ridge", "random"})],
        "learning_rate": [
            *NeuralNetRegressor._parameter_constraints["learning_rate"],
            StrOptions({"auto"}),
        ],
    }

    def __init__(
        self,
        width: int | Auto = "auto",
        dropout: float | Sequence[float] = 0.0,
        *,
        loss: Loss = "squared_error",
        quantile: float | None = None,
        pooling: Literal["auto", "mean", "sqrtn", "max", "mean_max"] = "auto",
        dense_width: int | Sequence[int] = (),
        activation: str = "relu",
        analyzer: Analyzer = "auto",
        ngram_range: Sequence[int] | Sequence[Sequence[int]] | Auto = "auto",
        max_features: int | None = None,
        min_df: float | Auto = "auto",
        max_df: float = 1.0,
        binary: bool = True,
        sublinear_tf: bool = True,
        lowercase: bool = True,
        token_pattern: str | None = r"(?u)\b\w+\b",
        tokenizer: Callable[[str], Sequence[Any]] | None = None,
        strip_accents: str | Callable[[str], str] | None = None,
        preprocessor: Callable[[str], str] | None = None,
        stop_words: str | Iterable[str] | None = None,
        vocabulary: Mapping[str, int] | Iterable[str] | None = None,
        n_features: int | None = None,
        embedding_init: Literal["ridge", "random"] = "ridge",
        compress_to: int | None = None,
        epochs: int | Auto = "auto",
        batch_size: int | Auto = "auto",
        optimizer: Optimizer = "adam",
        learning_rate: float | Auto | None = "auto",
        learning_rate_schedule: Schedule = "cosine",
        warmup: float = 0.0,
        weight_decay: float | None = None,
        l1: float = 0.0,
        l2: float = 0.0,
        shuffle: bool = True,
        early_stopping: bool = False,
        validation_fraction: ValidationFraction = "auto",
        monitor: str = "loss",
        tol: float = 0.0,
        patience: float = 10,
        scoring: Scoring = None,
        warm_start: bool = False,
        callbacks: Callbacks = None,
        random_state: RandomState = None,
        verbose: int = 0,
        **optimizer__: Unpack[OptimizerSettings],
    ) -> None:
        self.width = width
        self.dropout = dropout
        self.loss = loss
        self.quantile = quantile
        self.pooling = pooling
        self.dense_width = dense_width
        self.activation = activation
        self.analyzer = analyzer
        self.ngram_range = ngram_range
        self.max_features = max_features
        self.min_df = min_df
        self.max_df = max_df
        self.binary = binary
        self.sublinear_tf = sublinear_tf
        self.lowercase = lowercase
        self.token_pattern = token_pattern
        self.tokenizer = tokenizer
        self.strip_accents = strip_accents
        self.preprocessor = preprocessor
        self.stop_words = stop_words
        self.vocabulary = vocabulary
        self.n_features = n_features
        self.embedding_init = embedding_init
        self.compress_to = compress_to
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.learning_rate_schedule = learning_rate_schedule
        self.warmup = warmup
        self.weight_decay = weight_decay
        self.l1 = l1
        self.l2 = l2
        self.shuffle = shuffle
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.monitor = monitor
        self.tol = tol
        self.patience = patience
        self.scoring = scoring
        self.warm_start = warm_start
        self.callbacks = callbacks
        self.random_state = random_state
        self.verbose = verbose
        self._set_optimizer_params(optimizer__)

    def _compress(self, tokens: sp.csr_array, n_kept: int) -> np.ndarray:
        wanted = self._logits_of_tokens(tokens)
        kept = super()._compress(tokens, n_kept)
        self._match_logits(tokens[:, kept], wanted)
        return kept

    def _wanted_epochs(self) -> tuple[int, int, int]:
        return (1, 3, 100) if self._is_solved() else (2, 3, 250)

    def _is_solved(self) -> bool:
        """Whether ridge regression leaves little to learn."""
        return self._starts_from_counts() and self._network.is_linear_text

    def _settings(self, n_rows: int, one_pass: bool) -> Any:
        settings = super()._settings(n_rows, one_pass)
        if not self._is_auto("learning_rate"):
            return settings
        is_solved = self._is_solved() and not one_pass
        rate = SOLVED_RATES[self._objective.scaled_by] if is_solved else RATE
        optimizer = replace(settings.optimizer, learning_rate=rate)
        return replace(settings, optimizer=optimizer)

    def _settle_shape(
        self, data: Any, rng: np.random.Generator, one_pass: bool
    ) -> None:
        """Settle the pooling, and the penalty of a start from ridge regression."""
        poolings = POOLINGS_TO_CHOOSE if self.pooling == "auto" else (self.pooling,)
        self.pooling_ = poolings[0]
        self._settled_network(goes_on=False)
        if self._starts_from_counts():
            chosen = ridge.chosen(*self._ridge_rows(data), poolings)
            self.pooling_, self.alpha_ = chosen

    def _settled_pooling(self) -> str:
        return self.pooling_ if self.pooling == "auto" else self.pooling

    def _first_weights(
        self, data: Any, rng: np.random.Generator, goes_on: bool, one_pass: bool
    ) -> Weights:
        weights = super()._first_weights(data, rng, goes_on, one_pass)
        if goes_on or not self._starts_from_counts():
            return weights
        tokens, y, w = self._ridge_rows(data)
        shares = POOLINGS[self.pooling_].shares(tokens)
        is_linear = self._network.is_linear_text
        weights = ridge.first_weights(
            weights, shares, y, w, self.alpha_, is_linear=is_linear
        )
        if is_linear and self._objective.scaled_by != "moments":
            drawn, logits = ridge.cross_validated(shares, y, w, self.alpha_)
            *before, bias = weights
            shift = self._bias_shift(logits, data.y[drawn], data.w[drawn])
            weights = [*before, (bias + shift).astype(np.float32)]
        return weights

    def _bias_shift(self, logits: np.ndarray, y: np.ndarray, w: np.ndarray) -> Any:
        """What to add to logits of new texts that were fitted for another loss.

        Sums of exponentials of logarithms are too low, and means are no quantiles.
        """
        if not w.any(axis=0).all():
            return 0
        objective = self._objective
        values, y = objective.values(logits), y.astype(np.float64)
        if objective.scaled_by == "mean":
            return objective.constants(y, w) - objective.constants(values, w)
        return objective.constants(y - values, w)

    def _ridge_rows(self, data: Any) -> tuple[Any, np.ndarray, np.ndarray]:
        """Tokens, scaled targets and weights of the texts."""
        y = data.y
        if self._objective.scaled_by == "mean":
            # Logarithms, with the slope of the true one at the mean. Neither that of 0
            # nor the exponential of a straight line through large counts is finite.
            y = 2 * np.log1p((y - 1) / 2)
        elif self._objective.scaled_by == "quantiles":  # squares of outliers count most
            y = np.clip(y, -FARTHEST, FARTHEST)
        return data.X[data.index], y, data.w[:, 0]

    def explain(self, text: Any) -> Bunch:
        """Get what each n-gram of a text contributes to the prediction.

        The contributions and the bias add up to `predict`; with ``loss="poisson"`` to
        its logarithm. There is such a sum only where the network is linear after
        "mean" or "sqrtn" pooling.

        Parameters
        ----------
        text : str or sequence of int
            One text.

        Returns
        -------
        Bunch
            ``ngrams``, ndarray of str of shape (n_ngrams,), the known n-grams of the
            text, those with the largest contribution first; ``contributions``,
            ndarray of shape (n_ngrams,), or (n_ngrams, n_outputs) where y had several
            columns; ``bias``, float or ndarray of shape (n_outputs,).

        Raises
        ------
        ValueError
            If the network has dense layers or another pooling than these.

        Examples
        --------
        >>> from sknets import TextPoolRegressor
        >>> texts = ["good film", "good fun", "bad film", "bad acting"]
        >>> net = TextPoolRegressor(ngram_range=(1, 1), random_state=0)
        >>> explained = net.fit(texts, [8, 9, 3, 2]).explain("a good film")
        >>> print(*explained.ngrams)
        good film
        """
        fitted = snapshot(self)
        names, contributions, bias = fitted._contributions(text)
        scaling = fitted.target_scaling_
        shift, scale = scaling["shift"], scaling["scale"]
        if fitted._objective.scaled_by == "mean":
            shift, scale = np.log(scale), np.ones_like(scale)
        columns = slice(None) if fitted.target_shape_ else 0
        return Bunch(
            ngrams=names,
            contributions=(contributions * scale)[:, columns],
            bias=(bias * scale + shift)[columns],
        )

"""TextPoolClassifier: raw text, embedding, pooling over the tokens."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, Unpack

import numpy as np
import scipy.sparse as sp
from sklearn.utils import Bunch

from .._core.layers.base import Weights
from .._sklearn import StrOptions
from .._texts import naive_bayes, ridge
from .._texts.union import NgramUnion
from .classifier import NeuralNetClassifier
from .parameter_types import (
    Analyzer,
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
from .text_input import TextInput


class TextPoolClassifier(TextInput, NeuralNetClassifier):
    r"""Raw text in, labels out: embedding of n-grams, pooling, dense layers.

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
    pooling : {"mean", "sqrtn", "max", "mean_max"}, default="mean"
        How the embeddings of a text become one vector. "sqrtn" is their sum over the
        root of their number.
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
    binary : bool or "auto", default="auto"
        Whether an n-gram counts once in a text, however often it occurs. "auto" is
        False with several classes, whose topics are what is repeated, else True.
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
    embedding_init : {"naive_bayes", "random"}, default="naive_bayes"
        First values of the embedding. "naive_bayes" are log-count ratios of the
        n-grams, one class against the rest [2]_, scaled so that they are calibrated,
        words and parts of words each by themselves. Where both are counted, in 500 to
        20,000 texts, they are averaged with a ridge regression of the classes, unless
        n-grams of all texts times classes are more than 100 million.
        The learning rate of each value then is relative to its start, and that of all
        other weights 0.03 of it. "random" is uniform in +-0.05, as in Keras, with one
        learning rate for all; it is used with more outputs than `width`, too, and with
        another pooling than "mean".
    compress_to : int or None, default=None
        Keep only this many n-grams after training, those that contribute most to the
        training texts, and round the embedding to 8 bits. A file then has a byte for
        each n-gram and column of the embedding, and some ten for what it is made of.
    epochs : int or "auto", default="auto"
        Passes over the training rows. "auto" makes about 250 steps, within 2 to 3
        epochs (2 with several analyzers); with more outputs than one 500 steps, within
        3 to 6 epochs.
    batch_size : int or "auto", default="auto"
        Rows in one step. "auto" is the power of two nearest to the square root of the
        number of rows, within 8 to 128; in `partial_fit` it is 128.
    optimizer : str, keras.optimizers.Optimizer or class of one, default="adam"
        One of "adadelta", "adagrad", "adam", "adamax", "adamw", "lion", "muon",
        "nadam", "rmsprop" and "sgd", with Keras' formulas and defaults, or the Keras
        class of that name or an instance. Its settings are given as ``optimizer__*``.
    learning_rate : float or None, default=0.1
        Highest learning rate; None is the optimizer's own (0.001; "sgd" 0.01).
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
    label_smoothing : float in [0, 1), default=0.0
        Share of each target that is spread evenly over the classes.
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
    vocabulary_ : dict of str to int
        Number of each n-gram, built anew at each access; not with `n_features`.
    counter_ : NgramCounter or NgramUnion
        What splits and counts texts; the latter with several analyzers.
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
    input_scaling_ : dict
        What is done to the input before the first layer: ``shift``, ``scale`` and
        ``clip`` in ``clip * tanh((x - shift) * scale / clip)``.
    model_ : keras.Model
        The network as a Keras model, built anew at each access.

    See Also
    --------
    DenseNetClassifier : For tables.

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
    .. [2] Wang and Manning, "Baselines and bigrams: simple, good sentiment and topic
       classification", ACL 2012.

    Examples
    --------
    >>> from sknets import TextPoolClassifier
    >>> texts = ["a good film", "good fun", "a bad film", "bad, very bad"]
    >>> labels = ["pos", "pos", "neg", "neg"]
    >>> net = TextPoolClassifier(random_state=0)
    >>> net.fit(texts, labels).predict(["what a good evening", "a bad one"])
    array(['pos', 'neg'], dtype='<U3')
    """

    __module__ = "sknets"

    _parameter_constraints = {
        **NeuralNetClassifier._parameter_constraints,
        **TextInput._parameter_constraints,
        "embedding_init": [StrOptions({"naive_bayes", "random"})],
    }

    def __init__(
        self,
        width: int | Auto = "auto",
        dropout: float | Sequence[float] = 0.0,
        *,
        pooling: str = "mean",
        dense_width: int | Sequence[int] = (),
        activation: str = "relu",
        analyzer: Analyzer = "auto",
        ngram_range: Sequence[int] | Sequence[Sequence[int]] | Auto = "auto",
        max_features: int | None = None,
        min_df: float | Auto = "auto",
        max_df: float = 1.0,
        binary: bool | Auto = "auto",
        sublinear_tf: bool = True,
        lowercase: bool = True,
        token_pattern: str | None = r"(?u)\b\w+\b",
        tokenizer: Callable[[str], Sequence[Any]] | None = None,
        strip_accents: str | Callable[[str], str] | None = None,
        preprocessor: Callable[[str], str] | None = None,
        stop_words: str | Iterable[str] | None = None,
        vocabulary: Mapping[str, int] | Iterable[str] | None = None,
        n_features: int | None = None,
        embedding_init: Literal["naive_bayes", "random"] = "naive_bayes",
        compress_to: int | None = None,
        epochs: int | Auto = "auto",
        batch_size: int | Auto = "auto",
        optimizer: Optimizer = "adam",
        learning_rate: float | None = 0.1,
        learning_rate_schedule: Schedule = "cosine",
        warmup: float = 0.0,
        weight_decay: float | None = None,
        l1: float = 0.0,
        l2: float = 0.0,
        label_smoothing: float = 0.0,
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

    def _wanted_epochs(self) -> tuple[int, int, int]:
        if self.target_type_ != "binary":
            return 3, 6, 500
        # So many values of several analyzers have learnt early what there is.
        return 2, (2 if isinstance(self.counter_, NgramUnion) else 3), 250

    def _starts_from_counts(self) -> bool:
        # Naive Bayes has a slope for mean ratios.
        return super()._starts_from_counts() and self.pooling == "mean"

    def _first_weights(
        self, data: Any, rng: np.random.Generator, goes_on: bool, one_pass: bool
    ) -> Weights:
        weights = super()._first_weights(data, rng, goes_on, one_pass)
        before = getattr(self, "class_counts_", None)
        stays = goes_on and (before is None or not one_pass)
        if stays or not self._starts_from_counts():
            return weights
        n_outputs = self._network.n_outputs
        texts = naive_bayes.texts_with_targets(data.sample, n_outputs)
        parts = None
        if data.sample is not data:
            parts = data.mapped(
                functools.partial(
                    naive_bayes.sums_of_rows,
                    is_exclusive=data.objective.is_exclusive,
                    n_outputs=n_outputs,
                )
            )
        kinds = None if one_pass else self._kinds_of_rows()
        counts = naive_bayes.count(texts, rng, before, parts, kinds)
        if before is None:
            beside = None
            if parts is None and not one_pass and self._takes_coefficients(texts):
                held_out = naive_bayes.drawn(texts, rng)[: len(texts) // ridge.HELD_OUT]
                beside = ridge.class_coefficients(texts, held_out, kinds)
            weights = naive_bayes.first_weights(
                weights,
                counts,
                texts,
                is_linear=self._network.is_linear_text,
                beside=beside,
            )
        else:
            table = naive_bayes.updated(weights[0], before, counts, texts.is_exclusive)
            weights = [table, *weights[1:]]
        if one_pass:
            self.class_counts_ = naive_bayes.of_stream(counts)
        return weights

    def _takes_coefficients(self, texts: naive_bayes.Texts) -> bool:
        embedding = self._network.layers[0]
        return (
            isinstance(self.counter_, NgramUnion)
            and self._network.is_linear_text
            and embedding.output_shape(()) == (self._network.n_outputs,)
            and ridge.suits_classes(texts)
        )

    def _kinds_of_rows(self) -> np.ndarray | None:
        """Number of its kind for each row of the embedding: padding is of the first.

        Words and parts of words; of words alone for several classes, those of one word,
        two and so on.
        """
        counter = self.counter_
        if isinstance(counter, NgramUnion):
            sizes = [one.n_features_ for one in counter.counters]
        elif self.target_type_ == "multiclass" and counter.n_buckets is None:
            sizes = counter.n_features_by_length_
        else:
            return None
        return np.repeat(np.arange(len(sizes)), [sizes[0] + 1, *sizes[1:]])

    def _compress(self, tokens: sp.csr_array, n_kept: int) -> np.ndarray:
        wanted = self._logits_of_tokens(tokens)
        kept = super()._compress(tokens, n_kept)
        if self.target_type_ == "multilabel-indicator":
            # Each label loses another part of what is dropped, the rare ones most.
            self._match_logits(tokens[:, kept], wanted)
        if hasattr(self, "class_counts_"):
            self.class_counts_ = naive_bayes.restricted(self.class_counts_, kept)
        return kept

    def explain(self, text: Any) -> Bunch:
        """Get what each n-gram of a text contributes to the decision.

        The contributions and the bias add up to `decision_function`. There is such a
        sum only where the network is linear after "mean" or "sqrtn" pooling.

        Parameters
        ----------
        text : str or sequence of int
            One text.

        Returns
        -------
        Bunch
            ``ngrams``, ndarray of str of shape (n_ngrams,), the known n-grams of the
            text, those with the largest contribution first; ``contributions``,
            ndarray of shape (n_ngrams,) with two classes, where positive ones speak
            for ``classes_[1]``, else (n_ngrams, n_outputs); ``bias``, float or
            ndarray of shape (n_outputs,).

        Raises
        ------
        ValueError
            If the network has dense layers or another pooling than these.

        Examples
        --------
        >>> from sknets import TextPoolClassifier
        >>> texts = ["good film", "good fun", "bad film", "bad acting"]
        >>> net = TextPoolClassifier(ngram_range=(1, 1), random_state=0)
        >>> explained = net.fit(texts, [1, 1, 0, 0]).explain("a good film")
        >>> print(*explained.ngrams)
        good film
        """
        names, contributions, bias = self._contributions(text)
        columns = 0 if len(bias) == 1 else slice(None)
        return Bunch(
            ngrams=names, contributions=contributions[:, columns], bias=bias[columns]
        )

"""TextPoolClassifier: raw text, embedding, pooling over the tokens."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.utils._param_validation import Interval, StrOptions

from . import inference, scaling
from ._base import NeuralNetClassifier
from ._ngrams import NgramCounter
from ._tokenize import WORD_PATTERN, as_texts
from .network import POOLINGS, Layer, Shape, text_layers


class TextPoolClassifier(NeuralNetClassifier):
    """Embedding and pooling of the n-grams of a text."""

    _parameter_constraints = {
        **NeuralNetClassifier._parameter_constraints,
        "width": [Interval(Integral, 1, None, closed="left")],
        "dropout": ["array-like", Real],
        "pooling": [StrOptions(set(POOLINGS))],
        "dense_width": ["array-like", Integral],
        "analyzer": [StrOptions({"word", "char", "char_wb"})],
        "ngram_range": [tuple, list],
        "max_features": [Interval(Integral, 1, None, closed="left"), None],
        "min_df": [
            Interval(Integral, 1, None, closed="left"),
            Interval(Real, 0, 1, closed="both"),
        ],
        "max_df": [
            Interval(Integral, 1, None, closed="left"),
            Interval(Real, 0, 1, closed="both"),
        ],
        "lowercase": ["boolean"],
        "token_pattern": [str, None],
        "tokenizer": [callable, None],
        "n_features": [Interval(Integral, 1, None, closed="left"), None],
    }

    def __init__(
        self,
        width=16,
        dropout=0.0,
        *,
        pooling="mean",
        dense_width=(),
        activation="relu",
        analyzer="word",
        ngram_range=(1, 2),
        max_features=None,
        min_df=2,
        max_df=1.0,
        lowercase=True,
        token_pattern=WORD_PATTERN,
        tokenizer=None,
        n_features=None,
        epochs="auto",
        batch_size="auto",
        optimizer="adam",
        learning_rate=None,
        learning_rate_schedule="cosine",
        warmup=0.0,
        weight_decay=None,
        label_smoothing=0.0,
        early_stopping=False,
        validation_fraction=0.1,
        patience=10,
        class_weight=None,
        warm_start=False,
        callbacks=None,
        random_state=None,
        verbose=0,
        **optimizer__,
    ):
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
        self.lowercase = lowercase
        self.token_pattern = token_pattern
        self.tokenizer = tokenizer
        self.n_features = n_features
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.learning_rate_schedule = learning_rate_schedule
        self.warmup = warmup
        self.weight_decay = weight_decay
        self.label_smoothing = label_smoothing
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.class_weight = class_weight
        self.warm_start = warm_start
        self.callbacks = callbacks
        self.random_state = random_state
        self.verbose = verbose
        self._set_optimizer_params(optimizer__)

    @property
    def vocabulary_(self) -> dict[str, int]:
        """Column of each n-gram in the order of `get_feature_names_out`."""
        return self.counter_.vocabulary_

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Get the n-grams of the vocabulary.

        Parameters
        ----------
        input_features : None
            Not used.

        Returns
        -------
        ndarray of str
            N-gram number ``i`` has row ``i + 1`` of the embedding; row 0 is padding.
        """
        return self.counter_.get_feature_names_out()

    def _check_X(self, X: Any, *, reset: bool) -> list:
        return as_texts(X)

    def _learn_input(self, X: list, index: np.ndarray, weights: np.ndarray) -> Any:
        self.counter_ = NgramCounter(
            analyzer=self.analyzer,
            ngram_range=tuple(self.ngram_range),
            max_features=self.max_features,
            min_df=self.min_df,
            max_df=self.max_df,
            lowercase=self.lowercase,
            token_pattern=self.token_pattern,
            tokenizer=self.tokenizer,
            n_buckets=self.n_features,
        )
        self.input_scaling_ = scaling.identity()
        if len(index) == len(X):
            return _with_padding(self.counter_.fit_transform(X))
        self.counter_.fit([X[row] for row in index])
        return self._rows(X)

    def _rows(self, X: list) -> sp.csr_array:
        return _with_padding(self.counter_.transform(X))

    def _layers(self, n_outputs: int) -> list[Layer]:
        return text_layers(
            self.counter_.n_features_ + 1,
            self.width,
            self.dropout,
            self.activation,
            self.pooling,
            self.dense_width,
            n_outputs,
        )

    def _input_shape(self) -> Shape:
        return ()

    def _logits(self, X: list) -> np.ndarray:
        tokens = self._rows(X)
        return inference.logits(
            self.network_, self.weights_, tokens.__getitem__, len(X), ()
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.input_tags.sparse = False
        return tags


def _with_padding(counts: sp.csr_array) -> sp.csr_array:
    """Put the column of the padding token, which no text has, in front."""
    n_rows, n_columns = counts.shape
    return sp.csr_array(
        (counts.data, counts.indices + 1, counts.indptr), (n_rows, n_columns + 1)
    )

"""What takes texts: their n-grams counted, embedded and pooled."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from numbers import Integral, Real
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.utils.validation import check_is_fitted

from .._core import prediction, scaling
from .._core.build import as_tuple, text_layers
from .._core.layers import EmbeddingPool, Layer
from .._core.layers.base import Shape
from .._core.poolings import POOLINGS
from .._sklearn import HasMethods, Interval, RealNotInt, StrOptions
from .._texts import choice, compression
from .._texts.ngrams import NgramCounter, by_blocks
from .._texts.tokenize import as_texts
from .._texts.union import NgramUnion
from . import text_counting
from .base import NeuralNet
from .parameter_types import Auto
from .state import snapshot

# What version 0.1, which did not have these parameters, did.
WITHOUT_IN_0_1 = {
    "sublinear_tf": False,
    "strip_accents": None,
    "preprocessor": None,
    "stop_words": None,
    "vocabulary": None,
}
# Width up to which an embedding is made whatever its rows, and values of a wider one:
# 128 MB, and as much again for each slot of the optimizer.
MAX_AUTO_WIDTH, MAX_AUTO_VALUES = 64, 2**25


class TextInput(NeuralNet):
    """What takes texts: an embedding of their n-grams, pooled."""

    width: int | Auto
    dropout: float | Sequence[float]
    pooling: str
    dense_width: int | Sequence[int]
    activation: str
    analyzer: Any
    vocabulary: Any
    n_features: int | None
    embedding_init: str
    compress_to: int | None
    counter_: NgramCounter | NgramUnion
    n_ngrams_given_: int
    embedding_step_: float

    _parameter_constraints = {
        **NeuralNet._parameter_constraints,
        "width": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "dropout": ["array-like", Interval(Real, 0, 1, closed="left")],
        "pooling": [StrOptions(set(POOLINGS))],
        "dense_width": ["array-like", Interval(Integral, 1, None, closed="left")],
        "analyzer": [StrOptions({"auto", *choice.ANALYZERS}), tuple, list, callable],
        "ngram_range": [StrOptions({"auto"}), tuple, list],
        "max_features": [Interval(Integral, 1, None, closed="left"), None],
        "min_df": [
            Interval(Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="both"),
            StrOptions({"auto"}),
        ],
        "max_df": [
            Interval(Integral, 1, None, closed="left"),
            Interval(RealNotInt, 0, 1, closed="both"),
        ],
        "binary": ["boolean", StrOptions({"auto"})],
        "sublinear_tf": ["boolean"],
        "lowercase": ["boolean"],
        "token_pattern": [str, None],
        "tokenizer": [callable, None],
        "strip_accents": [StrOptions({"ascii", "unicode"}), callable, None],
        "preprocessor": [callable, None],
        "stop_words": [StrOptions({"english"}), list, tuple, set, frozenset, None],
        "vocabulary": [HasMethods(["__iter__"]), None],
        # Column numbers of sparse matrices have 32 bits.
        "n_features": [Interval(Integral, 1, 2**31 - 1, closed="left"), None],
        "compress_to": [Interval(Integral, 1, None, closed="left"), None],
    }

    _auto_batch = 128

    @property
    def vocabulary_(self) -> dict[str, int]:
        """Column of each n-gram in the order of `get_feature_names_out`."""
        check_is_fitted(self)
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

        Raises
        ------
        ValueError
            With `n_features`: hashed n-grams have no names; `explain` finds those of
            one text.
        """
        check_is_fitted(self)
        return self.counter_.get_feature_names_out()

    def _check_X(self, X: Any, *, reset: bool) -> list:
        return as_texts(X)

    def _learn_input(self, X: list, index: np.ndarray, weights: np.ndarray) -> Any:
        texts = X if len(index) == len(X) else [X[row] for row in index]
        self.counter_, counts = text_counting.fitted_counter(self, texts)
        given = self.vocabulary is not None
        self.n_ngrams_given_ = self.counter_.n_features_ if given else 0
        self.input_scaling_ = scaling.identity()
        return _with_padding(counts) if texts is X else self._rows(X)

    def _check_part(self, X: Any) -> Any:
        return X if sp.issparse(X) else as_texts(X)  # or prepared already

    def _prepares_parts(self) -> Callable[[Any], sp.csr_array]:
        return functools.partial(_counted, self.counter_)

    def _input_summary(self) -> Any:
        from .parts_summary import OfTexts

        return OfTexts()

    def _learn_input_of_parts(self, summary: Any, X: list, weights: np.ndarray) -> None:
        self._learn_input(X, np.arange(len(X)), weights)

    def _check_same_input(self) -> None:
        text_counting.check_same_settings(self)

    def _rows(self, X: list) -> sp.csr_array:
        return _with_padding(self.counter_.transform(X))

    def _layers(self, n_outputs: int) -> list[Layer]:
        return text_layers(
            self.counter_.n_features_ + 1,
            self._settled_width(n_outputs),
            self.dropout,
            self.activation,
            self._settled_pooling(),
            self.dense_width,
            n_outputs,
        )

    def _settled_pooling(self) -> str:
        return self.pooling

    def _settled_width(self, n_outputs: int) -> int:
        if self.width != "auto":
            return int(self.width)  # True is a number, and no size of an array
        if not POOLINGS[self._settled_pooling()].is_sum or as_tuple(self.dense_width):
            return min(max(16, n_outputs), MAX_AUTO_WIDTH)
        fits = n_outputs * (self.counter_.n_features_ + 1) <= MAX_AUTO_VALUES
        # A value for each output, or few: the output's kernel grows with the width.
        return n_outputs if fits else min(n_outputs, MAX_AUTO_WIDTH)

    def _input_shape(self) -> Shape:
        return ()

    def _auto_size(self, n_rows: int) -> tuple[int, int]:
        batch_size, epochs = super()._auto_size(n_rows)
        if self.epochs == "auto":
            steps = -(-n_rows // batch_size)
            low, high, wanted = self._wanted_epochs()
            epochs = int(np.clip(round(wanted / steps), low, high))
        return batch_size, epochs

    def _wanted_epochs(self) -> tuple[int, int, int]:
        """Subclass: of epochs="auto" the fewest, the most, and the steps to aim at."""
        raise NotImplementedError

    def _settings(self, n_rows: int, one_pass: bool) -> Any:
        settings = super()._settings(n_rows, one_pass)
        if one_pass and self.batch_size == "auto":
            # The rows of one call say nothing of the length of the stream.
            settings = replace(settings, batch_size=self._auto_batch)
        return replace(settings, relative_steps=self._starts_from_counts())

    def _starts_from_counts(self) -> bool:
        network = self._network
        embedding = network.layers[0]
        assert isinstance(embedding, EmbeddingPool)
        return (
            self.embedding_init != "random"
            and POOLINGS[embedding.pooling].is_sum
            and network.n_outputs <= embedding.width
        )

    def _train(self, data: Any, *args: Any, **options: Any) -> None:
        if self.compress_to is not None and self.n_features is not None:
            raise ValueError(
                "compress_to needs a vocabulary: set n_features=None, or hash into "
                "fewer rows instead."
            )
        self.__dict__.pop("embedding_step_", None)
        super()._train(data, *args, **options)
        if self.compress_to is not None:
            self._compress(data.X[data.index], self.compress_to)

    def _compress(self, tokens: sp.csr_array, n_kept: int) -> np.ndarray:
        """Keep the rows that contribute most, of 8 bits; return which, as a mask."""
        table, *others = self.weights_
        pooling = POOLINGS[self.network_[0]["pooling"]]
        shares = pooling.shares(tokens)
        kept = compression.most_contributing(
            self._network, self.weights_, shares, n_kept
        )
        if pooling.is_sum:  # of fewer n-grams from now on, which have larger shares
            after = pooling.shares(tokens[:, kept])
            table = table * np.float32(shares[:, kept].sum() / max(after.sum(), 1))
        numbers, step = compression.rounded(table[kept])
        self.counter_ = text_counting.copied(self.counter_)
        self.counter_.restrict(kept[1:])
        self.network_ = [{**self.network_[0], "rows": len(numbers)}, *self.network_[1:]]
        self.weights_ = [numbers * step, *others]
        self.embedding_step_ = float(step)
        self.__dict__.pop("optimizer_state_", None)
        return kept

    def _match_logits(self, tokens: sp.csr_array, wanted: np.ndarray) -> None:
        """Bring the logits of some texts near to others, each output by itself."""
        slope, shift = compression.line(self._logits_of_tokens(tokens), wanted)
        *before, kernel, bias = self.weights_
        moved = kernel * slope, bias * slope + shift
        self.weights_ = [*before, *(part.astype(np.float32) for part in moved)]

    def __getstate__(self) -> dict[str, Any]:
        return compression.pack(super().__getstate__())

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = compression.unpack(state)
        super().__setstate__({**state, **{**WITHOUT_IN_0_1, **state}})

    def _contributions(self, text: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """N-grams of a text, their parts of the logits, and the bias.

        The contributions have the shape (n_ngrams, n_outputs), those with the largest
        first.
        """
        fitted = snapshot(self)
        check_is_fitted(fitted)
        if not fitted._network.is_linear_text:
            raise ValueError(
                "The contributions of n-grams add up only where the output follows the "
                f"sum of their embeddings; this network has pooling={self.pooling!r} "
                f"and dense_width={self.dense_width!r}. Fit with pooling='mean' or "
                "'sqrtn' and dense_width=()."
            )
        [text] = as_texts([text])
        table, kernel, bias = fitted.weights_
        tokens = fitted._rows([text])
        names = fitted.counter_.names_of(tokens.indices - 1, text)
        shares = POOLINGS[fitted.network_[0]["pooling"]].shares(tokens).data
        contributions = table[tokens.indices] @ kernel * shares[:, None]
        order = np.argsort(-np.abs(contributions).max(axis=1), kind="stable")
        # One long word would widen an array of a fixed width for all of them.
        named = np.array(names, dtype=object)
        return named[order], contributions[order], bias

    def _logits(self, X: list) -> np.ndarray:
        def logits(texts: list) -> np.ndarray:
            return self._logits_of_tokens(self._rows(texts))

        return np.concatenate(by_blocks(logits, self.counter_, X))

    def _logits_of_tokens(self, tokens: sp.csr_array) -> np.ndarray:
        n_texts = tokens.shape[0]
        # To slice a matrix takes a tenth of the time of one text.
        rows = tokens.__getitem__ if n_texts > 1 else lambda _: tokens
        return prediction.logits(self._network, self.weights_, rows, n_texts)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.input_tags.sparse = False
        return tags


def _counted(counter: Any, X: Any) -> sp.csr_array:
    return _with_padding(counter.transform(as_texts(X)))


def _with_padding(counts: sp.csr_array) -> sp.csr_array:
    """Put the row of the padding, which no text has, in front."""
    n_texts, n_ngrams = counts.shape
    return sp.csr_array(
        (counts.data, counts.indices + 1, counts.indptr), (n_texts, n_ngrams + 1)
    )

"""Poolings: how the embeddings of a text's tokens become one vector.

A new pooling is one class here, and an entry in `POOLINGS`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp

Pooled = tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]

# Far below any embedding, so that padding never is the maximum.
_PADDING_PENALTY = 1e9


@dataclass(frozen=True)
class KerasTokens:
    """Tokens of a text in a Keras model.

    Attributes
    ----------
    embedded : tensor of shape (n_texts, length, width)
        Embeddings of the tokens and of the padding.
    is_token : tensor of shape (n_texts, length, 1)
        One for a token, zero for padding.
    penalty : tensor of shape (n_texts, length, 1)
        Zero for a token, very negative for padding.
    width : int
    """

    embedded: Any
    is_token: Any
    penalty: Any
    width: int


class Pooling:
    """What a pooling is; all of it without state.

    `tokens` is a CSR matrix of the weights of each text's tokens, one column for each
    row of the embedding `table`. An empty text is all zeros.
    """

    name: ClassVar[str]
    n_vectors: ClassVar[int] = 1
    """How many vectors of the width of the embedding it gives."""
    is_sum: ClassVar[bool] = False
    """Whether the pooled vector is the sum of the embeddings times their `shares`."""

    def predict(self, table: np.ndarray, tokens: Any) -> np.ndarray:
        """Pooled vectors, of shape (n_texts, n_vectors x width)."""
        raise NotImplementedError

    def shares(self, tokens: sp.csr_array) -> sp.csr_array:
        """The part that each token has in the pooled vector of its text, float32."""
        raise NotImplementedError

    def train(self, table: np.ndarray, shares: sp.csr_array) -> Pooled:
        """Pooled vectors, and the function from their gradient to the table's."""
        raise NotImplementedError

    def in_graph(self, tf: Any, embedded: Any, weights: Any) -> Any:
        """Pooled vectors in a TensorFlow graph, where tokens have weights.

        `embedded` has the shape (n_texts, length, width), `weights` (n_texts, length,
        1), zero for padding.
        """
        raise NotImplementedError

    def to_keras(self, layers: Any, tokens: KerasTokens) -> Any:
        """The same in Keras, without Multiply; `layers` is ``keras.layers``.

        The pooling of a model that is read ends with the first layer of that kind.
        """
        raise NotImplementedError


class Sum(Pooling):
    """Base of sums of the embeddings over a power of the number of tokens.

    An embedding counts as often as its token is there.
    """

    is_sum = True
    power: ClassVar[float]

    def predict(self, table: np.ndarray, tokens: Any) -> np.ndarray:
        summed = np.asarray(tokens @ table, np.float32)
        return summed / self._divisor(tokens)[:, None]

    def shares(self, tokens: sp.csr_array) -> sp.csr_array:
        divisor = np.repeat(self._divisor(tokens), np.diff(tokens.indptr))
        data = tokens.data.astype(np.float32) / divisor
        return sp.csr_array((data, tokens.indices, tokens.indptr), tokens.shape)

    def train(self, table: np.ndarray, shares: sp.csr_array) -> Pooled:
        return shares @ table, lambda d: shares.T @ d

    def in_graph(self, tf: Any, embedded: Any, weights: Any) -> Any:
        total = tf.reduce_sum(weights, axis=1)
        summed = tf.reduce_sum(embedded * weights, axis=1)
        return summed / tf.where(total > 0, total, tf.ones_like(total)) ** self.power

    def to_keras(self, layers: Any, tokens: KerasTokens) -> Any:
        shares = self._keras_shares(layers, tokens)
        pooled = layers.Dot(axes=1)([shares, tokens.embedded])
        return layers.Reshape((tokens.width,))(pooled)

    def _divisor(self, tokens: Any) -> np.ndarray:
        total = np.asarray(tokens.sum(axis=1), np.float32).ravel()
        return np.where(total > 0, total, np.float32(1)) ** np.float32(self.power)

    def _keras_shares(self, layers: Any, tokens: KerasTokens) -> Any:
        raise NotImplementedError


class Mean(Sum):
    """Mean of the embeddings."""

    name = "mean"
    power = 1.0

    def _keras_shares(self, layers: Any, tokens: KerasTokens) -> Any:
        return layers.Softmax(axis=1)(tokens.penalty)


class SqrtN(Sum):
    """Sum of the embeddings over the root of the number of tokens.

    If embeddings were drawn at random, the pooled vectors of short and of long texts
    would be of one length; their mean is the shorter, the longer the text.
    """

    name = "sqrtn"
    power = 0.5

    def _keras_shares(self, layers: Any, tokens: KerasTokens) -> Any:
        return layers.UnitNormalization(axis=1)(tokens.is_token)


class Max(Pooling):
    """Highest value of the tokens in each column."""

    name = "max"

    def shares(self, tokens: sp.csr_array) -> sp.csr_array:
        return tokens

    def predict(self, table: np.ndarray, tokens: Any) -> np.ndarray:
        lengths = np.diff(tokens.indptr)
        out = np.zeros((len(lengths), table.shape[1]), np.float32)
        if tokens.nnz:
            starts = tokens.indptr[:-1][lengths > 0]
            values = table[tokens.indices]
            out[lengths > 0] = np.maximum.reduceat(values, starts, axis=0)
        return out

    def train(self, table: np.ndarray, shares: sp.csr_array) -> Pooled:
        highest = self.predict(table, shares)
        n_texts = len(highest)
        text_of_token = np.repeat(np.arange(n_texts), np.diff(shares.indptr))
        # Tokens that share the maximum share its gradient, as in Keras.
        parts = (table[shares.indices] == highest[text_of_token]).astype(np.float32)
        parts /= (_incidence(text_of_token, n_texts) @ parts)[text_of_token]
        rows = _incidence(shares.indices, len(table))
        return highest, lambda d: rows @ (parts * d[text_of_token])

    def in_graph(self, tf: Any, embedded: Any, weights: Any) -> Any:
        values = tf.where(weights > 0, embedded, tf.reduce_min(embedded))
        has_tokens = tf.reduce_max(tf.sign(weights), axis=1)
        return tf.reduce_max(values, axis=1) * has_tokens

    def to_keras(self, layers: Any, tokens: KerasTokens) -> Any:
        penalised = layers.Add()([tokens.embedded, tokens.penalty])
        return layers.GlobalMaxPooling1D()(penalised)


class MeanMax(Pooling):
    """Both, side by side."""

    name = "mean_max"
    n_vectors = 2

    def shares(self, tokens: sp.csr_array) -> sp.csr_array:
        return Mean().shares(tokens)

    def predict(self, table: np.ndarray, tokens: Any) -> np.ndarray:
        parts = [pooling.predict(table, tokens) for pooling in (Mean(), Max())]
        return np.concatenate(parts, axis=1)

    def train(self, table: np.ndarray, shares: sp.csr_array) -> Pooled:
        width = table.shape[1]
        mean, by_mean = Mean().train(table, shares)
        highest, by_highest = Max().train(table, shares)
        both = np.concatenate([mean, highest], axis=1)
        return both, lambda d: by_mean(d[:, :width]) + by_highest(d[:, width:])

    def in_graph(self, tf: Any, embedded: Any, weights: Any) -> Any:
        parts = [part.in_graph(tf, embedded, weights) for part in (Mean(), Max())]
        return tf.concat(parts, axis=1)

    def to_keras(self, layers: Any, tokens: KerasTokens) -> Any:
        parts = [pooling.to_keras(layers, tokens) for pooling in (Mean(), Max())]
        return layers.Concatenate()(parts)


def _incidence(numbers: np.ndarray, n_rows: int) -> sp.csc_array:
    """Matrix whose product sums up rows of the same number."""
    n = len(numbers)
    ones = np.ones(n, np.float32)
    return sp.csc_array((ones, numbers, np.arange(n + 1)), (n_rows, n))


POOLINGS: dict[str, Pooling] = {p.name: p for p in (Mean(), SqrtN(), Max(), MeanMax())}


def embed_and_pool(layers: Any, rows: int, width: int, name: str, tokens: Any) -> Any:
    """Embed and pool padded token numbers in Keras; a text without any gives zeros.

    The masks that come with Keras' `Embedding` would give NaN for such a text, and
    `GlobalMaxPooling1D` does not respect them.
    """
    embedded = layers.Embedding(rows, width)(tokens)
    # 1 for a token, 0 for padding.
    is_token = layers.ReLU(max_value=1.0)(layers.Rescaling(1.0)(tokens))
    is_token = layers.Reshape((-1, 1))(is_token)
    has_tokens = layers.GlobalMaxPooling1D()(is_token)
    penalty = layers.Rescaling(_PADDING_PENALTY, offset=-_PADDING_PENALTY)(is_token)
    pooled = POOLINGS[name].to_keras(
        layers, KerasTokens(embedded, is_token, penalty, width)
    )
    return layers.Multiply()([pooled, has_tokens])

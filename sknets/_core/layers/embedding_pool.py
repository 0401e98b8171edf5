"""Embedding and pooling of texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from ..poolings import POOLINGS, embed_and_pool
from .base import (
    Layer,
    Shape,
    Weight,
    Weights,
    Workspace,
    is_name,
    is_size,
    settings_of,
    small_uniform,
)


@dataclass(frozen=True)
class EmbeddingPool(Layer):
    """Embedding of token numbers, then pooling over the tokens of a text.

    Rows are CSR matrices of token weights. The text trainer moves the embedding, row
    by row.
    """

    rows: int
    width: int
    pooling: str

    kind = "embedding_pool"
    keras_kind = "Embedding"
    n_weights = 1
    n_axes = 0
    trains_in_numpy = False

    def is_valid(self) -> bool:
        sizes = is_size(self.rows) and is_size(self.width)
        return sizes and is_name(self.pooling, POOLINGS)

    def output_shape(self, shape: Shape) -> Shape:
        return (self.width * POOLINGS[self.pooling].n_vectors,)

    def weights(self, shape: Shape) -> list[Weight]:
        return [Weight((self.rows, self.width), small_uniform)]

    def n_values(self, shape: Shape) -> int:
        return 1  # tokens stay sparse

    def predict(
        self, weights: Weights, x: Any, workspace: Workspace | None = None
    ) -> Any:
        return POOLINGS[self.pooling].predict(weights[0], x)

    def to_keras(self, layers: Any, x: Any) -> Any:
        return embed_and_pool(layers, self.rows, self.width, self.pooling, x)

    @classmethod
    def from_keras(cls, layer: Any, shape: Shape) -> Self:
        config = settings_of(layer, mask_zero=True)
        return cls(config["input_dim"], config["output_dim"], "mean")

    def describe(self) -> str:
        return f"embedding {self.width}, {self.pooling} pooling"

"""Embedding: a vector for each integer."""

from __future__ import annotations

from typing import Any

import numpy as np

from kcompat import ops
from kcompat.layers._checks import positive
from kcompat.layers._weights import WeightOptions, options_of
from kcompat.layers.layer import Layer
from kcompat.registration import refuse, register


@register("layer")
class Embedding(Layer):
    """A vector for each integer: row `i` of a trained table.

    Shapes: integer inputs `(batch, ...)` in [0, input_dim), result `(batch, ..., output_dim)`.
    Indices out of range in a model's data raise ValueError before training starts.

    Args:
        input_dim: how many integers there are.
        output_dim: the size of a vector.
        embeddings_initializer: the table's first values.
        embeddings_regularizer: what the table adds to the loss.
        embeddings_constraint: what the table is projected to after each update.
        mask_zero, weights, lora_rank, lora_alpha, quantization_config: not supported yet.
        **kwargs: `name`, `trainable`, `dtype`, `activity_regularizer`.
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
        lora_rank: Any = None,
        lora_alpha: Any = None,
        quantization_config: Any = None,
        **kwargs: Any,
    ):
        refuse("Embedding", weights=weights, lora_rank=lora_rank, lora_alpha=lora_alpha)
        refuse("Embedding", quantization_config=quantization_config)
        refuse("Embedding", False, mask_zero=mask_zero)
        super().__init__(**kwargs)
        self.input_dim, self.output_dim = positive("input_dim", input_dim), positive("output_dim", output_dim)
        WeightOptions(embeddings_initializer, embeddings_regularizer, embeddings_constraint).keep(self, "embeddings")

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        shape = (self.input_dim, self.output_dim)
        self.embeddings = self.add_weight(shape, **options_of(self, "embeddings"))

    def check_data(self, x: Any) -> None:
        low, high = np.min(x), np.max(x)
        if low < 0 or high >= self.input_dim:
            raise ValueError(f"{self.name} takes integers in [0, {self.input_dim}), the data has {low} to {high}")
        if np.asarray(x).dtype.kind == "f" and np.any(x != np.floor(x)):
            raise ValueError(f"{self.name} takes integers, the data has fractions")

    def call(self, inputs: Any) -> Any:
        return ops.take(self.embeddings, ops.cast(inputs, "int32"), axis=0)

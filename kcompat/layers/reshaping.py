"""Layers that give the same elements another shape."""

from __future__ import annotations

import math
from typing import Any

from kcompat import ops
from kcompat.config import check_data_format
from kcompat.layers.layer import Layer
from kcompat.registration import register
from kcompat.spec.convolution import CHANNELS_FIRST


@register("layer")
class Flatten(Layer):
    """Each sample as a vector: `(batch, size)`. With `channels_first` the channels are moved last before."""

    def __init__(self, data_format: str | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.data_format = check_data_format(data_format)

    def call(self, inputs: Any) -> Any:
        rank = len(inputs.shape)
        if self.data_format == CHANNELS_FIRST and rank > 2:
            inputs = ops.transpose(inputs, (0, *range(2, rank), 1))
        return ops.reshape(inputs, (inputs.shape[0], math.prod(inputs.shape[1:])))


@register("layer")
class Reshape(Layer):
    """Each sample in another shape; one size of `target_shape` may be -1."""

    def __init__(self, target_shape: tuple[int, ...], **kwargs: Any):
        super().__init__(**kwargs)
        self.target_shape = tuple(target_shape)

    def call(self, inputs: Any) -> Any:
        return ops.reshape(inputs, (inputs.shape[0], *self._sizes(inputs.shape[1:])))

    def _sizes(self, sample: tuple[int, ...]) -> tuple[int, ...]:
        size, known = math.prod(sample), math.prod(n for n in self.target_shape if n != -1)
        missing = size // known if known else 0
        sizes = tuple(missing if n == -1 else n for n in self.target_shape)
        if math.prod(sizes) != size:
            raise ValueError(f"{self.name}: samples of shape {tuple(sample)} do not fill {self.target_shape}")
        return sizes

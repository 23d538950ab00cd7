"""Pooling of images."""

from __future__ import annotations

from typing import Any

from kcompat import ops
from kcompat.config import check_data_format
from kcompat.layers._checks import check_images, check_padding
from kcompat.layers.layer import Layer
from kcompat.registration import register
from kcompat.spec.convolution import CHANNELS_LAST, per_axis


class _Pooling2D(Layer):
    """What the pooling layers share: their arguments."""

    def __init__(
        self,
        pool_size: Any = (2, 2),
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
        name: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(name=name, **kwargs)
        self.pool_size = per_axis(pool_size, 2, "pool_size")
        self.strides = self.pool_size if strides is None else per_axis(strides, 2, "strides")
        self.padding, self.data_format = check_padding(padding), check_data_format(data_format)

    def _pool(self, op: Any, inputs: Any) -> Any:
        check_images(self, tuple(inputs.shape))
        return op(inputs, self.pool_size, self.strides, self.padding, self.data_format)


@register("layer", "MaxPool2D")
class MaxPooling2D(_Pooling2D):
    """The largest element of each window; see `kcompat.ops.max_pool`. `strides` defaults to `pool_size`."""

    def call(self, inputs: Any) -> Any:
        return self._pool(ops.max_pool, inputs)


@register("layer", "AvgPool2D")
class AveragePooling2D(_Pooling2D):
    """The mean of each window, padding not counted; see `kcompat.ops.average_pool`."""

    def call(self, inputs: Any) -> Any:
        return self._pool(ops.average_pool, inputs)


@register("layer", "GlobalAvgPool2D")
class GlobalAveragePooling2D(Layer):
    """The mean over height and width: `(batch, channels)`, or with `keepdims` of rank 4."""

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.data_format, self.keepdims = check_data_format(data_format), keepdims

    def call(self, inputs: Any) -> Any:
        check_images(self, tuple(inputs.shape))
        axes = (1, 2) if self.data_format == CHANNELS_LAST else (2, 3)
        return ops.mean(inputs, axis=axes, keepdims=self.keepdims)

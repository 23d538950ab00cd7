"""Convolution and pooling of images."""

from __future__ import annotations

from typing import Any

from kcompat import activations, ops
from kcompat.initializers import random as initializers
from kcompat.layers.dense import check_inputs, known_size, positive
from kcompat.layers.layer import Layer
from kcompat.registration import refuse
from kcompat.spec.convolution import CHANNELS_FIRST, CHANNELS_LAST, per_axis


def check_format(data_format: str | None) -> str:
    """`channels_last` unless `channels_first` is given."""
    if data_format not in (None, CHANNELS_LAST, CHANNELS_FIRST):
        raise ValueError(f"data_format is {CHANNELS_LAST!r} or {CHANNELS_FIRST!r}, got {data_format!r}")
    return data_format or CHANNELS_LAST


def check_padding(padding: str) -> str:
    """`valid` or `same`, in any case."""
    if not isinstance(padding, str) or padding.lower() not in ("valid", "same"):
        raise ValueError(f"padding is 'valid' or 'same', got {padding!r}")
    return padding.lower()


class Conv2D(Layer):
    """Convolution over height and width, as the networks' field calls cross-correlation.

    Shapes: inputs `(batch, height, width, channels)`, kernel `(*kernel_size, channels / groups, filters)`,
    result `(batch, new height, new width, filters)`; with `channels_first` the channels are axis 1.

    Args:
        filters: the channels of the result.
        kernel_size: height and width of the window, or one int for both.
        strides: steps of the window.
        padding: `valid`, or `same`: the result has ceil(size / stride) cells.
        data_format: `channels_last` (the default) or `channels_first`.
        dilation_rate: the distance of the window's cells.
        groups: the channels fall into so many groups with filters of their own.
        activation: a name or a function; None leaves the result as it is.
        use_bias: whether to add a bias.
        kernel_initializer: the kernel's first values.
        bias_initializer: the bias's first values.
        kernel_regularizer, bias_regularizer, activity_regularizer, kernel_constraint, bias_constraint:
            not supported yet.
        **kwargs: `name`, `trainable`, `dtype`.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = (1, 1),
        padding: str = "valid",
        data_format: str | None = None,
        dilation_rate: Any = (1, 1),
        groups: int = 1,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ):
        refuse(
            "Conv2D",
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            activity_regularizer=activity_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
        )
        super().__init__(**kwargs)
        self.filters, self.groups = positive("filters", filters), positive("groups", groups)
        self.kernel_size = per_axis(kernel_size, 2, "kernel_size")
        self.strides = per_axis(strides, 2, "strides")
        self.dilation_rate = per_axis(dilation_rate, 2, "dilation_rate")
        self.padding, self.data_format = check_padding(padding), check_format(data_format)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        if self.filters % self.groups:
            raise ValueError(f"filters is a multiple of groups, got filters={filters} and groups={groups}")

    @property
    def _channel_axis(self) -> int:
        return -1 if self.data_format == CHANNELS_LAST else 1

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """See `Layer.build`."""
        check_images(self, input_shape)
        channels = known_size(self, input_shape, self._channel_axis, minimum_rank=4)
        if channels % self.groups:
            raise ValueError(f"{self.name}: {channels} channels do not fall into {self.groups} groups")
        shape = (*self.kernel_size, channels // self.groups, self.filters)
        self.kernel = self.add_weight(shape, self.kernel_initializer, name="kernel")
        self.bias = self.add_weight((self.filters,), self.bias_initializer, name="bias") if self.use_bias else None

    def call(self, inputs: Any) -> Any:
        """See `Layer.call`."""
        check_inputs(self, inputs, {self._channel_axis: self.kernel.shape[-2] * self.groups}, rank=4)
        x = ops.conv(inputs, self.kernel, self.strides, self.padding, self.data_format, self.dilation_rate)
        if self.bias is not None:
            bias = self.bias if self._channel_axis == -1 else ops.reshape(self.bias, (-1, 1, 1))
            x = ops.add(x, bias)
        return self.activation(x)


def check_images(layer: Layer, shape: tuple[int | None, ...]) -> None:
    """Raise ValueError unless `shape` is that of a batch of images."""
    if len(shape) != 4:
        raise ValueError(
            f"{layer.name} takes images, rank 4: (batch, height, width, channels), or channels second; "
            f"got shape {shape}"
        )


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
        self.padding, self.data_format = check_padding(padding), check_format(data_format)

    def _pool(self, op: Any, inputs: Any) -> Any:
        check_images(self, tuple(inputs.shape))
        return op(inputs, self.pool_size, self.strides, self.padding, self.data_format)


class MaxPooling2D(_Pooling2D):
    """The largest element of each window; see `kcompat.ops.max_pool`. `strides` defaults to `pool_size`."""

    def call(self, inputs: Any) -> Any:
        """See `Layer.call`."""
        return self._pool(ops.max_pool, inputs)


class AveragePooling2D(_Pooling2D):
    """The mean of each window, padding not counted; see `kcompat.ops.average_pool`."""

    def call(self, inputs: Any) -> Any:
        """See `Layer.call`."""
        return self._pool(ops.average_pool, inputs)


class GlobalAveragePooling2D(Layer):
    """The mean over height and width: `(batch, channels)`, or with `keepdims` of rank 4."""

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.data_format, self.keepdims = check_format(data_format), keepdims

    def call(self, inputs: Any) -> Any:
        """See `Layer.call`."""
        check_images(self, tuple(inputs.shape))
        axes = (1, 2) if self.data_format == CHANNELS_LAST else (2, 3)
        return ops.mean(inputs, axis=axes, keepdims=self.keepdims)

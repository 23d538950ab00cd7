"""Convolution of images."""

from __future__ import annotations

from typing import Any

from kcompat import activations, ops
from kcompat.config import check_data_format
from kcompat.layers._checks import check_images, check_inputs, check_padding, known_size, positive
from kcompat.layers._weights import WeightOptions, options_of
from kcompat.layers.layer import Layer
from kcompat.registration import register
from kcompat.spec.convolution import CHANNELS_LAST, per_axis


@register("layer")
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
        kernel_initializer, bias_initializer: first values.
        kernel_regularizer, bias_regularizer, activity_regularizer: what weights, and the result, add to the loss.
        kernel_constraint, bias_constraint: what weights are projected to after each update.
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
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.filters, self.groups = positive("filters", filters), positive("groups", groups)
        self.kernel_size = per_axis(kernel_size, 2, "kernel_size")
        self.strides = per_axis(strides, 2, "strides")
        self.dilation_rate = per_axis(dilation_rate, 2, "dilation_rate")
        self.padding, self.data_format = check_padding(padding), check_data_format(data_format)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        WeightOptions(kernel_initializer, kernel_regularizer, kernel_constraint).keep(self, "kernel")
        WeightOptions(bias_initializer, bias_regularizer, bias_constraint).keep(self, "bias")
        if self.filters % self.groups:
            raise ValueError(f"filters is a multiple of groups, got filters={filters} and groups={groups}")

    @property
    def _channel_axis(self) -> int:
        return -1 if self.data_format == CHANNELS_LAST else 1

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        check_images(self, input_shape)
        channels = known_size(self, input_shape, self._channel_axis, minimum_rank=4)
        if channels % self.groups:
            raise ValueError(f"{self.name}: {channels} channels do not fall into {self.groups} groups")
        shape = (*self.kernel_size, channels // self.groups, self.filters)
        self.kernel = self.add_weight(shape, **options_of(self, "kernel"))
        self.bias = self.add_weight((self.filters,), **options_of(self, "bias")) if self.use_bias else None

    def call(self, inputs: Any) -> Any:
        check_inputs(self, inputs, {self._channel_axis: self.kernel.shape[-2] * self.groups}, rank=4)
        x = ops.conv(inputs, self.kernel, self.strides, self.padding, self.data_format, self.dilation_rate)
        if self.bias is not None:
            bias = self.bias if self._channel_axis == -1 else ops.reshape(self.bias, (-1, 1, 1))
            x = ops.add(x, bias)
        return self.activation(x)

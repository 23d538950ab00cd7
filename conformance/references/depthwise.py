"""Convolutions of each channel by itself, by SciPy's correlation of one channel with one."""

from typing import Any

import numpy as np

from kcompat.conformance.references import reference
from kcompat.conformance.references.convolution import as_given, channels_last, correlated, each, margins


@reference("depthwise_conv")
def depthwise_conv(
    inputs: Any, kernel: Any, strides: Any = 1, padding: str = "valid", data_format: Any = None, dilation_rate: Any = 1
) -> Any:
    """SciPy's correlation of each channel with each of its kernels."""
    x, rank = channels_last(inputs, data_format), kernel.ndim - 2
    strides, dilation = each(strides, rank), each(dilation_rate, rank)
    reach = [(k - 1) * d + 1 for k, d in zip(kernel.shape, dilation, strict=False)]
    edges = [margins(padding, *axis) for axis in zip(x.shape[1:-1], reach, strides, strict=True)]
    channels, multiplier = kernel.shape[-2:]
    pairs = [(c, (c, m), c * multiplier + m) for c in range(channels) for m in range(multiplier)]
    return as_given(correlated(x, kernel, strides, dilation, edges, pairs), data_format)


@reference("separable_conv")
def separable_conv(
    inputs: Any, depthwise_kernel: Any, pointwise_kernel: Any, data_format: Any = None, **how: Any
) -> Any:
    """A depthwise convolution, then a matrix for the channels of each cell; Chollet (2017)."""
    y = depthwise_conv(channels_last(inputs, data_format), depthwise_kernel, **how)
    mixed = np.tensordot(y, pointwise_kernel.reshape(pointwise_kernel.shape[-2:]), axes=1)
    return as_given(mixed, data_format)

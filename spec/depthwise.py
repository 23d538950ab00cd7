"""Convolution of each channel by itself, and separable convolution."""

import numpy as np

from kcompat.spec._op import Refusal, Sample, composed, ordinary, smooth
from kcompat.spec.convolution import CHANNELS_FIRST


def _channel_axis(data_format):
    return 1 if data_format == CHANNELS_FIRST else -1


def _depthwise(rng):
    x, kernel = rng.normal(size=(2, 6, 5, 3)), rng.normal(size=(3, 2, 3, 2))
    yield Sample((x, kernel))
    yield Sample((x, kernel), {"padding": "same", "strides": 2})
    yield Sample((x, kernel), {"strides": (2, 1), "dilation_rate": (2, 3)})
    yield Sample((x.transpose(0, 3, 1, 2), kernel), {"data_format": CHANNELS_FIRST, "padding": "same"})
    x = rng.normal(size=(1, 10, 10, 3))
    yield Sample((x, rng.normal(size=(3, 3, 3, 2))), {"strides": 2, "dilation_rate": 3})
    yield Sample((rng.normal(size=(2, 7, 2)), rng.normal(size=(3, 2, 1))), {"padding": "same", "strides": 3})
    yield Sample((rng.normal(size=(1, 3, 2, 3, 2)), rng.normal(size=(2, 2, 2, 2, 1))), {"padding": "same"})
    yield Sample((rng.normal(size=(2, 7, 1)), rng.normal(size=(4, 1, 3))), {"padding": "same"})


_X, _KERNEL = np.ones((1, 5, 2)), np.ones((3, 2, 1))


@composed(
    floating=True,
    kinks=smooth,
    specials=ordinary,
    samples=_depthwise,
    refusals=[
        Refusal((_X, np.ones((3, 1, 2)))),
        Refusal((_X, np.ones((3, 3, 2, 1)))),
        Refusal((_X, np.ones((6, 2, 1)))),
        Refusal((_X, _KERNEL), attrs={"padding": "causal"}),
        Refusal((_X, _KERNEL), attrs={"strides": (1, 1)}),
        Refusal((_X, _KERNEL), attrs={"dilation_rate": 0}),
        Refusal((_X, _KERNEL), attrs={"data_format": "NHWC"}),
    ],
)
def depthwise_conv(B, inputs, kernel, *, strides=1, padding="valid", data_format=None, dilation_rate=1):
    """Convolution of each channel by itself.

    Shapes: inputs `(batch, *spatial, channels)`, or channels second with `channels_first`; kernel
    `(*window, channels, multiplier)`; result `(batch, *output sizes, channels * multiplier)`, the results of a
    channel side by side. Strides and dilation may both be more than 1.
    Raises ValueError if ranks or channels do not match or the window does not fit.
    """
    *window, channels, multiplier = kernel.shape
    if len(inputs.shape) != len(kernel.shape) or inputs.shape[_channel_axis(data_format)] != channels:
        raise ValueError(
            f"depthwise_conv: a kernel of shape {tuple(kernel.shape)}, (*window, channels, multiplier), takes inputs "
            f"of rank {len(kernel.shape)} with {channels} channels, got {tuple(inputs.shape)}"
        )
    kernel = B.reshape(kernel, newshape=(*window, 1, channels * multiplier))
    how = {"strides": strides, "padding": padding, "data_format": data_format, "dilation_rate": dilation_rate}
    return B.conv(inputs, kernel, **how)


def _separable(rng):
    x, depthwise, pointwise = (rng.normal(size=shape) for shape in ((2, 6, 5, 3), (3, 2, 3, 2), (1, 1, 6, 4)))
    yield Sample((x, depthwise, pointwise))
    yield Sample((x, depthwise, pointwise), {"padding": "same", "strides": 2})
    yield Sample((x, depthwise, pointwise), {"strides": (1, 2), "dilation_rate": (2, 1)})
    first = x.transpose(0, 3, 1, 2)
    yield Sample((first, depthwise, pointwise), {"data_format": CHANNELS_FIRST, "padding": "same"})
    line = (rng.normal(size=(2, 7, 2)), rng.normal(size=(3, 2, 1)), rng.normal(size=(1, 2, 3)))
    yield Sample(line, {"padding": "same"})


@composed(
    floating=True,
    kinks=smooth,
    specials=ordinary,
    samples=_separable,
    refusals=[
        Refusal((_X, _KERNEL, np.ones((2, 2, 3)))),
        Refusal((_X, _KERNEL, np.ones((1, 3, 3)))),
        Refusal((_X, np.ones((3, 1, 2)), np.ones((1, 2, 3)))),
        Refusal((_X, _KERNEL, np.ones((1, 2, 3))), attrs={"padding": "causal"}),
    ],
)
def separable_conv(
    B,
    inputs,
    depthwise_kernel,
    pointwise_kernel,
    *,
    strides=1,
    padding="valid",
    data_format=None,
    dilation_rate=1,
):
    """A depthwise convolution, then one that mixes the channels of each cell.

    Shapes: inputs `(batch, *spatial, channels)`, or channels second with `channels_first`; depthwise kernel
    `(*window, channels, multiplier)`; pointwise kernel `(1, ..., channels * multiplier, filters)`; result
    `(batch, *output sizes, filters)`. Raises ValueError if shapes do not match or the window does not fit.
    """
    *window, channels, multiplier = depthwise_kernel.shape
    expected = (*(1 for _ in window), channels * multiplier)
    if tuple(pointwise_kernel.shape[:-1]) != expected:
        raise ValueError(
            f"separable_conv: after a depthwise kernel of shape {tuple(depthwise_kernel.shape)} the pointwise kernel "
            f"has shape {expected} + (filters,), got {tuple(pointwise_kernel.shape)}"
        )
    how = {"strides": strides, "padding": padding, "data_format": data_format, "dilation_rate": dilation_rate}
    y = B.depthwise_conv(inputs, depthwise_kernel, **how)
    return B.conv(y, pointwise_kernel, data_format=data_format)

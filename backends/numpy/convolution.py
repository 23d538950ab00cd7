"""Convolution as one matrix product over columns of windows (im2col), and its two cotangents."""

import itertools
import math

import numpy as np
from numpy.lib.stride_tricks import as_strided

from kcompat.backends.numpy.dtypes import in_float32


def _padded(x, padding):
    if not any(a or b for a, b in padding):
        return x
    return np.pad(x, ((0, 0), *padding, (0, 0)))


def _windows(x, window, strides, dilation, outputs):
    """A view `(batch, *outputs, *window, channels)` of the padded input."""
    batch, *spatial, channel = x.strides
    shape = (x.shape[0], *outputs, *window, x.shape[-1])
    steps = (s * n for s, n in zip(strides, spatial, strict=True))
    taps = (d * n for d, n in zip(dilation, spatial, strict=True))
    return as_strided(x, shape, (batch, *steps, *taps, channel), writeable=False)


def _columns(x, window, strides, dilation, outputs):
    """One row for each output cell: `(batch * outputs, window * channels)`."""
    shape = (x.shape[0] * math.prod(outputs), math.prod(window) * x.shape[-1])
    return _windows(x, window, strides, dilation, outputs).reshape(shape)


def _output_sizes(x, window, strides, dilation):
    spans = ((k - 1) * d for k, d in zip(window, dilation, strict=True))
    return tuple((n - span - 1) // s + 1 for n, span, s in zip(x.shape[1:-1], spans, strides, strict=True))


def _channel_groups(x, groups):
    return np.split(x, groups, axis=-1) if groups > 1 else (x,)


def _taps(x, window, strides, dilation, outputs):
    """The index of each cell of the window, and the slices of the padded input that it meets."""
    for index in itertools.product(*map(range, window)):
        first = [i * d for i, d in zip(index, dilation, strict=True)]
        spans = zip(first, outputs, strides, strict=True)
        yield index, (slice(None), *(slice(a, a + (m - 1) * s + 1, s) for a, m, s in spans))


def _depthwise(x, kernel, strides, dilation):
    """Each channel by itself: elementwise, for a matrix product of one channel is slow."""
    window, filters = kernel.shape[:-2], kernel.shape[-1]
    x = np.repeat(x, filters // x.shape[-1], axis=-1)
    outputs = _output_sizes(x, window, strides, dilation)
    y = np.zeros((x.shape[0], *outputs, filters), np.result_type(x, kernel))
    for index, cells in _taps(x, window, strides, dilation, outputs):
        y += x[cells] * kernel[index][0]
    return y


def _depthwise_kernel_grad(x, g, shape, strides, dilation):
    x = np.repeat(x, shape[-1] // x.shape[-1], axis=-1)
    y = np.empty(shape, np.result_type(x, g))
    rows = g.reshape(-1, shape[-1])
    ones = np.ones(len(rows), y.dtype)  # a product with these adds in blocks, `sum` along axis 0 does not
    for index, cells in _taps(x, shape[:-2], strides, dilation, g.shape[1:-1]):
        y[index][0] = ones @ (x[cells].reshape(rows.shape) * rows)
    return y


def _depthwise_input_grad(g, kernel, shape, strides, dilation):
    """The cotangent of a padded input of `shape`."""
    y = np.zeros(shape, np.result_type(g, kernel))
    multiples = (shape[-1], kernel.shape[-1] // shape[-1])
    for index, cells in _taps(y, kernel.shape[:-2], strides, dilation, g.shape[1:-1]):
        sent = g * kernel[index][0]
        y[cells] += sent if multiples[1] == 1 else sent.reshape(*sent.shape[:-1], *multiples).sum(axis=-1)
    return y


@in_float32
def convolution(x, kernel, *, strides, padding, dilation):
    """See `kcompat.spec.convolution.convolution`."""
    window, filters = kernel.shape[:-2], kernel.shape[-1]
    groups = x.shape[-1] // kernel.shape[-2]
    x = _padded(x, padding)
    if groups == x.shape[-1] > 1:
        return _depthwise(x, kernel, strides, dilation)
    outputs = _output_sizes(x, window, strides, dilation)
    parts = [
        _columns(part, window, strides, dilation, outputs) @ weights.reshape(-1, filters // groups)
        for part, weights in zip(_channel_groups(x, groups), _channel_groups(kernel, groups), strict=True)
    ]
    y = parts[0] if groups == 1 else np.concatenate(parts, axis=-1)
    return y.reshape(x.shape[0], *outputs, filters)


@in_float32
def convolution_kernel_grad(x, g, *, shape, strides, padding, dilation):
    """See `kcompat.spec.convolution.convolution_kernel_grad`."""
    window, groups = shape[:-2], x.shape[-1] // shape[-2]
    x = _padded(x, padding)
    if groups == x.shape[-1] > 1:
        return _depthwise_kernel_grad(x, g, tuple(shape), strides, dilation)
    parts = []
    for part, cotangent in zip(_channel_groups(x, groups), _channel_groups(g, groups), strict=True):
        columns = _columns(part, window, strides, dilation, g.shape[1:-1])
        parts.append((columns.T @ cotangent.reshape(-1, cotangent.shape[-1])).reshape(*shape[:-1], -1))
    return parts[0] if groups == 1 else np.concatenate(parts, axis=-1)


@in_float32
def convolution_input_grad(g, kernel, *, shape, strides, padding, dilation):
    """See `kcompat.spec.convolution.convolution_input_grad`."""
    window, inputs = kernel.shape[:-2], kernel.shape[-2]
    groups = shape[-1] // inputs
    padded = tuple(n + a + b for n, (a, b) in zip(shape[1:-1], padding, strict=True))
    if groups == shape[-1] > 1:
        y = _depthwise_input_grad(g, kernel, (shape[0], *padded, shape[-1]), strides, dilation)
    else:
        y = np.zeros((shape[0], *padded, shape[-1]), np.result_type(g, kernel))
        parts = zip(_channel_groups(g, groups), _channel_groups(kernel, groups), strict=True)
        for group, (cotangent, weights) in enumerate(parts):
            channels = slice(group * inputs, (group + 1) * inputs)
            for index, cells in _taps(y, window, strides, dilation, g.shape[1:-1]):
                y[(*cells, channels)] += cotangent @ weights[index].T
    return y[(slice(None), *(slice(a, a + n) for (a, _), n in zip(padding, shape[1:-1], strict=True)))]

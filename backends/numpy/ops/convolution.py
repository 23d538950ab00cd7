"""Convolution as one matrix product over columns of windows (im2col), and its two cotangents."""

import itertools

import numpy as np

from kcompat.backends.numpy import columns
from kcompat.backends.numpy.compiler.plan import planned
from kcompat.backends.numpy.dtypes import in_float32
from kcompat.spec import TensorSpec, as_dtype


def _padded(x, padding):
    if not any(a or b for a, b in padding):
        return x
    return np.pad(x, ((0, 0), *padding, (0, 0)))


def _output_sizes(x, window, strides, dilation):
    spans = ((k - 1) * d for k, d in zip(window, dilation, strict=True))
    return tuple((n - span - 1) // s + 1 for n, span, s in zip(x.shape[1:-1], spans, strides, strict=True))


def _split_channels(x, groups):
    return np.split(x, groups, axis=-1) if groups > 1 else (x,)


def _taps(x, window, strides, dilation, outputs):
    """For each cell of the window, its index, and the index of the elements of the padded input that lie under it."""
    for index in itertools.product(*map(range, window)):
        first = [i * d for i, d in zip(index, dilation, strict=True)]
        spans = zip(first, outputs, strides, strict=True)
        yield index, (slice(None), *(slice(a, a + (m - 1) * s + 1, s) for a, m, s in spans))


def _depthwise(x, kernel, strides, dilation):
    """Convolve each channel by itself, elementwise: a matrix product of one channel is slow."""
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


def _compute(make, a, b, **geometry):
    """Make a plan for these tensors and run it once."""
    dtype = np.result_type(a, b)
    a, b = a.astype(dtype, copy=False), b.astype(dtype, copy=False)
    shape, run = make(TensorSpec(a.shape, as_dtype(dtype)), TensorSpec(b.shape, as_dtype(dtype)), **geometry)
    if 0 in (*a.shape, *b.shape):
        return np.zeros(shape, dtype)
    out = np.empty(shape, dtype)
    run(a, b, out)
    return out


def _planner(make, inputs_of):
    """The planner of an op. It leaves groups, mixed dtypes, halves and empty tensors to the op itself."""

    def plan(a, b, **geometry):
        channels, per_group = inputs_of(a, b, **geometry)
        plain = a.dtype == b.dtype in ("float32", "float64") and channels == per_group
        return make(a, b, **geometry)[1] if plain and 0 not in (*a.shape, *b.shape) else None

    return plan


@planned(_planner(columns.convolution, lambda x, kernel, **_: (x.shape[-1], kernel.shape[-2])))
@in_float32
def convolution(x, kernel, *, strides, padding, dilation):
    groups = x.shape[-1] // kernel.shape[-2]
    if groups == x.shape[-1] > 1:
        return _depthwise(_padded(x, padding), kernel, strides, dilation)
    geometry = {"strides": strides, "padding": padding, "dilation": dilation}
    pairs = zip(_split_channels(x, groups), _split_channels(kernel, groups), strict=True)
    return _join_channels([_compute(columns.convolution, part, weights, **geometry) for part, weights in pairs])


@planned(_planner(columns.kernel_grad, lambda x, g, *, shape, **_: (x.shape[-1], shape[-2])))
@in_float32
def convolution_kernel_grad(x, g, *, shape, strides, padding, dilation):
    groups = x.shape[-1] // shape[-2]
    if groups == x.shape[-1] > 1:
        return _depthwise_kernel_grad(_padded(x, padding), g, tuple(shape), strides, dilation)
    geometry = {"strides": strides, "padding": padding, "dilation": dilation}
    geometry["shape"] = (*shape[:-1], shape[-1] // groups)
    pairs = zip(_split_channels(x, groups), _split_channels(g, groups), strict=True)
    return _join_channels([_compute(columns.kernel_grad, part, cotangent, **geometry) for part, cotangent in pairs])


@planned(_planner(columns.input_grad, lambda g, kernel, *, shape, **_: (shape[-1], kernel.shape[-2])))
@in_float32
def convolution_input_grad(g, kernel, *, shape, strides, padding, dilation):
    groups = shape[-1] // kernel.shape[-2]
    if groups == shape[-1] > 1:
        padded = tuple(n + a + b for n, (a, b) in zip(shape[1:-1], padding, strict=True))
        y = _depthwise_input_grad(g, kernel, (shape[0], *padded, shape[-1]), strides, dilation)
        return y[(slice(None), *(slice(a, a + n) for (a, _), n in zip(padding, shape[1:-1], strict=True)))]
    geometry = {"strides": strides, "padding": padding, "dilation": dilation, "shape": (*shape[:-1], kernel.shape[-2])}
    pairs = zip(_split_channels(g, groups), _split_channels(kernel, groups), strict=True)
    return _join_channels([_compute(columns.input_grad, part, weights, **geometry) for part, weights in pairs])


def _join_channels(parts):
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=-1)

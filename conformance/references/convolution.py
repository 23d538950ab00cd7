"""Convolutions, by SciPy's correlation of one channel with one."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.signal

from kcompat.conformance.references import reference


def each(value: Any, rank: int) -> tuple[int, ...]:
    """One integer for each spatial axis."""
    return (value,) * rank if isinstance(value, int) else tuple(value)


def margins(padding: str, size: int, reach: int, stride: int) -> tuple[int, int]:
    """Cells added before and after an axis: with `same` there are ceil(size / stride) windows, the odd cell is last."""
    if padding == "valid":
        return 0, 0
    cells = len(range(0, size, stride))
    lacking = max(stride * (cells - 1) + reach - size, 0)
    return lacking // 2, (lacking + 1) // 2


def channels_last(x: Any, data_format: Any) -> Any:
    """The tensor with its channels last."""
    return np.moveaxis(x, 1, -1) if data_format == "channels_first" else x


def as_given(y: Any, data_format: Any) -> Any:
    """The opposite of `channels_last`."""
    return np.moveaxis(y, -1, 1) if data_format == "channels_first" else y


def adjoint(f: Callable[[Any], Any], shape: tuple[int, ...], g: Any) -> Any:
    """The adjoint of a linear function of tensors of `shape`, by definition: `sum(g * f(e))` for each unit tensor e."""
    pulled = np.zeros(shape)
    for place in np.ndindex(*shape):
        unit = np.zeros(shape)
        unit[place] = 1.0
        pulled[place] = np.sum(g * f(unit))
    return pulled


def correlated(x: Any, kernel: Any, strides: Any, dilation: Any, edges: Any, pairs: Any) -> Any:
    """SciPy's correlation with a kernel spread by zeros; `pairs` are (input channel, kernel place, filter)."""
    window, rank = kernel.shape[: x.ndim - 2], x.ndim - 2
    spread = np.zeros([(k - 1) * d + 1 for k, d in zip(window, dilation, strict=True)] + list(kernel.shape[rank:]))
    spread[tuple(slice(None, None, d) for d in dilation)] = kernel
    x = np.pad(x, [(0, 0), *edges, (0, 0)])
    cells = [len(range(0, n - k + 1, s)) for n, k, s in zip(x.shape[1:-1], spread.shape, strides, strict=False)]
    y = np.zeros((x.shape[0], *cells, 1 + max(f for *_, f in pairs)))
    steps = tuple(slice(None, None, s) for s in strides)
    for image, (c, place, f) in itertools.product(range(len(x)), pairs):
        found = scipy.signal.correlate(x[image, ..., c], spread[(..., *place)], mode="valid", method="direct")
        y[image, ..., f] += found[steps]
    return y


@reference("convolution")
def convolution(x: Any, kernel: Any, *, strides: Any, padding: Any, dilation: Any) -> Any:
    """SciPy's correlation, for each filter summed over the input channels of its group."""
    inputs, filters = kernel.shape[-2:]
    per_group = filters * inputs // x.shape[-1]
    pairs = [(f // per_group * inputs + c, (c, f), f) for f in range(filters) for c in range(inputs)]
    return correlated(x, kernel, strides, dilation, padding, pairs)


@reference("convolution_input_grad")
def convolution_input_grad(g: Any, kernel: Any, *, shape: Any, **how: Any) -> Any:
    """The adjoint of convolution, by definition: what each cell of an image sends to each of the result."""
    units = np.eye(int(np.prod(shape[1:]))).reshape(-1, *shape[1:])
    seen = convolution(units, kernel, **how)
    axes = tuple(range(1, g.ndim))
    return np.tensordot(g, seen, (axes, axes)).reshape(shape)


@reference("convolution_kernel_grad")
def convolution_kernel_grad(x: Any, g: Any, *, shape: Any, **how: Any) -> Any:
    """The adjoint of convolution, by definition."""
    return adjoint(lambda kernel: convolution(x, kernel, **how), shape, g)


@reference("conv")
def conv(
    inputs: Any, kernel: Any, strides: Any = 1, padding: str = "valid", data_format: Any = None, dilation_rate: Any = 1
) -> Any:
    """SciPy's correlation, with TensorFlow's rule for `same`."""
    x, rank = channels_last(inputs, data_format), kernel.ndim - 2
    strides, dilation = each(strides, rank), each(dilation_rate, rank)
    reach = [(k - 1) * d + 1 for k, d in zip(kernel.shape, dilation, strict=False)]
    edges = [margins(padding, *axis) for axis in zip(x.shape[1:-1], reach, strides, strict=True)]
    return as_given(convolution(x, kernel, strides=strides, padding=edges, dilation=dilation), data_format)

"""Pooling, by a loop over windows."""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from kcompat.conformance.references import reference
from kcompat.conformance.references.convolution import as_given, channels_last, each, margins

Place = tuple[Any, ...]


def windows(shape: Any, pool_size: Any, strides: Any = None, padding: str = "valid") -> list[list[range]]:
    """For each spatial axis of a tensor with channels last the cells of each window that are inside."""
    rank = len(shape) - 2
    window = each(pool_size, rank)
    strides = window if strides is None else each(strides, rank)
    spans = []
    for n, k, s in zip(shape[1:-1], window, strides, strict=True):
        before, after = margins(padding, n, k, s)
        starts = range(-before, n + after - k + 1, s)
        spans.append([range(max(start, 0), min(start + k, n)) for start in starts])
    return spans


def reduced(f: Any, x: Any, spans: list[list[range]]) -> Any:
    """`f` of each window, over its spatial axes."""
    y = np.zeros((len(x), *map(len, spans), x.shape[-1]))
    axes = tuple(range(1, x.ndim - 1))
    for place in np.ndindex(*map(len, spans)):
        cells = [spans[axis][i] for axis, i in enumerate(place)]
        seen = x[(slice(None), *(slice(c.start, c.stop) for c in cells))]
        y[(slice(None), *place)] = f(seen, axis=axes)
    return y


def largest(x: Any, spans: list[list[range]]) -> Iterator[tuple[Place, Place]]:
    """Where each window is in the result, and where in `x` the first of its largest elements in row-major order is."""
    for place in np.ndindex(len(x), *map(len, spans), x.shape[-1]):
        image, *cells, channel = place
        inside = itertools.product(*(spans[axis][i] for axis, i in enumerate(cells)))
        yield place, max(((image, *cell, channel) for cell in inside), key=lambda at: x[at])


@reference("max_pool")
def max_pool(inputs: Any, data_format: Any = None, **how: Any) -> Any:
    """NumPy's maximum of each window."""
    x = channels_last(inputs, data_format)
    return as_given(reduced(np.max, x, windows(x.shape, **how)), data_format)


@reference("max_pool_grad")
def max_pool_grad(g: Any, y: Any, x: Any, data_format: Any = None, **how: Any) -> Any:
    """The adjoint of taking maxima, by definition: each element of `g` goes to where its window's maximum is."""
    g, y, x = (channels_last(t, data_format) for t in (g, y, x))
    pulled = np.zeros(x.shape)
    for place, at in largest(x, windows(x.shape, **how)):
        assert x[at] == y[place], "y is the result of max_pool"
        pulled[at] += g[place]
    return as_given(pulled, data_format)


@reference("max_pool_take")
def max_pool_take(values: Any, y: Any, x: Any, data_format: Any = None, **how: Any) -> Any:
    """The element of `values` where each window's maximum is."""
    values, y, x = (channels_last(t, data_format) for t in (values, y, x))
    taken = np.zeros(y.shape)
    for place, at in largest(x, windows(x.shape, **how)):
        assert x[at] == y[place], "y is the result of max_pool"
        taken[place] = values[at]
    return as_given(taken, data_format)


@reference("average_pool")
def average_pool(inputs: Any, data_format: Any = None, **how: Any) -> Any:
    """NumPy's mean of the cells of each window that are inside."""
    x = channels_last(inputs, data_format)
    return as_given(reduced(np.mean, x, windows(x.shape, **how)), data_format)


@reference("average_pool_grad")
def average_pool_grad(g: Any, *, shape: Any, data_format: Any = None, **how: Any) -> Any:
    """The adjoint of taking means, by definition: what each cell of an image sends to each mean."""
    g, x = channels_last(g, data_format), channels_last(np.zeros(shape), data_format)
    units = np.eye(int(np.prod(x.shape[1:]))).reshape(-1, *x.shape[1:])
    seen = reduced(np.mean, units, windows(x.shape, **how))
    axes = tuple(range(1, x.ndim))
    return as_given(np.tensordot(g, seen, (axes, axes)).reshape(x.shape), data_format)

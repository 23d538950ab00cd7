"""Shape, order and joining: the elements stay as they are."""

import itertools
from typing import Any

import numpy as np

from kcompat.conformance.references import reference


@reference("reshape")
def reshape(x: Any, newshape: Any) -> Any:
    """NumPy's."""
    return np.reshape(x, newshape)


@reference("transpose")
def transpose(x: Any, axes: Any = None) -> Any:
    """NumPy's."""
    return np.transpose(x, axes)


@reference("broadcast_to")
def broadcast_to(x: Any, shape: Any) -> Any:
    """NumPy's."""
    return np.broadcast_to(x, shape)


@reference("flip")
def flip(x: Any, axis: Any = None) -> Any:
    """NumPy's."""
    return np.flip(x, axis)


@reference("strided_slice")
def strided_slice(x: Any, start: Any, stop: Any, step: Any) -> Any:
    """NumPy's elements at the numbers of Python's ranges."""
    return x[np.ix_(*map(range, start, stop, step))]


@reference("interior_pad")
def interior_pad(x: Any, low: Any, high: Any, interior: Any, value: float = 0.0) -> Any:
    """The definition, an element at a time: cells, with each element of x put into its own."""
    cells = [a + n + (n - 1) * i * (n > 0) + b for n, a, b, i in zip(x.shape, low, high, interior, strict=True)]
    y = np.full(cells, value, x.dtype)
    for place in itertools.product(*map(range, x.shape)):
        y[tuple(a + p * (i + 1) for a, p, i in zip(low, place, interior, strict=True))] = x[place]
    return y


@reference("concatenate")
def concatenate(*xs: Any, axis: int = 0) -> Any:
    """NumPy's."""
    return np.concatenate(xs, axis)


@reference("stack")
def stack(*x: Any, axis: int = 0) -> Any:
    """NumPy's."""
    return np.stack(x, axis)


@reference("expand_dims")
def expand_dims(x: Any, axis: Any) -> Any:
    """NumPy's."""
    return np.expand_dims(x, axis)


@reference("squeeze")
def squeeze(x: Any, axis: Any = None) -> Any:
    """NumPy's."""
    return np.squeeze(x, axis)

"""Reading and adding at indices, and one-hot vectors."""

from typing import Any

import numpy as np

from kcompat.conformance.references import reference


@reference("take")
def take(x: Any, indices: Any, axis: Any = None) -> Any:
    """NumPy's."""
    return np.take(x, indices, axis=axis)


@reference("scatter_add")
def scatter_add(values: Any, indices: Any, axis: int, size: int) -> Any:
    """By definition: each slice is added where its index says."""
    rows = np.moveaxis(values, range(axis, axis + indices.ndim), range(indices.ndim))
    y = np.zeros((size, *rows.shape[indices.ndim :]), values.dtype)
    for i, index in np.ndenumerate(indices):
        y[index] += rows[i]
    return np.moveaxis(y, 0, axis)


@reference("take_along_axis")
def take_along_axis(x: Any, indices: Any, axis: Any = None) -> Any:
    """NumPy's."""
    return np.take_along_axis(x, indices, axis=axis)


@reference("scatter_add_along_axis")
def scatter_add_along_axis(values: Any, indices: Any, axis: int, size: int) -> Any:
    """By definition: each element is added where its index says."""
    shape = list(values.shape)
    shape[axis] = size
    y = np.zeros(shape, values.dtype)
    for i, value in np.ndenumerate(values):
        place = list(i)
        place[axis] = indices[i]
        y[tuple(place)] += value
    return y


@reference("one_hot")
def one_hot(x: Any, num_classes: int, axis: int = -1, dtype: Any = None) -> Any:  # noqa: ARG001
    """By definition: a vector of zeros for each element, with 1 at the class that it names."""
    y = np.zeros((*x.shape, num_classes))
    for i, value in np.ndenumerate(x):
        for label in range(num_classes):
            y[(*i, label)] = float(value) == label
    return np.moveaxis(y, -1, axis)


@reference("multi_hot")
def multi_hot(inputs: Any, num_classes: int = 0, axis: int = -1, dtype: Any = None) -> Any:  # noqa: ARG001
    """By definition: the largest over the members of their one-hot vectors, which have the classes at `axis`."""
    vectors = one_hot(inputs, num_classes, axis)
    classes = axis % vectors.ndim
    members = min(1, inputs.ndim - 1)
    return np.max(vectors, axis=members + (classes <= members), initial=0.0)


@reference("unravel_index")
def unravel_index(indices: Any, shape: Any) -> Any:
    """NumPy's, which takes no negative indices: they count from the end."""
    size = np.prod(shape, dtype=int)
    return np.unravel_index(np.where(indices < 0, indices + size, indices), shape)

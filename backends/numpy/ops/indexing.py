"""Values read, and added up, at indices."""

import functools

import numpy as np

from kcompat.backends.numpy.compiler.plan import planned
from kcompat.backends.numpy.scattering import combine_rows
from kcompat.spec import rules


def take(x, indices, *, axis=None):
    return np.take(x, indices, axis)


@functools.lru_cache(maxsize=64)
def _grid(shape):
    """Open index arrays of a shape; making them takes NumPy longer than using them."""
    return tuple(np.ogrid[tuple(map(slice, shape))])


def _index_along(indices, shape, axis):
    grid = list(_grid(shape))
    grid[axis] = indices
    return tuple(grid)


def _same_elsewhere(x, indices, axis):
    """Whether `indices` have the rank of `x`, and its sizes along the other axes."""
    return len(x.shape) == len(indices.shape) and all(
        n == m for i, (n, m) in enumerate(zip(x.shape, indices.shape, strict=True)) if i != axis
    )


def _plan_take(x, indices, *, axis=None):
    axis = axis if axis is None else axis % len(x.shape)
    if axis is None or not _same_elsewhere(x, indices, axis):
        return None
    before, after = _grid(indices.shape)[:axis], _grid(indices.shape)[axis + 1 :]

    def run(x, indices, out):
        out[...] = x[(*before, indices, *after)]

    return run


@planned(_plan_take)
def take_along_axis(x, indices, *, axis=None):
    if axis is None or np.ndim(x) != np.ndim(indices):
        return np.take_along_axis(x, indices, axis)
    axis = rules.normalize_axis(axis, x.ndim)
    if not _same_elsewhere(x, indices, axis):
        rules.take_along_axis(x, indices, axis=axis)  # which refuses what does not fit
        return np.take_along_axis(x, indices, axis)
    return x[_index_along(indices, indices.shape, axis)]


def _plan_scatter(values, indices, *, axis, size):
    del size
    if values.shape[axis] != 1 or not _same_elsewhere(values, indices, axis):
        return None
    before, after = _grid(values.shape)[:axis], _grid(values.shape)[axis + 1 :]

    def run(values, indices, out):
        out.fill(0)
        out[(*before, indices, *after)] = values

    return run


@planned(_plan_scatter)
def scatter_add_along_axis(values, indices, *, axis, size):
    y = np.zeros((*values.shape[:axis], size, *values.shape[axis + 1 :]), values.dtype)
    where_to = _index_along(indices, values.shape, axis)
    if values.shape[axis] == 1:  # no index can come twice
        y[where_to] = values
    else:
        np.add.at(y, where_to, values)
    return y


def scatter_add(values, indices, *, axis, size):
    indices = np.asarray(indices)
    rank = indices.ndim
    rows = np.moveaxis(values, range(axis, axis + rank), range(rank))
    rows = rows.reshape(indices.size, *rows.shape[rank:])
    y = combine_rows(np.add, 0, rows, np.where(indices < 0, indices + size, indices).reshape(-1), size)
    return np.moveaxis(y, 0, axis)

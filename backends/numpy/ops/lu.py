"""LU factors of stacks of matrices, which NumPy lacks: by recursion, so that products do the work."""

import numpy as np

from kcompat.backends.numpy.linear_algebra import in_declared_dtype, solve_lower


@in_declared_dtype
def lu(x):
    if 0 in x.shape:
        return x, np.broadcast_to(np.arange(x.shape[-2]), x.shape[:-1])
    return _factor(x)


def _factor(x):
    """Factor half of the columns, eliminate them from the others, and factor what is left of those (Toledo, 1997)."""
    columns = x.shape[-1]
    if columns == 1:
        return _factor_column(x)
    half = columns // 2
    left, order = _factor(x[..., :half])
    right = _take_rows(x[..., half:], order)
    top = solve_lower(_unit_lower(left[..., :half, :]), right[..., :half, :])
    below = left[..., half:, :]
    factored, rest = _factor(right[..., half:, :] - below @ top)
    left = np.concatenate((left[..., :half, :], _take_rows(below, rest)), -2)
    order = np.concatenate((order[..., :half], np.take_along_axis(order[..., half:], rest, -1)), -1)
    return np.concatenate((left, np.concatenate((top, factored), -2)), -1), order


def _factor_column(x):
    """Exchange the largest element with the first, and divide the others by it."""
    pivot = np.argmax(np.abs(x[..., 0]), -1)[..., None]
    order = np.broadcast_to(np.arange(x.shape[-2]), x.shape[:-1]).copy()
    np.put_along_axis(order, pivot, 0, -1)
    order[..., :1] = pivot
    x = _take_rows(x, order)
    pivot = x[..., :1, :]
    pivots_or_ones = np.where(pivot == 0, 1, pivot)  # below a 0 there are only zeros
    return np.concatenate((pivot, x[..., 1:, :] / pivots_or_ones), -2), order


def _take_rows(x, order):
    return np.take_along_axis(x, order[..., None], -2)


def _unit_lower(x):
    return np.tril(x, -1) + np.eye(x.shape[-1], dtype=x.dtype)

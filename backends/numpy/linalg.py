"""Factors of stacks of matrices; LAPACK by NumPy, and what NumPy lacks by recursion, so that products do the work."""

import functools

import numpy as np

from kcompat.spec import OPS

__all__ = ["cholesky", "eigh", "linear_solve", "lu", "qr", "svd", "triangular_solve"]


def _declared(f):
    """A function of float32 or float64 matrices, in the dtype of the spec; its rule refuses what does not fit."""
    rule = OPS[f.__name__].rule

    @functools.wraps(f)
    def call(*xs, **attrs):
        specs = rule(*xs, **attrs)
        specs = specs if isinstance(specs, tuple) else (specs,)
        wide = specs[0].dtype if specs[0].dtype in ("float32", "float64") else "float32"
        y = f(*(x.astype(wide, copy=False) for x in xs), **attrs)
        if len(specs) == 1:
            return y.astype(specs[0].dtype, copy=False)
        return tuple(part.astype(spec.dtype, copy=False) for part, spec in zip(y, specs, strict=True))

    return call


def _finite(f, x):
    """`f` of matrices; NaN of those that are not finite, for which LAPACK's iterations would fail."""
    finite = np.isfinite(x).all((-2, -1))
    if finite.all():
        return f(x)
    y = f(np.where(finite[..., None, None], x, 0.0))
    parts = tuple(part.copy() for part in (y if isinstance(y, tuple) else (y,)))
    for part in parts:
        part[~finite] = np.nan
    return parts if isinstance(y, tuple) else parts[0]


def _symmetric(x):
    return x * 0.5 + np.swapaxes(x, -1, -2) * 0.5


@_declared
def cholesky(x, *, upper=False):
    """See `kcompat.spec.decomposition.cholesky`."""
    return np.linalg.cholesky(_symmetric(x), upper=upper)


@_declared
def eigh(x):
    """See `kcompat.spec.decomposition.eigh`."""
    return _finite(np.linalg.eigh, _symmetric(x))


@_declared
def qr(x, *, mode="reduced"):
    """See `kcompat.spec.decomposition.qr`."""
    return np.linalg.qr(x, mode)


@_declared
def svd(x, *, full_matrices=True, compute_uv=True):
    """See `kcompat.spec.decomposition.svd`."""
    return _finite(lambda x: np.linalg.svd(x, full_matrices, compute_uv), x)


@_declared
def triangular_solve(a, b, *, lower=True):
    """See `kcompat.spec.decomposition.triangular_solve`."""
    return _solve_lower(a, b) if lower else np.flip(_solve_lower(np.flip(a, (-2, -1)), np.flip(b, -2)), -2)


def _solve_lower(a, b):
    """Solve for the first half of the unknowns, put them in, and solve for the second."""
    n = a.shape[-1]
    if n <= 1:
        return b / a if n else b
    half = n // 2
    first = _solve_lower(a[..., :half, :half], b[..., :half, :])
    rest = b[..., half:, :] - a[..., half:, :half] @ first
    return np.concatenate((first, _solve_lower(a[..., half:, half:], rest)), -2)


def linear_solve(a, b):
    """See `kcompat.spec.linalg.linear_solve`."""
    if a.dtype in (np.float32, np.float64):
        return np.linalg.solve(a, b)
    return np.linalg.solve(a.astype(np.float32), b.astype(np.float32)).astype(a.dtype)


@_declared
def lu(x):
    """See `kcompat.spec.lu.lu`."""
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
    top = _solve_lower(_unit_lower(left[..., :half, :]), right[..., :half, :])
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

"""Factors of stacks of matrices, by LAPACK, and the solution of triangular systems, which NumPy lacks."""

import numpy as np

from kcompat.backends.numpy.linear_algebra import in_declared_dtype, solve_lower


def _finite(f, x):
    """Apply `f` to finite matrices, and give NaN for the others, for which LAPACK's iterations would fail."""
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


@in_declared_dtype
def cholesky(x, *, upper=False):
    return np.linalg.cholesky(_symmetric(x), upper=upper)


@in_declared_dtype
def eigh(x):
    return _finite(np.linalg.eigh, _symmetric(x))


@in_declared_dtype
def qr(x, *, mode="reduced"):
    return np.linalg.qr(x, mode)


@in_declared_dtype
def svd(x, *, full_matrices=True, compute_uv=True):
    return _finite(lambda x: np.linalg.svd(x, full_matrices, compute_uv), x)


@in_declared_dtype
def triangular_solve(a, b, *, lower=True):
    return solve_lower(a, b) if lower else np.flip(solve_lower(np.flip(a, (-2, -1)), np.flip(b, -2)), -2)

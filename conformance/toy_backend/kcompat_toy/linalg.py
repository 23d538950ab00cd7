"""Factors of matrices, by functions that NumPy has and, for LU, by the textbook's loop."""

import functools

import numpy as np


def _finite(f):
    """A function of stacks of matrices that is NaN at those that are not finite, where NumPy's may raise."""

    @functools.wraps(f)
    def call(x, **attrs):
        finite = np.isfinite(x).all((-2, -1))
        y = f(np.where(finite[..., None, None], x, 0), **attrs)
        parts = y if isinstance(y, tuple) else (y,)
        parts = tuple(np.where(finite.reshape(finite.shape + (1,) * (p.ndim - finite.ndim)), p, np.nan) for p in parts)
        return parts if isinstance(y, tuple) else parts[0]

    return call


def cholesky(x, *, upper=False):
    return np.linalg.cholesky((x + np.swapaxes(x, -1, -2)) / 2, upper=upper)


@_finite
def eigh(x):
    return np.linalg.eigh((x + np.swapaxes(x, -1, -2)) / 2)


def qr(x, *, mode="reduced"):
    return np.linalg.qr(x, mode)


@_finite
def svd(x, *, full_matrices=True, compute_uv=True):
    return np.linalg.svd(x, full_matrices, compute_uv)


def triangular_solve(a, b, *, lower=True):
    return np.linalg.solve(np.tril(a) if lower else np.triu(a), b)


def lu(x):
    factors = np.array(x)
    order = np.broadcast_to(np.arange(x.shape[-2]), x.shape[:-1]).copy()
    for batch in np.ndindex(x.shape[:-2]):
        _eliminate(factors[batch], order[batch])
    return factors, order


def _eliminate(x, order):
    """Gaussian elimination of one matrix, in place, with partial pivoting."""
    for k in range(min(x.shape)):
        pivot = k + np.argmax(np.abs(x[k:, k]))
        x[[k, pivot]], order[[k, pivot]] = x[[pivot, k]], order[[pivot, k]]
        if x[k, k] != 0:
            x[k + 1 :, k] /= x[k, k]
        x[k + 1 :, k + 1 :] -= np.outer(x[k + 1 :, k], x[k, k + 1 :])

"""Factors of matrices."""

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np

from kcompat.conformance.references import reference

DIGITS = 60


def exactly(x: Any) -> Any:
    """A matrix of mpmath."""
    return mpmath.matrix(x.tolist()) if x.size else mpmath.matrix(*x.shape)


def rounded(x: Any) -> Any:
    """A matrix of NumPy."""
    return np.array([float(value) for value in x], float).reshape(x.rows, x.cols)


def each(function: Callable[..., Any], *stacks: Any) -> list[Any]:
    """A function of matrices of mpmath, of all those in stacks of one batch: a stack for each of its results."""
    batch = stacks[0].shape[:-2]
    with mpmath.workdps(DIGITS):
        results = [[rounded(y) for y in function(*(exactly(x[i]) for x in stacks))] for i in np.ndindex(batch)]
        if not results:  # the shapes, of other matrices
            results = [[rounded(y) for y in function(*(exactly(np.eye(*x.shape[-2:])) for x in stacks))]]
            return [np.empty((*batch, *y.shape)) for y in results[0]]
    return [np.reshape(part, (*batch, *part[0].shape)) for part in zip(*results, strict=True)]


def solved(a: Any, b: Any) -> Any:
    """What times `a` is `b`, in matrices of mpmath."""
    return mpmath.inverse(a) * b if len(a) else b


def _column_signs(x: Any) -> Any:
    """-1 for each column whose sum, with the weight `1 + sqrt(i + 2) % 1` of row i, is negative: these are turned."""
    weights = np.array([1.0 + np.sqrt(i + 2.0) % 1.0 for i in range(x.shape[-2])])
    return np.where(np.einsum("i,...ij->...j", weights, x) < 0, -1.0, 1.0)[..., None, :]


@reference("cholesky")
def cholesky(x: Any, upper: bool = False) -> Any:
    """That of mpmath, of the symmetric part."""
    (factor,) = each(lambda a: [mpmath.cholesky((a + a.T) / 2) if len(a) else a], x)
    return np.swapaxes(factor, -1, -2) if upper else factor


@reference("triangular_solve")
def triangular_solve(a: Any, b: Any, lower: bool = True) -> Any:
    """The inverse by mpmath of the triangle, times the right side."""
    return each(lambda a, b: [solved(a, b)], np.tril(a) if lower else np.triu(a), b)[0]


@reference("qr")
def qr(x: Any, mode: str = "reduced") -> Any:
    """By mpmath the q of the first columns, as many as there are rows; r is its transpose times x."""

    def factors(a: Any) -> list[Any]:
        q, _ = mpmath.qr(a[:, : min(a.rows, a.cols)], mode="full" if mode == "complete" else "skinny")
        r = q.T * a
        for i, j in np.ndindex(r.rows, r.cols):
            r[i, j] = r[i, j] if i <= j else 0
        return [q, r]

    q, r = each(factors, x)
    signs = _column_signs(q)
    return q * signs, r * np.swapaxes(signs, -1, -2)


@reference("svd")
def svd(x: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """That of mpmath; NaN of what is not finite."""
    if not np.all(np.isfinite(x)):
        return tuple(y * np.nan for y in svd(np.eye(*x.shape), full_matrices)) if compute_uv else x[..., 0] * np.nan
    u, s, vt = each(lambda a: mpmath.svd_r(a, full_matrices=full_matrices), x)
    if not compute_uv:
        return s[..., 0]
    left, right = _column_signs(u), _column_signs(np.swapaxes(vt, -1, -2))
    right[..., : s.shape[-2]] = left[..., : s.shape[-2]]
    return u * left, s[..., 0], vt * np.swapaxes(right, -1, -2)


@reference("eigh")
def eigh(x: Any) -> Any:
    """That of mpmath, of the symmetric part; NaN of what is not finite."""
    if not np.all(np.isfinite(x)):
        return x[..., 0] * np.nan, x * np.nan
    w, v = each(lambda a: mpmath.eigsy((a + a.T) / 2), x)
    return w[..., 0], v * _column_signs(v)

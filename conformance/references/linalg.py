"""Systems of equations, inverses and determinants of stacks of matrices."""

from typing import Any

import mpmath
import numpy as np

from kcompat.conformance.references import reference
from kcompat.conformance.references.decomposition import each, solved


@reference("linear_solve", "solve")
def solve(a: Any, b: Any) -> Any:
    """The inverse by mpmath, times the right side; as in NumPy 1 a `b` of one axis less than `a` holds vectors."""
    vectors = b.ndim == a.ndim - 1
    b = b[..., None] if vectors else b
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a, b = (np.broadcast_to(x, (*batch, *x.shape[-2:])) for x in (a, b))
    (y,) = each(lambda a, b: [solved(a, b)], a, b)
    return y[..., 0] if vectors else y


@reference("solve_triangular")
def solve_triangular(a: Any, b: Any, lower: bool = False) -> Any:
    """The solution for the triangle and zeros."""
    return solve(np.tril(a) if lower else np.triu(a), b)


@reference("inv")
def inv(x: Any) -> Any:
    """That of mpmath."""
    return each(lambda a: [mpmath.inverse(a)], x)[0]


@reference("cholesky_inverse")
def cholesky_inverse(x: Any, upper: bool = False) -> Any:
    """The inverse by mpmath of the product that the factor stands for."""
    if upper:
        return each(lambda u: [mpmath.inverse(u.T * u)], np.triu(x))[0]
    return each(lambda factor: [mpmath.inverse(factor * factor.T)], np.tril(x))[0]


@reference("det")
def det(x: Any) -> Any:
    """That of mpmath."""
    return each(lambda a: [mpmath.matrix([mpmath.det(a)])], x)[0][..., 0, 0]


def _sign_and_logarithm(a: Any) -> list[Any]:
    value = mpmath.det(a)
    return [mpmath.matrix([mpmath.sign(value)]), mpmath.matrix([mpmath.log(abs(value)) if value else -mpmath.inf])]


@reference("slogdet")
def slogdet(x: Any) -> Any:
    """The sign and the logarithm of mpmath's determinant."""
    return tuple(y[..., 0, 0] for y in each(_sign_and_logarithm, x))


@reference("logdet")
def logdet(x: Any) -> Any:
    """The logarithm of mpmath's determinant."""
    return each(_sign_and_logarithm, x)[1][..., 0, 0]


def _ratio(x: Any, ratio: Any) -> float:
    """Singular values of at most so much of the largest count as 0."""
    return max(x.shape[-2:]) * np.finfo(float).eps if ratio is None else ratio


@reference("pinv")
def pinv(x: Any, rcond: Any = None) -> Any:
    """NumPy's."""
    return np.linalg.pinv(x, rcond=_ratio(x, rcond))


@reference("lstsq")
def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """NumPy's."""
    return np.linalg.lstsq(a, b, rcond=_ratio(a, rcond))[0]


@reference("matrix_rank")
def matrix_rank(x: Any, tol: Any = None) -> Any:
    """NumPy's."""
    return np.linalg.matrix_rank(x, tol=tol)

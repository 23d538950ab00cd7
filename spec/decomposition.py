"""Factors of matrices, in stacks: leading axes are batches. Their cotangents are those of the published formulas.

`cholesky` and `eigh` take the symmetric part of their argument, `(x + x^T) / 2`, so their value depends on both
triangles evenly and their gradient is symmetric.
"""

import functools

import numpy as np

from kcompat.spec import matrices as m
from kcompat.spec._op import Kink, Refusal, Sample, Special, backward, ordinary, primitive, smooth
from kcompat.spec.calculus import swap_last, take_slice
from kcompat.spec.dtypes import float_type
from kcompat.spec.tensor import TensorSpec

nan = float("nan")
square = Refusal((np.ones((2, 3)),)), Refusal((np.ones(3),))
factors = functools.partial(primitive, error=backward(4), kinks=smooth, specials=ordinary, floating=True)


def product(B, *xs):
    """The product of matrices, from left to right."""
    return functools.reduce(B.matmul, xs)


# Cholesky


def _definites(rng):
    for shape in [(3, 3), (2, 3, 3), (1, 1), (0, 2, 2), (0, 0)]:
        yield Sample((m.definite(rng, *shape),))
    yield Sample((m.definite(rng, 3, 3),), {"upper": True})
    yield Sample((m.definite(rng, 3, 3) + rng.normal(size=(3, 3)) * 0.1,))
    yield Sample((m.hilbert(4),), halves=False)
    yield Sample((m.definite(rng, 2, 2) * 1e30,), halves=False)
    yield Sample((m.definite(rng, 2, 2) * 1e-30,), halves=False)


def _cholesky_rule(x, *, upper=False):
    return TensorSpec(m.check_square("cholesky", x), float_type(x))


def _cholesky_back(B, g, y, x, *, upper=False):
    """`sym(L^-T phi(L^T g) L^-1)`, where phi keeps the lower triangle and half of the diagonal (Murray, 2016)."""
    if upper:
        g, y = swap_last(B, g), swap_last(B, y)
    inner = m.lower(B, B.matmul(swap_last(B, y), g))
    inner = B.where(m.ones_where(B, inner, "equal"), inner * 0.5, inner)
    right = B.triangular_solve(swap_last(B, y), swap_last(B, inner), lower=False)  # (inner L^-1)^T
    return m.symmetric(B, B.triangular_solve(swap_last(B, y), swap_last(B, right), lower=False))


@factors(rule=_cholesky_rule, vjp=_cholesky_back, samples=_definites, refusals=square)
def cholesky(x, *, upper=False):
    """The lower triangular `L` with `L @ L^T = x`, for symmetric positive definite `x` `(..., M, M)`; or `L^T`.

    Reads the symmetric part `(x + x^T) / 2`. For a matrix that is not positive definite a backend raises an error
    of its own or gives NaN. Raises ValueError for what is not square.
    """


# Triangular systems, which the rules of the others solve


def _triangular_rule(a, b, *, lower=True):
    shape, right = m.check_square("triangular_solve", a), m.check_matrix("triangular_solve", b)
    if shape[:-2] != right[:-2] or shape[-1] != right[-2]:
        raise ValueError(f"triangular_solve: shapes {shape} and {right} do not fit; expected (..., M, M), (..., M, N)")
    return TensorSpec(right, float_type(a, b))


def _triangular_left(B, g, y, a, b, *, lower=True):
    moved = B.matmul(B.triangular_solve(swap_last(B, a), g, lower=not lower), swap_last(B, y)) * -1.0
    return m.lower(B, moved) if lower else m.upper(B, moved)


def _triangular_right(B, g, y, a, b, *, lower=True):
    return B.triangular_solve(swap_last(B, a), g, lower=not lower)


def _triangular_systems(rng):
    for shape, columns in [((3, 3), 2), ((2, 3, 3), 1), ((1, 1), 2), ((0, 0), 2), ((0, 2, 2), 2), ((3, 3), 0)]:
        yield Sample((m.regular(rng, *shape), rng.normal(size=(*shape[:-1], columns))))
    yield Sample((m.regular(rng, 2, 3, 3), rng.normal(size=(2, 3, 2))), {"lower": False})
    yield Sample((np.linalg.cholesky(m.hilbert(4)), rng.normal(size=(4, 2))), halves=False)
    yield Sample((m.regular(rng, 2, 2) * 1e-30, rng.normal(size=(2, 2)) * 1e-30), halves=False)


@factors(
    rule=_triangular_rule,
    vjp=(_triangular_left, _triangular_right),
    samples=_triangular_systems,
    refusals=(Refusal((np.ones((2, 3)), np.ones((2, 1)))), Refusal((np.ones((2, 2)), np.ones((3, 1))))),
    public=False,
)
def triangular_solve(a, b, *, lower=True):
    """The `X` with `a @ X = b`, reading the lower or the upper triangle of `a` `(..., M, M)`; `b` is `(..., M, N)`.

    A 0 on the diagonal is unspecified: inf, NaN, or an error.
    """


# QR


def _any_matrices(rng):
    for shape in [(3, 3), (4, 2), (2, 4), (2, 3, 3), (2, 4, 3), (1, 1), (0, 3, 2)]:
        yield rng.normal(size=shape)
    yield m.hilbert(4)
    yield rng.normal(size=(2, 3)) * 1e15
    yield rng.normal(size=(3, 2)) * 1e-15


def _qr_samples(rng):
    for x in _any_matrices(rng):
        yield Sample((x,), halves=m.well_conditioned(x))
    yield Sample((rng.normal(size=(3, 3)),), {"mode": "complete"})
    yield Sample((rng.normal(size=(2, 4)),), {"mode": "complete"})
    yield Sample((rng.normal(size=(3, 2)),), {"mode": "complete"}, differentiable=False)


def _qr_rule(x, *, mode="reduced"):
    *batch, rows, columns = m.check_matrix("qr", x)
    if mode not in ("reduced", "complete"):
        raise ValueError(f"qr: mode is 'reduced' or 'complete', got {mode!r}")
    inner = rows if mode == "complete" else min(rows, columns)
    dtype = float_type(x)
    return TensorSpec((*batch, rows, inner), dtype), TensorSpec((*batch, inner, columns), dtype)


def _qr_back(B, g, y, x, *, mode="reduced"):
    """Walter & Lehmann (2018); of a wide matrix, R has further columns `Q^T x` (Roberts & Roberts, 2020)."""
    rows, columns = x.shape[-2:]
    n = min(rows, columns)
    (gq, gr), (q, r) = g, y
    gq, q = take_slice(B, gq, -1, 0, n), take_slice(B, q, -1, 0, n)
    gr, r = take_slice(B, gr, -2, 0, n), take_slice(B, r, -2, 0, n)
    rest = None
    if columns > rows:
        rest = take_slice(B, gr, -1, n, columns)
        gq = gq + B.matmul(take_slice(B, x, -1, n, columns), swap_last(B, rest))
        gr, r = take_slice(B, gr, -1, 0, n), take_slice(B, r, -1, 0, n)
    inner = m.lower(B, B.matmul(r, swap_last(B, gr)) - B.matmul(swap_last(B, gq), q))
    inner = inner + swap_last(B, m.lower(B, inner, strict=True))
    moved = gq + B.matmul(q, inner)
    first = swap_last(B, B.triangular_solve(r, swap_last(B, moved), lower=False))
    return first if rest is None else B.concatenate(first, B.matmul(q, rest), axis=-1)


def _qr_signs(q, r):
    signs = m.column_signs(q)
    return signs, np.swapaxes(signs, -1, -2)


@factors(
    rule=_qr_rule,
    vjp=_qr_back,
    samples=_qr_samples,
    signs=_qr_signs,
    refusals=(Refusal((np.ones(3),)), Refusal((np.ones((2, 2)),), attrs={"mode": "raw"})),
)
def qr(x, *, mode="reduced"):
    """`q` with orthonormal columns and upper triangular `r`, `q @ r = x`, for `x` `(..., M, N)`.

    With K = min(M, N), q is `(..., M, K)` and r `(..., K, N)`; with mode "complete", `(..., M, M)` and `(..., M, N)`.
    The sign of a column of q and of its row of r is free. The gradient needs the first K columns of `x` to be
    independent, else it is not finite; none passes through what "complete" adds to q, which `x` does not determine.
    """


# Singular values


def _svd_rule(x, *, full_matrices=True, compute_uv=True):
    *batch, rows, columns = m.check_matrix("svd", x)
    n, dtype = min(rows, columns), float_type(x)
    s = TensorSpec((*batch, n), dtype)
    if not compute_uv:
        return s
    left, right = (rows, columns) if full_matrices else (n, n)
    return TensorSpec((*batch, rows, left), dtype), s, TensorSpec((*batch, right, columns), dtype)


def _svd_back(B, g, y, x, *, full_matrices=True, compute_uv=True):
    """Giles (2008) and Townsend (2016); `1 / 0` between equal singular values, and of a singular value 0, is 0."""
    n = min(x.shape[-2:])
    if not compute_uv:
        u, _, vt = B.svd(x, full_matrices=False)
        return B.matmul(u * B.expand_dims(g, axis=-2), vt)
    (gu, gs, gvt), (u, s, vt) = g, y
    gu, u = take_slice(B, gu, -1, 0, n), take_slice(B, u, -1, 0, n)
    gvt, vt = take_slice(B, gvt, -2, 0, n), take_slice(B, vt, -2, 0, n)
    row, column = B.expand_dims(s, axis=-2), B.expand_dims(s, axis=-1)
    inverse = m.inverse_or_zero(B, s)
    # With p = u^T gu and q = v^T gv, split so that sums and differences of singular values are divided by apart.
    p, q = _skew(B, B.matmul(swap_last(B, u), gu)), _skew(B, B.matmul(vt, swap_last(B, gvt)))
    difference, total = m.inverse_or_zero(B, row - column), m.inverse_or_zero(B, row + column)
    inner = ((p + q) * difference + (p - q) * total) * 0.5
    inner = inner + B.where(m.ones_where(B, inner, "equal"), row * 0.0 + B.expand_dims(gs, axis=-2), 0.0)
    moved = product(B, u, inner, vt)
    if x.shape[-2] > n:
        beside = gu - product(B, u, swap_last(B, u), gu)
        moved = moved + B.matmul(beside * B.expand_dims(inverse, axis=-2), vt)
    if x.shape[-1] > n:
        beside = gvt - product(B, gvt, swap_last(B, vt), vt)
        moved = moved + B.matmul(u, beside * B.expand_dims(inverse, axis=-1))
    return moved


def _skew(B, x):
    return x - swap_last(B, x)


def _svd_samples(rng):
    for x in _any_matrices(rng):
        yield Sample((x,), {"full_matrices": False}, halves=m.well_conditioned(x))
    yield Sample((rng.normal(size=(3, 3)),))
    yield Sample((rng.normal(size=(2, 4, 3)),), {"compute_uv": False})
    yield Sample((rng.normal(size=(3, 2)),), differentiable=False)
    yield Sample((rng.normal(size=(2, 3)),), differentiable=False)


def _svd_signs(*parts):
    if len(parts) == 1:
        return (np.ones_like(parts[0]),)
    u, s, vt = parts
    n, left, right = s.shape[-1], m.column_signs(u), m.column_signs(np.swapaxes(vt, -1, -2))
    right[..., :n] = left[..., :n]
    return left, np.ones_like(s), np.swapaxes(right, -1, -2)


@factors(
    rule=_svd_rule,
    vjp=_svd_back,
    samples=_svd_samples,
    signs=_svd_signs,
    kinks=[Kink((np.eye(2),), (np.eye(2),), (0.0, 1.0), {"compute_uv": False})],
    specials=[
        Special(([[nan, 0.0], [0.0, 1.0]],), nan, {"compute_uv": False}),
        Special((np.zeros((2, 2)),), 0.0, {"compute_uv": False}),
    ],
    refusals=(Refusal((np.ones(3),)),),
)
def svd(x, *, full_matrices=True, compute_uv=True):
    """`u`, `s` and `vt` with `u @ diag(s) @ vt = x`, for `x` `(..., M, N)`: the singular value decomposition.

    `s` `(..., K)`, K = min(M, N), is not negative and descends. `u` is `(..., M, M)` and `vt` `(..., N, N)`,
    orthogonal; without `full_matrices`, `(..., M, K)` and `(..., K, N)`. With `compute_uv=False` only `s` is given.
    The sign of a column of u and its row of vt is free. Between vectors of equal singular values, and for those of
    a singular value 0, which `x` does not determine, the gradient's part is taken as 0; none passes through what
    `full_matrices` adds. A matrix with NaN or infinity gives NaN.
    """


# Eigenvalues of symmetric matrices


def _eigh_rule(x):
    shape, dtype = m.check_square("eigh", x), float_type(x)
    return TensorSpec(shape[:-1], dtype), TensorSpec(shape, dtype)


def _eigh_back(B, g, y, x):
    """`sym(V (diag(gw) + F * (V^T gV)) V^T)` with `F[i, j] = 1 / (w[j] - w[i])`, or 0 (Giles, 2008)."""
    (gw, gv), (w, v) = g, y
    gaps = m.inverse_or_zero(B, B.expand_dims(w, axis=-2) - B.expand_dims(w, axis=-1))
    inner = gaps * B.matmul(swap_last(B, v), gv)
    inner = B.where(m.ones_where(B, inner, "equal"), B.expand_dims(gw, axis=-2), inner)
    return m.symmetric(B, product(B, v, inner, swap_last(B, v)))


def _symmetrics(rng):
    for shape in [(3, 3), (2, 3, 3), (1, 1), (0, 2, 2)]:
        x = rng.normal(size=shape)
        yield Sample((x + np.swapaxes(x, -1, -2),))
    yield Sample((rng.normal(size=(3, 3)),))
    yield Sample((m.hilbert(4),), halves=False)
    yield Sample((m.definite(rng, 2, 2) * 1e15,), halves=False)
    yield Sample((m.definite(rng, 2, 2) * 1e-15,), halves=False)


def _eigh_signs(w, v):
    return np.ones_like(w), m.column_signs(v)


@factors(
    rule=_eigh_rule,
    vjp=_eigh_back,
    samples=_symmetrics,
    signs=_eigh_signs,
    refusals=square,
    specials=[Special(([[nan, 0.0], [0.0, 1.0]],), (nan, nan))],
)
def eigh(x):
    """The ascending eigenvalues `(..., M)` and, as columns, the eigenvectors `(..., M, M)` of symmetric matrices.

    Reads the symmetric part `(x + x^T) / 2`. The sign of an eigenvector is free. Between vectors of equal
    eigenvalues, which `x` does not determine, the gradient's part is taken as 0. A matrix with NaN or infinity
    gives NaN.
    """

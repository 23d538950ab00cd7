"""Systems of equations, inverses and determinants of stacks of matrices, by way of their factors."""

import numpy as np

from kcompat.spec import matrices as m
from kcompat.spec._op import Refusal, Sample, Special, composed, ordinary, smooth
from kcompat.spec.calculus import swap_last, take_slice
from kcompat.spec.decomposition import square
from kcompat.spec.dtypes import float_type
from kcompat.spec.lu import permute_rows, unit_lower
from kcompat.spec.rules import broadcast_shapes, shape_of

inf, nan = float("inf"), float("nan")
misfits = Refusal((np.ones((2, 3)), np.ones(2))), Refusal((np.ones((2, 2)), np.ones((3, 1))))
EPSILON = {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float32": 2.0**-23, "float64": 2.0**-52}


def _as_float(B, x, dtype):
    return x if B.dtype(x) == dtype else B.cast(x, dtype=dtype)


def system(B, name, a, b):
    """Both sides as float matrices of one batch, and the shape of the solution.

    `b` of one axis less than `a` holds vectors. Raises ValueError where the shapes do not fit.
    """
    shape, right = m.check_square(name, a), shape_of(b)
    vectors = len(right) == len(shape) - 1
    matrices = (*right, 1) if vectors else right
    if len(matrices) < 2 or matrices[-2] != shape[-1]:
        raise ValueError(f"{name}: shapes {shape} and {right} do not fit; expected (..., M, M) and (..., M, N) or (M,)")
    batch, dtype = broadcast_shapes(shape[:-2], matrices[:-2]), float_type(a, b)
    a = B.broadcast_to(_as_float(B, a, dtype), shape=(*batch, *shape[-2:]))
    b = B.broadcast_to(B.reshape(_as_float(B, b, dtype), newshape=matrices), shape=(*batch, *matrices[-2:]))
    return a, b, (*batch, *matrices[-2 : -1 if vectors else None])


def _systems(rng):
    for shape, right in [
        ((3, 3), (3, 2)),
        ((3, 3), (3,)),
        ((2, 3, 3), (2, 3, 1)),
        ((2, 3, 3), (2, 3)),
        ((3, 3), (2, 3, 2)),
        ((1, 1), (1,)),
        ((0, 2, 2), (0, 2, 1)),
        ((2, 2), (2, 0)),
    ]:
        yield Sample((m.regular(rng, *shape), rng.normal(size=right)))
    yield Sample((m.hilbert(4), rng.normal(size=(4,))), halves=False)
    yield Sample((m.regular(rng, 2, 2) * 1e-15, rng.normal(size=(2,)) * 1e15), halves=False)


def _square_systems(rng):
    for sample in _systems(rng):
        if len(sample.args[0].shape) == len(sample.args[1].shape):
            yield sample


def _solve_left(B, g, y, a, b):
    return B.matmul(B.linear_solve(swap_last(B, a), g), swap_last(B, y)) * -1.0


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=_square_systems,
    vjp=(_solve_left, lambda B, g, y, a, b: B.linear_solve(swap_last(B, a), g)),
    public=False,
)
def linear_solve(B, a, b):
    """The `X` with `a @ X = b`, for float matrices of one batch, by elimination with partial pivoting."""
    factors, permutation = B.lu(a)
    y = B.triangular_solve(unit_lower(B, factors), permute_rows(B, b, permutation), lower=True)
    return B.triangular_solve(factors, y, lower=False)


@composed(floating=True, kinks=smooth, specials=ordinary, samples=_systems, refusals=misfits)
def solve(B, a, b):
    """The solution of `a @ x = b`, for `a` `(..., M, M)` and `b` `(..., M, N)` or, with one axis less, `(..., M)`.

    Batches broadcast. A singular matrix is unspecified: inf, NaN, or an error. Raises ValueError for shapes that
    do not fit.
    """
    a, b, shape = system(B, "solve", a, b)
    return B.reshape(B.linear_solve(a, b), newshape=shape)


def _triangular_systems(rng):
    yield from _systems(rng)
    yield Sample((m.regular(rng, 2, 3, 3), rng.normal(size=(2, 3))), {"lower": True})


@composed(floating=True, kinks=smooth, specials=ordinary, samples=_triangular_systems, refusals=misfits)
def solve_triangular(B, a, b, *, lower=False):
    """The solution of `a @ x = b`, reading only the upper triangle of `a`, or with `lower` the lower one.

    `a` is `(..., M, M)`, `b` `(..., M, N)` or, with one axis less, `(..., M)`; batches broadcast. A 0 on the
    diagonal is unspecified: inf, NaN, or an error. Raises ValueError for shapes that do not fit.
    """
    a, b, shape = system(B, "solve_triangular", a, b)
    return B.reshape(B.triangular_solve(a, b, lower=lower), newshape=shape)


def _regulars(rng):
    for shape in [(3, 3), (2, 3, 3), (1, 1), (0, 2, 2)]:
        yield Sample((m.regular(rng, *shape),))
    yield Sample((m.hilbert(4),), halves=False)
    yield Sample((m.regular(rng, 2, 2) * 1e15,), halves=False)


@composed(floating=True, kinks=smooth, specials=ordinary, samples=_regulars, refusals=square)
def inv(B, x):
    """The inverses of matrices `(..., M, M)`. A singular matrix is unspecified: inf, NaN, or an error."""
    m.check_square("inv", x)
    x = _as_float(B, x, float_type(x))
    return B.linear_solve(x, m.identity_like(B, x))


def _triangles(rng):
    for attrs in ({}, {"upper": True}):
        for shape in [(3, 3), (2, 3, 3), (1, 1), (0, 2, 2)]:
            yield Sample((m.regular(rng, *shape),), attrs)


@composed(floating=True, kinks=smooth, specials=ordinary, samples=_triangles, refusals=square)
def cholesky_inverse(B, x, *, upper=False):
    """The inverse of `L @ L^T`, given the lower triangular Cholesky factor `L` `(..., M, M)`; or of `U^T @ U`.

    Only that triangle of `x` is read.
    """
    m.check_square("cholesky_inverse", x)
    x = _as_float(B, x, float_type(x))
    y = B.triangular_solve(x, m.identity_like(B, x), lower=not upper)
    return B.matmul(y, swap_last(B, y)) if upper else B.matmul(swap_last(B, y), y)


# Determinants


def _parity(B, permutation):
    """1 for an even permutation, -1 for an odd one: by the number of pairs out of order."""
    row, column = B.expand_dims(permutation, axis=-1), B.expand_dims(permutation, axis=-2)
    grid = B.broadcast_to(row, shape=(*permutation.shape, permutation.shape[-1]))
    inverted = B.logical_and(m.ones_where(B, grid, "less"), B.greater(row, column))
    count = B.sum(B.cast(inverted, dtype="int32"), axis=(-2, -1))
    return 1 - B.bitwise_and(count, 1) * 2


def _cofactors(B, g, y, x):
    """The gradient of a determinant, finite at singular matrices too: `det(U V^T) U diag(c) V^T`, where `c[i]` is
    the product of the singular values other than `s[i]`.
    """
    u, s, vt = B.svd(x, full_matrices=False)
    row = B.broadcast_to(B.expand_dims(s, axis=-2), shape=tuple(x.shape))
    others = B.prod(B.where(m.ones_where(B, x, "equal"), 1.0, row), axis=-1)
    sign = B.sign(B.det(B.matmul(u, vt)))
    others = others * B.expand_dims(g * sign, axis=-1)
    return B.matmul(u * B.expand_dims(others, axis=-2), vt)


def _determined(rng):
    yield from _regulars(rng)
    yield Sample((rng.normal(size=(5, 4, 4)),))
    yield Sample((rng.normal(size=(3, 3)) * 1e-8,), halves=False)


def _hardly_determined(rng):
    """With a determinant that underflows, its logarithm does not."""
    yield from _determined(rng)
    yield Sample((rng.normal(size=(3, 3)) * 1e-15,), halves=False)


def _with_singular(rng):
    yield from _determined(rng)
    yield Sample((np.array([[1.0, 2.0], [2.0, 4.0]]),))


@composed(
    floating=True,
    kinks=smooth,
    specials=[Special(([[2.0, 0.0], [0.0, 4.0]],), 8.0), Special(([[0.0, 1.0], [1.0, 0.0]],), -1.0)],
    samples=_with_singular,
    vjp=_cofactors,
    refusals=square,
)
def det(B, x):
    """The determinants of matrices `(..., M, M)`; the gradient is finite at singular ones too."""
    m.check_square("det", x)
    x = _as_float(B, x, float_type(x))
    factors, permutation = B.lu(x)
    return B.prod(m.diagonal(B, factors), axis=-1) * B.cast(_parity(B, permutation), dtype=B.dtype(x))


def _inverse_transposed(B, g, y, x):
    return B.linear_solve(swap_last(B, x), m.identity_like(B, x)) * B.reshape(g[1], newshape=(*g[1].shape, 1, 1))


@composed(
    floating=True,
    kinks=smooth,
    specials=[
        Special(([[1.0, 0.0], [0.0, 1.0]],), (1.0, 0.0)),
        Special(([[0.0, 1.0], [1.0, 0.0]],), (-1.0, 0.0)),
        Special(([[0.0, 0.0], [0.0, 0.0]],), (0.0, -inf)),
    ],
    samples=_hardly_determined,
    vjp=_inverse_transposed,
    refusals=square,
)
def slogdet(B, x):
    """The sign (1, -1 or 0) and the logarithm of the absolute value of the determinants of matrices `(..., M, M)`.

    Of a singular matrix they are 0 and -inf; the gradient is not finite there. No gradient passes through the sign.
    """
    m.check_square("slogdet", x)
    x = _as_float(B, x, float_type(x))
    factors, permutation = B.lu(x)
    pivots = m.diagonal(B, factors)
    parity = B.cast(_parity(B, permutation), dtype=B.dtype(x))
    return B.prod(B.sign(pivots), axis=-1) * parity, B.sum(B.log(B.absolute(pivots)), axis=-1)


@composed(floating=True, kinks=smooth, specials=[Special((np.eye(2),), 0.0)], samples=_determined, refusals=square)
def logdet(B, x):
    """The logarithm of the absolute value of the determinants of matrices `(..., M, M)`; -inf of a singular one."""
    return B.slogdet(x)[1]


# Pseudoinverses


def _cutoff(B, s, ratio):
    """The largest singular value times a ratio."""
    return take_slice(B, s, -1, 0, 1) * ratio


def _default_ratio(B, x):
    return max(x.shape[-2:]) * EPSILON[B.dtype(x)]


def _pinv_back(B, g, y, x, *, rcond=None):
    """Golub & Pereyra (1973), for a rank that stays."""
    p, pt, gt = y, swap_last(B, y), swap_last(B, g)
    main = B.matmul(B.matmul(pt, g), pt)
    inside, outside = B.matmul(gt, B.matmul(p, pt)), B.matmul(B.matmul(pt, p), gt)
    left = inside - B.matmul(x, B.matmul(p, inside))
    right = outside - B.matmul(B.matmul(outside, p), x)
    return left + right - main


def _invertibles(rng):
    for shape in [(3, 3), (4, 2), (2, 4), (2, 3, 2), (1, 1), (0, 3, 2)]:
        yield rng.normal(size=shape)
    yield np.eye(3)
    yield m.hilbert(4)


def _deficient(rng):
    return np.outer(rng.normal(size=3), rng.normal(size=4))


def _pseudoinvertible(rng):
    for x in _invertibles(rng):
        yield Sample((x,), halves=m.well_conditioned(x))
    yield Sample((rng.normal(size=(3, 3)) * 1e-15,), halves=False)
    yield Sample((_deficient(rng),), {"rcond": 1e-3}, differentiable=False)


@composed(
    floating=True,
    kinks=smooth,
    specials=[Special((np.zeros((2, 2)),), 0.0)],
    samples=_pseudoinvertible,
    vjp=_pinv_back,
    refusals=(Refusal((np.ones(3),)),),
)
def pinv(B, x, *, rcond=None):
    """The pseudoinverses `(..., N, M)` of matrices `(..., M, N)` (Moore, 1920; Penrose, 1955).

    Singular values of at most `rcond` times the largest count as 0; by default max(M, N) times the distance from 1
    to the next number of the dtype. The gradient is that for a constant rank.
    """
    m.check_matrix("pinv", x)
    x = _as_float(B, x, float_type(x))
    u, s, vt = B.svd(x, full_matrices=False)
    kept = B.greater(s, _cutoff(B, s, _default_ratio(B, x) if rcond is None else rcond))
    inverse = B.where(kept, 1.0 / B.where(kept, s, 1.0), 0.0)
    return B.matmul(swap_last(B, vt) * B.expand_dims(inverse, axis=-2), swap_last(B, u))


def _overdetermined(rng):
    for shape, right in [((4, 2), (4,)), ((4, 2), (4, 3)), ((2, 4), (2,)), ((3, 3), (3, 1)), ((1, 1), (1,))]:
        yield Sample((rng.normal(size=shape), rng.normal(size=right)))
    yield Sample((m.hilbert(4)[:, :3], rng.normal(size=(4,))), halves=False)
    yield Sample((_deficient(rng), rng.normal(size=(3,))), {"rcond": 1e-3}, differentiable=False)


@composed(
    floating=True,
    kinks=smooth,
    specials=ordinary,
    samples=_overdetermined,
    refusals=(
        Refusal((np.ones((2, 3)), np.ones(3))),
        Refusal((np.ones((1, 2, 3)), np.ones(2))),
        Refusal((np.ones((2, 3)), np.ones((2, 1, 1)))),
    ),
)
def lstsq(B, a, b, *, rcond=None):
    """The `x` of least norm among those that make `|a @ x - b|` least, for `a` `(M, N)` and `b` `(M,)` or `(M, K)`.

    Singular values of `a` of at most `rcond` times the largest count as 0; the default is that of `pinv`. Raises
    ValueError for other shapes.
    """
    shape, right = shape_of(a), shape_of(b)
    if len(shape) != 2 or len(right) not in (1, 2) or shape[0] != right[0]:
        raise ValueError(f"lstsq: expected shapes (M, N) and (M,) or (M, K), got {shape} and {right}")
    return B.matmul(B.pinv(a, rcond=rcond), b)


def _ranked(rng):
    for x in _invertibles(rng):
        yield Sample((x,), halves=m.well_conditioned(x))
    yield Sample((_deficient(rng),), {"tol": 1e-3})
    yield Sample((np.diag([3.0, 1.0, 0.25]),), {"tol": 0.5})


@composed(
    floating=True,
    kinks=smooth,
    specials=[Special((np.zeros((2, 2)),), 0), Special((np.eye(2),), 2)],
    samples=_ranked,
    vjp=(),
    refusals=(Refusal((np.ones(3),)),),
)
def matrix_rank(B, x, *, tol=None):
    """How many singular values of matrices `(..., M, N)` are above `tol`, as int32 `(...,)`.

    By default that is the largest one times max(M, N) times the distance from 1 to the next number of the dtype.
    """
    m.check_matrix("matrix_rank", x)
    x = _as_float(B, x, float_type(x))
    s = B.svd(x, compute_uv=False)
    counted = B.greater(s, _cutoff(B, s, _default_ratio(B, x)) if tol is None else tol)
    return B.sum(B.cast(counted, dtype="int32"), axis=-1)

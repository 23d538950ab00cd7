"""Gaussian elimination, in stacks of matrices."""

from kcompat.spec import matrices as m
from kcompat.spec._op import Sample, Special, composed, smooth
from kcompat.spec.calculus import swap_last
from kcompat.spec.decomposition import factors, square
from kcompat.spec.dtypes import float_type
from kcompat.spec.tensor import TensorSpec


def _lu_rule(x):
    shape = m.check_square("lu_factor", x)
    return TensorSpec(shape, float_type(x)), TensorSpec(shape[:-1], "int32")


def _lu_back(B, g, y, x):
    """`P^T L^-T (tril(L^T g, -1) + triu(g U^T)) U^-T` (de Hoog, Anderssen & Lukas, 2011)."""
    (factors, permutation), g = y, g[0]
    left, right = unit_lower(B, factors), m.upper(B, factors)
    inner = m.lower(B, B.matmul(swap_last(B, left), g), strict=True) + m.upper(B, B.matmul(g, swap_last(B, right)))
    inner = swap_last(B, B.triangular_solve(right, swap_last(B, inner), lower=False))
    moved = B.triangular_solve(swap_last(B, left), inner, lower=False)
    return permute_rows(B, moved, B.argsort(permutation, axis=-1))


def unit_lower(B, lu):
    """The lower factor out of a packed pair: its diagonal of ones is not stored."""
    return m.lower(B, lu, strict=True) + m.identity_like(B, lu)


def permute_rows(B, x, permutation):
    """Row `permutation[i]` of the matrices as row i."""
    return B.take_along_axis(x, B.expand_dims(permutation, axis=-1), axis=-2)


def _factorable(rng):
    for shape in [(3, 3), (2, 3, 3), (1, 1), (0, 2, 2), (0, 0), (4, 4)]:
        yield Sample((rng.normal(size=shape),))
    yield Sample((m.hilbert(4)[[1, 0, 3, 2]],))
    yield Sample((rng.normal(size=(2, 2)) * 1e30,))
    yield Sample((rng.normal(size=(2, 2)) * 1e-30,))


@factors(rule=_lu_rule, vjp=_lu_back, samples=_factorable, refusals=square, public=False)
def lu(x):
    """The factors of `x` `(..., M, M)` in one matrix, and the int32 permutation `(..., M)` with `x[p] = L @ U`.

    Gaussian elimination with partial pivoting: U is on and above the diagonal, L without its unit diagonal below.
    A singular matrix has a 0 on the diagonal of U, or is refused by a backend.
    """


@composed(
    floating=True,
    kinks=smooth,
    specials=[Special(([[1.0, 2.0], [2.0, 1.0]],), ([[2.0, 1.0], [0.5, 1.5]], [1, 1]))],
    samples=_factorable,
    refusals=square,
)
def lu_factor(B, x):
    """The factors of `x` `(..., M, M)` in one matrix, and the int32 pivots `(..., M)`, as in LAPACK.

    U is on and above the diagonal, L without its unit diagonal below. In step i of the elimination, rows i and
    `pivots[i]` were exchanged. A singular matrix has a 0 on the diagonal of U, or is
    refused by a backend.
    """
    factors, permutation = B.lu(x)
    return factors, _pivots(B, permutation)


def _pivots(B, permutation):
    """The exchanges that make a permutation, found by doing them."""
    shape = tuple(permutation.shape)
    if shape[-1] == 0:
        return permutation
    order = B.broadcast_to(B.arange(start=shape[-1]), shape=shape)
    wanted = B.transpose(permutation, axes=(len(shape) - 1, *range(len(shape) - 1)))
    _, (pivots,) = B.scan(_exchange, (order,), (wanted, B.arange(start=shape[-1])))
    return B.transpose(pivots, axes=(*range(1, len(shape)), 0))


def _exchange(B, carry, x, consts):
    """Find the wanted row in the order so far, and exchange it with the row of this step."""
    (order,), (wanted, step) = carry, x
    here = B.equal(order, B.expand_dims(wanted, axis=-1))
    places = B.broadcast_to(B.arange(start=order.shape[-1]), shape=tuple(order.shape))
    pivot = B.sum(B.where(here, places, 0), axis=-1)
    at_step = B.equal(places, step)
    displaced = B.sum(B.where(at_step, order, 0), axis=-1, keepdims=True)
    order = B.where(at_step, B.expand_dims(wanted, axis=-1), B.where(here, displaced, order))
    return (order,), (pivot,)

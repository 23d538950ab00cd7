"""Mutants of `kcompat.spec.lu`."""

import numpy as np

from kcompat.conformance.mutants.mutation import edited, honest, value, vjp
from kcompat.spec.calculus import swap_last


def _crout(packed):
    diagonal = np.diagonal(packed, axis1=-2, axis2=-1)
    return (
        np.tril(packed, -1) * diagonal[..., None, :]
        + np.triu(packed / diagonal[..., :, None], 1)
        + np.eye(packed.shape[-1], dtype=packed.dtype) * diagonal[..., None]
    )


def _lu_back(B, g, y):
    factors, g = y[0], g[0]
    left, right = B.tril(factors, k=-1) + B.identity(n=factors.shape[-1]), B.triu(factors)
    inner = B.tril(B.matmul(swap_last(B, left), g), k=-1) + B.triu(B.matmul(g, swap_last(B, right)))
    inner = swap_last(B, B.triangular_solve(right, swap_last(B, inner), lower=False))
    return B.triangular_solve(swap_last(B, left), inner, lower=False)


@value("lu", "without pivoting")
def _(x):
    y = x.copy()
    for i in range(x.shape[-1] - 1):
        y[..., i + 1 :, i] /= y[..., i, i, None]
        y[..., i + 1 :, i + 1 :] -= y[..., i + 1 :, i, None] * y[..., i, None, i + 1 :]
    return y, np.broadcast_to(np.arange(x.shape[-1], dtype=np.int32), x.shape[:-1])


value("lu", "the inverse permutation")(
    lambda x: (honest("lu")(x)[0], np.argsort(honest("lu")(x)[1], -1).astype(np.int32))
)
value("lu", "of the transposed matrix")(lambda x: honest("lu")(np.swapaxes(x, -1, -2)))
value("lu", "the unit diagonal in U, as Crout")(lambda x: (_crout(*honest("lu")(x)[:1]), honest("lu")(x)[1]))
vjp("lu", "rows not put back", (lambda B, g, y, x: _lu_back(B, g, y),))
edited("lu_factor", "the permutation for the pivots", "factors, _pivots(B, permutation)", "factors, permutation")
edited(
    "lu_factor",
    "pivots from 1, as in Fortran",
    "factors, _pivots(B, permutation)",
    "factors, _pivots(B, permutation) + 1",
)

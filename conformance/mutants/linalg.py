"""Wrong factors of matrices, solutions, inverses and determinants."""

import numpy as np

from kcompat.conformance.mutants import narrow
from kcompat.conformance.mutants.mutation import edited, honest, value, vjp
from kcompat.spec.calculus import swap_last

value("cholesky", "upper ignored")(lambda x, *, upper=False: honest("cholesky")(x))
value("cholesky", "reads the lower triangle alone")(
    lambda x, *, upper=False: np.linalg.cholesky(np.tril(x) + np.swapaxes(np.tril(x, -1), -1, -2), upper=upper)
)
value("cholesky", "1e-6 added to the diagonal, against failure")(
    lambda x, *, upper=False: honest("cholesky")(x + 1e-6 * np.eye(x.shape[-1], dtype=x.dtype), upper=upper)
)
vjp("cholesky", "not symmetric", (lambda B, g, y, x, *, upper=False: _cholesky_back(B, g, y, upper),))
value("triangular_solve", "transposed")(
    lambda a, b, *, lower=True: honest("triangular_solve")(np.swapaxes(a, -1, -2), b, lower=not lower)
)
value("triangular_solve", "the whole matrix is read")(lambda a, b, *, lower=True: honest("linear_solve")(a, b))
value("triangular_solve", "a unit diagonal")(
    lambda a, b, *, lower=True: honest("triangular_solve")(
        np.where(np.eye(a.shape[-1]) > 0, a.dtype.type(1), a), b, lower=lower
    )
)


@value("qr", "classical Gram-Schmidt, which loses orthogonality")
def _(x, *, mode="reduced"):
    q, r = honest("qr")(x, mode=mode)
    if x.shape[-2] < x.shape[-1] or mode == "complete" or x.size == 0:
        return q, r
    columns: list[np.ndarray] = []
    for j in range(x.shape[-1]):
        v = x[..., j]
        for u in columns:
            v = v - u * np.sum(u * x[..., j], axis=-1, keepdims=True)
        columns.append(v / np.sqrt(np.sum(v * v, axis=-1, keepdims=True)))
    q = np.stack(columns, axis=-1)
    return q, np.triu(np.swapaxes(q, -1, -2) @ x)


value("qr", "r transposed")(
    lambda x, *, mode="reduced": (honest("qr")(x, mode=mode)[0], honest("qr")(np.flip(x, -2), mode=mode)[1])
)
value("svd", "v, not its transpose")(
    lambda x, *, full_matrices=True, compute_uv=True: _svd(
        x,
        full_matrices,
        compute_uv,
        lambda u, s, vt: (u, s, np.swapaxes(vt, -1, -2) if vt.shape[-1] == vt.shape[-2] else vt),
    )
)
value("svd", "singular values ascend")(
    lambda x, *, full_matrices=True, compute_uv=True: _svd(
        x, full_matrices, compute_uv, lambda u, s, vt: (u, s[..., ::-1], vt)
    )
)
value("svd", "through the eigenvalues of x^T x")(
    lambda x, *, full_matrices=True, compute_uv=True: _svd(
        x,
        full_matrices,
        compute_uv,
        lambda u, s, vt: (
            u,
            np.sqrt(np.maximum(np.linalg.eigvalsh(x @ np.swapaxes(x, -1, -2)), 0))[..., ::-1][..., : s.shape[-1]],
            vt,
        ),
    )
)
value("eigh", "reads the other triangle alone")(lambda x: tuple(np.linalg.eigh(x, UPLO="U")))
value("eigh", "eigenvalues descend")(lambda x: tuple(part[..., ::-1] for part in honest("eigh")(x)))
value("eigh", "eigenvectors as rows")(lambda x: (honest("eigh")(x)[0], np.swapaxes(honest("eigh")(x)[1], -1, -2)))
vjp(
    "eigh",
    "the gradient of the eigenvalues alone",
    (lambda B, g, y, x: B.matmul(y[1] * B.expand_dims(g[0], axis=-2), swap_last(B, y[1])),),
)


def _cholesky_back(B, g, y, upper):
    """Murray's formula without the symmetric part at the end."""
    g, y = (swap_last(B, g), swap_last(B, y)) if upper else (g, y)
    inner = B.tril(B.matmul(swap_last(B, y), g))
    right = B.triangular_solve(swap_last(B, y), swap_last(B, inner), lower=False)
    return B.triangular_solve(swap_last(B, y), swap_last(B, right), lower=False)


def _svd(x, full_matrices, compute_uv, wrong):
    if 0 in x.shape:
        return honest("svd")(x, full_matrices=full_matrices, compute_uv=compute_uv)
    parts = wrong(*honest("svd")(x, full_matrices=full_matrices))
    return parts if compute_uv else parts[1]


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


value("linear_solve", "transposed")(lambda a, b: honest("linear_solve")(np.swapaxes(a, -1, -2), b))
value("linear_solve", "TF32 products")(lambda a, b: honest("linear_solve")(narrow(a, 10), narrow(b, 10)))
vjp(
    "linear_solve",
    "not transposed",
    (
        lambda B, g, y, a, b: B.matmul(B.linear_solve(a, g), swap_last(B, y)) * -1.0,
        lambda B, g, y, a, b: B.linear_solve(a, g),
    ),
)
vjp("linear_solve", "the right side alone", (None, lambda B, g, y, a, b: B.linear_solve(swap_last(B, a), g)))
edited("solve_triangular", "lower ignored", "lower=lower", "lower=False")
edited(
    "inv",
    "the transposed inverse",
    "B.linear_solve(x, m.identity_like(B, x))",
    "swap_last(B, B.linear_solve(x, m.identity_like(B, x)))",
)
edited("cholesky_inverse", "upper ignored", "lower=not upper", "lower=True")
edited(
    "cholesky_inverse",
    "L^-1 L^-T",
    "B.matmul(y, swap_last(B, y)) if upper else B.matmul(swap_last(B, y), y)",
    "B.matmul(y, swap_last(B, y))",
)
edited("det", "the permutation's sign left out", " * B.cast(_parity(B, permutation), dtype=B.dtype(x))", "")
vjp(
    "det",
    "det times the inverse, NaN where singular",
    (lambda B, g, y, x: swap_last(B, B.inv(x)) * B.reshape(g * y, newshape=(*y.shape, 1, 1)),),
)
vjp("det", "not transposed", (lambda B, g, y, x: B.inv(x) * B.reshape(g * y, newshape=(*y.shape, 1, 1)),))
edited("slogdet", "the sign of the pivots alone", " * parity", "")
edited(
    "slogdet",
    "the log of the determinant, which underflows",
    "B.sum(B.log(B.absolute(pivots)), axis=-1)",
    "B.log(B.absolute(B.prod(pivots, axis=-1)))",
)
edited("logdet", "the sign", "B.slogdet(x)[1]", "B.slogdet(x)[0]")
edited("pinv", "the cutoff is absolute", "_cutoff(B, s, _default_ratio(B, x) if rcond is None else rcond)", "1e-6")
edited("pinv", "NumPy's old cutoff of 1e-15", "_default_ratio(B, x) if rcond is None", "1e-15 if True")
edited("pinv", "rcond ignored", "if rcond is None else rcond", "")
vjp(
    "pinv",
    "that of the inverse",
    (lambda B, g, y, x, *, rcond=None: -B.matmul(B.matmul(swap_last(B, y), g), swap_last(B, y)),),
)
edited(
    "lstsq",
    "by the normal equations",
    "B.matmul(B.pinv(a, rcond=rcond), b)",
    "B.matmul(B.pinv(B.matmul(swap_last(B, a), a), rcond=rcond), B.matmul(swap_last(B, a), b))",
)
edited(
    "matrix_rank",
    "the cutoff relative, also where given",
    "if tol is None else tol",
    "if tol is None else _cutoff(B, s, tol)",
)
edited("matrix_rank", "all that is not 0 counts", "_cutoff(B, s, _default_ratio(B, x)) if tol is None else tol", "0.0")

"""Mutants of `kcompat.spec.decomposition`."""

import numpy as np

from kcompat.conformance.mutants.mutation import honest, value, vjp
from kcompat.spec.calculus import swap_last


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

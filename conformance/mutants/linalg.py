"""Mutants of `kcompat.spec.linalg`."""

import numpy as np

from kcompat.conformance.mutants.mutation import edited, honest, narrow, value, vjp
from kcompat.spec.calculus import swap_last

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

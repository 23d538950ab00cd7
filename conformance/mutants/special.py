"""Mutants of `kcompat.spec.special`."""

import numpy as np

from kcompat.conformance.mutants.mutation import edited, value, vjp

F32 = np.float32
value("exp2", "exp(0.693147 x)")(lambda x: np.exp(x * F32(0.693147)))
value("log2", "log(x) / 0.6931")(lambda x: np.log(x) / F32(0.6931))
value("log10", "the natural logarithm")(np.log)
edited("logaddexp", "naive: log(exp(x1) + exp(x2))", "larger + B.softplus(distance)", "B.log(B.exp(x1) + B.exp(x2))")
edited("logaddexp", "log(1 + exp(distance))", "B.softplus(distance)", "B.log(B.exp(distance) + 1.0)")
edited(
    "logaddexp",
    "NaN where both are infinite",
    "B.where(B.isinf(larger), 0.0, B.where(first, x2 - x1, x1 - x2))",
    "B.where(first, x2 - x1, x1 - x2)",
)
edited("logaddexp2", "natural", "B.softplus(distance * LN2) * (1.0 / LN2)", "B.softplus(distance)")
value("cbrt", "x ** (1 / 3), NaN of negative numbers")(lambda x: np.power(x, x.dtype.type(1 / 3)))
vjp("cbrt", "y for y * y", (lambda B, g, y, x: g / (y * 3.0),))
edited(
    "i0",
    "order 1 of the series left out",
    "near, polynomial(half * half, _I0_NEAR)",
    "near, polynomial(half * half, _I0_NEAR[:6])",
)
edited("i0", "exp(x) overflows early", "root * (root * _chebyshev", "root * root * (_chebyshev")

"""Mutants of `kcompat.spec.rounding`."""

import numpy as np

from kcompat.conformance.mutants.mutation import edited, honest, value, vjp
from kcompat.spec.calculus import unbroadcast

edited("ceil", "floor(x) + 1", "B.floor(x * -1.0) * -1.0", "B.floor(x) + 1.0")
edited("trunc", "floor", "B.where(x < 0, B.ceil(x), B.floor(x))", "B.floor(x)")
edited("round", "halves away from zero", "B.logical_and(B.equal(left, 0.5), odd)", "B.equal(left, 0.5)")
edited("round", "floor(x + 0.5)", "B.where(above, below + 1.0, below)", "B.floor(x + 0.5)")
edited("round", "decimals ignored", "if decimals == 0:", "if True:")
edited(
    "round",
    "times 10 where it has to be divided",
    "_half_to_even(B, x / 10.0**-decimals)",
    "_half_to_even(B, x * 10.0**-decimals)",
)
edited("round", "integers: halves up", "B.equal(B.mod(below, 2), 1)", "True")
value("fmod", "the sign of the divisor")(lambda x1, x2: np.mod(x1, x2).astype(honest("fmod")(x1, x2).dtype))
value("fmod", "x - trunc(x / y) * y, which is not exact")(
    lambda x1, x2: (x1 - np.trunc(honest("divide")(x1, x2)) * x2).astype(honest("fmod")(x1, x2).dtype)
)
vjp("fmod", "no gradient of the divisor", (lambda B, g, y, x1, x2: unbroadcast(B, g, x1), None))
edited(
    "mod",
    "the sign of the dividend, as in C",
    "B.where(_opposite(B, remainder, x2), B.add(remainder, x2), remainder)",
    "remainder",
)
edited("mod", "an exact multiple is moved too", "B.not_equal(remainder, 0)", "True")
edited("floor_divide", "truncated", "B.where(_opposite(B, remainder, x2), quotient - 1.0, quotient)", "quotient")
edited("floor_divide", "floor of the rounded quotient", "B.where(B.equal(x2, 0), x1 / x2, whole)", "B.floor(x1 / x2)")
value("integer_quotient", "truncated, as in C")(
    lambda x1, x2: np.trunc(np.divide(x1, x2, dtype=np.float64)).astype(honest("integer_quotient")(x1, x2).dtype)
)

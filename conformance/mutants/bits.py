"""Mutants of `kcompat.spec.bits`."""

import numpy as np

from kcompat.conformance.mutants.mutation import edited, honest, value

edited("bitwise_invert", "the negative", "else -1, x)", "else 0, x)")
value("view", "converted, not reinterpreted")(lambda x, *, dtype=None: x.astype(dtype or x.dtype))
edited("signbit", "-0 is not negative", "B.where(B.equal(x, 0.0), 1.0 / x, x) if is_float(result_type(x)) else x", "x")
value("nextafter", "towards infinity, whatever the second argument")(
    lambda x1, x2: honest("nextafter")(x1, np.where(np.isnan(x2), x2, np.inf).astype(np.asarray(x2).dtype))
)
value("nextafter", "the step of double precision")(
    lambda x1, x2: np.nextafter(np.float64(x1), x2).astype(honest("nextafter")(x1, x2).dtype)
)
edited(
    "ldexp",
    "2 ** x2 overflows before the product",
    "for power in POWERS",
    "return B.multiply(x1, B.power(2.0, B.cast(x2, dtype=float_type(x1))))\n    for power in POWERS",
)
edited(
    "ldexp",
    "as Python's frexp counts: one too many",
    "down, left = B.less(x2, 0)",
    "x2 = x2 + 1\n    down, left = B.less(x2, 0)",
)
value("gcd", "with the sign of the first")(
    lambda x1, x2: honest("gcd")(x1, x2) * np.where(np.asarray(x1) < 0, -1, 1).astype(np.asarray(x1).dtype)
)
value("gcd", "1 for 0 and 0")(lambda x1, x2: np.maximum(honest("gcd")(x1, x2), 1).astype(honest("gcd")(x1, x2).dtype))
edited("lcm", "the product", "B.where(B.equal(divisor, 0), 1, divisor)", "1")
edited("lcm", "with the sign of the product", "B.absolute(", "(")

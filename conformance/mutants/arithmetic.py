"""Mutants of `kcompat.spec.arithmetic`."""

import numpy as np

from kcompat.conformance.mutants.mutation import edited, honest, value, vjp
from kcompat.spec.calculus import unbroadcast

vjp("add", "broadcast not undone", (lambda B, g, y, x1, x2: g, lambda B, g, y, x1, x2: g))
vjp("add", "gradient of the first argument alone", (lambda B, g, y, x1, x2: unbroadcast(B, g, x1), None))
vjp(
    "subtract",
    "the second cotangent keeps its sign",
    (lambda B, g, y, x1, x2: unbroadcast(B, g, x1), lambda B, g, y, x1, x2: unbroadcast(B, g, x2)),
)
value("add", "integers and floats widen to float64")(np.add)
vjp(
    "multiply",
    "its own factor, not the other",
    (lambda B, g, y, x1, x2: unbroadcast(B, g * x1, x1), lambda B, g, y, x1, x2: unbroadcast(B, g * x2, x2)),
)
value("divide", "through the reciprocal in half precision")(
    lambda x1, x2: honest("multiply")(x1, np.float32(1) / np.asarray(x2, np.float16))
)
value("divide", "integers divided without a fraction")(
    lambda x1, x2: honest("divide")(x1, x2) if "f" in np.result_type(x1, x2).kind else np.asarray(x1) // x2 * 1.0
)
vjp("square", "x for 2 x", (lambda B, g, y, x: g * x,))
vjp("square", "g squared", (lambda B, g, y, x: g * g * x * 2,))
value("power", "as exp(x2 log(x1)), NaN of negative numbers")(
    lambda x1, x2: np.exp(x2 * np.log(x1)).astype(honest("power")(x1, x2).dtype)
)
vjp("absolute", "gradient 1 at 0", (lambda B, g, y, x: B.where(x >= 0, g, -g),))
edited("absolute", "gradient NaN at 0: sqrt(x * x)", "B.where(x > 0, x, B.where(x < 0, -x, x * x))", "B.sqrt(x * x)")
edited("sign", "1 at 0", "B.where(x > 0, one", "B.where(x >= 0, one")
edited("maximum", "at a tie the first", "_tie(x1, x2)", "x1")
edited("maximum", "NaN ignored", "B.where(x2 > x1, x2, _tie(x1, x2))", "x2")
edited("minimum", "the maximum", "B.where(x1 < x2, x1, B.where(x2 < x1", "B.where(x1 > x2, x1, B.where(x2 > x1")
edited("fmax", "NaN passes on", "*_numbers(B, x1, x2)", "x1, x2")
edited("heaviside", "1 at 0", "B.where(x1 > 0, 1.0", "B.where(x1 >= 0, 1.0")
edited(
    "clip",
    "the lower bound applied last",
    "B.where(above_min > x_max, x_max, above_min)",
    "B.maximum(B.minimum(x, x_max), x_min)",
)
edited("clip", "no gradient at the bounds", "B.where(x < x_min, x_min, x)", "B.where(x <= x_min, x_min, x)")
edited(
    "divide_no_nan",
    "NaN / 0 is NaN",
    "B.where(zero, 0.0, B.divide(x1, B.where(zero, 1, x2)))",
    "B.where(zero, x1 * 0.0, B.divide(x1, B.where(zero, 1, x2)))",
)
edited("divide_no_nan", "the untaken branch divides by 0: a NaN gradient", "B.where(zero, 1, x2)", "x2")
edited("reciprocal", "1e-7 added, against a division by 0", "1.0 / x", "1.0 / (x + 1e-7)")
edited("isfinite", "infinities are finite", "B.equal(x - x, 0.0)", "B.equal(x, x)")

"""Mutants of `kcompat.spec.logic`."""

import numpy as np

from kcompat.conformance.mutants.mutation import edited, honest, value, vjp
from kcompat.spec.calculus import unbroadcast

value("equal", "to within 1e-6")(lambda x1, x2: np.isclose(x1, x2, rtol=0, atol=1e-6))
value("equal", "NaN equals NaN")(lambda x1, x2: (np.asarray(x1) == x2) | ((x1 != x1) & (np.asarray(x2) != x2)))
value("greater", "or equal")(np.greater_equal)
value("greater_equal", "not less, so NaN is greater")(lambda x1, x2: ~np.less(x1, x2))
edited(
    "not_equal",
    "NaN differs from nothing",
    "B.logical_not(B.equal(x1, x2))",
    "B.logical_or(B.greater(x1, x2), B.greater(x2, x1))",
)
edited("less", "or equal", "B.greater(x2, x1)", "B.greater_equal(x2, x1)")
edited("logical_xor", "or", "B.not_equal(*(", "B.logical_or(*(")
value("logical_and", "or")(np.logical_or)
edited("isinf", "infinity alone, not minus infinity", "B.logical_or(B.isposinf(x), B.isneginf(x))", "B.isposinf(x)")
edited("isclose", "rtol and atol exchanged", "B.absolute(x2) * rtol + atol", "B.absolute(x2) * atol + rtol")
edited("isclose", "relative to the first argument", "B.absolute(x2) * rtol", "B.absolute(x1) * rtol")
edited(
    "isclose",
    "infinities of one sign are not close",
    "B.logical_or(B.equal(x1, x2), B.logical_and(near, B.isfinite(x2)))",
    "near",
)
edited("isclose", "equal_nan ignored", "if equal_nan else close", "if False else close")
edited("allclose", "any for all", "B.sum(B.cast(far", "B.min(B.cast(far")
vjp(
    "where",
    "both branches get the whole cotangent",
    (
        None,
        lambda B, g, y, condition, x1, x2: unbroadcast(B, g, x1),
        lambda B, g, y, condition, x1, x2: unbroadcast(B, g, x2),
    ),
)
value("where", "as a product with the mask, through which NaN comes")(
    lambda condition, x1, x2: honest("add")(condition * x1, ~condition * x2)
)
value("right_shift", "logical: zeros come in")(
    lambda x, y: (np.asarray(x).view(f"u{np.asarray(x).dtype.itemsize}") >> np.asarray(y).astype("uint32")).astype(
        "int32"
    )
)
value("bitwise_xor", "or")(np.bitwise_or)

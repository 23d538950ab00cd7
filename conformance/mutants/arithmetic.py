"""Wrong arithmetic, rounding, logic and bits."""

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

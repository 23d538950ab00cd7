"""Mutants of `kcompat.spec.trigonometry`."""

import numpy as np

from kcompat.conformance.mutants.mutation import edited, honest, value, vjp
from kcompat.spec.calculus import unbroadcast

value("hypot", "sqrt(x * x + y * y), whose squares overflow")(lambda x1, x2: np.sqrt(np.square(x1) + np.square(x2)))
vjp(
    "hypot",
    "NaN at the origin",
    (
        lambda B, g, y, x1, x2: unbroadcast(B, g * (x1 / y), x1),
        lambda B, g, y, x1, x2: unbroadcast(B, g * (x2 / y), x2),
    ),
)
value("arctan2", "arguments exchanged")(lambda x1, x2: honest("arctan2")(x2, x1))
value("arctan2", "arctan of the quotient: two quadrants")(lambda x1, x2: np.arctan(honest("divide")(x1, x2)))
vjp(
    "arctan2",
    "squares that overflow",
    (
        lambda B, g, y, x1, x2: unbroadcast(B, g * x2 / (x1 * x1 + x2 * x2), x1),
        lambda B, g, y, x1, x2: unbroadcast(B, -(g * x1 / (x1 * x1 + x2 * x2)), x2),
    ),
)
edited(
    "arccos",
    "pi / 2 - arcsin(x), which cancels at 1",
    "B.arctan2(_cosine_of_sine(B, x), x)",
    "1.5707963267948966 - B.arcsin(x)",
)
edited("arcsin", "1 - x * x cancels at 1", "B.sqrt((1.0 - x) * (x + 1.0))", "B.sqrt(1.0 - x * x)")
edited(
    "sinh",
    "(exp(x) - exp(-x)) / 2, which cancels near 0",
    "near = x * x < 1.0",
    "return (B.exp(x) - B.exp(-x)) * 0.5\n    near = x * x < 1.0",
)
edited(
    "cosh",
    "exp(x) overflows early",
    "half = B.sinh(x * 0.5)",
    "return (B.exp(x) + B.exp(-x)) * 0.5\n    half = B.sinh(x * 0.5)",
)
edited(
    "arcsinh",
    "log(x + sqrt(x * x + 1)), which cancels",
    "near = B.absolute(x) < 1.0",
    "return B.log(x + B.sqrt(x * x + 1.0))\n    near = B.absolute(x) < 1.0",
)
edited(
    "arctanh",
    "log of the quotient, which loses small x",
    "(B.log1p(x) - B.log1p(-x)) * 0.5",
    "B.log((1.0 + x) / (1.0 - x)) * 0.5",
)
edited("sinc", "without pi", "z = x * math.pi", "z = x * 1.0")
edited("sinc", "NaN at 0", "near = B.absolute(z) < 1.0", "return B.sin(z) / z\n    near = B.absolute(z) < 1.0")
edited("deg2rad", "pi is 3.1416", "math.pi / 180.0", "3.1416 / 180.0")
edited("rad2deg", "the other way", "180.0 / math.pi", "math.pi / 180.0")
vjp("tan", "1 / cos(x)", (lambda B, g, y, x: g / B.cos(x),))
vjp("arctan", "the root", (lambda B, g, y, x: g / B.sqrt(x * x + 1.0),))

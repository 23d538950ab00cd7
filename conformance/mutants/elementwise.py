"""Wrong elementary and special functions, angles, and windows."""

import math

import numpy as np

from kcompat.conformance.mutants.mutation import edited, honest, value, vjp
from kcompat.spec.calculus import unbroadcast

F32 = np.float32

value("exp", "computed in half precision")(lambda x: np.exp(x.astype(np.float16)).astype(honest("exp")(x).dtype))
value("exp", "as 2 ** (x * 1.4427), the constant to five digits")(
    lambda x: np.exp2(honest("exp")(x * 0) * x * F32(1.4427))
)
value("expm1", "exp(x) - 1")(lambda x: honest("exp")(x) - 1)
value("log1p", "log(1 + x)")(lambda x: honest("log")(x + F32(1)))
value("log", "1e-7 added, against log(0)")(lambda x: honest("log")(x + F32(1e-7)))
value("tanh", "as (e - 1) / (e + 1) with e = exp(2 x), which overflows")(
    lambda x: (np.exp(2.0 * x) - 1) / (np.exp(2.0 * x) + 1) * honest("exp")(x * 0)
)
value("tanh", "clipped at 5")(lambda x: honest("tanh")(np.clip(x, -5, 5)))


@value("erf", "Abramowitz & Stegun 7.1.26, good to 1.5e-7")
def _(x):
    t = 1 / (1 + 0.3275911 * np.abs(x))
    terms = np.polyval([1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592, 0], t)
    return (np.sign(x) * (1 - terms * np.exp(-(x * x)))).astype(honest("erf")(x).dtype)


@value("erfinv", "Winitzki's approximation")
def _(x):
    log = np.log1p(-x * x)
    return (np.sign(x) * np.sqrt(np.sqrt((4.33 + log / 2) ** 2 - log / 0.147) - 4.33 - log / 2)).astype(x.dtype)


value("sqrt", "of the absolute value: no NaN")(lambda x: honest("sqrt")(np.abs(x)))
value("floor", "truncated")(lambda x: np.trunc(honest("floor")(x * 1)) if x.dtype.kind == "i" else np.trunc(x))
value("sin", "of degrees")(lambda x: honest("sin")(x * F32(math.pi / 180)))
value("cos", "reduced by a pi of single precision")(
    lambda x: honest("cos")(x - np.round(x / F32(2 * math.pi)) * F32(2 * math.pi))
)
edited("rsqrt", "Quake's, one Newton step", "1.0 / B.sqrt(x)", "(1.0 / B.sqrt(x)) * (1.0 - 1e-5)")
vjp("sqrt", "0.5 * y for 0.5 / y", (lambda B, g, y, x: g * 0.5 * y,))
vjp("cos", "sign lost", (lambda B, g, y, x: g * B.sin(x),))
vjp("exp", "g squared", (lambda B, g, y, x: g * g * y,))
vjp("erf", "without the 2", (lambda B, g, y, x: g * B.exp(-(x * x)) / math.sqrt(math.pi),))
vjp("erf", "constant to four digits", (lambda B, g, y, x: g * B.exp(-(x * x)) * 1.1284,))
vjp("log1p", "that of log", (lambda B, g, y, x: g / x,))
vjp("tanh", "g squared", (lambda B, g, y, x: g * g * (1.0 - y) * (1.0 + y),))

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


def _periodic(make):
    """A window of one element more, without its last: the periodic form, for spectra."""
    return f"_constant(B, lambda n, *a: np.{make}(n + 1, *a)[:-1]"


for name in ("bartlett", "blackman", "hamming", "hanning", "kaiser"):
    edited(name, "periodic", f"_constant(B, np.{name}", _periodic(name))
edited(
    "hamming",
    "25 / 46",
    "_constant(B, np.hamming, x)",
    "_constant(B, lambda n: 21 / 46 + (np.hanning(n) - 0.5) * (50 / 46), x)",
)
edited(
    "blackman", "the exact one", "_constant(B, np.blackman, x)", "_constant(B, lambda n: np.blackman(n) + 0.00659, x)"
)
edited("kaiser", "beta is pi times too large", "float(beta)", "float(beta) * np.pi")
edited("kaiser", "alpha for beta", "float(beta)", "float(beta) / np.pi")
edited(
    "hanning",
    "of n + 2 without the zeros",
    "_constant(B, np.hanning, x)",
    "_constant(B, lambda n: np.hanning(n + 2)[1:-1], x)",
)
edited(
    "bartlett",
    "triangular: without the zeros",
    "_constant(B, np.bartlett, x)",
    "_constant(B, lambda n: np.bartlett(n + 2)[1:-1], x)",
)

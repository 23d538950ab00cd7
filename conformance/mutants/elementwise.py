"""Mutants of `kcompat.spec.elementwise`."""

import math

import numpy as np

from kcompat.conformance.mutants.mutation import edited, honest, value, vjp

F32 = np.float32
vjp("tanh", "1 - y", (lambda B, g, y, x: g * (1.0 - y),))


@value("tanh", "computed in half precision")
def _(x):
    return np.tanh(x.astype(np.float16)).astype(x.dtype)


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

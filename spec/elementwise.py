"""Functions of one variable."""

import functools
import math

import numpy as np

from kcompat.spec import _samples as samples
from kcompat.spec import rules as rules
from kcompat.spec._op import EXACT, Sample, composed, primitive, smooth, unary

inf, nan = float("inf"), float("nan")
function = functools.partial(primitive, rule=rules.floating, kinks=smooth)
"""A primitive that is elementwise, smooth where it is defined, and a float whatever goes in."""


def _inputs(low=-2.0, high=2.0, extremes=(), integers=(0, 1, 2)):
    def make(rng):
        yield from samples.unary(low, high, extremes)(rng)
        yield Sample((np.array(integers, "int32"),))
        yield Sample((np.array([True, True]),))

    return make


@function(
    vjp=lambda B, g, y, x: g * y,
    error=unary(2),
    specials={inf: inf, -inf: 0.0, nan: nan, 0.0: 1.0},
    samples=_inputs(extremes=(-87.0, 88.0, 1e-8, 1e-30)),
)
def exp(x):
    """`e ** x`."""


@function(
    vjp=lambda B, g, y, x: g * (y + 1.0),
    error=unary(4),
    specials={inf: inf, -inf: -1.0, nan: nan, 0.0: 0.0},
    samples=_inputs(extremes=(-87.0, 88.0, 1e-8, -1e-30)),
)
def expm1(x):
    """`e ** x - 1`, exact near 0."""


@function(
    vjp=lambda B, g, y, x: g / x,
    error=unary(2),
    specials={inf: inf, 0.0: -inf, -1.0: nan, nan: nan, 1.0: 0.0},
    samples=_inputs(low=0.2, extremes=(1e-30, 1e30, 1.0000001), integers=(1, 2, 7)),
)
def log(x):
    """The natural logarithm."""


@function(
    vjp=lambda B, g, y, x: g / (x + 1.0),
    error=unary(3),
    specials={inf: inf, -1.0: -inf, -2.0: nan, nan: nan, 0.0: 0.0},
    samples=_inputs(low=-0.5, extremes=(1e-8, -1e-8, 1e30, 1e-30)),
)
def log1p(x):
    """`log(1 + x)`, exact near 0."""


@function(
    vjp=lambda B, g, y, x: g * 0.5 / y,
    error=unary(1),
    specials={inf: inf, 0.0: 0.0, -1.0: nan, nan: nan},
    samples=_inputs(low=0.2, extremes=(1e-30, 1e30, 3e38), integers=(1, 2, 9)),
)
def sqrt(x):
    """The square root; the gradient at 0 is infinite."""


@function(
    vjp=lambda B, g, y, x: g * B.cos(x),
    error=unary(2),
    specials={inf: nan, nan: nan, 0.0: 0.0},
    samples=_inputs(low=-7.0, high=7.0, extremes=(1e-8, 1e-30, 100.0)),
)
def sin(x):
    """The sine of an angle in radians."""


@function(
    vjp=lambda B, g, y, x: -(g * B.sin(x)),
    error=unary(2),
    specials={inf: nan, nan: nan, 0.0: 1.0},
    samples=_inputs(low=-7.0, high=7.0, extremes=(1e-8, 1e-30, 100.0)),
)
def cos(x):
    """The cosine of an angle in radians."""


@function(
    vjp=lambda B, g, y, x: g * (1.0 - y) * (1.0 + y),  # not 1 - y * y, which cancels
    error=unary(4),
    specials={inf: 1.0, -inf: -1.0, nan: nan, 0.0: 0.0},
    samples=_inputs(extremes=(1e-8, -20.0, 20.0, 1e30)),
)
def tanh(x):
    """The hyperbolic tangent."""


@function(
    vjp=lambda B, g, y, x: g * B.exp(-(x * x)) * (2.0 / math.sqrt(math.pi)),
    error=unary(4),
    specials={inf: 1.0, -inf: -1.0, nan: nan, 0.0: 0.0},
    samples=_inputs(extremes=(1e-8, -6.0, 6.0, 1e-30, 30.0)),
)
def erf(x):
    """The error function, `2 / sqrt(pi)` times the integral of `exp(-t * t)` from 0 to x."""


@function(
    vjp=lambda B, g, y, x: -(g * B.exp(-(x * x)) * (2.0 / math.sqrt(math.pi))),
    error=unary(4),
    specials={inf: 0.0, -inf: 2.0, nan: nan, 0.0: 1.0},
    samples=_inputs(extremes=(-6.0, 4.0, 8.0, 1e-30)),
)
def erfc(x):
    """`1 - erf(x)`, exact where `erf` is near 1."""


@function(
    vjp=lambda B, g, y, x: g * B.exp(y * y) * (math.sqrt(math.pi) / 2.0),
    error=unary(4),
    specials={1.0: inf, -1.0: -inf, 2.0: nan, nan: nan, 0.0: 0.0},
    samples=samples.unary(low=-0.95, high=0.95, extremes=(1e-8, 0.999)),
)
def erfinv(x):
    """The inverse of `erf`, on [-1, 1]."""


@primitive(
    rule=rules.floating,
    vjp=None,
    error=EXACT,
    kinks=smooth,
    specials={inf: inf, nan: nan, -0.5: -1.0, 2.0: 2.0},
    samples=_inputs(low=-5.0, high=5.0, extremes=(0.5, -0.5, 8388607.5, 1e30, -1e-30), integers=(-7, 0, 3)),
)
def floor(x):
    """The largest integer not above x, as a float. No gradient."""


@composed(
    floating=True,
    kinks=smooth,
    specials={inf: 0.0, 0.0: inf, nan: nan},
    samples=_inputs(low=0.2, extremes=(1e-30, 1e30), integers=(1, 2, 9)),
)
def rsqrt(B, x):
    """`1 / sqrt(x)`."""
    return 1.0 / B.sqrt(x)

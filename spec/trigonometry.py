"""Functions of angles, their inverses, and the hyperbolic ones."""

import functools
import math

import numpy as np

from kcompat.spec import _samples as samples
from kcompat.spec import rules as rules
from kcompat.spec._op import Kink, Sample, Special, composed, primitive, smooth, unary
from kcompat.spec.calculus import as_tensors, unbroadcast

inf, nan = float("inf"), float("nan")
PI = math.pi
function = functools.partial(composed, floating=True, kinks=smooth)


def _points(rng):
    """All quadrants, broadcast; the axes; sizes whose squares overflow or vanish."""
    yield from samples.binary()(rng)
    yield Sample((np.array([0.0, 1.0, 0.0, -1.0]), np.array([1.0, 0.0, -1.0, 0.0])), differentiable=False)
    yield Sample((np.array([1e30, -3e30, 1e-30, 1e-30, 1e30]), np.array([2e30, 1e30, 3e-30, -1e-30, 1e-8])))


@function(
    kinks=[Kink((0.0, 0.0), (0.0, 0.0), (-1.0, 1.0))],
    specials=[Special((inf, nan), inf), Special((-inf, 1.0), inf), Special((nan, 1.0), nan), Special((0.0, -0.0), 0.0)],
    samples=_points,
    vjp=(
        lambda B, g, y, x1, x2: unbroadcast(B, g * (x1 / _nonzero(B, y)), x1),
        lambda B, g, y, x1, x2: unbroadcast(B, g * (x2 / _nonzero(B, y)), x2),
    ),
)
def hypot(B, x1, x2):
    """`sqrt(x1 ** 2 + x2 ** 2)`, elementwise, without overflow of the squares; the gradient at (0, 0) is 0.

    Infinite if either is infinite, also beside NaN (IEEE 754-2019, 9.2.1).
    """
    x1, x2 = as_tensors(B, x1, x2)
    # The result does not depend on the scale, and so has no derivative by it.
    size = B.stop_gradient(B.maximum(B.absolute(x1), B.absolute(x2)))
    scale = B.where(B.logical_and(B.isfinite(size), size > 0), size, 1.0)
    u, v = x1 / scale, x2 / scale
    squares = u * u + v * v
    none = B.equal(squares, 0.0)
    finite = B.where(none, 0.0, scale * B.sqrt(B.where(none, 1.0, squares)))
    return B.where(B.logical_or(B.isinf(x1), B.isinf(x2)), inf, finite)


def _nonzero(B, x):
    return B.where(B.equal(x, 0.0), 1.0, x)


@primitive(
    rule=rules.floating,
    floating=True,
    vjp=(
        lambda B, g, y, x1, x2: unbroadcast(B, g * _over_square(B, x2, x1, x2), x1),
        lambda B, g, y, x1, x2: unbroadcast(B, -(g * _over_square(B, x1, x1, x2)), x2),
    ),
    error=unary(3),
    kinks=[Kink((0.0, 0.0), (0.0, 0.0), (-inf, inf))],
    specials=[
        Special((0.0, 0.0), 0.0),
        Special((0.0, -0.0), PI),
        Special((-0.0, -1.0), -PI),
        Special((1.0, inf), 0.0),
        Special((1.0, -inf), PI),
        Special((inf, 1.0), PI / 2),
        Special((nan, 1.0), nan),
    ],
    samples=_points,
)
def arctan2(x1, x2):
    """The angle of the point `(x2, x1)` in radians, in [-pi, pi]; the gradient at (0, 0) is 0.

    Signed zeros and infinities as in IEEE 754-2019, 9.2.1: `arctan2(0.0, -0.0)` is pi.
    """


def _over_square(B, x, x1, x2):
    """`x / (x1 ** 2 + x2 ** 2)`, without overflow of the squares."""
    size = B.hypot(x1, x2)
    origin = B.equal(size, 0.0)
    size = B.where(origin, 1.0, size)
    return B.where(origin, 0.0, x / size) / size  # compilers make x / (size * size) of x / size / size


@function(
    specials={inf: PI / 2, -inf: -PI / 2, nan: nan, 0.0: 0.0},
    samples=samples.unary(extremes=(1e-8, 1e-30, -30.0, 1e10)),
    vjp=lambda B, g, y, x: g / (x * x + 1.0),
)
def arctan(B, x):
    """The inverse tangent, in [-pi / 2, pi / 2] radians."""
    return B.arctan2(x, 1.0)


@function(
    specials={1.0: PI / 2, -1.0: -PI / 2, 2.0: nan, nan: nan, 0.0: 0.0},
    samples=samples.unary(low=-0.95, high=0.95, extremes=(1e-8, 1e-30, 0.999, -0.9995)),
    vjp=lambda B, g, y, x: g / _cosine_of_sine(B, x),
)
def arcsin(B, x):
    """The inverse sine, in [-pi / 2, pi / 2] radians; NaN outside [-1, 1], where the slope is infinite."""
    return B.arctan2(x, _cosine_of_sine(B, x))


@function(
    specials={1.0: 0.0, -1.0: PI, 2.0: nan, nan: nan},
    samples=samples.unary(low=-0.95, high=0.95, extremes=(1e-8, 1e-30, 0.99999, -0.9995)),
    vjp=lambda B, g, y, x: -(g / _cosine_of_sine(B, x)),
)
def arccos(B, x):
    """The inverse cosine, in [0, pi] radians; NaN outside [-1, 1], where the slope is infinite."""
    return B.arctan2(_cosine_of_sine(B, x), x)


def _cosine_of_sine(B, x):
    """`sqrt(1 - x * x)` without cancellation."""
    return B.sqrt((1.0 - x) * (x + 1.0))


@function(
    specials={inf: nan, nan: nan, 0.0: 0.0},
    samples=samples.unary(low=-7.0, high=7.0, extremes=(1e-8, 1e-30, 1.57, -1.6)),
    vjp=lambda B, g, y, x: g * (y * y + 1.0),
)
def tan(B, x):
    """The tangent of an angle in radians."""
    return B.sin(x) / B.cos(x)


@function(
    specials={inf: inf, -inf: -inf, nan: nan, 0.0: 0.0},
    samples=samples.unary(low=-4.0, high=4.0, extremes=(1e-8, 1e-30, -20.0, 89.0, -89.0)),
    vjp=lambda B, g, y, x: g * B.cosh(x),
)
def sinh(B, x):
    """The hyperbolic sine; it overflows only where the result does."""
    near = x * x < 1.0
    less_one = B.expm1(B.where(near, x, 0.0))
    up, down = B.exp(x * 0.5), B.exp(x * -0.5)
    return B.where(near, (less_one + less_one / (less_one + 1.0)) * 0.5, up * 0.5 * up - down * 0.5 * down)


@function(
    specials={inf: inf, -inf: inf, nan: nan, 0.0: 1.0},
    samples=samples.unary(low=-4.0, high=4.0, extremes=(1e-8, 0.01, -20.0, 89.0, -89.0)),
    vjp=lambda B, g, y, x: g * B.sinh(x),
)
def cosh(B, x):
    """The hyperbolic cosine; it overflows only where the result does."""
    half = B.sinh(x * 0.5)
    return half * 2.0 * half + 1.0  # whose derivative does not cancel near 0


@function(
    specials={inf: inf, -inf: -inf, nan: nan, 0.0: 0.0},
    samples=samples.unary(low=-4.0, high=4.0, extremes=(1e-8, 1e-30, 100.0, 1e30, -1e30)),
    vjp=lambda B, g, y, x: g / B.hypot(x, 1.0),
)
def arcsinh(B, x):
    """The inverse hyperbolic sine."""
    near = B.absolute(x) < 1.0
    small, size = B.where(near, x, 0.0), B.where(near, 1.0, B.absolute(x))
    inverse = 1.0 / size
    square = small * small
    # log(a + sqrt(a ** 2 + 1)) is log(a) + log(1 + sqrt(1 + a ** -2)); near 0 the first cancels
    far = B.log(size) + B.log1p(B.sqrt(inverse * inverse + 1.0))
    return B.where(near, B.log1p(small + square / (B.sqrt(square + 1.0) + 1.0)), B.where(x < 0, -far, far))


@function(
    specials={1.0: 0.0, inf: inf, 0.5: nan, -inf: nan, nan: nan},
    samples=samples.unary(low=1.1, high=4.0, extremes=(1.001, 1.01, 100.0, 1e30, 3e38)),
    vjp=lambda B, g, y, x: g / (B.sqrt(x - 1.0) * B.sqrt(x + 1.0)),
)
def arccosh(B, x):
    """The inverse hyperbolic cosine of x >= 1, else NaN; the slope at 1 is infinite."""
    return B.arcsinh(B.sqrt((x - 1.0) * 0.5)) * 2.0


@function(
    specials={1.0: inf, -1.0: -inf, 2.0: nan, nan: nan, 0.0: 0.0},
    samples=samples.unary(low=-0.95, high=0.95, extremes=(1e-8, 1e-30, 0.9999, -0.9999)),
)
def arctanh(B, x):
    """The inverse hyperbolic tangent, infinite at -1 and 1 and NaN beyond."""
    return (B.log1p(x) - B.log1p(-x)) * 0.5


@function(
    specials=[*(Special((x,), x) for x in (inf, nan, 0.0)), Special((180.0,), PI, dtype="float32")],
    samples=samples.unary(low=-360.0, high=360.0, extremes=(1e-30, 1e30)),
)
def deg2rad(B, x):
    """Degrees as radians."""
    return x * (math.pi / 180.0)


@function(
    specials={inf: inf, nan: nan, 0.0: 0.0},
    samples=samples.unary(low=-7.0, high=7.0, extremes=(1e-30, 1e30)),
)
def rad2deg(B, x):
    """Radians as degrees."""
    return x * (180.0 / math.pi)


_SINC = [(-1.0) ** k / math.factorial(2 * k + 1) for k in range(11)]
"""The series of sin(z) / z in z ** 2, exact in float64 up to z = 1."""


@function(
    specials={0.0: 1.0, nan: nan, inf: nan},
    samples=samples.unary(low=-3.0, high=3.0, extremes=(1e-30, 1e-8, 1e-3, 0.3, -0.32, 30.3)),
)
def sinc(B, x):
    """`sin(pi * x) / (pi * x)`, and 1 at 0, where all derivatives exist."""
    z = x * math.pi
    near = B.absolute(z) < 1.0
    series, far = polynomial(B.square(B.where(near, z, 0.0)), _SINC), B.where(near, 1.0, z)
    return B.where(near, series, B.sin(far) / far)


def polynomial(x, coefficients):
    """By Horner's rule; the constant comes first."""
    *lower, highest = coefficients
    y = x * highest
    for c in reversed(lower[1:]):
        y = (y + c) * x
    return y + lower[0]

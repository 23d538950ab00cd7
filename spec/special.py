"""Powers, logarithms and their sums, roots, and the Bessel function."""

import functools
import math
from typing import Any

import numpy as np

from kcompat.spec import _samples as samples
from kcompat.spec._op import Sample, Special, composed, smooth
from kcompat.spec.calculus import as_tensors
from kcompat.spec.trigonometry import polynomial

inf, nan = float("inf"), float("nan")
function = functools.partial(composed, floating=True, kinks=smooth)
LN2, LN10 = math.log(2.0), math.log(10.0)


@function(
    specials={inf: inf, -inf: 0.0, nan: nan, 0.0: 1.0},
    samples=samples.unary(extremes=(-125.0, 126.5, 1e-8)),
)
def exp2(B, x):
    """`2 ** x`."""
    return B.power(2.0, x)


@function(
    specials={inf: inf, 0.0: -inf, -1.0: nan, nan: nan, 1.0: 0.0},
    samples=samples.unary(low=0.2, extremes=(1e-30, 1e30, 1.0000001)),
)
def log2(B, x):
    """The logarithm to base 2."""
    return B.log(x) * (1.0 / LN2)


@function(
    specials={inf: inf, 0.0: -inf, -1.0: nan, nan: nan, 1.0: 0.0},
    samples=samples.unary(low=0.2, extremes=(1e-30, 1e30, 1.0000001)),
)
def log10(B, x):
    """The logarithm to base 10."""
    return B.log(x) * (1.0 / LN10)


def _exponents(rng):
    """Broadcast; equal ones, those whose powers overflow or vanish, and distant ones."""
    yield from samples.binary()(rng)
    yield Sample((np.array([0.5, -0.5, 300.0, -300.0, 1e30]), np.array([0.5, -0.5, 301.0, -302.0, 1e30])))
    yield Sample((np.array([1e-8, -80.0, 20.0, -1e30, 0.0]), np.array([-40.0, 80.0, 5.0, 1.0, -20.0])))


_sums: dict[str, Any] = {
    "specials": [
        Special((-inf, -inf), -inf),
        Special((inf, inf), inf),
        Special((inf, -inf), inf),
        Special((-inf, 1.5), 1.5),
        Special((nan, 1.0), nan),
        Special((1.0, nan), nan),
    ],
    "samples": _exponents,
}


@function(**_sums)
def logaddexp(B, x1, x2):
    """`log(exp(x1) + exp(x2))`, elementwise, without overflow."""
    larger, distance = _larger(B, x1, x2)
    return larger + B.softplus(distance)


@function(**_sums)
def logaddexp2(B, x1, x2):
    """`log2(2 ** x1 + 2 ** x2)`, elementwise, without overflow."""
    larger, distance = _larger(B, x1, x2)
    return larger + B.softplus(distance * LN2) * (1.0 / LN2)


def _larger(B, x1, x2):
    """The larger of two, and how far the other one is below: -distance <= 0.

    By comparison, not by `maximum` and `absolute`: it is smooth at a tie, with the rest of the sum.
    """
    x1, x2 = as_tensors(B, x1, x2)
    first = B.greater_equal(x1, x2)
    larger = B.where(first, x1, x2)
    return larger, B.where(B.isinf(larger), 0.0, B.where(first, x2 - x1, x1 - x2))


@function(
    specials={inf: inf, -inf: -inf, nan: nan, 0.0: 0.0},
    samples=samples.unary(low=0.2, high=9.0, extremes=(-8.0, 1e-20, -1e-20, 1e30, 3e38, -27.0)),
    vjp=lambda B, g, y, x: g / (y * y * 3.0),
)
def cbrt(B, x):
    """The real cube root, negative for negative x; the slope at 0 is infinite."""
    ordinary = B.logical_and(B.isfinite(x), B.not_equal(x, 0.0))
    size = B.where(ordinary, B.absolute(x), 1.0)
    inverse = B.exp(B.log(size) * (-1.0 / 3.0))
    for _ in range(2):  # Newton's steps: the first makes the value exact, the second the slope
        inverse = inverse * (4.0 - size * inverse * inverse * inverse) * (1.0 / 3.0)
    root = size * inverse * inverse
    zero = B.equal(x, 0.0)
    limit = B.where(zero, B.sqrt(B.where(zero, x, 1.0)), x)  # sqrt, for its slope at 0
    return B.where(ordinary, B.where(x < 0, -root, root), limit)


_I0_NEAR = [1.0 / math.factorial(k) ** 2 for k in range(26)]
"""The power series in (x / 2) ** 2: positive terms, exact in float64 up to x = 8."""

# Chebyshev coefficients of exp(-x) * sqrt(x) * i0(x) in 32 / x - 2, x >= 8: S. L. Moshier, Cephes (1984-2000), i0.c.
_I0_FAR = (
    -7.23318048787475395456e-18,
    -4.83050448594418207126e-18,
    4.46562142029675999901e-17,
    3.46122286769746109310e-17,
    -2.82762398051658348494e-16,
    -3.42548561967721913462e-16,
    1.77256013305652638360e-15,
    3.81168066935262242075e-15,
    -9.55484669882830764870e-15,
    -4.15056934728722208663e-14,
    1.54008621752140982691e-14,
    3.85277838274214270114e-13,
    7.18012445138366623367e-13,
    -1.79417853150680611778e-12,
    -1.32158118404477131188e-11,
    -3.14991652796324136454e-11,
    1.18891471078464383424e-11,
    4.94060238822496958910e-10,
    3.39623202570838634515e-9,
    2.26666899049817806459e-8,
    2.04891858946906374183e-7,
    2.89137052083475648297e-6,
    6.88975834691682398426e-5,
    3.36911647825569408990e-3,
    8.04490411014108831608e-1,
)


@function(
    specials={0.0: 1.0, inf: inf, -inf: inf, nan: nan},
    samples=samples.unary(low=-4.0, high=4.0, extremes=(1e-8, 1e-3, 7.99, -8.01, 30.0, 90.0, -91.0)),
)
def i0(B, x):
    """The modified Bessel function of the first kind, order 0; it overflows only where the result does."""
    size = B.absolute(x)
    near = size <= 8.0
    half = B.where(near, x, 0.0) * 0.5
    far = B.where(B.logical_and(size > 8.0, B.isfinite(x)), size, 8.0)
    root = B.exp(far * 0.5)
    tail = root * (root * _chebyshev(32.0 / far - 2.0, _I0_FAR) / B.sqrt(far))
    return B.where(near, polynomial(half * half, _I0_NEAR), B.where(B.isfinite(x), tail, size))


def _chebyshev(x, coefficients):
    """A Chebyshev series in x / 2 by Clenshaw's recurrence; the constant, doubled, comes last."""
    earlier, before, y = 0.0, 0.0, coefficients[0]
    for c in coefficients[1:]:
        earlier, before, y = before, y, x * y - before + c
    return (y - earlier) * 0.5

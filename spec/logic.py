"""Comparison, logic, choice, and the bits of 32-bit integers."""

import functools

import numpy as np

from kcompat.spec import _rules as rules
from kcompat.spec import _samples as samples
from kcompat.spec._calculus import unbroadcast
from kcompat.spec._op import COMPARE, EXACT, SELECT, Sample, Special, composed, ordinary, primitive, smooth

inf, nan = float("inf"), float("nan")
comparison = functools.partial(
    primitive, rule=rules.comparison, vjp=None, error=COMPARE, kinks=smooth, samples=samples.comparison
)
logical = functools.partial(
    primitive,
    rule=rules.comparison,
    vjp=None,
    error=EXACT,
    kinks=smooth,
    specials=ordinary,
    samples=samples.booleans(2),
)
bitwise = functools.partial(
    primitive,
    rule=rules.arithmetic,
    vjp=None,
    error=EXACT,
    kinks=smooth,
    specials=ordinary,
    samples=samples.integers(2),
)


@comparison(specials=[Special((nan, nan), False), Special((inf, inf), True), Special((0.0, -0.0), True)])
def equal(x1, x2):
    """`x1 == x2`, elementwise, as bool; NaN equals nothing."""


@comparison(specials=[Special((nan, 1.0), False), Special((inf, 1.0), True), Special((0.0, -0.0), False)])
def greater(x1, x2):
    """`x1 > x2`, elementwise, as bool."""


@comparison(specials=[Special((nan, 1.0), False), Special((inf, inf), True), Special((0.0, -0.0), True)])
def greater_equal(x1, x2):
    """`x1 >= x2`, elementwise, as bool."""


@composed(kinks=smooth, specials=[Special((nan, nan), True)], samples=samples.comparison, vjp=())
def not_equal(B, x1, x2):
    """`x1 != x2`, elementwise, as bool; NaN differs from everything."""
    return B.logical_not(B.equal(x1, x2))


@composed(kinks=smooth, specials=[Special((nan, 1.0), False)], samples=samples.comparison, vjp=())
def less(B, x1, x2):
    """`x1 < x2`, elementwise, as bool."""
    return B.greater(x2, x1)


@composed(kinks=smooth, specials=[Special((nan, 1.0), False)], samples=samples.comparison, vjp=())
def less_equal(B, x1, x2):
    """`x1 <= x2`, elementwise, as bool."""
    return B.greater_equal(x2, x1)


@logical()
def logical_and(x1, x2):
    """Both, elementwise, of two bool tensors."""


@logical()
def logical_or(x1, x2):
    """Either, elementwise, of two bool tensors."""


@composed(kinks=smooth, specials=ordinary, samples=samples.booleans(1), vjp=())
def logical_not(B, x):
    """The opposite, elementwise, of a bool tensor."""
    return B.equal(x, False)


def _choices(rng):
    x, y = rng.normal(size=(2, 3)), rng.normal(size=(3,))
    yield Sample((x > 0, x, y))
    yield Sample((x > 0, x, 0.0))
    yield Sample((x > 0, 1.5, x))
    yield Sample((np.array([[True], [False]]), y, x[:1]))


@primitive(
    rule=rules.select,
    vjp=(
        None,
        lambda B, g, y, condition, x1, x2: unbroadcast(B, B.where(condition, g, 0.0), x1),
        lambda B, g, y, condition, x1, x2: unbroadcast(B, B.where(condition, 0.0, g), x2),
    ),
    error=SELECT,
    kinks=smooth,
    specials=[Special((True, 1.0, nan), 1.0), Special((False, inf, 2.0), 2.0)],
    samples=_choices,
)
def where(condition, x1, x2):
    """`x1` where `condition` holds, else `x2`; all three broadcast, either value may be a scalar.

    The gradient of the value not chosen is 0, whatever that value is.
    """


@bitwise()
def bitwise_and(x, y):
    """The bits set in both integers."""


@bitwise()
def bitwise_or(x, y):
    """The bits set in either integer."""


@bitwise()
def bitwise_xor(x, y):
    """The bits set in one of the integers."""


def _shifts(rng):
    for count in (0, 1, 13, 31):
        yield Sample((rng.integers(-(2**31), 2**31, (2, 3)).astype("int32"), count))


@bitwise(samples=_shifts)
def left_shift(x, y):
    """`x` shifted left by `y` bits, 0 <= y < width; bits that leave are lost."""


@bitwise(samples=_shifts)
def right_shift(x, y):
    """`x` shifted right by `y` bits, 0 <= y < width; a signed integer keeps its sign."""

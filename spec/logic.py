"""Comparison, logic, choice, and the bits of 32-bit integers."""

import functools
from typing import Any

import numpy as np

from kcompat.spec import _samples as samples
from kcompat.spec import rules as rules
from kcompat.spec._op import COMPARE, EXACT, SELECT, Refusal, Sample, Special, composed, ordinary, primitive, smooth
from kcompat.spec.calculus import as_tensors, unbroadcast
from kcompat.spec.dtypes import float_type

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
    rule=rules.bits,
    vjp=None,
    error=EXACT,
    kinks=smooth,
    specials=ordinary,
    samples=samples.integers(2),
    refusals=[Refusal((np.ones(2), np.ones(2)), TypeError)],
)
shift = functools.partial(
    bitwise,
    rule=rules.shifted,
    refusals=[Refusal((np.ones(2), 1), TypeError), Refusal((np.array([True]), np.array([True])), TypeError)],
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


@composed(kinks=smooth, specials=ordinary, samples=samples.booleans(2), vjp=())
def logical_xor(B, x1, x2):
    """One but not both, elementwise, of two bool tensors."""
    return B.not_equal(*(B.cast(x, dtype="bool") for x in as_tensors(B, x1, x2)))


def _finite_or_not(rng):
    yield Sample((np.array([1.0, inf, -inf, nan, 0.0, 1e30]),))
    yield Sample((rng.normal(size=(2, 3)),))
    yield Sample((np.array([3, -7], "int32"),))
    yield Sample((np.array([True, False]),))
    yield Sample((np.zeros((0, 2)),))


@composed(kinks=smooth, specials={inf: True, -inf: True, nan: False, 0.0: False}, samples=_finite_or_not, vjp=())
def isinf(B, x):
    """Whether `x` is infinite, elementwise, as bool."""
    return B.logical_or(B.isposinf(x), B.isneginf(x))


@composed(kinks=smooth, specials={inf: True, -inf: False, nan: False, 0.0: False}, samples=_finite_or_not, vjp=())
def isposinf(B, x):
    """Whether `x` is positive infinity, elementwise, as bool."""
    return B.equal(x, inf)


@composed(kinks=smooth, specials={inf: False, -inf: True, nan: False, 0.0: False}, samples=_finite_or_not, vjp=())
def isneginf(B, x):
    """Whether `x` is negative infinity, elementwise, as bool."""
    return B.equal(x, -inf)


def _nearly_equal(rng):
    x = rng.uniform(0.5, 2.0, (2, 3))
    yield Sample((x, x + np.array([0.0, 1e-6, 1e-3])))
    yield Sample((x, x + np.array([0.0, 1e-3, 0.5])), {"rtol": 1e-2})
    yield Sample((x, x + np.array([0.0, 1e-3, 0.5])), {"rtol": 0.0, "atol": 0.1})
    yield Sample((np.array([nan, nan, 1.0, inf]), np.array([nan, 1.0, 1.0, inf])), {"equal_nan": True})
    yield Sample((np.array([inf, -inf, inf, 1.0, nan]), np.array([inf, inf, 1.0, inf, nan])))
    yield Sample((np.array([100000, 3], "int32"), np.array([100000, 4], "int32")))
    yield Sample((np.array([1000.0, 1e-3]), np.array([1000.005, 1.001e-3])))
    yield Sample((x, 1.0))
    yield Sample((np.zeros((0, 3)), 1.0))
    yield Sample((x * 1e30, x * 1e30))


_closeness: dict[str, Any] = {"kinks": smooth, "samples": _nearly_equal, "vjp": ()}


@composed(
    specials=[
        Special((nan, nan), False),
        Special((nan, nan), True, {"equal_nan": True}),
        Special((inf, inf), True),
        Special((inf, -inf), False),
        Special((1.0, inf), False),
    ],
    **_closeness,
)
def isclose(B, x1, x2, *, rtol=1e-5, atol=1e-8, equal_nan=False):
    """Whether `|x1 - x2| <= atol + rtol * |x2|`, elementwise, as bool; infinities are close to themselves alone.

    Args:
        x1: a tensor.
        x2: a tensor that broadcasts with it, the measure of what is close.
        rtol: the tolerance relative to `x2`.
        atol: the absolute tolerance.
        equal_nan: whether NaN is close to NaN.
    """
    x1, x2 = (B.cast(x, dtype=float_type(x1, x2)) for x in as_tensors(B, x1, x2))
    near = B.less_equal(B.absolute(x1 - x2), B.absolute(x2) * rtol + atol)
    close = B.logical_or(B.equal(x1, x2), B.logical_and(near, B.isfinite(x2)))
    return B.logical_or(close, B.logical_and(B.isnan(x1), B.isnan(x2))) if equal_nan else close


@composed(specials=[Special((nan, nan), False), Special((inf, inf), True)], **_closeness)
def allclose(B, x1, x2, *, rtol=1e-5, atol=1e-8, equal_nan=False):
    """Whether all elements are close, as a bool of rank 0; of none they are. See `isclose`."""
    far = B.logical_not(B.isclose(x1, x2, rtol=rtol, atol=atol, equal_nan=equal_nan))
    return B.equal(B.sum(B.cast(far, dtype="int32")), 0)


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


@shift(samples=_shifts)
def left_shift(x, y):
    """`x` shifted left by `y` bits, 0 <= y < width; bits that leave are lost."""


@shift(samples=_shifts)
def right_shift(x, y):
    """`x` shifted right by `y` bits, 0 <= y < width; a signed integer keeps its sign."""

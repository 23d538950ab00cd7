"""Rounding, and division with a remainder."""

import numpy as np

from kcompat.spec import _samples as samples
from kcompat.spec import rules as rules
from kcompat.spec._op import EXACT, Refusal, Sample, Special, composed, primitive, smooth
from kcompat.spec.calculus import as_tensors, unbroadcast
from kcompat.spec.dtypes import is_float, result_type

inf, nan = float("inf"), float("nan")
HALVES = (0.5, -0.5, 1.5, 2.5, -2.5, 0.49999997, 8388609.0, -1e30)


@composed(
    floating=True,
    kinks=smooth,
    specials={inf: inf, nan: nan, -0.5: 0.0, 2.0: 2.0},
    samples=samples.unary(low=-5.0, high=5.0, extremes=(*HALVES, 1e-30)),
    vjp=(),
)
def ceil(B, x):
    """The smallest integer not below x, as a float. No gradient."""
    return B.floor(x * -1.0) * -1.0


@composed(
    kinks=smooth,
    specials={inf: inf, -inf: -inf, nan: nan, -0.5: 0.0, -2.5: -2.0},
    samples=samples.unary(low=-5.0, high=5.0, extremes=(*HALVES, 1e-30)),
    vjp=(),
)
def trunc(B, x):
    """The integer next to x towards zero; integers stay as they are. No gradient."""
    return B.where(x < 0, B.ceil(x), B.floor(x)) if is_float(result_type(x)) else x


def _rounded(rng):
    yield from samples.unary(low=-5.0, high=5.0, extremes=HALVES)(rng)
    for decimals in (2, -1):
        yield Sample((rng.uniform(-50.0, 50.0, (2, 3)),), {"decimals": decimals})
    yield Sample((np.array([15, 25, -25, 34, -36, 0], "int32"),), {"decimals": -1})
    yield Sample((np.array([15, 25, -25], "int32"),), {"decimals": 2})
    yield Sample((np.array([3e38, -3e38, 1e-30, 0.0]),), {"decimals": 2})


@composed(
    kinks=smooth,
    specials=[
        *(Special((x,), y) for x, y in [(inf, inf), (nan, nan), (0.5, 0.0), (1.5, 2.0), (-2.5, -2.0)]),
        Special((inf,), inf, {"decimals": 2}),
        Special((nan,), nan, {"decimals": -1}),
        Special((25.0,), 20.0, {"decimals": -1}),
    ],
    samples=_rounded,
    refusals=(Refusal((np.array([1], "int8"),), ValueError, {"decimals": -3}),),
    vjp=(),
)
def round_(B, x, *, decimals=0):
    """`x` to a number of decimals, halves to the even neighbour; below 0 to tens, hundreds. No gradient.

    Of floats it is the nearest integer to `x * 10 ** decimals`, divided by that; floats too large for it, and
    integers where `decimals` is not negative, stay as they are.

    Raises ValueError where the dtype of integers does not hold `10 ** -decimals`.
    """
    dtype = result_type(x)
    if is_float(dtype):
        if decimals == 0:
            return _half_to_even(B, x)
        if decimals < 0:
            return _half_to_even(B, x / 10.0**-decimals) * 10.0**-decimals
        scaled = x * 10.0**decimals
        return B.where(B.isfinite(scaled), _half_to_even(B, scaled) / 10.0**decimals, x)
    if decimals >= 0:
        return x
    unit = 10**-decimals
    if unit >= 2 ** (rules.item_bits(dtype) - 1):
        raise ValueError(f"round: {dtype} does not hold {unit}, the unit of decimals={decimals}; cast to a wider dtype")
    below = B.floor_divide(x, unit)
    left = B.mod(x, unit)
    above = B.logical_or(left > unit - left, B.logical_and(B.equal(left, unit - left), B.equal(B.mod(below, 2), 1)))
    return (below + B.cast(above, dtype=dtype)) * unit


def _half_to_even(B, x):
    below = B.floor(x)
    left = x - below
    odd = B.equal(below - B.floor(below * 0.5) * 2.0, 1.0)
    above = B.logical_or(left > 0.5, B.logical_and(B.equal(left, 0.5), odd))
    y = B.where(above, below + 1.0, below)
    return B.where(B.equal(y, 0.0), x * 0.0, y)  # which keeps the sign of zero


def _divisions(rng):
    """Every pair of signs, floats and integers, and quotients that rounding would take to the next integer."""
    x1, x2 = rng.uniform(-9.0, 9.0, (3, 4)), rng.uniform(0.5, 2.0, (4,)) * np.array([1, -1, 1, -1])
    yield Sample((x1, x2))
    yield Sample((x1, 1.75))
    yield Sample((7.3, x2))
    signs = np.array([7, 7, -7, -7, 6, 6, 0], "int32"), np.array([3, -3, 3, -3, 3, -3, 2], "int32")
    yield Sample((signs[0], signs[1] * 1.0), differentiable=False)
    yield Sample(signs)
    yield Sample((np.array([[7], [200]], "uint8"), np.array([3, 9], "uint8")))
    yield Sample((np.array([7, -7, 2**30 + 1], "int32"), -2))
    yield Sample((np.array([True, False]), np.array([True, True])))
    yield Sample((np.array([1e30, 1e-30, -1e-30]), np.array([3e29, 2e-30, 7e-31])), differentiable=False)
    yield Sample((np.zeros((0, 3)), np.ones((3,))))


@primitive(
    rule=rules.remainder,
    vjp=(
        lambda B, g, y, x1, x2: unbroadcast(B, g, x1),
        lambda B, g, y, x1, x2: unbroadcast(B, g * ((y - x1) / x2), x2),
    ),
    error=EXACT,
    kinks=smooth,
    specials=[
        Special((1.0, 0.0), nan),
        Special((inf, 1.0), nan),
        Special((nan, 1.0), nan),
        Special((-1.5, inf), -1.5),
        Special((-3.0, 2.0), -1.0),
        Special((1e30, 7.0), 1.0, dtype="float32"),
    ],
    samples=_divisions,
)
def fmod(x1, x2):
    """The remainder of `x1 / x2` truncated, elementwise and exact: it has the sign of `x1`.

    NaN where a float is divided by zero; the remainder of an integer by zero is unspecified.
    """


@primitive(
    rule=rules.of_integers,
    vjp=None,
    error=EXACT,
    kinks=smooth,
    specials=(),
    samples=lambda rng: [sample for sample in _divisions(rng) if _of_integers(sample)],
    refusals=(Refusal((np.array([1.0]), np.array([2.0])), TypeError),),
    public=False,
)
def integer_quotient(x1, x2):
    """`x1 / x2` of integers, rounded down; by zero it is unspecified."""


def _of_integers(sample):
    return all(x.dtype.kind in "iu" for x in sample.args if isinstance(x, np.ndarray))


def _operands(B, x1, x2):
    """Both in the dtype of the result; bool counts as int32."""
    dtype = rules.remainder(x1, x2).dtype
    return (B.cast(x, dtype=dtype) for x in as_tensors(B, x1, x2))


def _opposite(B, remainder, x2):
    """Whether a remainder, not 0, has another sign than the divisor."""
    return B.logical_and(B.not_equal(remainder, 0), B.not_equal(B.less(remainder, 0), B.less(x2, 0)))


@composed(
    kinks=smooth,
    specials=[
        Special((1.0, 0.0), nan),
        Special((inf, 1.0), nan),
        Special((nan, 1.0), nan),
        Special((1.5, inf), 1.5),
        Special((-1.5, inf), inf),
        Special((-3.0, 2.0), 1.0),
        Special((3.0, -2.0), -1.0),
    ],
    samples=_divisions,
)
def mod(B, x1, x2):
    """The remainder of `x1 / x2` rounded down, elementwise: it has the sign of `x2`, as Python's `%`.

    NaN where a float is divided by zero; the remainder of an integer by zero is unspecified.
    """
    x1, x2 = _operands(B, x1, x2)
    remainder = B.fmod(x1, x2)
    return B.where(_opposite(B, remainder, x2), B.add(remainder, x2), remainder)


@composed(
    kinks=smooth,
    specials=[
        Special((1.0, 0.0), inf),
        Special((0.0, 0.0), nan),
        Special((inf, 1.0), nan),
        Special((1.5, inf), 0.0),
        Special((-1.5, inf), -1.0),
        Special((1.0, 0.10000000149011612), 9.0, dtype="float32"),
    ],
    samples=_divisions,
    vjp=(),
)
def floor_divide(B, x1, x2):
    """`x1 / x2` rounded down, elementwise, as Python's `//`. No gradient.

    Of floats it is the floor of the exact quotient, `(x1 - mod(x1, x2)) / x2`; an integer by zero is unspecified.
    """
    x1, x2 = _operands(B, x1, x2)
    if not is_float(result_type(x1)):
        return B.integer_quotient(x1, x2)
    remainder = B.fmod(x1, x2)
    quotient = (x1 - remainder) / x2
    whole = B.round(B.where(_opposite(B, remainder, x2), quotient - 1.0, quotient))
    return B.where(B.equal(x2, 0), x1 / x2, whole)

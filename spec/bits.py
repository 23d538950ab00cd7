"""Bits of integers and floats, and what is exact of integers."""

import numpy as np

from kcompat.spec import _samples as samples
from kcompat.spec import rules as rules
from kcompat.spec._op import EXACT, Refusal, Sample, Special, alias, composed, ordinary, primitive, smooth, unary
from kcompat.spec.calculus import as_tensors
from kcompat.spec.dtypes import float_type, is_float, result_type
from kcompat.spec.logic import left_shift, right_shift

inf, nan = float("inf"), float("nan")
AS_WIDE = {"float16": "int16", "bfloat16": "int16", "float32": "int32", "float64": "int64"}
"""The integer as wide as a float."""
POWERS: dict[str, tuple[int, ...]] = {"float16": (8,) * 5 + (4, 2, 1)}
POWERS["float32"] = POWERS["bfloat16"] = (64,) * 4 + (32, 16, 8, 4, 2, 1)
POWERS["float64"] = (512,) * 4 + (256, 128, 64, 32, 16, 8, 4, 2, 1)
"""Powers of two whose product takes the smallest number of a dtype beyond its largest, each a number itself."""

bitwise_left_shift = alias("bitwise_left_shift", left_shift)
bitwise_right_shift = alias("bitwise_right_shift", right_shift)


def _inverted(rng):
    yield from samples.integers(1)(rng)
    yield Sample((np.array([0, 1, 255], "uint8"),))
    yield Sample((np.array([True, False]),))


@composed(kinks=smooth, specials=ordinary, samples=_inverted, vjp=())
def bitwise_invert(B, x):
    """Every bit of an integer turned over; of bool the opposite."""
    dtype = result_type(x)
    if dtype == "bool":
        return B.logical_not(x)
    return B.subtract(2 ** rules.item_bits(dtype) - 1 if dtype.startswith("u") else -1, x)


bitwise_not = alias("bitwise_not", bitwise_invert)


_BITS = np.array([0x3F800000, 1 << 22], "int32")


def _views(rng):
    x = rng.integers(-(2**31), 2**31, (3, 4)).astype("int32")
    yield Sample((x,), {"dtype": "uint32"})
    yield Sample((x,), {"dtype": "int16"})
    yield Sample((x.astype("int16"),), {"dtype": "int32"})
    yield Sample((x[:0],), {"dtype": "uint8"})
    yield Sample((np.array(-7, "int32"),), {"dtype": "uint32"})
    yield Sample((x,))


@primitive(
    rule=rules.view,
    vjp=None,
    error=EXACT,
    kinks=smooth,
    specials=[
        Special((1.0,), 0x3F800000, {"dtype": "int32"}, "float32"),
        Special((-0.0,), -(2**31), {"dtype": "int32"}, "float32"),
        Special((_BITS,), np.array([1.0, 2.0**-127]), {"dtype": "float32"}, "float32"),
    ],
    samples=_views,
    refusals=(
        Refusal((np.zeros((2, 3), "int16"),), ValueError, {"dtype": "int32"}),
        Refusal((np.array(1, "int32"),), ValueError, {"dtype": "int16"}),
        Refusal((np.array([True]),), TypeError, {"dtype": "int8"}),
    ),
)
def view(x, *, dtype=None):
    """The bytes of `x` as another dtype, its own by default. No gradient.

    Elements of half the size make the last axis twice as long, with the less significant half first (in the
    byte order of the machine); elements of twice the size make it half as long.

    Raises ValueError where the last axis does not hold whole elements, TypeError for bool as another dtype.
    """


@composed(
    kinks=smooth,
    specials={-0.0: True, -inf: True, inf: False, 1e-30: False},
    samples=samples.unary(extremes=(0.0, -0.0, 1e-30, -1e-30, 1e30, -1e30)),
    vjp=(),
)
def signbit(B, x):
    """Whether the sign of `x` is negative, that of -0.0 too, elementwise, as bool; of NaN it is unspecified."""
    return B.less(B.where(B.equal(x, 0.0), 1.0 / x, x) if is_float(result_type(x)) else x, 0)


def _neighbours(rng):
    """Equal ones alone: what is next to a number depends on the dtype, and stands among the specials."""
    x = rng.normal(size=(2, 3))
    yield Sample((x, x.copy()))
    yield Sample((np.array([1e30, -1e-30, 0.0]), np.array([1e30, -1e-30, 0.0])))
    yield Sample((np.zeros((0, 3)), 1.0))
    yield Sample((np.array([[0.75]]), 0.75))


@primitive(
    rule=rules.floating,
    vjp=None,
    error=unary(2),  # two roundings of the dtype are more than the step
    kinks=smooth,
    specials=[
        Special((1.0, 2.0), 1.0 + 2.0**-23, dtype="float32"),
        Special((1.0, -2.0), 1.0 - 2.0**-24, dtype="float32"),
        Special((-1.0, -2.0), -1.0 - 2.0**-23, dtype="float32"),
        Special((-1.0, inf), -1.0 + 2.0**-24, dtype="float32"),
        Special((3.4028234663852886e38, inf), inf, dtype="float32"),
        Special((inf, 0.0), 3.4028234663852886e38, dtype="float32"),
        Special((-0.0, 0.0), 0.0),
        Special((nan, 1.0), nan),
        Special((1.0, nan), nan),
    ],
    samples=_neighbours,
)
def nextafter(x1, x2):
    """The float next to `x1` towards `x2`, in their common dtype; `x2` where they are equal. No gradient."""


def nextafter_by_bits(B, x1, x2):
    """`nextafter` for backends that lack it in some dtypes: neighbours of one sign are neighbours as integers."""
    dtype = float_type(x1, x2)
    x1, x2 = (B.cast(x, dtype=dtype) for x in as_tensors(B, x1, x2))
    bits = AS_WIDE[dtype]
    smallest = B.full(shape=(), fill_value=1, dtype=bits)
    sign = B.full(shape=(), fill_value=-(2 ** (rules.item_bits(bits) - 1)), dtype=bits)
    from_zero = B.equal(B.greater(x2, x1), B.greater(x1, 0.0))
    moved = B.view(x1, dtype=bits) + B.where(from_zero, smallest, -smallest)
    moved = B.where(B.equal(x1, 0.0), B.where(B.greater(x2, 0.0), smallest, smallest + sign), moved)
    stays = B.where(B.equal(x1, x2), x2, x1 + x2)  # NaN if either is
    return B.where(B.logical_or(B.greater(x1, x2), B.greater(x2, x1)), B.view(moved, dtype=dtype), stays)


def _scalings(rng):
    yield Sample((rng.normal(size=(2, 3)), np.array([-3, 0, 5], "int32")))
    yield Sample((rng.normal(size=(3,)), 4))
    yield Sample((np.array([1e-30, 1e30, 0.0, 1.0, -1.5]), np.array([190, -190, 1000, -100, 120], "int32")))
    yield Sample((rng.normal(size=(2, 1)), np.array([1, -2], "int8")))
    yield Sample((np.zeros((0, 2)), np.array([1, 2], "int32")))


@composed(
    floating=("x1",),
    kinks=smooth,
    specials=[
        Special((inf, np.array([-300], "int32")), inf),
        Special((nan, np.array([2], "int32")), nan),
        Special((1.0, np.array([300], "int32")), inf, dtype="float32"),
    ],
    samples=_scalings,
    refusals=(Refusal((np.array([1.0]), np.array([2.0])), TypeError),),
)
def ldexp(B, x1, x2):
    """`x1 * 2 ** x2` for integers `x2`, elementwise, exact unless the result overflows or underflows.

    Raises TypeError for exponents that are not integers.
    """
    kind = result_type(x2)
    if kind == "bool" or is_float(kind):
        raise TypeError(f"ldexp: the exponent is an integer, got {kind}; use x1 * power(2.0, x2)")
    y, x2 = as_tensors(B, x1, 1.0)[0], B.clip(B.cast(as_tensors(B, x2, 0)[0], dtype="int32"), -5000, 5000)
    down, left = B.less(x2, 0), B.absolute(x2)
    for power in POWERS[float_type(x1)]:
        takes = B.greater_equal(left, power)
        left = B.where(takes, left - power, left)
        y = B.where(takes, B.where(down, y * 2.0**-power, y * 2.0**power), y)
    return y


def _integers(rng):
    yield Sample((rng.integers(-60, 60, (3, 4)).astype("int32"), rng.integers(-60, 60, (4,)).astype("int32")))
    yield Sample(
        (np.array([0, 0, 12, -12, 2**30, 1836311903], "int32"), np.array([0, 5, 0, -18, 6, 1134903170], "int32"))
    )
    yield Sample((np.array([[12], [200]], "uint8"), np.array([8, 250], "uint8")))
    yield Sample((np.array([8, -9], "int32"), 12))
    yield Sample((np.zeros((0, 2), "int32"), np.array([1, 2], "int32")))


def _divisible(rng):
    yield from _integers(rng)
    yield Sample((np.array([-(2**31), 6, -(2**31)], "int32"), np.array([6, -(2**31), -(2**31) + 2], "int32")))
    yield Sample((np.array([-128, 12], "int8"), np.array([12, -128], "int8")))


@primitive(
    rule=rules.of_integers,
    vjp=None,
    error=EXACT,
    kinks=smooth,
    specials=ordinary,
    samples=_divisible,
    refusals=(
        Refusal((np.array([4.0]), np.array([2.0])), TypeError),
        Refusal((np.array([True]), np.array([True])), TypeError),
    ),
)
def gcd(x1, x2):
    """The greatest common divisor of integers, elementwise, not negative; of 0 and 0 it is 0.

    Raises TypeError for floats and bool.
    """


@composed(
    kinks=smooth,
    specials=ordinary,
    samples=lambda rng: [sample for i, sample in enumerate(_integers(rng)) if i != 1],
    refusals=(Refusal((np.array([4.0]), np.array([2.0])), TypeError),),
    vjp=(),
)
def lcm(B, x1, x2):
    """The least common multiple of integers, elementwise, not negative; of 0 and anything it is 0.

    It wraps around where the dtype does not hold it. Raises TypeError for floats and bool.
    """
    divisor = B.gcd(x1, x2)
    x1, x2 = as_tensors(B, x1, x2)
    return B.absolute(B.integer_quotient(x1, B.where(B.equal(divisor, 0), 1, divisor)) * x2)

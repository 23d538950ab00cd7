"""Arithmetic of two tensors, and what is made of it."""

import math

import numpy as np

from kcompat.spec import _samples as samples
from kcompat.spec import rules as rules
from kcompat.spec._op import ARITHMETIC, Kink, Refusal, Sample, Special, alias, composed, primitive, smooth, unary
from kcompat.spec.calculus import as_tensors, promoted, unbroadcast
from kcompat.spec.dtypes import UNSIGNED, held, is_float, result_type

inf, nan = float("inf"), float("nan")


def _operands(low=-2.0):
    """As the binary samples, and large and small ones, cancellation, integers."""

    def make(rng):
        yield from samples.binary(low)(rng)
        yield Sample((np.array([1e30, 1e-30, -1e8, 300.25, 1.0000001]), np.array([1e-8, 3e-8, 1e8, -300.0, -1.0])))
        yield Sample((np.array([7, -7, 2], "int32"), np.array([3, 2, -1], "int32")))
        yield Sample((np.array([7, 200], "uint8"), 3))
        yield Sample((np.array([7, -2], "int32"), np.array([0.5, 3.0])))
        yield Sample((rng.uniform(low, 2.0, (3, 3)), rng.uniform(low, 2.0, (3, 1))))  # a column as long as a row

    return make


@primitive(
    rule=rules.arithmetic,
    vjp=(lambda B, g, y, x1, x2: unbroadcast(B, g, x1), lambda B, g, y, x1, x2: unbroadcast(B, g, x2)),
    error=ARITHMETIC,
    kinks=smooth,
    specials=[Special((inf, -inf), nan), Special((inf, 1.0), inf), Special((nan, 1.0), nan)],
    samples=_operands(),
)
def add(x1, x2):
    """`x1 + x2`, elementwise; integers wrap around."""


@primitive(
    rule=rules.difference,
    vjp=(lambda B, g, y, x1, x2: unbroadcast(B, g, x1), lambda B, g, y, x1, x2: unbroadcast(B, -g, x2)),
    error=ARITHMETIC,
    kinks=smooth,
    specials=[Special((inf, inf), nan), Special((1.0, inf), -inf), Special((nan, 1.0), nan)],
    samples=_operands(),
    refusals=[Refusal((np.array([True]), np.array([True])), TypeError)],
)
def subtract(x1, x2):
    """`x1 - x2`, elementwise; integers wrap around. Raises TypeError for two bools."""


@primitive(
    rule=rules.arithmetic,
    vjp=(lambda B, g, y, x1, x2: unbroadcast(B, g * x2, x1), lambda B, g, y, x1, x2: unbroadcast(B, g * x1, x2)),
    error=ARITHMETIC,
    kinks=smooth,
    specials=[Special((inf, 0.0), nan), Special((inf, -1.0), -inf), Special((nan, 0.0), nan)],
    samples=_operands(),
)
def multiply(x1, x2):
    """`x1 * x2`, elementwise; integers wrap around."""


@primitive(
    rule=rules.floating,
    vjp=(lambda B, g, y, x1, x2: unbroadcast(B, g / x2, x1), lambda B, g, y, x1, x2: unbroadcast(B, -(g * y / x2), x2)),
    error=ARITHMETIC,
    kinks=smooth,
    specials=[Special((1.0, 0.0), inf), Special((-1.0, 0.0), -inf), Special((0.0, 0.0), nan), Special((1.0, inf), 0.0)],
    samples=_operands(low=0.5),
)
def divide(x1, x2):
    """`x1 / x2`, elementwise, as a float; division by zero follows IEEE 754."""


true_divide = alias("true_divide", divide)


def _quotients(rng):
    yield from samples.binary(low=0.5)(rng)
    yield Sample((np.array([1.0, 0.0, 2.0, -1e30]), np.array([4.0, 0.5, -1e-30, 1e8])))
    yield Sample((np.array([1.0, 0.0, 3.0]), np.array([0.0, 0.0, 2.0])), differentiable=False)
    yield Sample((np.array([1, 0, 3], "int32"), np.array([0, 0, 2], "int32")))


@composed(
    floating=True,
    kinks=[Kink((1.0, 0.0), (0.0, 0.0), (-inf, inf)), Kink((0.0, 0.0), (0.0, 0.0), (-inf, inf))],
    specials=[
        Special((1.0, 0.0), 0.0),
        Special((nan, 0.0), 0.0),
        Special((inf, 0.0), 0.0),
        Special((nan, 1.0), nan),
        Special((1.0, inf), 0.0),
    ],
    samples=_quotients,
)
def divide_no_nan(B, x1, x2):
    """`x1 / x2`, elementwise, and 0 where `x2` is 0, whatever `x1` is; there the gradient is 0 too."""
    x1, x2 = as_tensors(B, x1, x2)
    zero = B.equal(x2, 0)
    return B.where(zero, 0.0, B.divide(x1, B.where(zero, 1, x2)))


def _power_base(B, g, y, x1, x2):
    """`x2 * x1 ** (x2 - 1)`, and 0 where x2 is 0: there the power is constant."""
    if isinstance(x2, (int, float)):
        return g * (B.power(x1, x2 - 1) * x2) if x2 else B.zeros_like(x1)
    constant = B.equal(x2, 0.0)
    slope = B.where(constant, 0.0, x2 * B.power(x1, B.where(constant, 1.0, x2 - 1.0)))
    return unbroadcast(B, g * slope, x1)


def _power_exponent(B, g, y, x1, x2):
    """`x1 ** x2 * log(x1)`; 0 where x1 <= 0, the value at 0 for positive x2."""
    if isinstance(x1, (int, float)):
        return g * math.log(x1) * y if x1 > 0 else B.zeros_like(x2)
    positive = B.greater(x1, 0.0)
    return unbroadcast(B, g * B.where(positive, y * B.log(B.where(positive, x1, 1.0)), 0.0), x2)


def _powers(rng):
    yield Sample((rng.uniform(0.5, 2.0, (3, 1)), rng.uniform(-2.0, 2.0, (1, 4))))
    yield Sample((rng.uniform(-2.0, 2.0, (5,)), 2.0))
    yield Sample((rng.uniform(-2.0, 2.0, (5,)), 3.0))
    yield Sample((2.0, rng.uniform(-2.0, 2.0, (5,))))
    yield Sample((np.array([2, -3, 0], "int32"), np.array([5, 3, 0], "int32")))
    yield Sample((np.array([2, -3, 0], "int32"), 3))
    yield Sample((np.array([2, 3], "int32"), -1.0))


@primitive(
    rule=rules.power,
    vjp=(_power_base, _power_exponent),
    error=unary(4),
    kinks=[Kink((0.0, 2.0), (0.0, 0.0), (0.0, 0.0)), Kink((0.0, 0.0), (0.0, 0.0), (0.0, 0.0))],
    specials=[Special((0.0, 0.0), 1.0), Special((nan, 0.0), 1.0), Special((0.0, -1.0), inf), Special((-1.0, 0.5), nan)],
    samples=_powers,
    refusals=(Refusal((np.array([2, 3], "int32"), -1), ValueError),),
)
def power(x1, x2):
    """`x1 ** x2`, elementwise; of integers it wraps around.

    Raises ValueError for integers to a negative power that is a Python int. Where negative powers of integers
    stand in a tensor, the result is unspecified.
    """


def _numbers_of_all_kinds(rng):
    yield from samples.unary(extremes=(1e-18, -1e-18, 1e18, -3e18, 300.5))(rng)
    yield Sample((np.array([3, -7, 0], "int32"),))


@composed(
    kinks=smooth,
    specials={inf: -inf, nan: nan},
    samples=_numbers_of_all_kinds,
    vjp=lambda B, g, y, x: -g,
)
def negative(B, x):
    """`-x`, elementwise."""
    return x * -1


@composed(
    kinks=smooth,
    specials={inf: inf, -inf: inf, nan: nan},
    samples=_numbers_of_all_kinds,
    vjp=lambda B, g, y, x: g * x * 2,
)
def square(B, x):
    """`x * x`, elementwise."""
    return x * x


@composed(
    floating=True,
    kinks=smooth,
    specials={0.0: inf, inf: 0.0, nan: nan},
    samples=samples.unary(low=0.5, extremes=(1e-30, -1e-30, 1e30, 300.0)),
)
def reciprocal(B, x):
    """`1 / x`, elementwise, as a float."""
    return 1.0 / x


@composed(
    kinks=[Kink((0.0,), (0.0,), (-1.0, 1.0))],
    specials={-inf: inf, inf: inf, nan: nan},
    samples=samples.unary(extremes=(1e-30, -1e-30, 1e30, -1e30)),
)
def absolute(B, x):
    """`|x|`, elementwise; the gradient at 0 is 0. Of the smallest signed integer it is that integer."""
    if result_type(x) in (*UNSIGNED, "bool"):
        return x
    return B.where(x > 0, x, B.where(x < 0, -x, x * x))  # x * x is 0 with gradient 0 at 0, and NaN at NaN


@composed(
    kinks=[Kink((0.0,), (0.0,), (-1.0, 1.0))],
    specials={-inf: inf, inf: inf, nan: nan},
    samples=samples.unary(),
)
def abs_(B, x):
    """`|x|`: short for `absolute`."""
    return B.absolute(x)


@composed(
    floating=True,
    kinks=[Kink((0.0,), (0.0,), (-1.0, 1.0))],
    specials={-inf: inf, inf: inf, nan: nan},
    samples=samples.unary(extremes=(1e-30, -1e-30, 1e30, -1e30)),
)
def fabs(B, x):
    """`|x|` as a float, elementwise."""
    return B.absolute(x * 1.0)


@composed(kinks=smooth, specials={nan: nan, inf: 1.0, -inf: -1.0, 0.0: 0.0}, samples=_numbers_of_all_kinds, vjp=())
def sign(B, x):
    """-1, 0 or 1 as `x` is negative, zero or positive; NaN where it is NaN. No gradient."""
    one = B.ones_like(x)
    return B.where(x > 0, one, B.where(x < 0, -one, x))


def _pairs(rng):
    """Pairs with and without broadcasting; equal pairs sit on the kink."""
    yield from samples.binary()(rng)
    yield Sample((np.array([1.0, -2.0, 0.0, 1e30]), np.array([1.0, -2.0, 0.0, 1e30])), differentiable=False)


@composed(
    kinks=[Kink((1.0, 1.0), (0.5, 0.5), (0.0, 1.0)), Kink((0.0, 0.0), (0.5, 0.5), (0.0, 1.0))],
    specials=[Special((nan, 1.0), nan), Special((1.0, nan), nan), Special((-inf, inf), inf), Special((inf, inf), inf)],
    samples=_pairs,
)
def maximum(B, x1, x2):
    """The larger of two, elementwise; NaN if either is. At a tie each has half of the gradient.

    A Python int that the dtype does not hold counts as the nearest one that it does.
    """
    x1, x2 = promoted(B, *held(x1, x2))
    return B.where(x1 > x2, x1, B.where(x2 > x1, x2, _tie(x1, x2)))


@composed(
    kinks=[Kink((1.0, 1.0), (0.5, 0.5), (0.0, 1.0)), Kink((0.0, 0.0), (0.5, 0.5), (0.0, 1.0))],
    specials=[Special((nan, 1.0), nan), Special((1.0, nan), nan), Special((-inf, inf), -inf), Special((inf, inf), inf)],
    samples=_pairs,
)
def minimum(B, x1, x2):
    """The smaller of two, elementwise; NaN if either is. At a tie each has half of the gradient.

    A Python int that the dtype does not hold counts as the nearest one that it does.
    """
    x1, x2 = promoted(B, *held(x1, x2))
    return B.where(x1 < x2, x1, B.where(x2 < x1, x2, _tie(x1, x2)))


def _tie(x1, x2):
    """Either of two equal floats, with half of the gradient each, or NaN; of integers the first."""
    return x1 * 0.5 + x2 * 0.5 if is_float(result_type(x1, x2)) else x1


def _partly_missing(rng):
    yield from _pairs(rng)
    yield Sample((np.array([nan, 1.0, nan]), np.array([2.0, nan, nan])), differentiable=False)
    yield Sample((np.array([nan, 1.0]), 0.5), differentiable=False)
    yield Sample((np.array([3, -7], "int32"), np.array([2, 7], "int32")))


@composed(
    kinks=[
        Kink((1.0, 1.0), (0.5, 0.5), (0.0, 1.0)),
        Kink((nan, 1.0), (0.0, 1.0), (0.0, 1.0)),
        Kink((1.0, nan), (1.0, 0.0), (0.0, 1.0)),
    ],
    specials=[Special((nan, 1.0), 1.0), Special((1.0, nan), 1.0), Special((nan, nan), nan), Special((-inf, inf), inf)],
    samples=_partly_missing,
)
def fmax(B, x1, x2):
    """The larger of two, elementwise; of NaN and a number the number. At a tie each has half of the gradient."""
    return B.maximum(*_numbers(B, x1, x2))


@composed(
    kinks=[
        Kink((1.0, 1.0), (0.5, 0.5), (0.0, 1.0)),
        Kink((nan, 1.0), (0.0, 1.0), (0.0, 1.0)),
        Kink((1.0, nan), (1.0, 0.0), (0.0, 1.0)),
    ],
    specials=[Special((nan, 1.0), 1.0), Special((1.0, nan), 1.0), Special((nan, nan), nan), Special((-inf, inf), -inf)],
    samples=_partly_missing,
)
def fmin(B, x1, x2):
    """The smaller of two, elementwise; of NaN and a number the number. At a tie each has half of the gradient."""
    return B.minimum(*_numbers(B, x1, x2))


def _numbers(B, x1, x2):
    """Both operands, each in place of the other where that is NaN: a tie, whose two halves go to the number."""
    x1, x2 = as_tensors(B, x1, x2)
    return B.where(B.isnan(x1), x2, x1), B.where(B.isnan(x2), x1, x2)


def _steps(rng):
    yield Sample((rng.uniform(0.5, 2.0, (2, 3)) * np.array([1.0, -1.0, 1.0]), rng.normal(size=(3,))))
    yield Sample((rng.uniform(0.5, 2.0, (4,)), 0.5))
    yield Sample((np.array([-1e30, 1e-30, -1e-30]), 0.5))
    yield Sample((np.array([-2.0, 0.0, -0.0, 3.0]), np.array([0.5, 0.25, 7.0, 1.0])), differentiable=False)
    yield Sample((np.zeros((0, 2)), np.ones((2,))))


@composed(
    floating=True,
    kinks=[Kink((0.0, 0.5), (0.0, 1.0), (-inf, inf))],
    specials=[Special((-1.0, 0.5), 0.0), Special((0.0, 0.5), 0.5), Special((inf, 0.5), 1.0), Special((nan, 0.5), nan)],
    samples=_steps,
)
def heaviside(B, x1, x2):
    """0 where `x1` is negative, `x2` where it is zero, 1 where it is positive; NaN where it is NaN.

    The gradient of `x1` is 0; `x2` has one where `x1` is zero.
    """
    x1, x2 = as_tensors(B, x1, x2)
    at_zero = B.where(B.equal(x1, 0.0), x2, B.stop_gradient(x1))
    return B.where(x1 > 0, 1.0, B.where(x1 < 0, 0.0, at_zero))


def _bounds(rng):
    yield Sample((rng.uniform(-3.0, 3.0, (4, 5)), -1.0, 1.5))
    yield Sample((rng.uniform(-3.0, 3.0, (5,)), rng.uniform(-2.0, -1.0, (5,)), rng.uniform(1.0, 2.0, (5,))))
    yield Sample((np.array([-3.0, 0.0, 3.0]), 1.0, -1.5))
    yield Sample((np.array([-3.0, 0.0, 3.0]), np.array([1.0, 2.0, 2.5]), np.array([-1.5, 1.0, 1.25])))
    yield Sample((np.array([-3, 0, 9], "int32"), -1, 4))
    yield Sample((np.array([-3, 0, 9], "int32"), 4, -1))
    yield Sample((np.array([1, 200], "uint8"), -5, 300))
    yield Sample((np.array([1e30, -1e30, 1e-30, -1e-30]), -1e20, 1e-31), halves=False)


@composed(
    kinks=[
        Kink((-1.0, -1.0, 1.0), (1.0, 0.0, 0.0), (0.0, 1.0)),
        Kink((1.0, -1.0, 1.0), (1.0, 0.0, 0.0), (0.0, 1.0)),
    ],
    specials=[
        Special((nan, -1.0, 1.0), nan),
        Special((inf, -1.0, 1.0), 1.0),
        Special((-inf, -1.0, 1.0), -1.0),
        Special((0.0, 1.0, -1.0), -1.0),
        Special((-3.0, 1.0, -1.0), -1.0),
        Special((3.0, 1.0, -1.0), -1.0),
    ],
    samples=_bounds,
)
def clip(B, x, x_min, x_max):
    """`x` held within [x_min, x_max], elementwise. At a bound the gradient goes to `x`.

    Where x_min is above x_max the result is x_max, as in NumPy: the upper bound is applied last.
    A bound that is a Python int beyond the dtype of integers is the nearest one that the dtype holds.
    """
    x, x_min, x_max = held(x, x_min, x_max)
    above_min = B.where(x < x_min, x_min, x)
    return B.where(above_min > x_max, x_max, above_min)


@composed(
    kinks=smooth,
    specials={nan: True, inf: False, 0.0: False},
    samples=samples.unary(extremes=(nan, inf, 1.0)),
    vjp=(),
)
def isnan(B, x):
    """Whether `x` is NaN, elementwise, as bool."""
    return B.logical_not(B.equal(x, x))


def _of_any_dtype(rng):
    yield from samples.unary()(rng)
    yield Sample((np.array([3, -7, 0], "int32"),))
    yield Sample((np.array([True, False]),))


@composed(kinks=smooth, specials={nan: False, inf: False, -inf: False, 0.0: True}, samples=_of_any_dtype, vjp=())
def isfinite(B, x):
    """Whether `x` is neither NaN nor infinite, elementwise, as bool."""
    if not is_float(result_type(x)):
        return B.ones_like(x, dtype="bool")
    return B.equal(x - x, 0.0)

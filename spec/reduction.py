"""Reductions over one, several or all axes; `axis=None` means all."""

import math

import numpy as np

from kcompat.spec import _samples as samples
from kcompat.spec import rules as rules
from kcompat.spec._op import ORDER, SELECT, SUM, Kink, Refusal, Sample, Special, alias, composed, primitive, smooth
from kcompat.spec.calculus import join_axes, keep_axes, narrowed, take_slice, widened
from kcompat.spec.dtypes import SIGNED, is_float
from kcompat.spec.rules import normalize_axes, reduced_shape, total_dtype

inf, nan = float("inf"), float("nan")
bad_axis = Refusal((np.ones((2, 3)),), ValueError, {"axis": 2})
same_axis_twice = Refusal((np.ones((2, 3)),), ValueError, {"axis": (0, -2)})
of_nothing = Refusal((np.zeros((0, 3)),), ValueError, {"axis": 0})


def _spread(B, g, y, x, *, axis=None, keepdims=False):
    return B.broadcast_to(keep_axes(B, g, x, axis, keepdims), shape=tuple(x.shape))


def _summed(rng):
    yield from samples.reduction()(rng)
    yield Sample((rng.normal(size=(10000, 2)),), {"axis": 0})  # a sum that adds row after row is off
    yield Sample((np.array([True, True, False]),))
    yield Sample((np.full((20000, 2), 0.1),), {"axis": 0}, differentiable=False)  # whose errors have one sign
    yield Sample((np.array([[100, 100], [-3, 4]], "int8"),), {"axis": 1})
    yield Sample((np.array([1e30, 1e-30, -1e30]),), differentiable=False)  # differences see nothing of it
    yield Sample((np.array(2.5),))


@primitive(
    rule=rules.total,
    vjp=_spread,
    error=SUM,
    kinks=smooth,
    specials=[Special(([inf, -inf],), nan), Special(([inf, 1.0],), inf), Special(([],), 0.0)],
    samples=_summed,
    refusals=[bad_axis, same_axis_twice],
)
def sum_(x, *, axis=None, keepdims=False):
    """The sum over `axis`; 0 over no elements. bool, int8 and int16 are added up as int32."""


def _among_the_largest(B, g, y, x, *, axis=None, keepdims=False):
    """Elements that equal the maximum share its gradient evenly."""
    hit = B.cast(B.equal(x, keep_axes(B, y, x, axis, keepdims)), dtype=B.dtype(x))
    count = B.sum(hit, axis=axis, keepdims=True)
    return hit * (keep_axes(B, g, x, axis, keepdims) / count)


def _compared(rng):
    yield from samples.reduction(empty=False)(rng)
    yield Sample((rng.integers(0, 3, (3, 4)) * 1.0,), {"axis": 1}, differentiable=False)
    yield Sample((np.array([[-(2**31), 5], [2**31 - 1, -7]], "int32"),), {"axis": 0})
    yield Sample((np.array([[3, 0, 255], [7, 9, 8]], "uint8"),), {"axis": 1})
    yield Sample((np.array([[True, False], [False, False]]),), {"axis": 1})
    yield Sample((np.array([1e30, -1e-30, -1e30, 300.0]),))


@primitive(
    rule=rules.maximum_along,
    vjp=_among_the_largest,
    error=SELECT,
    kinks=[Kink(([0.6, 0.6, 0.3],), ([0.5, 0.5, 0.0],), (0.0, 1.0))],
    specials=[Special(([nan, 1.0],), nan), Special(([-inf, -inf],), -inf), Special(([inf, 1.0],), inf)],
    samples=_compared,
    refusals=[bad_axis, of_nothing],
)
def max_(x, *, axis=None, keepdims=False):
    """The largest element over `axis`; NaN if any is. Ties share the gradient evenly.

    Raises ValueError over no elements.
    """


amax = alias("amax", max_)


def reversed_order(B, x):
    """`x` with the larger smaller and the smaller larger, exactly and for every value of its dtype; its own inverse."""
    dtype = B.dtype(x)
    if is_float(dtype):
        return -x
    if dtype == "bool":
        return B.logical_not(x)
    return B.bitwise_xor(x, -1 if dtype in SIGNED else 2 ** int(dtype.removeprefix("uint")) - 1)


@composed(
    kinks=[Kink(([0.3, 0.3, 0.6],), ([0.5, 0.5, 0.0],), (0.0, 1.0))],
    specials=[Special(([nan, 1.0],), nan), Special(([inf, inf],), inf), Special(([-inf, 1.0],), -inf)],
    samples=_compared,
    refusals=[bad_axis, of_nothing],
)
def min_(B, x, *, axis=None, keepdims=False):
    """The smallest element over `axis`; NaN if any is. Ties share the gradient evenly.

    Raises ValueError over no elements.
    """
    return reversed_order(B, B.max(reversed_order(B, x), axis=axis, keepdims=keepdims))


amin = alias("amin", min_)


def _ranges(rng):
    for axis, keepdims in [(None, False), (0, True), ((0, -1), False)]:
        yield Sample((rng.normal(size=(2, 3, 4)),), {"axis": axis, "keepdims": keepdims})
    yield Sample((rng.normal(size=(2, 3)) + 300.0,), {"axis": 1})
    yield Sample((np.array([[-(2**30), 5, 2**30]], "int32"),), {"axis": 1})
    yield Sample((np.array([1e30, 1e-30, -1e30]),))


@composed(
    kinks=[Kink(([0.6, 0.6, 0.3, 0.1],), ([0.5, 0.5, 0.0, -1.0],), (-1.0, 1.0))],
    specials=[Special(([nan, 1.0],), nan), Special(([inf, 1.0],), inf), Special(([inf, inf],), nan)],
    samples=_ranges,
    refusals=[bad_axis, of_nothing],
)
def ptp(B, x, *, axis=None, keepdims=False):
    """The largest element less the smallest over `axis`; NaN if any is. Raises ValueError over no elements."""
    return B.max(x, axis=axis, keepdims=keepdims) - B.min(x, axis=axis, keepdims=keepdims)


def count_along(x, axis) -> int:
    """How many elements one result of a reduction over `axis` is made of."""
    return math.prod(x.shape[i] for i in normalize_axes(axis, len(x.shape)))


def _averaged(rng):
    yield from samples.reduction(empty=False)(rng)
    yield Sample((rng.normal(size=(4, 6)) + 300.0,), {"axis": -1})
    yield Sample((np.array([1e30, 1e-30, -1e30, 2.0]),))
    yield Sample((np.array([3e4, 4e4, 5e4, 6e4]),))  # whose sum is no float16


@composed(
    floating=True,
    kinks=smooth,
    specials=[Special(([nan, 1.0],), nan), Special(([inf, -inf],), nan), Special(([],), nan)],
    samples=_averaged,
    refusals=[bad_axis],
)
def mean(B, x, *, axis=None, keepdims=False):
    """The arithmetic mean over `axis`, as a float; NaN over no elements. Halves are added up in float32."""
    dtype, x = B.dtype(x), widened(B, x)
    return narrowed(B, B.sum(x, axis=axis, keepdims=keepdims) / float(count_along(x, axis)), dtype)


def _multiplied(rng):
    for axis in (None, 0, -1, (0, 2)):
        yield Sample((rng.uniform(0.5, 2.0, (2, 3, 4)),), {"axis": axis})
    yield Sample((rng.normal(size=(2, 5)),), {"axis": 1, "keepdims": True})
    yield Sample((rng.normal(size=(2, 3)),), {"dtype": "float32"})
    yield Sample((np.array([[2.0, 0.0, 3.0], [0.0, 5.0, 0.0], [1.0, 2.0, 3.0]]),), {"axis": 1})
    yield Sample((np.array([1e30, 1e-30, -1e5, 1e-5]),))
    yield Sample((rng.uniform(0.9, 1.1, (150,)),))
    yield Sample((np.array([[100, 100], [-3, 4]], "int8"),), {"axis": 1})
    yield Sample((np.array([True, True, False]),))
    yield Sample((np.zeros((0, 3)),), {"axis": 0})


@composed(
    kinks=smooth,
    specials=[Special(([inf, 0.0],), nan), Special(([inf, -2.0],), -inf), Special(([],), 1.0), Special(([nan],), nan)],
    samples=_multiplied,
    refusals=[bad_axis, same_axis_twice],
)
def prod(B, x, *, axis=None, keepdims=False, dtype=None):
    """The product over `axis`; 1 over no elements. bool, int8 and int16 are multiplied as int32.

    By halving, without division: the gradient is right where elements are 0.
    """
    shape = reduced_shape(x, axis, keepdims)
    y = join_axes(B, B.cast(x, dtype=dtype or total_dtype(B.dtype(x))), axis)
    if y.shape[-1] == 0:
        return B.ones(shape=shape, dtype=B.dtype(y))
    while (size := y.shape[-1]) > 1:
        half = size // 2
        pairs = take_slice(B, y, -1, 0, half) * take_slice(B, y, -1, half, 2 * half)
        y = B.concatenate(pairs, take_slice(B, y, -1, 2 * half, size), axis=-1) if size % 2 else pairs
    return B.reshape(y, newshape=shape)


def _ranked(rng):
    for axis in (None, 0, -1):
        yield Sample((rng.integers(0, 3, (3, 4)) * 1.0,), {"axis": axis})
    yield Sample((rng.normal(size=(3, 4)),), {"axis": 1, "keepdims": True})
    yield Sample((np.array([[-(2**31), 5], [2**31 - 1, 5]], "int32"),), {"axis": 0})
    yield Sample((np.array([[3, 0, 255], [7, 7, 8]], "uint8"),), {"axis": 1})
    yield Sample((np.array([False, True, True]),))
    yield Sample((np.array([0.0, -0.0, 1e-30, 1e30]),))


@primitive(
    rule=rules.index_along,
    vjp=None,
    error=ORDER,
    kinks=smooth,
    specials=[Special(([1.0, 1.0],), 0), Special(([1.0, nan, nan],), 1), Special(([-inf, -inf],), 0)],
    samples=_ranked,
    refusals=[bad_axis, of_nothing],
)
def argmax(x, *, axis=None, keepdims=False):
    """The int32 index of the largest element along `axis`, or in the flattened tensor.

    Of equal ones the first; NaN counts as the largest. Raises ValueError over no elements.
    """


@composed(
    kinks=smooth,
    specials=[Special(([1.0, 1.0],), 0), Special(([1.0, nan, nan],), 1), Special(([inf, inf],), 0)],
    samples=_ranked,
    refusals=[bad_axis, of_nothing],
    vjp=(),
)
def argmin(B, x, *, axis=None, keepdims=False):
    """The int32 index of the smallest element along `axis`, or in the flattened tensor.

    Of equal ones the first (-0 equals 0); NaN counts as the smallest. Raises ValueError over no elements.
    """
    return B.argmax(reversed_order(B, x), axis=axis, keepdims=keepdims)


def _zeros_and_others(rng):
    for axis in (None, 0, (0, -1)):
        yield Sample((rng.integers(0, 2, (2, 3, 2)) * rng.normal(size=(2, 3, 2)),), {"axis": axis})
    yield Sample((np.array([[True, False], [True, True]]),), {"axis": 1})
    yield Sample((rng.integers(0, 2, (2, 3)).astype("int32"),), {"axis": 0})
    yield Sample((np.zeros((0, 3)),), {"axis": 0})
    yield Sample((np.array([0.0, -0.0]),))
    yield Sample((np.array(-2.5),))


def _zeros_kept(rng):
    yield from _zeros_and_others(rng)
    yield Sample((rng.integers(0, 2, (2, 3)) * 1.0,), {"axis": 1, "keepdims": True})


@composed(
    kinks=smooth,
    specials=[Special(([0.0, 1.0],), 1), Special(([nan, inf, 0.0],), 2), Special(([],), 0)],
    samples=_zeros_and_others,
    refusals=[bad_axis, same_axis_twice],
    vjp=(),
)
def count_nonzero(B, x, *, axis=None):
    """How many elements over `axis` are not 0, as int32; NaN is not 0."""
    return B.sum(B.not_equal(x, 0), axis=axis)


@composed(
    kinks=smooth,
    specials=[Special(([1.0, nan],), True), Special(([inf, 0.0],), False), Special(([],), True)],
    samples=_zeros_kept,
    refusals=[bad_axis, same_axis_twice],
    vjp=(),
)
def all_(B, x, *, axis=None, keepdims=False):
    """Whether every element over `axis` is true, or not 0; true over no elements."""
    return B.equal(B.sum(B.equal(x, 0), axis=axis, keepdims=keepdims), 0)


@composed(
    kinks=smooth,
    specials=[Special(([0.0, nan],), True), Special(([0.0, -0.0],), False), Special(([],), False)],
    samples=_zeros_kept,
    refusals=[bad_axis, same_axis_twice],
    vjp=(),
)
def any_(B, x, *, axis=None, keepdims=False):
    """Whether any element over `axis` is true, or not 0; false over no elements."""
    return B.greater(B.sum(B.not_equal(x, 0), axis=axis, keepdims=keepdims), 0)


def _lines(rng):
    yield from samples.along_axis()(rng)
    yield Sample((rng.normal(size=(2, 3)),), {"axis": (0, 1), "keepdims": True})
    yield Sample((np.array([[-1e4, 0.0, 1e4]]),), {"axis": -1})
    yield Sample((rng.normal(size=(3, 4)) + 300.0,), {"axis": 0})
    yield Sample((np.array([1e30, -1e30, 1e-30]),))
    yield Sample((np.array([2.5]),))
    yield Sample((rng.normal(size=(2, 3)),), {"axis": ()})


@composed(
    floating=True,
    kinks=smooth,
    specials=[
        Special(([-inf, -inf],), -inf),
        Special(([inf, 0.0],), inf),
        Special(([-inf, 0.0],), 0.0),
        Special(([nan, 0.0],), nan),
    ],
    samples=_lines,
    refusals=[bad_axis, of_nothing],
)
def logsumexp(B, x, *, axis=None, keepdims=False):
    """`log(sum(exp(x)))` over `axis`, without overflow; -inf where all elements are. Halves are added up in float32.

    Raises ValueError over no elements.
    """
    dtype, x = B.dtype(x), widened(B, x)
    largest = B.stop_gradient(B.max(x, axis=axis, keepdims=True))
    shift = B.where(B.isfinite(largest), largest, 0.0)
    summed = narrowed(B, B.log(B.sum(B.exp(x - shift), axis=axis, keepdims=True)) + shift, dtype)
    return summed if keepdims else B.squeeze(summed, axis=axis)

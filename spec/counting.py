"""Counts per value and per bin, membership, and distinct values; no shape depends on data."""

import builtins

import numpy as np

from kcompat.spec._op import Refusal, Sample, Special, composed, smooth
from kcompat.spec.calculus import as_tensors, take_slice
from kcompat.spec.dtypes import float_type, result_type
from kcompat.spec.rules import total_dtype

inf, nan = float("inf"), float("nan")


def _counted(rng):
    x = rng.integers(0, 5, (9,)).astype("int32")
    yield Sample((x, rng.normal(size=(9,))), {"minlength": 5})
    yield Sample((x,), {"minlength": 6})
    yield Sample((rng.integers(0, 3, (2, 4)).astype("int32"), rng.normal(size=(2, 4)) + 300.0), {"minlength": 3})
    yield Sample((rng.integers(0, 3, (2, 4)).astype("uint8"),), {"minlength": 4})
    yield Sample((x, rng.integers(-3, 4, (9,)).astype("int32")), {"minlength": 5})
    yield Sample((np.array([7, -1, 1, 1], "int32"),), {"minlength": 2})
    yield Sample((np.array([7, -1, 1, 1], "int32"), rng.normal(size=(4,))), {"minlength": 2})
    yield Sample((np.zeros((0,), "int32"),), {"minlength": 2})


@composed(
    kinks=smooth,
    specials=[Special((np.array([0, 1, 1], "int32"), [nan, 1.0, inf]), [nan, inf, 0.0], {"minlength": 3})],
    samples=_counted,
    refusals=[
        Refusal((np.array([0, 1], "int32"),), ValueError),
        Refusal((np.array([0.5]),), ValueError, {"minlength": 2}),
        Refusal((np.array([0, 1], "int32"), np.ones(3)), ValueError, {"minlength": 2}),
        Refusal((np.ones((1, 1, 1), "int32"),), ValueError, {"minlength": 2}),
    ],
)
def bincount(B, x, weights=None, *, minlength=0):
    """How often each integer below `minlength` occurs in `x` (n,), or in each row (batch, n); or its sum of `weights`.

    The result has `minlength` elements, (minlength,) or (batch, minlength): other values of `x` are not counted.
    In Keras it grows with the largest value; here no shape depends on data.
    Raises ValueError for `minlength` below 1, for `x` that are not integers, and other shapes.
    """
    if minlength < 1:
        raise ValueError(f"bincount: minlength is the number of counts, at least 1, got {minlength}; give max(x) + 1")
    dtype = B.dtype(x)
    if "int" not in dtype and dtype != "bool":
        raise ValueError(f"bincount: counts integers, got {dtype}; cast them")
    if len(x.shape) not in (1, 2):
        raise ValueError(f"bincount: x has the axes (n,) or (batch, n), got {tuple(x.shape)}")
    if weights is not None and tuple(weights.shape) != tuple(x.shape):
        raise ValueError(f"bincount: one weight for each element, got shapes {weights.shape} and {x.shape}")
    counted = B.logical_and(B.greater_equal(x, 0), B.less(x, minlength))
    if weights is None:
        amounts = B.cast(counted, dtype="int32")
    else:
        amounts = B.where(counted, B.cast(weights, dtype=total_dtype(result_type(x, weights))), 0)
    places = B.where(counted, B.cast(x, dtype="int32"), 0)
    return B.scatter_add_along_axis(amounts, places, axis=len(x.shape) - 1, size=minlength)


def _spread_out(rng):
    yield Sample((rng.normal(size=(20,)),))
    yield Sample((rng.normal(size=(20,)),), {"bins": 4, "range": (-1.0, 1.5)})
    yield Sample((rng.integers(0, 9, (12,)).astype("int32"),), {"bins": 3})
    yield Sample((np.full((3,), 2.5),), {"bins": 2}, differentiable=False)
    yield Sample((np.array([0.0, 0.25, 0.5, 1.0]),), {"bins": 4, "range": (0.0, 1.0)})
    yield Sample((np.zeros((0,)),), {"bins": 2})


@composed(
    kinks=smooth,
    specials=[
        Special(([0.0, 1.0, 1.0, nan],), ([1, 2], [0.0, 0.5, 1.0]), {"bins": 2, "range": (0.0, 1.0)}),
        Special(([-1.0, inf, 0.5],), ([0, 1], [0.0, 0.5, 1.0]), {"bins": 2, "range": (0.0, 1.0)}),
    ],
    samples=_spread_out,
    refusals=[
        Refusal((np.ones(3),), ValueError, {"bins": 0}),
        Refusal((np.ones(3),), ValueError, {"range": (1.0, 0.0)}),
        Refusal((np.ones((2, 3)),), ValueError),
    ],
)
def histogram(B, x, *, bins=10, range=None):  # noqa: A002  (Keras's name)
    """The int32 counts of `x` (n,) in equal bins, (bins,), and their edges, (bins + 1,).

    The bins cover `range`, the smallest to the largest element unless given; what is outside, and NaN, is not
    counted. A bin has its lower edge, the last one both. Of an empty range the edges are half below and above.
    Raises ValueError for no bins, a range that descends, and other shapes.
    """
    if not isinstance(bins, int) or bins < 1:
        raise ValueError(f"histogram: bins is the number of bins, an integer from 1, got {bins!r}")
    if len(x.shape) != 1:
        raise ValueError(f"histogram: x has one axis, got shape {tuple(x.shape)}; reshape it to (-1,)")
    x = B.cast(x, dtype=float_type(x))
    if range is None and x.shape[0] == 0:
        range = (0.0, 1.0)  # noqa: A001
    if range is None:
        low, high = B.min(x), B.max(x)
    elif len(range) == 2 and range[0] <= range[1]:
        low, high = (B.full(shape=(), fill_value=float(end), dtype=B.dtype(x)) for end in range)
    else:
        raise ValueError(f"histogram: range is (low, high), got {range}")
    empty = B.equal(low, high)
    low, high = B.where(empty, low - 0.5, low), B.where(empty, high + 0.5, high)
    share = B.constant(np.arange(bins + 1) / bins, dtype=B.dtype(x))
    edges = low * (1.0 - share) + high * share  # exact at both ends, and does not overflow
    number = B.searchsorted(take_slice(B, edges, 0, 1, bins), x, side="right")
    inside = B.logical_and(B.greater_equal(x, low), B.less_equal(x, high))
    return B.bincount(B.where(inside, number, -1), minlength=bins), edges


def _members(rng):
    x = rng.integers(0, 6, (3, 4))
    yield Sample((x.astype("int32"), np.array([1, 4, 4], "int32")))
    yield Sample((x * 1.0, np.array([[1.0, 5.0], [9.0, 0.0]])), {"invert": True})
    yield Sample((x * 1.0, np.array([3.0, 2.0])), {"assume_unique": True})
    yield Sample((x.astype("int32"), np.array([1.0, 2.5])))
    yield Sample((x * 1.0, np.zeros((0,))))
    yield Sample((np.array(2.0), np.array(2.0)))
    yield Sample((np.array([True, False]), np.array([True])))
    yield Sample((x.astype("int32"), 4))
    yield Sample((4, np.array([1, 4], "int32")))


@composed(
    kinks=smooth,
    specials=[Special(([nan, inf, 0.0], [nan, inf, -0.0]), [False, True, True])],
    samples=_members,
    vjp=(),
)
def isin(B, x1, x2, *, assume_unique=False, invert=False):
    """Whether each element of `x1` is one of `x2`; with `invert` whether it is none. NaN equals nothing.

    `assume_unique` says that no element occurs twice, and changes nothing.
    """
    x1, x2 = as_tensors(B, x1, x2)
    x2 = B.reshape(x2, newshape=(-1,))
    size = x2.shape[0]
    if size == 0:
        return B.full(shape=tuple(x1.shape), fill_value=builtins.bool(invert), dtype="bool")
    ordered = B.sort(x2)
    nearest = B.take(ordered, B.minimum(B.searchsorted(ordered, x1), size - 1), axis=0)
    return (B.not_equal if invert else B.equal)(nearest, x1)


def _repeated(rng):
    x = rng.integers(0, 5, (2, 4)).astype("int32")
    yield Sample((x * 1.0,), {"size": 6}, differentiable=False)
    yield Sample((x,), {"size": 3, "return_index": True, "return_inverse": True, "return_counts": True})
    yield Sample((x,), {"size": 8, "return_index": True, "return_inverse": True, "return_counts": True})
    yield Sample((x,), {"size": 7, "fill_value": -1, "return_counts": True})
    yield Sample((x * 1.0,), {"size": 4, "sorted": False, "return_inverse": True}, differentiable=False)
    yield Sample((rng.normal(size=(4,)),), {"size": 5, "fill_value": 2.5})
    yield Sample((np.zeros((0,)),), {"size": 2, "return_counts": True})


@composed(
    kinks=smooth,
    specials=[
        Special(([nan, 1.0, nan, 1.0],), [1.0, nan, nan, 0.0], {"size": 4}),
        Special(([inf, -inf, inf],), ([-inf, inf, 0.0], [1, 2, 0]), {"size": 3, "return_counts": True}),
    ],
    samples=_repeated,
    refusals=[
        Refusal((np.ones(3),), ValueError),
        Refusal((np.ones((2, 3)),), ValueError, {"size": 2, "axis": 0}),
        Refusal((np.ones(3),), ValueError, {"size": -1}),
    ],
)
def unique(
    B,
    x,
    *,
    sorted=True,  # noqa: A002  (Keras's name)
    return_index=False,
    return_inverse=False,
    return_counts=False,
    axis=None,
    size=None,
    fill_value=None,
):
    """The distinct elements of `x`, ascending, (size,): the first `size` of them, or filled up with `fill_value` or 0.

    With them, if asked for, as int32: the index of the first occurrence of each in the flattened tensor (1 where
    filled up), the place of every element of `x` among all distinct ones, in the shape of `x`, and how often each
    occurs (0 where filled up). NaN equals nothing. `sorted=False` allows another order and gives the same.
    Raises ValueError without `size`, since no shape depends on data, and for an `axis`.
    """
    if size is None or size < 0:
        raise ValueError(f"unique: size is the number of results, at least 0, got {size}; x.size is enough for all")
    if axis is not None:
        raise ValueError(f"unique: only of the flattened tensor, axis=None; got axis {axis}")
    flat = B.reshape(x, newshape=(-1,))
    count = flat.shape[0]
    fill_value = 0 if fill_value is None else fill_value
    if count == 0:
        values = B.full(shape=(size,), fill_value=fill_value, dtype=B.dtype(x))
        nothing = B.zeros(shape=(size,), dtype="int32")
        index, counts, inverse = nothing + 1, nothing, B.zeros(shape=tuple(x.shape), dtype="int32")
    else:
        order = B.argsort(flat, axis=0)
        ordered = B.take(flat, order, axis=0)
        new = B.not_equal(take_slice(B, ordered, 0, 1, count), take_slice(B, ordered, 0, 0, count - 1))
        first = B.zeros(shape=(1,), dtype="int32")
        rank = B.cumsum(B.concatenate(first, B.cast(new, dtype="int32"), axis=0), axis=0)
        places = B.searchsorted(rank, B.arange(start=size, dtype="int32"))
        present = B.less(places, count)
        places = B.minimum(places, count - 1)
        values = B.cast(B.where(present, B.take(ordered, places, axis=0), fill_value), dtype=B.dtype(x))
        index = B.where(present, B.take(order, places, axis=0), 1)
        inverse = B.reshape(B.scatter_add(rank, order, axis=0, size=count), newshape=tuple(x.shape))
        ends = B.searchsorted(rank, B.arange(start=size, dtype="int32"), side="right")
        counts = B.where(present, ends - B.searchsorted(rank, B.arange(start=size, dtype="int32")), 0)
    asked = ((return_index, index), (return_inverse, inverse), (return_counts, counts))
    results = (values, *(result for wanted, result in asked if wanted))
    return results if len(results) > 1 else values

"""Running sums and products along an axis, differences, and integration by trapezoids."""

import numpy as np

from kcompat.spec import rules as rules
from kcompat.spec._op import CUMSUM, Refusal, Sample, Special, composed, primitive, smooth
from kcompat.spec.calculus import take_slice
from kcompat.spec.dtypes import is_float
from kcompat.spec.rules import cumulated_dtype, normalize_axis

inf, nan = float("inf"), float("nan")


def _cumsum_back(B, g, y, x, *, axis=None, dtype=None):
    """Each element is in its own sum and all later ones: the running sum from the end."""
    along = 0 if axis is None else axis
    summed = B.flip(B.cumsum(B.flip(g, axis=along), axis=along), axis=along)
    return B.cast(B.reshape(summed, newshape=tuple(x.shape)), dtype=B.dtype(x))


def _running(rng):
    yield Sample((rng.normal(size=(3, 5)),), {"axis": 1})
    yield Sample((rng.normal(size=(3, 5)),), {"axis": -2})
    yield Sample((rng.normal(size=(2, 3)),))
    yield Sample((rng.normal(size=(2, 3)),), {"axis": 0, "dtype": "float32"})
    yield Sample((np.array([[True, False, True]]),), {"axis": 1})
    yield Sample((rng.integers(-2, 3, (2, 4)).astype("int32"),), {"axis": -1})
    yield Sample((rng.integers(-2, 3, (2, 4)).astype("int8"),), {"axis": 0, "dtype": "int32"})
    yield Sample((np.zeros((2, 0)),), {"axis": 1})
    yield Sample((np.array(1.5),))


def _running_sums(rng):
    yield from _running(rng)
    yield Sample((np.array([1e4, 1.0, -1e4, 3.0, 1e-4]),), {"axis": 0})
    yield Sample((rng.normal(size=(150,)) + 300.0,), {"axis": 0})


_BAD_AXIS = (Refusal((np.ones((2, 3)),), ValueError, {"axis": 2}), Refusal((np.ones(3),), ValueError, {"axis": -2}))


@primitive(
    rule=rules.cumulated,
    vjp=_cumsum_back,
    error=CUMSUM,
    kinks=smooth,
    specials=[
        Special(([1.0, nan, 2.0],), [1.0, nan, nan], {"axis": 0}),
        Special(([1.0, inf, 2.0, -inf],), [1.0, inf, inf, nan], {"axis": 0}),
    ],
    samples=_running_sums,
    refusals=_BAD_AXIS,
)
def cumsum(x, *, axis=None, dtype=None):
    """The sum of each element and all before it along `axis`, or in the flattened tensor.

    Small integers keep their dtype and wrap around; bool is counted in int32. Raises ValueError for an axis
    that `x` does not have.
    """


def _factors(rng):
    yield from _running(rng)
    yield Sample((np.array([[2.0, 0.0, 3.0, 0.0, 5.0], [1.0, 2.0, 0.0, 3.0, 4.0]]),), {"axis": 1})
    yield Sample((np.array([1e30, 1e-30, -1e30, 1e-30]),), {"axis": 0})


@composed(
    kinks=smooth,
    specials=[
        Special(([2.0, nan, 2.0],), [2.0, nan, nan], {"axis": 0}),
        Special(([2.0, inf, 0.0],), [2.0, inf, nan], {"axis": 0}),
    ],
    samples=_factors,
    refusals=_BAD_AXIS,
)
def cumprod(B, x, *, axis=None, dtype=None):
    """The product of each element and all before it along `axis`, or in the flattened tensor.

    By doubling (Hillis & Steele, 1986), without division: the gradient is right where factors are 0. Dtypes are
    those of `cumsum`. Raises ValueError for an axis that `x` does not have.
    """
    y = B.cast(x, dtype=cumulated_dtype(B.dtype(x), dtype))
    if axis is None:
        y, axis = B.reshape(y, newshape=(-1,)), 0
    axis = normalize_axis(axis, len(y.shape))
    size, reach = y.shape[axis], 1
    while reach < size:
        further = take_slice(B, y, axis, reach, size) * take_slice(B, y, axis, 0, size - reach)
        y = B.concatenate(take_slice(B, y, axis, 0, reach), further, axis=axis)
        reach *= 2
    return y


def _with_gaps(rng):
    for sample in _running(rng):
        x = sample.args[0]
        if x.dtype.kind == "f" and x.size > 2:
            x = np.where(rng.uniform(size=x.shape) < 0.3, nan, x)
        yield Sample((x,), sample.attrs, differentiable=False)
    yield Sample((rng.normal(size=(2, 3)),), {"axis": 1})


def filled(B, x, value):
    """`x` with a number in place of NaN."""
    return B.where(B.isnan(x), value, x) if is_float(B.dtype(x)) else x


@composed(
    kinks=smooth,
    specials=[Special(([1.0, nan, 2.0],), [1.0, 1.0, 3.0], {"axis": 0}), Special(([nan],), [0.0], {"axis": 0})],
    samples=_with_gaps,
    refusals=_BAD_AXIS,
)
def nancumsum(B, x, *, axis=None, dtype=None):
    """`cumsum` that counts NaN as 0; its gradient there is 0."""
    return B.cumsum(filled(B, x, 0.0), axis=axis, dtype=dtype)


@composed(
    kinks=smooth,
    specials=[Special(([2.0, nan, 3.0],), [2.0, 2.0, 6.0], {"axis": 0}), Special(([nan],), [1.0], {"axis": 0})],
    samples=_with_gaps,
    refusals=_BAD_AXIS,
)
def nancumprod(B, x, *, axis=None, dtype=None):
    """`cumprod` that counts NaN as 1; its gradient there is 0."""
    return B.cumprod(filled(B, x, 1.0), axis=axis, dtype=dtype)


def _steps(rng):
    yield Sample((rng.normal(size=(3, 5)),))
    yield Sample((rng.normal(size=(3, 5)),), {"n": 2})
    yield Sample((rng.normal(size=(3, 5)) + 300.0,), {"axis": 0})
    yield Sample((rng.normal(size=(4,)),), {"n": 0})
    yield Sample((rng.normal(size=(2, 3)),), {"n": 4})
    yield Sample((np.array([True, True, False]),))
    yield Sample((np.array([3, 5, -(2**31)], "int32"),))
    yield Sample((np.zeros((2, 0)),))


@composed(
    kinks=smooth,
    specials=[Special(([1.0, inf, inf],), [inf, nan]), Special(([1.0, nan, 2.0],), [nan, nan])],
    samples=_steps,
    refusals=[
        Refusal((np.ones(3),), ValueError, {"n": -1}),
        Refusal((np.ones(3),), ValueError, {"axis": 1}),
        Refusal((np.array(1.0),), ValueError),
    ],
)
def diff(B, a, *, n=1, axis=-1):
    """The differences of neighbours along `axis`, taken `n` times; of bool whether they differ.

    Raises ValueError for a negative `n` and for an axis that `a` does not have.
    """
    if n < 0:
        raise ValueError(f"diff: n is the number of times, at least 0; got {n}")
    axis = normalize_axis(axis, len(a.shape))
    for _ in range(n):
        size = a.shape[axis]
        right, left = take_slice(B, a, axis, min(1, size), size), take_slice(B, a, axis, 0, max(size - 1, 0))
        a = B.not_equal(right, left) if B.dtype(a) == "bool" else right - left
    return a


def _curves(rng):
    y = rng.normal(size=(3, 5))
    yield Sample((y,))
    yield Sample((y,), {"dx": 0.25, "axis": 0})
    yield Sample((y, np.sort(rng.normal(size=(5,)))))
    yield Sample((y, np.sort(rng.normal(size=(3,)))), {"axis": 0})
    yield Sample((y, rng.normal(size=(3, 5))))
    yield Sample((rng.normal(size=(6,)) + 300.0,))
    yield Sample((np.array([1e30, 2e30, -1e30]),))
    yield Sample((np.array([2.0]),))


@composed(
    floating=True,
    kinks=smooth,
    specials=[Special(([1.0, 2.0, 3.0],), 4.0), Special(([1.0, inf],), inf), Special(([nan, 1.0],), nan)],
    samples=_curves,
    refusals=[
        Refusal((np.ones((2, 3)), np.ones(4)), ValueError),
        Refusal((np.ones((2, 3)), np.ones((3, 3))), ValueError),
        Refusal((np.ones(3),), ValueError, {"axis": 1}),
    ],
)
def trapezoid(B, y, x=None, *, dx=1.0, axis=-1):
    """The integral of `y` along `axis` by the trapezoidal rule, over the points `x` or at the spacing `dx`.

    `x` has one axis, of the size of `axis`, or broadcasts to `y`. Raises ValueError where it does not.
    """
    axis = normalize_axis(axis, len(y.shape))
    size = y.shape[axis]
    right, left = take_slice(B, y, axis, min(1, size), size), take_slice(B, y, axis, 0, max(size - 1, 0))
    heights = right * 0.5 + left * 0.5  # halves do not overflow
    if x is None:
        return B.sum(heights, axis=axis) * dx
    if len(x.shape) == 1:
        if x.shape[0] != size:
            raise ValueError(f"trapezoid: {x.shape[0]} points for axis {axis} of size {size}")
        x = B.reshape(x, newshape=tuple(size if i == axis else 1 for i in range(len(y.shape))))
    rules.broadcast_shapes(tuple(y.shape), tuple(x.shape))
    return B.sum(heights * B.diff(x, axis=axis), axis=axis)

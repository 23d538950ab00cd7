"""Spread, order statistics, correlation, and counts per bin."""

import itertools

import numpy as np

from kcompat.spec import _samples as samples
from kcompat.spec import rules as rules
from kcompat.spec._op import Kink, Refusal, Sample, Special, composed, smooth
from kcompat.spec.calculus import join_axes, narrowed, swap_last, widened
from kcompat.spec.dtypes import promote, result_type
from kcompat.spec.reduction import bad_axis, of_nothing, same_axis_twice
from kcompat.spec.rules import is_integer, normalize_axis

inf, nan = float("inf"), float("nan")


def _varied(rng):
    yield from samples.reduction(empty=False)(rng)
    yield Sample((rng.normal(size=(4, 6)) + 300.0,), {"axis": -1})
    yield Sample((np.array([1e15, -1e-15, 3e15, 2.0]),))


@composed(
    floating=True,
    kinks=smooth,
    specials=[Special(([3.0, 3.0, 3.0],), 0.0), Special(([nan, 1.0],), nan), Special(([5.0],), 0.0)],
    samples=_varied,
    refusals=[bad_axis, same_axis_twice],
)
def var(B, x, *, axis=None, keepdims=False):
    """The mean squared distance from the mean over `axis` (no Bessel correction), in two passes.

    float16 and bfloat16 are computed in float32.
    """
    return narrowed(B, _mean_square(B, widened(B, x), axis, keepdims), B.dtype(x))


def _mean_square(B, x, axis, keepdims):
    distance = x - B.mean(x, axis=axis, keepdims=True)
    return B.mean(distance * distance, axis=axis, keepdims=keepdims)


def root(B, variance):
    """Its square root, with gradient 0 at 0."""
    positive = variance > 0
    return B.where(positive, B.sqrt(B.where(positive, variance, 1.0)), variance)


@composed(
    floating=True,
    kinks=[Kink(([3.0, 3.0, 3.0, 3.0],), ([0.0, 0.0, 0.0, 0.0],), (-0.5, 0.5))],
    specials=[Special(([3.0, 3.0],), 0.0), Special(([nan, 1.0],), nan)],
    samples=_varied,
    refusals=[bad_axis, same_axis_twice],
)
def std(B, x, *, axis=None, keepdims=False):
    """The square root of `var`; its gradient at equal elements is 0."""
    dtype, x = B.dtype(x), widened(B, x)
    return narrowed(B, root(B, B.var(x, axis=axis, keepdims=keepdims)), dtype)


def _moments(rng):
    yield Sample((rng.normal(size=(4, 3, 2)),), {"axes": (0, 1)})
    yield Sample((rng.normal(size=(4, 3)) + 100.0,), {"axes": (0,), "keepdims": True})


@composed(floating=True, kinks=smooth, specials=(), samples=_moments)
def moments(B, x, *, axes, keepdims=False):
    """Mean and variance over `axes`; the variance in two passes, without Bessel correction."""
    return B.mean(x, axis=axes, keepdims=keepdims), B.var(x, axis=axes, keepdims=keepdims)


def _weighed(rng):
    x = rng.normal(size=(3, 4))
    yield Sample((x, rng.uniform(0.5, 2.0, (4,))), {"axis": 1})
    yield Sample((x,))
    yield Sample((x,), {"axis": 0})
    yield Sample((x, rng.uniform(0.5, 2.0, (3, 4))))
    yield Sample((x + 300.0, rng.uniform(0.5, 2.0, (3, 4))), {"axis": -2})


@composed(
    floating=True,
    kinks=smooth,
    specials=[Special(([nan, 1.0],), nan), Special(([1.0, 2.0], [1.0, -1.0]), -inf)],
    samples=_weighed,
    order=("x", "axis", "weights"),
    refusals=[
        Refusal((np.ones((2, 3)), np.ones(3)), ValueError),
        Refusal((np.ones((2, 3)), np.ones(2)), ValueError, {"axis": 1}),
        Refusal((np.ones((2, 3)), np.ones((3, 2))), ValueError),
        bad_axis,
    ],
)
def average(B, x, weights=None, *, axis=None):
    """`sum(x * weights) / sum(weights)` over `axis`, as a float; the mean without weights.

    The weights have the shape of `x`, or one axis of the size of `axis`. Raises ValueError for others.
    """
    if weights is None:
        return B.mean(x, axis=axis)
    if tuple(weights.shape) != tuple(x.shape):
        rank = len(x.shape)
        if axis is None or not is_integer(axis) or tuple(weights.shape) != (x.shape[normalize_axis(axis, rank)],):
            raise ValueError(
                f"average: weights of shape {tuple(weights.shape)} fit neither the shape of x, {tuple(x.shape)}, "
                f"nor axis {axis!r}; give as many weights as one axis has elements, and that axis"
            )
        newshape = tuple(n if i == axis % rank else 1 for i, n in enumerate(x.shape))
        weights = B.broadcast_to(B.reshape(weights, newshape=newshape), shape=tuple(x.shape))
    dtype, x, weights = result_type(x, weights), widened(B, x), widened(B, weights)
    return narrowed(B, B.sum(x * weights, axis=axis) / B.sum(weights, axis=axis), dtype)


quantile_refusals = [
    Refusal((np.ones(3), 0.5), ValueError, {"method": "hazen"}),
    Refusal((np.ones(3), 1.5), ValueError),
    Refusal((np.zeros((0, 2)), 0.5), ValueError, {"axis": 0}),
    Refusal((np.ones(3), 0.5), ValueError, {"axis": 1}),
]
METHODS = ("linear", "lower", "higher", "nearest", "midpoint")


def _between(B, ordered, position, method):
    """What lies at fractional positions of the last axis, ordered; the weights of neighbours are exact at 0 and 1."""
    below = B.floor(position)
    weight = position - below
    index = B.cast(below, dtype="int32")
    above = index + B.cast(weight > 0, dtype="int32")
    if method == "nearest":  # halves to the even neighbour
        odd = (below * 0.5) > B.floor(below * 0.5)
        up = B.logical_or(weight > 0.5, B.logical_and(B.equal(weight, 0.5), odd))
        index = B.where(up, above, index)
    if method in ("lower", "nearest"):
        return B.take_along_axis(ordered, index, axis=-1)
    high = B.take_along_axis(ordered, above, axis=-1)
    if method == "higher":
        return high
    low = B.take_along_axis(ordered, index, axis=-1)
    weight = B.cast(weight, dtype=B.dtype(ordered)) if method == "linear" else 0.5
    half = high * 0.5 - low * 0.5  # does not overflow
    finite = B.isfinite(half)
    return B.where(finite, (low * 0.5 + B.where(finite, half, 0.0) * weight) * 2.0, low + high)


def quantile_of(B, x, q, axis, method, keepdims, last):
    """`last(ordered)` is the position of the largest element that counts."""
    if method not in METHODS:
        raise ValueError(f"quantile: method is one of {', '.join(METHODS)}; got {method!r}")
    if isinstance(q, (int, float)) and not 0 <= q <= 1:
        raise ValueError(f"quantile: a probability is within 0 and 1, got {q}")
    rules.maximum_along(x, axis=axis)
    dtype = B.dtype(x)
    exact = promote(dtype, "float32")  # positions beyond 2048 are not all float16 numbers
    if isinstance(q, (int, float)):
        q = B.full(shape=(), fill_value=float(q), dtype=exact)
    probability = B.reshape(B.cast(q, dtype=exact), newshape=(-1,))
    ordered = B.sort(join_axes(B, x, axis), axis=-1)
    rank = len(ordered.shape)
    probability = B.reshape(probability, newshape=(*[1] * (rank - 1), probability.shape[0]))
    valid = B.logical_and(probability >= 0, probability <= 1)
    y = _between(B, ordered, B.where(valid, probability, 0.0) * last(ordered, exact), method)
    y = B.where(valid, y, nan)
    y = B.transpose(y, axes=(rank - 1, *range(rank - 1)))  # probabilities first
    return B.reshape(y, newshape=(*q.shape, *rules.reduced_shape(x, axis, keepdims)))


def probabilities(rng):
    """Samples of `quantile`."""
    x, several = rng.normal(size=(3, 4, 2)), np.array([0.13, 0.45, 0.87])
    yield Sample((rng.normal(size=(3, 6)), np.array([0.15, 0.33])), {"axis": 1})
    yield Sample((rng.normal(size=(7,)), 0.3))
    yield Sample((x, several), {"axis": (0, 2), "keepdims": True})
    yield Sample((x, np.array([[0.2], [0.7]])), {"axis": -2})
    for method in METHODS[1:]:
        yield Sample((rng.normal(size=(2, 6)), several), {"axis": 1, "method": method})
    yield Sample((rng.normal(size=(8,)) + 300.0, 0.62))
    yield Sample((np.array([1e30, -1e30, 1e-30, 3.0]), np.array([0.4, 0.9])))
    yield Sample((np.array([1.0, 2.0, 2.0, 3.0]), np.array([0.0, 0.5, 1.0])), differentiable=False)


@composed(
    floating=True,
    kinks=smooth,
    specials=[
        Special(([1.0, nan, 2.0], 0.25), nan),
        Special(([inf, inf, -inf], 0.75), inf),
        Special(([1.0, 2.0], np.array([-0.5, 0.0, 1.0, 1.5])), [nan, 1.0, 2.0, nan]),
        Special(([0.0, 1.0, 2.0, 3.0], 0.5), 2.0, {"method": "nearest"}),
        Special(([0.0, 1.0], 0.5), 0.0, {"method": "nearest"}),
        Special(([0.1, 0.1, 0.1], 0.3), 0.1),
    ],
    samples=probabilities,
    refusals=quantile_refusals,
)
def quantile(B, x, q, *, axis=None, method="linear", keepdims=False):
    """The value below which a fraction `q` of the elements over `axis` lies; NaN if any is.

    Position `q * (n - 1)` of the ordered elements (Hyndman & Fan, 1996, definition 7); `method` says what lies
    between two: `linear`, `lower`, `higher`, `nearest` (of two equally near the one at an even position) or
    `midpoint`. The axes of `q` come first in the result. NaN where a tensor `q` is not within [0, 1].
    Raises ValueError for such a number, an unknown method, and over no elements.
    """

    def last(ordered, dtype):
        del dtype
        return ordered.shape[-1] - 1

    y = quantile_of(B, x, q, axis, method, keepdims, last)
    missing = B.isnan(B.max(x, axis=axis, keepdims=keepdims))
    return B.where(missing, nan, y)


def percents(rng):
    """Samples of `percentile`."""
    for sample in itertools.islice(probabilities(rng), 6):
        x, q = sample.args
        yield Sample((x, q * 100.0), sample.attrs, sample.differentiable)


@composed(
    floating=True,
    kinks=smooth,
    specials=[Special(([1.0, 2.0, 4.0], 50.0), 2.0), Special(([1.0, nan], 10.0), nan)],
    samples=percents,
    refusals=[Refusal((np.ones(3), 50.0), ValueError, {"method": "hazen"}), Refusal((np.ones(3), 101.0), ValueError)],
)
def percentile(B, x, q, *, axis=None, method="linear", keepdims=False):
    """`quantile` of `q / 100`."""
    return B.quantile(x, q / 100.0, axis=axis, method=method, keepdims=keepdims)


def _ordered(rng):
    for axis, keepdims in [(None, False), (0, True), ((0, -1), False), (1, False)]:
        yield Sample((rng.normal(size=(2, 3, 4)),), {"axis": axis, "keepdims": keepdims})
    yield Sample((np.array([1e30, -1e30, 1e-30]),))
    yield Sample((rng.normal(size=(3, 5)) + 300.0,), {"axis": 1})
    yield Sample((np.array([3.0]),))


@composed(
    floating=True,
    kinks=[Kink(([0.3, 0.6, 0.3],), ([0.0, 0.0, 1.0],), (0.0, 1.0))],
    specials=[Special(([nan, 1.0, 2.0],), nan), Special(([inf, inf],), inf), Special(([inf, 1.0, -inf],), 1.0)],
    samples=_ordered,
    refusals=[bad_axis, of_nothing],
)
def median(B, x, *, axis=None, keepdims=False):
    """The middle one of the ordered elements over `axis`, or the mean of the middle two; NaN if any is.

    Raises ValueError over no elements.
    """
    return B.quantile(x, 0.5, axis=axis, keepdims=keepdims)


def _variables(rng):
    yield Sample((rng.normal(size=(3, 6)),))
    yield Sample((rng.normal(size=(2, 5)) + 300.0,))
    yield Sample((rng.normal(size=(4,)),))
    yield Sample((rng.normal(size=(2, 5)) * np.array([[1e30], [1e-30]]),))


@composed(
    floating=True,
    kinks=smooth,
    specials=[
        Special(([[1.0, -1.0, 1.0, -1.0], [5.0, 5.0, 5.0, 5.0]],), [[1.0, nan], [nan, nan]]),
        Special(([[0.0, 1.0, 0.0, 1.0], [1.0, 0.0, 1.0, 0.0]],), [[1.0, -1.0], [-1.0, 1.0]]),
    ],
    samples=_variables,
    refusals=[Refusal((np.ones((2, 3, 4)),), ValueError), Refusal((np.array(1.0),), ValueError)],
)
def corrcoef(B, x):
    """The correlation of each pair of rows of `x` (variables, observations), (variables, variables), within -1 and 1.

    Of one row, a number. NaN for a row of equal elements. Raises ValueError for more than two axes, and none.
    """
    rank = len(x.shape)
    if rank not in (1, 2):
        raise ValueError(f"corrcoef: x has the axes (variables, observations) or (observations,), got {tuple(x.shape)}")
    rows = x if rank == 2 else B.expand_dims(x, axis=0)
    distance = rows - B.mean(rows, axis=-1, keepdims=True)
    distance = distance / B.stop_gradient(B.max(B.absolute(distance), axis=-1, keepdims=True))  # squares stay finite
    unit = distance / B.sqrt(B.sum(distance * distance, axis=-1, keepdims=True))
    y = B.clip(B.matmul(unit, swap_last(B, unit)), -1.0, 1.0)
    return y if rank == 2 else B.reshape(y, newshape=())


def _signals(rng):
    yield Sample((rng.normal(size=(7,)), rng.normal(size=(3,))))
    for mode in ("valid", "same", "full"):
        for sizes in [(6, 4), (3, 5), (4, 4)]:
            yield Sample(tuple(rng.normal(size=(n,)) for n in sizes), {"mode": mode})


@composed(
    floating=True,
    kinks=smooth,
    specials=[
        Special(([1.0, 2.0, 3.0], [0.0, 1.0, 0.5]), [3.5]),
        Special(([1.0, 2.0, 3.0], [0.0, 1.0, 0.5]), [0.5, 2.0, 3.5, 3.0, 0.0], {"mode": "full"}),
        Special(([1.0, 2.0, 3.0], [0.0, 1.0, 0.5]), [2.0, 3.5, 3.0], {"mode": "same"}),
    ],
    samples=_signals,
    refusals=[
        Refusal((np.ones(3), np.ones(2)), ValueError, {"mode": "wrap"}),
        Refusal((np.ones((2, 3)), np.ones(2)), ValueError),
        Refusal((np.ones(0), np.ones(2)), ValueError),
    ],
)
def correlate(B, x1, x2, *, mode="valid"):
    """`sum_n x1[n + k] * x2[n]` for each shift k, of two vectors.

    `valid`: the shifts at which the shorter is within the longer; `full`: at which they meet; `same`: the middle
    ones of those, as many as the longer has elements. Raises ValueError for another mode and for other shapes.
    """
    if mode not in ("valid", "same", "full"):
        raise ValueError(f"correlate: mode is 'valid', 'same' or 'full', got {mode!r}")
    if len(x1.shape) != 1 or len(x2.shape) != 1 or 0 in (*x1.shape, *x2.shape):
        raise ValueError(f"correlate: takes two vectors with elements, got shapes {x1.shape} and {x2.shape}")
    size, width = x1.shape[0], x2.shape[0]
    if width > size:
        return B.flip(B.correlate(x2, x1, mode=mode))
    padding = {"valid": (0, 0), "same": (width // 2, width - 1 - width // 2), "full": (width - 1, width - 1)}[mode]
    signal, kernel = B.reshape(x1, newshape=(1, size, 1)), B.reshape(x2, newshape=(width, 1, 1))
    return B.reshape(B.convolution(signal, kernel, strides=(1,), padding=(padding,), dilation=(1,)), newshape=(-1,))

"""Reductions over one, several or all axes; `axis=None` means all."""

import math

import numpy as np

from kcompat.spec import _rules as rules
from kcompat.spec import _samples as samples
from kcompat.spec._calculus import keep_axes
from kcompat.spec._op import ORDER, SELECT, SUM, Kink, Sample, Special, composed, primitive, smooth
from kcompat.spec._rules import normalize_axes

inf, nan = float("inf"), float("nan")


def _spread(B, g, y, x, *, axis=None, keepdims=False):
    return B.broadcast_to(keep_axes(B, g, x, axis, keepdims), shape=tuple(x.shape))


@primitive(
    rule=rules.total,
    vjp=_spread,
    error=SUM,
    kinks=smooth,
    specials=[Special(([inf, -inf],), nan), Special(([inf, 1.0],), inf), Special(([],), 0.0)],
    samples=samples.reduction(),
)
def sum_(x, *, axis=None, keepdims=False):
    """The sum over `axis`; 0 over no elements. bool, int8 and int16 are added up as int32."""


def _among_the_largest(B, g, y, x, *, axis=None, keepdims=False):
    """Elements that equal the maximum share its gradient evenly."""
    hit = B.cast(B.equal(x, keep_axes(B, y, x, axis, keepdims)), dtype=B.dtype(x))
    count = B.sum(hit, axis=axis, keepdims=True)
    return hit * (keep_axes(B, g, x, axis, keepdims) / count)


@primitive(
    rule=rules.maximum_along,
    vjp=_among_the_largest,
    error=SELECT,
    kinks=[Kink(([0.6, 0.6, 0.3],), ([0.5, 0.5, 0.0],), (0.0, 1.0))],
    specials=[Special(([nan, 1.0],), nan), Special(([-inf, -inf],), -inf), Special(([inf, 1.0],), inf)],
    samples=samples.reduction(empty=False),
)
def max_(x, *, axis=None, keepdims=False):
    """The largest element over `axis`; NaN if any is. Ties share the gradient evenly.

    Raises ValueError over no elements.
    """


@composed(
    kinks=[Kink(([0.3, 0.3, 0.6],), ([0.5, 0.5, 0.0],), (0.0, 1.0))],
    specials=[Special(([nan, 1.0],), nan), Special(([inf, inf],), inf), Special(([-inf, 1.0],), -inf)],
    samples=samples.reduction(empty=False),
)
def min_(B, x, *, axis=None, keepdims=False):
    """The smallest element over `axis`; NaN if any is. Ties share the gradient evenly."""
    return -B.max(-x, axis=axis, keepdims=keepdims)


def count_along(x, axis) -> int:
    """How many elements one result of a reduction over `axis` is made of."""
    return math.prod(x.shape[i] for i in normalize_axes(axis, len(x.shape)))


@composed(
    floating=True,
    kinks=smooth,
    specials=[Special(([nan, 1.0],), nan), Special(([inf, -inf],), nan), Special(([],), nan)],
    samples=samples.reduction(empty=False),
)
def mean(B, x, *, axis=None, keepdims=False):
    """The arithmetic mean over `axis`, as a float; NaN over no elements."""
    return B.sum(x, axis=axis, keepdims=keepdims) / float(count_along(x, axis))


def _varied(rng):
    yield from samples.reduction(empty=False)(rng)
    yield Sample((rng.normal(size=(4, 6)) + 300.0,), {"axis": -1})


@composed(
    floating=True,
    kinks=smooth,
    specials=[Special(([3.0, 3.0, 3.0],), 0.0), Special(([nan, 1.0],), nan), Special(([5.0],), 0.0)],
    samples=_varied,
)
def var(B, x, *, axis=None, keepdims=False):
    """The mean squared distance from the mean over `axis` (no Bessel correction), in two passes."""
    distance = x - B.mean(x, axis=axis, keepdims=True)
    return B.mean(distance * distance, axis=axis, keepdims=keepdims)


@composed(
    floating=True, kinks=smooth, specials=[Special(([3.0, 3.0],), 0.0), Special(([nan, 1.0],), nan)], samples=_varied
)
def std(B, x, *, axis=None, keepdims=False):
    """The square root of `var`; its gradient at 0 is not finite."""
    return B.sqrt(B.var(x, axis=axis, keepdims=keepdims))


def _moments(rng):
    yield Sample((rng.normal(size=(4, 3, 2)),), {"axes": (0, 1)})
    yield Sample((rng.normal(size=(4, 3)) + 100.0,), {"axes": (0,), "keepdims": True})


@composed(floating=True, kinks=smooth, specials=(), samples=_moments)
def moments(B, x, *, axes, keepdims=False):
    """Mean and variance over `axes`; the variance in two passes, without Bessel correction."""
    return B.mean(x, axis=axes, keepdims=keepdims), B.var(x, axis=axes, keepdims=keepdims)


def _ranked(rng):
    for axis in (None, 0, -1):
        yield Sample((rng.integers(0, 3, (3, 4)) * 1.0,), {"axis": axis})
    yield Sample((rng.normal(size=(3, 4)),), {"axis": 1, "keepdims": True})


@primitive(
    rule=rules.index_along,
    vjp=None,
    error=ORDER,
    kinks=smooth,
    specials=[Special(([1.0, 1.0],), 0), Special(([1.0, nan, nan],), 1), Special(([-inf, -inf],), 0)],
    samples=_ranked,
)
def argmax(x, *, axis=None, keepdims=False):
    """The int32 index of the largest element along `axis`, or in the flattened tensor.

    Of equal ones the first; NaN counts as the largest. Raises ValueError over no elements.
    """


def _lines(rng):
    yield from samples.along_axis()(rng)
    yield Sample((rng.normal(size=(2, 3)),), {"axis": (0, 1), "keepdims": True})
    yield Sample((np.array([[-1e4, 0.0, 1e4]]),), {"axis": -1})


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
)
def logsumexp(B, x, *, axis=None, keepdims=False):
    """`log(sum(exp(x)))` over `axis`, without overflow; -inf where all elements are."""
    largest = B.stop_gradient(B.max(x, axis=axis, keepdims=True))
    shift = B.where(B.isfinite(largest), largest, 0.0)
    summed = B.log(B.sum(B.exp(x - shift), axis=axis, keepdims=True)) + shift
    return summed if keepdims else B.squeeze(summed, axis=axis)

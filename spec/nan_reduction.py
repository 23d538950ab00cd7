"""Reductions that pass over NaN, as if it were not there; of integers, those of `reduction` and `statistics`."""

import functools

import numpy as np

from kcompat.spec._op import Kink, Refusal, Sample, Special, composed, smooth
from kcompat.spec.calculus import narrowed, widened
from kcompat.spec.cumulative import filled
from kcompat.spec.dtypes import is_float
from kcompat.spec.reduction import bad_axis, of_nothing
from kcompat.spec.statistics import percents, probabilities, quantile_of, quantile_refusals, root

inf, nan = float("inf"), float("nan")


def _with_gaps(rng, x, share=0.3):
    """`x` with NaN in places, but never in all of the first axis nor the last."""
    gaps = rng.uniform(size=x.shape) < share
    gaps.flat[:: max(x.shape[-1] + 1, 1)] = False
    return np.where(gaps, nan, x)


def _gappy(rng):
    for axis in (None, 0, -1, (0, 2)):
        for keepdims in (False, True):
            x = rng.permutation(24).reshape(2, 3, 4) / 7.0 - 1.5
            yield Sample((_with_gaps(rng, x),), {"axis": axis, "keepdims": keepdims}, differentiable=False)
    yield Sample((rng.normal(size=(3, 5)),), {"axis": 1})
    yield Sample((_with_gaps(rng, rng.normal(size=(3, 5)) + 300.0),), {"axis": 1}, differentiable=False)
    yield Sample((np.array([1e15, nan, -1e-15, 3e15]),), differentiable=False)


def _gappy_or_integers(rng):
    yield from _gappy(rng)
    yield Sample((rng.integers(-4, 5, (2, 3)).astype("int32"),), {"axis": 0})


def _gappy_or_empty(rng):
    yield from _gappy_or_integers(rng)
    yield Sample((np.zeros((0, 3)),), {"axis": 0})


over_gaps = functools.partial(composed, kinks=smooth, samples=_gappy, refusals=[bad_axis])
over_elements = functools.partial(over_gaps, refusals=[bad_axis, of_nothing])


@over_gaps(samples=_gappy_or_empty, specials=[Special(([1.0, nan, 2.0],), 3.0), Special(([nan, nan],), 0.0)])
def nansum(B, x, *, axis=None, keepdims=False):
    """`sum` that counts NaN as 0; its gradient there is 0."""
    return B.sum(filled(B, x, 0.0), axis=axis, keepdims=keepdims)


@over_gaps(samples=_gappy_or_empty, specials=[Special(([2.0, nan, 3.0],), 6.0), Special(([nan, nan],), 1.0)])
def nanprod(B, x, *, axis=None, keepdims=False):
    """`prod` that counts NaN as 1; its gradient there is 0."""
    return B.prod(filled(B, x, 1.0), axis=axis, keepdims=keepdims)


def _extremum(B, reduce, x, worst, axis, keepdims):
    if not is_float(B.dtype(x)):
        return reduce(x, axis=axis, keepdims=keepdims)
    missing = B.isnan(x)
    y = reduce(B.where(missing, worst, x), axis=axis, keepdims=keepdims)
    return B.where(B.all(missing, axis=axis, keepdims=keepdims), nan, y)


@over_elements(
    samples=_gappy_or_integers,
    kinks=[Kink(([0.6, 0.6, 0.3],), ([0.5, 0.5, 0.0],), (0.0, 1.0))],
    specials=[Special(([nan, 1.0],), 1.0), Special(([nan, nan],), nan), Special(([-inf, nan],), -inf)],
)
def nanmax(B, x, *, axis=None, keepdims=False):
    """The largest element over `axis` but NaN; NaN if all are. Raises ValueError over no elements."""
    return _extremum(B, B.max, x, -inf, axis, keepdims)


@over_elements(
    samples=_gappy_or_integers,
    kinks=[Kink(([0.3, 0.3, 0.6],), ([0.5, 0.5, 0.0],), (0.0, 1.0))],
    specials=[Special(([nan, 1.0],), 1.0), Special(([nan, nan],), nan), Special(([inf, nan],), inf)],
)
def nanmin(B, x, *, axis=None, keepdims=False):
    """The smallest element over `axis` but NaN; NaN if all are. Raises ValueError over no elements."""
    return _extremum(B, B.min, x, inf, axis, keepdims)


def _where_it_is(B, x, extremum, axis, keepdims):
    """The first index of an element that equals `extremum`, and -1 where none does."""
    hit = B.cast(B.equal(x, extremum), dtype="int32")
    found = B.any(hit, axis=axis, keepdims=keepdims)
    return B.where(found, B.argmax(hit, axis=axis, keepdims=keepdims), -1)


def _gappy_lines(rng):
    return (sample for sample in _gappy_or_integers(rng) if not isinstance(sample.attrs.get("axis"), tuple))


@over_elements(
    samples=_gappy_lines,
    specials=[Special(([nan, 1.0, 1.0],), 1), Special(([nan, nan],), -1)],
    vjp=(),
)
def nanargmax(B, x, *, axis=None, keepdims=False):
    """The int32 index of the largest element but NaN along `axis`, or in the flattened tensor; -1 if all are NaN.

    Of equal ones the first. Raises ValueError over no elements.
    """
    return _where_it_is(B, x, B.nanmax(x, axis=axis, keepdims=True), axis, keepdims)


@over_elements(
    samples=_gappy_lines,
    specials=[Special(([nan, 1.0, 1.0],), 1), Special(([nan, nan],), -1), Special(([nan, inf],), 1)],
    vjp=(),
)
def nanargmin(B, x, *, axis=None, keepdims=False):
    """The int32 index of the smallest element but NaN along `axis`, or in the flattened tensor; -1 if all are NaN.

    Of equal ones the first. Raises ValueError over no elements.
    """
    return _where_it_is(B, x, B.nanmin(x, axis=axis, keepdims=True), axis, keepdims)


@over_gaps(
    floating=True,
    specials=[Special(([1.0, nan, 3.0],), 2.0), Special(([nan, nan],), nan), Special(([inf, nan],), inf)],
)
def nanmean(B, x, *, axis=None, keepdims=False):
    """The mean over `axis` of what is not NaN, as a float; NaN if all are."""
    dtype, x = B.dtype(x), widened(B, x)
    missing = B.isnan(x)
    count = B.sum(B.logical_not(missing), axis=axis, keepdims=keepdims)
    total = B.sum(B.where(missing, 0.0, x), axis=axis, keepdims=keepdims)
    return narrowed(B, total / B.cast(count, dtype=B.dtype(x)), dtype)


@over_gaps(
    floating=True,
    specials=[Special(([1.0, nan, 3.0],), 1.0), Special(([nan, nan],), nan), Special(([3.0, nan],), 0.0)],
)
def nanvar(B, x, *, axis=None, keepdims=False):
    """The mean squared distance from `nanmean` over `axis` of what is not NaN; NaN if all are."""
    return narrowed(B, _mean_square(B, widened(B, x), axis, keepdims), B.dtype(x))


def _mean_square(B, x, axis, keepdims):
    mean = B.nanmean(x, axis=axis, keepdims=True)
    missing = B.isnan(x)
    distance = B.where(missing, mean, x) - mean  # a NaN here would spread through the gradient of the mean
    return B.nanmean(B.where(missing, nan, distance * distance), axis=axis, keepdims=keepdims)


@over_gaps(
    floating=True,
    kinks=[Kink(([3.0, 3.0, 3.0, 3.0],), ([0.0, 0.0, 0.0, 0.0],), (-0.5, 0.5))],
    specials=[Special(([1.0, nan, 3.0],), 1.0), Special(([nan, nan],), nan)],
)
def nanstd(B, x, *, axis=None, keepdims=False):
    """The square root of `nanvar`; its gradient at equal elements is 0."""
    dtype, x = B.dtype(x), widened(B, x)
    return narrowed(B, root(B, B.nanvar(x, axis=axis, keepdims=keepdims)), dtype)


def _gaps_in(sample, rng):
    x, *rest = sample.args
    differentiable = sample.differentiable and x.dtype.kind != "f"
    x = _with_gaps(rng, x) if x.dtype.kind == "f" else x
    return Sample((x, *rest), sample.attrs, differentiable)


def _gappy_probabilities(rng):
    yield from (_gaps_in(sample, rng) for sample in probabilities(rng))
    yield Sample((rng.normal(size=(3, 6)), np.array([0.15, 0.33])), {"axis": 1})


@over_gaps(
    floating=True,
    specials=[
        Special(([3.0, nan, 1.0], 0.5), 2.0),
        Special(([nan, nan], 0.5), nan),
        Special(([nan, 4.0], 0.9), 4.0),
        Special(([inf, nan, -inf, inf], 1.0), inf),
    ],
    samples=_gappy_probabilities,
    refusals=quantile_refusals,
)
def nanquantile(B, x, q, *, axis=None, method="linear", keepdims=False):
    """`quantile` over `axis` of what is not NaN; NaN if all are."""

    def last(ordered, dtype):
        count = B.sum(B.logical_not(B.isnan(ordered)), axis=-1, keepdims=True)
        return B.cast(B.maximum(count - 1, 0), dtype=dtype)

    return quantile_of(B, x, q, axis, method, keepdims, last)


def _gappy_percents(rng):
    yield from (_gaps_in(sample, rng) for sample in percents(rng))
    yield Sample((rng.normal(size=(3, 6)), np.array([15.0, 33.0])), {"axis": 1})


@over_gaps(
    floating=True,
    specials=[Special(([3.0, nan, 1.0], 50.0), 2.0), Special(([nan, nan], 50.0), nan)],
    samples=_gappy_percents,
    refusals=[Refusal((np.ones(3), 50.0), ValueError, {"method": "hazen"}), Refusal((np.ones(3), 101.0), ValueError)],
)
def nanpercentile(B, x, q, *, axis=None, method="linear", keepdims=False):
    """`nanquantile` of `q / 100`."""
    return B.nanquantile(x, q / 100.0, axis=axis, method=method, keepdims=keepdims)


@over_elements(
    floating=True,
    kinks=[Kink(([0.3, 0.6, 0.3],), ([0.0, 0.0, 1.0],), (0.0, 1.0))],
    specials=[Special(([3.0, nan, 1.0],), 2.0), Special(([nan, nan],), nan), Special(([inf, nan],), inf)],
)
def nanmedian(B, x, *, axis=None, keepdims=False):
    """The `median` over `axis` of what is not NaN; NaN if all are. Raises ValueError over no elements."""
    return B.nanquantile(x, 0.5, axis=axis, keepdims=keepdims)

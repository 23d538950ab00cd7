"""Pooling over windows of one, two or three spatial axes.

What their cotangents need are ops of their own, closed under differentiation: `max_pool_grad` sends elements to
where the maxima are, `max_pool_take` fetches them from there, and `average_pool_grad` shares them out.
"""

import functools
import itertools
import math
import operator

import numpy as np

from kcompat.spec._op import Kink, Refusal, Sample, Special, composed, smooth
from kcompat.spec.convolution import (
    CHANNELS_FIRST,
    explicit_padding,
    output_sizes,
    pad_spatial,
    per_axis,
    taps,
    to_channels_last,
)
from kcompat.spec.tensor import TensorSpec

inf, nan = float("inf"), float("nan")


def pool_geometry(x, pool_size, strides, padding):
    """(window, strides, padding pairs, output sizes) of pooling over a channels-last tensor."""
    rank = len(x.shape) - 2
    if rank < 1:
        raise ValueError(f"pooling takes inputs of rank 3 or more, (batch, *spatial, channels); got {tuple(x.shape)}")
    window = per_axis(pool_size, rank, "pool_size")
    strides = window if strides is None else per_axis(strides, rank, "strides")
    ones = (1,) * rank
    pairs = explicit_padding(padding, x.shape[1:-1], window, strides, ones)
    return window, strides, pairs, output_sizes(x.shape[1:-1], window, strides, pairs, ones)


def _images(rng):
    x = rng.permutation(2 * 5 * 6 * 3).reshape(2, 5, 6, 3) / 30.0 - 3.0
    yield Sample((x,), {"pool_size": 2})
    yield Sample((x,), {"pool_size": (3, 2), "strides": 1, "padding": "same"})
    yield Sample((x,), {"pool_size": 3, "strides": 2, "padding": "same"})
    yield Sample((x.transpose(0, 3, 1, 2),), {"pool_size": 2, "strides": (2, 1), "data_format": CHANNELS_FIRST})
    yield Sample((x[:, :, 0],), {"pool_size": 2, "padding": "same"})
    yield Sample((x - 7.0,), {"pool_size": 4, "strides": 3, "padding": "same"})
    yield Sample((x[:, :4].reshape(2, 4, 3, 2, 3),), {"pool_size": 2, "strides": (2, 1, 2), "padding": "same"})
    yield Sample((x[:1, :, 0] * 1e30,), {"pool_size": 3, "strides": 4})
    yield Sample((x[:0],), {"pool_size": 2})


def _line(*values):
    return np.array(values).reshape(1, -1, 1).tolist()


_X = np.ones((1, 4, 4, 2))
_REFUSALS = [
    Refusal((_X,), attrs={"pool_size": 0}),
    Refusal((_X,), attrs={"pool_size": (2, 2, 2)}),
    Refusal((_X,), attrs={"pool_size": 2, "strides": 0}),
    Refusal((_X,), attrs={"pool_size": 2, "padding": "full"}),
    Refusal((_X,), attrs={"pool_size": 2, "data_format": "NHWC"}),
    Refusal((_X,), attrs={"pool_size": 5}),
    Refusal((_X[0, 0],), attrs={"pool_size": 2}),
]


def _pooled(x, *, pool_size, strides=None, padding="valid", data_format=None):
    """The maxima in NumPy, for samples."""
    x, back = to_channels_last(np, x, data_format)
    window, strides, pairs, _ = pool_geometry(x, pool_size, strides, padding)
    spatial = tuple(range(1, x.ndim - 1))
    x = np.pad(x, ((0, 0), *pairs, (0, 0)), constant_values=-inf)
    seen = np.lib.stride_tricks.sliding_window_view(x, window, spatial)
    y = seen[:, *(slice(None, None, s) for s in strides)].max(axis=tuple(range(-len(window), 0)))
    return y if back is None else y.transpose(back)


def _with_cotangents(rng):
    """A cotangent for each window, the maxima, and where they are found."""
    for sample in _images(rng):
        y = _pooled(*sample.args, **sample.attrs)
        yield Sample((rng.normal(size=y.shape), y, *sample.args), sample.attrs)


def _with_values(rng):
    """Values to fetch from where the maxima are."""
    for sample in _images(rng):
        (x,) = sample.args
        yield Sample((rng.normal(size=x.shape), _pooled(x, **sample.attrs), x), sample.attrs)


@composed(
    floating=True,
    kinks=[Kink((_line(0.6, 0.6, 0.3),), (_line(1.0, 0.0, 0.0),), (0.0, 1.0), {"pool_size": 3})],
    specials=[
        Special((_line(1.0, nan, 2.0, 3.0),), _line(nan, 3.0), {"pool_size": 2}),
        Special((_line(-inf, -inf),), _line(-inf), {"pool_size": 2}),
        Special((_line(-1.0, -2.0, -3.0),), _line(-1.0, -3.0), {"pool_size": 2, "padding": "same"}),
        Special((_line(nan, 1.0, 2.0),), _line(nan, nan, 2.0), {"pool_size": 3, "strides": 1, "padding": "same"}),
    ],
    samples=_images,
    refusals=_REFUSALS,
    vjp=lambda B, g, y, x, **how: B.max_pool_grad(g, y, x, **how),
)
def max_pool(B, inputs, *, pool_size, strides=None, padding="valid", data_format=None):
    """The largest element of each window; padding never wins; NaN if any element is.

    Of equal elements the first in row-major order has the gradient. `strides` defaults to `pool_size`.
    """
    x, back = to_channels_last(B, inputs, data_format)
    window, strides, pairs, outputs = pool_geometry(x, pool_size, strides, padding)
    best = None
    for _, seen in taps(B, pad_spatial(B, x, pairs, -inf), window, strides, (1,) * len(window), outputs):
        better = None if best is None else B.logical_or(B.greater(seen, best), B.isnan(seen))
        best = seen if best is None else B.where(better, seen, best)
    return best if back is None else B.transpose(best, axes=back)


def found(B, y, x, window, strides, pairs, outputs):
    """For each cell of the window in row-major order, where the maximum `y` is found there; the last find counts.

    That is the first of equal elements, or the last NaN: what the body of `max_pool` keeps.
    """
    sought = None
    for _, seen in taps(B, pad_spatial(B, x, pairs, -inf), window, strides, (1,) * len(window), outputs):
        same = B.equal(seen, y)
        first = same if sought is None else B.logical_and(same, sought)
        sought = B.logical_not(same) if sought is None else B.logical_and(sought, B.logical_not(same))
        yield B.logical_or(first, B.isnan(seen))


@composed(
    kinks=smooth,
    specials=[
        Special((_line(5.0), _line(0.6), _line(0.6, 0.6, 0.3)), _line(5.0, 0.0, 0.0), {"pool_size": 3}),
        Special((_line(5.0), _line(nan), _line(1.0, nan, 2.0)), _line(0.0, 5.0, 0.0), {"pool_size": 3}),
        Special((_line(5.0), _line(nan), _line(nan, nan, 2.0)), _line(0.0, 5.0, 0.0), {"pool_size": 3}),
        Special(
            (_line(inf, nan), _line(2.0, 4.0), _line(1.0, 2.0, 4.0, 3.0)), _line(0.0, inf, nan, 0.0), {"pool_size": 2}
        ),
        Special(
            (_line(1.0, 2.0), _line(5.0, 5.0), _line(0.0, 5.0, 0.0)),
            _line(0.0, 3.0, 0.0),
            {"pool_size": 2, "strides": 1},
        ),
        Special((_line(5.0), _line(-inf), _line(-inf, -inf)), _line(5.0, 0.0), {"pool_size": 2}),
    ],
    samples=_with_cotangents,
    vjp=(lambda B, h, _, g, y, x, **how: B.max_pool_take(h, y, x, **how), None, None),
    public=False,
)
def max_pool_grad(B, g, y, x, *, pool_size, strides=None, padding="valid", data_format=None):
    """The cotangent of the input `x` of `max_pool`, from its result `y` and the cotangent `g` of that.

    Each element of `g` goes to where the maximum of its window is.
    """
    x, back = to_channels_last(B, x, data_format)
    y, _ = to_channels_last(B, y, data_format)
    g, _ = to_channels_last(B, g, data_format)
    window, strides, pairs, outputs = pool_geometry(x, pool_size, strides, padding)
    winner = B.zeros_like(g, dtype="int32")
    for cell, here in enumerate(found(B, y, x, window, strides, pairs, outputs)):
        winner = B.where(here, cell, winner)
    parts = (B.where(B.equal(winner, cell), g, 0.0) for cell in range(math.prod(window)))
    dx = _spread(B, parts, x.shape, window, strides, pairs)
    return dx if back is None else B.transpose(dx, axes=back)


@composed(
    kinks=smooth,
    specials=[
        Special((_line(5.0, 6.0, 7.0), _line(0.6), _line(0.6, 0.6, 0.3)), _line(5.0), {"pool_size": 3}),
        Special((_line(5.0, 6.0, 7.0), _line(nan), _line(nan, nan, 2.0)), _line(6.0), {"pool_size": 3}),
        Special((_line(nan, inf), _line(2.0), _line(1.0, 2.0)), _line(inf), {"pool_size": 2}),
    ],
    samples=_with_values,
    vjp=(lambda B, g, _, values, y, x, **how: B.max_pool_grad(g, y, x, **how), None, None),
    public=False,
)
def max_pool_take(B, values, y, x, *, pool_size, strides=None, padding="valid", data_format=None):
    """For each window the element of `values`, shaped like `x`, that stands where the maximum `y` of `x` is."""
    x, back = to_channels_last(B, x, data_format)
    y, _ = to_channels_last(B, y, data_format)
    values, _ = to_channels_last(B, values, data_format)
    window, strides, pairs, outputs = pool_geometry(x, pool_size, strides, padding)
    candidates = taps(B, pad_spatial(B, values, pairs), window, strides, (1,) * len(window), outputs)
    taken = None
    for (_, candidate), here in zip(candidates, found(B, y, x, window, strides, pairs, outputs), strict=True):
        taken = candidate if taken is None else B.where(here, candidate, taken)
    return taken if back is None else B.transpose(taken, axes=back)


def _spread(B, parts, shape, window, strides, pairs):
    """The adjoint of `taps` on a padded tensor of `shape`: the sum of what each cell of the window sends back."""
    padded = tuple(n + a + b for n, (a, b) in zip(shape[1:-1], pairs, strict=True))
    interior, total = (0, *(s - 1 for s in strides), 0), None
    for low, part in zip(itertools.product(*map(range, window)), parts, strict=True):
        spans = tuple((m - 1) * s + 1 for m, s in zip(part.shape[1:-1], strides, strict=True))
        high = tuple(n - a - span for n, a, span in zip(padded, low, spans, strict=True))
        sent = B.interior_pad(part, low=(0, *low, 0), high=(0, *high, 0), interior=interior)
        total = sent if total is None else total + sent
    start = (0, *(a for a, _ in pairs), 0)
    stop = tuple(a + n for a, n in zip(start, shape, strict=True))
    return B.strided_slice(total, start=start, stop=stop, step=(1,) * len(shape))


def window_counts(sizes, window, strides, padding, outputs):
    """How many cells of each window are not padding, as (1, *outputs, 1)."""
    counts = np.ones(())
    for n, k, s, (before, _), m in zip(sizes, window, strides, padding, outputs, strict=True):
        first = np.arange(m) * s - before
        counts = np.multiply.outer(counts, np.minimum(first + k, n) - np.maximum(first, 0))
    return counts[None, ..., None]


def _divided(B, x, sizes, window, strides, pairs, outputs):
    """`x`, an element for each window, over the number of cells that are not padding."""
    if any(a or b for a, b in pairs):
        return x / B.constant(window_counts(sizes, window, strides, pairs, outputs), dtype=B.dtype(x))
    return x / float(np.prod(window))


def _mean_of_windows(B, total, x, *, pool_size, strides, padding, data_format):
    """Means, where `total(parts)` adds up the elements that each cell of the window meets."""
    x, back = to_channels_last(B, x, data_format)
    window, strides, pairs, outputs = pool_geometry(x, pool_size, strides, padding)
    seen = taps(B, pad_spatial(B, x, pairs), window, strides, (1,) * len(window), outputs)
    mean = _divided(B, total(part for _, part in seen), x.shape[1:-1], window, strides, pairs, outputs)
    return mean if back is None else B.transpose(mean, axes=back)


def _in_any_order(B, inputs, *, pool_size, strides=None, padding="valid", data_format=None):
    """Libraries add up a window in whatever order is fast."""
    how = {"pool_size": pool_size, "strides": strides, "padding": padding, "data_format": data_format}
    return _mean_of_windows(B, lambda parts: B.sum(B.stack(*parts, axis=0), axis=0), inputs, **how)


@composed(
    floating=True,
    kinks=smooth,
    specials=[
        Special((_line(10.0, 20.0),), _line(15.0), {"pool_size": 3, "strides": 2, "padding": "same"}),
        Special((_line(inf, 1.0, 2.0, 4.0),), _line(inf, 3.0), {"pool_size": 2}),
        Special((_line(1.0, nan, 2.0, 4.0),), _line(nan, 3.0), {"pool_size": 2}),
    ],
    samples=_images,
    refusals=_REFUSALS,
    alternatives=(_in_any_order,),
    vjp=lambda B, g, y, x, **how: B.average_pool_grad(g, shape=tuple(x.shape), **how),
)
def average_pool(B, inputs, *, pool_size, strides=None, padding="valid", data_format=None):
    """The mean of each window; padded cells do not count. `strides` defaults to `pool_size`."""
    how = {"pool_size": pool_size, "strides": strides, "padding": padding, "data_format": data_format}
    return _mean_of_windows(B, lambda parts: functools.reduce(operator.add, parts), inputs, **how)


def _shares(rng):
    """A cotangent for each window, and the shape of the inputs."""
    for sample in _with_cotangents(rng):
        g, _, x = sample.args
        yield Sample((g,), {**sample.attrs, "shape": x.shape})


@composed(
    kinks=smooth,
    specials=[
        Special((_line(3.0, inf),), _line(1.5, 1.5, inf), {"pool_size": 2, "padding": "same", "shape": (1, 3, 1)}),
        Special((_line(3.0, nan),), _line(1.0, nan, nan, nan), {"pool_size": 3, "strides": 1, "shape": (1, 4, 1)}),
    ],
    samples=_shares,
    vjp=lambda B, h, y, g, *, shape, **how: B.average_pool(h, **how),
    public=False,
)
def average_pool_grad(B, g, *, shape, pool_size, strides=None, padding="valid", data_format=None):
    """The cotangent of `average_pool`'s inputs of `shape`, from that of its result: each cell has its share."""
    g, back = to_channels_last(B, g, data_format)
    shape = shape if back is None else (shape[0], *shape[2:], shape[1])
    window, strides, pairs, outputs = pool_geometry(TensorSpec(shape, B.dtype(g)), pool_size, strides, padding)
    share = _divided(B, g, shape[1:-1], window, strides, pairs, outputs)
    y = _spread(B, (share for _ in range(math.prod(window))), shape, window, strides, pairs)
    return y if back is None else B.transpose(y, axes=back)

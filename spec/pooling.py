"""Pooling over windows of one, two or three spatial axes."""

import functools
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


def window_counts(sizes, window, strides, padding, outputs):
    """How many cells of each window are not padding, as (1, *outputs, 1)."""
    counts = np.ones(())
    for n, k, s, (before, _), m in zip(sizes, window, strides, padding, outputs, strict=True):
        first = np.arange(m) * s - before
        counts = np.multiply.outer(counts, np.minimum(first + k, n) - np.maximum(first, 0))
    return counts[None, ..., None]


def _mean_of_windows(B, total, x, *, pool_size, strides, padding, data_format):
    """Means, where `total(parts)` adds up the elements that each cell of the window meets."""
    x, back = to_channels_last(B, x, data_format)
    window, strides, pairs, outputs = pool_geometry(x, pool_size, strides, padding)
    seen = taps(B, pad_spatial(B, x, pairs), window, strides, (1,) * len(window), outputs)
    summed = total(part for _, part in seen)
    if any(a or b for a, b in pairs):
        counts = window_counts(x.shape[1:-1], window, strides, pairs, outputs)
        mean = summed / B.constant(counts, dtype=B.dtype(x))
    else:
        mean = summed / float(np.prod(window))
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
)
def average_pool(B, inputs, *, pool_size, strides=None, padding="valid", data_format=None):
    """The mean of each window; padded cells do not count. `strides` defaults to `pool_size`."""
    how = {"pool_size": pool_size, "strides": strides, "padding": padding, "data_format": data_format}
    return _mean_of_windows(B, lambda parts: functools.reduce(operator.add, parts), inputs, **how)

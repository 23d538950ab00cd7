"""Pooling in few passes over memory, which compiled programs allocate once."""

import itertools
import math

import numpy as np

from kcompat.backends._host import empty as new_array
from kcompat.backends.numpy.compiler.plan import planned
from kcompat.backends.numpy.composed import composed
from kcompat.backends.numpy.dtypes import in_float32
from kcompat.spec import TensorSpec, as_dtype
from kcompat.spec.convolution import CHANNELS_FIRST, to_channels_last
from kcompat.spec.pooling import pool_geometry, window_counts

CHUNK = 2**18
"""The most elements of a pass over memory: the next pass finds them in the cache."""


class Geometry:
    """Where the windows of a pooling lie on a padded input."""

    def __init__(self, shape, pool_size, strides=None, padding="valid"):
        self.shape, spec = shape, TensorSpec(shape, "float32")
        self.window, self.strides, self.pairs, self.outputs = pool_geometry(spec, pool_size, strides, padding)
        sizes = zip(shape[1:-1], self.pairs, strict=True)
        self.padded = (shape[0], *(n + a + b for n, (a, b) in sizes), shape[-1])
        self.pooled = (shape[0], *self.outputs, shape[-1])
        self.inside = (slice(None), *(slice(a, a + n) for (a, _), n in zip(self.pairs, shape[1:-1], strict=True)))
        self.apart = all(s >= k for s, k in zip(self.strides, self.window, strict=True))
        side_by_side = (m * k for m, k in zip(self.outputs, self.window, strict=True))
        self.covered = self.window == self.strides and self.padded[1:-1] == tuple(side_by_side)
        self.chunk = max(1, min(shape[0], CHUNK * shape[0] // max(1, math.prod(shape))))
        self.scratch = (self.chunk, *self.outputs, shape[-1])

    def cells(self):
        """For each cell of the window, the index of the elements of a padded tensor that lie under it."""
        for first in itertools.product(*map(range, self.window)):
            spans = zip(first, self.outputs, self.strides, strict=True)
            yield (slice(None), *(slice(a, a + (m - 1) * s + 1, s) for a, m, s in spans))

    def padding(self, value, dtype):
        """A function that pads a tensor, each time in the same memory."""
        if self.padded == self.shape:
            return lambda x: x
        memory = np.full(self.padded, value, dtype)

        def pad(x):
            memory[self.inside] = x
            return memory

        return pad

    def unpadded(self, dtype, work):
        """Turn `work(*operands, out)`, which fills a padded `out`, into a function that fills one without padding."""
        if self.padded == self.shape:
            return work
        memory = new_array(self.padded, dtype)

        def run(*operands):
            work(*operands[:-1], memory)
            operands[-1][...] = memory[self.inside]

        return run

    def chunks(self):
        """Pairs of slices: images of the batch, and the rows of scratch memory for as many images."""
        for i in range(0, self.shape[0], self.chunk):
            n = min(self.chunk, self.shape[0] - i)
            yield slice(i, i + n), slice(n)


def _stages(geometry, dtype):
    """For each axis, the cells to reduce, and memory for the result; None for the last, which goes to the output."""
    shape = geometry.padded
    for axis, (k, s, m) in enumerate(zip(geometry.window, geometry.strides, geometry.outputs, strict=True), start=1):
        shape = (geometry.chunk, *shape[1:axis], m, *shape[axis + 1 :])
        cells = [(*(slice(None),) * axis, slice(i, i + (m - 1) * s + 1, s)) for i in range(k)]
        yield cells, None if axis == len(geometry.window) else new_array(shape, dtype)


def _reduction(geometry, dtype, ufunc, neutral, stages):
    """A `run(x, out)` that reduces the windows, in stages from `_stages`."""
    pad, stages = geometry.padding(neutral, dtype), tuple(stages)

    def run(x, out):
        x = pad(x)

        for images, scratch in geometry.chunks():
            seen = x[images]
            for (first, *others), memory in stages:
                total = out[images] if memory is None else memory[scratch]
                if others:
                    ufunc(seen[first], seen[others[0]], out=total)
                else:
                    total[...] = seen[first]
                for cell in others[1:]:
                    ufunc(total, seen[cell], out=total)
                seen = total

    return run


def _max_pool(x, **window):
    geometry = Geometry(x.shape, **window)
    return geometry.pooled, _reduction(geometry, x.dtype, np.maximum, -math.inf, _stages(geometry, x.dtype))


def _max_pool_grad(g, y, x, **window):
    geometry, dtype = Geometry(x.shape, **window), x.dtype
    pad, cells = geometry.padding(-math.inf, dtype), tuple(geometry.cells())
    hits, open_ = new_array(geometry.scratch, bool), new_array(geometry.scratch, bool)
    product = None if geometry.apart else new_array(geometry.scratch, dtype)

    def send(g, y, x, out):
        x = pad(x)

        for images, scratch in geometry.chunks():
            seen, sent, cotangent, maxima = x[images], out[images], g[images], y[images]
            hit, sought = hits[scratch], open_[scratch]
            if not geometry.covered:
                sent[...] = 0
            for i, cell in enumerate(cells):
                if i == 0:
                    np.equal(seen[cell], maxima, out=hit)
                    np.logical_not(hit, out=sought)
                elif i < len(cells) - 1:
                    np.equal(seen[cell], maxima, out=hit)
                    np.logical_and(hit, sought, out=hit)
                    np.logical_xor(hit, sought, out=sought)
                else:
                    hit = sought
                if product is None:
                    np.multiply(cotangent, hit, out=sent[cell])
                else:
                    np.multiply(cotangent, hit, out=product[scratch])
                    np.add(sent[cell], product[scratch], out=sent[cell])

    send = geometry.unpadded(dtype, send)

    def run(g, y, x, out):
        # Nothing but NaN differs from itself, and a product with False is 0 only where the other factor is finite.
        limits = np.maximum.reduce(g, axis=None), np.minimum.reduce(g, axis=None)
        if np.isfinite(limits).all() and not np.isnan(np.maximum.reduce(y, axis=None)):
            send(g, y, x, out)
        else:
            out[...] = composed("max_pool_grad")(g, y, x, **window)

    return geometry.shape, run


def _counts(geometry, dtype):
    """The number of cells of each window that are not padding."""
    if geometry.padded == geometry.shape:
        return float(math.prod(geometry.window))
    sizes = geometry.shape[1:-1]
    return window_counts(sizes, geometry.window, geometry.strides, geometry.pairs, geometry.outputs).astype(dtype)


def _average_pool(x, **window):
    geometry = Geometry(x.shape, **window)
    counts, in_order = _counts(geometry, x.dtype), [(tuple(geometry.cells()), None)]
    add_up = _reduction(geometry, x.dtype, np.add, 0, in_order)

    def run(x, out):
        add_up(x, out)
        np.divide(out, counts, out=out)

    return geometry.pooled, run


def _average_pool_grad(g, *, shape, **window):
    geometry, dtype = Geometry(shape, **window), g.dtype
    counts, cells, shares = _counts(geometry, dtype), tuple(geometry.cells()), new_array(geometry.scratch, dtype)

    def run(g, out):
        for images, scratch in geometry.chunks():
            sent, share = out[images], shares[scratch]
            np.divide(g[images], counts, out=share)
            if not geometry.covered:
                sent[...] = 0
            for cell in cells:
                if geometry.apart:
                    sent[cell] = share
                else:
                    np.add(sent[cell], share, out=sent[cell])

    return geometry.shape, geometry.unpadded(dtype, run)


def _planner(make):
    """The planner of an op. It leaves halves, empty tensors and channels first to the op itself."""

    def plan(*specs, data_format=None, **attrs):
        dtypes = {spec.dtype for spec in specs}
        plain = data_format != CHANNELS_FIRST and dtypes in ({"float32"}, {"float64"})
        return make(*specs, **attrs)[1] if plain and not _is_empty(specs, **attrs) else None

    return plan


def _is_empty(tensors, *, shape=(), **_):
    return 0 in shape or any(0 in x.shape for x in tensors)


@in_float32
def _compute(*tensors, name, make, data_format, **attrs):
    """Make a plan for these tensors and run it once."""
    if _is_empty(tensors, **attrs):
        return composed(name)(*tensors, data_format=data_format, **attrs)
    moved = [to_channels_last(np, x, data_format) for x in tensors]
    if "shape" in attrs and data_format == CHANNELS_FIRST:
        batch, channels, *sizes = attrs["shape"]
        attrs["shape"] = (batch, *sizes, channels)
    shape, run = make(*(TensorSpec(x.shape, as_dtype(x.dtype)) for x, _ in moved), **attrs)
    out, back = np.empty(shape, tensors[0].dtype), moved[0][1]
    run(*(x for x, _ in moved), out)
    return out if back is None else out.transpose(back)


@planned(_planner(_max_pool))
def max_pool(inputs, *, pool_size, strides=None, padding="valid", data_format=None):
    window = {"pool_size": pool_size, "strides": strides, "padding": padding, "data_format": data_format}
    return _compute(inputs, name="max_pool", make=_max_pool, **window)


@planned(_planner(_max_pool_grad))
def max_pool_grad(g, y, x, *, pool_size, strides=None, padding="valid", data_format=None):
    window = {"pool_size": pool_size, "strides": strides, "padding": padding, "data_format": data_format}
    return _compute(g, y, x, name="max_pool_grad", make=_max_pool_grad, **window)


@planned(_planner(_average_pool))
def average_pool(inputs, *, pool_size, strides=None, padding="valid", data_format=None):
    window = {"pool_size": pool_size, "strides": strides, "padding": padding, "data_format": data_format}
    return _compute(inputs, name="average_pool", make=_average_pool, **window)


@planned(_planner(_average_pool_grad))
def average_pool_grad(g, *, shape, pool_size, strides=None, padding="valid", data_format=None):
    window = {"pool_size": pool_size, "strides": strides, "padding": padding, "data_format": data_format}
    return _compute(g, name="average_pool_grad", make=_average_pool_grad, shape=tuple(shape), **window)

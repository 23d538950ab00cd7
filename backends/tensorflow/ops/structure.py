"""Shape, joining and splitting (structure, joining)."""

import itertools

import numpy as np
import tensorflow as tf

from kcompat.backends.tensorflow.dtypes import convert, promoted
from kcompat.spec import rules as _rules
from kcompat.spec.rules import check_alike, check_joinable, normalize_axes, normalize_axis, split_edges


def reshape(x, *, newshape):
    return tf.reshape(x, (newshape,) if isinstance(newshape, int) else newshape)


def transpose(x, *, axes=None):
    return tf.transpose(x, axes if axes is None else [a % len(x.shape) for a in axes])


def broadcast_to(x, *, shape):
    return tf.broadcast_to(x, shape)


def flip(x, *, axis=None):
    return tf.reverse(x, normalize_axes(axis, len(x.shape)))


def strided_slice(x, *, start, stop, step):
    return tf.strided_slice(x, start, stop, step) if start else x


def interior_pad(x, *, low, high, interior, value=0.0):
    if not low:
        return x
    if not any(interior):
        return tf.pad(x, list(zip(low, high, strict=True)), constant_values=convert(value, x.dtype.name))
    shape = _rules.interior_pad(x, low=low, high=high, interior=interior).shape
    step = [i + 1 for i in interior]
    stop = [a + (n - 1) * s + 1 if n else a for a, n, s in zip(low, x.shape, step, strict=True)]
    y = tf.raw_ops.StridedSliceGrad(shape=shape, begin=low, end=stop, strides=step, dy=x)  # is 0 in between
    if value == 0:
        return y
    holes = np.full(shape, value)
    holes[tuple(map(slice, low, stop, step))] = 0
    return y + tf.constant(holes, x.dtype)


def concatenate(*xs, axis=0):
    if axis is None:
        xs, axis = tuple(tf.reshape(x, (-1,)) for x in xs), 0
    axis = check_joinable(xs, axis)
    return tf.concat(promoted(*xs) if len({x.dtype for x in xs}) > 1 else xs, axis)


def stack(*x, axis=0):
    axis = check_alike(x, axis)
    return tf.stack(promoted(*x) if len({t.dtype for t in x}) > 1 else x, axis)


def split(x, *, indices_or_sections, axis=0):
    axis = normalize_axis(axis, len(x.shape))
    edges = split_edges("split", x.shape[axis], indices_or_sections, axis)
    return tuple(tf.split(x, [b - a for a, b in itertools.pairwise(edges)], axis))

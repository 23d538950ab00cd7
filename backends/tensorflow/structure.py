"""Shape, order and joining."""

import itertools

import numpy as np
import tensorflow as tf

from kcompat.backends.tensorflow import dtypes
from kcompat.spec import rules as _rules
from kcompat.spec.rules import check_alike, check_joinable, normalize_axes, normalize_axis, split_edges


def reshape(x, *, newshape):
    """See `kcompat.spec.structure.reshape`."""
    return tf.reshape(x, (newshape,) if isinstance(newshape, int) else newshape)


def transpose(x, *, axes=None):
    """See `kcompat.spec.structure.transpose`."""
    return tf.transpose(x, axes if axes is None else [a % len(x.shape) for a in axes])


def broadcast_to(x, *, shape):
    """See `kcompat.spec.structure.broadcast_to`."""
    return tf.broadcast_to(x, shape)


def flip(x, *, axis=None):
    """See `kcompat.spec.structure.flip`."""
    return tf.reverse(x, normalize_axes(axis, len(x.shape)))


def strided_slice(x, *, start, stop, step):
    """See `kcompat.spec.structure.strided_slice`."""
    return tf.strided_slice(x, start, stop, step) if start else x


def interior_pad(x, *, low, high, interior, value=0.0):
    """See `kcompat.spec.structure.interior_pad`."""
    if not low:
        return x
    if not any(interior):
        return tf.pad(x, list(zip(low, high, strict=True)), constant_values=dtypes.convert(value, x.dtype.name))
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
    """See `kcompat.spec.structure.concatenate`."""
    axis = check_joinable(xs, axis)
    return tf.concat(dtypes.promoted(*xs) if len({x.dtype for x in xs}) > 1 else xs, axis)


def stack(*x, axis=0):
    """See `kcompat.spec.structure.stack`."""
    axis = check_alike(x, axis)
    return tf.stack(dtypes.promoted(*x) if len({t.dtype for t in x}) > 1 else x, axis)


def split(x, *, indices_or_sections, axis=0):
    """See `kcompat.spec.joining.split`."""
    axis = normalize_axis(axis, len(x.shape))
    edges = split_edges("split", x.shape[axis], indices_or_sections, axis)
    return tuple(tf.split(x, [b - a for a, b in itertools.pairwise(edges)], axis))

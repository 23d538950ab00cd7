"""Reading and adding at indices."""

import math

import numpy as np
import tensorflow as tf

from kcompat.backends.tensorflow.declared import with_gradient
from kcompat.spec import rules as _rules
from kcompat.spec.rules import normalize_axis


def _wrapped(indices, size):
    """Indices from 0, as int32 or int64: TensorFlow counts none from the end."""
    indices = tf.convert_to_tensor(indices)
    if indices.dtype not in (tf.int32, tf.int64):
        indices = tf.cast(indices, tf.int32)
    return tf.where(indices < 0, indices + size, indices)


def _gather_pull(B, g, y, x, indices, *, axis):
    return scatter_add(g, indices, axis=axis, size=x.shape[axis]), None


@with_gradient(_gather_pull)
def _gather(x, indices, *, axis):
    """Its own gradient would be tf.IndexedSlices, which no rule of the spec expects."""
    return tf.gather(x, indices, axis=axis)


def take(x, indices, *, axis=None):
    if axis is None:
        x, axis = tf.reshape(x, (-1,)), 0
    axis = normalize_axis(axis, len(x.shape))
    return _gather(x, _wrapped(indices, x.shape[axis]), axis=axis)


def scatter_add(values, indices, *, axis, size):
    rank, count = len(values.shape), len(indices.shape)
    if axis:
        values = tf.transpose(values, [*range(axis, axis + count), *range(axis), *range(axis + count, rank)])
    y = tf.math.unsorted_segment_sum(values, _wrapped(indices, size), size)
    return tf.transpose(y, [*range(1, axis + 1), 0, *range(axis + 1, rank - count + 1)]) if axis else y


def _positions(indices, shape, axis):
    """Where in the flat elements of a tensor of `shape` each index along `axis` points; sizes of 1 broadcast."""
    strides = [math.prod(shape[i + 1 :]) for i in range(len(shape))]
    offsets = np.zeros((1,) * len(shape), indices.dtype.as_numpy_dtype)
    for i, (n, stride) in enumerate(zip(shape, strides, strict=True)):
        if i != axis and n != 1:
            along = np.arange(n, dtype=offsets.dtype) * stride
            offsets = offsets + along.reshape([-1 if j == i else 1 for j in range(len(shape))])
    return _wrapped(indices, shape[axis]) * strides[axis] + offsets


def take_along_axis(x, indices, *, axis=None):
    _rules.take_along_axis(x, indices, axis=axis)  # which refuses what does not fit
    if axis is None:
        return take(x, indices)
    shape, axis = tuple(x.shape), normalize_axis(axis, len(x.shape))
    return _gather(tf.reshape(x, (-1,)), _positions(indices, shape, axis), axis=0)


def scatter_add_along_axis(values, indices, *, axis, size):
    shape = (*values.shape[:axis], size, *values.shape[axis + 1 :])
    positions = tf.broadcast_to(_positions(indices, shape, axis), values.shape)
    return tf.reshape(tf.math.unsorted_segment_sum(values, positions, math.prod(shape)), shape)

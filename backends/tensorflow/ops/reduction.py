"""Reductions and running totals (reduction, cumulative)."""

import math

import tensorflow as tf

from kcompat.backends.tensorflow.dtypes import as_float, convert, through
from kcompat.spec import rules as _rules
from kcompat.spec.rules import cumulated_dtype, normalize_axes, normalize_axis, total_dtype


def _axes(x, axis):
    return list(normalize_axes(axis, len(x.shape)))


def sum(x, *, axis=None, keepdims=False):  # noqa: A001
    if x.dtype.is_floating and x.dtype.size == 2:  # along first axes TensorFlow rounds each partial sum to the half
        return through(lambda x: tf.reduce_sum(x, _axes(x, axis), keepdims), tf.float32, x)
    x, axes = convert(x, total_dtype(x.dtype.name)), _axes(x, axis)
    if not _adds_many_rows(x, axes):
        return tf.reduce_sum(x, axes, keepdims)
    first, kept = len(axes), list(x.shape[len(axes) :])
    y = _sum_of_rows(tf.reshape(x, [math.prod(x.shape[:first]), *kept]))
    return tf.reshape(y, [1] * first + kept) if keepdims else y


BLOCK, MANY = 128, 4096
"""How many rows are added one after the other, and from how many on that matters."""


def _adds_many_rows(x, axes):
    """Along first axes TensorFlow adds row after row, and the error grows with their number."""
    first = 0 < len(axes) < x.shape.rank and axes == list(range(len(axes)))
    return first and x.dtype.is_floating and x.shape.is_fully_defined() and math.prod(x.shape[: len(axes)]) >= MANY


def _sum_of_rows(x):
    count = x.shape[0]
    if count <= BLOCK:
        return tf.reduce_sum(x, 0)
    whole = count - count % BLOCK
    y = _sum_of_rows(tf.reduce_sum(tf.reshape(x[:whole], [-1, BLOCK, *x.shape[1:]]), 1))
    return y if whole == count else y + tf.reduce_sum(x[whole:], 0)


def mean(x, *, axis=None, keepdims=False):
    x = as_float(x)
    if x.dtype.size == 2:
        return through(lambda x: tf.reduce_mean(x, _axes(x, axis), keepdims), tf.float32, x)
    axes = _axes(x, axis)
    if _adds_many_rows(x, axes):
        return sum(x, axis=axis, keepdims=keepdims) / math.prod(x.shape[: len(axes)])
    return tf.reduce_mean(x, axes, keepdims)


def prod(x, *, axis=None, keepdims=False, dtype=None):
    axes = _axes(x, axis)
    x = convert(x, dtype or total_dtype(x.dtype.name))
    if x.dtype.is_floating:
        return tf.reduce_prod(x, axes, keepdims)
    return through(lambda x: tf.reduce_prod(x, axes, keepdims), tf.int64, x)


def _extremum(numbers, bools):
    def call(x, *, axis=None, keepdims=False):
        _rules.maximum_along(x, axis=axis, keepdims=keepdims)  # which refuses a maximum of nothing
        y = (bools if x.dtype == tf.bool else numbers)(x, _axes(x, axis), keepdims)
        if not x.dtype.is_floating or tf.executing_eagerly():
            return y
        missing = tf.reduce_any(tf.math.is_nan(x), _axes(x, axis), keepdims)  # which XLA passes over
        return tf.where(missing, tf.constant(math.nan, y.dtype), y)

    return call


max = _extremum(tf.reduce_max, tf.reduce_any)  # noqa: A001
min = _extremum(tf.reduce_min, tf.reduce_all)  # noqa: A001


def _truth(f):
    def call(x, *, axis=None, keepdims=False):
        x = x if x.dtype == tf.bool else tf.not_equal(x, tf.zeros((), x.dtype))
        return f(x, _axes(x, axis), keepdims)

    return call


all, any = map(_truth, (tf.reduce_all, tf.reduce_any))  # noqa: A001


def _index(numbers, extremum):
    def call(x, *, axis=None, keepdims=False):
        result = _rules.index_along(x, axis=axis, keepdims=keepdims).shape
        if axis is None:
            x, axis = tf.reshape(x, (-1,)), 0
        axis = normalize_axis(axis, len(x.shape))
        if x.dtype.is_floating:  # TensorFlow's own passes over NaN
            hit = tf.equal(x, extremum(x, axis, keepdims=True)) | tf.math.is_nan(x)
            return tf.reshape(tf.argmax(hit, axis, tf.int32), result)
        x = tf.cast(x, tf.int32) if x.dtype == tf.bool else x
        return tf.reshape(numbers(x, axis, tf.int32), result)

    return call


argmax, argmin = _index(tf.argmax, tf.reduce_max), _index(tf.argmin, tf.reduce_min)


def cumsum(x, *, axis=None, dtype=None):
    x = convert(x, cumulated_dtype(x.dtype.name, dtype))
    if axis is None:
        x, axis = tf.reshape(x, (-1,)), 0
    axis = normalize_axis(axis, len(x.shape))
    return tf.cumsum(x, axis) if x.dtype.is_floating else through(lambda x: tf.cumsum(x, axis), tf.int64, x)

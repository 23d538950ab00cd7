"""Sorting and search."""

import math

import tensorflow as tf

from kcompat.backends.tensorflow.dtypes import promoted
from kcompat.spec.rules import check_search, normalize_axis

_BITS = {4: tf.int32, 8: tf.int64}


def argsort(x, *, axis=-1):
    if axis is None:
        x, axis = tf.reshape(x, (-1,)), 0
    if x.dtype.is_floating:
        x = _ordered_integers(x if x.dtype.size >= 4 else tf.cast(x, tf.float32))
    elif x.dtype == tf.bool:
        x = tf.cast(x, tf.int32)
    return tf.argsort(x, normalize_axis(axis, len(x.shape)), stable=True)


def _ordered_integers(x):
    """Integers in the order of the floats, NaN last: TensorFlow puts NaN anywhere."""
    kind = _BITS[x.dtype.size]
    largest = tf.constant(kind.max, kind)
    bits = tf.bitcast(tf.where(tf.equal(x, 0), tf.zeros_like(x), x), kind)  # -0.0 equals 0.0
    return tf.where(tf.math.is_nan(x), largest, tf.where(bits < 0, tf.bitwise.bitwise_xor(bits, largest), bits))


def searchsorted(sorted_sequence, values, *, side="left"):
    """TensorFlow's own expects no NaN."""
    check_search(sorted_sequence, side)
    sequence, values = promoted(sorted_sequence, values)
    if not sequence.dtype.is_floating:
        return _searched(tf.cast(sequence, tf.int64), tf.cast(values, tf.int64), side)
    if sequence.dtype.size < 4:
        sequence, values = tf.cast(sequence, tf.float32), tf.cast(values, tf.float32)
    missing = tf.math.is_nan(sequence)
    position = _searched(tf.where(missing, tf.constant(math.inf, sequence.dtype), sequence), values, side)
    numbers = tf.math.count_nonzero(~missing, dtype=tf.int32)
    at_end = sequence.shape[0] if side == "right" else numbers
    return tf.where(tf.math.is_nan(values), at_end, tf.minimum(position, numbers))


def _searched(sequence, values, side):
    flat = tf.searchsorted(sequence, tf.reshape(values, (-1,)), side)
    return tf.reshape(flat, values.shape)

"""Comparison, logic, choice and bits."""

import tensorflow as tf

from kcompat.backends.tensorflow.dtypes import convert, pair
from kcompat.spec.dtypes import integer_type, shift_type


def _comparison(f, x1, x2):
    x1, x2 = pair(x1, x2)
    return f(*(tf.cast(x, tf.int32) for x in (x1, x2))) if x1.dtype is tf.bool else f(x1, x2)


def equal(x1, x2):
    return tf.equal(*pair(x1, x2))


def not_equal(x1, x2):
    return tf.not_equal(*pair(x1, x2))


def greater(x1, x2):
    return _comparison(tf.greater, x1, x2)


def greater_equal(x1, x2):
    return _comparison(tf.greater_equal, x1, x2)


def less(x1, x2):
    return _comparison(tf.less, x1, x2)


def less_equal(x1, x2):
    return _comparison(tf.less_equal, x1, x2)


def logical_and(x1, x2):
    return tf.logical_and(convert(x1, "bool"), convert(x2, "bool"))


def logical_or(x1, x2):
    return tf.logical_or(convert(x1, "bool"), convert(x2, "bool"))


def logical_not(x):
    return tf.logical_not(convert(x, "bool"))


def where(condition, x1, x2):
    return tf.where(convert(condition, "bool"), *pair(x1, x2))


def _bits(f, of_bools, x, y):
    x, y = pair(x, y)
    if x.dtype == tf.bool:
        return of_bools(x, y)
    if x.dtype.is_floating:
        integer_type(x, y)  # which refuses floats
    return f(x, y)


def bitwise_and(x, y):
    return _bits(tf.bitwise.bitwise_and, tf.logical_and, x, y)


def bitwise_or(x, y):
    return _bits(tf.bitwise.bitwise_or, tf.logical_or, x, y)


def bitwise_xor(x, y):
    return _bits(tf.bitwise.bitwise_xor, tf.not_equal, x, y)


def left_shift(x, y):
    return _bits(tf.bitwise.left_shift, shift_type, x, y)


def right_shift(x, y):
    return _bits(tf.bitwise.right_shift, shift_type, x, y)

"""Arithmetic."""

import tensorflow as tf

from kcompat.backends.tensorflow.declared import declared, with_gradient
from kcompat.backends.tensorflow.dtypes import SCALARS, convert, pair, promoted, through
from kcompat.spec import float_type
from kcompat.spec import rules as _rules
from kcompat.spec.calculus import unbroadcast
from kcompat.spec.dtypes import held, number_type


def add(x1, x2):
    x1, x2 = pair(x1, x2)
    return tf.logical_or(x1, x2) if x1.dtype is tf.bool else tf.add(x1, x2)


def subtract(x1, x2):
    x1, x2 = pair(x1, x2)
    if x1.dtype is tf.bool:
        number_type(x1, x2)  # which refuses bools
    return tf.subtract(x1, x2)


def multiply(x1, x2):
    x1, x2 = pair(x1, x2)
    return tf.logical_and(x1, x2) if x1.dtype is tf.bool else tf.multiply(x1, x2)


def divide(x1, x2):
    dtype = float_type(x1, x2)
    return tf.divide(convert(x1, dtype), convert(x2, dtype))


@declared
def _power(x1, x2):
    """TensorFlow's own gradient is NaN at `0 ** 0`."""
    return tf.pow(x1, x2)


def power(x1, x2):
    if type(x2) is int and x2 < 0:
        _rules.power(x1, x2)  # which refuses integers
    constant = type(x2) in SCALARS and x2 != 0
    x1, x2 = pair(x1, x2)
    if not x1.dtype.is_floating:
        return through(tf.pow, tf.int64, x1, x2)
    return tf.pow(x1, x2) if constant else _power(x1, x2)


def _choice_pull(first_wins):
    """The pullback of a choice between two: all to the chosen one, half to each at a tie or at NaN."""

    def pull(B, g, y, x1, x2):
        first, second, half = first_wins(x1, x2), first_wins(x2, x1), g * 0.5
        none = tf.zeros((), g.dtype)
        g1 = tf.where(first, g, tf.where(second, none, half))
        g2 = tf.where(second, g, tf.where(first, none, half))
        return unbroadcast(B, g1, x1), unbroadcast(B, g2, x2)

    return pull


_maximum = with_gradient(_choice_pull(tf.greater))(lambda x1, x2: tf.maximum(x1, x2))
_minimum = with_gradient(_choice_pull(tf.less))(lambda x1, x2: tf.minimum(x1, x2))


def _clip_pull(B, g, y, x, x_min, x_max):
    below = tf.less(x, x_min)
    above = tf.greater(tf.where(below, x_min, x), x_max)
    below = tf.logical_and(below, tf.logical_not(above))
    none = tf.zeros((), g.dtype)
    to_max, to_min = tf.where(above, g, none), tf.where(below, g, none)
    to_x = tf.where(tf.logical_or(above, below), none, g)
    return unbroadcast(B, to_x, x), unbroadcast(B, to_min, x_min), unbroadcast(B, to_max, x_max)


@with_gradient(_clip_pull)
def _clip(x, x_min, x_max):
    """`x` within bounds, the upper one last; NaN stays."""
    return tf.minimum(tf.maximum(x, x_min), x_max)


def maximum(x1, x2):
    x1, x2 = pair(*(held(x1, x2) if type(x1) is int or type(x2) is int else (x1, x2)))
    if x1.dtype.is_floating:
        return _maximum(x1, x2)
    return through(tf.maximum, tf.int32, x1, x2) if x1.dtype is tf.bool else tf.maximum(x1, x2)


def minimum(x1, x2):
    x1, x2 = pair(*(held(x1, x2) if type(x1) is int or type(x2) is int else (x1, x2)))
    if x1.dtype.is_floating:
        return _minimum(x1, x2)
    return through(tf.minimum, tf.int32, x1, x2) if x1.dtype is tf.bool else tf.minimum(x1, x2)


def clip(x, x_min, x_max):
    x, x_min, x_max = promoted(*held(x, x_min, x_max))
    if not x.dtype.is_floating:
        return minimum(maximum(x, x_min), x_max)
    return _clip(x, x_min, x_max)


def absolute(x):
    return x if x.dtype.is_unsigned or x.dtype == tf.bool else tf.abs(x)


def negative(x):
    return tf.zeros_like(x) - x if x.dtype.is_unsigned else tf.negative(x)


def reciprocal(x):
    return divide(1.0, x)


def square(x):
    return tf.square(x)


def isnan(x):
    return tf.math.is_nan(x) if x.dtype.is_floating else tf.zeros_like(x, tf.bool)


def isfinite(x):
    return tf.math.is_finite(x) if x.dtype.is_floating else tf.ones_like(x, tf.bool)

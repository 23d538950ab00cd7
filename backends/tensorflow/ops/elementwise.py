"""Functions of real numbers (elementwise, special, trigonometry)."""

import math

import tensorflow as tf

from kcompat.backends.tensorflow.declared import by_body, declared
from kcompat.backends.tensorflow.dtypes import convert, of_float
from kcompat.spec import float_type

exp, expm1, log, log1p, sqrt = map(of_float, (tf.exp, tf.math.expm1, tf.math.log, tf.math.log1p, tf.sqrt))
sin, cos, tanh, arctan, floor = map(of_float, (tf.sin, tf.cos, tf.tanh, tf.math.atan, tf.floor))
erf, erfc = map(of_float, (tf.math.erf, tf.math.erfc))
cbrt, cosh, sinh = map(by_body, ("cbrt", "cosh", "sinh"))  # the bodies' second derivatives lose digits


@declared
def _erfinv(x):
    """TensorFlow's own goes by way of `1 + x`, which loses what is small; near 0 the series has three terms."""
    wide = tf.cast(x, tf.float64)
    square = wide * wide
    near = wide * (math.sqrt(math.pi) / 2) * (1 + square * (math.pi / 12 + square * (7 * math.pi**2 / 480)))
    return tf.cast(tf.where(tf.abs(wide) < 1e-3, near, tf.math.erfinv(wide)), x.dtype)


erfinv = of_float(_erfinv)


@declared
def _arctan2(x1, x2):
    """TensorFlow's own gradient divides by `x1 ** 2 + x2 ** 2`, which overflows, and is NaN at the origin."""
    return tf.math.atan2(x1, x2)


def arctan2(x1, x2):
    return _arctan2(*(convert(x, float_type(x1, x2)) for x in (x1, x2)))

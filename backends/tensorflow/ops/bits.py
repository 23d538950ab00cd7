"""Bits, and the remainders and quotients of integers (bits, rounding)."""

import tensorflow as tf

from kcompat.backends.tensorflow.declared import declared
from kcompat.backends.tensorflow.dtypes import convert, through
from kcompat.backends.tensorflow.interpreter import interpreter
from kcompat.spec import as_dtype, is_float
from kcompat.spec import rules as _rules
from kcompat.spec.bits import nextafter_by_bits


def _in_dtype(dtype, *xs):
    return [convert(x, dtype) for x in xs]


def _of_integers(f, dtype, *xs):
    """In int64 what TensorFlow lacks in other integers."""
    return convert(f(*_in_dtype(dtype if dtype == "int32" else "int64", *xs)), dtype)


@declared
def _fmod(x1, x2):
    """TensorFlow's own has no gradient, and no halves, whose remainders are as exact in float32."""
    return through(tf.truncatemod, tf.float32, x1, x2) if x1.dtype.size == 2 else tf.truncatemod(x1, x2)


def fmod(x1, x2):
    dtype = _rules.remainder(x1, x2).dtype
    return _fmod(*_in_dtype(dtype, x1, x2)) if is_float(dtype) else _of_integers(tf.truncatemod, dtype, x1, x2)


def integer_quotient(x1, x2):
    return _of_integers(tf.math.floordiv, _rules.of_integers(x1, x2).dtype, x1, x2)


def gcd(x1, x2):
    return _of_integers(_euclid, _rules.of_integers(x1, x2).dtype, x1, x2)


def _euclid(x1, x2):
    """By remainders until all are 0."""
    shape = tf.broadcast_static_shape(x1.shape, x2.shape)
    zero, one = tf.zeros((), x1.dtype), tf.ones((), x1.dtype)

    def step(a, b):
        done = tf.equal(b, zero)
        return tf.where(done, a, b), tf.where(done, zero, tf.math.floormod(a, tf.where(done, one, b)))

    start = [tf.broadcast_to(tf.abs(x), shape) for x in (x1, x2)]
    return tf.abs(tf.while_loop(lambda a, b: tf.reduce_any(tf.not_equal(b, zero)), step, start)[0])


def nextafter(x1, x2):
    """TensorFlow has none of halves."""
    return nextafter_by_bits(interpreter(), x1, x2)


def view(x, *, dtype=None):
    spec = _rules.view(x, dtype=dtype)
    old, new = _rules.item_bits(as_dtype(x.dtype)), _rules.item_bits(spec.dtype)
    x = tf.stop_gradient(x)
    if new > old:
        x = tf.reshape(x, (*spec.shape, new // old))
    return tf.reshape(tf.bitcast(x, spec.dtype), spec.shape)

"""Elementwise functions of TensorFlow, in the dtypes of the spec."""

import tensorflow as tf

from kcompat.backends.tensorflow import dtypes, kinks
from kcompat.spec import as_dtype, float_type, is_float
from kcompat.spec import rules as rules
from kcompat.spec.bits import nextafter_by_bits

__all__ = ["arctan", "arctan2", "cbrt", "copy", "cosh", "fmod", "gcd", "integer_quotient", "nextafter", "sinh", "view"]


def _in_dtype(dtype, *xs):
    return [dtypes.convert(x, dtype) for x in xs]


@kinks.declared
def arctan2_(x1, x2):
    """TensorFlow's own gradient divides by `x1 ** 2 + x2 ** 2`, which overflows, and is NaN at the origin."""
    return tf.math.atan2(x1, x2)


def arctan2(x1, x2):
    """See `kcompat.spec.trigonometry.arctan2`."""
    return arctan2_(*_in_dtype(float_type(x1, x2), x1, x2))


def arctan(x):
    """See `kcompat.spec.trigonometry.arctan`."""
    return tf.math.atan(dtypes.as_float(x))


cbrt, cosh, sinh = map(kinks.by_body, ("cbrt", "cosh", "sinh"))  # the bodies' second derivatives lose digits


def _of_integers(f, dtype, *xs):
    """In int64 what TensorFlow lacks in other integers."""
    return dtypes.convert(f(*_in_dtype(dtype if dtype == "int32" else "int64", *xs)), dtype)


@kinks.declared
def fmod_(x1, x2):
    """TensorFlow's own has no gradient, and no halves, whose remainders are as exact in float32."""
    return dtypes.through(tf.truncatemod, tf.float32, x1, x2) if x1.dtype.size == 2 else tf.truncatemod(x1, x2)


def fmod(x1, x2):
    """See `kcompat.spec.rounding.fmod`."""
    dtype = rules.remainder(x1, x2).dtype
    return fmod_(*_in_dtype(dtype, x1, x2)) if is_float(dtype) else _of_integers(tf.truncatemod, dtype, x1, x2)


def integer_quotient(x1, x2):
    """See `kcompat.spec.rounding.integer_quotient`."""
    return _of_integers(tf.math.floordiv, rules.of_integers(x1, x2).dtype, x1, x2)


def gcd(x1, x2):
    """See `kcompat.spec.bits.gcd`."""
    return _of_integers(_euclid, rules.of_integers(x1, x2).dtype, x1, x2)


def _euclid(x1, x2):
    """By remainders until all are 0."""
    shape = tf.broadcast_static_shape(x1.shape, x2.shape)
    zero, one = tf.zeros((), x1.dtype), tf.ones((), x1.dtype)

    def step(a, b):
        done = tf.equal(b, zero)
        return tf.where(done, a, b), tf.where(done, zero, tf.math.floormod(a, tf.where(done, one, b)))

    start = [tf.broadcast_to(tf.abs(x), shape) for x in (x1, x2)]
    return tf.while_loop(lambda a, b: tf.reduce_any(tf.not_equal(b, zero)), step, start)[0]


def nextafter(x1, x2):
    """See `kcompat.spec.bits.nextafter`; TensorFlow has none of halves."""
    return nextafter_by_bits(kinks.interpreter(), x1, x2)


def view(x, *, dtype=None):
    """See `kcompat.spec.bits.view`."""
    spec = rules.view(x, dtype=dtype)
    old, new = rules.item_bits(as_dtype(x.dtype)), rules.item_bits(spec.dtype)
    x = tf.stop_gradient(x)
    if new > old:
        x = tf.reshape(x, (*spec.shape, new // old))
    return tf.reshape(tf.bitcast(x, spec.dtype), spec.shape)


def copy(x):
    """`x` in memory of its own."""
    return tf.identity(x)

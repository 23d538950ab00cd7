"""Softmax."""

import tensorflow as tf

from kcompat.backends.tensorflow.declared import declared
from kcompat.backends.tensorflow.dtypes import as_float, through
from kcompat.backends.tensorflow.interpreter import run_body
from kcompat.spec.rules import normalize_axes


@declared
def _softmax(x, *, axis):
    """TensorFlow's own gives 0 beside NaN; a NaN in the row makes the largest element NaN."""
    largest = tf.reduce_max(x, axis, keepdims=True)
    return tf.nn.softmax(x, axis) + (largest - largest)


def _along(name, f):
    """`f`, whose kernel works along one axis; the spec's body works over several."""

    def call(x, *, axis=-1):
        x = as_float(x)
        axes = normalize_axes(axis, x.shape.rank)
        return f(x, axis=axes[0]) if len(axes) == 1 else run_body(name, x, axis=axis)

    return call


def _log_softmax(x, *, axis):
    """TensorFlow's own adds up float16 in float16, where more than 65504 equal elements overflow."""
    if x.dtype is tf.float16:
        return through(lambda x: tf.nn.log_softmax(x, axis), tf.float32, x)
    return tf.nn.log_softmax(x, axis)


softmax, log_softmax = _along("softmax", _softmax), _along("log_softmax", _log_softmax)

"""Pooling by TensorFlow's kernels."""

import tensorflow as tf

from kcompat.backends.tensorflow.interpreter import interpreter, run_body
from kcompat.spec.convolution import to_channels_last
from kcompat.spec.pooling import pool_geometry

_FORMATS = {3: "NWC", 4: "NHWC", 5: "NDHWC"}
"""Said aloud: without it TensorFlow's gradient of three-dimensional pooling raises in eager mode."""


def max_pool(inputs, *, pool_size, strides=None, padding="valid", data_format=None):
    x, back = to_channels_last(interpreter(), inputs, data_format)
    window, strides, _, _ = pool_geometry(x, pool_size, strides, padding)

    def taps():
        return run_body("max_pool", x, pool_size=window, strides=strides, padding=padding)

    @tf.custom_gradient
    def repaired(y):
        """The kernel passes over NaN and knows nothing below the smallest finite number."""
        return tf.cond(_surely_finite(x), lambda: y, taps), tf.identity

    if 0 in tuple(x.shape):
        y = taps()
    elif len(window) == 3:  # whose kernel for the gradient gives it to all of equal elements
        y = _with_first_of_equals(x, repaired, window, strides, padding)
    else:
        y = repaired(tf.nn.max_pool(x, window, strides, padding.upper(), _FORMATS[len(x.shape)]))
    return y if back is None else tf.transpose(y, back)


def _surely_finite(x):
    """Whether the sum is finite: then so is each element. This takes less than to look at all of them.

    Not whether the minimum is: under XLA that passes over NaN.
    """
    return tf.math.is_finite(tf.reduce_sum(x if x.dtype.size > 2 else tf.cast(x, tf.float32)))


def _with_first_of_equals(x, repaired, window, strides, padding):
    @tf.custom_gradient
    def pooled(x):
        y = repaired(tf.nn.max_pool(x, window, strides, padding.upper(), _FORMATS[len(x.shape)]))
        geometry = {"pool_size": window, "strides": strides, "padding": padding}
        return y, lambda g: interpreter().max_pool_grad(g, y, x, **geometry)

    return pooled(x)


def average_pool(inputs, *, pool_size, strides=None, padding="valid", data_format=None):
    x, back = to_channels_last(interpreter(), inputs, data_format)
    window, strides, _, _ = pool_geometry(x, pool_size, strides, padding)
    if 0 in tuple(x.shape):
        return run_body(
            "average_pool", inputs, pool_size=window, strides=strides, padding=padding, data_format=data_format
        )
    y = tf.nn.avg_pool(x, window, strides, padding.upper(), _FORMATS[len(x.shape)])
    return y if back is None else tf.transpose(y, back)

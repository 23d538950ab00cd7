"""Combining values at indices that may repeat."""

import math

import tensorflow as tf

from kcompat.backends.tensorflow.declared import declared


@declared
def scatter_max(values, indices, *, size):
    floating = values.dtype.is_floating
    lowest = tf.constant(-math.inf if floating else values.dtype.min, values.dtype)
    y = tf.tensor_scatter_nd_max(tf.fill((size, *values.shape[1:]), lowest), indices[:, None], values)
    if not floating:
        return y
    unordered = tf.math.unsorted_segment_sum(tf.cast(tf.math.is_nan(values), values.dtype), indices, size) > 0
    return tf.where(unordered, tf.constant(math.nan, values.dtype), y)  # TensorFlow's own passes over NaN


@declared
def scatter_multiply(values, indices, *, size):
    return tf.math.unsorted_segment_prod(values, indices, size)

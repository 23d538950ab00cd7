"""Activations."""

import tensorflow as tf

from kcompat.backends.tensorflow.declared import with_gradient
from kcompat.backends.tensorflow.dtypes import as_float, of_float

sigmoid, softplus = map(of_float, (tf.sigmoid, tf.nn.softplus))


def _apart(x):
    """The same tensor, which a graph does not join with what computed it.

    oneDNN's kernels for a product or a convolution followed by relu give 0 for NaN.
    """
    return x if tf.executing_eagerly() or not x.dtype.is_floating else _snapshot(x)


@tf.custom_gradient
def _snapshot(x):
    return tf.raw_ops.Snapshot(input=x), tf.identity


def relu(x):
    return tf.nn.relu(_apart(x))


def relu6(x):
    return tf.nn.relu6(_apart(x))


def leaky_relu(x, *, negative_slope=0.2):
    return tf.nn.leaky_relu(as_float(x), negative_slope)


def _elu_pull(B, g, y, x, *, alpha):
    return (tf.raw_ops.EluGrad(gradients=g, outputs=y) if alpha == 1 else tf.where(x > 0, g, g * (y + alpha)),)


@with_gradient(_elu_pull)
def _elu(x, *, alpha):
    """TensorFlow's own computes `exp(x) - 1`, which cancels near 0."""
    below = tf.math.expm1(tf.minimum(x, 0))
    return tf.nn.relu(x) + (below if alpha == 1 else below * alpha)


def elu(x, *, alpha=1.0):
    return _elu(as_float(x), alpha=alpha)

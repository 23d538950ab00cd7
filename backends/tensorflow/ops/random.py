"""The last step of a draw."""

import tensorflow as tf

from kcompat.backends.tensorflow.declared import with_gradient
from kcompat.backends.tensorflow.ops.arithmetic import add, multiply


@with_gradient(lambda B, g, y, x: (g,))
def _rounded(x):
    """`x`, safe from fusion: without this XLA makes a fused multiply-add, with one rounding, of `a * b + c`.

    A product with 1 or -1 is exact, so it does not matter that this one is fused.
    """
    return tf.abs(x) * tf.sign(x)


def scale_and_shift(x, *, factor, offset):
    product = multiply(x, factor)
    return add(product if tf.executing_eagerly() else _rounded(product), offset)

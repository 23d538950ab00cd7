"""Matrix products."""

import math

import tensorflow as tf

from kcompat.backends.tensorflow.dtypes import pair, through
from kcompat.spec import rules as _rules


def matmul(x1, x2):
    x1, x2 = pair(x1, x2)
    if not (x1.dtype.is_floating or x1.dtype in (tf.int32, tf.int64)):
        return through(_matmul, tf.int64, x1, x2)
    return _matmul(x1, x2)


def _matmul(x1, x2):
    left, right = tuple(x1.shape), tuple(x2.shape)
    if len(left) < 2 or len(right) < 2:
        result = _rules.matmul(x1, x2).shape
        y = _matmul(x1 if len(left) > 1 else x1[None], x2 if len(right) > 1 else x2[:, None])
        return tf.reshape(y, result)
    if len(left) > 2 and len(right) == 2:  # one product, and one for each gradient, in place of a stack of them
        y = tf.matmul(tf.reshape(x1, (math.prod(left[:-1]), left[-1])), x2)
        return tf.reshape(y, (*left[:-1], right[-1]))
    return tf.matmul(x1, x2)

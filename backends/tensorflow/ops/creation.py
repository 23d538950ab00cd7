"""New tensors, dtypes and copies (creation, conversion)."""

import numpy as np
import tensorflow as tf

from kcompat.backends.tensorflow.dtypes import convert
from kcompat.spec import floatx, is_float, result_type


def full(*, shape, fill_value, dtype=None):
    dtype = dtype or floatx()
    return tf.fill((shape,) if isinstance(shape, int) else tuple(shape), convert(fill_value, dtype))


def arange(*, start, stop=None, step=None, dtype=None):
    first, last = (0, start) if stop is None else (start, stop)
    step = 1 if step is None else step
    dtype = dtype or result_type(first, last, step)
    if dtype in ("int32", "int64"):
        return tf.range(first, last, step, dtype)
    # On the host: tf.range adds up its rounding errors.
    values = np.arange(first, last, step, dtype=None if is_float(dtype) else dtype)
    return tf.constant(values.astype(tf.as_dtype(dtype).as_numpy_dtype))


def cast(x, *, dtype):
    return convert(x, dtype)


def stop_gradient(variable):
    return tf.stop_gradient(variable)


def copy(x):
    return tf.identity(x)

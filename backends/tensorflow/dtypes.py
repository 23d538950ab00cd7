"""Operands of one dtype: TensorFlow promotes nothing by itself."""

import tensorflow as tf

from kcompat.spec import floatx, is_float, result_type

SCALARS = frozenset({bool, int, float})


def convert(x, dtype):
    """Give a scalar or a tensor as a tensor of `dtype`."""
    if type(x) in SCALARS:
        return tf.constant(float(x) if is_float(dtype) else bool(x) if dtype == "bool" else int(x), dtype)
    return x if x.dtype == dtype else tf.cast(x, dtype)


def promoted(*xs):
    """Tensors of the dtype of the result."""
    dtype = result_type(*xs)
    return [convert(x, dtype) for x in xs]


def pair(x1, x2):
    """Like `promoted`, and quick for two tensors of one dtype."""
    if type(x1) not in SCALARS and type(x2) not in SCALARS and x1.dtype is x2.dtype:
        return x1, x2
    return promoted(x1, x2)


def as_float(x):
    """Give an integer tensor as floatx."""
    return x if x.dtype.is_floating else tf.cast(x, floatx())


def through(f, wide, *xs):
    """`f`, which lacks the dtype of `xs`, computed in a wider one."""
    return tf.cast(f(*(tf.cast(x, wide) for x in xs)), xs[0].dtype)


def of_float(f):
    """`f` of floats: an integer tensor becomes floatx."""

    def call(x):
        return f(as_float(x))

    return call

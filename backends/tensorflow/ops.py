"""The primitives on TensorFlow's tensors, and the composed ops that TensorFlow has a faster form of."""

import math

import numpy as np
import tensorflow as tf

from kcompat.backends.tensorflow import dtypes as _dtypes
from kcompat.backends.tensorflow import kinks as _kinks
from kcompat.backends.tensorflow.convolution import convolution, convolution_input_grad, convolution_kernel_grad
from kcompat.backends.tensorflow.elementwise import (
    arctan,
    arctan2,
    cbrt,
    copy,
    cosh,
    fmod,
    gcd,
    integer_quotient,
    nextafter,
    sinh,
    view,
)
from kcompat.backends.tensorflow.indexing import (
    argsort,
    scatter_add,
    scatter_add_along_axis,
    take,
    take_along_axis,
)
from kcompat.backends.tensorflow.linalg import (
    cholesky,
    det,
    eigh,
    linear_solve,
    lu,
    pinv,
    qr,
    slogdet,
    svd,
    triangular_solve,
)
from kcompat.backends.tensorflow.nn import log_softmax, softmax
from kcompat.backends.tensorflow.pooling import average_pool, max_pool
from kcompat.backends.tensorflow.recurrent import gru_sequence, lstm_sequence, rnn_sequence
from kcompat.backends.tensorflow.reduction import (
    all,  # noqa: A004
    any,  # noqa: A004
    argmax,
    argmin,
    cumsum,
    max,  # noqa: A004
    mean,
    min,  # noqa: A004
    prod,
    searchsorted,
    sum,  # noqa: A004
)
from kcompat.backends.tensorflow.scatter import scatter_max, scatter_multiply
from kcompat.backends.tensorflow.structure import (
    broadcast_to,
    concatenate,
    flip,
    interior_pad,
    reshape,
    split,
    stack,
    strided_slice,
    transpose,
)
from kcompat.spec import float_type, floatx, is_float, result_type
from kcompat.spec import rules as _rules
from kcompat.spec.dtypes import integer_type as _integer_type
from kcompat.spec.dtypes import number_type as _number_type
from kcompat.spec.dtypes import shift_type as _shift_type

__all__ = [
    "all",
    "any",
    "argmax",
    "argmin",
    "argsort",
    "average_pool",
    "broadcast_to",
    "concatenate",
    "convolution",
    "convolution_input_grad",
    "convolution_kernel_grad",
    "cumsum",
    "flip",
    "interior_pad",
    "log_softmax",
    "max",
    "max_pool",
    "mean",
    "min",
    "prod",
    "reshape",
    "scatter_add",
    "scatter_add_along_axis",
    "scatter_max",
    "scatter_multiply",
    "searchsorted",
    "softmax",
    "split",
    "stack",
    "strided_slice",
    "sum",
    "take",
    "take_along_axis",
    "transpose",
]
__all__ += ["gru_sequence", "lstm_sequence", "rnn_sequence"]
__all__ += ["arctan", "arctan2", "cbrt", "copy", "cosh", "fmod", "gcd", "integer_quotient", "nextafter", "sinh", "view"]
__all__ += ["cholesky", "det", "eigh", "linear_solve", "lu", "pinv", "qr", "slogdet", "svd", "triangular_solve"]


# Arithmetic.


def add(x1, x2):
    x1, x2 = _dtypes.pair(x1, x2)
    return tf.logical_or(x1, x2) if x1.dtype is tf.bool else tf.add(x1, x2)


def subtract(x1, x2):
    x1, x2 = _dtypes.pair(x1, x2)
    if x1.dtype is tf.bool:
        _number_type(x1, x2)  # which refuses bools
    return tf.subtract(x1, x2)


def multiply(x1, x2):
    x1, x2 = _dtypes.pair(x1, x2)
    return tf.logical_and(x1, x2) if x1.dtype is tf.bool else tf.multiply(x1, x2)


def divide(x1, x2):
    dtype = float_type(x1, x2)
    return tf.divide(_dtypes.convert(x1, dtype), _dtypes.convert(x2, dtype))


def power(x1, x2):
    if type(x2) is int and x2 < 0:
        _rules.power(x1, x2)  # which refuses integers
    constant = type(x2) in _dtypes.SCALARS and x2 != 0
    x1, x2 = _dtypes.pair(x1, x2)
    if not x1.dtype.is_floating:
        return _dtypes.through(tf.pow, tf.int64, x1, x2)
    return tf.pow(x1, x2) if constant else _kinks.power(x1, x2)


def maximum(x1, x2):
    x1, x2 = _dtypes.pair(x1, x2)
    if x1.dtype.is_floating:
        return _kinks.maximum(x1, x2)
    return _dtypes.through(tf.maximum, tf.int32, x1, x2) if x1.dtype is tf.bool else tf.maximum(x1, x2)


def minimum(x1, x2):
    x1, x2 = _dtypes.pair(x1, x2)
    if x1.dtype.is_floating:
        return _kinks.minimum(x1, x2)
    return _dtypes.through(tf.minimum, tf.int32, x1, x2) if x1.dtype is tf.bool else tf.minimum(x1, x2)


def clip(x, x_min, x_max):
    x, x_min, x_max = _dtypes.promoted(x, x_min, x_max)
    if not x.dtype.is_floating:
        return minimum(maximum(x, x_min), x_max)
    return _kinks.clip(x, x_min, x_max)


def absolute(x):
    return x if x.dtype.is_unsigned or x.dtype == tf.bool else tf.abs(x)


def negative(x):
    return tf.zeros_like(x) - x if x.dtype.is_unsigned else tf.negative(x)


def reciprocal(x):
    return divide(1.0, x)


def square(x):
    return tf.square(x)


# Functions of one variable.


def exp(x):
    return tf.exp(_dtypes.as_float(x))


def expm1(x):
    return tf.math.expm1(_dtypes.as_float(x))


def log(x):
    return tf.math.log(_dtypes.as_float(x))


def log1p(x):
    return tf.math.log1p(_dtypes.as_float(x))


def sqrt(x):
    return tf.sqrt(_dtypes.as_float(x))


def sin(x):
    return tf.sin(_dtypes.as_float(x))


def cos(x):
    return tf.cos(_dtypes.as_float(x))


def tanh(x):
    return tf.tanh(_dtypes.as_float(x))


def erf(x):
    return tf.math.erf(_dtypes.as_float(x))


def erfc(x):
    return tf.math.erfc(_dtypes.as_float(x))


def erfinv(x):
    return _kinks.erfinv(_dtypes.as_float(x))


def floor(x):
    return tf.floor(_dtypes.as_float(x))


def relu(x):
    return tf.nn.relu(_kinks.apart(x))


def relu6(x):
    return tf.nn.relu6(_kinks.apart(x))


def leaky_relu(x, *, negative_slope=0.2):
    return tf.nn.leaky_relu(_dtypes.as_float(x), negative_slope)


def elu(x, *, alpha=1.0):
    return _kinks.elu(_dtypes.as_float(x), alpha=alpha)


def sigmoid(x):
    return tf.sigmoid(_dtypes.as_float(x))


def softplus(x):
    return tf.nn.softplus(_dtypes.as_float(x))


# Comparison, logic, bits.


def _comparison(f, x1, x2):
    x1, x2 = _dtypes.pair(x1, x2)
    return f(*(tf.cast(x, tf.int32) for x in (x1, x2))) if x1.dtype is tf.bool else f(x1, x2)


def equal(x1, x2):
    return tf.equal(*_dtypes.pair(x1, x2))


def not_equal(x1, x2):
    return tf.not_equal(*_dtypes.pair(x1, x2))


def greater(x1, x2):
    return _comparison(tf.greater, x1, x2)


def greater_equal(x1, x2):
    return _comparison(tf.greater_equal, x1, x2)


def less(x1, x2):
    return _comparison(tf.less, x1, x2)


def less_equal(x1, x2):
    return _comparison(tf.less_equal, x1, x2)


def logical_and(x1, x2):
    return tf.logical_and(_dtypes.convert(x1, "bool"), _dtypes.convert(x2, "bool"))


def logical_or(x1, x2):
    return tf.logical_or(_dtypes.convert(x1, "bool"), _dtypes.convert(x2, "bool"))


def logical_not(x):
    return tf.logical_not(_dtypes.convert(x, "bool"))


def isnan(x):
    return tf.math.is_nan(x) if x.dtype.is_floating else tf.zeros_like(x, tf.bool)


def isfinite(x):
    return tf.math.is_finite(x) if x.dtype.is_floating else tf.ones_like(x, tf.bool)


def where(condition, x1, x2):
    return tf.where(_dtypes.convert(condition, "bool"), *_dtypes.pair(x1, x2))


def _bits(f, of_bools, x, y):
    x, y = _dtypes.pair(x, y)
    if x.dtype == tf.bool:
        return of_bools(x, y)
    if x.dtype.is_floating:
        _integer_type(x, y)  # which refuses floats
    return f(x, y)


def bitwise_and(x, y):
    return _bits(tf.bitwise.bitwise_and, tf.logical_and, x, y)


def bitwise_or(x, y):
    return _bits(tf.bitwise.bitwise_or, tf.logical_or, x, y)


def bitwise_xor(x, y):
    return _bits(tf.bitwise.bitwise_xor, tf.not_equal, x, y)


def left_shift(x, y):
    return _bits(tf.bitwise.left_shift, _shift_type, x, y)


def right_shift(x, y):
    return _bits(tf.bitwise.right_shift, _shift_type, x, y)


# Creation.


def full(*, shape, fill_value, dtype=None):
    dtype = dtype or floatx()
    return tf.fill((shape,) if isinstance(shape, int) else tuple(shape), _dtypes.convert(fill_value, dtype))


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
    return _dtypes.convert(x, dtype)


def stop_gradient(variable):
    return tf.stop_gradient(variable)


def scale_and_shift(x, *, factor, offset):
    product = multiply(x, factor)
    return add(product if tf.executing_eagerly() else _kinks.rounded(product), offset)


# Matrix products.


def matmul(x1, x2):
    x1, x2 = _dtypes.pair(x1, x2)
    if not (x1.dtype.is_floating or x1.dtype in (tf.int32, tf.int64)):
        return _dtypes.through(_matmul, tf.int64, x1, x2)
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

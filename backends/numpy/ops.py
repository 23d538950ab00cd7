"""The primitives on ndarrays, and the composed ops that NumPy has a faster form of."""

import functools

import numpy as np

from kcompat.backends.numpy.convolution import convolution, convolution_input_grad, convolution_kernel_grad
from kcompat.backends.numpy.dtypes import BFLOAT16 as _BFLOAT16
from kcompat.backends.numpy.dtypes import SCALARS as _SCALARS
from kcompat.backends.numpy.dtypes import in_dtype as _in_dtype
from kcompat.backends.numpy.dtypes import is_float as _is_float
from kcompat.backends.numpy.dtypes import is_wider as _is_wider
from kcompat.backends.numpy.elementwise import (
    arctan,
    arctan2,
    cbrt,
    copy,
    exp2,
    fmod,
    gcd,
    hypot,
    integer_quotient,
    log2,
    log10,
    nan_to_num,
    nextafter,
    sigmoid,
    view,
)
from kcompat.backends.numpy.indexing import scatter_add_along_axis, take, take_along_axis
from kcompat.backends.numpy.linalg import cholesky, eigh, linear_solve, lu, qr, svd, triangular_solve
from kcompat.backends.numpy.pooling import average_pool, average_pool_grad, max_pool, max_pool_grad
from kcompat.backends.numpy.random import random_bits
from kcompat.backends.numpy.recurrent import gru_sequence, gru_sequence_grad, lstm_sequence, lstm_sequence_grad
from kcompat.backends.numpy.reduction import (
    all,  # noqa: A004
    any,  # noqa: A004
    argmax,
    argmin,
    cumprod,
    cumsum,
    max,  # noqa: A004
    min,  # noqa: A004
    prod,
    searchsorted,
    sum,  # noqa: A004
)
from kcompat.backends.numpy.scatter import scatter_add, scatter_max, scatter_multiply
from kcompat.backends.numpy.special import erf as _erf
from kcompat.backends.numpy.special import erfc as _erfc
from kcompat.backends.numpy.special import erfinv as _erfinv
from kcompat.backends.numpy.update import adam_update
from kcompat.spec import float_type, floatx, result_type
from kcompat.spec import rules as _rules
from kcompat.spec.dtypes import shift_type as _shift_type

__all__ = ["adam_update", "convolution", "convolution_input_grad", "convolution_kernel_grad", "random_bits"]
__all__ += ["gru_sequence", "gru_sequence_grad", "lstm_sequence", "lstm_sequence_grad"]
__all__ += ["average_pool", "average_pool_grad", "max_pool", "max_pool_grad"]
__all__ += [
    "arctan",
    "arctan2",
    "cbrt",
    "copy",
    "exp2",
    "fmod",
    "gcd",
    "hypot",
    "integer_quotient",
    "log2",
    "log10",
    "nan_to_num",
    "nextafter",
    "sigmoid",
    "view",
]
__all__ += ["all", "any", "argmax", "argmin", "cumprod", "cumsum", "max", "min", "prod", "searchsorted", "sum"]
__all__ += ["scatter_add", "scatter_add_along_axis", "scatter_max", "scatter_multiply", "take", "take_along_axis"]
__all__ += ["cholesky", "eigh", "linear_solve", "lu", "qr", "svd", "triangular_solve"]

_Array = np.ndarray
_SINGLE, _WIDE = np.dtype(np.float32), np.dtype(np.float64)


def _promoting(ufunc):
    """NumPy widens an integer and a float32 to float64, the spec does not: narrow the rare wider result."""
    return _of_type(ufunc, result_type)


def _of_type(ufunc, type_of):
    @functools.wraps(ufunc)
    def call(x1, x2):
        y = ufunc(x1, x2)
        if type(x1) is _Array and y.dtype is x1.dtype:  # as a rule, and asked fast
            return y
        if not _is_wider(y, x1, x2):
            return y
        dtype = type_of(x1, x2)
        if dtype == "bfloat16":  # a number is rounded to it before it takes part
            return ufunc(*_in_dtype(dtype, x1, x2))
        return y.astype(dtype, copy=False)

    return call


def _comparison(ufunc):
    """Beside bfloat16 a number has to be rounded to it, as NumPy does beside its own dtypes."""

    @functools.wraps(ufunc)
    def call(x1, x2):
        if type(x1) is _Array and type(x2) is _Array:
            return ufunc(x1, x2)
        x = x2 if type(x1) in _SCALARS else x1 if type(x2) in _SCALARS else None
        if x is not None and x.dtype is _BFLOAT16:
            x1, x2 = _in_dtype(_BFLOAT16, x1, x2)
        return ufunc(x1, x2)

    return call


def _floating(f):
    """A function whose result is a float, floatx for integers: NumPy has others, by the size of the integers."""

    @functools.wraps(f)
    def call(x):
        return f(x if x.dtype is _SINGLE or _is_float(x) else x.astype(floatx()))

    return call


add, subtract, multiply, _power = map(_promoting, (np.add, np.subtract, np.multiply, np.power))
maximum, minimum = _promoting(np.maximum), _promoting(np.minimum)
exp, expm1, log, log1p, sqrt = map(_floating, (np.exp, np.expm1, np.log, np.log1p, np.sqrt))
sin, cos, tanh = map(_floating, (np.sin, np.cos, np.tanh))
negative, square, absolute = np.negative, np.square, np.absolute
equal, greater, greater_equal = map(_comparison, (np.equal, np.greater, np.greater_equal))
not_equal, less, less_equal = map(_comparison, (np.not_equal, np.less, np.less_equal))
logical_and, logical_or, logical_not = np.logical_and, np.logical_or, np.logical_not
isnan, isfinite = np.isnan, np.isfinite
bitwise_and, bitwise_or, bitwise_xor = np.bitwise_and, np.bitwise_or, np.bitwise_xor
left_shift, right_shift = _of_type(np.left_shift, _shift_type), _of_type(np.right_shift, _shift_type)


divide = _of_type(np.divide, float_type)


def power(x1, x2):
    if type(x2) is int and x2 < 0 and not _is_float(x1):
        _rules.power(x1, x2)  # which refuses integers
    return _power(x1, x2)


erf, erfc, erfinv, floor = map(_floating, (_erf, _erfc, _erfinv, np.floor))


def where(condition, x1, x2):
    y = np.where(condition, x1, x2)
    if type(x1) is _Array and y.dtype is x1.dtype:
        return y
    return y.astype(result_type(x1, x2), copy=False) if _is_wider(y, x1, x2) else y


def relu(x):
    return np.maximum(x, 0)


def full(*, shape, fill_value, dtype=None):
    return np.full(shape, fill_value, dtype or floatx())


def arange(*, start, stop=None, step=None, dtype=None):
    first, last = (0, start) if stop is None else (start, stop)
    step = 1 if step is None else step
    return np.arange(first, last, step, dtype=dtype or result_type(first, last, step))


def cast(x, *, dtype):
    return x.astype(dtype, copy=False)


def stop_gradient(variable):
    return variable


def argsort(x, *, axis=-1):
    x = x.astype(np.float32) if x.dtype is _BFLOAT16 else x  # whose own order puts NaN anywhere
    return np.argsort(x, axis=axis, kind="stable").astype(np.int32)


def matmul(x1, x2):
    if x1.dtype is x2.dtype and (x1.dtype is _SINGLE or x1.dtype is _WIDE):
        if x1.ndim > 2 and x2.ndim == 2 and x1.flags.c_contiguous and x1.size:  # one product, not a stack of them
            return np.matmul(x1.reshape(-1, x1.shape[-1]), x2).reshape(*x1.shape[:-1], x2.shape[1])
        return np.matmul(x1, x2)
    dtype = result_type(x1, x2)
    if dtype in ("float16", "bfloat16"):  # summed in float32
        return np.matmul(*_in_dtype(np.float32, x1, x2)).astype(dtype)
    y = np.matmul(x1, x2)
    return y.astype(dtype, copy=False) if _is_wider(y, x1, x2) else y


def reshape(x, *, newshape):
    return x.reshape(newshape)


def transpose(x, *, axes=None):
    return x.transpose(axes)


def broadcast_to(x, *, shape):
    return np.broadcast_to(x, shape)


def flip(x, *, axis=None):
    return np.flip(x, axis)


def strided_slice(x, *, start, stop, step):
    return x[tuple(map(slice, start, stop, step))]


def interior_pad(x, *, low, high, interior, value=0.0):
    spans = [n + (n - 1) * i if n else 0 for n, i in zip(x.shape, interior, strict=True)]
    y = np.full([a + span + b for a, span, b in zip(low, spans, high, strict=True)], value, x.dtype)
    y[tuple(slice(a, a + span, i + 1) for a, span, i in zip(low, spans, interior, strict=True))] = x
    return y


def concatenate(*xs, axis=0):
    dtypes = {x.dtype for x in xs}
    if len(dtypes) == 1:
        return np.concatenate(xs, axis)
    if _BFLOAT16 in dtypes:  # with which NumPy promotes nothing
        dtype = result_type(*xs)
        return np.concatenate([x.astype(dtype) for x in xs], axis)
    y = np.concatenate(xs, axis)
    return y if y.dtype is not _WIDE else y.astype(result_type(*xs), copy=False)

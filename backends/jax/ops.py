"""The primitives on JAX arrays, and the composed ops whose body JAX would differentiate differently, or slowly."""

import builtins

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from kcompat.backends.jax import kinks as _kinks
from kcompat.backends.jax.convolution import convolution, convolution_input_grad, convolution_kernel_grad
from kcompat.backends.jax.dtypes import WIDE as _WIDE
from kcompat.backends.jax.dtypes import scope as _scope
from kcompat.backends.jax.elementwise import (
    arctan,
    arctan2,
    cbrt,
    copy,
    fmod,
    gcd,
    integer_quotient,
    nextafter,
    view,
)
from kcompat.backends.jax.linalg import cholesky, det, eigh, linear_solve, lu, pinv, qr, slogdet, svd, triangular_solve
from kcompat.backends.jax.matrix import matmul
from kcompat.backends.jax.pooling import max_pool, max_pool_grad
from kcompat.backends.jax.recurrent import gru, gru_sequence, lstm, lstm_sequence, rnn_sequence, simple_rnn
from kcompat.backends.jax.reduction import (
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
from kcompat.backends.jax.scatter import scatter_max, scatter_multiply
from kcompat.spec import float_type, floatx, result_type
from kcompat.spec import rules as _rules
from kcompat.spec.dtypes import integer_type as _integer_type
from kcompat.spec.dtypes import shift_type as _shift_type
from kcompat.spec.rules import check_joinable as _check_joinable
from kcompat.spec.rules import normalize_axes

__all__ = ["convolution", "convolution_input_grad", "convolution_kernel_grad", "matmul", "max_pool", "max_pool_grad"]
__all__ += ["arctan", "arctan2", "cbrt", "copy", "fmod", "gcd", "integer_quotient", "nextafter", "view"]
__all__ += ["all", "any", "argmax", "argmin", "cumprod", "cumsum", "max", "min", "prod", "searchsorted", "sum"]
__all__ += ["scatter_max", "scatter_multiply"]
__all__ += ["gru", "gru_sequence", "lstm", "lstm_sequence", "rnn_sequence", "simple_rnn"]
__all__ += ["cholesky", "det", "eigh", "linear_solve", "lu", "pinv", "qr", "slogdet", "svd", "triangular_solve"]

_SCALARS = (bool, int, float)
_SINGLE = np.dtype(np.float32)


def _in_dtype(dtype, *xs):
    """Operands in the dtype that the spec gives their result; JAX's own rules differ with 64 bits and floatx.

    A Python scalar stays: JAX gives it the dtype of the tensor beside it, as the spec does.
    """
    if builtins.all(isinstance(x, _SCALARS) for x in xs):
        return [jnp.asarray(x, dtype) for x in xs]
    return [x if isinstance(x, _SCALARS) or x.dtype == dtype else x.astype(dtype) for x in xs]


def _arithmetic(f):
    def call(x1, x2):
        if getattr(x1, "dtype", None) is getattr(x2, "dtype", 0):  # as a rule, and asked fast
            return f(x1, x2)
        return f(*_in_dtype(result_type(x1, x2), x1, x2))

    return call


def _comparison(f):
    def call(x1, x2):
        return f(x1, x2)

    return call


def _bitwise(f, type_of=_integer_type):
    def call(x, y):
        return f(*_in_dtype(type_of(x, y), x, y))

    return call


def _floating(f):
    """A function whose result is a float, floatx for integers."""

    def call(x):
        if getattr(x, "dtype", None) is _SINGLE:
            return f(x)
        return f(*_in_dtype(float_type(x), x))

    return call


add, subtract, multiply = map(_arithmetic, (jnp.add, jnp.subtract, jnp.multiply))
equal, greater, greater_equal = map(_comparison, (jnp.equal, jnp.greater, jnp.greater_equal))
not_equal, less, less_equal = map(_comparison, (jnp.not_equal, jnp.less, jnp.less_equal))
logical_and, logical_or = map(_comparison, (jnp.logical_and, jnp.logical_or))
bitwise_and, bitwise_or, bitwise_xor = map(_bitwise, (jnp.bitwise_and, jnp.bitwise_or, jnp.bitwise_xor))
left_shift, right_shift = _bitwise(jnp.left_shift, _shift_type), _bitwise(jnp.right_shift, _shift_type)
exp, expm1, log, log1p, sqrt = map(_floating, (jnp.exp, jnp.expm1, jnp.log, jnp.log1p, jnp.sqrt))
sin, cos, tanh, floor = map(_floating, (jnp.sin, jnp.cos, jnp.tanh, jnp.floor))
erf, erfc, erfinv = map(_floating, (lax.erf, lax.erfc, lax.erf_inv))
sigmoid, softplus = map(_floating, (lax.logistic, _kinks.softplus))


def divide(x1, x2):
    return jnp.divide(*_in_dtype(float_type(x1, x2), x1, x2))


def power(x1, x2):
    if type(x2) is int and x2 < 0:
        _rules.power(x1, x2)  # which refuses integers
    dtype = result_type(x1, x2)
    x1, x2 = (jnp.asarray(x, dtype) for x in _in_dtype(dtype, x1, x2))
    return _kinks.power(x1, x2) if jnp.issubdtype(dtype, jnp.floating) else jnp.power(x1, x2).astype(dtype)


def sign(x):
    return jnp.sign(x)


def softmax(x, *, axis=-1):
    (x,) = _in_dtype(float_type(x), x)
    return jax.nn.softmax(x, axis=normalize_axes(axis, x.ndim))


def log_softmax(x, *, axis=-1):
    (x,) = _in_dtype(float_type(x), x)
    return jax.nn.log_softmax(x, axis=normalize_axes(axis, x.ndim))


def logical_not(x):
    return jnp.logical_not(x)


def where(condition, x1, x2):
    return jnp.where(condition, *_in_dtype(result_type(x1, x2), x1, x2))


def scale_and_shift(x, *, factor, offset):
    return add(_kinks.rounded(multiply(x, factor)), offset)


def full(*, shape, fill_value, dtype=None):
    dtype = dtype or floatx()
    with _scope(dtype in _WIDE):
        return jnp.full(shape, fill_value, dtype)


def arange(*, start, stop=None, step=None, dtype=None):
    first, last = (0, start) if stop is None else (start, stop)
    step = 1 if step is None else step
    dtype = dtype or result_type(first, last, step)
    if builtins.any(isinstance(x, float) for x in (first, last, step)):  # XLA would round differently from NumPy
        return jnp.asarray(np.arange(first, last, step), dtype)
    return jnp.arange(first, last, step, dtype)


def cast(x, *, dtype):
    return x.astype(dtype)


def stop_gradient(variable):
    return lax.stop_gradient(variable)


def argsort(x, *, axis=-1):
    return jnp.argsort(x, axis, stable=True).astype("int32")


def reshape(x, *, newshape):
    return x.reshape(newshape)


def transpose(x, *, axes=None):
    return jnp.transpose(x, axes)


def broadcast_to(x, *, shape):
    return jnp.broadcast_to(x, shape)


def flip(x, *, axis=None):
    return jnp.flip(x, axis)


def strided_slice(x, *, start, stop, step):
    return lax.slice(x, start, stop, step)


def interior_pad(x, *, low, high, interior, value=0.0):
    return lax.pad(x, jnp.asarray(value, x.dtype), tuple(zip(low, high, interior, strict=True)))


def concatenate(*xs, axis=0):
    axis = _check_joinable(xs, axis)
    return jnp.concatenate(_in_dtype(result_type(*xs), *xs), axis)


def take(x, indices, *, axis=None):
    return jnp.take(x, indices, axis)  # an index out of range gives NaN


def scatter_add(values, indices, *, axis, size):
    axis %= values.ndim
    shape = (*values.shape[:axis], size, *values.shape[axis + jnp.ndim(indices) :])
    return jnp.zeros(shape, values.dtype).at[(slice(None),) * axis + (indices,)].add(values)


def take_along_axis(x, indices, *, axis=None):
    return jnp.take_along_axis(x, indices, axis)


def scatter_add_along_axis(values, indices, *, axis, size):
    shape = (*values.shape[:axis], size, *values.shape[axis + 1 :])
    cells = list(jnp.indices(values.shape, sparse=True))
    cells[axis] = indices
    return jnp.zeros(shape, values.dtype).at[tuple(cells)].add(values)

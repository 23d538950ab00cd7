"""The primitives, named and with the parameters as in the spec. Composed ops need nothing here."""

import functools
import math
import statistics

import numpy as np

from kcompat.spec import OPS
from kcompat_toy import linalg
from kcompat_toy.engine import Box

_ROUNDING = {"arithmetic", "unary", "sum", "cumsum", "scatter", "matmul", "compare"}


def _arrays(args, rounds):
    """The arrays in the boxes. An op that `rounds` takes bfloat16 as float32, and numbers beside it rounded to it."""
    arrays = [x.array if isinstance(x, Box) else x for x in args]
    halves = [x.dtype for x in arrays if getattr(x, "dtype", None) == "bfloat16"]
    if not (rounds and halves):
        return arrays
    arrays = [np.asarray(x, halves[0]) if type(x) is float else x for x in arrays]
    return [x.astype("float32") if getattr(x, "dtype", None) == "bfloat16" else x for x in arrays]


def _primitive(name, f):
    """Make a function of arrays a primitive: its result has the dtype that the spec's rule gives."""
    rule = OPS[name].rule

    @functools.wraps(f)
    def call(*args, **attrs):
        spec = rule(*args, **attrs)
        y = f(*_arrays(args, OPS[name].error.kind in _ROUNDING), **attrs)
        if isinstance(spec, tuple):
            return tuple(Box(np.asarray(part, s.dtype)) for part, s in zip(y, spec, strict=True))
        return Box(np.asarray(y, spec.dtype))

    return call


def _of_floats(f):
    """NumPy's function, without the float16 that it makes of bools and bytes."""

    @functools.wraps(f)
    def call(x):
        return f(x if x.dtype.kind == "f" else x.astype(float))

    return call


def _as_in_numpy(*functions):
    return (_primitive(f.__name__, f) for f in functions)


add, subtract, multiply, divide, power = _as_in_numpy(np.add, np.subtract, np.multiply, np.divide, np.power)
exp, expm1, log, log1p = _as_in_numpy(*map(_of_floats, (np.exp, np.expm1, np.log, np.log1p)))
sqrt, sin, cos, tanh = _as_in_numpy(*map(_of_floats, (np.sqrt, np.sin, np.cos, np.tanh)))
arctan2, fmod, gcd, nextafter = _as_in_numpy(np.arctan2, np.fmod, np.gcd, np.nextafter)
floor, matmul = _as_in_numpy(np.floor, np.matmul)
equal, greater, greater_equal = _as_in_numpy(np.equal, np.greater, np.greater_equal)
logical_and, logical_or = _as_in_numpy(np.logical_and, np.logical_or)
bitwise_and, bitwise_or, bitwise_xor = _as_in_numpy(np.bitwise_and, np.bitwise_or, np.bitwise_xor)
left_shift, right_shift = _as_in_numpy(np.left_shift, np.right_shift)
integer_quotient = _primitive("integer_quotient", np.floor_divide)
view = _primitive("view", lambda x, *, dtype=None: x.view(dtype or x.dtype))
where = _primitive("where", lambda condition, x1, x2: np.where(condition, x1, x2))


def _sum(x, *, axis=None, keepdims=False):
    """In float64 where it is a float: NumPy adds row after row."""
    return np.sum(x, axis, dtype="float64" if x.dtype.kind == "f" else None, keepdims=keepdims)


sum = _primitive("sum", _sum)  # noqa: A001
max = _primitive("max", lambda x, *, axis=None, keepdims=False: np.max(x, axis, keepdims=keepdims))  # noqa: A001
argmax = _primitive("argmax", lambda x, *, axis=None, keepdims=False: np.argmax(x, axis, keepdims=keepdims))
cumsum = _primitive("cumsum", lambda x, *, axis=None, dtype=None: np.cumsum(x, axis, dtype))
argsort = _primitive("argsort", lambda x, *, axis=-1: np.argsort(x, axis, kind="stable"))

full = _primitive("full", lambda *, shape, fill_value, dtype=None: np.full(shape, fill_value))
arange = _primitive("arange", lambda *, start, stop=None, step=None, dtype=None: np.arange(start, stop, step))
cast = _primitive("cast", lambda x, *, dtype: x.astype(dtype))
stop_gradient = _primitive("stop_gradient", lambda variable: variable)
reshape = _primitive("reshape", lambda x, *, newshape: np.reshape(x, newshape))
transpose = _primitive("transpose", lambda x, *, axes=None: np.transpose(x, axes))
broadcast_to = _primitive("broadcast_to", lambda x, *, shape: np.broadcast_to(x, shape))
flip = _primitive("flip", lambda x, *, axis=None: np.flip(x, axis))
concatenate = _primitive("concatenate", lambda *xs, axis=0: np.concatenate(xs, axis))
take = _primitive("take", lambda x, indices, *, axis=None: np.take(x, indices, axis))
take_along_axis = _primitive("take_along_axis", lambda x, indices, *, axis=None: np.take_along_axis(x, indices, axis))
strided_slice = _primitive("strided_slice", lambda x, *, start, stop, step: x[tuple(map(slice, start, stop, step))])


def _interior_pad(x, *, low, high, interior, value=0.0):
    spans = [n + (n - 1) * i if n else 0 for n, i in zip(x.shape, interior, strict=True)]
    y = np.full([a + span + b for a, span, b in zip(low, spans, high, strict=True)], value, x.dtype)
    y[tuple(slice(a, a + span, i + 1) for a, span, i in zip(low, spans, interior, strict=True))] = x
    return y


def _scatter_add(values, indices, *, axis, size):
    y = np.zeros((*values.shape[:axis], size, *values.shape[axis + indices.ndim :]), values.dtype)
    np.add.at(y, (*[slice(None)] * axis, indices), values)
    return y


def _scatter_add_along_axis(values, indices, *, axis, size):
    y = np.zeros((*values.shape[:axis], size, *values.shape[axis + 1 :]), values.dtype)
    grid = list(np.ogrid[tuple(map(slice, values.shape))])
    grid[axis] = indices
    np.add.at(y, tuple(grid), values)
    return y


def _scatter_max(values, indices, *, size):
    lowest = np.iinfo(values.dtype).min if values.dtype.kind in "iu" else -np.inf
    y = np.full((size, *values.shape[1:]), lowest, values.dtype)
    np.maximum.at(y, indices, values)
    return y


def _scatter_multiply(values, indices, *, size):
    y = np.ones((size, *values.shape[1:]), values.dtype)
    np.multiply.at(y, indices, values)
    return y


interior_pad = _primitive("interior_pad", _interior_pad)
scatter_max, scatter_multiply = (
    _primitive("scatter_max", _scatter_max),
    _primitive("scatter_multiply", _scatter_multiply),
)
scatter_add = _primitive("scatter_add", _scatter_add)
scatter_add_along_axis = _primitive("scatter_add_along_axis", _scatter_add_along_axis)


def _each(f):
    """A function of arrays from one of numbers."""
    return np.vectorize(f, otypes=[float])


def _erfinv(y):
    if abs(y) < 1:
        return statistics.NormalDist().inv_cdf((y + 1) / 2) / math.sqrt(2)
    return math.copysign(math.inf, y) if abs(y) == 1 else math.nan


erf, erfc = _primitive("erf", _each(math.erf)), _primitive("erfc", _each(math.erfc))
erfinv = _primitive("erfinv", _each(_erfinv))


def _of_matrices(f):
    """A function of matrices, which LAPACK has in float32 and float64 alone."""

    @functools.wraps(f)
    def wide(*xs, **attrs):
        return f(*(x.astype(np.result_type(x, np.float32)) for x in xs), **attrs)

    return _primitive(f.__name__, wide)


cholesky, eigh, lu = map(_of_matrices, (linalg.cholesky, linalg.eigh, linalg.lu))
qr, svd, triangular_solve = map(_of_matrices, (linalg.qr, linalg.svd, linalg.triangular_solve))

"""The halves in NumPy: float16 is its own, bfloat16 that of ml_dtypes, which does not rank above Python's numbers."""

import functools

import numpy as np

from kcompat.backends._host import BFLOAT16
from kcompat.runtime import shapes
from kcompat.spec import TensorSpec, as_dtype, floatx, result_type

HALVES = frozenset({np.dtype(np.float16), BFLOAT16})
SINGLE = np.dtype(np.float32)


def is_float(x):
    """Whether an array holds floats."""
    return x.dtype.kind == "f" or x.dtype is BFLOAT16


def _widened(x):
    return x.astype(np.float32) if getattr(x, "dtype", None) in HALVES else x


def in_float32(f):
    """Let a function of one dtype compute float16 and bfloat16 in float32, and round its result once."""

    @functools.wraps(f)
    def call(*args, **attrs):
        dtype = args[0].dtype
        if dtype not in HALVES:
            return f(*args, **attrs)
        with np.errstate(over="ignore"):
            return f(*map(_widened, args), **attrs).astype(dtype)

    return call


def through_float32(name, call):
    """Let the composed op of this name compute bfloat16 in float32, and round its results once.

    Its body cannot stay in bfloat16: ndarray's operators make float32 of `x * 0.5`.
    """

    @functools.wraps(call)
    def run(*args, **attrs):
        for x in args:
            if getattr(x, "dtype", None) is BFLOAT16:
                break
        else:
            return call(*args, **attrs)
        return _in_inferred_dtypes(name, args, attrs, call(*map(_widened, args), **attrs))

    return run if BFLOAT16 else call


def _in_inferred_dtypes(name, args, attrs, result):
    specs = [TensorSpec(x.shape, as_dtype(x.dtype)) if hasattr(x, "dtype") else x for x in args]
    inferred = getattr(shapes.interpreter, name)(*specs, **attrs)
    if isinstance(result, (tuple, list)):
        return type(result)(y.astype(spec.dtype) for y, spec in zip(result, inferred, strict=True))
    return result.astype(inferred.dtype)


def in_dtype(dtype, *xs):
    """Convert operands to arrays of a dtype."""
    return [np.asarray(x, dtype) for x in xs]


def is_wider(y, x1, x2):
    """Whether NumPy's result has the dtype of neither operand: only then may the dtype of the spec be another."""
    return y.dtype is not getattr(x1, "dtype", None) and y.dtype is not getattr(x2, "dtype", None)


def of_dtype(ufunc, dtype_of):
    """A ufunc of two operands whose result has the dtype `dtype_of(x1, x2)` where NumPy's has a wider one."""

    @functools.wraps(ufunc)
    def call(x1, x2):
        y = ufunc(x1, x2)
        if type(x1) is np.ndarray and y.dtype is x1.dtype:  # as a rule, and asked fast
            return y
        if not is_wider(y, x1, x2):
            return y
        dtype = dtype_of(x1, x2)
        if dtype == "bfloat16":  # a number is rounded to it before it takes part
            return ufunc(*in_dtype(dtype, x1, x2))
        return y.astype(dtype, copy=False)

    return call


def promoting(ufunc):
    """A ufunc of two operands in the dtype to which the spec promotes: NumPy makes float64 of integers and float32."""
    return of_dtype(ufunc, result_type)


def computed_in(ufunc, dtype_of):
    """A ufunc of two operands that is computed in the dtype `dtype_of(x1, x2)` where NumPy would in a wider one."""

    @functools.wraps(ufunc)
    def call(x1, x2):
        y = ufunc(x1, x2)
        return ufunc(*in_dtype(dtype_of(x1, x2), x1, x2)) if is_wider(y, x1, x2) else y

    return call


def floating(f):
    """A function whose result is a float, floatx for integers: NumPy has others, by the size of the integers."""

    @functools.wraps(f)
    def call(x):
        return f(x if x.dtype is SINGLE or is_float(x) else x.astype(floatx()))

    return call

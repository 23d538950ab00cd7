"""The halves in NumPy: float16 is its own, bfloat16 that of ml_dtypes, which does not rank above Python's numbers."""

import functools

import numpy as np

from kcompat.backends._host import BFLOAT16
from kcompat.spec import TensorSpec, as_dtype

HALVES = frozenset({np.dtype(np.float16), BFLOAT16})
SCALARS = frozenset({bool, int, float})


def is_float(x):
    """Whether an array holds floats."""
    return x.dtype.kind == "f" or x.dtype is BFLOAT16


def _widened(x):
    return x.astype(np.float32) if getattr(x, "dtype", None) in HALVES else x


def in_float32(f):
    """A function whose halves are added up in float32: arrays of a half go in, and one comes out."""

    @functools.wraps(f)
    def call(*args, **attrs):
        dtype = args[0].dtype
        if dtype not in HALVES:
            return f(*args, **attrs)
        with np.errstate(over="ignore"):
            return f(*map(_widened, args), **attrs).astype(dtype)

    return call


def through_float32(name, call):
    """A composed op whose bfloat16 tensors are computed in float32: ndarray's operators make float32 of `x * 0.5`."""

    @functools.wraps(call)
    def run(*args, **attrs):
        for x in args:
            if getattr(x, "dtype", None) is BFLOAT16:
                break
        else:
            return call(*args, **attrs)
        return _as_inferred(name, args, attrs, call(*map(_widened, args), **attrs))

    return run if BFLOAT16 else call


def _as_inferred(name, args, attrs, result):
    from kcompat.runtime import shapes  # which needs the ops

    specs = [TensorSpec(x.shape, as_dtype(x.dtype)) if hasattr(x, "dtype") else x for x in args]
    inferred = getattr(shapes.interpreter, name)(*specs, **attrs)
    if isinstance(result, (tuple, list)):
        return type(result)(y.astype(spec.dtype) for y, spec in zip(result, inferred, strict=True))
    return result.astype(inferred.dtype)


def in_dtype(dtype, *xs):
    """Operands as arrays of a dtype."""
    return [np.asarray(x, dtype) for x in xs]


def is_wider(y, x1, x2):
    """Whether NumPy's result has another dtype than both operands: only then the spec's may be another."""
    return y.dtype is not getattr(x1, "dtype", None) and y.dtype is not getattr(x2, "dtype", None)
